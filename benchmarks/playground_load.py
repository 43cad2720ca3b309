"""How the playground bears many clients at once, and how fast it answers: a table, nothing is kept.

    python benchmarks/playground_load.py --clients 16 --seconds 60 --opportunities 20000

The server is a process of its own behind TLS on loopback; the clients are threads of this one, so on a small machine
they take their share of its processors. Bulk API 2.0 is measured by ``benchmarks/bulk2.py``, the generator by the time
that ``python -m playground --generate`` takes.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

_START_S = 900.0
_SHARED = 5
"""So many opportunities are changed by all clients; every other one by one client alone."""
_READ_COLUMNS = "Id, OpportunityId, StageName, Amount, CloseDate, Probability, CreatedDate, SystemModstamp"
_PAGE_ROWS = 2_000


class Client:
    """One session of the API."""

    def __init__(self, details: dict[str, Any]) -> None:
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.verify = details["ca_file"]
        self._session.headers["Authorization"] = f"Bearer {details['access_token']}"
        self._url = str(details["url"])
        self._root = f"/services/data/v{details['api_version']}"

    def __call__(self, method: str, path: str, **options: Any) -> Any:
        """The answer's JSON, None when there is none. RuntimeError for a refusal."""
        path = path if path.startswith("/services") else self._root + path
        answer = self._session.request(method, self._url + path, timeout=120, **options)
        if answer.status_code >= 400:
            raise RuntimeError(f"{method} {path}: {answer.status_code} {answer.text[:200]}")
        return answer.json() if answer.content else None

    def query(self, soql: str) -> Iterator[dict[str, Any]]:
        """All rows of a query."""
        page = self("GET", "/query", params={"q": soql})
        yield from page["records"]
        while "nextRecordsUrl" in page:
            page = self("GET", page["nextRecordsUrl"])
            yield from page["records"]

    def close(self) -> None:
        """End the connection."""
        self._session.close()


@dataclass
class Done:
    """What one client did and was told it did."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    created: dict[str, str] = field(default_factory=dict)
    """Subjects of tasks by id."""
    written: dict[str, str] = field(default_factory=dict)
    """The last NextStep of the client's own opportunities, by id."""
    shared: list[tuple[str, str]] = field(default_factory=list)
    """Every NextStep given to a shared opportunity, with its id."""
    deleted: set[str] = field(default_factory=set)
    errors: list[str] = field(default_factory=list)


