"""Reads the rows of an ingest batch: CSV, XML or JSON (salesforce-api.md, section 7).

Every form ends as the same thing: for each row a function that gives the values by field name, None where the row
empties a field. It is called inside the row's own transaction, because links by external id are looked up then.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any
from xml.etree import ElementTree

from playground.bulk1.errors import BatchRefused
from playground.bulk1.jobs import Job
from playground.bulk1.replies import NAMESPACE
from playground.bulk2 import columns
from playground.bulk2.csv_format import (
    CELL_CHARACTERS_MAX,
    COLUMNS_MAX,
    LINE_ENDINGS,
    CsvRefused,
    RecordReader,
    decoded,
    records,
)
from playground.org import Org
from playground.schema import ObjectType, Schema
from playground.work import Work
from playground.xml_documents import XmlRefused, is_nil, local_name, namespace, parse

ROWS_MAX = 10_000
CHARACTERS_MAX = 10_000_000

FieldsOf = Callable[[Work], Mapping[str, Any]]


def rows(org: Org, job: Job, content: bytes) -> list[FieldsOf]:
    """The rows of a batch; BatchRefused when it fails as a whole."""
    schema = org.access.schema(org.schema, job.created_by)
    object_type = schema.by_lower_name[job.object_name.lower()]
    try:
        match job.content_type:
            case "CSV":
                found = _csv_rows(schema, object_type, job, content)
            case "XML":
                found = _given(object_type, job, _xml_records(content))
            case _:
                found = _given(object_type, job, _json_records(content))
    except CsvRefused as refusal:
        raise BatchRefused(refusal.message) from None
    if len(found) > ROWS_MAX:
        raise BatchRefused(f"InvalidBatch : Exceeded the maximum of {ROWS_MAX} records in a batch: {len(found)}")
    if not found:
        raise BatchRefused("InvalidBatch : Records not found for this batch")
    return found


def _csv_rows(schema: Schema, object_type: ObjectType, job: Job, content: bytes) -> list[FieldsOf]:
    text = "".join(decoded([content]))
    line_end = LINE_ENDINGS.get(job.line_ending) or ("\r\n" if "\r\n" in text.partition("\n")[0] + "\n" else "\n")
    found = (record for record in records([text], line_end) if record)
    header = next(found, "")
    if not header.strip():
        raise CsvRefused("InvalidBatch : Failed to parse CSV header. The batch is empty")
    reader = RecordReader(",")
    names = reader.cells(header)
    if len(names) > COLUMNS_MAX:
        raise CsvRefused(f"InvalidBatch : There are more than {COLUMNS_MAX} columns")
    bound = columns.bound(schema, object_type, names)
    _check_names(job, object_type, names)
    return [partial(_cell_values, bound, _cells(reader, record, len(names))) for record in found]


def _cells(reader: RecordReader, record: str, width: int) -> list[str]:
    cells = reader.cells(record)
    if len(cells) != width:
        raise CsvRefused(f"InvalidBatch : A record has {len(cells)} cells, but the header has {width}")
    if any(len(cell) > CELL_CHARACTERS_MAX for cell in cells):
        raise CsvRefused(f"InvalidBatch : A cell is longer than {CELL_CHARACTERS_MAX} characters")
    return cells


def _cell_values(bound: Sequence[columns.Column], cells: Sequence[str], work: Work) -> Mapping[str, Any]:
    return columns.fields(work, bound, cells)


def _given(object_type: ObjectType, job: Job, found: Iterable[Mapping[str, Any]]) -> list[FieldsOf]:
    """Records that say their field names themselves. A name that the object does not have fails the batch."""
    given: list[FieldsOf] = []
    known: dict[str, str] = {}
    for record in found:
        for name in record:
            if name not in known:
                known[name] = _field_name(object_type, name)
        _check_names(job, object_type, list(record))
        values = {known[name]: value for name, value in record.items() if known[name]}
        given.append(partial(_as_given, values))
    return given


def _as_given(values: Mapping[str, Any], _work: Work) -> Mapping[str, Any]:
    return values


def _field_name(object_type: ObjectType, name: str) -> str:
    """The field's or the relationship's own name; empty for what is no field of a record."""
    if name.lower() in ("attributes", "type") and not object_type.has(name):
        return ""
    field = object_type.by_lower_name.get(name.lower())
    if field is not None and field.stored:
        return field.name
    if name.lower().removesuffix("__r") in object_type.by_relationship or name.lower() in object_type.by_relationship:
        return name
    raise CsvRefused(f"InvalidBatch : Field name not found : {name}")


def _check_names(job: Job, object_type: ObjectType, names: Sequence[str]) -> None:
    """What an operation cannot do without, and what it takes nothing else beside of."""
    lowered = {name.lower() for name in names}
    if job.operation in ("delete", "hardDelete") and lowered - {"id", "attributes", "type"}:
        raise CsvRefused(f"InvalidBatch : A {job.operation} batch may only have the field Id")
    needed = {"update": "Id", "delete": "Id", "hardDelete": "Id", "upsert": str(job.external_id_field)}
    name = needed.get(job.operation)
    if name and name.lower() not in lowered and job.content_type == "CSV":
        raise CsvRefused(f"InvalidBatch : Field name not found : {object_type.by_lower_name[name.lower()].name}")


def _json_records(content: bytes) -> list[Mapping[str, Any]]:
    try:
        found = json.loads(content.decode("utf-8-sig"), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise BatchRefused(f"InvalidBatch : Failed to parse JSON: {error}") from None
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        raise BatchRefused("InvalidBatch : Failed to parse JSON: a batch is a list of records")
    return found


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def _xml_records(content: bytes) -> list[Mapping[str, Any]]:
    try:
        root = parse(content)
    except XmlRefused as refusal:
        raise BatchRefused(f"InvalidBatch : Failed to parse XML: {refusal.message}") from None
    if local_name(root.tag) != "sObjects" or namespace(root.tag) != NAMESPACE:
        raise BatchRefused(f"InvalidBatch : Failed to parse XML: the root is sObjects in {NAMESPACE}")
    return [_xml_record(item) for item in root if local_name(item.tag) == "sObject"]


def _xml_record(item: ElementTree.Element) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for child in item:
        name = local_name(child.tag)
        parent = next((inner for inner in child if local_name(inner.tag) == "sObject"), None)
        if is_nil(child):
            found[name] = None
        elif parent is not None:
            # The type says which object a reference to several points at; the ids tell that too.
            found[name] = {key: value for key, value in _xml_record(parent).items() if key != "type"}
        elif child.text:
            # As an empty cell, an empty element leaves the field alone.
            found[name] = child.text
    return found
