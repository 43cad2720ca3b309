"""Bulk API 2.0 of the playground org: query and ingest jobs (salesforce-api.md, section 6).

Jobs, uploads and results live in the org's own database, so they survive a restart and go when the org is reset.
A job does its work when it is looked at: the first poll that finds it due runs it and answers with its end, other
requests are served meanwhile. ``Settings.bulk_polls_in_progress`` and ``bulk_seconds_in_progress`` keep it waiting.
"""

from playground.bulk2.routes import ROUTES

__all__ = ["ROUTES"]