class Worker(threading.Thread):
    """One client under way: reads and writes, as chance has it, until the time is over."""

    def __init__(self, number: int, details: dict[str, Any], own: list[str], shared: list[str], until: float) -> None:
        super().__init__(name=f"client {number}")
        self.done = Done()
        self._number = number
        self._rng = random.Random(number)
        self._client = Client(details)
        self._own, self._shared, self._until = own, shared, until
        self._calls = 0

    def run(self) -> None:
        """Make calls; an error is noted, not raised."""
        kinds: tuple[tuple[str, int, Callable[[], None]], ...] = (
            ("GET record", 50, self._read),
            ("PATCH record", 22, self._write),
            ("PATCH shared record", 5, self._write_shared),
            ("POST record", 10, self._create),
            ("DELETE record", 3, self._delete),
            ("query, 200 rows", 7, self._query_little),
            ("query, 2,000 rows", 3, self._query_page),
        )
        weights = [weight for _, weight, _ in kinds]
        while time.monotonic() < self._until:
            name, _, call = self._rng.choices(kinds, weights)[0]
            self._calls += 1
            began = time.perf_counter()
            try:
                call()
            except (RuntimeError, requests.RequestException) as error:
                self.done.errors.append(f"{name}: {error}")
            else:
                self.done.seconds[name].append(time.perf_counter() - began)
        self._client.close()

    def _read(self) -> None:
        record_id = self._rng.choice(self._own)
        found = self._client("GET", f"/sobjects/Opportunity/{record_id}")["NextStep"]
        if record_id in self.done.written and found != self.done.written[record_id]:
            raise RuntimeError(f"{record_id} reads {found!r}, but {self.done.written[record_id]!r} was written.")

    def _write(self) -> None:
        record_id, text = self._rng.choice(self._own), self._text()
        self._client("PATCH", f"/sobjects/Opportunity/{record_id}", json={"NextStep": text})
        self.done.written[record_id] = text

    def _write_shared(self) -> None:
        record_id, text = self._rng.choice(self._shared), self._text()
        self._client("PATCH", f"/sobjects/Opportunity/{record_id}", json={"NextStep": text})
        self.done.shared.append((record_id, text))

    def _create(self) -> None:
        text = self._text()
        made = self._client("POST", "/sobjects/Task", json={"Subject": text, "WhatId": self._rng.choice(self._own)})
        self.done.created[made["id"]] = text

    def _delete(self) -> None:
        if self.done.created:
            record_id, _ = self.done.created.popitem()
            self._client("DELETE", f"/sobjects/Task/{record_id}")
            self.done.deleted.add(record_id)

    def _query_little(self) -> None:
        stage = self._rng.choice(("Prospecting", "Closed Won", "Negotiation/Review"))
        self._client(
            "GET",
            "/query",
            params={"q": f"SELECT Id, Name, Account.Name FROM Opportunity WHERE StageName = '{stage}' LIMIT 200"},
        )

    def _query_page(self) -> None:
        soql = f"SELECT {_READ_COLUMNS} FROM OpportunityHistory ORDER BY SystemModstamp DESC, Id LIMIT {_PAGE_ROWS}"
        found = self._client("GET", "/query", params={"q": soql})
        if len(found["records"]) != min(_PAGE_ROWS, found["totalSize"]):
            raise RuntimeError(f"{len(found['records'])} of {found['totalSize']} rows came.")

    def _text(self) -> str:
        return f"client {self._number} call {self._calls}"


