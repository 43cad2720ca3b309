"""What an HTTP answer, or the lack of one, means: use it, try again, or give up with a typed error. Pure.

Two questions decide about trying again: can the request have had an effect, and did the server take it up at all? A
read may always be repeated. A write is repeated only when it certainly never began: the connection did not come about,
or the server turned the request away at the door (invariant 12).
"""

from __future__ import annotations

import json
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

import requests
from urllib3.exceptions import MaxRetryError, NewConnectionError

from connector.salesforce.errors import (
    AnswerLost,
    ApiError,
    QuotaExhausted,
    SalesforceError,
    TooBusy,
    UnexpectedAnswer,
    Unreachable,
)

OFTEN = 5
SELDOM = 2
LONGEST_RETRY_AFTER_S = 120


class Effect(Enum):
    """Whether a request changes anything in Salesforce. A POST may be a read: a composite of queries, a retrieve."""

    READ = "read"
    WRITE = "write"

    @classmethod
    def of(cls, method: str) -> Effect:
        """What the HTTP method alone lets us assume."""
        return cls.READ if method.upper() in {"GET", "HEAD", "OPTIONS"} else cls.WRITE


class Transient(Exception):
    """This attempt failed, but the request may be sent again, ``tries`` times in all; then ``failure`` is raised."""

    def __init__(self, failure: SalesforceError, tries: int = OFTEN, retry_after_s: float = 0.0) -> None:
        super().__init__(failure)
        self.failure = failure
        self.tries = tries
        self.retry_after_s = retry_after_s


@dataclass(frozen=True, slots=True)
class ErrorItem:
    """One entry of Salesforce's error array."""

    code: str
    text: str
    fields: tuple[str, ...] = ()


def read_errors(body: object) -> tuple[ErrorItem, ...]:
    """Read an error array. Key order and presence vary, collections say ``statusCode`` for ``errorCode``, and instead
    of JSON there may be a web page: then the answer is empty."""
    items = body if isinstance(body, Sequence) and not isinstance(body, str | bytes) else [body]
    return tuple(_error_item(item) for item in items if isinstance(item, Mapping) and _code_of(item))


def check_status(response: requests.Response, what: str, effect: Effect) -> None:
    """Return for a good answer. Raise ``Transient`` or a final error for every other."""
    status = response.status_code
    if 200 <= status < 300:
        _check_whole(response, what, effect)
        return
    if 300 <= status < 400:
        raise _strange_status(response, what)
    errors = read_errors(parse_body(response))
    code = errors[0].code if errors else ""
    if code == "REQUEST_LIMIT_EXCEEDED":
        raise _limit_reached(errors[0], what)
    if status in {420, 429} or code == "SERVER_UNAVAILABLE":
        # Turned away before anything was done, so a write may be sent again too.
        busy = TooBusy(what, f"HTTP {status} {code}".strip())
        raise Transient(busy, SELDOM if status == 420 else OFTEN, _retry_after(response))
    if status >= 500 or (status == 406 and not errors):
        raise _server_failed(response, errors, what, effect)
    failure = _refusal(status, errors, what)
    if code == "QUERY_TIMEOUT" and effect is Effect.READ:
        raise Transient(failure, SELDOM)
    raise failure


def explain_exception(error: requests.RequestException, what: str, effect: Effect) -> Transient | SalesforceError:
    """What a failed exchange means. The text of the library's error is used, never the request it carries."""
    why = _plain_reason(error)
    if _caused_by(error, ssl.SSLCertVerificationError):
        return Unreachable(
            f"The certificate of the server could not be verified for {what}: {why}. Nothing was sent.",
            "Set ca_file to the certificate authority's PEM file (a playground writes its own beside its state).",
        )
    if _never_sent(error):
        unreachable = Unreachable(
            f"No connection for {what}: {why}. Nothing was sent.",
            "Check the network, the proxy setting and the address of the org; then run again.",
        )
        return Transient(unreachable)
    if effect is Effect.WRITE:
        return AnswerLost(what, why)
    silent = Unreachable(
        f"No whole answer to {what}: {why}. We tried again without success; nothing was changed.",
        "Check the network and status.salesforce.com; then run again.",
    )
    return Transient(silent)


