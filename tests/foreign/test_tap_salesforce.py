"""singer-io's tap-salesforce, unmodified, in an environment of its own: it insists on login.salesforce.com."""

from __future__ import annotations

import json
import subprocess
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from playground import auth, fault_catalogue, server
from playground.faults import Effect, Fault
from playground.proxy import Proxy
from tests.foreign.conftest import Site
from tests.foreign.installed import folder_of, plain_environment

TIMEOUT_S = 180
BEGINNING = "2015-01-01T00:00:00.000000Z"
BULK_ADDRESS = "/services/async/"
Catalog = dict[str, Any]


@dataclass(frozen=True)
class Tap:
    """The installed program, and the way to the org."""

    program: Path
    site: Site
    proxy: str
    folder: Path
    api_type: str

    def run(self, *arguments: str, **config: Any) -> subprocess.CompletedProcess[str]:
        path = self.folder / "config.json"
        path.write_text(json.dumps({**self.config, **config}), encoding="utf-8")
        return subprocess.run(
            [str(self.program), "--config", str(path), *arguments],
            env=plain_environment(HTTPS_PROXY=self.proxy, REQUESTS_CA_BUNDLE=str(self.site.ca_file)),
            capture_output=True,
            encoding="utf-8",
            timeout=TIMEOUT_S,
            check=False,
        )

    @property
    def config(self) -> dict[str, Any]:
        settings = self.site.org.settings
        return {
            "refresh_token": auth.refresh_token(self.site.org, self.site.org.default_user_id),
            "client_id": settings.client_id,
            "client_secret": settings.client_secret,
            "start_date": BEGINNING,
            "api_type": self.api_type,
            "select_fields_by_default": True,
        }

    def discover(self) -> Catalog:
        ran = self.run("--discover")
        assert ran.returncode == 0, ran.stderr
        found: Catalog = json.loads(ran.stdout)
        return found

    def sync(self, catalog: Catalog, state: dict[str, Any] | None = None) -> Messages:
        paths = {"properties": self.folder / "catalog.json", "state": self.folder / "state.json"}
        paths["properties"].write_text(json.dumps(catalog), encoding="utf-8")
        paths["state"].write_text(json.dumps(state or {}), encoding="utf-8")
        ran = self.run("--properties", str(paths["properties"]), "--state", str(paths["state"]))
        assert ran.returncode == 0, ran.stderr
        assert (BULK_ADDRESS in ran.stderr) is (self.api_type == "BULK"), "it uses the API it was told to use"
        return Messages.read(ran.stdout, ran.stderr)


@dataclass(frozen=True)
class Messages:
    """What the tap wrote: records by stream, the state at the end, and its log."""

    records: dict[str, list[dict[str, Any]]]
    state: dict[str, Any]
    log: str

    @classmethod
    def read(cls, output: str, log: str) -> Messages:
        records: dict[str, list[dict[str, Any]]] = defaultdict(list)
        state: dict[str, Any] = {}
        for line in output.splitlines():
            message = json.loads(line)
            if message["type"] == "RECORD":
                records[message["stream"]].append(message["record"])
            elif message["type"] == "STATE":
                state = message["value"]
        return cls(dict(records), state, log)

    def counts(self) -> Counter[str]:
        return Counter({name: len(rows) for name, rows in self.records.items()})


def selected(catalog: Catalog, *streams: str) -> Catalog:
    """The catalog with the streams chosen (all when none is named), each by its replication key where it has one."""
    for stream in catalog["streams"]:
        for item in stream["metadata"]:
            if item["breadcrumb"]:
                continue
            item["metadata"]["selected"] = not streams or stream["stream"] in streams
            for key in item["metadata"].get("valid-replication-keys", []):
                item["metadata"].update({"replication-key": key, "replication-method": "INCREMENTAL"})
    return catalog


@pytest.fixture(scope="module")
def proxy(site: Site) -> Iterator[str]:
    with Proxy(server.listen(0), (server.LOOPBACK, site.port)) as running:
        yield running.url


@pytest.fixture(params=["REST", "BULK"])
def tap(request: pytest.FixtureRequest, site: Site, proxy: str, tmp_path: Path) -> Tap:
    program = folder_of("tap-salesforce") / "bin" / "tap-salesforce"
    return Tap(program, site, proxy, tmp_path, request.param)


