"""A real playground process over TLS, and projects that mirror it."""

from __future__ import annotations

import json
import shutil
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote
from urllib.request import Request, urlopen

import pytest

from forcemirror import project as projects
from forcemirror.child import Playground
from forcemirror.project import Project
from tests.support.terminal import run


@dataclass(frozen=True)
class Org:
    """The playground as another program sees it: HTTP and JSON, nothing of ours."""

    folder: Path

    @property
    def told(self) -> dict[str, Any]:
        """What ``playground.json`` says."""
        found: dict[str, Any] = json.loads((self.folder / "playground.json").read_text(encoding="utf-8"))
        return found

    def call(self, method: str, path: str, body: object = None, headers: dict[str, str] | None = None) -> Any:
        """One request with the access token of ``playground.json``."""
        told = self.told
        request = Request(
            told["url"] + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "Authorization": f"Bearer {told['access_token']}",
                "Content-Type": "application/json",
                **(headers or {}),
            },
        )
        context = ssl.create_default_context(cafile=told["ca_file"])
        with urlopen(request, context=context, timeout=30) as answer:
            content = answer.read()
        return json.loads(content) if content else None

    def query(self, soql: str) -> list[dict[str, Any]]:
        """The rows of a query."""
        found: list[dict[str, Any]] = self.call("GET", f"/services/data/v67.0/query?q={quote(soql)}")["records"]
        return found

    def edit(self, object_name: str, record_id: str, **fields: object) -> None:
        """Change a record, as ``curl -X PATCH`` would."""
        self.call("PATCH", f"/services/data/v67.0/sobjects/{object_name}/{record_id}", fields)

    def side_door(self, method: str, path: str, body: object = None) -> Any:
        """Order what no real org lets anybody order."""
        return self.call(method, f"/__playground__/{path}", body, {"X-Playground": "1"})


@pytest.fixture(scope="session")
def org(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Org]:
    """A playground that all tests of this process share; each leaves the others' records alone."""
    with Playground.start(tmp_path_factory.mktemp("playground"), 0) as playground:
        yield Org(playground.folder)


@pytest.fixture(scope="session")
def loaded(org: Org, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project that was connected and synced once; to be copied, not used."""
    project = projects.create(tmp_path_factory.mktemp("loaded") / "acme")
    connected = run("connect", "--playground", org.folder, "--yes", project=project.folder)
    assert connected.code == 0, connected.err
    synced = run("sync", project=project.folder)
    assert synced.code == 0, synced.err
    return project


@pytest.fixture
def acme(loaded: Project, tmp_path: Path) -> Iterator[Project]:
    """A project of the test's own that is up to date."""
    shutil.copytree(loaded.folder, tmp_path / "acme")
    project = Project(tmp_path / "acme")
    caught_up = run("sync", project=project.folder)
    assert caught_up.code == 0, caught_up.err
    yield project


@pytest.fixture
def new(tmp_path: Path, org: Org) -> Project:
    """A project that knows the playground and was never connected."""
    return projects.create(tmp_path / "new")