def broken_answer(what: str, effect: Effect, why: str) -> SalesforceError:
    """The error for an answer that came but cannot be read: for a write, we do not know what happened."""
    return AnswerLost(what, why) if effect is Effect.WRITE else UnexpectedAnswer(what, why)


def parse_body(response: requests.Response) -> Any:
    """The JSON of an answer, or None when it is not JSON (a gateway's web page, nothing at all)."""
    try:
        return json.loads(response.content)
    except (ValueError, RecursionError):
        return None


def _check_whole(response: requests.Response, what: str, effect: Effect) -> None:
    body = response.content.strip()
    if response.status_code == 204 or (not body and effect is Effect.WRITE):
        return
    if body[:1] + body[-1:] not in {b"{}", b"[]"}:
        failure = broken_answer(what, effect, "it is not whole JSON")
        raise failure if effect is Effect.WRITE else Transient(failure)


def _strange_status(response: requests.Response, what: str) -> SalesforceError:
    if response.status_code == 300:
        return ApiError(what, 300, "MULTIPLE_MATCHES", "the external id matches more than one record")
    return UnexpectedAnswer(what, f"HTTP {response.status_code} sends us elsewhere, and we do not follow")


def _limit_reached(error: ErrorItem, what: str) -> Exception:
    # The same code means two things: too many long requests at once (soon over), or the day's calls are spent.
    if "concurrent" in error.text.lower():
        return Transient(TooBusy(what, error.text))
    return QuotaExhausted(f"Salesforce refused {what}: {error.text}")


def _server_failed(
    response: requests.Response, errors: Sequence[ErrorItem], what: str, effect: Effect
) -> Transient | SalesforceError:
    why = f"HTTP {response.status_code}" + (f" {errors[0].code}: {errors[0].text}" if errors else "")
    if effect is Effect.WRITE:
        return AnswerLost(what, why)
    failure: SalesforceError = UnexpectedAnswer(what, why)
    if errors:
        failure = _refusal(response.status_code, errors, what)
    return Transient(failure, retry_after_s=_retry_after(response))


def _refusal(status: int, errors: Sequence[ErrorItem], what: str) -> SalesforceError:
    if not errors:
        return UnexpectedAnswer(what, f"HTTP {status} without an error that Salesforce would word")
    return ApiError(what, status, errors[0].code, errors[0].text, errors[0].fields)


def _error_item(item: Mapping[str, Any]) -> ErrorItem:
    fields = item.get("fields")
    names = tuple(str(name) for name in fields) if isinstance(fields, list) else ()
    return ErrorItem(_code_of(item), str(item.get("message") or ""), names)


def _code_of(item: Mapping[str, Any]) -> str:
    return str(item.get("errorCode") or item.get("statusCode") or "")


def _retry_after(response: requests.Response) -> float:
    text = response.headers.get("Retry-After", "")
    return min(float(text), LONGEST_RETRY_AFTER_S) if text.isdecimal() and text.isascii() else 0.0


def _never_sent(error: requests.RequestException) -> bool:
    if isinstance(error, requests.exceptions.ConnectTimeout | requests.exceptions.ProxyError):
        return True
    return _caused_by(error, NewConnectionError)


def _causes(error: BaseException) -> list[BaseException]:
    """The error and what it was raised from, also where urllib3 keeps that in ``reason`` or in the arguments."""
    found: list[BaseException] = []
    waiting: list[object] = [error]
    while waiting and len(found) < 20:
        candidate = waiting.pop(0)
        if isinstance(candidate, BaseException) and candidate not in found:
            found.append(candidate)
            waiting += [*candidate.args, candidate.__cause__, candidate.__context__]
            if isinstance(candidate, MaxRetryError):
                waiting.append(candidate.reason)
    return found


def _caused_by(error: BaseException, kind: type[BaseException]) -> bool:
    return any(isinstance(cause, kind) for cause in _causes(error))


def _plain_reason(error: requests.RequestException) -> str:
    # The outer texts hold the whole URL with its query; the innermost cause says why without it.
    innermost = next((cause for cause in reversed(_causes(error)) if isinstance(cause, OSError)), error)
    name = type(error).__name__
    if innermost is error:
        return name
    return f"{name}: {getattr(innermost, 'strerror', None) or getattr(innermost, 'verify_message', None) or name}"
