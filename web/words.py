"""Words in the page's language. The catalogue is in ``web/translations``; the English text is the key."""

from __future__ import annotations

import flask_babel  # type: ignore[import-untyped]


def gettext(text: str, **values: object) -> str:
    """A text in the page's language, with ``%(name)s`` filled in."""
    return str(flask_babel.gettext(text, **values))


def ngettext(singular: str, plural: str, num: int, **values: object) -> str:
    """A text that depends on a number, filled in as ``%(num)s``. Chinese has one form."""
    return str(flask_babel.ngettext(singular, plural, num, **values))


def pgettext(context: str, text: str) -> str:
    """A word that means different things in different places."""
    return str(flask_babel.pgettext(context, text))
