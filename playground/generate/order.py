"""What somebody wants generated, as written on a command line: ``opportunities=1000000,accounts=50000``."""

from __future__ import annotations

from dataclasses import dataclass

OPPORTUNITIES_PER_ACCOUNT = 6
CONTACTS_PER_ACCOUNT = 3
MOST = 50_000_000
"""More records than this of one kind are taken for a slip of the keyboard."""

_NAMES = ("opportunities", "accounts", "contacts")


class WrongOrder(ValueError):
    """The text does not say what is wanted."""


@dataclass(frozen=True, slots=True)
class Order:
    """How many records of the three kinds; all others follow from these."""

    opportunities: int
    accounts: int
    contacts: int

    def __str__(self) -> str:
        return ",".join(f"{name}={getattr(self, name)}" for name in _NAMES)


def parse_order(text: str) -> Order:
    """The order that a text stands for. Accounts and contacts that it does not name follow from the opportunities.

    Raise :class:`WrongOrder` for anything else than known names with whole numbers."""
    wanted: dict[str, int] = {}
    for part in text.split(","):
        name, _, number = (piece.strip() for piece in part.partition("="))
        digits = number.replace("_", "")
        if name not in _NAMES or name in wanted or not (digits.isascii() and digits.isdigit()):
            raise WrongOrder(f"{part.strip()!r} is none of {', '.join(f'{item}=NUMBER' for item in _NAMES)}, each once")
        wanted[name] = int(digits)
        if wanted[name] > MOST:
            raise WrongOrder(f"{part.strip()!r} is more than {MOST}")
    opportunities = wanted.get("opportunities", 0)
    accounts = wanted.get("accounts", max(1, opportunities // OPPORTUNITIES_PER_ACCOUNT))
    contacts = wanted.get("contacts", accounts * CONTACTS_PER_ACCOUNT)
    if accounts == 0 and (opportunities or contacts):
        raise WrongOrder("opportunities and contacts need at least one account")
    return Order(opportunities, accounts, contacts)
