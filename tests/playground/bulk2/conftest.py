"""Short words for what tests do with bulk jobs."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import Any

import pytest
import requests

from tests.playground.conftest import Caller


@dataclass
class Bulk:
    """Bulk calls of one caller."""

    api: Caller

    def query(self, soql: str, **options: Any) -> str:
        """Make a query job and return its id."""
        answer = self.api.post("/jobs/query", {"operation": "query", "query": soql} | options)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["id"])

    def ingest(self, operation: str, object_name: str, data: str | bytes, **options: Any) -> str:
        """Make an ingest job, give it its data, close it and return its id."""
        job_id = self.open(operation, object_name, **options)
        uploaded = self.upload(job_id, data)
        assert (uploaded.status_code, uploaded.content) == (201, b"")
        assert self.close(job_id).status_code == 200
        return job_id

    def open(self, operation: str, object_name: str, **options: Any) -> str:
        answer = self.api.post("/jobs/ingest", {"operation": operation, "object": object_name} | options)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["id"])

    def upload(self, job_id: str, data: str | bytes) -> requests.Response:
        content = data.encode() if isinstance(data, str) else data
        return self.api("PUT", f"/jobs/ingest/{job_id}/batches", data=content, headers={"Content-Type": "text/csv"})

    def close(self, job_id: str) -> requests.Response:
        return self.api.patch(f"/jobs/ingest/{job_id}", {"state": "UploadComplete"})

    def poll(self, kind: str, job_id: str) -> dict[str, Any]:
        answer = self.api.get(f"/jobs/{kind}/{job_id}")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def done(self, job_id: str) -> dict[str, Any]:
        """Poll an ingest job that ends at the first look."""
        found = self.poll("ingest", job_id)
        assert found["state"] == "JobComplete", found
        return found

    def rows(self, job_id: str, result: str) -> list[dict[str, str]]:
        """The rows of ``successfulResults`` or ``failedResults``."""
        answer = self.api.get(f"/jobs/ingest/{job_id}/{result}/")
        assert answer.status_code == 200, answer.text
        return list(csv.DictReader(io.StringIO(answer.content.decode(), newline="")))

    def errors(self, job_id: str) -> list[str]:
        return sorted(row["sf__Error"] for row in self.rows(job_id, "failedResults"))


@pytest.fixture
def bulk(api: Caller) -> Bulk:
    return Bulk(api)
