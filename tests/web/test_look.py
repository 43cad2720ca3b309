"""The stylesheet keeps its promises: contrast, size, order, no colour outside the tokens."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

WEB = Path(__file__).resolve().parents[2] / "web"
CSS = (WEB / "static" / "fm.css").read_text(encoding="utf-8")
TOKENS = {
    name: (light, dark) for name, light, dark in re.findall(r"--fm-([\w-]+): light-dark\((#\w{6}), (#\w{6})\)", CSS)
}
BYTES_MAX = 30_000

SURFACES = ("surface", "bg", "sunken")
TEXT: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("ink", (*SURFACES, "hover", "accent-soft", "warn-soft", "bad-wash")),
    ("ink-2", (*SURFACES, "hover", "accent-soft", "warn-soft")),
    ("ink-3", (*SURFACES, "accent-soft")),
    ("accent", (*SURFACES, "hover", "accent-soft")),
    ("accent-ink", ("accent",)),
    ("up", ("surface", "up-soft")),
    ("down", ("surface", "bg", "down-soft")),
    ("ok", ("surface", "ok-soft")),
    ("warn", ("surface", "warn-soft")),
    ("bad", ("surface", "bad-soft", "bad-wash")),
    ("env-production-ink", ("env-production",)),
    ("env-sandbox", ("warn-soft",)),
    ("env-playground", ("ok-soft",)),
)
GRAPHICS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("edge", (*SURFACES, "accent-soft")),
    ("c-total", ("surface",)),
    ("c-in", ("surface",)),
    ("c-out", ("surface",)),
    ("c-won", ("surface",)),
)
LEAST_TEXT, LEAST_GRAPHIC = 4.8, 3.3


def _channel(value: int) -> float:
    share = value / 255
    return share / 12.92 if share <= 0.04045 else float(((share + 0.055) / 1.055) ** 2.4)


def luminance(colour: str) -> float:
    """Relative luminance as WCAG has it."""
    red, green, blue = (_channel(int(colour[n : n + 2], 16)) for n in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """The contrast of two colours, from 1 to 21."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_black_on_white_is_twenty_one() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(
    ("front", "ground", "least"),
    [(front, ground, LEAST_TEXT) for front, grounds in TEXT for ground in grounds]
    + [(front, ground, LEAST_GRAPHIC) for front, grounds in GRAPHICS for ground in grounds],
)
def test_every_colour_stands_out_from_its_ground(front: str, ground: str, least: float, theme: int) -> None:
    found = contrast(TOKENS[front][theme], TOKENS[ground][theme])
    # The figures of the design are rounded to one place.
    assert round(found, 1) >= least, f"{front} on {ground}: {found:.2f}"


def test_every_colour_is_a_token() -> None:
    rest = CSS[CSS.index("/* base */") :]
    assert re.findall(r"#[0-9a-fA-F]{3,8}\b(?=[^{]*;)", rest) == []
    assert re.findall(r"\b(?:rgb|hsl)a?\(", rest) == []


def test_the_stylesheet_is_small_and_in_order() -> None:
    assert len(CSS.encode()) < BYTES_MAX
    heads = re.findall(r"^/\* ([a-z ]+?)(?::.*)? \*/$", CSS, re.MULTILINE)
    assert heads == ["tokens", "base", "header", "layout", "components", "pages", "small layout", "print"]
    assert "!important" not in CSS


def test_every_class_in_the_templates_is_in_the_stylesheet() -> None:
    used: set[str] = set()
    for path in (WEB / "templates").rglob("*.html"):
        text = re.sub(r"\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}", " ", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        for value in re.findall(r'class="([^"]*)"', text):
            used.update(name for name in value.split() if name.startswith("fm-") and not name.endswith("-"))
    known = set(re.findall(r"\.(fm-[\w-]+)", CSS))
    assert used - known == set()


def test_every_icon_that_is_used_is_drawn() -> None:
    drawn = set(re.findall(r'id="i-([\w-]+)"', (WEB / "templates" / "_icons.svg").read_text(encoding="utf-8")))
    used: set[str] = set()
    for path in (WEB / "templates").rglob("*.html"):
        used.update(re.findall(r"icon\('([\w-]+)'\)", path.read_text(encoding="utf-8")))
    assert used - drawn == set()
