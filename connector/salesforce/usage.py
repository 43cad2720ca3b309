"""Counting API calls: what the org says it has left, and how much of it we allow ourselves (design decision 13)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from connector.salesforce.errors import QuotaExhausted

# The header may go on with "; per-app-api-usage=17/250(appName=x)", so it is searched, never anchored at its end; the
# look-behind keeps the per-app part, which ends in the same words, from being taken for the org's.
ORG_USAGE = re.compile(r"(?<![\w-])api-usage=(\d+)/(\d+)")


@dataclass(frozen=True, slots=True)
class ApiUsage:
    """API calls the whole org made in the last 24 hours, and its limit, from ``Sforce-Limit-Info``."""

    used: int
    limit: int

    @classmethod
    def parse(cls, header: str | None) -> ApiUsage | None:
        """Read the header; None when it is missing or holds no such numbers."""
        found = ORG_USAGE.search(header or "")
        return cls(int(found[1]), int(found[2])) if found else None


@dataclass(frozen=True, slots=True)
class Budget:
    """How far we may go: stop when the org as a whole has used ``org_share`` of its daily calls, or when we have
    made ``calls`` since the budget was opened."""

    org_share: float = 0.8
    calls: int | None = None

    def check(self, usage: ApiUsage | None, made: int) -> None:
        """Raise ``QuotaExhausted`` when one more call would pass the budget."""
        if self.calls is not None and made >= self.calls:
            raise QuotaExhausted(f"this run has made the {self.calls} API calls it may make")
        if usage is not None and usage.limit > 0 and usage.used >= usage.limit * self.org_share:
            raise QuotaExhausted(
                f"the org has used {usage.used} of its {usage.limit} daily API calls; "
                f"we stop at {self.org_share:.0%} and leave the rest to others"
            )
