"""In which order things are written: parents are made before children, children go before parents. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from connector.sync.model import Create, Delete, Plan, Update
from mapping.fields import ObjectMapping
from mapping.record import Record, RecordId, is_provisional


def parents_first(objects: Sequence[ObjectMapping]) -> tuple[str, ...]:
    """Object names such that what a reference points at comes first.

    Objects that point at each other in a ring cannot all come second: of those, the one with the fewest parents still
    missing goes first, then by the order given.
    """
    missing = {each.name: _parents(each, {other.name for other in objects}) for each in objects}
    ordered: list[str] = []
    while missing:
        name = min(missing, key=lambda each: len(missing[each] - set(ordered)))
        ordered.append(name)
        del missing[name]
    return tuple(ordered)


def children_first(objects: Sequence[ObjectMapping]) -> tuple[str, ...]:
    """The order for deletions."""
    return tuple(reversed(parents_first(objects)))


def unconfirmed_parents(mapping: ObjectMapping, record: Record) -> frozenset[RecordId]:
    """The records made here that these fields point at and that Salesforce does not know yet."""
    found = (record.get(field.name) for field in mapping.references)
    return frozenset(RecordId(each) for each in found if isinstance(each, str) and is_provisional(each))


def ready(mapping: ObjectMapping, operations: Iterable[Create | Update]) -> tuple[Create | Update, ...]:
    """The operations that point at nothing Salesforce does not know: a parent of the same object goes first too."""
    return tuple(
        operation
        for operation in operations
        if not unconfirmed_parents(mapping, operation.record if isinstance(operation, Create) else operation.fields)
    )


def in_rings(parents: Mapping[RecordId, Collection[RecordId]]) -> tuple[RecordId, ...]:
    """The records that wait for each other: each of them is, by way of its parents, a parent of itself."""

    def ancestors(start: RecordId) -> set[RecordId]:
        found: set[RecordId] = set()
        ahead = list(parents[start])
        while ahead:
            each = ahead.pop()
            if each not in found:
                found.add(each)
                ahead.extend(parents.get(each, ()))
        return found

    return tuple(sorted(record_id for record_id in parents if record_id in ancestors(record_id)))


def loosened(mapping: ObjectMapping, create: Create) -> Create | None:
    """A create without its references to rows that Salesforce does not know; they are sent as an update afterwards.

    None where one of them cannot be left out: it must not be empty, or cannot be set later.
    """
    unknown = [field for field in mapping.references if is_provisional(str(create.record.get(field.name) or ""))]
    if not all(field.nillable and field.updateable for field in unknown):
        return None
    names = {field.name for field in unknown}
    return replace(create, record={name: sent for name, sent in create.record.items() if name not in names})


def cascading_references(objects: Iterable[ObjectMapping]) -> Mapping[str, Sequence[tuple[str, str]]]:
    """By parent object: the (object, reference field) pairs through which its deletion takes children along.

    History rows, which nobody can delete by themselves, are a part of their record and do not count.
    """
    found: dict[str, list[tuple[str, str]]] = {}
    for child in objects:
        for field in child.references:
            if field.cascade_delete and child.deletable:
                for parent in field.reference_to:
                    found.setdefault(parent, []).append((child.name, field.name))
    return found


def arranged(objects: Iterable[ObjectMapping], plans: Iterable[Plan]) -> Plan:
    """One plan out of several, in an order that can be carried out."""
    mappings, plans = list(objects), list(plans)
    place = {name: number for number, name in enumerate(parents_first(mappings))}
    operations = [operation for each in plans for operation in each.operations]
    conflicts = [conflict for each in plans for conflict in each.conflicts]
    return Plan(
        operations=(
            *sorted(
                (each for each in operations if not isinstance(each, Delete)),
                key=lambda each: (place[each.object], each.id),
            ),
            *sorted(
                (each for each in operations if isinstance(each, Delete)),
                key=lambda each: (-place[each.object], each.id),
            ),
        ),
        conflicts=tuple(sorted(conflicts, key=lambda each: (place[each.object], each.id))),
    )


def _parents(mapping: ObjectMapping, known: Collection[str]) -> frozenset[str]:
    named = {parent for field in mapping.references for parent in field.reference_to}
    return frozenset((named & set(known)) - {mapping.name})
