"""Daily allowances of Bulk API 2.0, as ``/limits`` names them (salesforce-api.md 3.8, 6.3)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from playground import errors, values
from playground.bulk2.jobs import JobStore
from playground.org import Org

QUERY_JOBS = "DailyBulkV2QueryJobs"
QUERY_BYTES = "DailyBulkV2QueryFileStorageMB"
BATCHES = "DailyBulkApiBatches"
QUERY_JOBS_A_DAY = 10_000
_MEGABYTE = 1024 * 1024


def count(org: Org, name: str, amount: int) -> None:
    """Note that so much was used now. ``QUERY_BYTES`` is counted in bytes."""
    JobStore(org.store).count_use(name, values.stamp(org.now())[:13], amount)


def used(org: Org, name: str) -> int:
    """What was used in the last 24 hours."""
    return JobStore(org.store).used_since(name, values.stamp(org.now() - timedelta(hours=24))[:13])


def check_query_jobs(org: Org) -> None:
    """LIMIT_EXCEEDED when no more query jobs may be made today."""
    if used(org, QUERY_JOBS) >= QUERY_JOBS_A_DAY:
        raise errors.ApiError(f"The daily limit of {QUERY_JOBS_A_DAY} query jobs is reached.", code="LIMIT_EXCEEDED")


def remaining(org: Org, limits: Mapping[str, int]) -> dict[str, int]:
    """What is left of the allowances that Bulk API 2.0 uses, given how much there is of each."""
    spent = {
        QUERY_JOBS: used(org, QUERY_JOBS),
        QUERY_BYTES: -(-used(org, QUERY_BYTES) // _MEGABYTE),
        BATCHES: used(org, BATCHES),
    }
    return {name: max(0, limits[name] - amount) for name, amount in spent.items() if name in limits}
