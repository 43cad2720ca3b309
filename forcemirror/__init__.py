"""Forcemirror: a two-way mirror of a Salesforce org's deals in a local SQL database.

What integrators import is this module alone; the names in ``__all__`` are kept.

    with forcemirror.open("acme") as mirror:
        mirror.records.update("Opportunity", deal, {"NextStep": "Call Lars"})
        report = mirror.sync()
"""

from __future__ import annotations

from importlib import import_module
from os import PathLike
from typing import TYPE_CHECKING, Any

from forcemirror import shadow

shadow.check()

if TYPE_CHECKING:
    from config.problems import ConfigurationError
    from connector.salesforce.errors import SalesforceError
    from connector.sync.errors import PlanRefused, RunFailed
    from forcemirror.errors import ForcemirrorError
    from forcemirror.mirror import Mirror
    from local_store.errors import StoreError

__version__ = "0.1.0"

__all__ = [
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

HOMES = {
    "ConfigurationError": "config.problems",
    "ForcemirrorError": "forcemirror.errors",
    "Mirror": "forcemirror.mirror",
    "PlanRefused": "connector.sync.errors",
    "RunFailed": "connector.sync.errors",
    "SalesforceError": "connector.salesforce.errors",
    "StoreError": "local_store.errors",
}


def open(path: str | PathLike[str] = ".") -> Mirror:
    """Open the mirror of the project in ``path``, or in a folder above it. Close it, or use it in a ``with``."""
    from forcemirror.mirror import open_mirror

    return open_mirror(path)


def __getattr__(name: str) -> Any:
    """Load a public name when it is first asked for: the command line must start fast."""
    if name not in HOMES:
        raise AttributeError(f"module 'forcemirror' has no attribute {name!r}")
    return getattr(import_module(HOMES[name]), name)
