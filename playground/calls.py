"""One REST call and its answer, free of any web framework: composite subrequests are calls like any other."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from playground import errors
from playground.auth import Session
from playground.org import Org
from playground.schema import ObjectType, Schema
from playground.work import Work


class _NoBody:
    """Stands for *no body*, which is not the same as ``null``."""


NO_BODY = _NoBody()


@dataclass(frozen=True)
class Answer:
    status: int = 200
    body: Any = NO_BODY
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def has_body(self) -> bool:
        """Whether anything is sent after the headers."""
        return not isinstance(self.body, _NoBody)


@dataclass(frozen=True)
class Call:
    """A call below ``/services/data/vXX.0``. Header names are in lower case."""

    org: Org
    session: Session
    base_url: str
    version: int
    method: str
    segments: tuple[str, ...]
    """The path below the version, split at slashes and unescaped."""
    args: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes = b""

    @property
    def root(self) -> str:
        """``/services/data/v67.0``."""
        return f"/services/data/v{self.version}.0"

    @property
    def work(self) -> Work:
        """The caller's work, stamped now."""
        return self.org.work(self.session.user_id)

    @cached_property
    def schema(self) -> Schema:
        """The objects and fields that the caller sees."""
        return self.org.access.schema(self.org.schema, self.session.user_id)

    @property
    def language(self) -> str:
        """The language the caller's labels are in, such as ``en_US``."""
        return str(self.org.user(self.session.user_id).get("LanguageLocaleKey") or "en_US")

    def object_type(self, name: str) -> ObjectType:
        """An object by name, in any case, as the caller sees it; NOT_FOUND when there is none."""
        found = self.schema.by_lower_name.get(name.lower())
        if found is None:
            raise errors.NotFound
        return found

    @cached_property
    def json(self) -> Any:
        """The body as JSON; JSON_PARSER_ERROR when it is none."""
        return parse_json(self.content)

    @property
    def record(self) -> dict[str, Any]:
        """The body as one JSON object."""
        if not isinstance(self.json, dict):
            raise errors.JsonParserError("The HTTP entity body is required to be a JSON object at [line:1, column:0]")
        return self.json

    def place_of(self, field: str) -> tuple[int, int]:
        """Line and column, from 1, at which the value of a field stands in the body; (1, 1) when it is not found."""
        text = self.content.decode("utf-8", "replace")
        match = re.search(rf'"{re.escape(field)}"\s*:\s*', text, re.IGNORECASE)
        if match is None:
            return (1, 1)
        before = text[: match.end()]
        return (before.count("\n") + 1, len(before) - before.rfind("\n"))

    def with_method(self, method: str) -> Call:
        """The same call by another method."""
        return replace(self, method=method)


def parse_json(content: bytes) -> Any:
    """Parse a request body, refusing what a real org's parser refuses."""
    if not content.strip():
        raise errors.JsonParserError("The HTTP entity body is required, but this request has no entity body.")
    try:
        return json.loads(content.decode("utf-8-sig"), parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        bad = error.doc[error.pos : error.pos + 1]
        raise errors.JsonParserError(
            f"Unexpected character ('{bad}' (code {ord(bad) if bad else -1})) at [line:{error.lineno}, "
            f"column:{error.colno + 1}]"
        ) from None
    except UnicodeDecodeError:
        raise errors.JsonParserError("Invalid UTF-8 in the request body at [line:1, column:1]") from None


def _refuse_constant(name: str) -> Any:
    raise errors.JsonParserError(f"Non-standard token '{name}' at [line:1, column:1]")
