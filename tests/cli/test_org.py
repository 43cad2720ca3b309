"""What is asked of an org: the survey before connecting, the facts of practice, a colleague's edits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from config import settings
from config.settings import ObjectSettings
from forcemirror import connecting, practice, survey
from forcemirror import project as projects
from forcemirror.colleague import PlaygroundColleague
from forcemirror.errors import ConnectionDeclined, NotConnected
from local_store.store import Store
from mapping.exercise import Exercise, Verdict
from mapping.record import RecordId
from tests.support.playground import MORNING, PlaygroundSite, playground_site
from web.services import ServiceRefused

NAME = "Get Cloudy West - 35 Custom Sneakers"


@pytest.fixture
def site() -> Iterator[PlaygroundSite]:
    made = playground_site()
    yield made
    made.close()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(f"sqlite:///{tmp_path / 'mirror.db'}") as opened:
        yield opened


def exercise(tmp_path: Path) -> Exercise:
    return projects.create(tmp_path / "acme").exercise


def look(site: PlaygroundSite, *more: ObjectSettings) -> survey.Survey:
    return survey.look(site.client, "playground", (*settings.parse("").objects, *more))


def test_the_survey_tells_which_org_it_is_and_what_a_load_costs(site: PlaygroundSite) -> None:
    found = look(site)
    assert found.organization.kind == "playground"
    assert found.organization.id == site.org.organization_id
    assert found.organization.time_zone == "Europe/London"
    assert found.looked_at == MORNING
    counts = {item.settings.name: item.rows for item in found.objects}
    assert counts["Opportunity"] == site.client.query("SELECT COUNT() FROM Opportunity").total
    assert counts["OpportunityStage"] == 10
    assert found.calls >= len(found.objects)
    assert found.calls_left is not None


def test_hidden_objects_and_fields_are_told(site: PlaygroundSite) -> None:
    found = look(site, ObjectSettings("Nowhere__c"), ObjectSettings("Profile", expects=("Name", "Secret__c")))
    by_name = {item.settings.name: item for item in found.objects}
    assert by_name["Nowhere__c"].mapping is None
    assert by_name["Profile"].hidden == ("Secret__c",)
    assert by_name["Opportunity"].hidden == ()


def test_a_playground_starts_open_and_any_other_org_is_only_read(site: PlaygroundSite, store: Store) -> None:
    seen = look(site)
    connecting.remember(store, seen)
    assert store.permissions()["Opportunity"] == {"create", "update", "delete"}
    assert "Task" not in store.permissions()


@pytest.mark.parametrize("kind", ["production", "sandbox"])
def test_a_real_org_starts_pull_only(site: PlaygroundSite, store: Store, kind: str) -> None:
    seen = look(site)
    connecting.remember(store, replace(seen, organization=replace(seen.organization, kind=kind)))  # type: ignore[arg-type]
    assert not any(store.permissions().values())


def test_a_mirror_stays_with_its_org(site: PlaygroundSite, store: Store) -> None:
    seen = look(site)
    connecting.remember(store, seen)
    other = replace(seen, organization=replace(seen.organization, id="00D000000000001AAA"))
    with pytest.raises(ConnectionDeclined, match="00D000000000001AAA"):
        connecting.remember(store, other)


def test_connecting_again_closes_and_opens_nothing(site: PlaygroundSite, store: Store) -> None:
    connecting.remember(store, look(site))
    store.forbid("Opportunity", "delete")
    began = practice.attempt_began(store)
    site.clock.pass_(hours=1)
    connecting.remember(store, look(site))
    assert store.permissions()["Opportunity"] == {"create", "update"}
    assert practice.attempt_began(store) == began


def test_a_mirror_that_knows_no_org_says_so(store: Store) -> None:
    with pytest.raises(NotConnected):
        connecting.organization(store)


def test_the_forcemirror_id_of_the_playground_is_used_for_creates(site: PlaygroundSite, store: Store) -> None:
    connecting.remember(store, look(site))
    assert store.objects["Opportunity"].external_id == "Forcemirror_Id__c"
    assert store.objects["OpportunityContactRole"].external_id is None


# Practice


def make_deal(site: PlaygroundSite, name: str = NAME, **fields: object) -> str:
    account = site.client.query("SELECT Id FROM Account WHERE Name = 'Get Cloudy West'").records[0]["Id"]
    values = {"Name": name, "AccountId": account, "StageName": "Needs Analysis", "CloseDate": "2026-12-18", **fields}
    return site.client.create("Opportunity", values)


def make_aparna(site: PlaygroundSite, deal: str, role: str = "Influencer") -> str:
    contact = site.client.create("Contact", {"FirstName": "Aparna", "LastName": "Rao"})
    site.client.create("OpportunityContactRole", {"OpportunityId": deal, "ContactId": contact, "Role": role})
    return contact


def verdicts(site: PlaygroundSite, tmp_path: Path) -> dict[str, Verdict]:
    report = practice.check(exercise(tmp_path), site.client, "Europe/London", MORNING)
    return {item.key: item.verdict for item in report.results}


def test_the_scenario_begins_with_the_account_and_without_aparna(site: PlaygroundSite, tmp_path: Path) -> None:
    found = verdicts(site, tmp_path)
    assert {key for key, verdict in found.items() if verdict is Verdict.PASSED} == {"P1"}


def test_the_exercise_done_in_the_org_passes(site: PlaygroundSite, tmp_path: Path) -> None:
    make_aparna(site, make_deal(site))
    assert set(verdicts(site, tmp_path).values()) == {Verdict.PASSED}


@pytest.mark.parametrize("name", [NAME.upper(), NAME.replace("-", "–"), "Ｇｅｔ Cloudy West － 35 Custom Sneakers"])
def test_a_near_miss_is_found_by_the_queries(site: PlaygroundSite, tmp_path: Path, name: str) -> None:
    make_deal(site, name)
    assert verdicts(site, tmp_path)["P2"] is Verdict.ALMOST


def test_deleted_records_do_not_count(site: PlaygroundSite, tmp_path: Path) -> None:
    deal = make_deal(site)
    make_aparna(site, deal)
    site.client.delete("Opportunity", deal)
    assert verdicts(site, tmp_path)["P2"] is Verdict.NOT_YET


def test_today_is_the_orgs_today(site: PlaygroundSite, tmp_path: Path) -> None:
    make_deal(site, CloseDate="2026-11-24")
    site.clock.pass_(hours=14, minutes=30)  # 23:30 in London, the next morning in Auckland
    for zone, today in (("Europe/London", date(2026, 11, 23)), ("Pacific/Auckland", date(2026, 11, 24))):
        facts = practice.gather(exercise(tmp_path / zone.replace("/", "")), site.client, zone, MORNING)
        assert facts.today == today


def test_a_new_beginning_removes_what_earlier_attempts_made_and_nothing_else(
    site: PlaygroundSite, tmp_path: Path
) -> None:
    before = site.client.query("SELECT COUNT() FROM Opportunity").total
    make_aparna(site, make_deal(site))
    make_deal(site, NAME.lower())
    site.clock.pass_(minutes=5)
    assert practice.remove_earlier(exercise(tmp_path), site.client, "Europe/London", MORNING) == 3
    assert site.client.query("SELECT COUNT() FROM Opportunity").total == before
    assert site.client.query("SELECT COUNT() FROM Contact WHERE FirstName = 'Aparna'").total == 0


def test_an_attempt_is_remembered_in_the_mirror(store: Store) -> None:
    assert practice.attempt_began(store) is None
    practice.begin_attempt(store, MORNING)
    assert practice.attempt_began(store) == MORNING


# A colleague


def test_a_colleague_finds_reads_and_edits_records_of_the_org(site: PlaygroundSite) -> None:
    colleague = PlaygroundColleague(site.client, settings.parse("").objects)
    (found,) = colleague.find("Account", "Get Cloudy West", 10)
    colleague.edit("Account", found.id, {"Phone": "0123", "AnnualRevenue": None})
    seen = colleague.read("Account", found.id)
    assert seen is not None
    assert seen.fields["Phone"] == "0123"
    assert seen.modified_by
    assert seen.modified_at == MORNING
    assert [item.id for item in colleague.find("Account", "", 1)] == [found.id]


def test_a_colleague_sees_records_without_a_name_too(site: PlaygroundSite) -> None:
    colleague = PlaygroundColleague(site.client, settings.parse("").objects)
    assert len(colleague.find("OpportunityContactRole", "anything", 3)) == 3


def test_a_colleague_hears_the_orgs_refusal_in_its_words(site: PlaygroundSite) -> None:
    colleague = PlaygroundColleague(site.client, settings.parse("").objects)
    (deal,) = colleague.find("Opportunity", "", 1)
    with pytest.raises(ServiceRefused) as caught:
        colleague.edit("Opportunity", deal.id, {"Name": None})
    assert "REQUIRED_FIELD_MISSING" in caught.value.message
    assert caught.value.fields == ("Name",)
    assert colleague.read("Opportunity", RecordId("006000000000001AAA")) is None


def test_a_wrong_id_in_an_address_is_only_not_found(site: PlaygroundSite) -> None:
    colleague = PlaygroundColleague(site.client, settings.parse("").objects)
    assert colleague.read("Opportunity", RecordId("' OR Name LIKE '%")) is None
