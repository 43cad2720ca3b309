"""The ``requests`` session that simple-salesforce is given: every request of ours goes through here (decision 14).

It logs in when first asked, holds the bearer token alone (simple-salesforce never sees it), talks to one pinned origin,
follows no redirect, ignores the environment's proxies and certificates, sets time-outs, repeats what may be repeated,
counts calls against a budget, and logs in again once when the session ends, replaying the very same request.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from tenacity import RetryCallState, Retrying, retry_if_exception_type

from connector.salesforce.answers import (
    Effect,
    Transient,
    broken_answer,
    check_status,
    explain_exception,
    parse_body,
    read_errors,
)
from connector.salesforce.auth import TOKEN_PATH, Login, Token
from connector.salesforce.errors import AnswerLost, AuthenticationFailed, SalesforceError, SessionLost, Unreachable
from connector.salesforce.origin import Origin, Profile, check_url, parse_origin
from connector.salesforce.usage import ApiUsage, Budget

log = logging.getLogger(__name__)

FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 30.0
CHUNK = 64 * 1024
UNCOUNTED = ("/services/oauth2/", "/id/")
"""Logging in and asking who we are do not count as API calls."""


@dataclass(frozen=True, slots=True)
class TransportSettings:
    """How to reach the org. Nothing of this is taken from the environment."""

    profile: Profile = Profile.SALESFORCE
    connect_timeout_s: float = 10.0
    read_timeout_s: float = 130.0
    """Longer than the two minutes that Salesforce gives a query."""
    answer_time_max_s: float = 600.0
    answer_size_max: int = 256 * 1024 * 1024
    """Bytes after decompression."""
    retry_time_max_s: float = 600.0
    proxy: str | None = field(default=None, repr=False)
    ca_file: str | None = None
    client_name: str = "forcemirror"
    budget: Budget = field(default_factory=Budget)


class Bearer(AuthBase):
    """Puts the token on a request, over whatever Authorization header a library wrote."""

    def __init__(self, token: Token) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Set the header."""
        request.headers["Authorization"] = f"Bearer {self._token.access_token}"
        return request


