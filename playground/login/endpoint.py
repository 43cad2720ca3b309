"""The addresses of logging in, over HTTP: ``/services/oauth2/…``, ``/id/…``, ``/setup/connect``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from flask import Request, Response

from playground import auth, errors
from playground.calls import Answer
from playground.login import apps, device, pages, people, token_endpoint, tokens, web_server

if TYPE_CHECKING:
    from playground.org import Org

_FORM_TYPE = "application/x-www-form-urlencoded"
_QUIET = {"Cache-Control": "no-cache, no-store", "Pragma": "no-cache"}
_OF_THE_WISH = (
    *("client_id", "redirect_uri", "response_type", "scope", "state"),
    *("code_challenge", "code_challenge_method", "prompt"),
)


def oauth(org: Org, request: Request, name: str, base_url: str) -> Answer | Response:
    """Answer a call below ``/services/oauth2``."""
    try:
        answer = _oauth(org, request, name, base_url)
    except errors.OAuthError as error:
        answer = Answer(error.status, error.body())
    except errors.SessionInvalid:
        return _bad_token(request)
    if isinstance(answer, Answer):
        return Answer(answer.status, answer.body, {**_QUIET, **answer.headers})
    return answer


def _oauth(org: Org, request: Request, name: str, base_url: str) -> Answer | Response:
    form = {**request.args.to_dict(), **request.form.to_dict()}
    authorization = request.headers.get("Authorization")
    match request.method, name:
        case "POST", "token":
            return Answer(200, token_endpoint.grant(org, form, authorization, base_url))
        case (("POST" | "GET"), "revoke"):
            return _revoke(org, form.get("token", ""))
        case "POST", "introspect":
            _check_introspector(org, form, authorization)
            return Answer(200, tokens.introspection(org, form.get("token", ""), base_url))
        case (("GET" | "POST"), "userinfo"):
            session = auth.session_of(org, authorization, form.get("access_token"))
            return Answer(200, auth.userinfo(org, org.user(session.user_id), base_url))
        case (("GET" | "POST" | "HEAD"), "authorize"):
            return _authorize(org, request, form, base_url)
        case (("GET" | "HEAD"), "success"):
            return _html(pages.last_page(_language(request), "logged_in"))
    return Answer(404, errors.NotFound().body())


def identity(org: Org, request: Request, organization_id: str, user_id: str, base_url: str) -> Answer | Response:
    """Answer the identity URL; ``version=latest`` or a number takes the place of ``{version}`` in its links."""
    try:
        auth.session_of(org, request.headers.get("Authorization"), request.args.get("oauth_token"))
    except errors.SessionInvalid:
        return _bad_token(request)
    user = org.record("User", user_id)
    if organization_id not in (org.organization_id, org.organization_id[:15]) or user is None:
        return Answer(404, errors.NotFound().body())
    latest = f"{org.settings.latest_version}.0"
    wanted = request.args.get("version", "{version}")
    return Answer(200, auth.identity(org, user, base_url, latest if wanted == "latest" else wanted))


def device_page(org: Org, request: Request) -> Response:
    """``/setup/connect``: where the code of a device is typed."""
    language = _language(request)
    code = request.values.get("user_code", "")
    if request.method != "POST":
        return _html(pages.login_page(org, language, device.PAGE, user_code=code))
    app = device.waiting(org, code)
    username = request.form.get("username", "")
    if app is None:
        page = pages.login_page(org, language, device.PAGE, user_code=code, username=username, problem="wrong_code")
        return _html(page)
    if request.form.get("decision") != "allow":
        device.deny(org, code)
        return _html(pages.last_page(language, "denied"))
    try:
        user = people.at_the_browser(org, username, request.form.get("password", ""))
    except errors.OAuthError:
        page = pages.login_page(org, language, device.PAGE, user_code=code, username=username, problem="wrong_login")
        return _html(page)
    device.allow(org, code, str(user["Id"]), app)
    return _html(pages.last_page(language, "allowed"))


def _authorize(org: Org, request: Request, form: Mapping[str, str], base_url: str) -> Response:
    """The consent page and its decision. The password is typed every time, so no other site can decide for a person."""
    try:
        asked = web_server.wish(org, form, base_url)
        username = form.get("username") or form.get("login_hint", "")
        problem = ""
        if request.method == "POST":
            if form.get("decision") != "allow":
                raise web_server.deny(asked)
            try:
                user = people.at_the_browser(org, username, form.get("password", ""))
            except errors.OAuthError:
                problem = "wrong_login"
            else:
                raise web_server.allow(org, asked, str(user["Id"]))
    except web_server.BackToApp as back:
        return Response(status=302, headers={"Location": back.location, **_QUIET})
    return _html(
        pages.login_page(
            org,
            _language(request),
            "/services/oauth2/authorize",
            app=asked.app,
            scope=asked.scope,
            hidden={name: form[name] for name in _OF_THE_WISH if name in form},
            username=username,
            problem=problem,
        )
    )


def _bad_token(request: Request) -> Response:
    """What the identity service says, in one word of plain text, where the data API answers 401."""
    brought = request.headers.get("Authorization") or request.values.get("oauth_token", "")
    word = "Bad_OAuth_Token" if brought or request.values.get("access_token") else "Missing_OAuth_Token"
    return Response(word, 403, {"Content-Type": "text/html;charset=UTF-8", **_QUIET})


def _revoke(org: Org, token: str) -> Answer | Response:
    if tokens.revoke(org, token):
        return Answer(200)
    refusal = {"error": "invalid_token", "error_description": "invalid token"}
    return Response(urlencode(refusal), 400, {"Content-Type": _FORM_TYPE, **_QUIET})


def _check_introspector(org: Org, form: Mapping[str, str], authorization: str | None) -> None:
    """Only an app that shows its secret may ask, or somebody with a session."""
    client_id, client_secret = token_endpoint.client_of(form, authorization)
    if client_id:
        apps.authenticated(org, client_id, client_secret)
        return
    try:
        auth.session_of(org, authorization)
    except errors.SessionInvalid:
        raise errors.OAuthError("invalid_client", "invalid client credentials", status=401) from None


def _html(content: bytes) -> Response:
    return Response(content, 200, {"Content-Type": "text/html;charset=UTF-8", **pages.HEADERS})


def _language(request: Request) -> str:
    return request.accept_languages.best_match(pages.LANGUAGES) or "en"
