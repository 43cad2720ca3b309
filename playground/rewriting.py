"""Changes an answer on its way out, as faults of kind *rewrite* order it: JSON, CSV, headers, bytes.

A rewriting that does not suit an answer (CSV of JSON) leaves it as it is.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from playground.faults import Fault
from playground.wire import Wire

_BOMB_MEGABYTES = 64
_ENDLESS_BYTES = 64 * 1024 * 1024
_NESTING = 100_000


@dataclass(frozen=True, slots=True)
class Rewritable:
    """``status`` is code and reason, as in WSGI."""

    status: str
    headers: Mapping[str, str]
    content: bytes
    wire: Wire = field(default_factory=Wire)

    def with_content(self, content: bytes) -> Rewritable:
        """The same with another body."""
        return replace(self, content=content)

    def with_header(self, name: str, value: str | None) -> Rewritable:
        """The same with another header, or without it."""
        kept = {key: text for key, text in self.headers.items() if key.lower() != name.lower()}
        return replace(self, headers=kept if value is None else {**kept, name: value})

    def with_wire(self, **what: Any) -> Rewritable:
        """The same, with something that goes wrong while it is sent."""
        return replace(self, wire=replace(self.wire, **what))

    @property
    def is_csv(self) -> bool:
        """Whether the body is CSV."""
        return any(name.lower() == "content-type" and "csv" in value for name, value in self.headers.items())


Rewriting = Callable[[Rewritable, Fault], Rewritable]


def rewritten(answer: Rewritable, fault: Fault) -> Rewritable:
    """The answer after one fault."""
    return REWRITINGS[fault.detail](answer, fault)


def _json_members(answer: Rewritable, fault: Fault) -> Rewritable:
    """Other values for members of the JSON object, wherever in it they stand; ``options`` has them by name."""
    body = _parsed(answer)
    if body is None:
        return answer
    return answer.with_content(_encoded(_with_members(body, fault.options.get("members", {}))))


def _with_members(value: Any, members: Mapping[str, Any]) -> Any:
    if isinstance(value, list):
        return [_with_members(item, members) for item in value]
    if isinstance(value, dict):
        return {
            name: members[name] if name in members else _with_members(item, members) for name, item in value.items()
        }
    return value


def _more_pages(answer: Rewritable, fault: Fault) -> Rewritable:
    """A query's answer that has one more page, at an address of the fault's choice."""
    body = _parsed(answer)
    if not isinstance(body, dict) or "records" not in body:
        return answer
    return answer.with_content(_encoded({**body, "done": False, "nextRecordsUrl": fault.options["url"]}))


def _headers(answer: Rewritable, fault: Fault) -> Rewritable:
    """Other headers; null takes one away."""
    for name, value in fault.options.get("headers", {}).items():
        answer = answer.with_header(name, value)
    return answer


def _malformed_json(answer: Rewritable, _fault: Fault) -> Rewritable:
    return answer.with_content(answer.content[: len(answer.content) * 2 // 3] + b"}}")


def _wrong_type(answer: Rewritable, _fault: Fault) -> Rewritable:
    body = _parsed(answer)
    return answer.with_content(b'"an answer"' if isinstance(body, (dict, list)) else b"[]")


def _deep_nesting(answer: Rewritable, fault: Fault) -> Rewritable:
    levels = int(fault.options.get("levels", _NESTING))
    return answer.with_content(b"[" * levels + b"]" * levels)


def _duplicate_keys(answer: Rewritable, _fault: Fault) -> Rewritable:
    """Every object says its members twice, the first time with null."""
    return answer.with_content(
        re.sub(rb'([{,])("(?:[^"\\]|\\.)*"):', rb"\1\2:null,\2:", answer.content)
        if _is_json(answer)
        else answer.content
    )


def _lone_surrogate(answer: Rewritable, fault: Fault) -> Rewritable:
    """A text member ends in half a character."""
    name = re.escape(str(fault.options.get("field", "Name"))).encode()
    return answer.with_content(re.sub(rb'("' + name + rb'":"(?:[^"\\]|\\.)*)"', rb'\1\\ud800"', answer.content))


def _number_forms(answer: Rewritable, _fault: Fault) -> Rewritable:
    """Whole numbers get a decimal point, others scientific notation: the same numbers in unusual clothes."""
    if not _is_json(answer):
        return answer
    text = re.sub(rb"(?<=[:\[,])(-?\d+\.\d+)(?=[,}\]])", lambda match: b"%.17E" % float(match[1]), answer.content)
    return answer.with_content(re.sub(rb"(?<=[:\[,])(-?\d+)(?=[,}\]])", rb"\1.0", text))


def _long_decimal(answer: Rewritable, fault: Fault) -> Rewritable:
    name = re.escape(str(fault.options.get("field", "Amount"))).encode()
    number = str(fault.options.get("number", "123456789012345.678")).encode()
    return answer.with_content(
        re.sub(rb'("' + name + rb'":)(?:-?[\d.]+(?:[eE][+-]?\d+)?|null)', rb"\g<1>" + number, answer.content)
    )


def _cut_body(answer: Rewritable, _fault: Fault) -> Rewritable:
    return answer.with_wire(cut_at=len(answer.content) // 2)


def _endless_body(answer: Rewritable, fault: Fault) -> Rewritable:
    return answer.with_wire(endless=int(fault.options.get("bytes", _ENDLESS_BYTES)))


def _slow_body(answer: Rewritable, fault: Fault) -> Rewritable:
    return answer.with_wire(drip_s=fault.delay_s or 0.1)


def _gzip_bomb(answer: Rewritable, fault: Fault) -> Rewritable:
    megabyte = gzip.compress(b" " * 1024 * 1024, compresslevel=9, mtime=0)
    content = megabyte * int(fault.options.get("megabytes", _BOMB_MEGABYTES)) + gzip.compress(answer.content, mtime=0)
    return answer.with_content(content).with_header("Content-Encoding", "gzip")


def _csv(change: Callable[[list[list[str]]], list[list[str]]]) -> Rewriting:
    def rewrite(answer: Rewritable, _fault: Fault) -> Rewritable:
        if not answer.is_csv:
            return answer
        text = answer.content.decode("utf-8")
        end = "\r\n" if "\r\n" in text else "\n"
        table = list(csv.reader(io.StringIO(text, newline="")))
        out = io.StringIO(newline="")
        csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator=end).writerows(change(table))
        return answer.with_content(out.getvalue().encode("utf-8"))

    return rewrite


def _csv_in_quotes(answer: Rewritable, _fault: Fault) -> Rewritable:
    """The body ends inside a quoted value of its last record, and the length says that this is all."""
    if not answer.is_csv:
        return answer
    end = answer.content.rstrip().rfind(b'"')
    return answer.with_content(answer.content[: max(end - 1, 0)])


def _csv_bom(answer: Rewritable, _fault: Fault) -> Rewritable:
    return answer.with_content(b"\xef\xbb\xbf" + answer.content) if answer.is_csv else answer


def _is_json(answer: Rewritable) -> bool:
    return any(name.lower() == "content-type" and "json" in value for name, value in answer.headers.items())


def _parsed(answer: Rewritable) -> Any:
    return json.loads(answer.content) if _is_json(answer) and answer.content else None


def _encoded(body: Any) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8")


REWRITINGS: Mapping[str, Rewriting] = {
    "json_members": _json_members,
    "more_pages": _more_pages,
    "headers": _headers,
    "malformed_json": _malformed_json,
    "wrong_type": _wrong_type,
    "deep_nesting": _deep_nesting,
    "duplicate_keys": _duplicate_keys,
    "lone_surrogate": _lone_surrogate,
    "number_forms": _number_forms,
    "long_decimal": _long_decimal,
    "cut_body": _cut_body,
    "endless_body": _endless_body,
    "slow_body": _slow_body,
    "gzip_bomb": _gzip_bomb,
    "csv_last_record_missing": _csv(lambda table: table[:-1]),
    "csv_in_quotes": _csv_in_quotes,
    "csv_column_missing": _csv(lambda table: [row[:-1] for row in table]),
    "csv_column_extra": _csv(
        lambda table: [[*row, "extra__c" if place == 0 else "?"] for place, row in enumerate(table)]
    ),
    "csv_columns_reordered": _csv(lambda table: [row[::-1] for row in table]),
    "csv_rows_twice": _csv(lambda table: [*table, *table[1:]]),
    "csv_bom": _csv_bom,
}
