"""Many requests in one call: the subrequests of ``/composite``, and how they are spread over calls (decision 13).

Salesforce takes 25 subrequests a call, of which five may be queries or collections (API paper section 4.1).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from connector.salesforce.answers import Effect, ErrorItem, read_errors
from connector.salesforce.errors import ApiError, UnexpectedAnswer

SUBREQUESTS_MAX = 25
HEAVY_MAX = 5


@dataclass(frozen=True, slots=True)
class Subrequest:
    """One request inside a composite. ``path`` begins below ``/services/data/vXX.0/``.

    ``name`` is the reference id, by which the answer is found (never by position, invariant 24) and to which later
    subrequests may point as ``@{name.id}``.
    """

    name: str
    method: str
    path: str
    body: Mapping[str, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_heavy(self) -> bool:
        """Whether it is one of the five queries or collections that a call may hold."""
        return self.path.startswith(("query", "composite/sobjects"))

    @property
    def effect(self) -> Effect:
        """Whether it may change anything."""
        is_retrieve = self.method == "POST" and self.path.startswith("composite/sobjects/")
        return Effect.READ if is_retrieve else Effect.of(self.method)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back for one subrequest."""

    name: str
    status: int
    body: Any
    headers: Mapping[str, str]

    @property
    def is_good(self) -> bool:
        """Whether it did what was asked."""
        return 200 <= self.status < 300

    @property
    def errors(self) -> tuple[ErrorItem, ...]:
        """Salesforce's errors, if it is not good."""
        return () if self.is_good else read_errors(self.body)

    @property
    def code(self) -> str:
        """The first error's code, or nothing."""
        return self.errors[0].code if self.errors else ""

    def failure(self, what: str) -> Exception:
        """This answer as an error to raise."""
        if not self.errors:
            return UnexpectedAnswer(what, f"HTTP {self.status} without an error that Salesforce would word")
        return ApiError(what, self.status, self.errors[0].code, self.errors[0].text, self.errors[0].fields)


def spread(subrequests: Sequence[Subrequest]) -> Iterator[Sequence[Subrequest]]:
    """Cut a list into calls, keeping its order. Requests that point at each other must be given together elsewhere."""
    call: list[Subrequest] = []
    for subrequest in subrequests:
        if call and not fits(call, subrequest):
            yield call
            call = []
        call.append(subrequest)
    if call:
        yield call


def fits(call: Sequence[Subrequest], subrequest: Subrequest) -> bool:
    """Tell whether one more subrequest has room in a call."""
    heavy = sum(present.is_heavy for present in call)
    return len(call) < SUBREQUESTS_MAX and not (subrequest.is_heavy and heavy >= HEAVY_MAX)
