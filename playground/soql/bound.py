"""A query after its names were resolved: objects, joins, typed expressions, values in stored form.

The binder makes these, the compiler turns them into SQL, the shaper into JSON. Nothing here can be wrong any more.
"""

from __future__ import annotations

from dataclasses import dataclass

from playground.schema import Field, ObjectType
from playground.soql.ast import NullsPlace, Operator, Wildcard

Stored = str | int | float
"""A value in the form :mod:`playground.schema` says tables hold."""

TEXT_TYPES = frozenset(
    {
        "string",
        "textarea",
        "picklist",
        "multipicklist",
        "combobox",
        "email",
        "phone",
        "url",
        "encryptedstring",
        "anyType",
    }
)
ID_TYPES = frozenset({"id", "reference"})
NUMBER_TYPES = frozenset({"int", "double", "currency", "percent"})


@dataclass(frozen=True, slots=True)
class Table:
    alias: str
    object_type: ObjectType


@dataclass(frozen=True, slots=True)
class Join:
    """An outer join to a parent, through ``reference`` of the table called ``child_alias``."""

    table: Table
    child_alias: str
    reference: Field


@dataclass(frozen=True, slots=True)
class Column:
    """A stored field; ``outer`` when its table is joined, so that it can be null although the field is not nillable."""

    alias: str
    field: Field
    outer: bool

    @property
    def type(self) -> str:
        return self.field.type


@dataclass(frozen=True, slots=True)
class FirstOf:
    """A field of a polymorphic parent: at most one of the columns is not null."""

    name: str
    columns: tuple[Column, ...]

    @property
    def type(self) -> str:
        return self.columns[0].type


@dataclass(frozen=True, slots=True)
class ReferredType:
    """``What.Type``: the name of the object that a polymorphic reference points at."""

    reference: Column
    names: tuple[tuple[str, str], ...]
    """Key prefix and object name."""

    type = "string"


@dataclass(frozen=True, slots=True)
class Label:
    """``toLabel(StageName)``: the user's word for a picklist value."""

    argument: Column | FirstOf
    labels: tuple[tuple[str, str], ...]

    type = "string"


@dataclass(frozen=True, slots=True)
class DatePart:
    """``CALENDAR_YEAR(CloseDate)``: in UTC, or in ``zone`` where the query says ``convertTimezone``."""

    function: str
    argument: Column | FirstOf
    zone: str | None
    fiscal_start_month: int
    fiscal_year_by_start: bool

    @property
    def type(self) -> str:
        return "date" if self.function == "DAY_ONLY" else "int"


@dataclass(frozen=True, slots=True)
class Converted:
    """``convertCurrency(Amount)``: an amount in another currency than its record's. Empty where no rate is known.

    ``rates`` are units per one of the corporate currency, by ISO code; ``target`` is the rate of the wanted currency.
    """

    argument: Column
    code: Column
    rates: tuple[tuple[str, float], ...]
    target: float

    type = "currency"


@dataclass(frozen=True, slots=True)
class Distance:
    """``DISTANCE(field, GEOLOCATION(…), unit)``: along a great circle, in miles (``mi``) or kilometres (``km``)."""

    latitude: Column
    longitude: Column
    to_latitude: float
    to_longitude: float
    unit: str

    type = "double"


Scalar = Column | FirstOf | ReferredType | Label | DatePart | Converted | Distance


@dataclass(frozen=True, slots=True)
class Aggregate:
    """``COUNT``, ``COUNT_DISTINCT``, ``SUM``, ``AVG``, ``MIN`` or ``MAX``; ``argument`` is None for ``COUNT()``."""

    function: str
    argument: Scalar | None

    @property
    def type(self) -> str:
        if self.function.startswith("COUNT"):
            return "int"
        if self.function in ("MIN", "MAX") and self.argument is not None:
            return self.argument.type
        return "double"


@dataclass(frozen=True, slots=True)
class Grouping:
    """``GROUPING(StageName)``: 1 in rows that sum over the field's values (ROLLUP and CUBE), else 0."""

    argument: Scalar

    type = "int"


@dataclass(frozen=True, slots=True)
class Formatted:
    """``FORMAT(Amount)``: the value as the user's locale writes it. ``code`` is where the record's currency stands."""

    argument: Scalar | Aggregate
    locale: str
    zone: str
    scale: int
    currency: str
    code: Column | None

    type = "string"


Expression = Scalar | Aggregate | Grouping | Formatted


@dataclass(frozen=True, slots=True)
class Never:
    """Holds for no row."""


@dataclass(frozen=True, slots=True)
class IsNull:
    expression: Expression


@dataclass(frozen=True, slots=True)
class Compare:
    """Holds where the expression is not null and compares so. The operator is never NOT_EQUAL: that is a Not."""

    expression: Expression
    operator: Operator
    value: Stored


@dataclass(frozen=True, slots=True)
class OneOf:
    expression: Expression
    values: tuple[Stored, ...]


@dataclass(frozen=True, slots=True)
class Matches:
    expression: Expression
    pattern: tuple[str | Wildcard, ...]


@dataclass(frozen=True, slots=True)
class HasChoices:
    """A multi-select picklist that holds all choices of one of the groups."""

    expression: Expression
    groups: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Decided:
    """Where an SQL function says so of the columns' texts, joined by line ends, and of ``argument``.

    Whoever makes this adds the function to the connection.
    """

    function: str
    columns: tuple[Column, ...]
    argument: str


@dataclass(frozen=True, slots=True)
class InSelect:
    expression: Expression
    select: Select


@dataclass(frozen=True, slots=True)
class Not:
    """Holds wherever the condition does not: SOQL has two truth values, so ``Amount != 5`` includes empty amounts."""

    condition: Condition


@dataclass(frozen=True, slots=True)
class And:
    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Or:
    conditions: tuple[Condition, ...]


Condition = Never | IsNull | Compare | OneOf | Matches | HasChoices | InSelect | Decided | Not | And | Or


@dataclass(frozen=True, slots=True)
class Order:
    expression: Expression
    descending: bool
    nulls: NullsPlace


@dataclass(frozen=True, slots=True)
class Select:
    """One SQL statement's worth."""

    table: Table
    joins: tuple[Join, ...]
    outputs: tuple[Expression, ...]
    where: Condition | None
    group_by: tuple[Scalar, ...]
    having: Condition | None
    order_by: tuple[Order, ...]
    limit: int | None
    offset: int
    grouping_sets: tuple[tuple[Scalar, ...], ...] = ()
    """For ROLLUP and CUBE, by which of ``group_by`` each set of rows is grouped; the others are null in it."""
