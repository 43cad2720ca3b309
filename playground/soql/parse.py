"""Text to :class:`playground.soql.ast.Query`. Knows the grammar and the literals, not the org's objects."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import cache
from importlib.resources import files
from typing import Any, NoReturn, TypeVar

from lark import Lark, Token, v_args
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken, VisitError
from lark.visitors import Transformer_NonRecursive

from playground.soql import ast
from playground.soql.dates import RELATIVE_DATES
from playground.soql.errors import SoqlError, located, too_complicated, unexpected_token

STATEMENT_LENGTH_MAX = 100_000
TEXT_LENGTH_MAX = 4_000
DEPTH_MAX = 60
"""Conditions nested deeper than this are refused as too complicated. (the figure is ours)"""

_NO_ALIASES = frozenset(
    {"asc", "desc", "excludes", "first", "group", "having", "in", "includes", "last", "like", "limit", "nulls"}
    | {"using"}
)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", '"': '"', "'": "'", "\\": "\\"}
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_WORD = re.compile(r"\w+")
_PIECE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)|([%_])", re.DOTALL)
_APEX_SECURITY = frozenset({"SECURITY_ENFORCED", "USER_MODE", "SYSTEM_MODE"})
_FIRST_YEAR, _LAST_YEAR = 1700, 4000

_Nesting = TypeVar("_Nesting", ast.And, ast.Or, ast.Not)
_Dated = TypeVar("_Dated", date, datetime)


def parse(text: str) -> ast.Query:
    """Read one statement. Raise :class:`SoqlError` (MALFORMED_QUERY) for what is not SOQL."""
    if len(text) > STATEMENT_LENGTH_MAX:
        raise SoqlError("MALFORMED_QUERY", f"SOQL statements cannot be longer than {STATEMENT_LENGTH_MAX} characters.")
    if not text.strip():
        raise SoqlError("MALFORMED_QUERY", "SOQL statements cannot be empty or null")
    try:
        tree = _grammar().parse(text)
        query = _Builder(text).transform(tree)
    except UnexpectedInput as error:
        _refuse(text, error)
    except VisitError as error:
        raise error.orig_exc from None
    if not isinstance(query, ast.Query):
        raise TypeError(f"The grammar's start rule made a {type(query).__name__}.")
    return query


@cache
def _grammar() -> Lark:
    text = files("playground.soql").joinpath("grammar.lark").read_text(encoding="utf-8")
    return Lark(text, parser="lalr", lexer="contextual", maybe_placeholders=True)


def _refuse(text: str, error: UnexpectedInput) -> NoReturn:
    position = error.pos_in_stream if error.pos_in_stream is not None else len(text)
    if isinstance(error, UnexpectedToken) and error.token.type == "$END":
        raise unexpected_token(text, len(text), "<EOF>") from None
    if isinstance(error, UnexpectedCharacters):
        word = _WORD.match(text, position)
        raise unexpected_token(text, position, word[0] if word else text[position]) from None
    if isinstance(error, UnexpectedToken):
        if error.token.type == "COLON":
            raise located("MALFORMED_QUERY", text, position, "Bind variables only allowed in Apex code") from None
        raise unexpected_token(text, position, str(error.token)) from None
    raise unexpected_token(text, position, "") from None


@v_args(inline=True)
class _Builder(Transformer_NonRecursive[Token, ast.Query]):
    """Makes the values of :mod:`playground.soql.ast`, bottom up."""

    def __init__(self, statement: str) -> None:
        super().__init__()
        self._statement = statement
        self._depths: dict[int, int] = {}

    def start(self, query: ast.Query) -> ast.Query:
        return query

    def query(self, selected: tuple[Any, ...], source: ast.Source, *clauses: tuple[str, Any]) -> ast.Query:
        given = dict(clauses)
        return ast.Query(
            selected=selected,
            source=source,
            scope=given.get("scope"),
            where=given.get("where"),
            group_by=given.get("group", ()),
            having=given.get("having"),
            order_by=given.get("order", ()),
            limit=given.get("limit"),
            offset=given.get("offset"),
            statement=self._statement,
            usage=frozenset(use for name, uses in clauses if name == "usage" for use in uses),
        )

    def select_list(self, *items: Any) -> tuple[Any, ...]:
        return items

    def selected(self, operand: ast.Operand, alias: Token | None) -> ast.Selected:
        return ast.Selected(operand, self._alias(alias))

    def subquery(self, query: ast.Query) -> ast.Subquery:
        return ast.Subquery(query, query.source.path.position)

    def typeof(self, relationship: ast.Path, *branches: Any) -> ast.TypeOf:
        named = tuple(item for item in branches if item[0] is not None)
        return ast.TypeOf(relationship, named, branches[-1][1] if branches[-1][0] is None else ())

    def when(self, name: Token, *paths: ast.Path) -> tuple[str, tuple[ast.Path, ...]]:
        return str(name), paths

    def otherwise(self, *paths: ast.Path) -> tuple[None, tuple[ast.Path, ...]]:
        return None, paths

    def source(self, path: ast.Path, alias: Token | None, *joined: tuple[ast.Path, str]) -> ast.Source:
        return ast.Source(path, self._alias(alias), joined)

    def joined(self, path: ast.Path, alias: Token) -> tuple[ast.Path, str]:
        return path, str(alias)

    def scope(self, name: Token) -> tuple[str, str]:
        return "scope", str(name).lower()

    def where(self, condition: ast.Condition) -> tuple[str, ast.Condition]:
        return "where", condition

    def group(self, *operands: ast.Operand) -> tuple[str, tuple[ast.Operand, ...]]:
        return "group", operands

    def having(self, condition: ast.Condition) -> tuple[str, ast.Condition]:
        return "having", condition

    def order(self, *orderings: ast.Ordering) -> tuple[str, tuple[ast.Ordering, ...]]:
        return "order", orderings

    def ordering(self, operand: ast.Operand, direction: Token | None, place: Token | None) -> ast.Ordering:
        nulls = ast.NullsPlace(place.lower()) if place else ast.NullsPlace.FIRST
        return ast.Ordering(operand, bool(direction) and str(direction).lower() == "desc", nulls)

    def limit(self, number: Token) -> tuple[str, int]:
        return "limit", self._count(number)

    def offset(self, number: Token) -> tuple[str, int]:
        return "offset", self._count(number)

    def security(self, keyword: Token, *words: str) -> NoReturn:
        """WITH SECURITY_ENFORCED and WITH USER_MODE belong to Apex; data categories to articles, which are not here."""
        clause = " ".join(words).upper()
        detail = f"WITH {clause} is not supported in this org"
        if clause in _APEX_SECURITY:
            detail = f"WITH {clause} is only allowed in Apex code"
        raise located("MALFORMED_QUERY", self._statement, _position(keyword), detail)

    def security_word(self, token: Token) -> str:
        return str(token)

    def usage(self, *uses: Token) -> tuple[str, tuple[str, ...]]:
        return "usage", tuple(use.lower() for use in uses)

    def tracking(self, _: Token, *uses: Token) -> tuple[str, tuple[str, ...]]:
        return "usage", tuple(use.lower() for use in uses)

    def for_update(self, keyword: Token) -> NoReturn:
        raise located("MALFORMED_QUERY", self._statement, _position(keyword), "FOR UPDATE not allowed in this context")

    def all_rows(self, _: Token) -> NoReturn:
        # REST has /queryAll instead.
        raise SoqlError("MALFORMED_QUERY", "ALL ROWS not allowed in this context")

    def conjunction(self, *conditions: ast.Condition) -> ast.And:
        return self._nested(ast.And(conditions), conditions)

    def disjunction(self, *conditions: ast.Condition) -> ast.Or:
        return self._nested(ast.Or(conditions), conditions)

    def negation(self, _: Token, condition: ast.Condition) -> ast.Not:
        return self._nested(ast.Not(condition), (condition,))

    def comparison(self, operand: ast.Operand, operator: Token, value: ast.Value) -> ast.Comparison:
        text = "!=" if operator == "<>" else str(operator)
        return ast.Comparison(operand, ast.Operator(text), value)

    def like(self, operand: ast.Operand, token: Token) -> ast.Like:
        return ast.Like(operand, self._pattern(token))

    def membership(self, operand: ast.Operand, negation: Token | None, *values: ast.Value) -> ast.Membership:
        return ast.Membership(operand, negation is not None, values)

    def semi_join(self, operand: ast.Operand, negation: Token | None, query: ast.Query) -> ast.SemiJoin:
        return ast.SemiJoin(operand, negation is not None, query, operand.position)

    def inclusion(self, operand: ast.Operand, keyword: Token, *tokens: Token) -> ast.Inclusion:
        return ast.Inclusion(operand, keyword.lower() == "excludes", tuple(map(self.text, tokens)))

    def path(self, *names: Token) -> ast.Path:
        return ast.Path(tuple(map(str, names)), _position(names[0]))

    def call(self, name: Token, *arguments: ast.Argument | None) -> ast.Call:
        return ast.Call(str(name), tuple(item for item in arguments if item is not None), _position(name))

    def text(self, token: Token) -> ast.Text:
        return ast.Text(self._unescape(token))

    def number(self, token: Token) -> ast.Number:
        return ast.Number(_number(str(token)))

    def currency(self, token: Token) -> ast.Number:
        return ast.Number(_number(token[3:]), token[:3].upper())

    def moment(self, token: Token) -> ast.Moment:
        text = re.sub(r"\.(\d{1,6})\d*", lambda match: "." + match[1].ljust(6, "0"), token.upper())
        text = re.sub(r"([+-]\d\d)(\d\d)$", r"\1:\2", text.replace("Z", "+00:00"))
        return ast.Moment(self._dated(token, lambda: datetime.fromisoformat(text).astimezone(UTC)))

    def day(self, token: Token) -> ast.Day:
        return ast.Day(self._dated(token, lambda: date.fromisoformat(token)))

    def true(self, _: Token) -> ast.Boolean:
        return ast.Boolean(True)

    def false(self, _: Token) -> ast.Boolean:
        return ast.Boolean(False)

    def null(self, _: Token) -> ast.Null:
        return ast.Null()

    def date_literal(self, name: Token, count: Token | None) -> ast.DateLiteral:
        counted = RELATIVE_DATES.get(name.upper())
        if counted is None or counted != (count is not None):
            raise unexpected_token(self._statement, _position(name), str(name))
        return ast.DateLiteral(name.upper(), self._count(count) if count else None, _position(name))

    def _alias(self, token: Token | None) -> str | None:
        if token is not None and token.lower() in _NO_ALIASES:
            raise unexpected_token(self._statement, _position(token), str(token))
        return None if token is None else str(token)

    def _nested(self, node: _Nesting, parts: tuple[ast.Condition, ...]) -> _Nesting:
        depth = 1 + max(self._depths.get(id(part), 0) for part in parts)
        if depth > DEPTH_MAX:
            raise too_complicated()
        self._depths[id(node)] = depth
        return node

    def _count(self, token: Token) -> int:
        if not token.isdecimal():
            raise unexpected_token(self._statement, _position(token), str(token))
        return int(token)

    def _dated(self, token: Token, read: Callable[[], _Dated]) -> _Dated:
        try:
            value = read()
        except (ValueError, OverflowError):
            raise self._bad_literal(token, f"Invalid date: {token}") from None
        if not _FIRST_YEAR <= value.year <= _LAST_YEAR:
            raise self._bad_literal(token, f"Date out of range: {token}")
        return value

    def _unescape(self, token: Token) -> str:
        text = _ESCAPE.sub(lambda match: self._escaped(token, match[1]), self._checked(token))
        return joined_surrogates(text)

    def _pattern(self, token: Token) -> tuple[str | ast.Wildcard, ...]:
        """The pieces of a LIKE pattern: literal text, and wildcards between."""
        raw = self._checked(token)
        pieces: list[str | ast.Wildcard] = []
        literal = ""
        end = 0
        for match in _PIECE.finditer(raw):
            literal += raw[end : match.start()]
            end = match.end()
            escaped, wildcard = match.groups()
            if wildcard is None:
                literal += escaped if escaped in ("%", "_") else self._escaped(token, escaped)
                continue
            pieces += [joined_surrogates(literal), ast.Wildcard(wildcard)]
            literal = ""
        pieces.append(joined_surrogates(literal + raw[end:]))
        return tuple(piece for piece in pieces if piece != "")

    def _checked(self, token: Token) -> str:
        """What stands between the quotes, if it is not too long."""
        if len(token) > TEXT_LENGTH_MAX + len("''"):
            raise self._bad_literal(token, f"String literals cannot be longer than {TEXT_LENGTH_MAX} characters.")
        return str(token[1:-1])

    def _escaped(self, token: Token, escape: str) -> str:
        if len(escape) == len("u0041"):
            return chr(int(escape[1:], 16))
        plain = _ESCAPES.get(escape.lower())
        if plain is None:
            raise self._bad_literal(
                token,
                f"Invalid string literal {token}. Illegal character sequence '\\{escape}' in string literal.",
            )
        return plain

    def _bad_literal(self, token: Token, detail: str) -> SoqlError:
        return located("MALFORMED_QUERY", self._statement, _position(token), detail)


def _position(token: Token) -> int:
    return token.start_pos if token.start_pos is not None else 0


def _number(text: str) -> int | float:
    if re.fullmatch(r"[+-]?\d{1,18}", text):
        return int(text)
    return float(text)


def joined_surrogates(text: str) -> str:
    r"""``\ud83d\ude00`` is one character, as in Java and JSON; half of a pair becomes U+FFFD."""
    if text.isascii():
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
