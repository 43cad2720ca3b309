"""The terminal's language, and the catalogue of what the command line says in it.

The English text is the key, as with gettext. What has no translation is said in English.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

ENGLISH = "en"
CHINESE = "zh_CN"
LANGUAGES = (ENGLISH, CHINESE)
SAMPLES = {CHINESE: "同步"}


def from_environment(environ: Mapping[str, str], system_locale: str | None) -> str:
    """The language of a terminal: LC_ALL, LC_MESSAGES, LANG, else the system's, else English."""
    for name in ("FORCEMIRROR_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        if value := environ.get(name):
            return from_locale(value)
    return from_locale(system_locale or "")


def from_locale(name: str) -> str:
    """The nearest language we speak to a locale name such as ``zh_CN.UTF-8`` or ``Chinese (Simplified)_China``."""
    return CHINESE if name.lower().startswith(("zh", "chinese")) else ENGLISH


def writable(language: str, encoding: str | None) -> str:
    """The language if an encoding has its letters, else English: question marks help nobody."""
    try:
        SAMPLES.get(language, "").encode(encoding or "ascii")
    except (LookupError, UnicodeEncodeError):
        return ENGLISH
    return language


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Texts of one language by their English text."""

    language: str
    texts: Mapping[str, str] = field(default_factory=dict)

    def say(self, text: str, **values: object) -> str:
        """The text in this language, filled with values."""
        said = self.texts.get(text, text)
        return said.format(**values) if values else said


@cache
def catalogue(language: str) -> Catalogue:
    """The catalogue of a language; English needs none."""
    if language == ENGLISH:
        return Catalogue(ENGLISH)
    text = files("forcemirror").joinpath(f"words_{language}.toml").read_text(encoding="utf-8")
    return Catalogue(language, tomllib.loads(text)["words"])
