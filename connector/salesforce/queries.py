"""The queries that a replica asks, and how it reads Salesforce's own bookkeeping. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

from connector.salesforce.errors import UnexpectedAnswer
from connector.salesforce.rows import selected
from connector.salesforce.soql import ID, Condition, Operator, compare, is_one_of, select
from mapping.fields import FieldMapping, ObjectMapping
from mapping.record import RecordId
from mapping.values import NotCanonical, from_json, id_18

IDS_IN_A_QUERY = 150
"""Keeps the WHERE clause below 4,000 characters."""

_MOMENT = FieldMapping("datetime", "datetime", "datetime", "datetime")


def order(mapping: ObjectMapping) -> tuple[str, ...]:
    """The order of a read, without ties."""
    return (mapping.cursor, "Id") if mapping.cursor else ("Id",)


def after_key(mapping: ObjectMapping, key: tuple[datetime, RecordId]) -> Condition:
    """Every row behind a key in ``(cursor, Id)`` order."""
    assert mapping.cursor is not None
    tie = compare(mapping, mapping.cursor, Operator.EQUALS, key[0]) & compare(mapping, "Id", Operator.ABOVE, key[1])
    return tie | compare(mapping, mapping.cursor, Operator.ABOVE, key[0])


def by_ids(mapping: ObjectMapping, ids: Sequence[RecordId]) -> str:
    """A query for records by id."""
    return select(mapping, selected(mapping), is_one_of(mapping, "Id", ids))


def chunks(ids: Sequence[RecordId], size: int) -> Iterator[Sequence[RecordId]]:
    """Cut ids into pieces that a request can hold."""
    for start in range(0, len(ids), size):
        yield ids[start : start + size]


def can_exist(id: str) -> bool:
    """Whether a text is an id with the right check characters. Salesforce refuses a whole query for one that is not."""
    return bool(ID.match(id)) and id_18(id) == id_18(id[:15])


def read_moment(item: object, key: str) -> datetime:
    """Read a datetime of Salesforce's own bookkeeping out of an answer. Raises ``UnexpectedAnswer``."""
    raw = item.get(key) if isinstance(item, Mapping) else None
    try:
        moment = from_json(_MOMENT, raw if isinstance(raw, str) else None)
    except NotCanonical:
        moment = None
    if not isinstance(moment, datetime):
        raise UnexpectedAnswer("a read", f"it holds no date and time as {key}")
    return moment.astimezone(UTC)
