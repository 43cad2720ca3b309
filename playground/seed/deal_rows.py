"""Rows of an opportunity, its contact roles and its two histories, made from its :class:`Deal`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from random import Random

from playground.seed.cast import NEW_BUSINESS, RENEWAL, Cast
from playground.seed.journey import Deal, Save, State
from playground.seed.moments import QUIET_BEFORE_NOW, org_today, stamp
from playground.seed.rows import Row, RowMaker, Value
from playground.seed.stages import FORECAST_TOKENS, STAGE_BY_NAME

_SOURCES = ("Web", "Phone Inquiry", "Partner Referral", "Purchased List", "Other")


@dataclass
class DealRows:
    """Collects the rows of all deals."""

    rng: Random
    now: datetime
    cast: Cast
    account_ids: Mapping[str, str]
    """Account ids by name."""
    contact_since: Mapping[str, datetime]
    """When each contact was made, by id."""
    opportunities: RowMaker = field(default_factory=lambda: RowMaker("Opportunity"))
    roles: RowMaker = field(default_factory=lambda: RowMaker("OpportunityContactRole"))
    history: RowMaker = field(default_factory=lambda: RowMaker("OpportunityHistory"))
    field_history: RowMaker = field(default_factory=lambda: RowMaker("OpportunityFieldHistory"))

    def add(self, deal: Deal) -> Row:
        """Append everything that this deal is made of; the answer is its opportunity row."""
        opportunity_id = self.opportunities.next_id()
        amount_history, close_history = self._add_history(opportunity_id, deal)
        self._add_field_history(opportunity_id, deal)
        self._add_roles(opportunity_id, deal)
        row = self._add_opportunity(deal)
        row["LastAmountChangedHistoryId"] = amount_history
        row["LastCloseDateChangedHistoryId"] = close_history
        return row

    def _add_opportunity(self, deal: Deal) -> Row:
        state, stage = deal.last, STAGE_BY_NAME[deal.last.stage]
        quarter = (state.close.month + 2) // 3
        today = org_today(self.now)
        moved = any(save.before.stage != save.after.stage for save in deal.saves)
        modified = deal.saves[-1].at if deal.saves else deal.created
        primary = next((role.contact for role in deal.roles if role.primary), None)
        values: dict[str, object] = {
            "AccountId": self.account_ids[deal.account],
            "RecordTypeId": self.cast.record_type_ids[RENEWAL if deal.returning else NEW_BUSINESS],
            "Name": deal.name,
            "StageName": state.stage,
            "Amount": state.amount,
            "Probability": float(state.probability),
            "ExpectedRevenue": expected_revenue(state),
            "TotalOpportunityQuantity": float(deal.quantity),
            "CloseDate": state.close.isoformat(),
            "Type": "Existing Customer - Upgrade" if deal.returning else "New Customer",
            "NextStep": state.next_step,
            "LeadSource": self.rng.choice((*_SOURCES, None)),
            "IsClosed": stage.closed,
            "IsWon": stage.won,
            "ForecastCategory": FORECAST_TOKENS[state.forecast],
            "ForecastCategoryName": state.forecast,
            "OwnerId": self.cast.user_ids[state.owner],
            "PushCount": push_count(deal),
            "LastStageChangeDate": None,
            "LastStageChangeInDays": (today - deal.entered_stage.date()).days,
            "AgeInDays": (today - deal.created.date()).days,
            "FiscalQuarter": quarter,
            "FiscalYear": state.close.year,
            "Fiscal": f"{state.close.year} {quarter}",
            "ContactId": primary,
            "IsPriorityRecord": deal.priority,
        }
        if moved:
            values["LastStageChangeDate"] = stamp(deal.entered_stage)
        stamped = modified
        if self.rng.random() < 0.05:
            stamped = min(modified + timedelta(hours=self.rng.randint(1, 60)), self.now - QUIET_BEFORE_NOW)
        return self.opportunities.add(
            values,
            created=deal.created,
            created_by=self.cast.user_ids[deal.first.owner],
            modified=modified,
            modified_by=self.cast.user_ids[deal.saves[-1].by] if deal.saves else None,
            stamped=max(stamped, modified),
        )

    def _add_history(self, opportunity_id: str, deal: Deal) -> tuple[Value, Value]:
        """OpportunityHistory: one row for the creation and one per save of the four fields.

        The answer: the ids of the rows where amount and close date last changed."""
        self._add_history_row(opportunity_id, deal.created, deal.first.owner, deal.first, None)
        amount_row: Value = None
        close_row: Value = None
        for save in deal.saves:
            if _four(save.before) == _four(save.after):
                continue
            row = self._add_history_row(opportunity_id, save.at, save.by, save.after, save.before)
            if save.before.amount != save.after.amount:
                amount_row = row["Id"]
            if save.before.close != save.after.close:
                close_row = row["Id"]
        return amount_row, close_row

    def _add_history_row(self, opportunity_id: str, at: datetime, by: str, state: State, before: State | None) -> Row:
        return self.history.add(
            {
                "OpportunityId": opportunity_id,
                "StageName": state.stage,
                "Amount": state.amount,
                "ExpectedRevenue": expected_revenue(state),
                "CloseDate": state.close.isoformat(),
                "Probability": float(state.probability),
                "ForecastCategory": FORECAST_TOKENS[state.forecast],
                "PrevAmount": before.amount if before else None,
                "PrevCloseDate": before.close.isoformat() if before else None,
            },
            created=at,
            created_by=self.cast.user_ids[by],
        )

    def _add_field_history(self, opportunity_id: str, deal: Deal) -> None:
        """OpportunityFieldHistory: a row that says *created*, and one per tracked field of every save."""

        def add(at: datetime, by: str, name: str, kind: str, old: str | None, new: str | None) -> None:
            self.field_history.add(
                {"OpportunityId": opportunity_id, "Field": name, "DataType": kind, "OldValue": old, "NewValue": new},
                created=at,
                created_by=self.cast.user_ids[by],
            )

        add(deal.created, deal.first.owner, "created", "Text", None, None)
        for save in deal.saves:
            for name, kind, old, new in self._changes(save):
                add(save.at, save.by, name, kind, old, new)

    def _changes(self, save: Save) -> Iterator[tuple[str, str, str | None, str | None]]:
        """Field, data type, old and new value of what a save changed. An owner takes two rows, name and id."""
        before, after = save.before, save.after
        if before.owner != after.owner:
            yield "Owner", "Text", self.cast.user_names[before.owner], self.cast.user_names[after.owner]
            yield "Owner", "EntityId", self.cast.user_ids[before.owner], self.cast.user_ids[after.owner]
        for name, kind, old, new in (
            ("StageName", "DynamicEnum", before.stage, after.stage),
            ("Amount", "Currency", _text(before.amount), _text(after.amount)),
            ("CloseDate", "DateOnly", before.close.isoformat(), after.close.isoformat()),
            ("Probability", "Percent", _text(float(before.probability)), _text(float(after.probability))),
            ("ForecastCategoryName", "DynamicEnum", before.forecast, after.forecast),
            ("NextStep", "Text", before.next_step, after.next_step),
        ):
            if old != new:
                yield name, kind, old, new

    def _add_roles(self, opportunity_id: str, deal: Deal) -> None:
        end = max([deal.created, *(save.at for save in deal.saves)])
        owner = self.cast.user_ids[deal.first.owner]
        for number, role in enumerate(deal.roles):
            added = deal.created + (end - deal.created) * (0.15 * number)
            added = (added + timedelta(minutes=4 * (number + 1))).replace(microsecond=0)
            added = max(added, self.contact_since[role.contact])
            self.roles.add(
                {
                    "OpportunityId": opportunity_id,
                    "ContactId": role.contact,
                    "Role": role.role,
                    "IsPrimary": role.primary,
                },
                created=added,
                created_by=owner,
            )


def expected_revenue(state: State) -> float | None:
    """Amount times probability, to the cent, halves up."""
    if state.amount is None:
        return None
    product = Decimal(str(state.amount)) * state.probability / 100
    return float(product.quantize(Decimal("0.01"), ROUND_HALF_UP))


def push_count(deal: Deal) -> int:
    """How often the close date moved into a later calendar month; moving back does not lower it."""
    moves = ((save.before.close, save.after.close) for save in deal.saves)
    return sum((new.year, new.month) > (old.year, old.month) for old, new in moves)


def _four(state: State) -> tuple[object, ...]:
    return state.stage, state.amount, state.probability, state.close


def _text(number: float | None) -> str | None:
    """A number as field history keeps it."""
    return None if number is None else repr(number)
