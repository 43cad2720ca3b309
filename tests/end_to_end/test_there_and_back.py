"""The main way through the house, with a real org process over TLS and the real command line."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import date, timedelta
from decimal import Decimal

import pytest

import forcemirror
from forcemirror.project import Project
from tests.end_to_end.conftest import Org
from tests.support.terminal import run

pytestmark = [pytest.mark.end_to_end, pytest.mark.xdist_group("end_to_end")]


def sql(project: Project, text: str, *values: object) -> list[tuple[object, ...]]:
    """Do what any program with SQLite can do to the mirror."""
    with closing(sqlite3.connect(project.state / "mirror.db")) as connection, connection:
        return connection.execute(text, values).fetchall()


def open_deals(org: Org, count: int) -> list[str]:
    rows = org.query(f"SELECT Id FROM Opportunity WHERE IsClosed = false ORDER BY Id LIMIT {count}")
    return [row["Id"] for row in rows]


def test_connect_says_everything_before_it_loads_anything(org: Org, new: Project) -> None:
    ended = run("connect", "--playground", org.folder, "--yes", project=new.folder)
    assert ended.code == 0
    assert org.told["organization_id"] in ended.out
    assert "playground" in ended.out
    assert "Sees all:   yes" in ended.out
    assert "First load: about" in ended.out
    told = run("status", "--json", project=new.folder).json
    assert told["synced_at"] is None
    assert {item["rows"] for item in told["objects"]} == {0}


def test_without_an_answer_nothing_is_connected(org: Org, new: Project) -> None:
    ended = run("connect", "--playground", org.folder, project=new.folder)
    assert ended.code == 3
    assert "Not connected. Nothing was loaded." in ended.err
    assert run("status", project=new.folder).code == 1


def test_a_second_sync_writes_nothing_and_makes_at_most_three_calls(acme: Project) -> None:
    report = run("sync", "--json", project=acme.folder).json
    assert report["green"]
    assert report["calls"] <= 3
    assert all(each["applied"] == each["sent"] == each["put_back"] == 0 for each in report["objects"].values())


def test_an_edit_on_each_side_is_planned_exactly_and_arrives_on_the_other(org: Org, acme: Project) -> None:
    here, there = open_deals(org, 2)
    sql(acme, "UPDATE opportunity SET next_step = 'from SQL' WHERE id = ?", here)
    org.edit("Opportunity", there, NextStep="from the API")

    planned = run("plan", "--json", project=acme.folder)
    assert planned.code == 2
    assert [(item["verb"], item["id"], item["fields"]) for item in planned.json["to_salesforce"]] == [
        ("update", here, {"NextStep": "from SQL"})
    ]
    pulled = [item for item in planned.json["to_your_database"] if item["object"] == "Opportunity"]
    assert [(item["verb"], item["id"], item["fields"]["NextStep"]) for item in pulled] == [
        ("update", there, "from the API")
    ]
    in_words = run("plan", project=acme.folder).out
    assert "NextStep" in in_words
    assert "SystemModstamp" not in in_words

    assert run("sync", project=acme.folder).code == 0
    assert org.query(f"SELECT NextStep FROM Opportunity WHERE Id = '{here}'")[0]["NextStep"] == "from SQL"
    assert sql(acme, "SELECT next_step FROM opportunity WHERE id = ?", there) == [("from the API",)]
    after = run("plan", project=acme.folder)
    assert (after.code, after.out) == (0, "Nothing to do: both sides agree.\n")


def test_a_dry_run_writes_nothing(org: Org, acme: Project) -> None:
    (here,) = open_deals(org, 1)
    sql(acme, "UPDATE opportunity SET description = 'only planned' WHERE id = ?", here)
    org.edit("Account", org.query("SELECT Id FROM Account LIMIT 1")[0]["Id"], Phone="0123")
    with closing(sqlite3.connect(acme.state / "mirror.db")) as connection:
        before = list(connection.iterdump())
    assert run("plan", project=acme.folder).code == 2
    with closing(sqlite3.connect(acme.state / "mirror.db")) as connection:
        assert list(connection.iterdump()) == before
    assert org.query(f"SELECT Description FROM Opportunity WHERE Id = '{here}'")[0]["Description"] != "only planned"


def test_a_conflict_waits_and_is_settled_as_the_person_says(org: Org, acme: Project) -> None:
    deal = open_deals(org, 3)[2]
    sql(acme, "UPDATE opportunity SET next_step = 'mine' WHERE id = ?", deal)
    org.edit("Opportunity", deal, NextStep="theirs")
    assert run("sync", project=acme.folder).code == 0
    assert org.query(f"SELECT NextStep FROM Opportunity WHERE Id = '{deal}'")[0]["NextStep"] == "theirs"

    (waiting,) = run("conflicts", "--json", project=acme.folder).json
    assert (waiting["id"], waiting["fields"]["NextStep"]["in_your_database"]) == (deal, "mine")
    assert "theirs" in run("conflicts", project=acme.folder).out

    assert run("conflicts", "settle", waiting["number"], "--mine", project=acme.folder).code == 0
    assert run("sync", project=acme.folder).code == 0
    assert org.query(f"SELECT NextStep FROM Opportunity WHERE Id = '{deal}'")[0]["NextStep"] == "mine"
    assert run("conflicts", project=acme.folder).out == "No conflicts.\n"
    assert run("conflicts", "settle", waiting["number"], "--mine", project=acme.folder).code == 1


def test_what_is_not_allowed_waits_until_it_is(org: Org, acme: Project) -> None:
    deal = open_deals(org, 4)[3]
    with forcemirror.open(acme.folder) as mirror:
        mirror._installation.store.forbid("Opportunity", "update")
        mirror.records.update("Opportunity", deal, {"NextStep": "may I?"})
        assert mirror.sync().is_green
    planned = run("plan", project=acme.folder)
    assert planned.code == 2
    assert "forcemirror allow Opportunity update" in planned.err
    assert org.query(f"SELECT NextStep FROM Opportunity WHERE Id = '{deal}'")[0]["NextStep"] != "may I?"

    assert run("allow", "Opportunity", "update", project=acme.folder).code == 3
    allowed = run("allow", "Opportunity", "update", "--yes", project=acme.folder)
    assert "Writes that wait for this: 1" in allowed.out
    assert "may I?" in allowed.out
    assert run("sync", project=acme.folder).code == 0
    assert org.query(f"SELECT NextStep FROM Opportunity WHERE Id = '{deal}'")[0]["NextStep"] == "may I?"


def test_an_object_that_is_only_read_cannot_be_opened(acme: Project) -> None:
    ended = run("allow", "Task", "update", "--yes", project=acme.folder)
    assert ended.code == 1
    assert "These can: Account, Contact, Opportunity, OpportunityContactRole." in ended.err


def test_the_exercise_is_done_in_the_mirror_and_checked_in_the_org(acme: Project) -> None:
    before = run("practice", "check", "--json", project=acme.folder)
    assert before.code == 1
    assert {item["check"]: item["verdict"] for item in before.json["checks"]}["P2"] == "not_yet"

    with forcemirror.open(acme.folder) as mirror:
        account = next(iter(mirror.query("SELECT Id FROM Account WHERE Name = 'Get Cloudy West'")))["Id"]
        deal = mirror.records.insert(
            "Opportunity",
            {
                "Name": "Get Cloudy West - 35 Custom Sneakers",
                "AccountId": account,
                "CloseDate": date.today() + timedelta(days=40),  # noqa: DTZ011 - any later day will do
                "StageName": "Needs Analysis",
                "Amount": Decimal("3150.50"),
            },
        )
        contact = mirror.records.insert("Contact", {"FirstName": "Aparna", "LastName": "Rao", "AccountId": account})
        mirror.records.insert(
            "OpportunityContactRole", {"OpportunityId": deal, "ContactId": contact, "Role": "Influencer"}
        )
    english = run("practice", "check", "--json", project=acme.folder)
    assert english.code == 0, english.out
    chinese = run("--language", "zh_CN", "practice", "check", project=acme.folder)
    assert chinese.code == 0
    assert "9 项中通过 9 项" in chinese.out
    with forcemirror.open(acme.folder) as mirror:
        assert mirror.records.resolve(deal).startswith("006")

    assert run("practice", "reset", "--yes", project=acme.folder).code == 0
    again = run("practice", "check", "--json", project=acme.folder).json
    assert {item["check"]: item["verdict"] for item in again["checks"]}["P2"] == "not_yet"
    assert run("plan", project=acme.folder).code == 0


def test_the_stages_of_the_org_are_listed_and_an_unmapped_one_is_shouted_about(org: Org, acme: Project) -> None:
    listed = run("stages", project=acme.folder)
    assert "Id. Decision Makers" in listed.out
    assert "10 of 10 stages are mapped." in listed.out
    assert run("stages", "check", project=acme.folder).code == 0

    assert run("stages", "export", acme.folder / "ours.toml", project=acme.folder).code == 0
    ours = (acme.folder / "ours.toml").read_text(encoding="utf-8")
    (acme.folder / "ours.toml").write_text(ours.replace('org = "Prospecting"', 'org = "prospecting"'), encoding="utf-8")
    acme.set("stages.mapping", "ours.toml")
    checked = run("stages", "check", project=acme.folder)
    assert checked.code == 1
    assert "!! Prospecting has no local stage." in checked.err
    assert "NOT MAPPED" in run("stages", project=acme.folder).out


def test_the_org_is_asked_in_soql(org: Org, acme: Project) -> None:
    asked = run("query", "--json", "SELECT Name, Account.Name FROM Opportunity LIMIT 2", project=acme.folder).json
    assert asked["total"] == 2
    assert set(asked["records"][0]) == {"Name", "Account.Name"}
    refused = run("query", "SELECT Nope FROM Opportunity", project=acme.folder)
    assert refused.code == 1
    assert "INVALID_FIELD" in refused.err


def test_a_session_that_ends_between_and_during_runs_costs_nothing(org: Org, acme: Project) -> None:
    deal = open_deals(org, 5)[4]
    with forcemirror.open(acme.folder) as mirror:
        assert mirror.sync().is_green
        mirror.records.update("Opportunity", deal, {"NextStep": "after the session"})
        fault = {
            "effect": "answer",
            "path": "/services/data/.*/(composite|sobjects)",
            "nth": 2,
            "status": 401,
            "body": [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}],
        }
        org.side_door("POST", "faults", fault)
        try:
            assert mirror.sync().is_green
        finally:
            org.side_door("DELETE", "faults")
    assert org.query(f"SELECT NextStep FROM Opportunity WHERE Id = '{deal}'")[0]["NextStep"] == "after the session"
