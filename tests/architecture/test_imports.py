"""The import rule of docs/architecture.md, as a test. Arrows point down only."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

LAYERS = (
    ("forcemirror",),
    ("web",),
    ("pipeline", "connector.sync.engine"),
    ("connector.salesforce", "local_store"),
    ("connector.sync",),
    ("mapping",),
    ("config",),
)
"""From the top down. A module may import from layers below its own, never from above or beside."""

OURS = ("forcemirror", "web", "pipeline", "connector", "local_store", "mapping", "config")

ENGINE_MODULES = ("connector.sync.engine", "connector.sync.pull", "connector.sync.push")
"""The modules of the sync core that drive the others and may speak of runs in progress."""

IMPURE = frozenset(
    {
        "alembic",
        "asyncio",
        "click",
        "flask",
        "http",
        "io",
        "logging",
        "os",
        "pathlib",
        "random",
        "requests",
        "rich",
        "secrets",
        "shutil",
        "simple_salesforce",
        "socket",
        "sqlalchemy",
        "sqlite3",
        "ssl",
        "subprocess",
        "tempfile",
        "tenacity",
        "threading",
        "time",
        "urllib",
        "urllib3",
    }
)


def modules(*packages: str) -> Iterator[tuple[str, Path]]:
    for package in packages:
        for path in sorted((ROOT / package).rglob("*.py")):
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            yield name.removesuffix(".__init__"), path


def imported(path: Path) -> Iterator[str]:
    """Every absolute module name a file imports, at any depth; relative imports are not used in this project."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name} uses a relative import"
            module = node.module or ""
            yield from (f"{module}.{alias.name}" for alias in node.names)


def is_in(name: str, package: str) -> bool:
    return name == package or name.startswith(package + ".")


def layer_of(name: str) -> int | None:
    matches = [
        (len(package), depth) for depth, packages in enumerate(LAYERS) for package in packages if is_in(name, package)
    ]
    if any(is_in(name, module) for module in ENGINE_MODULES):
        return next(depth for depth, packages in enumerate(LAYERS) if "connector.sync.engine" in packages)
    return max(matches)[1] if matches else None


def root_of(name: str) -> str | None:
    depth = layer_of(name)
    if depth is None:
        return None
    if any(is_in(name, module) for module in ENGINE_MODULES):
        return "connector.sync.engine"
    return next(package for package in LAYERS[depth] if is_in(name, package))


def upward_imports() -> list[str]:
    problems = []
    for name, path in modules(*OURS):
        for target in imported(path):
            here, there = layer_of(name), layer_of(target)
            if here is None or there is None or root_of(name) == root_of(target):
                continue
            if there <= here:
                problems.append(f"{name} imports {target}")
    return problems


def test_imports_point_down_only() -> None:
    assert upward_imports() == []


def test_the_playground_shares_no_code_in_either_direction() -> None:
    from_playground = [
        f"{name} imports {target}"
        for name, path in modules("playground")
        for target in imported(path)
        if any(is_in(target, ours) for ours in OURS)
    ]
    to_playground = [
        f"{name} imports {target}"
        for name, path in modules(*OURS)
        for target in imported(path)
        if is_in(target, "playground")
    ]
    assert from_playground + to_playground == []


def pure_modules() -> list[tuple[str, Path]]:
    core = [
        (name, path)
        for name, path in modules("connector/sync")
        if not any(is_in(name, module) for module in ENGINE_MODULES)
    ]
    return [*modules("mapping"), *core]


@pytest.mark.parametrize(("name", "path"), pure_modules(), ids=lambda value: value if isinstance(value, str) else "")
def test_pure_modules_cannot_block_fail_or_tell_the_time(name: str, path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    tells_the_time = [
        node.func.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"now", "utcnow", "today"}
    ]
    impure = [target for target in imported(path) if target.split(".")[0] in IMPURE]
    assert (name, impure, tells_the_time) == (name, [], [])


def test_the_settings_need_only_the_standard_library() -> None:
    allowed = {"__future__", "collections", "dataclasses", "enum", "pathlib", "tomllib", "typing", "datetime", "re"}
    allowed |= {"config", "difflib", "functools", "importlib", "zoneinfo", "decimal"}
    foreign = [
        f"{name} imports {target}"
        for name, path in modules("config")
        for target in imported(path)
        if target.split(".")[0] not in allowed
    ]
    assert foreign == []


def test_a_planted_upward_import_is_noticed(tmp_path: Path) -> None:
    """The check can fail: the planner must not import the store."""
    assert layer_of("local_store.store") is not None
    assert (layer_of("local_store.store") or 0) < (layer_of("connector.sync.plan") or 0)
    planted = tmp_path / "planted.py"
    planted.write_text("from local_store.store import Store\n", encoding="utf-8")
    assert list(imported(planted)) == ["local_store.store.Store"]
