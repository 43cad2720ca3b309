"""Forcemirror: a two-way mirror of a Salesforce org's deals in a local SQL database."""

from __future__ import annotations

from forcemirror import shadow

shadow.check()

__version__ = "0.1.0"
