"""Which call of Bulk API 2.0 goes where, below ``/services/data/vXX.0``. Letter case and trailing slashes do not
matter."""

from __future__ import annotations

from collections.abc import Callable

from playground.bulk2 import ingest_jobs, query_jobs
from playground.calls import Answer

ROUTES: tuple[tuple[str, str, Callable[..., Answer]], ...] = (
    ("POST", "jobs/query", query_jobs.create),
    ("GET", "jobs/query", query_jobs.listed),
    ("GET", "jobs/query/*", query_jobs.read),
    ("PATCH", "jobs/query/*", query_jobs.change),
    ("DELETE", "jobs/query/*", query_jobs.delete),
    ("GET", "jobs/query/*/results", query_jobs.results),
    ("GET", "jobs/query/*/resultPages", query_jobs.result_pages),
    ("POST", "jobs/ingest", ingest_jobs.create),
    ("GET", "jobs/ingest", ingest_jobs.listed),
    ("GET", "jobs/ingest/*", ingest_jobs.read),
    ("PATCH", "jobs/ingest/*", ingest_jobs.change),
    ("DELETE", "jobs/ingest/*", ingest_jobs.delete),
    ("PUT", "jobs/ingest/*/batches", ingest_jobs.upload),
    ("GET", "jobs/ingest/*/successfulResults", ingest_jobs.successful_results),
    ("GET", "jobs/ingest/*/failedResults", ingest_jobs.failed_results),
    ("GET", "jobs/ingest/*/unprocessedRecords", ingest_jobs.unprocessed_records),
)
