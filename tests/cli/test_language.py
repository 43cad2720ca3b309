"""The terminal's language, and a catalogue that cannot go stale unseen."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from forcemirror import language

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("environ", "system", "expected"),
    [
        ({"LANG": "zh_CN.UTF-8"}, None, "zh_CN"),
        ({"LC_ALL": "C", "LANG": "zh_CN.UTF-8"}, None, "en"),
        ({"LC_ALL": "", "LANG": "zh_CN.GB18030"}, None, "zh_CN"),
        ({"LANG": "de_DE.UTF-8"}, "zh_CN", "en"),
        ({}, "Chinese (Simplified)_China", "zh_CN"),
        ({}, "zh_CN", "zh_CN"),
        ({}, None, "en"),
        ({"FORCEMIRROR_LANGUAGE": "en", "LANG": "zh_CN"}, None, "en"),
    ],
)
def test_the_terminals_language(environ: dict[str, str], system: str | None, expected: str) -> None:
    assert language.from_environment(environ, system) == expected


@pytest.mark.parametrize(
    ("wished", "encoding", "expected"),
    [
        ("zh_CN", "utf-8", "zh_CN"),
        ("zh_CN", "gbk", "zh_CN"),
        ("zh_CN", "ascii", "en"),
        ("zh_CN", "cp1252", "en"),
        ("zh_CN", None, "en"),
        ("zh_CN", "no-such-encoding", "en"),
        ("en", "ascii", "en"),
    ],
)
def test_a_terminal_without_chinese_letters_is_spoken_to_in_english(
    wished: str, encoding: str | None, expected: str
) -> None:
    assert language.writable(wished, encoding) == expected


def test_what_has_no_translation_is_said_in_english() -> None:
    assert language.catalogue("zh_CN").say("Nothing like {this}.", this="that") == "Nothing like that."


def test_every_translation_fills_in_the_same_values() -> None:
    for english, chinese in language.catalogue("zh_CN").texts.items():
        assert sorted(re.findall(r"\{(\w+)\}", english)) == sorted(re.findall(r"\{(\w+)\}", chinese)), english


def test_every_translated_text_is_still_said_somewhere() -> None:
    sources = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "forcemirror").rglob("*.py"))
    # Adjacent literals are one text in Python.
    sources = re.sub(r'"\s*\n\s*f?"', "", sources).replace('\\"', '"')
    gone = [english for english in language.catalogue("zh_CN").texts if english not in sources]
    assert gone == []
