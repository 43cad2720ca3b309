"""What can be ordered of an org while it runs: time, load, automation, access, quotas, states to go back to."""

from __future__ import annotations

import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from playground import quotas
from playground.clock import OrgClock
from playground.org import Org
from playground.settings import Settings
from playground.store import Store
from tests.playground.conftest import HOST, Caller, StillClock, problem

SIDE = f"{HOST}/__playground__"
KNOCK = {"X-Playground": "1"}


def side(api: Caller, method: str, path: str, body: Any = None, status: int = 200) -> Any:
    answer = api.session.request(method, f"{SIDE}/{path}", json=body, headers=KNOCK)
    assert answer.status_code == status, answer.text
    return answer.json()


@pytest.fixture
def account(api: Caller) -> str:
    return api.create("Account", Name="Get Cloudy Test", Phone="0")


# Time


def test_the_clock_stands_still_is_moved_and_runs_again(api: Caller, org: Org, clock: StillClock) -> None:
    assert side(api, "POST", "clock", {"fix": "2027-03-01T08:00:00Z"})["now"] == "2027-03-01T08:00:00.000Z"
    clock.advance(hours=5)
    assert side(api, "POST", "clock", {"shift_s": 60})["now"] == "2027-03-01T08:01:00.000Z"
    side(api, "POST", "clock", {"run": True})
    clock.advance(hours=1)
    assert org.now().isoformat() == "2027-03-01T09:01:00+00:00"
    assert side(api, "POST", "clock", {"reset": True})["now"] == "2026-11-23T18:00:00.000Z"
    side(api, "POST", "clock", {"colour": "red"}, status=400)
    side(api, "POST", "clock", {"fix": "soon"}, status=400)


def test_what_was_ordered_of_the_clock_survives_a_restart(tmp_path: Path, clock: StillClock) -> None:
    with Org.open(tmp_path, clock=clock) as org:
        org.clock.fix(clock.now + timedelta(days=400))
        wanted = org.now()
    clock.advance(hours=1)
    with Org.open(tmp_path, clock=clock) as org:
        assert org.now() == wanted
        assert org.clock.stands_still


def test_days_pass_for_ages_when_the_clock_is_moved(api: Caller) -> None:
    deal = api.deal()
    side(api, "POST", "clock", {"shift_s": 3 * 86_400})
    api.session.headers["Authorization"] = f"Bearer {api.org.login().token}"

    assert api.record("Opportunity", deal)["AgeInDays"] == 3


def test_the_recycle_bin_empties_itself_after_15_days(api: Caller, org: Org, clock: StillClock, account: str) -> None:
    api.delete(f"/sobjects/Account/{account}")
    found = f"SELECT Id FROM Account WHERE Id = '{account}'"
    for days, there in ((14, 1), (1, 0)):
        clock.advance(days=days)
        api.session.headers["Authorization"] = f"Bearer {org.login().token}"
        assert len(api.query(found, "queryAll")) == there

    assert problem(api.get(f"/sobjects/Account/{account}"))[1] == "ENTITY_IS_DELETED"
    side(api, "POST", "undelete", {"object": "Account", "id": account}, status=400)


def test_what_came_back_and_went_again_stays_15_days_more(
    api: Caller, org: Org, clock: StillClock, account: str
) -> None:
    org.delete("Account", account)
    clock.advance(days=10)
    org.undelete("Account", account)
    org.delete("Account", account)
    clock.advance(days=10)
    org.let_time_work()

    assert org.record("Account", account) is not None
    clock.advance(days=5)
    org.let_time_work()
    assert org.record("Account", account) is None


# Late commits and open transactions


@pytest.fixture
def late(api: Caller) -> Caller:
    side(api, "POST", "settings", {"visibility_delay_s": 30})
    return api


def test_each_form_of_a_row_is_seen_when_its_time_has_come(late: Caller, clock: StillClock) -> None:
    deal = late.deal(NextStep="one")
    found = f"SELECT NextStep FROM Opportunity WHERE Id = '{deal}'"
    clock.advance(seconds=20)
    late.patch(f"/sobjects/Opportunity/{deal}", {"NextStep": "two"})

    assert late.query(found) == []
    clock.advance(seconds=10)
    assert [row["NextStep"] for row in late.query(found)] == ["one"]
    assert late.record("Opportunity", deal)["NextStep"] == "two"
    clock.advance(seconds=20)
    assert [row["NextStep"] for row in late.query(found)] == ["two"]


