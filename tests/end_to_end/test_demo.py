"""The demo as a whole: up, clickable, kept, forgotten, and never two in one folder."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, OpenerDirector, Request, build_opener

import pytest

from connector.sync.engine import ignore
from forcemirror import demo as demos
from forcemirror.demo import Demo
from forcemirror.errors import ArrivalMissing, ServerNotStarted
from mapping.record import RecordId

pytestmark = [pytest.mark.end_to_end, pytest.mark.xdist_group("end_to_end")]

NAME = "Get Cloudy West - 35 Custom Sneakers"


class Reader:
    """A browser without scripts: cookies, links, forms."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self._opener: OpenerDirector = build_opener(HTTPCookieProcessor(CookieJar()))

    def get(self, path: str) -> str:
        """A page's text."""
        with self._opener.open(f"{self.url}{path}", timeout=60) as answer:
            content: bytes = answer.read()
        return content.decode("utf-8")

    def post(self, path: str, form_on: str, **fields: str) -> str:
        """Send a form that stands on a page, with the token in it; answers the page that follows."""
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', self.get(form_on))
        assert token is not None
        body = urlencode({"csrf_token": token[1], **fields}).encode()
        request = Request(f"{self.url}{path}", data=body, headers={"Origin": self.url})
        with self._opener.open(request, timeout=60) as answer:
            content: bytes = answer.read()
        return content.decode("utf-8")


@contextmanager
def up(folder: Path) -> Iterator[tuple[Demo, Reader]]:
    with demos.running(folder, 0, lambda *_, **__: None, ignore) as demo, demo.web.in_background():
        yield demo, Reader(demo.web.url)


def test_the_demo_shows_every_page_and_keeps_what_was_done(tmp_path: Path) -> None:
    with up(tmp_path) as (demo, reader):
        for path in ("/pipeline", "/opportunities", "/accounts", "/contacts", "/stages", "/sync", "/practice"):
            assert "Tessel Sneakers" in reader.get(path), path
        assert "Tessel Sneakers" in reader.get("/in-salesforce")
        account = next(
            iter(demo.installation.client.query("SELECT Id FROM Account WHERE Name = 'Get Cloudy West'").records)
        )
        reader.post(
            "/opportunities/new",
            "/opportunities/new",
            Name=NAME,
            AccountId=account["Id"],
            CloseDate="2099-12-18",
            StageName="Needs Analysis",
        )
        reader.post("/practice/check", "/practice")
        verdicts = {item["key"]: item["verdict"] for item in json.loads(reader.get("/practice.json"))["results"]}
        assert [verdicts[key] for key in ("P1", "P2", "P3", "P4", "P5", "P8")] == ["passed"] * 6
        with pytest.raises(ServerNotStarted, match="already"), up(tmp_path):
            pass
        proof = demos.check(demo)
        assert proof.sent != proof.received
    with up(tmp_path) as (demo, reader):
        assert demo.installation.client.query(f"SELECT COUNT() FROM Opportunity WHERE Name = '{NAME}'").total == 1
        assert all(each.applied == each.sent == 0 for each in demo.first_run.objects.values())
    demos.forget(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["lock"]


def test_the_check_of_the_demo_can_fail() -> None:
    with pytest.raises(ArrivalMissing, match="should hold 'a' in Salesforce, but holds 'b'"):
        demos.expect("b", "a", "Salesforce", RecordId("006A"))