def in_the_org(site: Site, name: str) -> int:
    """Rows of the object, with those in the bin: the tap reads these too."""
    return len(site.org.store.select(name, "1"))


def test_it_discovers_objects_fields_and_keys(tap: Tap) -> None:
    streams = {stream["stream"]: stream for stream in tap.discover()["streams"]}

    assert {"Account", "Contact", "Opportunity", "OpportunityContactRole", "Task", "User"} <= set(streams)
    deal = streams["Opportunity"]
    about = {tuple(item["breadcrumb"]): item["metadata"] for item in deal["metadata"]}
    assert about[()]["valid-replication-keys"] == ["SystemModstamp"]
    assert about[()]["table-key-properties"] == ["Id"]
    assert deal["schema"]["properties"]["Amount"]["type"] == ["null", "number"]
    address = {tuple(item["breadcrumb"]): item["metadata"] for item in streams["Account"]["metadata"]}
    inclusion = address["properties", "BillingAddress"]["inclusion"]
    assert inclusion == ("unsupported" if tap.api_type == "BULK" else "available")


def test_it_reads_every_row_of_every_object(tap: Tap) -> None:
    catalog = selected(tap.discover())

    found = tap.sync(catalog)

    names = [stream["stream"] for stream in catalog["streams"]]
    expected = Counter({name: in_the_org(tap.site, name) for name in names})
    assert found.counts() == expected
    assert expected["OpportunityFieldHistory"] > 2_000, "more than one page"
    for rows in found.records.values():
        assert len({row["Id"] for row in rows}) == len(rows)
    assert found.state["bookmarks"]["Opportunity"]["SystemModstamp"]


def test_it_goes_on_where_it_left_off(tap: Tap) -> None:
    catalog = selected(tap.discover(), "Contact")
    first = tap.sync(catalog)
    name = f"After the bookmark {tap.api_type}"
    made = tap.site.org.create("Contact", {"LastName": name, "Description": 'Say "hi",\nthen 你好'})

    second = tap.sync(catalog, first.state)

    new = {row["Id"]: row for row in second.records["Contact"]}
    assert new[made]["LastName"] == name
    assert new[made]["Description"] == 'Say "hi",\nthen 你好'
    assert len(new) < len(first.records["Contact"]) / 2


def test_a_wrong_token_is_told(tap: Tap) -> None:
    ran = tap.run("--discover", refresh_token="5Aep.wrong")

    assert ran.returncode != 0
    assert "invalid_grant" in ran.stderr + ran.stdout


def test_it_stops_when_the_quota_is_used_up(tap: Tap) -> None:
    ran = tap.run("--discover", quota_percent_total="0")

    assert ran.returncode == 2
    assert "Terminating replication" in ran.stderr


@pytest.mark.parametrize("tap", ["REST"], indirect=True)
def test_it_halves_the_window_when_a_query_takes_too_long(tap: Tap) -> None:
    catalog = selected(tap.discover(), "Opportunity")
    org = tap.site.org
    fault_catalogue.order(org, {"fault": "F45-query-timeout", "path": "/queryAll"})

    found = tap.sync(catalog)

    assert "returned QUERY_TIMEOUT" in found.log
    assert found.counts() == {"Opportunity": in_the_org(tap.site, "Opportunity")}


@pytest.mark.parametrize("tap", ["BULK"], indirect=True)
def test_it_splits_by_ids_when_a_batch_takes_too_long(tap: Tap) -> None:
    catalog = selected(tap.discover(), "Opportunity")
    failed = (
        '<batchInfo xmlns="http://www.force.com/2009/06/asyncapi/dataload"><id>751</id><state>Failed</state>'
        "<stateMessage>InternalServerError : QUERY_TIMEOUT</stateMessage></batchInfo>"
    )
    tap.site.org.faults.add(
        Fault(Effect.ANSWER, r"/batch/751\w+$", "GET", status=200, content=failed, content_type="application/xml")
    )

    found = tap.sync(catalog)

    assert "ADDING PK CHUNKING HEADER" in found.log
    assert found.counts() == {"Opportunity": in_the_org(tap.site, "Opportunity")}
