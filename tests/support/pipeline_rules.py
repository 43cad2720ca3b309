"""Rules that the records of every playground org follow, however they were made."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from playground.catalogue import OBJECT_ORDER, load_schema
from playground.ids import is_id
from playground.seed.stages import FORECAST_TOKENS

Rows = Mapping[str, Sequence[Mapping[str, Any]]]


def rows_of(data: Rows, object_name: str) -> list[dict[str, Any]]:
    """An object's rows."""
    return [dict(row) for row in data[object_name]]


def grouped(data: Rows, object_name: str, by: str = "OpportunityId") -> dict[str, list[dict[str, Any]]]:
    """An object's rows by a reference."""
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows_of(data, object_name):
        found[str(row[by])].append(row)
    return found


def quarter(day: str) -> tuple[int, int]:
    """Year and quarter of a date."""
    parsed = date.fromisoformat(day)
    return parsed.year, (parsed.month + 2) // 3


def stamp(moment: datetime) -> str:
    """A moment as it is stored."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def org_day(moment: datetime) -> date:
    """The day in the org's time zone."""
    return moment.astimezone(ZoneInfo("Europe/London")).date()


def set_by_hand(data: Rows) -> int:
    """How many opportunities have another probability or forecast category than their stage gives."""
    usual = {
        str(row["ApiName"]): (row["DefaultProbability"], row["ForecastCategoryName"])
        for row in data["OpportunityStage"]
    }
    return sum(
        (row["Probability"], row["ForecastCategoryName"]) != usual[str(row["StageName"])] for row in data["Opportunity"]
    )


def check_stored_fields(data: Rows, _now: datetime) -> None:
    """Every row has exactly the stored fields of its object."""
    assert tuple(data) == OBJECT_ORDER
    for item in load_schema().objects:
        stored = [field.name for field in item.fields if field.stored]
        for row in data[item.name]:
            assert list(row) == stored


def check_values(data: Rows, _now: datetime) -> None:
    """Every value is stored as its type asks."""
    for item in load_schema().objects:
        for row in data[item.name]:
            for field in item.fields:
                if not field.stored:
                    continue
                value = row[field.name]
                where = f"{item.name}.{field.name} = {value!r}"
                if value is None:
                    assert field.nillable, where
                elif field.type == "boolean":
                    assert value in (0, 1), where
                elif field.type == "int":
                    assert isinstance(value, int), where
                elif field.type in ("currency", "percent", "double"):
                    assert isinstance(value, float), where
                elif field.type == "date":
                    date.fromisoformat(str(value))
                elif field.type == "datetime":
                    assert value == stamp(datetime.fromisoformat(str(value))), where
                else:
                    assert isinstance(value, str), where
                    assert 0 < len(value) <= field.length, where


def check_ids(data: Rows, _now: datetime) -> None:
    """Every id is well formed, unique and begins with its object's prefix."""
    for item in load_schema().objects:
        ids = [str(row["Id"]) for row in data[item.name]]
        assert len(set(ids)) == len(ids)
        for record_id in ids:
            assert len(record_id) == 18
            assert is_id(record_id)
            assert record_id.startswith(item.key_prefix)


def check_references(data: Rows, _now: datetime) -> None:
    """Every reference leads to a row of an object that it may lead to."""
    owner_of = {str(row["Id"]): name for name, rows in data.items() for row in rows}
    for item in load_schema().objects:
        for field in item.fields:
            if field.type == "reference":
                for row in data[item.name]:
                    target = row[field.name]
                    assert target is None or owner_of[str(target)] in field.reference_to, (item.name, field.name)


def check_picklists(data: Rows, _now: datetime) -> None:
    """Values of picklists are in the list."""
    for item in load_schema().objects:
        for field in item.fields:
            if field.type == "picklist":
                allowed = {entry.value for entry in field.picklist} | {None}
                assert {row[field.name] for row in data[item.name]} <= allowed, (item.name, field.name)


def check_stamps(data: Rows, now: datetime) -> None:
    """Every stamp is at least an hour old and in order."""
    limit = stamp(now - timedelta(hours=1))
    for rows in data.values():
        for row in rows:
            stamps = [str(row[name]) for name in ("CreatedDate", "LastModifiedDate", "SystemModstamp") if row.get(name)]
            assert stamps == sorted(stamps)
            assert all(item <= limit for item in stamps)


