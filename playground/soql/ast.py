"""A SOQL statement as values. What the text says, no more: names are as written, nothing is resolved.

``position`` counts characters from the start of the statement, from 0; errors point there.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum


class Wildcard(Enum):
    """The two wildcards of LIKE."""

    ANY_RUN = "%"
    ANY_ONE = "_"


class Operator(Enum):
    """How a field is compared with one value."""

    EQUAL = "="
    NOT_EQUAL = "!="
    LESS = "<"
    LESS_OR_EQUAL = "<="
    GREATER = ">"
    GREATER_OR_EQUAL = ">="


class NullsPlace(Enum):
    FIRST = "first"
    LAST = "last"


@dataclass(frozen=True, slots=True)
class Path:
    """A field, with the relationships to it: ``Account.Owner.Name``."""

    names: tuple[str, ...]
    position: int = field(compare=False)

    def __str__(self) -> str:
        return ".".join(self.names)


@dataclass(frozen=True, slots=True)
class Call:
    """A function: ``COUNT()``, ``toLabel(StageName)``, ``CALENDAR_YEAR(convertTimezone(CreatedDate))``."""

    name: str
    arguments: tuple[Argument, ...]
    position: int = field(compare=False)

    def __str__(self) -> str:
        return f"{self.name}({', '.join(map(str, self.arguments))})"


Operand = Path | Call


@dataclass(frozen=True, slots=True)
class Text:
    value: str

    def __str__(self) -> str:
        return f"'{self.value}'"


@dataclass(frozen=True, slots=True)
class Number:
    """A number; ``currency`` is the code in ``USD5000``."""

    value: int | float
    currency: str | None = None

    def __str__(self) -> str:
        return f"{self.currency or ''}{self.value}"


Argument = Operand | Text | Number
"""What a function can be given; only DISTANCE and GEOLOCATION take literals."""


@dataclass(frozen=True, slots=True)
class Boolean:
    value: bool


@dataclass(frozen=True, slots=True)
class Null:
    pass


@dataclass(frozen=True, slots=True)
class Day:
    value: date


@dataclass(frozen=True, slots=True)
class Moment:
    """A datetime, aware."""

    value: datetime


@dataclass(frozen=True, slots=True)
class DateLiteral:
    """A relative date, upper-cased: ``TODAY``, or ``LAST_N_DAYS`` with its ``count``."""

    name: str
    count: int | None
    position: int = field(compare=False)


Value = Text | Number | Boolean | Null | Day | Moment | DateLiteral


@dataclass(frozen=True, slots=True)
class Comparison:
    operand: Operand
    operator: Operator
    value: Value


@dataclass(frozen=True, slots=True)
class Like:
    operand: Operand
    pattern: tuple[str | Wildcard, ...]


@dataclass(frozen=True, slots=True)
class Membership:
    """``IN`` or ``NOT IN`` a list of values."""

    operand: Operand
    negated: bool
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class SemiJoin:
    """``IN`` or ``NOT IN`` what another query selects."""

    operand: Operand
    negated: bool
    query: Query
    position: int = field(compare=False)


@dataclass(frozen=True, slots=True)
class Inclusion:
    """``INCLUDES`` or ``EXCLUDES``: any of the values, each one or several choices joined by ``;``."""

    operand: Operand
    negated: bool
    values: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class Not:
    condition: Condition


@dataclass(frozen=True, slots=True)
class And:
    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Or:
    conditions: tuple[Condition, ...]


Condition = Comparison | Like | Membership | SemiJoin | Inclusion | Not | And | Or


@dataclass(frozen=True, slots=True)
class Selected:
    operand: Operand
    alias: str | None


@dataclass(frozen=True, slots=True)
class TypeOf:
    """``TYPEOF What WHEN Account THEN Phone ELSE Name END``."""

    relationship: Path
    branches: tuple[tuple[str, tuple[Path, ...]], ...]
    otherwise: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Subquery:
    query: Query
    position: int = field(compare=False)


@dataclass(frozen=True, slots=True)
class Source:
    """The driving object (or, in a subquery, the child relationship), and aliases of relationships from it."""

    path: Path
    alias: str | None
    joined: tuple[tuple[Path, str], ...]


@dataclass(frozen=True, slots=True)
class Ordering:
    operand: Operand
    descending: bool
    nulls: NullsPlace


@dataclass(frozen=True, slots=True)
class Query:
    selected: tuple[Selected | Subquery | TypeOf, ...]
    source: Source
    scope: str | None
    where: Condition | None
    group_by: tuple[Operand, ...]
    having: Condition | None
    order_by: tuple[Ordering, ...]
    limit: int | None
    offset: int | None
    statement: str = field(compare=False, repr=False)
    """The whole statement that positions count in, also when this is a subquery."""
    usage: frozenset[str] = frozenset()
    """What running it notes, in lower case: ``view`` and ``reference`` (FOR …), ``tracking``, ``viewstat`` (UPDATE)."""
