"""Bulk API 1.0 of the playground org, in CSV, XML and JSON (salesforce-api.md, section 7).

Jobs, batches and results live in the org's own database, so they survive a restart and go when the org is reset. A
batch does its work when it is looked at, as bulk jobs of version 2.0 do, and the same settings keep it waiting.
"""

from playground.bulk1.endpoint import answer

__all__ = ["answer"]
