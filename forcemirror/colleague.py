"""Somebody who works in the playground directly, as a colleague would in Salesforce: sees and edits the org.

Nothing here touches the mirror: that an edit made here arrives there is the sync's work.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from config.settings import ObjectSettings
from connector.salesforce.client import SalesforceClient
from connector.salesforce.errors import ApiError, SalesforceError
from connector.salesforce.soql import ID, api_name, literal
from forcemirror import survey
from mapping.fields import ObjectMapping
from mapping.record import Record, RecordId
from mapping.values import from_json, to_json
from web.services import OrgRecord, ServiceRefused

Answer = TypeVar("Answer")


class PlaygroundColleague:
    """Works in the org through its API."""

    def __init__(self, client: SalesforceClient, objects: Sequence[ObjectSettings]) -> None:
        self._client = client
        self._settings = {item.name: item for item in objects}
        self._described: dict[str, ObjectMapping] = {}

    def describe(self, object_name: str) -> ObjectMapping:
        """The fields of an object as the org has them."""
        if object_name not in self._described:
            settings = self._settings.get(object_name, ObjectSettings(object_name))
            self._described[object_name] = _refusing(lambda: survey.describe(self._client, settings))
        return self._described[object_name]

    def find(self, object_name: str, text: str, limit: int) -> Sequence[OrgRecord]:
        """Live records whose name contains a text, the last modified first. Raises ``ServiceRefused``."""
        mapping = self.describe(object_name)
        where = ""
        if text and "Name" in mapping.by_name:
            where = f" WHERE Name LIKE {literal(f'%{text}%')}"
        soql = f"{_select(mapping)}{where} ORDER BY LastModifiedDate DESC LIMIT {int(limit)}"
        return [_record(mapping, row) for row in _refusing(lambda: self._client.query(soql).records)]

    def read(self, object_name: str, record_id: RecordId) -> OrgRecord | None:
        """The record now; None when the org does not show it."""
        mapping = self.describe(object_name)
        if not ID.match(record_id):
            # A provisional id, or an address that somebody typed: the org has no such record.
            return None
        soql = f"{_select(mapping)} WHERE Id = {literal(record_id)}"
        rows = _refusing(lambda: self._client.query(soql).records)
        return _record(mapping, rows[0]) if rows else None

    def edit(self, object_name: str, record_id: RecordId, fields: Record) -> None:
        """Write these fields in the org. Raises ``ServiceRefused`` with the org's words and fields."""
        mapping = self.describe(object_name)
        values = {name: to_json(mapping.by_name[name], value) for name, value in fields.items()}
        _refusing(lambda: self._client.update(object_name, record_id, values))


def _refusing(ask: Callable[[], Answer]) -> Answer:
    try:
        return ask()
    except ApiError as error:
        raise ServiceRefused(error.message, error.advice, error.fields) from error
    except SalesforceError as error:
        raise ServiceRefused(error.message, error.advice) from error


def _select(mapping: ObjectMapping) -> str:
    names = ", ".join(api_name(field.name) for field in mapping.fields)
    return f"SELECT {names}, LastModifiedBy.Name FROM {api_name(mapping.name)}"


def _record(mapping: ObjectMapping, row: Mapping[str, Any]) -> OrgRecord:
    fields = {field.name: from_json(field, row.get(field.name)) for field in mapping.fields}
    modified_at = fields.get("LastModifiedDate")
    return OrgRecord(
        object=mapping.name,
        id=RecordId(str(fields["Id"])),
        fields=fields,
        modified_by=(row.get("LastModifiedBy") or {}).get("Name") or "",
        modified_at=modified_at if isinstance(modified_at, datetime) else None,
    )
