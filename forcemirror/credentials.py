"""Where the secrets of a project are: ``.forcemirror/credentials.toml``, for its owner alone, or the environment.

Never on the command line, where other users and the shell's history can see them (invariant 40).
"""

from __future__ import annotations

import os
import stat
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

from config.settings import toml_value
from connector.salesforce.auth import ClientCredentialsLogin, Login, PasswordLogin, RefreshTokenLogin
from forcemirror.errors import CredentialsUnusable
from forcemirror.project import Project, write_private

FILE_NAME = "credentials.toml"
PREFIX = "FORCEMIRROR_"


@dataclass(frozen=True, slots=True)
class Credentials:
    """Everything that a way to log in may need; what is not needed is empty."""

    username: str = ""
    password: str = field(default="", repr=False)
    security_token: str = field(default="", repr=False)
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    refresh_token: str = field(default="", repr=False)


NAMES = tuple(item.name for item in fields(Credentials))

NEEDED: Mapping[str, tuple[str, ...]] = {
    "password": ("username", "password", "client_id", "client_secret"),
    "client_credentials": ("client_id", "client_secret"),
    "refresh_token": ("client_id", "refresh_token"),
}
"""What each way to log in cannot do without. A security token may be empty, within trusted networks."""


def read(project: Project, environ: Mapping[str, str]) -> Credentials:
    """The project's credentials; what the environment names (``FORCEMIRROR_PASSWORD``, ...) goes first."""
    stored = _stored(project.state / FILE_NAME)
    given = {name: environ[PREFIX + name.upper()] for name in NAMES if environ.get(PREFIX + name.upper())}
    return Credentials(**{**stored, **given})


def missing(credentials: Credentials, auth: str) -> tuple[str, ...]:
    """What a way to log in needs and is not there."""
    return tuple(name for name in NEEDED[auth] if not getattr(credentials, name))


def login(project: Project, credentials: Credentials) -> Login:
    """The way to log in that the settings name. Raises ``CredentialsUnusable`` when something is missing."""
    auth = project.settings.salesforce_auth
    lacking = missing(credentials, auth)
    if lacking:
        raise CredentialsUnusable(
            "To log in by {auth}, {names} must be known, and it is not.",
            "Run: forcemirror connect. Or set {variables} in the environment.",
            auth=auth,
            names=", ".join(lacking),
            variables=", ".join(PREFIX + name.upper() for name in lacking),
        )
    url = project.settings.salesforce_login_url
    if auth == "password":
        return PasswordLogin(
            login_url=url,
            username=credentials.username,
            password=credentials.password,
            security_token=credentials.security_token,
            client_id=credentials.client_id,
            client_secret=credentials.client_secret,
        )
    if auth == "client_credentials":
        return ClientCredentialsLogin(
            login_url=url, client_id=credentials.client_id, client_secret=credentials.client_secret
        )
    return RefreshTokenLogin(
        login_url=url,
        client_id=credentials.client_id,
        refresh_token=credentials.refresh_token,
        client_secret=credentials.client_secret,
    )


def write(project: Project, credentials: Credentials) -> Path:
    """Keep credentials with the project, readable by their owner alone."""
    path = project.state / FILE_NAME
    lines = [f"{name} = {toml_value(value)}" for name, value in asdict(credentials).items() if value]
    try:
        project.state.mkdir(parents=True, exist_ok=True)
        write_private(path, "# Secrets: keep this file to yourself.\n" + "\n".join(lines) + "\n")
    except OSError as error:
        raise CredentialsUnusable(
            "Cannot keep the credentials in {path}: {why}.",
            "Give the project a folder that you may write to, or set them in the environment.",
            path=path,
            why=error.strerror or error,
        ) from error
    return path


def _stored(path: Path) -> dict[str, str]:
    if not path.exists():
        return {}
    _check_private(path)
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        # What the parser says may quote the line, and the line may hold the password.
        raise CredentialsUnusable("{path} cannot be read.", "Run: forcemirror connect", path=path) from error
    strange = [key for key, value in document.items() if key not in NAMES or not isinstance(value, str)]
    if strange:
        raise CredentialsUnusable(
            "{path} has entries that are not known: {keys}.",
            "Known are {names}.",
            path=path,
            keys=", ".join(strange),
            names=", ".join(NAMES),
        )
    return dict(document)


def _check_private(path: Path) -> None:
    # Windows keeps a user's files to the user by access lists; the mode says nothing there.
    if os.name != "posix":
        return
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        raise CredentialsUnusable(
            "{path} can be read by others (mode {mode}). It was not used.",
            "Run: chmod 600 {path}",
            path=path,
            mode=f"{mode:o}",
        )
