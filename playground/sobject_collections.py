"""sObject collections: up to 200 records of any kinds in one call (salesforce-api.md 4.5).

The answer is a list in the order of the request; inside it the code of an error is called ``statusCode``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from playground import dml, errors, ids, rows
from playground.calls import Answer, Call
from playground.schema import ObjectType

RECORDS_MAX = 200
RETRIEVE_MAX = 2_000
RUNS_MAX = 10
"""Runs of consecutive records of one type in a request."""

Result = dict[str, Any]
Step = Callable[[], Result]


def create(call: Call) -> Answer:
    """``POST /composite/sobjects``."""

    def step(record: Mapping[str, Any]) -> Result:
        return _done(dml.create(call.work, _type_of(call, record), record))

    records = _records(call)
    return _run(call, [_bound(step, record) for record in records], _all_or_none(call.record))


def update(call: Call) -> Answer:
    """``PATCH /composite/sobjects``: every record carries its id."""

    def step(record: Mapping[str, Any]) -> Result:
        object_type, record_id = _type_of(call, record), _id_of(record)
        _as_list_error(lambda: dml.update(call.work, object_type, record_id, _fields(record)))
        return _done(dml.normal_id(object_type, record_id))

    records = _records(call)
    return _run(call, [_bound(step, record) for record in records], _all_or_none(call.record))


def upsert(call: Call, object_name: str, field_name: str) -> Answer:
    """``PATCH /composite/sobjects/T/<extField>``."""
    object_type = call.object_type(object_name)
    field = dml.key_field(object_type, field_name)

    def step(record: Mapping[str, Any]) -> Result:
        if _type_of(call, record) != object_type:
            raise errors.ApiError(
                f"Record type must match the type of the request: {object_type.name}", code="INVALID_INPUT"
            )
        fields = _fields(record)
        value = next((item for name, item in record.items() if name.lower() == field.name.lower()), None)
        fields = {name: item for name, item in fields.items() if name.lower() != field.name.lower()}
        if value in (None, "") and field.name != "Id":
            raise errors.ApiError(f"{field.name} not specified", code="MISSING_ARGUMENT", fields=[field.name])
        try:
            record_id, created = _as_list_error(lambda: dml.upsert(call.work, object_type, field.name, value, fields))
        except errors.MultipleMatches as error:
            raise errors.ApiError(
                f"{field.name}: more than one record found for external id field: [{', '.join(error.record_ids)}]",
                code="DUPLICATE_EXTERNAL_ID",
                fields=[field.name],
            ) from error
        return _done(record_id) | {"created": created}

    records = _records(call)
    return _run(call, [_bound(step, record) for record in records], _all_or_none(call.record))


def delete(call: Call) -> Answer:
    """``DELETE /composite/sobjects?ids=a,b``."""

    def step(record_id: str) -> Result:
        object_type = _type_of_id(call, record_id)
        _as_list_error(lambda: dml.delete(call.work, object_type, record_id))
        return _done(dml.normal_id(object_type, record_id))

    wanted = _ids(call.args.get("ids", ""), RECORDS_MAX)
    all_or_none = call.args.get("allOrNone", "").lower() == "true"
    return _run(call, [_bound(step, record_id) for record_id in wanted], all_or_none)


def retrieve_by_url(call: Call, object_name: str) -> Answer:
    """``GET /composite/sobjects/T?ids=a,b&fields=x,y``."""
    object_type = call.object_type(object_name)
    wanted = _ids(call.args.get("ids", ""), RETRIEVE_MAX)
    return _retrieve(call, object_type, wanted, _names(call.args.get("fields", "").split(",")))


def retrieve_by_body(call: Call, object_name: str) -> Answer:
    """``POST /composite/sobjects/T`` with ``{"ids": [], "fields": []}``."""
    object_type = call.object_type(object_name)
    wanted, names = call.record.get("ids"), call.record.get("fields")
    if not isinstance(wanted, list) or not isinstance(names, list):
        raise errors.JsonParserError("ids and fields must be arrays at [line:1, column:1]")
    _check_size(len(wanted), RETRIEVE_MAX)
    return _retrieve(call, object_type, [str(item) for item in wanted], _names(map(str, names)))


def _retrieve(call: Call, object_type: ObjectType, wanted: Sequence[str], names: Sequence[str]) -> Answer:
    if not names:
        raise errors.ApiError("The fields parameter is required", code="INVALID_FIELD")
    fields = rows.field_names(object_type, names)
    found: list[dict[str, Any] | None] = []
    for text in wanted:
        row = call.org.store.get(object_type.name, ids.to_18(text[:15])) if _is_id_of(object_type, text) else None
        gone = row is None or row.get("IsDeleted") or call.org.access.hides(call.session.user_id, object_type.name, row)
        found.append(None if gone or row is None else rows.shown(call, object_type, row, fields))
    return Answer(200, found)


def _run(call: Call, steps: Sequence[Step], all_or_none: bool) -> Answer:
    """Each record in a savepoint of its own; with allOrNone one failure takes all back."""
    results: list[Result] = []
    try:
        with call.org.store.transaction():
            results = [_attempt(call, step) for step in steps]
            _check_all_or_none(results, all_or_none)
    except _RolledBack:
        results = [result if not result["success"] else _innocent() for result in results]
    return Answer(200, results)


def _check_all_or_none(results: Sequence[Result], all_or_none: bool) -> None:
    if all_or_none and not all(result["success"] for result in results):
        raise _RolledBack


def _attempt(call: Call, step: Step) -> Result:
    try:
        with call.org.store.transaction():
            return step()
    except errors.ApiError as error:
        return {"success": False, "errors": [error.item()]}


class _RolledBack(Exception):
    pass


def _innocent() -> Result:
    error = errors.ApiError(
        "Record rolled back because not all records were valid and the request was using AllOrNone header",
        code="ALL_OR_NONE_OPERATION_ROLLED_BACK",
    )
    return {"success": False, "errors": [error.item()]}


def _done(record_id: str) -> Result:
    return {"id": record_id, "success": True, "errors": []}


def _bound(step: Callable[[Any], Result], argument: Any) -> Step:
    return lambda: step(argument)


def _as_list_error(action: Callable[[], Any]) -> Any:
    """In lists an unknown id is INVALID_CROSS_REFERENCE_KEY, where a single row is NOT_FOUND."""
    try:
        return action()
    except errors.NotFound as error:
        raise errors.BadReference from error


def _records(call: Call) -> list[Mapping[str, Any]]:
    records = call.record.get("records")
    if not isinstance(records, list) or not all(isinstance(item, dict) for item in records):
        raise errors.JsonParserError("records must be an array of objects at [line:1, column:1]")
    _check_size(len(records), RECORDS_MAX)
    runs = len(list(groupby(str(_attributes(record).get("type", "")).lower() for record in records)))
    if runs > RUNS_MAX:
        raise errors.ApiError(
            f"Cannot have more than {RUNS_MAX} chunks in a single operation. Please rearrange the data to reduce "
            "chunking.",
            code="LIMIT_EXCEEDED",
        )
    return records


def _check_size(count: int, most: int) -> None:
    if count > most:
        raise errors.ApiError(f"record limit reached. cannot submit more than {most} records", code="LIMIT_EXCEEDED")


def _all_or_none(body: Mapping[str, Any]) -> bool:
    return body.get("allOrNone") is True


def _attributes(record: Mapping[str, Any]) -> Mapping[str, Any]:
    found = record.get("attributes")
    return found if isinstance(found, dict) else {}


def _type_of(call: Call, record: Mapping[str, Any]) -> ObjectType:
    name = str(_attributes(record).get("type", ""))
    found = call.schema.by_lower_name.get(name.lower())
    if found is None:
        raise errors.ApiError(f"sObject type '{name}' is not supported.", code="INVALID_TYPE")
    return found


def _type_of_id(call: Call, record_id: str) -> ObjectType:
    for item in call.schema.objects:
        if _is_id_of(item, record_id):
            return item
    raise errors.ApiError(f"malformed id {record_id}", code="MALFORMED_ID", fields=["Id"])


def _is_id_of(object_type: ObjectType, text: str) -> bool:
    return ids.is_id(text) and text.startswith(object_type.key_prefix)


def _id_of(record: Mapping[str, Any]) -> str:
    found = next((value for name, value in record.items() if name.lower() == "id"), None)
    if not found:
        raise errors.ApiError("Id not specified in an update call", code="MISSING_ARGUMENT", fields=["Id"])
    return str(found)


def _fields(record: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in record.items() if name.lower() not in ("attributes", "id")}


def _ids(text: str, most: int) -> list[str]:
    found = [item.strip() for item in text.split(",") if item.strip()]
    _check_size(len(found), most)
    return found


def _names(names: Iterable[str]) -> list[str]:
    return [name.strip() for name in names if name.strip()]