class SalesforceSession(requests.Session):
    """A session for one org. ``mount`` another adapter on its address to stand in for the network."""

    def __init__(
        self,
        login: Login,
        settings: TransportSettings | None = None,
        *,
        sleep: Callable[[float], None] = time.sleep,
        chance: Callable[[], float] = random.random,
        monotonic: Callable[[], float] = time.monotonic,
        on_token: Callable[[Token], None] | None = None,
    ) -> None:
        super().__init__()
        self.settings = settings or TransportSettings()
        self._login = login
        self._sleep = sleep
        self._chance = chance
        self._monotonic = monotonic
        self._on_token = on_token
        self._token: Token | None = None
        self._pinned: Origin | None = None
        self._login_lock = threading.RLock()
        self._count_lock = threading.Lock()
        self._clock: tuple[datetime, float] | None = None
        self._calls_at_budget = 0
        self.calls = 0
        self.usage: ApiUsage | None = None
        self._prepare_session()

    def __repr__(self) -> str:
        """Where to, and nothing secret."""
        return f"<SalesforceSession {self._pinned or self._login.login_url}>"

    def token(self) -> Token:
        """The present token; logs in when there is none yet."""
        with self._login_lock:
            return self._token or self._log_in()

    def server_time(self) -> datetime:
        """Salesforce's clock, aware UTC in whole seconds: its latest answer plus the time since. Logs in if need be.

        Never the clock of this machine: only the seconds that passed here since that answer are added.
        """
        self.token()
        if self._clock is None:
            raise Unreachable("No answer of Salesforce has told the time yet.", "Run again.")
        told, received_at = self._clock
        return told + timedelta(seconds=int(self._monotonic() - received_at))

    def pause(self, attempt: int) -> None:
        """Wait before the next try of something that is locked, longer each time, never twice the same."""
        self._sleep(self._pause_s(attempt))

    def open_budget(self, budget: Budget) -> None:
        """Start counting calls against a budget anew, for example at the start of a run."""
        with self._count_lock:
            self.settings = replace(self.settings, budget=budget)
            self._calls_at_budget = self.calls

    def request(  # type: ignore[override]
        self, method: str, url: str, *, effect: Effect | None = None, **options: Any
    ) -> requests.Response:
        """Send a request and return its good answer. Every other outcome raises an error of ``errors``.

        ``effect`` tells that a POST only reads. Every attempt, also after logging in again, carries the same headers.
        """
        effect = effect or Effect.of(method)
        what = f"{method} {urlsplit(url).path}"
        return self._repeat(lambda: self._attempt(method, url, effect, what, options))

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        """Send one prepared request, after a last look at where it goes and what it costs."""
        url = request.url or ""
        with self._login_lock:
            pinned = self._pinned
        check_url(url, pinned or parse_origin(self._login.login_url, self.settings.profile))
        if not urlsplit(url).path.startswith(UNCOUNTED):
            self._count_call()
        options["allow_redirects"] = False
        return super().send(request, **options)

    def exchange(self, login_url: str, form: Mapping[str, str], headers: Mapping[str, str]) -> Mapping[str, Any]:
        """Send a token request to the login address; see ``auth.TokenEndpoint``. Carries no bearer token."""
        origin = parse_origin(login_url, self.settings.profile)
        what = f"the login at {origin.host}"
        try:
            response = self._repeat(lambda: self._post_form(origin, form, headers, what))
        except AnswerLost as error:
            advice = "Check the network and status.salesforce.com; then run again."
            raise Unreachable(f"No answer to {what}: {error.why}.", advice) from None
        answer = parse_body(response)
        if response.status_code != 200 or not isinstance(answer, dict) or "error" in answer:
            raise _login_refused(origin, response, answer)
        return answer

    def _prepare_session(self) -> None:
        self.trust_env = False
        self.verify = self.settings.ca_file or True
        self.proxies = {"https": self.settings.proxy} if self.settings.proxy else {}
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self.headers.update(
            {
                "User-Agent": self.settings.client_name,
                "Accept": "application/json",
                "Accept-Encoding": "gzip",
                "Sforce-Call-Options": f"client={self.settings.client_name}",
            }
        )
        for adapter in self.adapters.values():
            adapter.close()
        self.adapters.clear()
        self.mount("https://", HTTPAdapter(max_retries=0))

    def _log_in(self) -> Token:
        """Log in, check where that leads, and keep what the next login needs before the token is used."""
        token = self._login.login(self)
        origin = parse_origin(token.instance_url, self.settings.profile)
        if self._pinned not in {None, origin}:
            raise SessionLost(str(self._pinned), f"the new login leads to another address, {origin}")
        if self._token and self._token.organization_id != token.organization_id:
            raise SessionLost(str(self._pinned), "the new login leads to another org")
        self._login = self._login.after(token)
        if self._on_token is not None:
            self._on_token(token)
        if self._clock is None and token.issued_at is not None:
            self._clock = (token.issued_at, self._monotonic())
        self._pinned, self._token = origin, token
        return token

    def _renew(self, stale: Token) -> Token:
        """Log in again, unless another thread has done so since ``stale`` was used (single flight)."""
        with self._login_lock:
            return self._log_in() if self._token is stale else self.token()

    def _attempt(
        self, method: str, url: str, effect: Effect, what: str, options: Mapping[str, Any]
    ) -> requests.Response:
        token = self.token()
        response = self._send_once(method, url, effect, what, token, options)
        if _session_ended(response):
            log.info("session ended during %s; logging in again", what)
            response = self._send_once(method, url, effect, what, self._renew(token), options)
            if _session_ended(response):
                raise SessionLost(str(self._pinned), f"HTTP {response.status_code} again right after a new login")
        check_status(response, what, effect)
        return response

    def _send_once(
        self, method: str, url: str, effect: Effect, what: str, token: Token, options: Mapping[str, Any]
    ) -> requests.Response:
        headers = {name: value for name, value in (options.get("headers") or {}).items() if name != "X-PrettyPrint"}
        fixed = {"headers": headers, "auth": Bearer(token), "timeout": self._timeout(), "stream": True}
        try:
            response = super().request(method, url, **{**options, **fixed})
            self._read_body(response, what, effect)
        except requests.RequestException as error:
            raise explain_exception(error, what, effect) from None
        self._note(response)
        log.debug("%s -> %s", what, response.status_code)
        return response

    def _post_form(
        self, origin: Origin, form: Mapping[str, str], headers: Mapping[str, str], what: str
    ) -> requests.Response:
        url = f"{origin}{TOKEN_PATH}"
        check_url(url, origin)
        request = self.prepare_request(requests.Request("POST", url, data=dict(form), headers=dict(headers)))
        options = self.merge_environment_settings(url, {}, True, None, None)
        try:
            response = super().send(request, timeout=self._timeout(), allow_redirects=False, **options)
            self._read_body(response, what, Effect.WRITE)
        except requests.RequestException as error:
            raise explain_exception(error, what, Effect.WRITE) from None
        self._note(response)
        if response.status_code >= 420:
            check_status(response, what, Effect.WRITE)
        return response

    def _repeat(self, attempt: Callable[[], requests.Response]) -> requests.Response:
        started = self._monotonic()

        def give_up(state: RetryCallState) -> bool:
            too_late = self._monotonic() - started > self.settings.retry_time_max_s
            return too_late or state.attempt_number >= _transient(state).tries

        def pause(state: RetryCallState) -> float:
            return max(self._pause_s(state.attempt_number), _transient(state).retry_after_s)

        def fail(state: RetryCallState) -> requests.Response:
            raise _transient(state).failure from None

        retrying = Retrying(
            sleep=self._sleep,
            stop=give_up,
            wait=pause,
            retry=retry_if_exception_type(Transient),
            retry_error_callback=fail,
        )
        return retrying(attempt)

    def _pause_s(self, attempt: int) -> float:
        return min(FIRST_WAIT_S * 2.0**attempt, LONGEST_WAIT_S) * (0.5 + self._chance() / 2)

    def _read_body(self, response: requests.Response, what: str, effect: Effect) -> None:
        """Take in the whole body, within size and time. Reading is where a cut connection shows."""
        chunks: list[bytes] = []
        size, deadline = 0, self._monotonic() + self.settings.answer_time_max_s
        with response:
            for chunk in response.iter_content(CHUNK):
                chunks.append(chunk)
                size += len(chunk)
                if size > self.settings.answer_size_max:
                    raise broken_answer(what, effect, f"it is larger than {self.settings.answer_size_max} bytes")
                if self._monotonic() > deadline:
                    raise broken_answer(what, effect, f"it took longer than {self.settings.answer_time_max_s:g} s")
        response._content = b"".join(chunks)
        response._content_consumed = True  # type: ignore[attr-defined]
        response.encoding = "utf-8"

    def _note(self, response: requests.Response) -> None:
        told = _date_of(response)
        with self._count_lock:
            self.usage = ApiUsage.parse(response.headers.get("Sforce-Limit-Info")) or self.usage
            if told is not None:
                self._clock = (told, self._monotonic())

    def _count_call(self) -> None:
        with self._count_lock:
            self.settings.budget.check(self.usage, self.calls - self._calls_at_budget)
            self.calls += 1

    def _timeout(self) -> tuple[float, float]:
        return (self.settings.connect_timeout_s, self.settings.read_timeout_s)


def _transient(state: RetryCallState) -> Transient:
    error = state.outcome.exception() if state.outcome else None
    assert isinstance(error, Transient)
    return error


def _session_ended(response: requests.Response) -> bool:
    if response.status_code == 401:
        return True
    # A 403 that Salesforce did not word comes from its front door, and the session may be the reason (fault F2).
    return response.status_code == 403 and not read_errors(parse_body(response))


def _date_of(response: requests.Response) -> datetime | None:
    try:
        told = parsedate_to_datetime(response.headers["Date"])
    except (KeyError, ValueError, TypeError):
        return None
    return told.astimezone(UTC) if told.tzinfo else told.replace(tzinfo=UTC)


def _login_refused(origin: Origin, response: requests.Response, answer: object) -> SalesforceError:
    if isinstance(answer, dict) and "error" in answer:
        return AuthenticationFailed(origin.host, str(answer["error"]), str(answer.get("error_description") or ""))
    return AuthenticationFailed(origin.host, f"HTTP {response.status_code}", "the reply is not a token reply")
