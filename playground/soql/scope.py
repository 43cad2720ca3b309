"""Which field a path means: walks relationships from the driving object and collects the joins that needs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count

from playground.schema import Field, ObjectType, Schema
from playground.soql import ast
from playground.soql.bound import Column, FirstOf, Join, ReferredType, Scalar, Table
from playground.soql.errors import located, no_such_column, no_such_relationship

LEVELS_MAX = 5
"""How many parents a path may go up."""

_NAME_FIELDS = frozenset(
    {
        "alias",
        "email",
        "firstname",
        "isactive",
        "lastname",
        "name",
        "phone",
        "profileid",
        "title",
        "username",
        "userroleid",
    }
)
"""What can be asked of a parent whose object is not known beforehand (the API's Name entity)."""


@dataclass(frozen=True, slots=True)
class Polymorphic:
    """A parent that may be one of several objects."""

    reference: Column
    targets: tuple[Table, ...]

    @property
    def names(self) -> tuple[tuple[str, str], ...]:
        """Key prefix and name of each object it may be."""
        return tuple((target.object_type.key_prefix, target.object_type.name) for target in self.targets)


Owner = Table | Polymorphic


@dataclass(frozen=True, slots=True)
class Found:
    """A path's field: whose it is, its canonical name, and its value; address fields have none of their own."""

    owner: Owner
    relationships: tuple[str, ...]
    key: str
    field: Field | None
    expression: Scalar | None


class Scope:
    """One driving object with its parents."""

    def __init__(self, schema: Schema, statement: str, object_type: ObjectType, aliases: Iterator[int]) -> None:
        self._schema = schema
        self._statement = statement
        self._aliases = aliases
        self._names: dict[str, tuple[str, ...]] = {}
        self._reached: dict[tuple[str, ...], tuple[Owner, tuple[str, ...]]] = {}
        self._joins: list[Join] = []
        self.table = self._new_table(object_type)
        self._reached[()] = (self.table, ())

    @property
    def joins(self) -> tuple[Join, ...]:
        """The joins that the paths resolved so far need, each after the one it builds on."""
        return tuple(self._joins)

    def name(self, alias: str, relationships: Sequence[str]) -> None:
        """Let ``alias`` at the start of a path stand for these relationships; for the driving object, give none."""
        self._names[alias.lower()] = tuple(relationships)

    def expand(self, path: ast.Path) -> tuple[str, ...]:
        """The path's names without an alias in front."""
        first, *rest = path.names
        if rest and first.lower() in self._names:
            return (*self._names[first.lower()], *rest)
        if rest and first.lower() == self.table.object_type.name.lower():
            return tuple(rest) if first.lower() not in self.table.object_type.by_relationship else path.names
        return path.names

    def find(self, path: ast.Path) -> Found:
        """Resolve a path. Raise SoqlError when there is no such field or relationship."""
        *relationships, name = self.expand(path)
        owner, canonical = self.reach(relationships, path.position)
        if isinstance(owner, Polymorphic):
            return self._find_in_any(owner, canonical, name, path.position)
        field = owner.object_type.by_lower_name.get(name.lower())
        if field is None:
            raise no_such_column(self._statement, path.position, name, owner.object_type.name)
        expression = self.column(owner, field) if field.stored else None
        return Found(owner, canonical, field.name, field, expression)

    def column(self, table: Table, field: Field) -> Column:
        """A stored field of one of the scope's tables."""
        return Column(table.alias, field, outer=table is not self.table)

    def id_of(self, owner: Owner) -> Column:
        """What identifies the record, or is null when there is none."""
        if isinstance(owner, Polymorphic):
            return owner.reference
        return self.column(owner, owner.object_type.by_lower_name["id"])

    def reach(self, relationships: Sequence[str], position: int) -> tuple[Owner, tuple[str, ...]]:
        """The parent at the end of these relationships and their canonical names, joined once however often used."""
        if len(relationships) > LEVELS_MAX:
            raise located(
                "INVALID_FIELD",
                self._statement,
                position,
                f"A relationship query cannot go up more than {LEVELS_MAX} levels: {'.'.join(relationships)}",
            )
        key = tuple(name.lower() for name in relationships)
        if key not in self._reached:
            parent, canonical = self.reach(relationships[:-1], position)
            name = relationships[-1]
            owner, known_as = self._parent_of(parent, name, position)
            self._reached[key] = (owner, (*canonical, known_as))
        return self._reached[key]

    def narrow(self, owner: Polymorphic, object_name: str) -> Table | None:
        """The polymorphic parent seen as one of the objects it may be."""
        for target in owner.targets:
            if target.object_type.name.lower() == object_name.lower():
                return target
        return None

    def _parent_of(self, child: Owner, name: str, position: int) -> tuple[Owner, str]:
        reference = None if isinstance(child, Polymorphic) else child.object_type.by_relationship.get(name.lower())
        if isinstance(child, Polymorphic) or reference is None:
            raise no_such_relationship(self._statement, position, name, "field path")
        known = self._schema.by_lower_name
        targets = [known[target.lower()] for target in reference.reference_to if target.lower() in known]
        if not targets:
            raise no_such_relationship(self._statement, position, name, "field path")
        tables = tuple(self._join(child, reference, target) for target in targets)
        canonical = reference.relationship_name or name
        if len(reference.reference_to) == 1:
            return tables[0], canonical
        return Polymorphic(self.column(child, reference), tables), canonical

    def _find_in_any(self, owner: Polymorphic, relationships: tuple[str, ...], name: str, position: int) -> Found:
        if name.lower() == "type":
            return Found(owner, relationships, "Type", None, ReferredType(owner.reference, owner.names))
        if name.lower() == "id":
            return Found(owner, relationships, "Id", owner.reference.field, owner.reference)
        columns = tuple(
            self.column(target, field)
            for target in owner.targets
            if (field := target.object_type.by_lower_name.get(name.lower())) is not None and field.stored
        )
        if name.lower() not in _NAME_FIELDS or not columns:
            raise no_such_column(self._statement, position, name, "Name")
        return Found(owner, relationships, columns[0].field.name, columns[0].field, FirstOf(name.lower(), columns))

    def _join(self, child: Table, reference: Field, target: ObjectType) -> Table:
        table = self._new_table(target)
        self._joins.append(Join(table, child.alias, reference))
        return table

    def _new_table(self, object_type: ObjectType) -> Table:
        return Table(f"t{next(self._aliases)}", object_type)


def new_aliases() -> Iterator[int]:
    """Numbers for table aliases, shared by all scopes of a statement."""
    return count()
