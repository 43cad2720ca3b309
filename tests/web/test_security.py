"""Strangers stay out: hosts, origins, tokens, hostile text."""

from __future__ import annotations

import pytest

from tests.web.conftest import TOKEN, Reader
from web.security import own_path

HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(2)>'


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "localhost@evil.example",
        "evil.example:8765",
        "",
        "[::1]",
        "[::2]",
        "127.0.0.2",
        "0.0.0.0",
    ],
)
def test_a_foreign_host_name_is_refused(reader: Reader, host: str) -> None:
    answer = reader.client.get("/pipeline", headers={"Host": host})
    assert answer.status_code == 400
    assert "Tessel Sneakers" not in answer.text


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:8765", "localhost:8765"])
def test_the_names_of_this_machine_are_answered(reader: Reader, host: str) -> None:
    assert reader.client.get("/pipeline", headers={"Host": host}).status_code == 200


def _writes(reader: Reader) -> list[tuple[str, str]]:
    """Every address that takes a post, with a page whose form leads there."""
    rules = reader.client.application.url_map.iter_rules()
    return sorted({(rule.rule, rule.endpoint) for rule in rules if "POST" in (rule.methods or ())})


def test_no_write_goes_without_a_token(reader: Reader) -> None:
    writes = _writes(reader)
    assert len(writes) > 8
    for rule, _ in writes:
        path = rule.replace("<object_name>", "Opportunity").replace("<record_id>", reader.deal().id)
        answer = reader.client.post(path, data={}, headers={"Origin": "http://localhost"})
        assert answer.status_code == 400, path
        assert "This form is too old." in answer.text


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost", "Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_no_write_goes_from_elsewhere_even_with_a_token(reader: Reader, headers: dict[str, str]) -> None:
    token = TOKEN.search(reader.read("/sync"))
    assert token
    runs = reader.read("/sync").count("by these pages")
    answer = reader.client.post("/sync/now", data={"csrf_token": token[1]}, headers=headers)
    assert answer.status_code == 403
    assert reader.read("/sync").count("by these pages") == runs


def test_no_page_changes_anything_when_it_is_only_read(reader: Reader) -> None:
    for rule, _ in _writes(reader):
        path = rule.replace("<object_name>", "Opportunity").replace("<record_id>", reader.deal().id)
        reader.client.get(path)
    assert reader.services.store.setting("practice_attempt") is None
    assert "by these pages" not in reader.read("/sync")


def test_hostile_text_stays_text_everywhere(patient_reader: Reader) -> None:
    services = patient_reader.services
    deal = patient_reader.deal(status=frozenset({"open"}))
    services.update("Opportunity", deal.id, {"Name": HOSTILE, "NextStep": HOSTILE})
    services.update("Account", str(deal.account_id), {"Name": HOSTILE})  # type: ignore[arg-type]
    contact = services.create("Contact", {"FirstName": HOSTILE[:30], "LastName": HOSTILE, "AccountId": deal.account_id})
    services.create("OpportunityContactRole", {"OpportunityId": deal.id, "ContactId": contact, "Role": HOSTILE[:30]})
    services.update("Opportunity", deal.id, {"StageName": HOSTILE})
    for path in (
        "/pipeline",
        "/opportunities",
        f"/opportunities/{deal.id}",
        f"/opportunities/{deal.id}/edit",
        f"/opportunities/{deal.id}/contact-roles/new",
        "/opportunities/new",
        f"/accounts/{deal.account_id}",
        "/accounts",
        f"/contacts/{contact}",
        "/contacts",
        "/stages",
        f"/search?q={HOSTILE}",
        f"/opportunities?q={HOSTILE}&stage={HOSTILE}&status={HOSTILE}&sort={HOSTILE}&offset={HOSTILE}",
        f"/pipeline?owner={HOSTILE}&period={HOSTILE}",
        f"/contacts?account={HOSTILE}",
        f"/practice?hint={HOSTILE}",
    ):
        text = patient_reader.read(path)
        assert "<script>alert" not in text, path
        assert "<img src=x" not in text, path


@pytest.mark.parametrize(
    "target", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/a\nb", "", None]
)
def test_a_redirect_never_leads_away(target: str | None) -> None:
    assert own_path(target, "/sync") == "/sync"
    assert own_path("/opportunities/1?a=b", "/sync") == "/opportunities/1?a=b"


def test_a_huge_form_is_refused(reader: Reader) -> None:
    token = TOKEN.search(reader.read("/contacts/new"))
    assert token
    answer = reader.client.post(
        "/contacts/new",
        data={"csrf_token": token[1], "LastName": "x" * 600_000},
        headers={"Origin": "http://localhost"},
    )
    assert answer.status_code == 413


def test_cookies_are_kept_from_scripts_and_other_sites(reader: Reader) -> None:
    for header in reader.get("/sync?lang=en&theme=dark").headers.getlist("Set-Cookie"):
        assert "HttpOnly" in header
        assert "SameSite=Strict" in header
