"""How fast the playground's Bulk API 2.0 is: rows per second out and in, and what memory the server needs for it.

    python benchmarks/bulk2.py --rows 200000 --ingest 20000

The server is a process of its own behind TLS on loopback, so its memory is not the client's. Rows are contacts with
20 columns.
"""

from __future__ import annotations

import argparse
import json
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import requests

from playground.catalogue import load_schema
from playground.ids import make_id
from playground.org import DATABASE_NAME, Org
from playground.store import Store

COLUMNS = (  # noqa: SIM905 - twenty names are read more easily so
    "Id LastName FirstName Name AccountId Account.Name Email Phone Title Department MailingStreet MailingCity "
    "MailingPostalCode MailingCountry Description OwnerId IsDeleted CreatedDate LastModifiedDate SystemModstamp"
).split()
_PAGE_ROWS = 50_000
_START_S = 60.0
_INSERTED_AT_ONCE = 10_000


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, default=200_000, help="rows to query (default 200,000)")
    parser.add_argument("--ingest", type=int, default=20_000, help="rows to insert, update and delete (default 20,000)")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        fill(Path(folder), wanted.rows)
        with served(Path(folder)) as (api, process):
            measure_query(api, process)
            measure_ingest(api, process, wanted.ingest)


def fill(folder: Path, rows: int) -> None:
    """A seeded org with that many contacts more, written straight into its database."""
    Org.open(folder).close()
    with closing(Store.open(folder / DATABASE_NAME, load_schema())) as store:
        account = store.select("Account", "NOT IsDeleted LIMIT 1")[0]
        sample = store.select("Contact", "NOT IsDeleted LIMIT 1")[0]
        for start in range(0, rows, _INSERTED_AT_ONCE):
            with store.transaction():
                store.insert_all(
                    "Contact",
                    [
                        sample
                        | {
                            "Id": make_id("003", 10_000_000 + number),
                            "LastName": f"Load {number}",
                            "Name": f"Ann Load {number}",
                            "AccountId": account["Id"],
                            "Email": f"load.{number}@example.com",
                            "MailingStreet": f'{number} Long Street\n"Flat" {number % 90}',
                            "Description": "Met at the fair; wants to hear from us in spring, é. " * 3,
                        }
                        for number in range(start, min(rows, start + _INSERTED_AT_ONCE))
                    ],
                )


@contextmanager
def served(folder: Path) -> Iterator[tuple[Api, subprocess.Popen[bytes]]]:
    """The playground as a process, until the block ends."""
    details_file = folder / "playground.json"
    with subprocess.Popen([sys.executable, "-m", "playground", "--port", "0", "--dir", str(folder)]) as process:
        try:
            until = time.monotonic() + _START_S
            while not details_file.exists():
                if process.poll() is not None or time.monotonic() > until:
                    raise SystemExit("The playground did not start.")
                time.sleep(0.05)
            with requests.Session() as session:
                yield Api(session, json.loads(details_file.read_text(encoding="utf-8"))), process
        finally:
            process.send_signal(signal.SIGTERM)


class Api:
    """Calls below ``/services/data/v67.0/jobs``."""

    def __init__(self, session: requests.Session, details: dict[str, Any]) -> None:
        session.trust_env = False
        session.verify = details["ca_file"]
        session.headers["Authorization"] = f"Bearer {details['access_token']}"
        self._session = session
        self._root = f"{details['url']}/services/data/v67.0/jobs"

    def __call__(self, method: str, path: str, **options: Any) -> requests.Response:
        answer = self._session.request(method, self._root + path, timeout=600, **options)
        answer.raise_for_status()
        return answer


def measure_query(api: Api, process: subprocess.Popen[bytes]) -> None:
    """One job over all contacts, then all of its pages to nowhere."""
    soql = f"SELECT {', '.join(COLUMNS)} FROM Contact"
    before = peak_mb(process)
    began = time.perf_counter()
    job = api("POST", "/query", json={"operation": "query", "query": soql}).json()["id"]
    rows = api("GET", f"/query/{job}").json()["numberRecordsProcessed"]
    ran = time.perf_counter()
    size, read, locator = 0, 0, ""
    while locator != "null":
        with api(
            "GET", f"/query/{job}/results", params={"locator": locator, "maxRecords": _PAGE_ROWS}, stream=True
        ) as page:
            size += sum(len(chunk) for chunk in page.iter_content(1024 * 1024))
            read += int(page.headers["Sforce-NumberOfRecords"])
            locator = page.headers["Sforce-Locator"]
    done = time.perf_counter()
    if read != rows:
        raise SystemExit(f"{rows} rows were processed, but {read} were read.")
    print(f"query     {rows:>9,} rows x {len(COLUMNS)} columns, {size / 1e6:,.0f} MB")
    report("  the job", rows, ran - began)
    report("  its results", rows, done - ran)
    report("  together", rows, done - began)
    print(f"  server's memory: {before:,.0f} MB before, at most {peak_mb(process):,.0f} MB")


def measure_ingest(api: Api, process: subprocess.Popen[bytes], rows: int) -> None:
    """Insert, update and delete that many contacts."""
    inserted = "LastName,FirstName,Email\n" + "".join(f"In {n},Ann,in.{n}@example.com\n" for n in range(rows))
    ids = run(api, "insert", inserted, rows)
    run(api, "update", "Id,Title\n" + "".join(f"{record_id},Boss\n" for record_id in ids), rows)
    run(api, "delete", "Id\n" + "".join(f"{record_id}\n" for record_id in ids), rows)
    print(f"  server's memory: at most {peak_mb(process):,.0f} MB")


def run(api: Api, operation: str, data: str, rows: int) -> list[str]:
    """One ingest job to its end; the ids of its records."""
    began = time.perf_counter()
    job = api("POST", "/ingest", json={"operation": operation, "object": "Contact"}).json()["id"]
    api("PUT", f"/ingest/{job}/batches", data=data.encode(), headers={"Content-Type": "text/csv"})
    api("PATCH", f"/ingest/{job}", json={"state": "UploadComplete"})
    found = api("GET", f"/ingest/{job}").json()
    if (found["state"], found["numberRecordsProcessed"], found["numberRecordsFailed"]) != ("JobComplete", rows, 0):
        raise SystemExit(f"The job did not do all rows: {found}")
    report(f"{operation:<9}", rows, time.perf_counter() - began)
    return re.findall(r'^"(003\w{15})"', api("GET", f"/ingest/{job}/successfulResults").text, re.MULTILINE)


def report(what: str, rows: int, seconds: float) -> None:
    """One line of figures."""
    print(f"{what:<14} {rows / seconds:>9,.0f} rows/s  ({seconds:.2f} s)")


def peak_mb(process: subprocess.Popen[bytes]) -> float:
    """The most memory the process ever held, in MB; 0 where the system does not tell."""
    status = Path(f"/proc/{process.pid}/status")
    found = re.search(r"VmHWM:\s+(\d+) kB", status.read_text(encoding="ascii")) if status.exists() else None
    return int(found[1]) / 1024 if found else 0.0


if __name__ == "__main__":
    main()