def check_ages_of_children(data: Rows, _now: datetime) -> None:
    """Children are not older than their parents."""
    created: dict[object, str] = {}
    for rows in data.values():
        created.update({row["Id"]: str(row["CreatedDate"]) for row in rows if "CreatedDate" in row})
    for name, parents in (
        ("Contact", ("AccountId",)),
        ("Opportunity", ("AccountId",)),
        ("OpportunityContactRole", ("OpportunityId", "ContactId")),
        ("OpportunityHistory", ("OpportunityId",)),
        ("Task", ("WhatId",)),
        ("Event", ("WhatId",)),
    ):
        for row in data[name]:
            for parent in parents:
                assert str(row["CreatedDate"]) >= created[row[parent]], (name, row["Id"], parent)


def check_stage_fields(data: Rows, _now: datetime) -> None:
    """What a stage or a close date sets is set."""
    stages = {str(row["ApiName"]): row for row in data["OpportunityStage"]}
    for row in rows_of(data, "Opportunity"):
        stage = stages[str(row["StageName"])]
        assert (row["IsClosed"], row["IsWon"]) == (stage["IsClosed"], stage["IsWon"])
        assert row["ForecastCategory"] == FORECAST_TOKENS[str(row["ForecastCategoryName"])]
        usual = (stage["DefaultProbability"], stage["ForecastCategoryName"])
        if (row["Probability"], row["ForecastCategoryName"]) != usual:
            assert not row["IsClosed"]
        amount, probability = row["Amount"], row["Probability"]
        expected = None if amount is None else pytest.approx(amount * probability / 100, abs=0.0051)
        assert row["ExpectedRevenue"] == expected
        year, number = quarter(str(row["CloseDate"]))
        assert (row["FiscalYear"], row["FiscalQuarter"], row["Fiscal"]) == (year, number, f"{year} {number}")


def check_history(data: Rows, _now: datetime) -> None:
    """History begins at creation and ends in the current values."""
    history = grouped(data, "OpportunityHistory")
    for row in rows_of(data, "Opportunity"):
        rows = history[str(row["Id"])]
        assert [item["CreatedDate"] for item in rows] == sorted({item["CreatedDate"] for item in rows})
        assert rows[0]["CreatedDate"] == row["CreatedDate"]
        assert (rows[0]["PrevAmount"], rows[0]["PrevCloseDate"]) == (None, None)
        for before, after in pairwise(rows):
            assert (after["PrevAmount"], after["PrevCloseDate"]) == (before["Amount"], before["CloseDate"])
            assert any(before[name] != after[name] for name in ("StageName", "Amount", "Probability", "CloseDate"))
        for name in ("StageName", "Amount", "Probability", "CloseDate", "ExpectedRevenue"):
            assert rows[-1][name] == row[name]


def check_derived_from_history(data: Rows, now: datetime) -> None:
    """Fields that are derived from history agree with it."""
    history = grouped(data, "OpportunityHistory")
    for row in rows_of(data, "Opportunity"):
        rows = history[str(row["Id"])]
        pairs = list(pairwise(rows))
        pushes = sum(str(after["CloseDate"])[:7] > str(before["CloseDate"])[:7] for before, after in pairs)
        moves = [after["CreatedDate"] for before, after in pairs if before["StageName"] != after["StageName"]]
        amounts = [after["Id"] for before, after in pairs if before["Amount"] != after["Amount"]]
        closes = [after["Id"] for before, after in pairs if before["CloseDate"] != after["CloseDate"]]
        assert row["PushCount"] == pushes
        assert row["LastStageChangeDate"] == (moves[-1] if moves else None)
        assert row["LastAmountChangedHistoryId"] == (amounts[-1] if amounts else None)
        assert row["LastCloseDateChangedHistoryId"] == (closes[-1] if closes else None)
        today = org_day(now)
        assert row["AgeInDays"] == (today - date.fromisoformat(str(row["CreatedDate"])[:10])).days
        entered = moves[-1] if moves else row["CreatedDate"]
        assert row["LastStageChangeInDays"] == (today - date.fromisoformat(str(entered)[:10])).days


