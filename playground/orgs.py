"""Many orgs in one server: each with its own data, users, id and host.

A request is for the org whose host it names: ``acme.my.salesforce.com`` through the proxy, ``acme.localhost``, or the
port that the org has of its own. At the hosts that all share it is for the org whose user or token it brings. While
there is only one org, it answers for every host.
"""

from __future__ import annotations

import io
import shutil
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol, Self
from urllib.parse import urlsplit

from playground import discovery, hosts, naming, orgs_door, side_door
from playground.app import create_app
from playground.login import apps
from playground.org import DATABASE_NAME, DEFAULT_SEED, Org

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

FOLDER = "orgs"


class Address(Protocol):
    """Where an org answers that has a port of its own."""

    url: str

    def close(self) -> None:
        """Stop answering there. Idempotent."""


Listen = Callable[[Org, "WSGIApplication"], Address]


class _ByHost:
    """The address of an org that is reached by its host alone."""

    def __init__(self, org: Org, _app: WSGIApplication) -> None:
        self.url = f"https://{hosts.my_domain(org.name)}"

    def close(self) -> None:
        """Nothing was opened."""


class Orgs:
    """``directory`` keeps the further orgs; None keeps them in memory. The first org stays its maker's to close."""

    def __init__(
        self, first: Org, directory: Path | None = None, *, listen: Listen = _ByHost, ca_file: Path | None = None
    ) -> None:
        self.first = first
        self.ca_file = ca_file
        self._directory = None if directory is None else directory / FOLDER
        self._listen = listen
        self._lock = threading.RLock()
        self._apps: dict[str, WSGIApplication] = {first.name: create_app(first)}
        self._orgs: dict[str, Org] = {first.name: first}
        self._addresses: dict[str, Address] = {}
        if self._directory is not None:
            try:
                for path in sorted(self._directory.glob(f"*/{DATABASE_NAME}")):
                    self._add(Org.open(path.parent, clock=first.clock.source, settings=first.settings))
            except BaseException:
                self.close()
                raise

    def all(self) -> list[Org]:
        """Every org; the first one first."""
        with self._lock:
            return list(self._orgs.values())

    def get(self, name: str) -> Org:
        """The org of that name; KeyError when there is none."""
        with self._lock:
            if name not in self._orgs:
                raise KeyError(f"There is no org called {name!r}.")
            return self._orgs[name]

    def app(self, org: Org) -> WSGIApplication:
        """The application that speaks for an org."""
        with self._lock:
            return self._apps[org.name]

    def url(self, org: Org) -> str:
        """Where the org answers."""
        return org.base_url

    def ports(self) -> list[int]:
        """The ports that orgs have of their own."""
        with self._lock:
            found = [urlsplit(address.url).port for address in self._addresses.values()]
        return [port for port in found if port]

    def create(self, name: str, seed: int = DEFAULT_SEED) -> Org:
        """A new org, filled as the seed says; ValueError when the name cannot be or is taken."""
        with Org.in_memory(seed, clock=self.first.clock.source, settings=self.first.settings) as filled:
            made = self._take_in(name, filled)
        apps.copy(self.first, made)
        return made

    def clone(self, name: str, source: str) -> Org:
        """A new org with the records of another as they are now; KeyError when there is no such other."""
        return self._take_in(name, self.get(source))

    def remove(self, name: str) -> None:
        """Forget an org and its file. The first one stays."""
        with self._lock:
            if name == self.first.name:
                raise ValueError(f"The org {name} was there first and stays; reset it instead.")
            org = self.get(name)
            del self._orgs[name], self._apps[name]
            self._addresses.pop(name).close()
            org.close()
            if self._directory is not None:
                shutil.rmtree(self._directory / name)

    def close(self) -> None:
        """Close all but the first org. Idempotent."""
        with self._lock:
            for address in self._addresses.values():
                address.close()
            for org in self.all()[1:]:
                org.close()
            self._addresses.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def by_host(self, host: str) -> Org | None:
        """The org that a host names: the first one for hosts that name none, and for all while it is alone."""
        name = hosts.org_name(host)
        with self._lock:
            if name is None or len(self._orgs) == 1:
                return self.first
            return self._orgs.get(name)

    def _take_in(self, name: str, source: Org) -> Org:
        hosts.check_name(name)
        with self._lock:
            if name in self._orgs:
                raise ValueError(f"There is an org called {name} already.")
            made = source.clone(None if self._directory is None else self._directory / name)
            naming.give(made.store, name)
            return self._add(made)

    def _add(self, org: Org) -> Org:
        app = create_app(org)
        address = self._listen(org, app)
        org.base_url = address.url
        self._orgs[org.name], self._apps[org.name], self._addresses[org.name] = org, app, address
        return org


class OrgsApp:
    """The WSGI application that hands every request to the org it is for."""

    def __init__(self, orgs: Orgs) -> None:
        self._orgs = orgs

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        target = str(environ.get("REQUEST_URI") or environ.get("PATH_INFO", ""))
        if target.startswith(orgs_door.PREFIX):
            return orgs_door.application(self._orgs, environ, start_response)
        host = urlsplit(f"//{environ.get('HTTP_HOST', '')}").hostname or ""
        if host in hosts.LOGIN_HOSTS and not target.startswith(side_door.PREFIX):
            return self._orgs.app(self._shared(environ, target))(environ, start_response)
        org = self._orgs.by_host(host)
        if org is None:
            start_response("404 Not Found", [("Content-Type", "text/plain;charset=UTF-8")])
            return [f"No org of this playground is called {hosts.org_name(host)}.\n".encode()]
        return self._orgs.app(org)(environ, start_response)

    def _shared(self, environ: dict[str, Any], target: str) -> Org:
        content = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(content)
        return discovery.owner(self._orgs.all(), target, str(environ.get("HTTP_AUTHORIZATION", "")), content)
