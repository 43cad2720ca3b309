"""How long answers take, per endpoint: every request that matches waits before it is answered."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Latency:
    """``path`` is a regular expression searched for in path and query; ``method`` None is any."""

    seconds: float
    path: str = ""
    method: str | None = None

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Latency:
        """Read one as the side door takes it; ValueError names what is wrong."""
        unknown = sorted(set(raw) - {"seconds", "path", "method"})
        if unknown or "seconds" not in raw:
            raise ValueError("A latency has seconds and, if wanted, path and method.")
        try:
            re.compile(str(raw.get("path", "")))
        except re.error as error:
            raise ValueError(f"The path is no regular expression: {error}.") from error
        return cls(float(raw["seconds"]), str(raw.get("path", "")), raw.get("method"))


class Latencies:
    """All latencies of an org; of those that match, the last one ordered counts."""

    def __init__(self) -> None:
        self._ordered: list[Latency] = []

    def add(self, latency: Latency) -> None:
        """Order one more."""
        self._ordered.append(latency)

    def clear(self) -> None:
        """Answer as fast as possible again."""
        self._ordered.clear()

    def listed(self) -> list[dict[str, Any]]:
        """What is ordered."""
        return [{"seconds": item.seconds, "path": item.path, "method": item.method} for item in self._ordered]

    def of(self, method: str, path: str) -> float:
        """How many seconds such a request waits."""
        for item in reversed(self._ordered):
            if item.method in (None, method) and re.search(item.path, path):
                return item.seconds
        return 0.0
