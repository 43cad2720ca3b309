"""Practice with the org: gather the facts by SOQL, and let the exercise judge them.

The org is asked, not the mirror: what a learner's colleague would see is what counts. Attempts are remembered in the
mirror. Queries are wide on purpose, so that near misses are found; which record is meant is decided on the facts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from connector.salesforce.client import SalesforceClient
from connector.salesforce.soql import literal
from local_store.store import Store
from mapping import names
from mapping.exercise import (
    AccountFact,
    ContactFact,
    Exercise,
    Facts,
    OpportunityFact,
    Report,
    RoleFact,
    evaluate,
)

ATTEMPT = "practice_attempt"
RECENTLY = timedelta(days=30)
"""How far back records count as possible near misses where no attempt was begun."""
ROWS_MAX = 1000

Row = Mapping[str, Any]


def attempt_began(store: Store) -> datetime | None:
    """When the present attempt began, by Salesforce's clock; None before the first."""
    told = store.setting(ATTEMPT)
    return datetime.fromisoformat(told) if told else None


def begin_attempt(store: Store, now: datetime) -> None:
    """Begin an attempt: from now on is what counts."""
    store.set_setting(ATTEMPT, now.isoformat())


def remove_earlier(exercise: Exercise, client: SalesforceClient, time_zone: str, began: datetime | None) -> int:
    """Delete in the org what earlier attempts made, and say how many records. For a playground only.

    A deal takes its contact roles along; contacts of that name are the exercise's own, as the scenario has none.
    """
    facts = gather(exercise, client, time_zone, began)
    expected = exercise.expected
    deals = [item.id for item in facts.opportunities if names.is_near(item.name, expected.opportunity)]
    people = [item.id for item in facts.contacts if names.skeleton(expected.contact) in names.skeleton(item.name)]
    for object_name, ids in (("Opportunity", deals), ("Contact", people)):
        for record_id in ids:
            client.delete(object_name, record_id)
    return len(deals) + len(people)


def check(exercise: Exercise, client: SalesforceClient, time_zone: str, began: datetime | None) -> Report:
    """Ask the org and judge. ``began`` None: records made earlier count as well."""
    return evaluate(exercise, gather(exercise, client, time_zone, began))


def gather(exercise: Exercise, client: SalesforceClient, time_zone: str, began: datetime | None) -> Facts:
    """Everything the checks look at, in four queries over live records."""
    zone = ZoneInfo(time_zone)
    asked_at = client.server_time()
    recent = f"CreatedDate >= {literal(began or asked_at - RECENTLY)}"
    opportunities = _opportunities(exercise, client, zone, recent)
    return Facts(
        today=asked_at.astimezone(zone).date(),
        time_zone=time_zone,
        attempt_began=began.astimezone(zone) if began else None,
        accounts=_accounts(exercise, client, recent),
        opportunities=opportunities,
        contacts=_contacts(exercise, client, recent),
        roles=_roles(exercise, client, opportunities),
    )


def _accounts(exercise: Exercise, client: SalesforceClient, recent: str) -> tuple[AccountFact, ...]:
    like = literal(f"{exercise.expected.account.split()[0]}%")
    rows = _rows(client, f"SELECT Id, Name FROM Account WHERE Name LIKE {like} OR {recent}")
    return tuple(AccountFact(row["Id"], row["Name"]) for row in rows)


def _opportunities(
    exercise: Exercise, client: SalesforceClient, zone: ZoneInfo, recent: str
) -> tuple[OpportunityFact, ...]:
    account = literal(exercise.expected.account)
    like = literal(f"{exercise.expected.opportunity.split()[0]}%")
    rows = _rows(
        client,
        "SELECT Id, Name, AccountId, Account.Name, CloseDate, StageName, CreatedDate FROM Opportunity "
        f"WHERE Account.Name = {account} OR Name LIKE {like} OR {recent}",
    )
    return tuple(
        OpportunityFact(
            id=row["Id"],
            name=row["Name"],
            account_id=row["AccountId"],
            account_name=(row.get("Account") or {}).get("Name"),
            close_date=date.fromisoformat(row["CloseDate"]),
            stage=row["StageName"],
            created_at=datetime.fromisoformat(row["CreatedDate"]).astimezone(zone),
        )
        for row in rows
    )


def _contacts(exercise: Exercise, client: SalesforceClient, recent: str) -> tuple[ContactFact, ...]:
    like = literal(f"%{exercise.expected.contact}%")
    rows = _rows(client, f"SELECT Id, Name, AccountId FROM Contact WHERE Name LIKE {like} OR {recent}")
    return tuple(ContactFact(row["Id"], row["Name"], row["AccountId"]) for row in rows)


def _roles(
    exercise: Exercise, client: SalesforceClient, opportunities: Sequence[OpportunityFact]
) -> tuple[RoleFact, ...]:
    meant = [item.id for item in opportunities if names.is_like(item.name, exercise.expected.opportunity)]
    if not meant:
        return ()
    ids = ", ".join(literal(record_id) for record_id in meant[:ROWS_MAX])
    rows = _rows(
        client,
        f"SELECT Id, OpportunityId, ContactId, Role FROM OpportunityContactRole WHERE OpportunityId IN ({ids})",
    )
    return tuple(RoleFact(row["Id"], row["OpportunityId"], row["ContactId"], row["Role"]) for row in rows)


def _rows(client: SalesforceClient, soql: str) -> Sequence[Row]:
    return client.query(f"{soql} ORDER BY CreatedDate DESC LIMIT {ROWS_MAX}").records
