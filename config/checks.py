"""What a setting's value may be. Each check answers the value to use, or raises ValueError with a sentence."""

from __future__ import annotations

import re
from collections.abc import Callable

Check = Callable[[object], object]


def text(value: object) -> str:
    """Any text."""
    if not isinstance(value, str):
        raise ValueError(f"must be text in quotes, not {_kind(value)}")  # noqa: TRY004
    return value


def flag(value: object) -> bool:
    """Yes or no."""
    if not isinstance(value, bool):
        raise ValueError(f"must be true or false, not {_kind(value)}")  # noqa: TRY004
    return value


def whole_number(low: int, high: int) -> Check:
    """A whole number from ``low`` to ``high``."""

    def check(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise ValueError(f"must be a whole number, not {_kind(value)}")  # noqa: TRY004
        if not low <= value <= high:
            raise ValueError(f"must be from {low} to {high}, not {value}")
        return value

    return check


def share(value: object) -> float:
    """A number from 0 to 1."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"must be a number from 0 to 1, not {_kind(value)}")  # noqa: TRY004
    if not 0 <= value <= 1:
        raise ValueError(f"must be from 0 to 1, not {value}")
    return float(value)


def one_of(*allowed: str) -> Check:
    """One of a few words."""

    def check(value: object) -> str:
        if value not in allowed:
            raise ValueError(f"must be one of {', '.join(allowed)}, not {value!r}")
        return str(value)

    return check


def matching(pattern: str, example: str) -> Check:
    """Text of a certain form."""

    def check(value: object) -> str:
        found = text(value)
        if not re.fullmatch(pattern, found):
            raise ValueError(f"must look like {example}, not {found!r}")
        return found

    return check


def https_url(value: object) -> str:
    """An https address without path, user or password."""
    found = text(value).rstrip("/")
    if not re.fullmatch(r"https://[A-Za-z0-9.-]+(:\d+)?", found):
        raise ValueError(f"must be an https address such as https://login.salesforce.com, not {found!r}")
    return found


def names(value: object) -> tuple[str, ...]:
    """A list of API names."""
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ValueError(f"must be a list of names in quotes, not {_kind(value)}")
    return tuple(value)


def _kind(value: object) -> str:
    """What a TOML value is, in words."""
    kinds = {bool: "true or false", int: "a whole number", float: "a number", str: "text", list: "a list"}
    return kinds.get(type(value), "a table" if isinstance(value, dict) else f"a {type(value).__name__}")
