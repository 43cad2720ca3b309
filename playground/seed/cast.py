"""Tessel Sneakers itself: the organization, its people and their roles, record types and stages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from playground.ids import make_id
from playground.seed.moments import stamp
from playground.seed.rows import Row, RowMaker
from playground.seed.stages import FORECAST_TOKENS, STAGES

COMPANY = "Tessel Sneakers"
DOMAIN = "tessel-sneakers.example"
INTEGRATION_USERNAME = f"integration@{DOMAIN}"
"""Who owns the API login. An administrator, so that it sees and edits everything."""

ORG_AGE = timedelta(days=1600)
SINCE_LEAVING = timedelta(days=96, hours=2)
"""How long ago those left who are not active any longer."""
USER_PREFIX = "005"

ADMINISTRATOR = "System Administrator"
STANDARD_USER = "Standard User"


@dataclass(frozen=True, slots=True)
class Person:
    key: str
    first: str | None
    last: str
    title: str
    role: str | None
    manager: str | None
    profile: str = STANDARD_USER
    active: bool = True
    username: str | None = None

    @property
    def name(self) -> str:
        return f"{self.first} {self.last}" if self.first else self.last


PEOPLE = (
    Person("integration", None, "Integration", "API login", None, None, ADMINISTRATOR, True, INTEGRATION_USERNAME),
    Person("noor", "Noor", "Haddad", "Salesforce administrator", None, "ines", ADMINISTRATOR),
    Person("rosalind", "Rosalind", "Teague", "Chief executive", "CEO", None),
    Person("ines", "Ines", "Valderrama", "VP Sales", "VP Sales", "rosalind"),
    Person("hannah", "Hannah", "Cole", "Regional sales manager, North", "Regional Manager North", "ines"),
    Person("daniel", "Daniel", "Osei", "Regional sales manager, South", "Regional Manager South", "ines"),
    Person("ada", "Ada", "Okafor", "Account executive", "Sales Rep North", "hannah"),
    Person("priya", "Priya", "Nair", "Account executive", "Sales Rep North", "hannah"),
    Person("tomas", "Tomás", "Rey", "Account executive", "Sales Rep North", "hannah"),
    Person("jonas", "Jonas", "Berg", "Account executive", "Sales Rep North", "hannah"),
    Person("mei", "Mei Lin", "Zhao", "Account executive", "Sales Rep North", "hannah"),
    Person("sofia", "Sofia", "Marchetti", "Account executive", "Sales Rep South", "daniel"),
    Person("kofi", "Kofi", "Brandt", "Account executive", "Sales Rep South", "daniel"),
    Person("owen", "Owen", "Pike", "Account executive", "Sales Rep South", "daniel", active=False),
)
"""The integration user comes first: it is also who made everything that nobody made by hand."""

ROLES = (
    ("CEO", None),
    ("VP Sales", "CEO"),
    ("Regional Manager North", "VP Sales"),
    ("Regional Manager South", "VP Sales"),
    ("Sales Rep North", "Regional Manager North"),
    ("Sales Rep South", "Regional Manager South"),
)

NEW_BUSINESS, RENEWAL = "New_Business", "Renewal"


@dataclass(frozen=True, slots=True)
class Cast:
    """The rows, and what the other parts of the scenario look up in them."""

    rows: Mapping[str, list[Row]] = field(repr=False)
    user_ids: Mapping[str, str]
    """User ids by :attr:`Person.key`."""
    user_names: Mapping[str, str]
    """Full names by :attr:`Person.key`."""
    record_type_ids: Mapping[str, str]
    """Record type ids of Opportunity by developer name."""

    @property
    def system(self) -> str:
        """The integration user's id."""
        return self.user_ids["integration"]


def build_cast(now: datetime, people: Sequence[Person] = PEOPLE) -> Cast:
    """Everything that a new customer of Salesforce has before the first account.

    ``people`` begins as :data:`PEOPLE` does; managers come before those whom they manage."""
    since = (now - ORG_AGE).replace(hour=9, minute=0, second=0, microsecond=0)
    profiles, roles, users = RowMaker("Profile"), RowMaker("UserRole"), RowMaker("User")
    user_ids = {person.key: make_id(USER_PREFIX, number) for number, person in enumerate(people, start=1)}
    system = user_ids["integration"]
    for name in (ADMINISTRATOR, STANDARD_USER):
        profiles.add({"Name": name, "UserType": "Standard"}, created=since, created_by=system)
    profile_ids = {str(row["Name"]): row["Id"] for row in profiles.rows}
    role_ids: dict[str, str] = {}
    for name, parent in ROLES:
        role_ids[name] = roles.next_id()
        roles.add(
            {
                "Name": name,
                "DeveloperName": name.replace(" ", "_"),
                "ParentRoleId": role_ids[parent] if parent else None,
                "OpportunityAccessForAccountOwner": "Edit",
                "CaseAccessForAccountOwner": "Edit",
                "ContactAccessForAccountOwner": "Edit",
            },
            created=since,
            created_by=system,
        )
    apart = min(timedelta(days=20), ORG_AGE * 0.75 / len(people))
    for number, person in enumerate(people):
        joined = (since + apart * number).replace(microsecond=0)
        _add_user(users, number, person, joined, now, profile_ids[person.profile], role_ids, user_ids)
    processes = _sales_processes(since, system)
    record_types, record_type_ids = _record_types(since, system, [str(row["Id"]) for row in processes])
    rows = {
        "Organization": _organization(since, system),
        "Profile": profiles.rows,
        "UserRole": roles.rows,
        "User": users.rows,
        "BusinessProcess": processes,
        "RecordType": record_types,
        "OpportunityStage": _stages(since, system),
    }
    return Cast(rows, user_ids, {person.key: person.name for person in people}, record_type_ids)