def check_field_history(data: Rows, _now: datetime) -> None:
    """Field history starts with *created*, chains, and ends in the current values."""
    history = grouped(data, "OpportunityFieldHistory")
    user_names = {row["Id"]: row["Name"] for row in data["User"]}
    for row in rows_of(data, "Opportunity"):
        first, *rest = history[str(row["Id"])]
        assert (first["Field"], first["CreatedDate"], first["NewValue"]) == ("created", row["CreatedDate"], None)
        current: dict[tuple[str, str], object] = {}
        for item in rest:
            key = (item["Field"], item["DataType"])
            assert item["OldValue"] != item["NewValue"]
            assert current.get(key, item["OldValue"]) == item["OldValue"]
            current[key] = item["NewValue"]
        for (name, kind), value in current.items():
            if name == "Owner":
                assert value == (row["OwnerId"] if kind == "EntityId" else user_names[row["OwnerId"]])
            elif kind in ("Currency", "Percent"):
                assert float(str(value)) == row[str(name)]
            else:
                assert value == row[str(name)]


def check_primary_contacts(data: Rows, _now: datetime) -> None:
    """An opportunity has at most one primary contact and names it."""
    roles = grouped(data, "OpportunityContactRole")
    for row in rows_of(data, "Opportunity"):
        primary = [item["ContactId"] for item in roles[str(row["Id"])] if item["IsPrimary"]]
        assert len(primary) <= 1
        assert row["ContactId"] == (primary[0] if primary else None)


def check_contacts_of_roles(data: Rows, _now: datetime) -> None:
    """Contact roles are of contacts of the deal's account."""
    account_of = {row["Id"]: row["AccountId"] for name in ("Contact", "Opportunity") for row in data[name]}
    for row in data["OpportunityContactRole"]:
        assert account_of[row["ContactId"]] == account_of[row["OpportunityId"]]


def check_roles_differ(data: Rows, _now: datetime) -> None:
    """No two roles of a deal have the same contact and role."""
    rows = data["OpportunityContactRole"]
    triples = Counter((row["OpportunityId"], row["ContactId"], row["Role"]) for row in rows)
    assert set(triples.values()) <= {1}


def check_activity_fields(data: Rows, now: datetime) -> None:
    """Activity fields agree with tasks and events."""
    today = org_day(now).isoformat()
    tasks_of, events_of = grouped(data, "Task", "WhatId"), grouped(data, "Event", "WhatId")
    assert all(row["IsClosed"] == int(row["Status"] == "Completed") for row in data["Task"])
    for row in rows_of(data, "Opportunity"):
        mine, meetings = tasks_of[str(row["Id"])], events_of[str(row["Id"])]
        dates = [str(item["ActivityDate"]) for item in (*meetings, *(task for task in mine if task["IsClosed"]))]
        to_do = [item for item in mine if not item["IsClosed"]]
        assert row["LastActivityDate"] == max(dates, default=None)
        coming = any(str(item["ActivityDate"]) >= today for item in meetings)
        assert row["HasOpenActivity"] == int(bool(to_do) or coming)
        assert row["HasOverdueTask"] == int(any(str(item["ActivityDate"]) < today for item in to_do))
        assert not (row["IsClosed"] and to_do)


def check_accounts_of_activities(data: Rows, _now: datetime) -> None:
    """An activity belongs to the account of what it is about."""
    account_of = {row["Id"]: row["AccountId"] for row in data["Opportunity"]}
    account_of.update({row["Id"]: row["Id"] for row in data["Account"]})
    for row in (*data["Task"], *data["Event"]):
        assert row["AccountId"] == account_of[row["WhatId"]]


EVERY_RULE: tuple[Callable[[Rows, datetime], None], ...] = (
    check_stored_fields,
    check_values,
    check_ids,
    check_references,
    check_picklists,
    check_stamps,
    check_ages_of_children,
    check_stage_fields,
    check_history,
    check_derived_from_history,
    check_field_history,
    check_primary_contacts,
    check_contacts_of_roles,
    check_roles_differ,
    check_activity_fields,
    check_accounts_of_activities,
)
