"""Small worlds for tests: object mappings, records and states with defaults, so that a test names only what matters."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from mapping.fields import FieldMapping, ObjectMapping
from mapping.record import Record, RecordId, Value

EPOCH = datetime(2026, 1, 1, 9, 0, tzinfo=UTC)
ORGANIZATION = "00D5g00000PLAYGEAU"


def moment(seconds: float = 0) -> datetime:
    """A moment some seconds after the tests' beginning of time."""
    return EPOCH + timedelta(seconds=seconds)


def record_id(prefix: str, number: int) -> RecordId:
    """A well-formed 18-character id; the numbers keep its letters out of it, so that the suffix is constant."""
    return RecordId(f"{prefix}{number:012d}AAA")


def a_field(name: str, type: str = "string", **changes: object) -> FieldMapping:
    """A field that may be read and written, unless told otherwise."""
    made = FieldMapping(name=name, column=name.lower(), type=type, label=name, createable=True, updateable=True)
    return replace(made, **changes)  # type: ignore[arg-type]


def read_only(name: str, type: str = "string", **changes: object) -> FieldMapping:
    """A field that Salesforce alone sets."""
    return a_field(name, type, createable=False, updateable=False, **changes)


def system_fields() -> tuple[FieldMapping, ...]:
    """What every object has."""
    return (
        read_only("Id", "id"),
        read_only("IsDeleted", "boolean"),
        read_only("SystemModstamp", "datetime"),
        read_only("LastModifiedDate", "datetime"),
    )


ACCOUNT = ObjectMapping(
    name="Account",
    table="account",
    label="Account",
    label_plural="Accounts",
    key_prefix="001",
    fields=(
        *system_fields(),
        a_field("Name"),
        a_field("Phone", "phone"),
        a_field("Industry", "picklist"),
        a_field("ParentId", "reference", reference_to=("Account",)),
        a_field("BillingStreet", "textarea", compound="BillingAddress"),
        a_field("BillingCity", compound="BillingAddress"),
        read_only("Rank__c", "double", calculated=True, moves_silently=True),
    ),
    coupled=(frozenset({"BillingStreet", "BillingCity"}),),
)

OPPORTUNITY = ObjectMapping(
    name="Opportunity",
    table="opportunity",
    label="Opportunity",
    label_plural="Opportunities",
    key_prefix="006",
    fields=(
        *system_fields(),
        a_field("Name"),
        a_field("AccountId", "reference", reference_to=("Account",), cascade_delete=True),
        a_field("StageName", "picklist"),
        a_field("Probability", "percent"),
        a_field("ForecastCategoryName", "picklist"),
        a_field("Amount", "currency", precision=18, scale=2),
        a_field("CloseDate", "date"),
        read_only("ExpectedRevenue", "currency"),
        read_only("LastViewedDate", "datetime", moves_silently=True),
    ),
    coupled=(frozenset({"StageName", "Probability", "ForecastCategoryName"}),),
)

CONTACT = ObjectMapping(
    name="Contact",
    table="contact",
    label="Contact",
    label_plural="Contacts",
    key_prefix="003",
    fields=(
        *system_fields(),
        a_field("LastName"),
        a_field("Email", "email"),
        a_field("AccountId", "reference", reference_to=("Account",), cascade_delete=True),
    ),
)

CONTACT_ROLE = ObjectMapping(
    name="OpportunityContactRole",
    table="opportunity_contact_role",
    label="Opportunity Contact Role",
    label_plural="Opportunity Contact Roles",
    key_prefix="00K",
    fields=(
        *system_fields(),
        a_field("OpportunityId", "reference", reference_to=("Opportunity",), updateable=False, cascade_delete=True),
        a_field("ContactId", "reference", reference_to=("Contact",), cascade_delete=True),
        a_field("Role", "picklist"),
        a_field("IsPrimary", "boolean"),
    ),
    undeletable=False,
)

STAGE = ObjectMapping(
    name="OpportunityStage",
    table="opportunity_stage",
    label="Opportunity Stage",
    label_plural="Opportunity Stages",
    key_prefix="01J",
    fields=(*system_fields(), read_only("ApiName"), read_only("SortOrder", "int")),
    read_only=True,
)

DEALS = (ACCOUNT, CONTACT, OPPORTUNITY, CONTACT_ROLE, STAGE)


def account(**values: Value) -> Record:
    """An account as the org would show it, every mapped field present."""
    return _record(ACCOUNT, {"Name": "Get Cloudy", **values})


def contact(**values: Value) -> Record:
    """A contact as the org would show it."""
    return _record(CONTACT, {"LastName": "Johnson", **values})


def opportunity(**values: Value) -> Record:
    """An opportunity as the org would show it."""
    return _record(OPPORTUNITY, {"Name": "35 Custom Sneakers", "StageName": "Prospecting", **values})


def contact_role(**values: Value) -> Record:
    """A contact role as the org would show it."""
    return _record(CONTACT_ROLE, {"IsPrimary": False, **values})


def _record(mapping: ObjectMapping, values: dict[str, Value]) -> Record:
    unknown = values.keys() - mapping.by_name.keys()
    assert not unknown, f"{mapping.name} has no {', '.join(sorted(unknown))}"
    empty: dict[str, Value] = dict.fromkeys(mapping.by_name)
    return {**empty, "IsDeleted": False, **values}
