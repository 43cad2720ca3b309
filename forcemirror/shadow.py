"""Notice when a caller's own ``config`` or ``web`` stands in front of ours, and say so in a sentence.

Some of our packages have everyday names. Python imports whichever it finds first, and the failure would come much
later and far from its cause.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

OURS = ("config", "mapping", "connector", "local_store", "pipeline", "web")


def check() -> None:
    """Raise ImportError when one of our packages would be taken from somewhere else."""
    home = Path(__file__).resolve().parents[1]
    for name in OURS:
        place = _place_of(name)
        if place is None:
            raise ImportError(f"Forcemirror is not installed whole: its package {name!r} is missing. Install it again.")
        if place != home / name:
            raise ImportError(
                f"Forcemirror needs its own package {name!r}, but Python found another one first: {place}. "
                f"Rename that one, or run Python from another folder."
            )


def _place_of(name: str) -> Path | None:
    """The folder of a package, or the file of a module that stands in its place."""
    try:
        spec = find_spec(name)
    except ValueError:
        return None
    if spec is None:
        return None
    if spec.submodule_search_locations:
        return Path(next(iter(spec.submodule_search_locations))).resolve()
    return Path(spec.origin).resolve() if spec.origin else None
