"""Secrets stay where they belong (invariant 40)."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from connector.salesforce.auth import ClientCredentialsLogin, PasswordLogin, RefreshTokenLogin
from forcemirror import credentials, project
from forcemirror.credentials import Credentials
from forcemirror.errors import CredentialsUnusable
from forcemirror.project import Project

WHOLE = Credentials(
    username="ada@example.test",
    password='p"w\\d',
    security_token="token",
    client_id="id",
    client_secret="secret",
    refresh_token="refresh",
)

posix_only = pytest.mark.skipif(os.name != "posix", reason="modes of files")


@pytest.fixture
def acme(tmp_path: Path) -> Project:
    return project.create(tmp_path / "acme")


def test_what_was_written_is_read_again(acme: Project) -> None:
    credentials.write(acme, WHOLE)
    assert credentials.read(acme, {}) == WHOLE


@posix_only
def test_the_file_is_for_its_owner_alone(acme: Project) -> None:
    path = credentials.write(acme, WHOLE)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@posix_only
def test_a_file_that_others_can_read_is_not_used(acme: Project) -> None:
    credentials.write(acme, WHOLE).chmod(0o640)
    with pytest.raises(CredentialsUnusable, match=r"can be read by others \(mode 640\).*chmod 600"):
        credentials.read(acme, {})


def test_the_environment_goes_first(acme: Project) -> None:
    credentials.write(acme, WHOLE)
    found = credentials.read(acme, {"FORCEMIRROR_PASSWORD": "other", "FORCEMIRROR_USERNAME": ""})
    assert (found.password, found.username) == ("other", WHOLE.username)


def test_secrets_do_not_show_in_a_repr() -> None:
    shown = repr(WHOLE)
    for secret in (WHOLE.password, WHOLE.security_token, WHOLE.client_secret, WHOLE.refresh_token):
        assert secret not in shown


def test_a_broken_file_is_not_quoted(acme: Project) -> None:
    path = credentials.write(acme, WHOLE)
    path.write_text('password = "hunter2\n', encoding="utf-8")
    with pytest.raises(CredentialsUnusable) as caught:
        credentials.read(acme, {})
    assert "hunter2" not in str(caught.value)


def test_an_entry_that_is_not_known_is_told(acme: Project) -> None:
    path = credentials.write(acme, WHOLE)
    path.write_text('passwort = "hunter2"\n', encoding="utf-8")
    with pytest.raises(CredentialsUnusable, match="passwort"):
        credentials.read(acme, {})


def test_what_is_missing_is_named_with_its_variable(acme: Project) -> None:
    with pytest.raises(CredentialsUnusable, match="FORCEMIRROR_PASSWORD"):
        credentials.login(acme, Credentials(username="ada@example.test"))


@pytest.mark.parametrize(
    ("auth", "kind"),
    [
        ("password", PasswordLogin),
        ("client_credentials", ClientCredentialsLogin),
        ("refresh_token", RefreshTokenLogin),
    ],
)
def test_the_settings_choose_the_way_to_log_in(acme: Project, auth: str, kind: type) -> None:
    acme.set("salesforce.auth", auth)
    assert isinstance(credentials.login(acme, WHOLE), kind)
