"""A client on a playground org in this process: the real transport and client, no socket, a clock set by hand."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import requests

from connector.salesforce.auth import PasswordLogin
from connector.salesforce.client import SalesforceClient
from connector.salesforce.origin import Profile
from connector.salesforce.replica import ReplicaSettings, SalesforceReplica
from connector.salesforce.transport import SalesforceSession, TransportSettings
from mapping.describe import mark_cascades, object_mapping
from mapping.fields import ObjectMapping
from playground.adapter import PlaygroundAdapter
from playground.org import Org

ORIGIN = "https://playground.test"
MORNING = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
MIRRORED = (
    "Account",
    "Contact",
    "Opportunity",
    "OpportunityContactRole",
    "OpportunityStage",
    "RecordType",
    "User",
    "UserRole",
    "Organization",
    "OpportunityHistory",
    "OpportunityFieldHistory",
    "Task",
    "Event",
)
READ_ONLY = frozenset(MIRRORED[4:])


@dataclass
class HandClock:
    """A clock that moves when told."""

    now: datetime = MORNING

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, **span: float) -> None:
        """Let time go by."""
        self.now += timedelta(**span)


@dataclass
class Watched(PlaygroundAdapter):
    """The playground's adapter, which also remembers what was sent."""

    org: Org
    sent: list[requests.PreparedRequest] = field(default_factory=list)
    meddle: Callable[[requests.PreparedRequest], None] | None = None
    """Called before each request: the place for a colleague's edit or an ended session."""
    doctor: Callable[[str, Any], Any] | None = None
    """Given the address and the JSON of each answer, gives the JSON that shall arrive instead."""

    def __post_init__(self) -> None:
        super().__init__(self.org)

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        self.sent.append(request)
        if self.meddle is not None:
            self.meddle(request)
        response = super().send(request, *args, **kwargs)
        if self.doctor is not None and response.content:
            response._content = json.dumps(self.doctor(str(request.url), response.json())).encode()
        return response


@dataclass
class PlaygroundSite:
    """An org, its clock, and a client on it."""

    org: Org
    clock: HandClock
    adapter: Watched
    client: SalesforceClient

    def mappings(self, names: Sequence[str] = MIRRORED, **external_ids: str) -> tuple[ObjectMapping, ...]:
        """Object mappings from the org's own describes."""
        describes = {name: self.client.describe(name) for name in names}
        made = (
            object_mapping(describe, read_only=name in READ_ONLY, external_id=external_ids.get(name))
            for name, describe in describes.items()
        )
        return mark_cascades(made, describes)

    def replica(self, mappings: Sequence[ObjectMapping], **settings: Any) -> SalesforceReplica:
        """A replica on the client."""
        return SalesforceReplica(self.client, mappings, ReplicaSettings(**settings))

    def close(self) -> None:
        """Close the client and the org."""
        self.client.close()
        self.org.close()


def playground_site(**knobs: Any) -> PlaygroundSite:
    """Make an org in memory and a client on it. The client sleeps by moving the org's clock."""
    clock = HandClock()
    org = Org.in_memory(clock=clock, **knobs)
    login = PasswordLogin(
        login_url=ORIGIN,
        username=str(org.store.select("User", "Id = ?", (org.default_user_id,))[0]["Username"]),
        password=org.settings.password,
        security_token=org.settings.security_token,
        client_id=org.settings.client_id,
        client_secret=org.settings.client_secret,
    )
    session = SalesforceSession(
        login,
        TransportSettings(profile=Profile.PLAYGROUND),
        sleep=lambda seconds: clock.pass_(seconds=seconds),
        chance=lambda: 0.0,
        monotonic=lambda: (clock.now - MORNING).total_seconds(),
    )
    adapter = Watched(org)
    session.mount(ORIGIN, adapter)
    return PlaygroundSite(org, clock, adapter, SalesforceClient(session))
