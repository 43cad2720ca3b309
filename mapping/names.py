"""Compare a name that a person typed with the one expected, and say where exactly they part. Pure."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from difflib import SequenceMatcher

DASHES = frozenset("-‐‑‒–—―−﹘﹣－ー")
"""What is taken for a hyphen: Unicode's dashes, the minus sign, and the long mark that Chinese and Japanese input
methods put in its place."""

LIKENESS_MIN = 0.8
"""From this share of common characters on, a name counts as a mistyped one (difflib's ratio)."""


@dataclass(frozen=True, slots=True)
class Difference:
    """The first place where two names part. ``position`` counts from 1; a missing character is ``""``."""

    position: int
    found: str
    expected: str


def first_difference(found: str, expected: str) -> Difference | None:
    """Where two names part, or None when they are the same."""
    if found == expected:
        return None
    same = next((n for n, (a, b) in enumerate(zip(found, expected, strict=False)) if a != b), None)
    at = min(len(found), len(expected)) if same is None else same
    return Difference(position=at + 1, found=found[at : at + 1], expected=expected[at : at + 1])


def skeleton(name: str) -> str:
    """A name without what people and input methods change unseen: case, kind of dash, spaces, full width."""
    plain = unicodedata.normalize("NFKC", name).casefold()
    # Zero-width characters come along with text copied from web pages.
    seen = (character for character in plain if unicodedata.category(character) != "Cf")
    return " ".join("".join("-" if character in DASHES else character for character in seen).split())


def is_near(found: str, expected: str) -> bool:
    """Whether two names differ only in case, kind of dash, spaces or width."""
    return skeleton(found) == skeleton(expected)


def is_like(found: str, expected: str) -> bool:
    """Whether a name looks like a mistyped version of another."""
    return SequenceMatcher(None, skeleton(found), skeleton(expected), autojunk=False).ratio() >= LIKENESS_MIN


def kind_of(character: str) -> str:
    """What sort of character this is, as the exercises name it."""
    if character == "-":
        return "hyphen"
    if character in DASHES:
        return "long_dash"
    if character == " ":
        return "space"
    if character.isspace() or unicodedata.category(character) in {"Zs", "Cf"}:
        return "wide_space"
    if unicodedata.normalize("NFKC", character) != character:
        return "full_width"
    return "other"
