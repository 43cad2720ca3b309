"""Collects what a query selects: SQL outputs, and the shape its records will have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from playground.schema import Field
from playground.soql import ast
from playground.soql.bound import Expression, Table
from playground.soql.errors import SoqlError, located, no_such_column
from playground.soql.functions import label_of
from playground.soql.scope import Found, Owner, Polymorphic, Scope
from playground.soql.shape import Address, Children, Choice, Leaf, Member, Parent, RecordShape

_ADDRESS_PARTS = ("City", "Country", "GeocodeAccuracy", "Latitude", "Longitude", "PostalCode", "State", "Street")


class _RecordBuilder:
    """A record's shape while it grows. Members are by lower-cased key, in the order of first mention."""

    def __init__(self, type_name: str, id_index: int, names: tuple[tuple[str, str], ...]) -> None:
        self.type_name = type_name
        self.id_index = id_index
        self.names = names
        self.members: dict[str, tuple[str, Member | _RecordBuilder]] = {}

    def finish(self) -> RecordShape:
        members = tuple(
            Parent(key, item.finish()) if isinstance(item, _RecordBuilder) else item
            for key, item in self.members.values()
        )
        return RecordShape(self.type_name, self.id_index, self.names, members)


class Selection:
    """The SELECT list of one block."""

    def __init__(self, scope: Scope, statement: str, labels: Mapping[tuple[str, str], Mapping[str, str]]) -> None:
        self._scope = scope
        self._statement = statement
        self._labels = labels
        self._places: dict[Expression, int] = {}
        self._root = self._builder(scope.table)
        self.columns: list[str] = []
        """What is selected, as dotted canonical names, in order."""

    @property
    def outputs(self) -> list[Expression]:
        """What the SQL statement must bring, in order."""
        return list(self._places)

    def record_shape(self) -> RecordShape:
        """The shape of the records."""
        return self._root.finish()

    def add_field(self, path: ast.Path) -> None:
        """Select a field, of the driving object or of a parent."""
        found = self._scope.find(path)
        self._add(found, path, self._member(found.owner, found, found.key))

    def add_label(self, path: ast.Path, alias: str | None) -> None:
        """Select ``toLabel(field)``: under the field's own name unless it has an alias."""
        found = self._scope.find(path)
        if found.expression is None:
            raise located("INVALID_FIELD", self._statement, path.position, f"Invalid field in toLabel: {path}")
        self.add_value(path, alias, label_of(found, found.expression, self._labels))

    def add_value(self, path: ast.Path, alias: str | None, value: Expression) -> None:
        """Select what a function makes of a field: under the field's own name unless it has an alias."""
        found = self._scope.find(path)
        self._add(found, path, Leaf(alias or found.key, self._place(value), value.type))

    def add_children(self, key: str, number: int) -> None:
        """Select a subquery's records."""
        self._put(self._root, key, Children(key, number), key)

    def add_type_of(self, item: ast.TypeOf) -> None:
        """Select from a parent what its object decides."""
        position = item.relationship.position
        owner, names = self._scope.reach(self._scope.expand(item.relationship), position)
        if not isinstance(owner, Polymorphic) or len(names) != 1:
            raise located(
                "INVALID_FIELD",
                self._statement,
                position,
                f"TYPEOF needs a polymorphic relationship of the queried object: {item.relationship}",
            )
        branches: dict[str, RecordShape] = {}
        for object_name, paths in item.branches:
            target = self._scope.narrow(owner, object_name)
            if target is None:
                raise located(
                    "INVALID_FIELD", self._statement, position, f"{item.relationship} can not be of type {object_name}"
                )
            branches[target.object_type.name] = self._branch(target, paths)
        otherwise = self._any_branch(owner, names, item.otherwise) if item.otherwise else None
        key = names[0]
        choice = Choice(key, self._place(owner.reference), owner.names, branches, otherwise)
        self._put(self._root, key, choice, key)
        self.columns.append(key)

    def _branch(self, target: Table, paths: Sequence[ast.Path]) -> RecordShape:
        builder = self._builder(target)
        for path in paths:
            field = target.object_type.by_lower_name.get(str(path).lower())
            if field is None:
                raise no_such_column(self._statement, path.position, str(path), target.object_type.name)
            expression = self._scope.column(target, field) if field.stored else None
            found = Found(target, (), field.name, field, expression)
            self._put(builder, field.name, self._member(target, found, field.name), field.name)
        return builder.finish()

    def _any_branch(self, owner: Polymorphic, names: tuple[str, ...], paths: Sequence[ast.Path]) -> RecordShape:
        builder = self._builder(owner)
        for path in paths:
            found = self._scope.find(ast.Path((*names, *path.names), path.position))
            self._put(builder, found.key, self._member(owner, found, found.key), found.key)
        return builder.finish()

    def _add(self, found: Found, path: ast.Path, member: Member) -> None:
        name = ".".join((*found.relationships, member.key))
        builder = self._record_of(found.relationships, path.position)
        self._put(builder, member.key, member, name)
        self.columns.append(name)

    def _put(self, builder: _RecordBuilder, key: str, member: Member, name: str) -> None:
        if key.lower() in builder.members:
            raise SoqlError("INVALID_FIELD", f"duplicate field selected: {name}")
        builder.members[key.lower()] = (key, member)

    def _record_of(self, relationships: tuple[str, ...], position: int) -> _RecordBuilder:
        builder = self._root
        for depth, key in enumerate(relationships, start=1):
            known = builder.members.get(key.lower())
            if known is None:
                owner, _ = self._scope.reach(relationships[:depth], position)
                known = (key, self._builder(owner))
                builder.members[key.lower()] = known
            if not isinstance(known[1], _RecordBuilder):
                raise SoqlError("INVALID_FIELD", f"duplicate field selected: {key}")
            builder = known[1]
        return builder

    def _builder(self, owner: Owner) -> _RecordBuilder:
        id_index = self._place(self._scope.id_of(owner))
        if isinstance(owner, Polymorphic):
            return _RecordBuilder("Name", id_index, owner.names)
        return _RecordBuilder(owner.object_type.name, id_index, ())

    def _member(self, owner: Owner, found: Found, key: str) -> Member:
        if found.expression is not None:
            return Leaf(key, self._place(found.expression), found.expression.type)
        if found.field is None or isinstance(owner, Polymorphic):
            raise TypeError(f"{key} has neither a value nor components.")
        return self._address(owner, found.field)

    def _address(self, table: Table, field: Field) -> Address:
        prefix = field.name.removesuffix("Address")
        parts: list[tuple[str, Leaf | None]] = []
        for name in _ADDRESS_PARTS:
            key = name[0].lower() + name[1:]
            component = table.object_type.by_lower_name.get((prefix + name).lower())
            leaf = None
            if component is not None:
                leaf = Leaf(key, self._place(self._scope.column(table, component)), component.type)
            parts.append((key, leaf))
        return Address(field.name, tuple(parts))

    def _place(self, expression: Expression) -> int:
        return self._places.setdefault(expression, len(self._places))
