"""What integrators may rely on, and what happens when their own packages stand in front of ours."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import forcemirror
from forcemirror import project
from forcemirror.errors import NoProject

ROOT = Path(__file__).resolve().parents[2]


def test_the_public_names_are_these() -> None:
    assert sorted(forcemirror.__all__) == [
        "ConfigurationError",
        "ForcemirrorError",
        "Mirror",
        "PlanRefused",
        "RunFailed",
        "SalesforceError",
        "StoreError",
        "__version__",
        "open",
    ]
    assert all(hasattr(forcemirror, name) for name in forcemirror.__all__)


def test_the_mirrors_public_names_are_these() -> None:
    assert [name for name in vars(forcemirror.Mirror) if not name.startswith("_")] == [
        "engine",
        "records",
        "table",
        "sync",
        "plan",
        "status",
        "query",
        "close",
    ]


def test_a_name_that_is_not_there_is_missing_as_in_any_module() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = forcemirror.nothing


def test_a_mirror_is_opened_from_inside_its_project(tmp_path: Path) -> None:
    made = project.create(tmp_path / "acme")
    with forcemirror.open(made.state) as mirror, mirror.engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM touched").scalar_one() == 0


def test_outside_a_project_there_is_no_mirror(tmp_path: Path) -> None:
    with pytest.raises(NoProject):
        forcemirror.open(tmp_path)


def in_a_folder_with(folder: Path, statement: str) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, "-c", statement], cwd=folder, env=environ, capture_output=True, text=True, timeout=60
    )


@pytest.mark.parametrize(
    "shadow", ["config.py", "web/__init__.py", "mapping.py", "pipeline/__init__.py", "connector.py"]
)
def test_a_package_of_the_callers_own_in_front_of_ours_is_said_in_a_sentence(shadow: str, tmp_path: Path) -> None:
    (tmp_path / shadow).parent.mkdir(exist_ok=True)
    (tmp_path / shadow).write_text("", encoding="utf-8")
    ended = in_a_folder_with(tmp_path, "import forcemirror")
    name = shadow.removesuffix(".py").removesuffix("/__init__")
    last = ended.stderr.strip().splitlines()[-1]
    assert last.startswith(f"ImportError: Forcemirror needs its own package '{name}', but Python found another one")
    assert str(tmp_path) in last


def test_the_shadow_is_noticed_when_it_was_imported_before(tmp_path: Path) -> None:
    (tmp_path / "config.py").write_text("", encoding="utf-8")
    ended = in_a_folder_with(tmp_path, "import config, forcemirror")
    assert "ImportError: Forcemirror needs its own package 'config'" in ended.stderr


def test_a_folder_that_is_no_package_does_no_harm(tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "settings.yaml").write_text("", encoding="utf-8")
    assert in_a_folder_with(tmp_path, "import forcemirror; print(forcemirror.__version__)").returncode == 0
