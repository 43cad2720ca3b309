"""Which org a request at a shared log-in host is for: by its token, its user, or the code it brings."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from html import unescape
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from playground.login import jwt, people

if TYPE_CHECKING:
    from playground.org import Org

_IDENTITY = re.compile(r"/id/(00D\w{12}(?:\w{3})?)/")
_TOKEN = re.compile(r"(00D\w{12})!")
_SOAP_USERNAME = re.compile(rb"<(?:\w+:)?username>([^<]*)</")
_HELD: Mapping[str, Sequence[str]] = {
    "refresh_token": ("SELECT 1 FROM _refresh_token WHERE token = ?", "SELECT 1 FROM _refresh_origin WHERE token = ?"),
    "code": ("SELECT 1 FROM _login_code WHERE code = ?", "SELECT 1 FROM _device_login WHERE device_code = ?"),
    "token": ("SELECT 1 FROM _refresh_token WHERE token = ?",),
    "user_code": ("SELECT 1 FROM _device_login WHERE user_code = ?",),
}
"""Fields of a form whose values one org keeps, and where."""


def owner(orgs: Sequence[Org], target: str, authorization: str, content: bytes) -> Org:
    """The org that is meant; the first one when nothing tells. ``target`` is path and query."""
    path, _, query = target.partition("?")
    fields = dict(parse_qsl(query))
    if b"<" not in content[:1]:
        fields |= dict(parse_qsl(content.decode("utf-8", "replace")))
    for found in _hints(orgs, path, authorization, content, fields):
        if found is not None:
            return found
    return orgs[0]


def _hints(
    orgs: Sequence[Org], path: str, authorization: str, content: bytes, fields: Mapping[str, str]
) -> Iterator[Org | None]:
    identity = _IDENTITY.match(path)
    if identity:
        yield _by_id(orgs, identity[1])
    for text in (authorization, *(fields.get(name, "") for name in ("oauth_token", "access_token", "token"))):
        token = _TOKEN.search(text)
        if token:
            yield _by_id(orgs, token[1])
    for name, statements in _HELD.items():
        value = fields.get(name)
        if value:
            yield _by_statement(orgs, statements, value)
    soap = _SOAP_USERNAME.search(content)
    usernames = (
        fields.get("username", ""),
        jwt.subject(fields.get("assertion", "")),
        unescape(soap[1].decode("utf-8", "replace")) if soap else "",
        fields.get("login_hint", ""),
    )
    for username in filter(None, usernames):
        yield next((org for org in orgs if people.by_username(org, username.strip())), None)


def _by_id(orgs: Sequence[Org], organization_id: str) -> Org | None:
    return next((org for org in orgs if org.organization_id[:15] == organization_id[:15]), None)


def _by_statement(orgs: Sequence[Org], statements: Sequence[str], value: str) -> Org | None:
    return next((org for org in orgs if any(org.store.execute(sql, (value,)) for sql in statements)), None)
