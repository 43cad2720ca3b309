"""How a record stands in the mirror once the local part of its plan is done. Pure.

One rule makes the base faithful: a field's base becomes Salesforce's value exactly where the mirror then holds an equal
one. Everything else keeps the base it had.
"""

from __future__ import annotations

from collections.abc import Iterable

from connector.sync.model import (
    Create,
    Delete,
    Forget,
    Operation,
    PutBack,
    RecordState,
    Settlement,
    Side,
    Sighting,
    Tombstone,
    Update,
)
from connector.sync.views import MISSING, Shape, Views, changed, differs, value, views_of
from mapping.fields import FieldMapping
from mapping.record import Record, RecordId, Value


def standing(
    shape: Shape, record_id: RecordId, state: RecordState, sighting: Sighting | None, operations: Iterable[Operation]
) -> Settlement:
    """The settlement of one record after the local ones of its ``operations``."""
    views = views_of(shape, state, sighting)
    local: Sighting | None = views.local
    for operation in operations:
        local = _after(operation, local, _tombstone(state, views, sighting))
    if isinstance(local, Tombstone) or (local is None and state.gone is not None):
        return Settlement(record_id, state.token, local=local or state.gone, base=None)
    if local is None:
        return _deleted_here(shape, record_id, state.token, views)
    if views.remote is None:
        return Settlement(record_id, state.token, local=local, base=views.base, remote=views.tombstone)
    return _present(shape, record_id, state, local, views.base, views.remote)


def is_needed(state: RecordState, settlement: Settlement) -> bool:
    """Tell whether a settlement changes anything that is stored."""
    if isinstance(settlement.local, Tombstone):
        return state.gone != settlement.local or state.token != 0 or state.local is not None
    is_clean = settlement.local == settlement.base and settlement.remote is None
    stays = (settlement.local, settlement.base, settlement.remote) == (state.local, state.base, state.remote)
    return not stays or state.gone is not None or (is_clean and state.token != 0)


def changes_row(state: RecordState, settlement: Settlement) -> bool:
    """Tell whether a settlement changes the row that people see, and not only what is kept beside it."""
    if isinstance(settlement.local, Tombstone):
        return state.gone != settlement.local or state.local is not None
    return settlement.local != state.local


def _after(operation: Operation, local: Sighting | None, tombstone: Tombstone) -> Sighting | None:
    match operation:
        case Create(side=Side.LOCAL, record=record):
            return record
        case Update(side=Side.LOCAL, fields=fields) | PutBack(fields=fields):
            assert local is not None
            assert not isinstance(local, Tombstone)
            return {**local, **fields}
        case Delete(side=Side.LOCAL) | Forget():
            return tombstone
        case _:
            return local


def _tombstone(state: RecordState, views: Views, sighting: Sighting | None) -> Tombstone:
    if views.tombstone is not None:
        return views.tombstone
    return sighting if isinstance(sighting, Tombstone) else state.gone or Tombstone()


def _deleted_here(shape: Shape, record_id: RecordId, token: int, views: Views) -> Settlement:
    """The row stays absent. What moved by itself in Salesforce is no edit and goes into the base."""
    if views.remote is None or views.base is None or changed(shape.watched, views.base, views.remote):
        return Settlement(record_id, token, local=None, base=views.base, remote=views.sighting)
    return Settlement(record_id, token, local=None, base={**views.base, **views.remote})


def _present(
    shape: Shape, record_id: RecordId, state: RecordState, local: Record, base: Record | None, remote: Record
) -> Settlement:
    row: dict[str, Value] = dict(local)
    agreed: dict[str, Value] = {} if base is None else dict(base)
    for each in shape.mapping.fields:
        if each.name in remote and (each.type == "id" or _holds_alike(each, row, remote)):
            # Salesforce's spelling of an equal value: trimmed, or with its own line ends. And always its own id.
            row[each.name] = agreed[each.name] = remote[each.name]
    is_settled = not changed((*shape.watched, *_owned(shape)), agreed, remote)
    return Settlement(
        record_id,
        state.token,
        local=row,
        base=agreed or None,
        remote=None if is_settled else remote,
    )


def _owned(shape: Shape) -> tuple[FieldMapping, ...]:
    """Fields that only travel to Salesforce are not watched, yet a change there must not be forgotten."""
    watched = {each.name for each in shape.watched}
    return tuple(each for group in shape.groups for each in group if each.name not in watched)


def _holds_alike(each: FieldMapping, row: Record, remote: Record) -> bool:
    held = value(row, each)
    return held is not MISSING and not differs(each, held, remote[each.name])
