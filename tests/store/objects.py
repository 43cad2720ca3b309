"""Object mappings to test the store with."""

from __future__ import annotations

from local_store.store import Store
from mapping.describe import snake_case
from mapping.fields import FieldMapping, ObjectMapping


def field(name: str, type: str = "string", **more: object) -> FieldMapping:
    return FieldMapping(
        name=name,
        column=snake_case(name),
        type=type,
        label=name,
        createable=bool(more.pop("createable", True)),
        updateable=bool(more.pop("updateable", True)),
        **more,  # type: ignore[arg-type]
    )


def given(name: str, type: str, **more: object) -> FieldMapping:
    """A field that Salesforce gives and nobody writes."""
    return field(name, type, createable=False, updateable=False, **more)


def sobject(name: str, *fields: FieldMapping, **more: object) -> ObjectMapping:
    audit = (
        given("Id", "id"),
        given("IsDeleted", "boolean"),
        given("CreatedDate", "datetime"),
        given("LastModifiedDate", "datetime"),
        given("SystemModstamp", "datetime"),
    )
    return ObjectMapping(
        name=name,
        table=snake_case(name),
        label=name,
        label_plural=f"{name}s",
        fields=(*audit[:2], *fields, *audit[2:]),
        **more,  # type: ignore[arg-type]
    )


ACCOUNT = sobject(
    "Account",
    field("Name", name_field=True),
    field("ParentId", "reference", reference_to=("Account",)),
    field("AnnualRevenue", "currency", precision=18),
    field("Description", "textarea"),
)

OPPORTUNITY = sobject(
    "Opportunity",
    field("AccountId", "reference", reference_to=("Account",)),
    field("Name", name_field=True),
    field("StageName", "picklist"),
    field("Amount", "currency", precision=18, scale=2),
    field("Probability", "percent", precision=3),
    field("CloseDate", "date"),
    field("ForecastCategoryName", "picklist"),
    given("IsWon", "boolean"),
    coupled=(frozenset({"StageName", "Probability", "ForecastCategoryName"}),),
)

ROLE = sobject(
    "OpportunityContactRole",
    field("OpportunityId", "reference", reference_to=("Opportunity",), cascade_delete=True),
    field("ContactId", "reference", reference_to=("Contact",)),
    field("Role", "picklist"),
)

EVERY_TYPE = sobject(
    "Everything__c",
    *(
        field(f"{type.title()}__c", type, precision=18 if type in {"currency", "double", "percent"} else 0)
        for type in (
            "anyType",
            "boolean",
            "combobox",
            "currency",
            "date",
            "datetime",
            "double",
            "email",
            "encryptedstring",
            "int",
            "long",
            "multipicklist",
            "percent",
            "phone",
            "picklist",
            "reference",
            "string",
            "textarea",
            "time",
            "url",
        )
    ),
)


def deals(store: Store) -> None:
    """Give a store the objects of a deal."""
    for mapping in (ACCOUNT, OPPORTUNITY, ROLE):
        store.ensure_object(mapping)
