"""One piece of work on the org: who does it, at what moment, on which store. Rules and DML are handed one."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from playground import values
from playground.access import Access
from playground.automation import Automation
from playground.faults import FaultPlan
from playground.held import HeldTransactions
from playground.schema import Schema
from playground.settings import Settings
from playground.store import Row, Store

TRACKED_BY_USER = ("CreatedById", "LastModifiedById")


@dataclass(frozen=True, slots=True)
class Work:
    """``now`` is the moment every row of this work is stamped with, in whole seconds."""

    store: Store
    settings: Settings
    user_id: str
    now: datetime
    automation: Automation = field(default_factory=Automation)
    access: Access = field(default_factory=Access)
    faults: FaultPlan = field(default_factory=FaultPlan)
    held: HeldTransactions = field(default_factory=HeldTransactions)

    @property
    def schema(self) -> Schema:
        """The org's objects."""
        return self.store.schema

    @property
    def stamp(self) -> str:
        """The moment in stored form."""
        return values.stamp(self.now)

    def organization(self) -> Row:
        """The org's own row."""
        return self.store.select("Organization", "1 LIMIT 1")[0]

    def today(self) -> str:
        """The org's date, in its time zone, in stored form."""
        zone = self.organization().get("TimeZoneSidKey")
        return self.now.astimezone(ZoneInfo(str(zone)) if zone else UTC).date().isoformat()
