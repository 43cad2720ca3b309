"""Search expressions: which words, combined how; and whether a text has them.

Words are runs of letters or of digits, in any case; every Chinese, Japanese or Korean character is one of its own. AND
is meant where nothing stands between terms; AND NOT binds like AND, and both before OR.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from playground.sosl.errors import malformed, too_short

DEPTH_MAX = 50
"""Parentheses nested deeper than this are refused. (the figure is ours)"""
_ALONE = "\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff"
_WORD = re.compile(rf"[{_ALONE}]|\d+|[^\W\d_{_ALONE}]+")
_TOKEN = re.compile(r'\s+|"(?:\\.|[^"\\])*"|[()]|(?:\\.|[^\s()"\\])+|.', re.DOTALL)
_PIECE = re.compile(r"\\(.)|([*?])", re.DOTALL)
_WORD_OR_END = re.compile(rf"{_WORD.pattern}|\n")


@dataclass(frozen=True, slots=True)
class Term:
    """One or more words in a row, as a pattern over a text's words. ``needed`` is a part that every such text has."""

    pattern: str
    needed: str


@dataclass(frozen=True, slots=True)
class All:
    parts: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Any:
    parts: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Without:
    part: Expression


Expression = Term | All | Any | Without


def understand(text: str) -> Expression:
    """The expression between the braces. Raise :class:`playground.sosl.SoslError`."""
    if sum(map(len, _WORD.findall(_unescaped(text)))) < 2 and not re.search(rf"[{_ALONE}]", text):
        raise too_short(text.strip())
    tokens = [match[0] for match in _TOKEN.finditer(text)]
    # Punctuation parts words and is none itself: "Smith & Sons" are two words.
    return _Reader([item for item in tokens if item in ("(", ")", '"', "\\") or _WORD.search(item)]).whole()


def holds(expression: Expression, words: str) -> bool:
    """Whether words made by :func:`words_of` fulfil the expression."""
    match expression:
        case Term(pattern, _):
            return _compiled(pattern).search(words) is not None
        case All(parts):
            return all(holds(part, words) for part in parts)
        case Any(parts):
            return any(holds(part, words) for part in parts)
        case Without(part):
            return not holds(part, words)


def words_of(text: str) -> str:
    """The words of fields that are joined by line ends, each between spaces; line ends stay."""
    return f" {' '.join(_WORD_OR_END.findall(text.lower()))} "


def finds(text: str | None, search: str) -> bool:
    """Whether fields, joined by line ends, have what is searched; an SQL function."""
    if text is None:
        return False
    expression, needed = _understood(search)
    lowered = text.lower()
    # Most texts lack a word altogether; only the others are taken apart.
    return all(word in lowered for word in needed) and holds(expression, words_of(text))


def _needed_by(expression: Expression) -> tuple[str, ...]:
    """Parts of ASCII letters or digits without which no text fulfils the expression: cheap to look for first."""
    match expression:
        case Term(_, needed):
            return (needed,) if needed else ()
        case All(parts):
            return tuple(word for part in parts for word in _needed_by(part))
        case _:
            return ()


@lru_cache(maxsize=64)
def _understood(search: str) -> tuple[Expression, tuple[str, ...]]:
    expression = understand(search)
    return expression, _needed_by(expression)


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)


class _Reader:
    """Reads tokens by recursive descent."""

    def __init__(self, tokens: Sequence[str]) -> None:
        self._tokens = tokens
        self._at = 0
        self._depth = 0

    def whole(self) -> Expression:
        found = self._alternatives()
        if self._at < len(self._tokens):
            raise malformed(f"unexpected token: '{self._tokens[self._at]}'")
        return found

    def _alternatives(self) -> Expression:
        parts = [self._together()]
        while self._take("or"):
            parts.append(self._together())
        return parts[0] if len(parts) == 1 else Any(tuple(parts))

    def _together(self) -> Expression:
        parts: list[Expression] = []
        while True:
            wanted = self._take("and")
            negated = self._take("not")
            term = self._single()
            if term is None:
                if wanted or negated or not parts:
                    raise malformed(f"unexpected token: '{self._next() or '<EOF>'}'")
                break
            parts.append(Without(term) if negated else term)
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def _single(self) -> Expression | None:
        piece = self._next()
        if piece is None or piece in (")", "\\") or piece.lower() in ("and", "or", "not"):
            return None
        self._at += 1
        if piece == "(":
            return self._inside()
        if piece == '"':
            raise malformed("unexpected token: '\"'")
        return _phrase(piece[1:-1]) if piece.startswith('"') else _phrase(piece)

    def _inside(self) -> Expression:
        self._depth += 1
        if self._depth > DEPTH_MAX:
            raise malformed("The search expression is too complicated.")
        found = self._alternatives()
        if not self._take(")"):
            raise malformed(f"unexpected token: '{self._next() or '<EOF>'}'")
        self._depth -= 1
        return found

    def _take(self, word: str) -> bool:
        if (self._next() or "").lower() != word:
            return False
        self._at += 1
        return True

    def _next(self) -> str | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None


def _phrase(raw: str) -> Term:
    """A term as a pattern: its words in a row. A wildcard at its beginning is left out, as a real org does."""
    marked = "".join(
        "\ue000" if match == "*" else "\ue001" if match == "?" else match for match in _pieces(raw.lower())
    )
    pieces = re.findall(rf"(?:[\ue000\ue001]|[{_ALONE}]|\d+|[^\W\d_{_ALONE}]+|\W|_)", marked.lstrip("\ue000\ue001"))
    pattern, open_word = "", False
    for piece in pieces:
        if piece == "\ue000":
            pattern += r"\w*"
        elif piece == "\ue001":
            pattern += r"\w"
        elif _WORD.fullmatch(piece):
            joins = open_word and pattern.endswith((r"\w*", r"\w"))
            pattern += ("" if joins or not pattern else " ") + re.escape(piece)
        else:
            open_word = False
            continue
        open_word = True
    plain = [piece for piece in pieces if piece.isascii() and piece.isalnum()]
    return Term(f" {pattern} ", max(plain, key=len, default=""))


def _pieces(raw: str) -> list[str]:
    """Literal characters, with escapes taken off (and so marked as no wildcards), and the wildcards themselves."""
    pieces: list[str] = []
    end = 0
    for match in _PIECE.finditer(raw):
        pieces += [*raw[end : match.start()]]
        pieces.append(" " if match[1] in ("*", "?") else match[1] or match[2])
        end = match.end()
    return [*pieces, *raw[end:]]
