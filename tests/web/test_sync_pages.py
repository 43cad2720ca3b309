"""The sync page, conflicts, and the colleague's page."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from mapping.stages import StageMapping
from tests.web.conftest import Reader
from web.services import Freshness, RunningSync


def _make_conflict(reader: Reader) -> str:
    deal = reader.deal(status=frozenset({"open"}), stages=frozenset({"Prospecting"}))
    services = reader.services
    services.update(
        "Opportunity",
        deal.id,
        {
            "CloseDate": date(2027, 3, 8),
            "StageName": "Negotiation/Review",
            "Probability": Decimal(85),
            "ForecastCategoryName": "Commit",
        },
    )
    services.site.clock.pass_(minutes=5)
    assert services.colleague is not None
    services.colleague.edit("Opportunity", deal.id, {"CloseDate": date(2027, 3, 11), "StageName": "Qualification"})
    services.site.clock.pass_(minutes=5)
    services.sync()
    return str(deal.id)


def test_sync_now_makes_a_run_and_the_page_accounts_for_it(each_reader: Reader) -> None:
    text = each_reader.follow(each_reader.send("/sync/now", form="/sync"))
    assert ("by these pages" if each_reader.language == "en" else "由本页面") in text
    assert (
        "Working, and nothing needs you" if each_reader.language == "en" else "运行正常，没有需要您处理的事"
    ) in text


def test_a_sync_under_way_says_how_far_it_is(reader: Reader) -> None:
    reader.services.running_now = RunningSync(reader.services.now(), "observe", "Opportunity", 184, 300)
    text = reader.read("/sync")
    assert "A sync is running." in text
    assert "184 of 300 records of Opportunity" in text
    assert "Reload" in text
    assert "A sync is running already." in reader.follow(reader.send("/sync/now", form="/sync"))


def test_what_waits_is_being_sent_while_a_sync_runs(patient_reader: Reader) -> None:
    deal = patient_reader.deal(status=frozenset({"open"}))
    patient_reader.services.update("Opportunity", deal.id, {"NextStep": "Call"})
    assert "differs, waiting to be sent" in patient_reader.read(f"/opportunities/{deal.id}")
    patient_reader.services.running_now = RunningSync(patient_reader.services.now())
    assert "differs, being sent" in patient_reader.read(f"/opportunities/{deal.id}")


def test_a_failed_sync_is_said_on_every_page(reader: Reader) -> None:
    now = reader.services.now()
    reader.services.freshness_now = Freshness(
        synced_at=now - timedelta(hours=3), failed_at=now, failure="Salesforce refused the login.", advice="Log in."
    )
    for path in ("/pipeline", "/accounts", "/sync"):
        text = reader.read(path)
        assert "Salesforce refused the login." in text
        assert "fm-age-stale" in text
    assert "Stopped: the last sync failed" in reader.read("/sync")


def test_data_older_than_three_intervals_is_called_old(reader: Reader) -> None:
    now = reader.services.now()
    reader.services.freshness_now = Freshness(synced_at=now - timedelta(minutes=31), interval=timedelta(minutes=10))
    assert "The data is old." in reader.read("/pipeline")
    reader.services.freshness_now = Freshness(synced_at=now - timedelta(minutes=29), interval=timedelta(minutes=10))
    assert "The data is old." not in reader.read("/pipeline")


def test_a_conflict_shows_three_values_and_is_settled_by_choice(patient_reader: Reader) -> None:
    deal = _make_conflict(patient_reader)
    page = f"/opportunities/{deal}"
    text = patient_reader.read(page)
    assert "Conflict: both sides changed this" in text
    assert "in conflict" in text
    assert "8 Mar 2027" in text.replace("\u00a0", " ")
    assert "11 Mar 2027" in text.replace("\u00a0", " ")
    assert "Working, and 2 things need you" in patient_reader.read("/sync")
    assert " checked" not in text[text.index("Conflict: both") : text.index("Settle as chosen")]

    model = patient_reader.get(f"{page}.json").get_json()
    rows = {row["label"]: row["name"] for row in model["conflicts"]}
    close, stage = rows["Close date"], next(name for label, name in rows.items() if "Stage" in label)
    ids = [name.removeprefix("conflict-") for name in (close, stage)]
    answer = patient_reader.send(
        "/sync/conflicts/settle",
        {"id": ids, close: "local", stage: "remote", "all": "", "next": page},
        form=page,
    )
    assert "2 conflicts are settled." in patient_reader.follow(answer)

    patient_reader.services.sync()
    text = patient_reader.read(page)
    assert "Conflict: both sides changed this" not in text
    row = patient_reader.services.site.org.record("Opportunity", deal) or {}
    assert (row["CloseDate"], row["StageName"]) == ("2027-03-08", "Qualification")


def test_nothing_chosen_settles_nothing(patient_reader: Reader) -> None:
    deal = _make_conflict(patient_reader)
    answer = patient_reader.send("/sync/conflicts/settle", {"id": ["1"], "all": ""}, form=f"/opportunities/{deal}")
    assert "Nothing was settled." in patient_reader.follow(answer)
    assert "Conflict: both sides changed this" in patient_reader.read(f"/opportunities/{deal}")


def test_a_colleague_edits_the_org_and_the_mirror_hears_of_it_with_the_next_sync(reader: Reader) -> None:
    deal = reader.deal(status=frozenset({"open"}))
    address = f"/in-salesforce/Opportunity/{deal.id}"
    model = reader.get(f"{address}.json").get_json()
    fields = {item["name"]: item["value"] for item in model["inputs"]}
    reader.services.site.clock.pass_(minutes=1)

    text = reader.follow(reader.send(address, {**fields, "NextStep": "Written by a colleague"}))

    assert "Saved in Salesforce." in text
    assert "Written by a colleague" in text
    assert "Written by a colleague" not in reader.read(f"/opportunities/{deal.id}")
    reader.services.site.clock.pass_(minutes=5)
    reader.send("/sync/now", form="/sync")
    assert "Written by a colleague" in reader.read(f"/opportunities/{deal.id}")


def test_the_org_s_own_refusal_is_shown_beside_the_field(reader: Reader) -> None:
    deal = reader.deal(status=frozenset({"open"}))
    address = f"/in-salesforce/Opportunity/{deal.id}"
    answer = reader.send(address, {"Name": "", "CloseDate": "2026-12-01", "StageName": deal.stage})
    assert answer.status_code == 422
    assert "Nothing was saved." in answer.text


def test_elsewhere_than_in_a_playground_there_is_no_such_page(reader: Reader) -> None:
    reader.services.colleague = None
    assert reader.get("/in-salesforce").status_code == 404
    assert 'href="/in-salesforce' not in reader.read("/pipeline")


def test_an_unmapped_stage_is_shouted_about(each_reader: Reader) -> None:
    mapping = each_reader.services.mapping_now
    kept = tuple(item for item in mapping.assignments if item.org_stage != "Value Proposition")
    each_reader.services.mapping_now = StageMapping(mapping.name, mapping.stages, kept)
    text = each_reader.read("/stages")
    assert "fm-row-bad" in text
    assert ("not mapped" if each_reader.language == "en" else "未映射") in text
    assert "9 / 10" in text
    local = each_reader.read("/pipeline?stages=local")
    assert ("Not mapped" if each_reader.language == "en" else "未映射") in local


def test_a_refused_record_is_in_the_inbox_with_the_org_s_words(each_reader: Reader) -> None:
    account = each_reader.account_id("Get Cloudy West")
    made = each_reader.services.create("Contact", {"FirstName": "Nameless", "AccountId": account})
    each_reader.services.sync()
    english = each_reader.language == "en"

    inbox = each_reader.read("/sync")
    assert ("A required field is missing" if english else "缺少必填字段") in inbox
    assert "REQUIRED_FIELD_MISSING" in inbox
    assert ("Working, and one thing needs you" if english else "有 1 件事需要您处理") in inbox
    text = each_reader.read(f"/contacts/{made}")
    assert ("refused by Salesforce" if english else "被 Salesforce 拒绝") in text
    assert "Required fields are missing: [LastName]" in text


def test_an_open_sum_is_that_of_the_account_s_open_deals(reader: Reader) -> None:
    model = reader.get("/accounts.json?sort=-amount").get_json()
    first = model["accounts"][0]
    its = reader.get(f"/opportunities.json?account={first['id']}&status=open").get_json()
    assert first["open_count"] == its["total"]["count"]
    assert Decimal(first["open_amount"]) == sum(Decimal(amount) for amount in its["total"]["amounts"].values())


def test_everything_that_waits_is_listed_whatever_its_object(patient_reader: Reader) -> None:
    services = patient_reader.services
    first, second = (patient_reader.deal(stages=frozenset({stage})) for stage in ("Prospecting", "Qualification"))
    services.update("Opportunity", first.id, {"NextStep": "Call"})
    services.delete("Opportunity", second.id)
    services.create("Contact", {"FirstName": "Aparna", "LastName": "Rao"})

    model = patient_reader.get("/sync/waiting.json").get_json()
    found = {(item["record"]["name"], item["record"]["change"]) for item in model["records"]}
    assert found == {(first.name, "update"), (second.name, "delete"), ("Aparna Rao", "create")}
    assert model["total"] == 3 == patient_reader.get("/sync.json").get_json()["needs"]["waiting"]
    text = patient_reader.read("/sync/waiting")
    assert f'href="/opportunities/{first.id}"' in text
    assert f'href="/opportunities/{second.id}"' not in text

    services.sync()
    assert "Nothing waits" in patient_reader.read("/sync/waiting")
    newest = patient_reader.get("/sync.json").get_json()["runs"][0]["id"]
    deeds = patient_reader.get(f"/sync/runs/{newest}.json").get_json()["deeds"]
    sent = {(item["deed"]["object"], item["deed"]["verb"]) for item in deeds if item["deed"]["side"] == "remote"}
    assert sent == {("Opportunity", "update"), ("Opportunity", "delete"), ("Contact", "create")}
