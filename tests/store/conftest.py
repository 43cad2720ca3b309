"""A store with the objects of a deal, in a real file."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from local_store.store import Store
from tests.store.objects import deals


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "mirror.db"


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty mirror, made once and copied for every test."""
    made = tmp_path_factory.mktemp("template") / "mirror.db"
    with Store.open(f"sqlite:///{made}") as store:
        deals(store)
    return made


@pytest.fixture
def store(template: Path, path: Path) -> Iterator[Store]:
    shutil.copy(template, path)
    with Store.open(f"sqlite:///{path}") as opened:
        yield opened


@pytest.fixture
def stranger(store: Store, path: Path) -> Iterator[sqlite3.Connection]:
    """Another program's connection: the driver's defaults, no pragma of ours, recursive triggers off."""
    connection = sqlite3.connect(path, isolation_level=None)
    assert connection.execute("PRAGMA recursive_triggers").fetchone() == (0,)
    yield connection
    connection.close()
