"""Lists: sorting by links in the head, paging, and reading both from the address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from flask import request

from pipeline.deals import Order

OFFSET_MAX = 1_000_000


@dataclass(frozen=True, slots=True)
class Sort:
    """How a list is sorted, and the links that sort it otherwise. ``descending_first`` are the keys of figures."""

    key: str
    descending: bool
    descending_first: frozenset[str] = frozenset()

    def href(self, key: str) -> str:
        """The link of a column: its natural direction first, then the other one."""
        descending = not self.descending if key == self.key else key in self.descending_first
        return address(sort=f"-{key}" if descending else key, offset="")


@dataclass(frozen=True, slots=True)
class Paging:
    """Which rows a page shows, from 1, and the way to its neighbours."""

    first: int
    last: int
    total: int
    previous: str | None
    next: str | None


def address(**changes: str) -> str:
    """This page's address with some of its query changed; an empty value leaves the key out."""
    query = {name: values for name, values in request.args.lists() if name not in ("lang", "theme")}
    for name, value in changes.items():
        query[name] = [value]
    kept = {name: [value for value in values if value] for name, values in query.items()}
    text = urlencode({name: values for name, values in kept.items() if values}, doseq=True)
    return f"{request.path}?{text}" if text else request.path


def order(allowed: Mapping[str, str], default: Order) -> Order:
    """The order that the address asks for, if it is one of the allowed ones (S19)."""
    wanted = request.args.get("sort", "")
    key = wanted.removeprefix("-")
    return Order(key, wanted.startswith("-")) if key in allowed else default


def sort(chosen: Order, descending_first: frozenset[str]) -> Sort:
    """The sort links for an order."""
    return Sort(chosen.key, chosen.descending, descending_first)


def offset() -> int:
    """The first row that the address asks for, from 0."""
    wanted = request.args.get("offset", "")
    return min(int(wanted), OFFSET_MAX) if wanted.isascii() and wanted.isdigit() else 0


def paging(start: int, shown: int, total: int, size: int) -> Paging:
    """The foot of a list."""
    return Paging(
        first=start + 1 if shown else 0,
        last=start + shown,
        total=total,
        previous=address(offset=str(max(0, start - size))) if start else None,
        next=address(offset=str(start + size)) if start + shown < total else None,
    )
