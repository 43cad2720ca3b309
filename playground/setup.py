"""Calls of the side door for what an admin sets up: stages, record types, currencies.

They are part of :data:`playground.side_door.CALLS`, by method, path and action.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from playground import sales_processes, stages
from playground.org import Org

Body = Mapping[str, Any]


def _stages(org: Org, _body: Body) -> Any:
    return {"stages": stages.listed(org.store)}


def _add_stage(org: Org, body: Body) -> Any:
    with org.store.transaction():
        stages.add(org.work(), body)
        org.refresh_stages()
    return _stages(org, {})


def _edit_stage(org: Org, body: Body, name: str) -> Any:
    with org.store.transaction():
        stages.edit(org.work(), name, body)
        org.refresh_stages()
    return _stages(org, {})


def _order_stages(org: Org, body: Body) -> Any:
    with org.store.transaction():
        stages.reorder(org.work(), [str(name) for name in body["order"]])
        org.refresh_stages()
    return _stages(org, {})


def _add_record_type(org: Org, body: Body) -> Any:
    """``object``, ``name``, ``developer_name``, and for opportunities the ``stages`` it offers (all by default)."""
    with org.store.transaction():
        record_type_id = sales_processes.add_record_type(org.work(), body)
        org.note_schema_change()
    return {"id": record_type_id}


def _switch_on_currencies(org: Org, body: Body) -> None:
    """``corporate`` and ``rates``, as :mod:`playground.currencies` has them."""
    org.change_schema({"currencies": dict(body)})


CALLS: tuple[tuple[str, str, Callable[..., Any]], ...] = (
    ("GET", "stages", _stages),
    ("POST", "stages", _add_stage),
    ("POST", "stages/*", _edit_stage),
    ("PUT", "stages", _order_stages),
    ("POST", "record-types", _add_record_type),
    ("POST", "currencies", _switch_on_currencies),
)
