"""A store with the objects of a deal, in a real file."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from local_store.store import Store
from tests.store.objects import deals


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "mirror.db"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    with Store.open(f"sqlite:///{path}") as opened:
        deals(opened)
        yield opened


@pytest.fixture
def stranger(store: Store, path: Path) -> Iterator[sqlite3.Connection]:
    """Another program's connection: the driver's defaults, no pragma of ours, recursive triggers off."""
    connection = sqlite3.connect(path, isolation_level=None)
    assert connection.execute("PRAGMA recursive_triggers").fetchone() == (0,)
    yield connection
    connection.close()
