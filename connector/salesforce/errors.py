"""What can go wrong between us and Salesforce. Every error says what happened, to what, what was done and what to do.

No error text ever holds a token or a password (invariant 40): ``scrub`` takes access tokens out of anything that a
server or a library worded.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from connector.sync.errors import QuotaPaused, RunFailed

ACCESS_TOKEN = re.compile(r"00D[0-9A-Za-z]{12,15}(?:!|%21)[A-Za-z0-9._%]+")
LONGEST_QUOTE = 400


def scrub(text: object) -> str:
    """Make text from outside fit to be shown: no access tokens, no control characters, not endless."""
    plain = ACCESS_TOKEN.sub("(access token)", str(text))
    plain = "".join(character if character.isprintable() else " " for character in plain)
    return plain if len(plain) <= LONGEST_QUOTE else plain[: LONGEST_QUOTE - 1] + "…"


class SalesforceError(RunFailed):
    """The common base: ``message`` is what happened, to what and what was done; ``advice`` is what to do next."""

    def __init__(self, message: str, advice: str) -> None:
        super().__init__(scrub(message), advice)


class AuthenticationFailed(SalesforceError):
    """Salesforce refused the credentials. ``code`` is its OAuth error, for example ``invalid_grant``."""

    def __init__(self, host: str, code: str, description: str) -> None:
        super().__init__(
            f"{host} refused the login: {code}: {description}. Nothing was read or written.",
            "Check user name, password, security token and the connected app; then run again.",
        )
        self.code = code


class Unreachable(SalesforceError):
    """No connection came about (name lookup, connecting, proxy, TLS), or no answer came to a mere read."""


class SessionLost(SalesforceError):
    """Salesforce ended the session and did not accept the new one either."""

    def __init__(self, host: str, why: str) -> None:
        super().__init__(
            f"{host} ended the session: {why}. The run stopped; what it stored stays stored.",
            "Run again. If it happens each time, check the user's login hours, IP ranges and session settings.",
        )


class QuotaExhausted(SalesforceError, QuotaPaused):
    """The daily API calls, or the share of them that we may use, are spent. The run pauses and can be resumed."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"Paused: {what}. What was stored stays stored.",
            "Run again when calls are free again (the org counts the last 24 hours), or raise the share in settings.",
        )


class TooBusy(SalesforceError):
    """Salesforce runs too many long requests, or asks to slow down, and went on so after our retries."""

    def __init__(self, what: str, why: str) -> None:
        super().__init__(
            f"Salesforce is too busy for {what}: {why}. We waited and tried again without success; it was not done.",
            "Run again in a few minutes.",
        )


class ApiError(SalesforceError):
    """Salesforce understood the request and refused it: HTTP ``status``, its ``code``, and the ``fields`` meant."""

    def __init__(self, what: str, status: int, code: str, text: str, fields: Sequence[str] = ()) -> None:
        named = f" (fields: {', '.join(fields)})" if fields else ""
        super().__init__(
            f"Salesforce refused {what}: {code}: {text.strip()}{named}. Nothing was done.", _advice_for(code)
        )
        self.status = status
        self.code = code
        self.text = scrub(text.strip())
        self.fields = tuple(fields)


class AnswerLost(SalesforceError):
    """A write was sent and no answer came: it may or may not have happened (invariant 12)."""

    def __init__(self, what: str, why: str) -> None:
        super().__init__(
            f"The answer to {what} was lost: {why}. It may have been done; it was not sent again.",
            "The next run looks in Salesforce first and goes on from what it finds.",
        )
        self.why = scrub(why)


class UnexpectedAnswer(SalesforceError):
    """The answer is not what the API promises: HTML, cut short, too large, or fewer rows than announced."""

    def __init__(self, what: str, why: str) -> None:
        super().__init__(
            f"The answer to {what} cannot be trusted: {why}. Nothing of it was used.",
            "Run again. If it persists, look at status.salesforce.com and at any proxy between here and Salesforce.",
        )


class ForeignOrigin(SalesforceError):
    """A request would have gone to another place than the org's own. Nothing was sent (fault F62)."""

    def __init__(self, place: str, pinned: str) -> None:
        super().__init__(
            f"A request to {place} was stopped: this connection may only talk to {pinned}. Nothing was sent.",
            "If the org really moved to a new address, log in again; otherwise find out who sent that address.",
        )


class QueryTooLong(SalesforceError):
    """A request would not fit into the 16,384 bytes that Salesforce allows an address."""

    def __init__(self, what: str, size: int) -> None:
        super().__init__(
            f"{what} would need an address of {size} characters, and Salesforce takes 16,384. Nothing was sent.",
            "Mirror fewer fields of this object: list those you need in its settings file.",
        )


class NotExpressible(ValueError):
    """A value or a name that must not go into a query or a URL. A bug or hostile data, never retried."""


def _advice_for(code: str) -> str:
    if code in {"INVALID_FIELD", "INVALID_TYPE", "NOT_FOUND"}:
        return "A field or object may have been removed or hidden: refresh the object list, then run again."
    if code in {"INSUFFICIENT_ACCESS_OR_READONLY", "API_DISABLED_FOR_ORG", "API_CURRENTLY_DISABLED"}:
        return "Ask the org's administrator for API access and the rights named above, then run again."
    return "Correct what the message names, then run again."