def test_a_deletion_is_told_late(late: Caller, clock: StillClock) -> None:
    victim = late.query("SELECT Id FROM Contact ORDER BY Id LIMIT 1")[0]["Id"]
    clock.advance(minutes=2)
    late.delete(f"/sobjects/Contact/{victim}")
    span = {"start": "2026-11-23T12:00:00Z", "end": "2026-11-23T12:30:00Z"}

    def told() -> bool:
        records = late.get("/sobjects/Contact/deleted", params=span).json()["deletedRecords"]
        return victim in [item["id"] for item in records]

    assert not told()
    assert len(late.query(f"SELECT Id FROM Contact WHERE Id = '{victim}'")) == 1
    clock.advance(seconds=30)
    assert told()
    assert late.query(f"SELECT Id FROM Contact WHERE Id = '{victim}'") == []


def test_updated_tells_late(late: Caller, clock: StillClock) -> None:
    victim = late.query("SELECT Id FROM Contact ORDER BY Id LIMIT 1")[0]["Id"]
    clock.advance(minutes=2)
    late.patch(f"/sobjects/Contact/{victim}", {"Phone": "1"})
    span = {"start": "2026-11-23T12:01:00Z", "end": "2026-11-23T12:30:00Z"}

    assert victim not in late.get("/sobjects/Contact/updated", params=span).json()["ids"]
    clock.advance(seconds=30)
    assert victim in late.get("/sobjects/Contact/updated", params=span).json()["ids"]


def test_pages_of_a_late_view_are_of_that_view(clock: StillClock) -> None:
    settings = Settings(query_batch_size=5, query_batch_size_min=1, visibility_delay_s=30)
    with Org.in_memory(clock=clock, settings=settings) as org:
        api = Caller(org)
        before = org.store.execute("SELECT count(*) FROM Account")[0][0]
        api.create("Account", Name="Late")
        seen, answer = [], api.get("/query?q=SELECT+Id+FROM+Account").json()
        while True:
            seen += answer["records"]
            if answer["done"]:
                break
            answer = api.get(HOST + answer["nextRecordsUrl"]).json()
        api.session.close()

        assert len(seen) == before
        assert org.store.execute("SELECT count(*) FROM Account")[0][0] == before + 1


def test_an_open_transaction_holds_back_the_date_that_is_covered(api: Caller, clock: StillClock, account: str) -> None:
    clock.advance(minutes=5)
    writes = [
        {"do": "create", "object": "Account", "fields": {"Name": "Held"}},
        {"do": "update", "object": "Account", "id": account, "fields": {"Phone": "9"}},
    ]
    begun = side(api, "POST", "transactions", {"writes": writes})
    clock.advance(minutes=10)
    span = {"start": "2026-11-23T12:00:00Z", "end": "2026-11-23T12:30:00Z"}

    assert begun["began"] == "2026-11-23T12:05:00.000Z"
    covered = api.get("/sobjects/Account/updated", params=span).json()["latestDateCovered"]
    assert covered == "2026-11-23T12:05:00.000+0000"
    assert problem(api.patch(f"/sobjects/Account/{account}", {"Phone": "8"}))[1] == "UNABLE_TO_LOCK_ROW"
    assert side(api, "GET", "transactions")["transactions"][0]["writes"] == 2

    ids = side(api, "POST", f"transactions/{begun['transaction']}/commit")["ids"]

    assert api.record("Account", ids[0])["SystemModstamp"] == "2026-11-23T12:05:00.000+0000"
    assert api.record("Account", account)["Phone"] == "9"
    covered = api.get("/sobjects/Account/updated", params=span).json()["latestDateCovered"]
    assert covered == "2026-11-23T12:15:00.000+0000"


