"""Tasks and events about deals and accounts, and what opportunities, accounts and contacts derive from them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random

from playground.seed.cast import Cast
from playground.seed.customers import Customers
from playground.seed.journey import Deal
from playground.seed.moments import (
    QUIET_BEFORE_NOW,
    in_order,
    org_today,
    stamp,
    work_moment,
    work_moment_between,
    working_day,
)
from playground.seed.names import CALL_SUBJECTS, MAIL_SUBJECTS, MEETING_SUBJECTS, TODO_SUBJECTS
from playground.seed.rows import Row, RowMaker
from playground.seed.stages import STAGE_BY_NAME


@dataclass(frozen=True, slots=True)
class _About:
    """Whom and what an activity is about."""

    what: str
    account: str
    contacts: Sequence[str]
    owner: str
    since: datetime
    """When that was made; no activity is older."""


@dataclass
class Activities:
    """Collects tasks and events."""

    rng: Random
    now: datetime
    cast: Cast
    tasks: RowMaker = field(default_factory=lambda: RowMaker("Task"))
    events: RowMaker = field(default_factory=lambda: RowMaker("Event"))

    @property
    def latest(self) -> datetime:
        return self.now - QUIET_BEFORE_NOW

    def about_deal(self, deal: Deal, opportunity: Row) -> None:
        """What was done for a deal, and, while it is open, what is still to do."""
        about = _About(
            str(opportunity["Id"]),
            str(opportunity["AccountId"]),
            [role.contact for role in deal.roles],
            str(opportunity["OwnerId"]),
            deal.created,
        )
        closed = STAGE_BY_NAME[deal.last.stage].closed
        end = deal.entered_stage if closed else self.now - timedelta(days=deal.quiet_days)
        end = min(end, self.latest)
        rng = self.rng
        if end > deal.created:
            number = rng.randint(2, 4) + min(3, len(deal.saves) // 3)
            for at in in_order(work_moment_between(rng, deal.created, end) for _ in range(number)):
                self._add_done(about, at)
        if closed:
            return
        if deal.quiet_days == 0 and rng.random() < 0.72:
            self._add_open_task(about, deal, overdue=rng.random() < 0.24)
        if deal.quiet_days == 0 and rng.random() < 0.3:
            self._add_coming_event(about, deal)

    def about_account(self, account: Row, contacts: Sequence[Row]) -> None:
        """A visit or a call that belongs to no deal."""
        since = datetime.fromisoformat(str(account["CreatedDate"]))
        people = [str(row["Id"]) for row in contacts]
        about = _About(str(account["Id"]), str(account["Id"]), people, str(account["OwnerId"]), since)
        for _ in range(self.rng.choice((1, 1, 2))):
            at = work_moment(self.rng, self.now - timedelta(days=self.rng.uniform(2, 200)), self.latest)
            self._add_done(about, max(at, since))

    def _add_done(self, about: _About, at: datetime) -> None:
        if self.rng.random() < 0.27:
            start = at.replace(minute=0 if at.minute < 30 else 30, second=0)
            self._add_event(about, start, created=at - timedelta(days=self.rng.randint(1, 4)), modified=at)
            return
        subtype, subject = self.rng.choice(
            (
                ("Call", self.rng.choice(CALL_SUBJECTS)),
                ("Email", self.rng.choice(MAIL_SUBJECTS)),
                ("Task", self.rng.choice(TODO_SUBJECTS)),
            )
        )
        values: dict[str, object] = {
            "Subject": subject,
            "ActivityDate": at.date().isoformat(),
            "Status": "Completed",
            "IsClosed": True,
            "TaskSubtype": subtype,
            "CompletedDateTime": stamp(at),
        }
        if subtype == "Call":
            values["CallType"] = self.rng.choice(("Inbound", "Outbound", "Outbound"))
            values["CallDurationInSeconds"] = self.rng.randint(45, 1900)
        self._add_task(about, values, created=at - timedelta(minutes=self.rng.randint(5, 600)), modified=at)

    def _add_open_task(self, about: _About, deal: Deal, *, overdue: bool) -> None:
        today = org_today(self.now)
        created = work_moment_between(self.rng, max(deal.created, self.now - timedelta(days=12)), self.latest)
        due = working_day(today + timedelta(days=self.rng.randint(0, 16)))
        if overdue:
            due = min(working_day(today - timedelta(days=self.rng.randint(1, 9))), today - timedelta(days=1))
            created = min(created, max(deal.created, self.latest - timedelta(days=13)))
        due = due if overdue else max(due, today)
        status = self.rng.choice(("Not Started", "Not Started", "In Progress", "Waiting on someone else", "Deferred"))
        subject = self.rng.choice((*CALL_SUBJECTS, *TODO_SUBJECTS))
        self._add_task(
            about,
            {
                "Subject": subject,
                "ActivityDate": due.isoformat(),
                "Status": status,
                "TaskSubtype": "Call" if subject in CALL_SUBJECTS else "Task",
            },
            created=created,
            modified=created,
        )

    def _add_coming_event(self, about: _About, deal: Deal) -> None:
        day = org_today(self.now) + timedelta(days=self.rng.randint(1, 18))
        while day.weekday() >= 5:
            day += timedelta(days=1)
        start = self.now.replace(
            year=day.year, month=day.month, day=day.day, hour=self.rng.randint(9, 16), minute=0, second=0, microsecond=0
        )
        created = work_moment_between(self.rng, max(deal.created, self.now - timedelta(days=10)), self.latest)
        self._add_event(about, start, created=created, modified=created)

    def _add_task(self, about: _About, values: dict[str, object], *, created: datetime, modified: datetime) -> None:
        priority = self.rng.choice(("Normal", "Normal", "Normal", "High", "Low"))
        self.tasks.add(
            {
                "WhoId": self._who(about),
                "WhatId": about.what,
                "AccountId": about.account,
                "OwnerId": about.owner,
                "Priority": priority,
                "IsHighPriority": priority == "High",
                **values,
            },
            created=max(created, about.since),
            created_by=about.owner,
            modified=max(modified, about.since),
        )

    def _add_event(self, about: _About, start: datetime, *, created: datetime, modified: datetime) -> None:
        minutes = self.rng.choice((30, 30, 60, 60, 90))
        ends = start + timedelta(minutes=minutes)
        self.events.add(
            {
                "WhoId": self._who(about),
                "WhatId": about.what,
                "AccountId": about.account,
                "OwnerId": about.owner,
                "Subject": self.rng.choice(MEETING_SUBJECTS),
                "Location": self.rng.choice(("Showroom", "Their office", "Video call", None)),
                "ActivityDateTime": stamp(start),
                "ActivityDate": start.date().isoformat(),
                "DurationInMinutes": minutes,
                "StartDateTime": stamp(start),
                "EndDateTime": stamp(ends),
                "EndDate": ends.date().isoformat(),
                "EventSubtype": "Event",
            },
            created=max(created, about.since),
            created_by=about.owner,
            modified=max(modified, about.since),
        )

    def _who(self, about: _About) -> str | None:
        return self.rng.choice(about.contacts) if about.contacts and self.rng.random() < 0.85 else None


def derive_from_activities(
    now: datetime, activities: Activities, opportunities: Sequence[Row], customers: Customers
) -> None:
    """Set what Salesforce derives on all of them."""
    known = summary(now, activities)
    for row in [*opportunities, *customers.accounts, *customers.contacts]:
        row["LastActivityDate"] = known.last.get(str(row["Id"]))
    for row in opportunities:
        known.set_on_opportunity(row)


@dataclass(frozen=True, slots=True)
class Summary:
    """What tasks and events say about other records, by their ids."""

    today: date
    last: Mapping[str, str]
    """The latest of event date and closed task's due date."""
    is_open: Collection[str]
    overdue: Collection[str]

    def set_on_opportunity(self, row: Row) -> None:
        """The activity fields of an opportunity."""
        row["LastActivityDate"] = last = self.last.get(str(row["Id"]))
        row["HasOpenActivity"] = int(str(row["Id"]) in self.is_open)
        row["HasOverdueTask"] = int(str(row["Id"]) in self.overdue)
        if last:
            row["LastActivityInDays"] = max(0, (self.today - date.fromisoformat(last)).days)


def summary(now: datetime, activities: Activities) -> Summary:
    """What the rows that ``activities`` holds add up to."""
    today = org_today(now)
    last: dict[str, str] = {}
    is_open: set[str] = set()
    overdue: set[str] = set()
    for row in [*activities.tasks.rows, *activities.events.rows]:
        of_record = {str(row[name]) for name in ("WhatId", "WhoId", "AccountId") if row[name]}
        is_event = "StartDateTime" in row
        if is_event or row["IsClosed"]:
            for record in of_record:
                last[record] = max(last.get(record, ""), str(row["ActivityDate"]))
        if (is_event and str(row["ActivityDate"]) >= today.isoformat()) or not (is_event or row["IsClosed"]):
            is_open.add(str(row["WhatId"]))
        if not is_event and not row["IsClosed"] and str(row["ActivityDate"]) < today.isoformat():
            overdue.add(str(row["WhatId"]))
    return Summary(today, last, is_open, overdue)
