"""Values as people type them, read into canonical values. Every form names the fields it takes (S22)."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from flask import request

from mapping.record import Value
from web.words import gettext

AMOUNT = re.compile(r"-?(\d{1,3}(,\d{3})+|\d+)(\.\d{1,2})?")
DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")
WHOLE_PERCENT = re.compile(r"\d{1,3}")

AMOUNT_DIGITS = 15


@dataclass
class Form:
    """What was typed, what it means, and what is wrong with it, by field name."""

    typed: dict[str, str] = field(default_factory=dict)
    values: dict[str, Value] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)

    def text(self, name: str, *, required: bool = False, longest: int = 255) -> str | None:
        """A line of text, without space around it."""
        typed = self._typed(name)
        if required and not typed:
            self.errors[name] = gettext("You must enter a value.")
        elif len(typed) > longest:
            self.errors[name] = gettext("At most %(count)s characters fit.", count=longest)
        elif "\x00" in typed:
            self.errors[name] = gettext("This text holds a character that cannot be stored.")
        self.values[name] = typed or None
        return typed or None

    def amount(self, name: str) -> Decimal | None:
        """An amount: ``12000``, ``12,000`` or ``12000.50``; full-width digits as well."""
        typed = self._typed(name).translate(FULL_WIDTH)
        digits = typed.replace(",", "").replace("−", "-").removeprefix("$")
        number: Decimal | None = None
        if typed and not AMOUNT.fullmatch(typed.replace("−", "-").removeprefix("$")):
            self.errors[name] = gettext("Write it as 12000 or 12,000.")
        elif typed and len(digits.replace(".", "").lstrip("-0")) > AMOUNT_DIGITS:
            self.errors[name] = gettext("That number has more digits than can be kept exactly.")
        elif typed:
            number = Decimal(digits)
        self.values[name] = number
        return number

    def day(self, name: str, *, required: bool = False) -> date | None:
        """A day: ``2026-12-18``, also ``2026/12/18`` and ``2026年12月18日``."""
        typed = self._typed(name).translate(FULL_WIDTH)
        found = DAY.fullmatch(typed)
        value: date | None = None
        if not typed and required:
            self.errors[name] = gettext("You must enter a value.")
        elif typed:
            try:
                value = date(*(int(part) for part in found.groups())) if found else None
            except ValueError:
                value = None
            if value is None or not 1700 <= value.year <= 4000:
                self.errors[name] = gettext("Write it as year-month-day: 2026-12-18.")
        self.values[name] = value
        return value

    def percent(self, name: str) -> Decimal | None:
        """A whole percentage from 0 to 100, or nothing."""
        typed = self._typed(name).translate(FULL_WIDTH).removesuffix("%").strip()
        value: Decimal | None = None
        if typed and (not WHOLE_PERCENT.fullmatch(typed) or int(typed) > 100):
            self.errors[name] = gettext("Write a whole number from 0 to 100.")
        elif typed:
            value = Decimal(typed)
        self.values[name] = value
        return value

    def choice(self, name: str, allowed: Collection[str], *, required: bool = False) -> str | None:
        """One of the allowed values, or nothing."""
        typed = self._typed(name)
        if typed and typed not in allowed:
            self.errors[name] = gettext("Choose one of the values in the list.")
        elif required and not typed:
            self.errors[name] = gettext("You must enter a value.")
        self.values[name] = typed or None
        return typed or None

    def flag(self, name: str) -> bool:
        """A ticked box."""
        ticked = request.form.get(name) == "1"
        self.typed[name] = "1" if ticked else ""
        self.values[name] = ticked
        return ticked

    def _typed(self, name: str) -> str:
        typed = request.form.get(name, "").strip()
        self.typed[name] = typed
        return typed


def typed_number(value: Decimal | None) -> str:
    """A number as one would type it: without zeros behind the point."""
    if value is None:
        return ""
    return f"{value:.0f}" if value == value.to_integral_value() else f"{value.normalize():f}"


FULL_WIDTH = str.maketrans("０１２３４５６７８９，．－／％", "0123456789,.-/%")