def test_an_open_transaction_can_be_rolled_back(api: Caller, account: str) -> None:
    begun = side(api, "POST", "transactions", {"writes": [{"do": "delete", "object": "Account", "id": account}]})

    side(api, "POST", f"transactions/{begun['transaction']}/rollback")

    assert api.patch(f"/sobjects/Account/{account}", {"Phone": "8"}).status_code == 204
    side(api, "POST", f"transactions/{begun['transaction']}/commit", status=404)
    side(api, "POST", "transactions", {"writes": [{"do": "explode", "object": "Account"}]}, status=400)


# Load


def test_answers_wait_as_long_as_was_ordered_for_their_address(api: Caller, org: Org) -> None:
    waited: list[float] = []
    org.sleep = waited.append
    side(api, "POST", "latency", {"seconds": 0.2})
    side(api, "POST", "latency", {"seconds": 5, "path": "/query", "method": "GET"})
    api.get("/limits")
    api.get("/query?q=SELECT+Id+FROM+Account")
    side(api, "DELETE", "latency")
    api.get("/limits")

    assert waited == [0.2, 5.0]
    side(api, "POST", "latency", {"path": "("}, status=400)


def test_the_day_s_calls_run_out_and_come_back_hour_by_hour(clock: StillClock) -> None:
    with Org.in_memory(clock=clock, settings=Settings(daily_api_calls=4)) as org:
        api = Caller(org)
        statuses = []
        for hours in (0, 10, 10, 4, 1, 10):
            clock.advance(hours=hours)
            api.session.headers["Authorization"] = f"Bearer {org.login().token}"
            statuses.append([api.get("/limits").status_code for _ in range(2)])
        api.session.close()

    assert statuses == [[200, 200], [200, 200], [403, 403], [200, 200], [403, 403], [200, 200]]


def test_limits_tell_what_is_left(api: Caller) -> None:
    side(api, "POST", "quotas", {"DailyBulkV2QueryJobs": 5, "DailyApiRequests": 100})

    limits = api.get("/limits").json()

    assert limits["DailyApiRequests"]["Remaining"] == 99
    assert limits["DailyBulkV2QueryJobs"]["Remaining"] == 5
    side(api, "POST", "quotas", {"Nothing": 5}, status=400)
    assert side(api, "GET", "quotas")["DailyApiRequests"] == {"Max": 15_000, "Used": 14_901}


def test_bulk_query_jobs_run_out(api: Caller) -> None:
    side(api, "POST", "quotas", {"DailyBulkV2QueryJobs": 1})
    body = {"operation": "query", "query": "SELECT Id FROM Account"}

    assert api.post("/jobs/query", body).status_code == 200
    assert api.post("/jobs/query", body).status_code in (400, 403)


def test_long_requests_keep_others_out(clock: StillClock) -> None:
    with Org.in_memory(clock=clock, settings=Settings(concurrent_long_requests=2)) as org:
        api = Caller(org)
        now = [0.0]
        org.long_requests = quotas.LongRequests(lambda: now[0])
        with org.long_requests.one(), org.long_requests.one():
            now[0] = 19.0
            assert api.get("/limits").status_code == 200
            now[0] = 20.0
            assert problem(api.get("/limits"))[2] == "ConcurrentPerOrgLongTxn Limit exceeded."
        assert api.get("/limits").status_code == 200
        api.session.close()


def test_settings_are_checked(api: Caller, org: Org) -> None:
    assert side(api, "POST", "settings", {"query_batch_size": 500}) == {"query_batch_size": 500}
    assert org.settings.query_batch_size == 500
    side(api, "POST", "settings", {"query_batch_size": "many"}, status=400)
    side(api, "POST", "settings", {"colour": "red"}, status=400)


# Automation

RULES = {
    "flow": [
        {
            "name": "Invoice what is won",
            "object": "Opportunity",
            "saved": "updated",
            "when": [{"field": "StageName", "is": "Closed Won"}, {"field": "StageName", "changed": True}],
            "set": {"NextStep": "Invoice", "Description": "$Name"},
            "create": {"object": "Task", "fields": {"Subject": "Invoice", "WhatId": "$Id"}},
        }
    ],
    "validation": [
        {
            "name": "No free shoes",
            "object": "Opportunity",
            "when": {"field": "Amount", "below": 1},
            "message": "Shoes are not free.",
            "field": "Amount",
        }
    ],
}


