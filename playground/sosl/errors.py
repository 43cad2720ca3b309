"""What a search is refused with. The texts without a source are ours (salesforce-api.md, section 5)."""

from __future__ import annotations


class SoslError(Exception):
    """A refused search. ``code`` and ``message`` are what the REST body says; the HTTP status is always 400."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


def malformed(message: str) -> SoslError:
    """A statement that is not SOSL."""
    return SoslError("MALFORMED_SEARCH", message)


def no_search_term() -> SoslError:
    """A statement without ``{…}``."""
    return malformed("No search term found. The search term must be enclosed in braces.")


def too_short(term: str) -> SoslError:
    """Fewer than two characters to search for."""
    return SoslError("INVALID_SEARCH", f"search term must be longer than one character: {term}")
