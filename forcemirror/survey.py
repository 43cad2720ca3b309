"""What is said about an org before anything is loaded: which it is, who we are there, what is hidden, how much."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from babel.core import Locale, UnknownLocaleError
from babel.numbers import get_territory_currencies

from config.settings import ObjectSettings
from connector.salesforce.client import SalesforceClient
from connector.salesforce.errors import ApiError
from forcemirror.organization import Organization, OrgKind
from mapping.describe import mark_cascades, object_mapping
from mapping.fields import Direction, ObjectMapping

ROWS_PER_CALL = 2000
"""Rows of a query page: one API call."""

ORGANIZATION = (
    "SELECT Id, Name, IsSandbox, OrganizationType, InstanceName, TimeZoneSidKey, DefaultLocaleSidKey FROM Organization"
)


@dataclass(frozen=True)
class ObjectSurvey:
    """One object as our user sees it. ``mapping`` is None when the org does not show the object at all."""

    settings: ObjectSettings
    mapping: ObjectMapping | None
    rows: int = 0
    hidden: tuple[str, ...] = ()

    @property
    def calls(self) -> int:
        """API calls that the first load takes."""
        return max(1, -(-self.rows // ROWS_PER_CALL))


@dataclass(frozen=True)
class Survey:
    """The org, its user, and every object that would be mirrored."""

    looked_at: datetime
    """When the org was asked, by its own clock, in UTC."""
    organization: Organization
    edition: str
    sees_all: bool | None
    """Whether the user sees every record; None when the org does not tell."""
    objects: tuple[ObjectSurvey, ...] = field(default=())
    calls_left: int | None = None

    @property
    def rows(self) -> int:
        """All rows together, about."""
        return sum(item.rows for item in self.objects)

    @property
    def calls(self) -> int:
        """About how many API calls the first load takes."""
        return sum(item.calls for item in self.objects if item.mapping)


def look(client: SalesforceClient, kind: str, objects: Sequence[ObjectSettings]) -> Survey:
    """Ask the org. Writes nothing. Raises the client's errors."""
    row = client.query(ORGANIZATION).records[0]
    user = _user(client)
    surveys = tuple(_objects(client, objects))
    return Survey(
        looked_at=client.server_time(),
        organization=Organization(
            id=client.organization_id(),
            name=row["Name"],
            kind=_kind(kind, row),
            time_zone=row.get("TimeZoneSidKey") or "UTC",
            currency=_currency(row.get("DefaultLocaleSidKey")),
            record_url=_record_url(client, kind),
            user=str(user.get("Name") or user.get("Username") or ""),
        ),
        edition=row.get("OrganizationType") or "",
        sees_all=_sees_all(client, user),
        objects=surveys,
        calls_left=_calls_left(client),
    )


def describe(client: SalesforceClient, settings: ObjectSettings) -> ObjectMapping:
    """Read an object's describe and make its mapping, with what the admin decided.

    Which references cascade is not in it: the parents' describes tell, see :func:`look`.
    """
    return _made(client.describe(settings.name), settings)


def _made(raw: Mapping[str, Any], settings: ObjectSettings) -> ObjectMapping:
    return object_mapping(
        raw,
        read_only=settings.read_only,
        directions={name: Direction(item.direction) for name, item in settings.fields.items()},
        external_id=settings.external_id,
    )


def _kind(kind: str, row: Mapping[str, Any]) -> OrgKind:
    if kind == "playground":
        return "playground"
    return "sandbox" if row.get("IsSandbox") else "production"


def _record_url(client: SalesforceClient, kind: str) -> str | None:
    if kind == "playground":
        return None
    return f"{client.session.token().instance_url.rstrip('/')}/{{id}}"


def _currency(locale: str | None) -> str:
    """The currency an org of that locale uses. Salesforce tells it nowhere while the org has a single currency."""
    try:
        territory = Locale.parse(locale or "en_US").territory or "US"
    except (ValueError, UnknownLocaleError):
        return "USD"
    return next(iter(get_territory_currencies(territory)), "USD")


def _user(client: SalesforceClient) -> Mapping[str, Any]:
    soql = f"SELECT Name, Username, Profile.Name FROM User WHERE Id = '{client.user_id()}'"
    rows = client.query(soql).records
    return rows[0] if rows else {}


def _sees_all(client: SalesforceClient, user: Mapping[str, Any]) -> bool | None:
    try:
        rows = client.query("SELECT PermissionsViewAllData FROM UserPermissionAccess LIMIT 1").records
    except ApiError:
        # Not every org lets every user ask. The standard administrator's profile sees everything by definition.
        profile = user.get("Profile") or {}
        return True if profile.get("Name") == "System Administrator" else None
    return bool(rows[0]["PermissionsViewAllData"]) if rows else None


def _objects(client: SalesforceClient, objects: Sequence[ObjectSettings]) -> Iterator[ObjectSurvey]:
    described = {settings.name: _seen(client, settings.name) for settings in objects}
    seen = {settings.name: _mapping(described[settings.name], settings) for settings in objects}
    shown = {name: raw for name, raw in described.items() if raw}
    mappings = seen | {item.name: item for item in mark_cascades([item for item in seen.values() if item], shown)}
    rows = _rows(client, [name for name, mapping in mappings.items() if mapping])
    for settings in objects:
        mapping = mappings[settings.name]
        if mapping is None:
            yield ObjectSurvey(settings, None)
            continue
        hidden = tuple(name for name in settings.expects if name not in mapping.by_name)
        yield ObjectSurvey(settings, mapping, rows[settings.name], hidden)


def _seen(client: SalesforceClient, name: str) -> Mapping[str, Any] | None:
    """The describe of an object; None when the org does not show it."""
    try:
        return client.describe(name)
    except ApiError as error:
        if error.status == 404 or error.code in {"NOT_FOUND", "INVALID_TYPE"}:
            return None
        raise


def _mapping(raw: Mapping[str, Any] | None, settings: ObjectSettings) -> ObjectMapping | None:
    return _made(raw, settings) if raw else None


def _rows(client: SalesforceClient, names: Sequence[str]) -> Mapping[str, int]:
    try:
        counted = client.record_counts(names)
    except ApiError:
        counted = {}
    # The cached counts know nothing of small setup objects; those are counted one by one.
    return {name: counted.get(name) or client.query(f"SELECT COUNT() FROM {name}").total for name in names}


def _calls_left(client: SalesforceClient) -> int | None:
    remaining = client.limits().get("DailyApiRequests", {}).get("Remaining")
    return remaining if isinstance(remaining, int) else None
