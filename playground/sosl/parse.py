"""Text to a :class:`Search`. What stands in RETURNING's parentheses is SOQL, and is left to that parser."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import accumulate
from typing import NoReturn

from playground.soql import ast
from playground.soql import parse as parse_soql
from playground.sosl.errors import malformed, no_search_term

ROWS_MAX = 2_000
STATEMENT_LENGTH_MAX = 100_000
GROUPS = frozenset({"all", "name", "email", "phone", "sidebar"})

_FIND = re.compile(r"\s*find\b\s*", re.IGNORECASE)
_TERM = re.compile(r"\{((?:\\.|[^{}\\])*)\}", re.DOTALL)
_NEXT = re.compile(r"\s*(\w+|.)", re.DOTALL)
_CLAUSE = re.compile(r"\b(where|order\s+by|limit|offset|using)\b", re.IGNORECASE)
_NAME = re.compile(r"[a-z]\w*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Returning:
    """What is wanted of one object. ``has_own_limit`` is whether its parentheses say LIMIT."""

    object_name: str
    query: ast.Query

    @property
    def has_own_limit(self) -> bool:
        return self.query.limit is not None


@dataclass(frozen=True, slots=True)
class Search:
    """``returning`` is empty where the statement names no objects: ids of all that can be searched are wanted."""

    term: str
    group: str
    returning: tuple[Returning, ...]
    limit: int


def parse(text: str) -> Search:
    """Read one statement. Raise SoslError, or SoqlError for what stands in RETURNING's parentheses."""
    if len(text) > STATEMENT_LENGTH_MAX:
        raise malformed(f"SOSL statements cannot be longer than {STATEMENT_LENGTH_MAX} characters.")
    return _Reader(text).whole()


def returning_of(name: str, inside: str) -> Returning:
    """``Account`` and ``Id, Name WHERE … LIMIT 5``; no fields mean the id."""
    if not _NAME.fullmatch(name):
        raise malformed(f"unexpected token: '{name}'")
    bare = _without_literals(inside)
    clause = _CLAUSE.search(bare)
    at = clause.start() if clause else len(inside)
    fields, rest = inside[:at].strip(), inside[at:]
    if re.search(r"[()]", re.sub(r"\w+\s*\([^()]*(\([^()]*\))?[^()]*\)", "", bare[:at])):
        raise malformed("Subqueries are not allowed in RETURNING")
    return Returning(name, parse_soql(f"SELECT {fields or 'Id'} FROM {name} {rest}"))


def _without_literals(text: str) -> str:
    """The same text with everything in quotes blanked out, position by position."""
    return re.sub(r"'(?:\\.|[^'\\])*'", lambda match: " " * len(match[0]), text, flags=re.DOTALL)


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def whole(self) -> Search:
        start = _FIND.match(self._text)
        if start is None:
            self._refuse()
        term = _TERM.match(self._text, start.end())
        if term is None:
            raise no_search_term()
        self._at = term.end()
        group = self._group() if self._take("in") else "all"
        returning = self._returning() if self._take("returning") else ()
        if self._peek().lower() == "with":
            self._at = len(self._text)
            raise malformed("WITH is not supported in this org")
        limit = min(self._count(), ROWS_MAX) if self._take("limit") else ROWS_MAX
        if self._take("update"):
            self._usage()
        if self._peek():
            self._refuse()
        return Search(term[1], group, returning, limit)

    def _group(self) -> str:
        group = self._peek().lower()
        if group not in GROUPS:
            self._refuse()
        self._take(group)
        if not self._take("fields"):
            self._refuse()
        return group

    def _returning(self) -> tuple[Returning, ...]:
        found = [self._object()]
        while self._take(","):
            found.append(self._object())
        return tuple(found)

    def _object(self) -> Returning:
        name = self._peek()
        if not _NAME.fullmatch(name):
            self._refuse()
        self._take(name)
        return returning_of(name, self._parenthesised() if self._peek() == "(" else "")

    def _parenthesised(self) -> str:
        start = self._text.index("(", self._at)
        bare = _without_literals(self._text[start:])
        depths = accumulate({"(": 1, ")": -1}.get(letter, 0) for letter in bare)
        length = next((size for size, depth in enumerate(depths) if depth == 0), None)
        if length is None:
            self._at = len(self._text)
            self._refuse()
        self._at = start + length + 1
        return self._text[start + 1 : start + length]

    def _usage(self) -> None:
        if not self._take("tracking") and not self._take("viewstat"):
            self._refuse()
        if self._take(","):
            self._usage()

    def _count(self) -> int:
        token = self._peek()
        if not token.isdecimal() or len(token) > len(str(STATEMENT_LENGTH_MAX)):
            self._refuse()
        self._take(token)
        return int(token)

    def _peek(self) -> str:
        match = _NEXT.match(self._text, self._at)
        return match[1].strip() if match else ""

    def _take(self, word: str) -> bool:
        match = _NEXT.match(self._text, self._at)
        if match is None or match[1].lower() != word.lower():
            return False
        self._at = match.end()
        return True

    def _refuse(self) -> NoReturn:
        raise malformed(f"unexpected token: '{self._peek() or '<EOF>'}'")