def test_a_flow_edits_what_is_saved_and_creates_what_follows(api: Caller) -> None:
    assert side(api, "POST", "automation", RULES)["flows"] == ["Invoice what is won"]
    deal = api.deal(Name="300 pairs")

    api.patch(f"/sobjects/Opportunity/{deal}", {"StageName": "Closed Won"})
    api.patch(f"/sobjects/Opportunity/{deal}", {"NextStep": "None of it"})

    row = api.record("Opportunity", deal)
    assert (row["Description"], row["NextStep"]) == ("300 pairs", "None of it")
    assert len(api.query(f"SELECT Id FROM Task WHERE WhatId = '{deal}'")) == 1


def test_a_stage_that_a_flow_sets_brings_what_a_stage_brings(api: Caller) -> None:
    flow = {"object": "Opportunity", "when": {"field": "Amount", "above": 1000}, "set": {"StageName": "Closed Won"}}
    side(api, "POST", "automation", {"flow": [flow]})

    row = api.record("Opportunity", api.deal(Amount=5000))

    assert (row["StageName"], row["IsWon"], row["Probability"]) == ("Closed Won", True, 100.0)


def test_a_validation_rule_refuses_with_its_own_words(api: Caller) -> None:
    side(api, "POST", "automation", RULES)

    free = {"Name": "D", "StageName": "Prospecting", "CloseDate": "2026-12-01", "Amount": 0}
    answer = api.post("/sobjects/Opportunity", free)

    assert problem(answer) == (400, "FIELD_CUSTOM_VALIDATION_EXCEPTION", "Shoes are not free.")
    assert answer.json()[0]["fields"] == ["Amount"]
    side(api, "DELETE", "automation")
    assert api.record("Opportunity", api.deal(Amount=0))["Amount"] == 0.0


@pytest.mark.parametrize(
    "body",
    [
        {"trigger": []},
        {"flow": [{"object": "Nothing"}]},
        {"flow": [{"object": "Opportunity", "set": {"Nothing": 1}}]},
        {"flow": [{"object": "Opportunity", "saved": "sometimes"}]},
        {"validation": [{"object": "Opportunity"}]},
        {"validation": [{"object": "Opportunity", "message": "m", "when": {"field": "Amount", "smells": 1}}]},
    ],
)
def test_automation_that_makes_no_sense_is_refused_whole(api: Caller, body: Any) -> None:
    side(api, "POST", "automation", body, status=400)

    assert side(api, "GET", "automation") == {"flows": [], "validations": []}


def test_automation_comes_from_a_file(org: Org, tmp_path: Path) -> None:
    path = tmp_path / "rules.toml"
    path.write_text(
        '[[flow]]\nobject = "Account"\nset = { Site = "from a file" }\n'
        '[[validation]]\nobject = "Account"\nwhen = { field = "Phone", is = "13" }\nmessage = "Unlucky."\n',
        encoding="utf-8",
    )
    org.automation.add_file(path, org.schema)

    made = org.record("Account", org.create("Account", {"Name": "A"}))

    assert made is not None
    assert made["Site"] == "from a file"


# Access


def test_a_hidden_field_is_nowhere(api: Caller, colleague: Caller) -> None:
    username = colleague.username
    side(api, "POST", "access", {"username": username, "hide_fields": {"Account": ["Phone"]}})
    account = api.create("Account", Name="A", Phone="1")

    assert "Phone" not in colleague.record("Account", account)
    assert problem(colleague.get("/query?q=SELECT+Phone+FROM+Account"))[1] == "INVALID_FIELD"
    assert problem(colleague.get("/query?q=SELECT+Account.Phone+FROM+Contact"))[1] == "INVALID_FIELD"
    assert problem(colleague.patch(f"/sobjects/Account/{account}", {"Phone": "2"}))[1] == "INVALID_FIELD"
    assert "Phone" not in [item["name"] for item in colleague.get("/sobjects/Account/describe").json()["fields"]]
    assert colleague.patch(f"/sobjects/Account/{account}", {"Name": "B"}).status_code == 204
    assert api.record("Account", account)["Phone"] == "1"
    assert colleague.create("Account", Name="Without a phone")


