"""What holds on every page, in both languages."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.fake_services import loaded_services
from tests.web.conftest import Reader
from web import create_app

PATHS = (
    "/pipeline",
    "/pipeline?stages=local&cards=single&period=this_year",
    "/opportunities",
    "/opportunities?status=open&sort=-close&offset=50",
    "/opportunities?q=nothing-is-called-this",
    "/opportunities/new",
    "/opportunities/{deal}",
    "/opportunities/{deal}/edit",
    "/opportunities/{deal}/contact-roles/new",
    "/records/Opportunity/{deal}/delete",
    "/accounts",
    "/accounts/{account}",
    "/contacts",
    "/contacts/new",
    "/stages",
    "/sync",
    "/sync/runs/1",
    "/sync/waiting",
    "/sync/conflicts",
    "/practice",
    "/in-salesforce",
    "/in-salesforce/Opportunity/{deal}",
    "/search?q=cloudy",
    "/about",
    "/-/states",
)

OUTSIDE = re.compile(r"""(?:src|href|action|srcset|@import|url\()\s*=?\s*["'(]?\s*(?:https?:)?//""")


@pytest.fixture(scope="module")
def onlooker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    """Somebody who only reads; one for all pages."""
    folder: Path = tmp_path_factory.mktemp("onlooker")
    services = loaded_services(folder)
    yield Reader(create_app(services).test_client(), services)
    services.close()


def _path(pattern: str, reader: Reader) -> str:
    deal = reader.deal(status=frozenset({"open"}))
    return pattern.format(deal=deal.id, account=deal.account_id)


def _twin(path: str) -> str:
    head, _, query = path.partition("?")
    return f"{head}.json" + (f"?{query}" if query else "")


@pytest.mark.parametrize("pattern", PATHS)
@pytest.mark.parametrize("language", ["en", "zh-Hans"])
def test_every_page_is_whole_in_every_language(onlooker: Reader, pattern: str, language: str) -> None:
    onlooker.language = language
    path = _path(pattern, onlooker)
    answer = onlooker.get(path)

    assert answer.status_code == 200
    text = answer.text
    assert f'<html lang="{language}"' in text
    assert len(re.findall(r"<h1[ >]", text)) == 1
    assert 'href="#main"' in text
    assert "Tessel Sneakers" in text
    assert ("Playground" if language == "en" else "练习环境") in text
    assert ("Data under a minute old" if language == "en" else "数据不到 1 分钟") in text
    assert not OUTSIDE.search(text), "a page asks for something from elsewhere"
    assert " style=" not in text
    assert not re.search(r"<script(?![^>]* src=)", text)
    assert not re.search(r"\son\w+=", text)

    twin = onlooker.get(_twin(path))
    assert twin.mimetype == "application/json"
    model = json.loads(twin.text)
    assert model["ok"] is True
    assert model["organization"]["kind"] == "playground"


@pytest.mark.parametrize("pattern", PATHS)
def test_every_page_carries_the_security_headers(onlooker: Reader, pattern: str) -> None:
    headers = onlooker.get(_path(pattern, onlooker)).headers

    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe-inline" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cache-Control"] == "no-store"


def test_a_client_that_accepts_json_gets_the_twin(reader: Reader) -> None:
    assert reader.get("/sync", Accept="application/json").mimetype == "application/json"
    assert reader.get("/sync", Accept="text/html,*/*;q=0.8").mimetype == "text/html"


def test_every_page_that_the_pages_link_to_is_there(onlooker: Reader) -> None:
    """Every number links to its rows, and no link of ours leads nowhere."""
    seen: set[str] = set()
    for pattern in PATHS:
        for href in re.findall(r'href="(/[^"#]*)', onlooker.read(_path(pattern, onlooker))):
            target = href.replace("&amp;", "&")
            if re.search(r"(lang|theme|sort|offset)=", target) or target.startswith(("/static", "/bootstrap")):
                continue
            kind = re.sub(r"\b00\w{16}\b", "{id}", target)  # of many records of a kind, one tells
            if kind in seen:
                continue
            seen.add(kind)
            assert onlooker.get(target).status_code == 200, f"{pattern} links to {target}"
    assert len(seen) > 50


def test_the_language_is_kept_once_it_is_chosen(reader: Reader) -> None:
    assert "销售漏斗" in reader.read("/pipeline?lang=zh_CN")
    assert "销售漏斗" in reader.read("/pipeline")
    assert "Pipeline" in reader.read("/pipeline?lang=en")


def test_the_theme_is_set_only_when_it_is_chosen(reader: Reader) -> None:
    assert "data-bs-theme" not in reader.read("/pipeline").split(">", 2)[1]
    assert '<html lang="en" data-bs-theme="dark"' in reader.read("/pipeline?theme=dark")
    assert '<html lang="en" data-bs-theme="dark"' in reader.read("/accounts")


def test_stages_stand_in_chinese_with_their_api_value_beside(each_reader: Reader) -> None:
    text = each_reader.read("/pipeline")
    if each_reader.language == "en":
        assert "需求分析" not in text
    else:
        assert re.search(r"需求分析 <small lang=\"en\">Needs Analysis</small>", text)


def test_an_unknown_page_says_so_in_every_language(each_reader: Reader) -> None:
    answer = each_reader.get("/opportunities/006000000000000AAA")
    assert answer.status_code == 404
    assert ("There is no such page" if each_reader.language == "en" else "没有此页面或记录") in answer.text
    assert json.loads(each_reader.get("/nowhere.json").text)["ok"] is False


def test_a_failure_shows_a_number_and_nothing_of_the_inside(
    reader: Reader, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        raise RuntimeError("secret inside")

    monkeypatch.setattr(reader.services, "stage_mapping", fail)
    answer = reader.get("/stages")

    assert answer.status_code == 500
    assert "secret inside" not in answer.text
    assert "Traceback" not in answer.text
    number = re.search(r"request (\w{8})", answer.text)
    assert number
    assert number[1] in caplog.text


def test_before_the_first_sync_every_page_says_what_to_do(early_reader: Reader) -> None:
    for path in ("/pipeline", "/opportunities", "/accounts", "/contacts", "/stages", "/practice", "/search?q=x"):
        text = early_reader.read(path)
        assert "No data yet" in text
        assert "Sync now" in text
    assert "There is no data yet" in early_reader.read("/sync")