def main() -> None:
    """Measure and print; exit 1 when something failed or was lost."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=60.0, help="how long the mixed load lasts (default 60)")
    parser.add_argument("--opportunities", type=int, default=20_000, help="how large the org is (default 20,000)")
    parser.add_argument("--single-seconds", type=float, default=5.0, help="how long each single figure is measured")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, served(Path(folder), wanted.opportunities) as (details, process):
        client = Client(details)
        ids = [row["Id"] for row in client.query("SELECT Id FROM Opportunity")]
        measure_single(client, ids, wanted.single_seconds)
        problems = measure_load(details, ids, wanted.clients, wanted.seconds)
        client.close()
        print(f"server's memory: at most {peak_mb(process):,.0f} MB")
    if problems:
        raise SystemExit("\n".join(problems[:20]))


@contextmanager
def served(folder: Path, opportunities: int) -> Iterator[tuple[dict[str, Any], subprocess.Popen[bytes]]]:
    """A generated org as a process, until the block ends."""
    details_file = folder / "playground.json"
    options = ["--generate", f"opportunities={opportunities}", "--set", "daily_api_calls=1000000000"]
    command = [sys.executable, "-m", "playground", "--port", "0", "--dir", str(folder), *options]
    began = time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        try:
            while not details_file.exists():
                if process.poll() is not None or time.monotonic() > began + _START_S:
                    raise SystemExit("The playground did not start.")
                time.sleep(0.05)
            print(f"{opportunities:,} opportunities generated and served after {time.monotonic() - began:.0f} s")
            yield json.loads(details_file.read_text(encoding="utf-8")), process
        finally:
            process.send_signal(signal.SIGTERM)


def measure_single(client: Client, ids: list[str], seconds: float) -> None:
    """One client, one kind of call at a time."""
    records = iter(ids * 1_000)
    per_second("GET record", lambda: client("GET", f"/sobjects/Opportunity/{next(records)}"), seconds)
    numbers = iter(range(10**9))
    change = lambda: client(  # noqa: E731 - it is used once
        "PATCH", f"/sobjects/Opportunity/{next(records)}", json={"NextStep": f"single {next(numbers)}"}
    )
    per_second("PATCH record", change, seconds)
    soql = f"SELECT {_READ_COLUMNS} FROM OpportunityHistory"
    began, rows = time.perf_counter(), 0
    for _ in client.query(soql):
        rows += 1
        if rows % _PAGE_ROWS == 0 and time.perf_counter() > began + seconds:
            break
    took = time.perf_counter() - began
    pages = rows / _PAGE_ROWS
    print(f"{'query pages':<22} {pages / took:>8,.1f} /s of 2,000 rows and 8 columns ({rows / took:,.0f} rows/s)")


def per_second(what: str, call: Callable[[], object], seconds: float) -> None:
    """Repeat a call and print its rate."""
    began, calls = time.perf_counter(), 0
    while time.perf_counter() < began + seconds:
        call()
        calls += 1
    print(f"{what:<22} {calls / (time.perf_counter() - began):>8,.0f} /s, one client")


def measure_load(details: dict[str, Any], ids: list[str], clients: int, seconds: float) -> list[str]:
    """All clients at once; the answer is what went wrong."""
    shared, rest = ids[:_SHARED], ids[_SHARED:]
    until = time.monotonic() + seconds
    workers = [Worker(number, details, rest[number::clients], shared, until) for number in range(clients)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    taken: dict[str, list[float]] = defaultdict(list)
    for worker in workers:
        for name, each in worker.done.seconds.items():
            taken[name].extend(each)
    calls = sum(map(len, taken.values()))
    print(f"{clients} clients for {seconds:.0f} s: {calls:,} calls, {calls / seconds:,.0f} /s")
    print(f"  {'':<22} {'calls':>8} {'/s':>7} {'median':>9} {'95 %':>9} {'slowest':>9}")
    for name, each in sorted(taken.items()):
        each.sort()
        middle, late = statistics.median(each), each[int(len(each) * 0.95)]
        print(f"  {name:<22} {len(each):>8,} {len(each) / seconds:>7,.1f} {ms(middle)} {ms(late)} {ms(each[-1])}")
    problems = [error for worker in workers for error in worker.done.errors]
    lost = verify(details, [worker.done for worker in workers], shared)
    print(f"  errors: {len(problems)}, lost writes: {len(lost)}")
    return [*problems, *lost]


def verify(details: dict[str, Any], done: list[Done], shared: list[str]) -> list[str]:
    """What was acknowledged and is not so: last values, records made and gone, every shared write in the history."""
    client = Client(details)
    steps = {row["Id"]: row["NextStep"] for row in client.query("SELECT Id, NextStep FROM Opportunity")}
    tasks = {
        row["Id"]: row["Subject"] for row in client.query("SELECT Id, Subject FROM Task WHERE Subject LIKE 'client %'")
    }
    history = set()
    for record_id in shared:
        soql = (
            f"SELECT NewValue FROM OpportunityFieldHistory WHERE OpportunityId = '{record_id}' AND Field = 'NextStep'"
        )
        history |= {(record_id, row["NewValue"]) for row in client.query(soql)}
    client.close()
    lost = [
        f"{key}: {steps[key]!r} instead of {text!r}"
        for each in done
        for key, text in each.written.items()
        if steps[key] != text
    ]
    lost += [f"task {key} is missing" for each in done for key, text in each.created.items() if tasks.get(key) != text]
    lost += [f"task {key} is back" for each in done for key in each.deleted if key in tasks]
    lost += [f"write {item} is not in the history" for each in done for item in each.shared if item not in history]
    return lost


def ms(seconds: float) -> str:
    """Milliseconds for a table."""
    return f"{seconds * 1000:>6.1f} ms"


def peak_mb(process: subprocess.Popen[bytes]) -> float:
    """The most memory the process ever held, in MB; 0 where the system does not tell."""
    status = Path(f"/proc/{process.pid}/status")
    found = re.search(r"VmHWM:\s+(\d+) kB", status.read_text(encoding="ascii")) if status.exists() else None
    return int(found[1]) / 1024 if found else 0.0


if __name__ == "__main__":
    main()