def test_a_field_can_be_read_only_for_a_user(api: Caller, colleague: Caller, account: str) -> None:
    side(api, "POST", "access", {"username": colleague.username, "read_only_fields": {"Account": ["Phone"]}})

    refused = colleague.patch(f"/sobjects/Account/{account}", {"Phone": "2"})

    assert problem(refused)[1] == "INVALID_FIELD_FOR_INSERT_UPDATE"
    assert colleague.record("Account", account)["Phone"] == "0"


def test_an_object_can_be_hidden_or_read_only(api: Caller, colleague: Caller, account: str) -> None:
    side(api, "POST", "access", {"hide_objects": ["Task"], "read_only_objects": ["Account"]})

    assert problem(colleague.get("/query?q=SELECT+Id+FROM+Task"))[1] == "INVALID_TYPE"
    assert colleague.get("/sobjects/Task/describe").status_code == 404
    refused = colleague.patch(f"/sobjects/Account/{account}", {"Phone": "2"})
    assert problem(refused)[:2] == (403, "INSUFFICIENT_ACCESS_OR_READONLY")
    side(api, "DELETE", "access")
    assert colleague.get("/sobjects/Task/describe").status_code == 200


def test_hidden_records_are_not_there(api: Caller, colleague: Caller, account: str) -> None:
    contact = api.create("Contact", LastName="Ann", AccountId=account)
    where = {"field": "Name", "is": "Get Cloudy Test"}
    side(api, "POST", "access", {"username": colleague.username, "hide_records": {"Account": where}})

    assert colleague.query(f"SELECT Id FROM Account WHERE Id = '{account}'") == []
    assert colleague.query(f"SELECT Account.Name FROM Contact WHERE Id = '{contact}'")[0]["Account"] is None
    assert colleague.get(f"/sobjects/Account/{account}").status_code == 404
    assert colleague.get(f"/sobjects/Contact/{contact}/Account").status_code == 404
    assert colleague.patch(f"/sobjects/Account/{account}", {"Phone": "2"}).status_code == 404
    assert colleague.get(f"/composite/sobjects/Account?ids={account}&fields=Name").json() == [None]
    assert len(api.query(f"SELECT Id FROM Account WHERE Id = '{account}'")) == 1


@pytest.mark.parametrize(
    "body",
    [
        {"hide_fields": {"Account": ["Nothing"]}},
        {"hide_fields": {"Account": ["Id"]}},
        {"hide_objects": ["Nothing"]},
        {"hide_records": {"Account": {"field": "Name", "changed": True}}},
        {"colour": "red"},
    ],
)
def test_an_order_of_access_that_makes_no_sense_is_refused(api: Caller, body: Any) -> None:
    side(api, "POST", "access", body, status=400)


def test_an_unknown_user_s_access_cannot_be_ordered(api: Caller) -> None:
    side(api, "POST", "access", {"username": "nobody"}, status=404)


# States to go back to


def test_a_snapshot_is_gone_back_to_and_sessions_stay(api: Caller, account: str) -> None:
    side(api, "POST", "snapshots", {"name": "clean"})
    api.patch(f"/sobjects/Account/{account}", {"Phone": "9"})
    calls = side(api, "GET", "")["calls"]
    extra = api.create("Account", Name="Extra")

    side(api, "POST", "snapshots/clean/restore")

    assert api.record("Account", account)["Phone"] == "0"
    assert api.get(f"/sobjects/Account/{extra}").status_code == 404
    assert side(api, "GET", "")["calls"] > calls
    assert side(api, "DELETE", "snapshots/clean") == {"snapshots": []}
    side(api, "POST", "snapshots/clean/restore", status=404)


def test_going_back_takes_milliseconds_also_for_an_org_in_a_file(tmp_path: Path, clock: StillClock) -> None:
    with Org.open(tmp_path, clock=clock) as org:
        org.snapshots.take("clean")
        account = org.create("Account", {"Name": "A"})
        began = time.monotonic()
        org.restore("clean")
        took = time.monotonic() - began

        assert org.record("Account", account) is None
        assert took < 1.0


