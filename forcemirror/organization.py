"""Which org a mirror belongs to, as it is remembered in the mirror."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

OrgKind = Literal["production", "sandbox", "playground"]


@dataclass(frozen=True, slots=True)
class Organization:
    """An org. ``time_zone`` is an IANA name, ``currency`` an ISO code; ``record_url`` has ``{id}`` in it, and is None
    where there is no page for a record. ``user`` is who we are there."""

    id: str
    name: str
    kind: OrgKind
    time_zone: str = "UTC"
    currency: str = "USD"
    record_url: str | None = None
    user: str = ""
