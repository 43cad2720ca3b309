"""sObject rows: create, read, change, delete, upsert, conditions, relationships (salesforce-api.md 3.2, 3.4)."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any

from playground import dml, errors, ids, replication, values
from playground.calls import Answer, Call
from playground.schema import ObjectType
from playground.store import Row, quoted

_ETAG_OBJECTS = frozenset({"Account"})
"""ETags exist for rows of Account alone."""

_RELATED_ROWS_MAX = 2_000


def create(call: Call, object_name: str) -> Answer:
    """``POST /sobjects/T/``."""
    object_type = call.object_type(object_name)
    _check_conditions_parse(call)
    with call.org.store.transaction():
        record_id = dml.create(call.work, object_type, call.record)
    return Answer(201, _created(record_id), _location(call, object_type, record_id))


def read(call: Call, object_name: str, record_id: str) -> Answer:
    """``GET /sobjects/T/<id>``."""
    object_type = call.object_type(object_name)
    row = dml.live(call.work, object_type, _addressed_id(object_type, record_id))
    not_modified = _reading_conditions(call, object_type, row)
    if not_modified:
        return Answer(304, headers=_validators(object_type, row))
    return Answer(200, shown(call, object_type, row, _wanted(call, object_type)), _validators(object_type, row))


def update(call: Call, object_name: str, record_id: str) -> Answer:
    """``PATCH /sobjects/T/<id>``."""
    object_type = call.object_type(object_name)
    if any(name.lower() == "id" for name in call.record):
        raise errors.ApiError("The Id field should not be specified in the sobject data.", code="INVALID_FIELD")
    with call.org.store.transaction():
        row = dml.live(call.work, object_type, _addressed_id(object_type, record_id))
        _writing_conditions(call, object_type, row)
        dml.update(call.work, object_type, row["Id"], call.record)
    return Answer(204)


def delete(call: Call, object_name: str, record_id: str) -> Answer:
    """``DELETE /sobjects/T/<id>``. Conditions are not looked at, as in a real org."""
    object_type = call.object_type(object_name)
    with call.org.store.transaction():
        dml.delete(call.work, object_type, _addressed_id(object_type, record_id))
    return Answer(204)


def create_by_id(call: Call, object_name: str) -> Answer:
    """``POST /sobjects/T/Id``: an insert with Id as the external id."""
    return create(call, object_name)


def read_below(call: Call, object_name: str, first: str, second: str) -> Answer:
    """``GET /sobjects/T/<id>/<relationship>`` or ``GET /sobjects/T/<extField>/<value>``."""
    object_type = call.object_type(object_name)
    if ids.is_id(first) and first.startswith(object_type.key_prefix):
        return _related(call, object_type, dml.live(call.work, object_type, first), second)
    field = dml.key_field(object_type, first)
    found = dml.matching(call.work, object_type, field, second)
    if found is None:
        raise errors.NotFound
    return read(call, object_name, found)


def upsert(call: Call, object_name: str, field_name: str, value: str) -> Answer:
    """``PATCH /sobjects/T/<extField>/<value>``."""
    object_type = call.object_type(object_name)
    field = dml.key_field(object_type, field_name)
    if any(name.lower() == field.name.lower() for name in call.record):
        raise errors.ApiError(
            f"The {field.name} field should not be specified in the sobject data.", code="INVALID_FIELD"
        )
    with call.org.store.transaction():
        found = dml.matching(call.work, object_type, field, value)
        if found:
            _writing_conditions(call, object_type, dml.live(call.work, object_type, found))
        elif call.args.get("updateOnly", "").lower() == "true":
            raise errors.NotFound
        record_id, created = dml.upsert(call.work, object_type, field.name, value, call.record)
    if not created and call.version <= 45:
        return Answer(204)
    body = _created(record_id) | ({"created": created} if call.version >= 46 else {})
    return Answer(201 if created else 200, body, _location(call, object_type, record_id))


def delete_by_key(call: Call, object_name: str, field_name: str, value: str) -> Answer:
    """``DELETE /sobjects/T/<extField>/<value>``."""
    object_type = call.object_type(object_name)
    with call.org.store.transaction():
        found = dml.matching(call.work, object_type, dml.key_field(object_type, field_name), value)
        if found is None:
            raise errors.NotFound
        dml.delete(call.work, object_type, found)
    return Answer(204)


def updated(call: Call, object_name: str) -> Answer:
    """``GET /sobjects/T/updated/?start&end``."""
    object_type = call.object_type(object_name)
    span = (call.args.get("start"), call.args.get("end"))
    with call.org.view(call.session.user_id):
        return Answer(200, replication.updated(call.work, object_type, *span, call.org.covered_until()))


def deleted(call: Call, object_name: str) -> Answer:
    """``GET /sobjects/T/deleted/?start&end``."""
    object_type = call.object_type(object_name)
    span = (call.args.get("start"), call.args.get("end"))
    return Answer(200, replication.deleted(call.work, object_type, *span, call.org.covered_until()))


def shown(call: Call, object_type: ObjectType, row: Row, names: Iterable[str] | None = None) -> dict[str, Any]:
    """A record as JSON; all fields unless ``names`` says which."""
    wanted = object_type.fields if names is None else [object_type.by_lower_name[name.lower()] for name in names]
    record: dict[str, Any] = {"attributes": attributes(call, object_type, row["Id"])}
    for field in wanted:
        record[field.name] = values.shown_field(object_type, field, row)
    return record


def attributes(call: Call, object_type: ObjectType, record_id: str) -> dict[str, str]:
    """The ``attributes`` member of a record."""
    return {"type": object_type.name, "url": f"{call.root}/sobjects/{object_type.name}/{record_id}"}


def field_names(object_type: ObjectType, wanted: Iterable[str]) -> list[str]:
    """The named fields in their own spelling, Id always; INVALID_FIELD for an unknown one."""
    names = []
    for name in wanted:
        field = object_type.by_lower_name.get(name.strip().lower())
        if field is None:
            raise errors.UnknownField(name.strip(), object_type.name)
        names.append(field.name)
    return names if "Id" in names else [*names, "Id"]


def _wanted(call: Call, object_type: ObjectType) -> list[str] | None:
    text = call.args.get("fields")
    return field_names(object_type, text.split(",")) if text else None


def _addressed_id(object_type: ObjectType, text: str) -> str:
    """An id in a path. What does not look like one is taken for the name of a key field, as a real org does."""
    if not ids.is_id(text):
        raise errors.NotFound(f"Provided external ID field does not exist or is not accessible: {text}")
    return dml.normal_id(object_type, text)


def _related(call: Call, object_type: ObjectType, row: Row, name: str) -> Answer:
    parent_field = object_type.by_relationship.get(name.lower())
    if parent_field:
        for target in parent_field.reference_to:
            parent_type = call.schema.by_lower_name.get(target.lower())
            parent = (
                call.org.store.get(target, row[parent_field.name]) if parent_type and row[parent_field.name] else None
            )
            if parent_type and parent and not call.org.access.hides(call.session.user_id, target, parent):
                return Answer(200, shown(call, parent_type, parent, _wanted(call, parent_type)))
        raise errors.NotFound
    for child in call.schema.children.get(object_type.name, ()):
        if child.name and child.name.lower() == name.lower():
            child_type = call.object_type(child.child)
            alive = " AND NOT IsDeleted" if child_type.has("IsDeleted") else ""
            where = f"{quoted(child.field)} = ?{alive} ORDER BY Id LIMIT {_RELATED_ROWS_MAX}"
            found = [
                item
                for item in call.org.store.select(child_type.name, where, (row["Id"],))
                if not call.org.access.hides(call.session.user_id, child_type.name, item)
            ]
            records = [shown(call, child_type, item, _wanted(call, child_type)) for item in found]
            return Answer(200, {"totalSize": len(records), "done": True, "records": records})
    raise errors.NotFound


def _created(record_id: str) -> dict[str, Any]:
    return {"id": record_id, "success": True, "errors": []}


def _location(call: Call, object_type: ObjectType, record_id: str) -> dict[str, str]:
    return {"Location": f"{call.root}/sobjects/{object_type.name}/{record_id}"}


def _validators(object_type: ObjectType, row: Row) -> dict[str, str]:
    headers = {}
    modified = _modified(row)
    if modified:
        headers["Last-Modified"] = format_datetime(modified, usegmt=True)
    if object_type.name in _ETAG_OBJECTS:
        headers["ETag"] = _etag(row)
    return headers


def _etag(row: Row) -> str:
    digest = hashlib.sha1(f"{row['Id']} {row['SystemModstamp']}".encode(), usedforsecurity=False).digest()
    return f'"{base64.b64encode(digest).decode("ascii")}"'


def _modified(row: Row) -> datetime | None:
    text = row.get("LastModifiedDate") or row.get("SystemModstamp") or row.get("CreatedDate")
    return values.moment(text) if text else None


def _header_date(call: Call, name: str) -> datetime | None:
    text = call.headers.get(name)
    if not text:
        return None
    try:
        parsed = parsedate_to_datetime(text)
    except ValueError:
        if call.method == "GET":
            return None
        raise errors.ApiError(f"Invalid value for header {name}: {text}", code="INVALID_HEADER") from None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def _check_conditions_parse(call: Call) -> None:
    for name in ("if-modified-since", "if-unmodified-since"):
        _header_date(call, name)


def _reading_conditions(call: Call, object_type: ObjectType, row: Row) -> bool:
    """Whether a GET is answered 304; raises PreconditionFailed for 412."""
    unmodified, modified, at = _header_date(call, "if-unmodified-since"), None, _modified(row)
    if unmodified and at and at > unmodified:
        raise errors.PreconditionFailed
    if object_type.name in _ETAG_OBJECTS:
        if "if-match" in call.headers and not _names_etag(call.headers["if-match"], row):
            raise errors.PreconditionFailed
        if "if-none-match" in call.headers:
            return _names_etag(call.headers["if-none-match"], row)
    modified = _header_date(call, "if-modified-since")
    return bool(modified and at and at <= modified)


def _writing_conditions(call: Call, object_type: ObjectType, row: Row) -> None:
    unmodified, modified = _header_date(call, "if-unmodified-since"), _header_date(call, "if-modified-since")
    at = _modified(row)
    if at and ((unmodified and at > unmodified) or (modified and at <= modified)):
        raise errors.PreconditionFailed
    if object_type.name in _ETAG_OBJECTS:
        if "if-match" in call.headers and not _names_etag(call.headers["if-match"], row):
            raise errors.PreconditionFailed
        if "if-none-match" in call.headers and _names_etag(call.headers["if-none-match"], row):
            raise errors.PreconditionFailed


def _names_etag(header: str, row: Row) -> bool:
    names = {
        item.strip().removeprefix("W/").replace('-gzip"', '"').replace('--gzip"', '"') for item in header.split(",")
    }
    return "*" in names or _etag(row) in names
