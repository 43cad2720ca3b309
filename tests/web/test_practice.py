"""The exercise, done on the pages, judged alike in every language."""

from __future__ import annotations

import re

from tests.web.conftest import Reader

NAME = "Get Cloudy West - 35 Custom Sneakers"


def _do_it(reader: Reader, name: str = NAME) -> None:
    account = reader.account_id("Get Cloudy West")
    fields = {"Name": name, "AccountId": account, "CloseDate": "2026-12-18", "StageName": "Needs Analysis"}
    made = reader.send("/opportunities/new", fields)
    deal = reader.get(made.headers["Location"]).headers["Location"]
    made = reader.send("/contacts/new", {"FirstName": "Aparna", "LastName": "Rao", "AccountId": account})
    contact = reader.get(made.headers["Location"]).headers["Location"].rsplit("/", 1)[1]
    address = f"{deal}/contact-roles/new"
    reader.send(
        address,
        {"contact": contact, f"role-{contact}": "Influencer", "primary": ""},
        form=f"{address}?step=2&contact={contact}",
    )


def test_the_exercise_can_be_done_and_is_checked_green(each_reader: Reader) -> None:
    each_reader.send("/practice/begin", form="/practice")
    each_reader.services.site.clock.pass_(minutes=1)
    _do_it(each_reader)

    text = each_reader.follow(each_reader.send("/practice/check", form="/practice"))

    assert "9 / 9" in text
    passed = "Passed" if each_reader.language == "en" else "通过"
    assert text.count(f"</svg> {passed}</span>") == 9
    assert ("synced first, then asked the org at" if each_reader.language == "en" else "先同步，再向组织查询") in text


def test_the_verdicts_are_the_same_in_every_language(reader: Reader) -> None:
    _do_it(reader, name=NAME.replace(" - ", " – "))
    reader.send("/practice/check", form="/practice")
    english = reader.get("/practice.json").get_json()
    reader.language = "zh-CN"
    chinese = reader.get("/practice.json").get_json()

    verdicts = [(item["key"], item["verdict"]) for item in english["results"]]
    assert verdicts == [(item["key"], item["verdict"]) for item in chinese["results"]]
    assert ("P2", "almost") in verdicts


def test_a_near_miss_marks_the_very_character_on_both_sides(reader: Reader) -> None:
    reader.services.began = reader.services.now()
    _do_it(reader, name=NAME.replace(" - ", " – "))
    text = reader.follow(reader.send("/practice/check", form="/practice"))
    assert 'Get Cloudy West <mark class="fm-mark-char">–</mark> 35 Custom Sneakers' in text
    assert 'Get Cloudy West <mark class="fm-mark-char">-</mark> 35 Custom Sneakers' in text
    assert "Character 17" in text


def test_hints_open_one_at_a_time_and_the_last_says_that_it_tells_all(reader: Reader) -> None:
    reader.send("/practice/check", form="/practice")
    text = reader.read("/practice?hint=P2:1")
    assert "The name says who buys and what." in text
    assert "Show the hint" in text
    text = reader.read("/practice?hint=P2:2")
    assert "Show the exact value" in text
    assert "with a hyphen between two single spaces" in reader.read("/practice?hint=P2:3")


def test_both_sides_of_the_deal_stand_beside_each_other(patient_reader: Reader) -> None:
    account = patient_reader.account_id("Get Cloudy West")
    fields = {"Name": NAME, "AccountId": account, "CloseDate": "2026-12-18", "StageName": "Qualification"}
    patient_reader.send("/opportunities/new", fields)
    assert "only in your database" in patient_reader.read("/practice")

    patient_reader.services.sync()
    text = patient_reader.read("/practice")
    assert len(re.findall("= same", text)) == 7

    deal = patient_reader.get("/practice.json").get_json()["deal"]["id"]
    patient_reader.send(f"/opportunities/{deal}/edit", {**fields, "StageName": "Needs Analysis"})
    text = patient_reader.read("/practice")
    assert "≠ differs, waiting to be sent" in text


def test_a_check_that_cannot_ask_the_org_says_so(reader: Reader) -> None:
    def refuse(_request: object) -> None:
        raise ConnectionError

    from requests.exceptions import ConnectionError

    reader.services.site.adapter.meddle = refuse
    text = reader.follow(reader.send("/practice/check", form="/practice"))
    assert "The check could not be made." in text
    assert "Not checked yet" in text
