"""The faults that can be ordered by name: ``{"fault": "F15-timeout-after-commit", "path": "...", "count": 1}``.

The numbers are those of the table in docs/faults.md, which also names the fixture of every fault that happens on the
client's side alone. A name may be shortened to its number when the number has one fault.

An order may replace ``path``, ``method``, ``nth``, ``count`` (0: without end), ``probability``, ``seed``, ``object``,
``operation``, ``status``, ``body``, ``content``, ``headers``, ``code``, ``message``, ``error_fields`` and ``delay_s``;
any other key is an option of the fault, such as ``id``, ``field`` or ``seconds``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from playground import fault_events
from playground.faults import Effect, Fault
from playground.faults_of_calls import FAULTS_OF_CALLS
from playground.faults_of_data import FAULTS_OF_DATA
from playground.named_fault import NamedFault
from playground.org import Org

_TAKEN = "effect", "name", "detail", "options", "subrequests"
_TRIGGERS = ("path", "method", "nth", "probability")

CATALOGUE: tuple[NamedFault, ...] = FAULTS_OF_CALLS + FAULTS_OF_DATA
BY_NAME: Mapping[str, NamedFault] = {item.name: item for item in CATALOGUE}


def order(org: Org, raw: Mapping[str, Any]) -> None:
    """Order a fault by its name, or one that is spelt out; ValueError names what is wrong."""
    if "fault" not in raw:
        org.faults.add(Fault.from_json(raw))
        return
    named = find(str(raw["fault"]))
    fault = _adjusted(named, {name: value for name, value in raw.items() if name != "fault"})
    at_once = fault.effect is Effect.ACT and not named.template.path and not any(name in raw for name in _TRIGGERS)
    if at_once:
        org.faults.undo_later(fault_events.happen(org, fault))
    else:
        org.faults.add(fault)


def find(name: str) -> NamedFault:
    """The fault of that name or number; ValueError when there is none, or more than one of the number."""
    if name in BY_NAME:
        return BY_NAME[name]
    found = [item.name for item in CATALOGUE if item.number == name]
    if len(found) == 1:
        return BY_NAME[found[0]]
    if found:
        raise ValueError(f"There are several faults {name}: {', '.join(found)}.")
    raise ValueError(f"There is no fault {name!r}; GET /__playground__/faults/catalogue lists all.")


def _adjusted(named: NamedFault, raw: Mapping[str, Any]) -> Fault:
    own = {item.name for item in fields(Fault)} - set(_TAKEN)
    raw = {("times" if name == "count" else name): value for name, value in raw.items()}
    changes = {name: value for name, value in raw.items() if name in own}
    options = {name: value for name, value in raw.items() if name not in own}
    if named.template.effect is Effect.ACT and "object" in changes:
        options["object"] = changes.pop("object")
    unknown = sorted(set(options) - set(named.options))
    if unknown:
        raise ValueError(f"{named.name} knows no {', '.join(unknown)}; of its own it has {', '.join(named.options)}.")
    if "error_fields" in changes:
        changes["error_fields"] = tuple(changes["error_fields"])
    fault = replace(named.template, name=named.name, **changes, options={**named.template.options, **options})
    try:
        re.compile(fault.path)
    except re.error as error:
        raise ValueError(f"The path is no regular expression: {error}.") from error
    return fault
