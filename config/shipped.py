"""The text of the files that ship: objects, stage sets, exercises."""

from __future__ import annotations

from importlib.resources import files


def _texts(folder: str) -> dict[str, str]:
    entries = sorted(files("config").joinpath(folder).iterdir(), key=lambda entry: entry.name)
    return {
        entry.name.removesuffix(".toml"): entry.read_text(encoding="utf-8")
        for entry in entries
        if entry.name.endswith(".toml")
    }


def object_texts() -> dict[str, str]:
    """The shipped object files by name."""
    return _texts("objects")


def stage_set_texts() -> dict[str, str]:
    """The shipped stage sets by name."""
    return _texts("stages")


def exercise_texts() -> dict[str, str]:
    """The shipped exercises by name."""
    return _texts("exercises")