def test_a_reset_with_everything_forgets_what_was_ordered(api: Caller, org: Org) -> None:
    side(api, "POST", "automation", RULES)
    side(api, "POST", "faults", {"fault": "F11-503-html", "path": "/limits", "count": 0})
    side(api, "POST", "clock", {"shift_s": 60})

    side(api, "POST", "reset", {"everything": True})

    assert api.get("/limits").headers["Sforce-Limit-Info"] == "api-usage=1/15000"
    assert side(api, "GET", "automation")["flows"] == []
    assert org.now().second == 0


def test_a_clone_is_an_org_of_its_own(api: Caller, org: Org, tmp_path: Path, account: str) -> None:
    side(api, "POST", "clone", {"dir": str(tmp_path / "copy")})
    api.patch(f"/sobjects/Account/{account}", {"Phone": "9"})

    with Org.open(tmp_path / "copy") as copy, org.clone() as other:
        for clone, phone in ((copy, "0"), (other, "9")):
            row = clone.record("Account", account)
            assert row is not None
            assert row["Phone"] == phone
    side(api, "POST", "clone", {"dir": str(tmp_path / "copy")}, status=400)


def test_added_fields_survive_a_restart_and_a_reset(tmp_path: Path, clock: StillClock) -> None:
    change = {"object": "Account", "add": [{"name": "Tier__c", "type": "string", "size": 10}]}
    with Org.open(tmp_path, clock=clock) as org:
        org.change_schema(change)
        account = org.create("Account", {"Name": "A", "Tier__c": "gold"})
    with Org.open(tmp_path, clock=clock) as org:
        row = org.record("Account", account)
        assert row is not None
        assert row["Tier__c"] == "gold"
        org.reset()
        assert org.create("Account", {"Name": "A", "Tier__c": "gold"})
        with pytest.raises(ValueError, match="has a field Tier__c already"):
            org.change_schema(change)


def test_records_are_merged_as_people_do_it(api: Caller, account: str) -> None:
    twin = api.create("Account", Name="Twin")
    contact = api.create("Contact", LastName="Ann", AccountId=twin)

    side(api, "POST", "merge", {"object": "Account", "winner": account, "losers": [twin]})

    assert api.record("Contact", contact)["AccountId"] == account
    side(api, "POST", "merge", {"object": "Opportunity", "winner": account, "losers": [twin]}, status=400)
    side(api, "POST", "merge", {"object": "Account", "winner": account, "losers": [account]}, status=400)


# The journal


def test_requests_are_counted_by_kind_and_status(api: Caller, account: str) -> None:
    side(api, "DELETE", "requests")
    for _ in range(2):
        api.get(f"/sobjects/Account/{account}")
    api.get("/sobjects/Account/001000000000000AAA")

    told = side(api, "GET", "requests?path=Account&entries=1")

    path = "/services/data/v67.0/sobjects/Account/<id>"
    assert told["counts"] == [
        {"method": "GET", "path": path, "status": 200, "count": 2},
        {"method": "GET", "path": path, "status": 404, "count": 1},
    ]
    assert told["total"] == 3
    assert told["entries"][0]["target"].endswith("001000000000000AAA")


def test_a_cut_connection_is_in_the_journal_too(api: Caller) -> None:
    side(api, "POST", "faults", {"fault": "F14", "path": "/limits"})
    with pytest.raises(requests.ConnectionError):
        api.get("/limits")

    assert side(api, "GET", "requests?path=limits")["counts"][0]["status"] == 0


def test_resources_that_the_playground_lacks_are_noted(api: Caller, account: str) -> None:
    api.get(f"/sobjects/Account/{'0' * 18}")
    assert side(api, "GET", "strict") == {"unknown": []}

    api.get("/wave/dashboards")
    api.get("/sobjects/Account/eventSeriesUpdates")

    unknown = side(api, "GET", "strict", status=501)["unknown"]
    assert [item["path"] for item in unknown] == [
        "/services/data/v67.0/sobjects/Account/eventSeriesUpdates",
        "/services/data/v67.0/wave/dashboards",
    ]


def test_a_clock_s_orders_are_kept_in_its_store(clock: StillClock) -> None:
    with Org.in_memory(clock=clock) as org:
        told: Store = org.store
        org.shift_clock(timedelta(hours=1))

        assert OrgClock(clock, told).now() == org.now()
