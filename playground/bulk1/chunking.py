"""PK chunking: a query that is split by ranges of ids into a batch for each (salesforce-api.md, section 7)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from playground import ids
from playground.bulk1.errors import BatchRefused, BulkError
from playground.bulk1.jobs import Job
from playground.org import Org
from playground.soql import SoqlError, parse
from playground.store import quoted

SIZE = 100_000
SIZE_MAX = 250_000
_NEEDS_PARENT = ("History", "Share", "Feed")


@dataclass(frozen=True, slots=True)
class Chunking:
    """What ``Sforce-Enable-PKChunking`` asks for."""

    size: int = SIZE
    parent: str | None = None
    """Whose ids the ranges are of: needed for histories and shares, which are split by their parents."""
    start: str | None = None


def asked(header: str | None) -> Chunking | None:
    """``true``, or options such as ``chunkSize=50000; parent=Account; startRow=001…``; None for ``false``."""
    parts = [part.strip() for part in (header or "").split(";") if part.strip()]
    if not parts or any(part.lower() == "false" for part in parts):
        return None
    options = dict(_options(parts))
    size = options.get("chunksize", str(SIZE))
    if not size.isdigit() or not 0 < int(size) <= SIZE_MAX:
        raise BulkError("InvalidJob", f"Sforce-Enable-PKChunking: chunkSize is a number from 1 to {SIZE_MAX}: {size}")
    start = options.get("startrow")
    if start is not None and not ids.is_id(start):
        raise BulkError("InvalidJob", f"Sforce-Enable-PKChunking: startRow is no id: {start}")
    return Chunking(int(size), options.get("parent"), start)


def _options(parts: list[str]) -> Iterator[tuple[str, str]]:
    for part in parts:
        name, equals, value = part.partition("=")
        if equals:
            yield name.strip().lower(), value.strip()
        elif part.lower() != "true":
            raise BulkError("InvalidJob", f"Sforce-Enable-PKChunking: unknown option: {part}")


def split(org: Org, job: Job, text: str) -> list[str] | None:
    """The statements that a statement is split into; None when it has to run as it is.

    Records in the recycle bin count for the ranges, also when the statement leaves them out.
    """
    try:
        query = parse(text)
    except SoqlError:
        return None
    if query.order_by or query.limit is not None or query.offset is not None:
        return None
    selection, condition = _parts(text)
    if condition is not None and re.search(r"\w*Id\b", _without_texts(condition), re.IGNORECASE):
        return None
    field, table = _ranged_by(org, job)
    rows = org.store.execute(
        f"SELECT Id FROM {quoted(table)} WHERE Id >= ? ORDER BY Id",
        (ids.to_18(job.chunk_start[:15]) if job.chunk_start else "",),
    )
    starts = [str(row[0]) for row in rows][:: job.chunk_size]
    if not starts:
        return None
    if job.chunk_start is None:
        starts[0] = f"{starts[0][:3]}{'0' * 12}"
    filtered = f" AND ({condition})" if condition is not None else ""
    chunks = [
        f"{selection} WHERE {_range(field, begin, end)}{filtered}"
        for begin, end in zip(starts, [*starts[1:], None], strict=True)
    ]
    return chunks if _is_statement(chunks[0]) else None


def _is_statement(text: str) -> bool:
    """Whether what was put together can be read: what stands behind the condition may not bear to be in brackets."""
    try:
        parse(text)
    except SoqlError:
        return False
    return True


def _range(field: str, begin: str, end: str | None) -> str:
    bounds = f"{field} >= '{ids.to_18(begin[:15])}'"
    return bounds if end is None else f"{bounds} AND {field} < '{end}'"


def _ranged_by(org: Org, job: Job) -> tuple[str, str]:
    """The field whose ranges split the query, and the object whose ids they are."""
    object_type = org.object_type(job.object_name)
    if job.chunk_parent is None:
        if object_type.name.endswith(_NEEDS_PARENT):
            raise BatchRefused(
                f"InvalidBatch : Failed to process query: PK chunking of {object_type.name} needs its parent object"
            )
        return "Id", object_type.name
    for field in object_type.fields:
        if field.type == "reference" and job.chunk_parent.lower() in (name.lower() for name in field.reference_to):
            return field.name, org.object_type(job.chunk_parent).name
    raise BatchRefused(
        f"InvalidBatch : Failed to process query: {job.chunk_parent} is not a parent of {object_type.name}"
    )


def _parts(text: str) -> tuple[str, str | None]:
    """What stands before WHERE, and the condition behind it; WHERE of a subquery and inside texts does not count."""
    for match in re.finditer(r"\bWHERE\b", text, re.IGNORECASE):
        before = _without_texts(text[: match.start()])
        if "'" not in before and before.count("(") == before.count(")"):
            return text[: match.start()].rstrip(), text[match.end() :].strip()
    return text.strip(), None


def _without_texts(text: str) -> str:
    return re.sub(r"'(?:[^'\\]|\\.)*'", "", text)