def _add_user(
    users: RowMaker,
    number: int,
    person: Person,
    joined: datetime,
    now: datetime,
    profile_id: object,
    role_ids: Mapping[str, str],
    user_ids: Mapping[str, str],
) -> None:
    mailbox = f"{person.first or ''}.{person.last}".strip(".").lower().replace(" ", "").replace("á", "a")
    left = now - SINCE_LEAVING
    users.add(
        {
            "Username": person.username or f"{mailbox}@{DOMAIN}",
            "FirstName": person.first,
            "LastName": person.last,
            "Name": person.name,
            "Email": person.username or f"{mailbox}@{DOMAIN}",
            "Alias": mailbox.replace(".", "")[:8],
            "CommunityNickname": mailbox.replace(".", "")[:40],
            "CompanyName": COMPANY,
            "Department": "Sales" if person.role else "IT",
            "Title": person.title,
            "City": "London",
            "Country": "United Kingdom",
            "IsActive": person.active,
            "TimeZoneSidKey": "Europe/London",
            "LocaleSidKey": "en_GB",
            "LanguageLocaleKey": "zh_CN" if person.key == "mei" else "en_US",
            "EmailEncodingKey": "UTF-8",
            "UserType": "Standard",
            "UserRoleId": role_ids[person.role] if person.role else None,
            "ProfileId": profile_id,
            "ManagerId": user_ids[person.manager] if person.manager else None,
            "ForecastEnabled": person.role is not None,
            "DigestFrequency": "N",
            "LastLoginDate": stamp((now if person.active else left) - timedelta(days=1, hours=number)),
        },
        created=joined,
        created_by=user_ids["integration"],
        modified=joined + timedelta(hours=1) if person.active else left,
        modified_by=user_ids["noor"] if number > 1 else user_ids["integration"],
    )


def _organization(since: datetime, system: str) -> list[Row]:
    maker = RowMaker("Organization")
    maker.add(
        {
            "Name": COMPANY,
            "Street": "7 Plimsoll Yard",
            "City": "London",
            "PostalCode": "EC1V 2NX",
            "Country": "United Kingdom",
            "Phone": "+44 20 7946 0300",
            "PrimaryContact": "Noor Haddad",
            "DefaultLocaleSidKey": "en_GB",
            "TimeZoneSidKey": "Europe/London",
            "LanguageLocaleKey": "en_US",
            "FiscalYearStartMonth": 1,
            "UsesStartDateAsFiscalYearName": False,
            "DefaultAccountAccess": "Edit",
            "DefaultContactAccess": "ControlledByParent",
            "DefaultOpportunityAccess": "Edit",
            "DefaultLeadAccess": "ReadEditTransfer",
            "DefaultCaseAccess": "ReadEditTransfer",
            "DefaultCalendarAccess": "HideDetailsInsert",
            "DefaultPricebookAccess": "ReadSelect",
            "DefaultCampaignAccess": "All",
            "UiSkin": "Theme3",
            "SignupCountryIsoCode": "GB",
            "NumKnowledgeService": 0,
            "OrganizationType": "Developer Edition",
            "InstanceName": "PLAY1",
            "IsSandbox": False,
            "WebToCaseDefaultOrigin": "Web",
            "MonthlyPageViewsUsed": 0,
            "MonthlyPageViewsEntitlement": 0,
            "IsReadOnly": False,
        },
        created=since,
        created_by=system,
    )
    return maker.rows


def _sales_processes(since: datetime, system: str) -> list[Row]:
    """Which stages each of them offers is in :data:`playground.sales_processes.SEEDED`."""
    maker = RowMaker("BusinessProcess")
    for name, description in (("New Business", "All stages"), ("Renewal", "The stages a repeat order goes through")):
        maker.add(
            {"Name": name, "Description": description, "TableEnumOrId": "Opportunity", "IsActive": True},
            created=since,
            created_by=system,
        )
    return maker.rows


def _record_types(since: datetime, system: str, process_ids: list[str]) -> tuple[list[Row], dict[str, str]]:
    maker = RowMaker("RecordType")
    for (name, developer_name, description), process_id in zip(
        (
            ("New Business", NEW_BUSINESS, "A first order, or a new line for a customer"),
            ("Renewal", RENEWAL, "A repeat of an earlier order"),
        ),
        process_ids,
        strict=True,
    ):
        maker.add(
            {
                "Name": name,
                "DeveloperName": developer_name,
                "Description": description,
                "SobjectType": "Opportunity",
                "BusinessProcessId": process_id,
                "IsActive": True,
            },
            created=since,
            created_by=system,
        )
    return maker.rows, {str(row["DeveloperName"]): str(row["Id"]) for row in maker.rows}


def _stages(since: datetime, system: str) -> list[Row]:
    maker = RowMaker("OpportunityStage")
    for order, stage in enumerate(STAGES, start=1):
        maker.add(
            {
                "MasterLabel": stage.name,
                "ApiName": stage.name,
                "IsActive": True,
                "SortOrder": order,
                "IsClosed": stage.closed,
                "IsWon": stage.won,
                "ForecastCategory": FORECAST_TOKENS[stage.forecast],
                "ForecastCategoryName": stage.forecast,
                "DefaultProbability": float(stage.probability),
                "Description": stage.description,
            },
            created=since,
            created_by=system,
        )
    return maker.rows
