"""A fault with a name, and the ways to write one down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from playground.faults import Effect, Fault

_HTML = "<html><head><title>{0}</title></head><body><h1>{0}</h1></body></html>"
NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class NamedFault:
    """``options`` tells what the order may say besides where and how often."""

    name: str
    symptom: str
    template: Fault
    options: Mapping[str, str] = field(default_factory=dict)

    @property
    def number(self) -> str:
        """``F15`` of ``F15-timeout-after-commit``."""
        return self.name.split("-", 1)[0]

    def listed(self) -> dict[str, Any]:
        """The fault as the catalogue tells it."""
        return {
            "fault": self.name,
            "symptom": self.symptom,
            "effect": self.template.effect.value,
            "path": self.template.path,
            "method": self.template.method,
            "options": dict(self.options),
        }


def answer(name: str, symptom: str, status: int, body: Any = None, **more: Any) -> NamedFault:
    """A status and a JSON body in place of the org's answer."""
    return NamedFault(name, symptom, Fault(Effect.ANSWER, status=status, body=body, **more))


def error(name: str, symptom: str, status: int, code: str, message: str, **more: Any) -> NamedFault:
    """One error in the API's own form in place of the org's answer."""
    return answer(name, symptom, status, [{"message": message, "errorCode": code}], **more)


def page(name: str, symptom: str, status: int, title: str, **more: Any) -> NamedFault:
    """A web page in place of the org's answer."""
    return answer(name, symptom, status, content=_HTML.format(title), **more)


def refused(name: str, symptom: str, code: str, message: str, **more: Any) -> NamedFault:
    """The write of a record is refused, wherever in a request it stands."""
    return NamedFault(name, symptom, Fault(Effect.REFUSE, code=code, message=message, **more))


def rewritten(name: str, symptom: str, detail: str, *, told: Mapping[str, str] = NOTHING, **more: Any) -> NamedFault:
    """The org's answer, changed on its way out; ``told`` describes its options."""
    return NamedFault(name, symptom, Fault(Effect.REWRITE, detail=detail, **more), told)


def event(name: str, symptom: str, detail: str, *, told: Mapping[str, str] = NOTHING, **more: Any) -> NamedFault:
    """Something that happens in the org; ``told`` describes its options."""
    return NamedFault(name, symptom, Fault(Effect.ACT, detail=detail, **more), told)


OF_RECORD = {"object": "which object", "id": "which record; else the request's, or the first"}
OF_FIELD = {**OF_RECORD, "field": "which field"}
