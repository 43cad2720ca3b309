"""The engine between an org and a mirror in memory: what a run does, and what it must never do."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from connector.sync.engine import EngineSettings
from connector.sync.errors import AnotherRunIsActive, MappingChanged, PlanRefused, WrongOrganization
from connector.sync.model import (
    Create,
    Decision,
    Delete,
    DeleteConflict,
    Done,
    FieldConflict,
    Operation,
    Policy,
    Side,
    Update,
)
from connector.sync.resolve import Policies
from mapping.record import Record, RecordId, is_provisional
from tests.support.memory_replica import Crash, Fault, MemoryReplica
from tests.support.worlds import EVERYTHING, TwoSides


@pytest.fixture
def world() -> TwoSides:
    return TwoSides()


@pytest.fixture
def synced(world: TwoSides) -> TwoSides:
    """An account with a deal, a contact and a role, on both sides."""
    account = world.org.insert("Account", {"Name": "Get Cloudy", "Phone": "1"})
    contact = world.org.insert("Contact", {"LastName": "Johnson", "AccountId": account})
    deal = world.org.insert("Opportunity", {"Name": "Sneakers", "StageName": "Prospecting", "AccountId": account})
    world.org.insert(
        "OpportunityContactRole", {"OpportunityId": deal, "ContactId": contact, "Role": "Buyer", "IsPrimary": True}
    )
    world.sync()
    return world


def only(world: TwoSides, object_name: str) -> RecordId:
    (id,) = world.org.live(object_name)
    return id


def test_the_first_run_brings_everything(synced: TwoSides) -> None:
    assert synced.differences() == []
    report = synced.journal.reports[1]
    assert report.is_green
    assert (report.objects["Account"].received, report.objects["Account"].applied) == (1, 1)


def test_the_run_after_it_rests(synced: TwoSides) -> None:
    before = synced.mirror.image()
    calls, writes = synced.org.calls, synced.mirror.writes
    report = synced.sync()
    assert (synced.mirror.writes, synced.org.log) == (writes, [])
    assert synced.org.calls - calls <= 3
    assert synced.mirror.image() == before
    assert all(each.received == each.unchanged for each in report.objects.values())


def test_an_edit_there_comes_here(synced: TwoSides) -> None:
    id = only(synced, "Account")
    synced.org.change("Account", id, Phone="2")
    report = synced.sync()
    assert synced.differences() == []
    assert (report.objects["Account"].applied, synced.org.log) == (1, [])


def test_an_edit_here_goes_there_and_the_next_run_rests(synced: TwoSides) -> None:
    id = only(synced, "Account")
    synced.mirror.change("Account", id, Phone="2")
    report = synced.sync()
    assert synced.differences() == []
    assert report.objects["Account"].sent == 1
    before = synced.mirror.image()
    synced.sync()
    assert synced.mirror.image() == before
    assert len(synced.org.log) == 1


def test_different_fields_edited_on_both_sides_both_survive(synced: TwoSides) -> None:
    id = only(synced, "Account")
    synced.mirror.change("Account", id, Phone="2")
    synced.org.change("Account", id, Industry="Apparel")
    report = synced.sync()
    here, there = synced.both("Account", id)
    assert here == there
    assert here is not None
    assert (here["Phone"], here["Industry"]) == ("2", "Apparel")
    assert report.objects["Account"].conflicts == 0


def test_a_deal_and_its_contact_role_made_here_arrive_in_one_run(synced: TwoSides) -> None:
    account, contact = only(synced, "Account"), only(synced, "Contact")
    deal = synced.mirror.insert("Opportunity", {"Name": "More", "StageName": "Prospecting", "AccountId": account})
    role = synced.mirror.insert(
        "OpportunityContactRole", {"OpportunityId": deal, "ContactId": contact, "Role": "Buyer"}
    )
    assert is_provisional(deal)
    synced.sync()
    assert synced.differences() == []
    here, there = synced.both("OpportunityContactRole", role)
    assert here is not None
    assert there is not None
    assert here["OpportunityId"] == synced.mirror.resolve(deal) != deal


def test_a_child_of_an_account_made_here_goes_in_the_same_run(world: TwoSides) -> None:
    top = world.mirror.insert("Account", {"Name": "Get Cloudy"})
    west = world.mirror.insert("Account", {"Name": "Get Cloudy West", "ParentId": top})
    world.mirror.insert("Contact", {"LastName": "Johnson", "AccountId": west})
    world.sync()
    assert world.differences() == []
    here, _ = world.both("Account", west)
    assert here is not None
    assert here["ParentId"] == world.mirror.resolve(top)


def test_rows_made_here_that_point_at_each_other_all_arrive(world: TwoSides) -> None:
    north = world.mirror.insert("Account", {"Name": "North"})
    south = world.mirror.insert("Account", {"Name": "South", "ParentId": north})
    world.mirror.change("Account", north, ParentId=south)
    world.sync()
    assert world.differences() == []
    here, _ = world.both("Account", north)
    assert (here or {})["ParentId"] == world.mirror.resolve(south)
    assert [type(each) for each in world.org.log] == [Create, Create, Update]


def test_a_deletion_there_leaves_a_marked_row_here(synced: TwoSides) -> None:
    id = only(synced, "OpportunityContactRole")
    synced.org.remove("OpportunityContactRole", id)
    synced.sync()
    assert synced.differences() == []
    assert synced.mirror.states("OpportunityContactRole", [id])[id].gone is not None


def test_a_deletion_here_goes_there(synced: TwoSides) -> None:
    id = only(synced, "OpportunityContactRole")
    synced.mirror.remove("OpportunityContactRole", id)
    synced.sync()
    assert synced.differences() == []
    assert [type(each) for each in synced.org.log] == [Delete]
    assert synced.mirror.states("OpportunityContactRole", [id])[id].gone is not None


def test_an_undelete_there_brings_the_row_back(synced: TwoSides) -> None:
    id = only(synced, "Contact")
    synced.org.remove("Contact", id)
    synced.sync()
    synced.org.restore("Contact", id)
    synced.sync()
    assert synced.mirror.holds("Contact", id) == synced.org.holds("Contact", id) is not None


# Permissions.


def test_a_new_mirror_only_reads(synced: TwoSides) -> None:
    synced.settings = EngineSettings()
    id = only(synced, "Account")
    synced.mirror.change("Account", id, Phone="2")
    synced.mirror.insert("Account", {"Name": "West"})
    report = synced.sync()
    assert synced.org.log == []
    assert report.objects["Account"].waiting == 2
    here, there = synced.both("Account", id)
    assert (here or {})["Phone"] == "2"
    assert (there or {})["Phone"] == "1"


def test_each_kind_of_write_is_opened_by_itself(synced: TwoSides) -> None:
    synced.mirror.change("Account", only(synced, "Account"), Phone="2")
    synced.mirror.insert("Account", {"Name": "West"})
    synced.mirror.remove("OpportunityContactRole", only(synced, "OpportunityContactRole"))
    synced.sync(permissions={"Account": frozenset({"update"}), "OpportunityContactRole": frozenset({"create"})})
    assert [type(each) for each in synced.org.log] == [Update]


# Dry run.


def test_a_dry_run_writes_nothing_and_tells_what_a_run_will_do(synced: TwoSides) -> None:
    id = only(synced, "Account")
    synced.mirror.change("Account", id, Phone="2")
    synced.org.change("Contact", only(synced, "Contact"), Email="lars@example.com")
    before, journal = synced.mirror.image(), len(synced.journal.begun)
    plan = synced.engine().plan()
    assert (synced.mirror.image(), synced.org.log, len(synced.journal.begun)) == (before, [], journal)
    assert {(type(each), each.object) for each in plan.operations} == {(Update, "Account"), (Update, "Contact")}
    synced.sync()
    assert synced.org.log == list(plan.on(Side.REMOTE))
    assert synced.engine().plan().is_empty


def test_a_dry_run_before_the_first_read_names_what_would_be_read(world: TwoSides) -> None:
    world.org.insert("Account", {"Name": "Get Cloudy"})
    preview = world.engine().preview()
    assert "Account" in preview.first_reads
    assert world.mirror.live("Account") == {}


# Conflicts.


def test_an_open_conflict_is_never_pushed_over_the_org(synced: TwoSides) -> None:
    id = only(synced, "Account")
    synced.mirror.change("Account", id, Phone="2")
    synced.org.change("Account", id, Phone="3")
    for _ in range(4):
        report = synced.sync()
        assert report.objects["Account"].conflicts == 1
        synced.org.change("Account", id, Industry="Apparel")
    synced.mirror.change("Account", id, Industry="Toys")
    synced.sync()
    here, there = synced.both("Account", id)
    assert ((here or {})["Phone"], (there or {})["Phone"]) == ("2", "3")
    assert not any("Phone" in each.fields for each in synced.org.log if isinstance(each, Update))
    assert synced.mirror.conflicts["Account"] == (
        FieldConflict("Account", id, {"Phone": "1"}, {"Phone": "2"}, {"Phone": "3"}),
    )


@pytest.mark.parametrize(("keep", "phone"), [(Side.LOCAL, "2"), (Side.REMOTE, "3")])
def test_a_persons_decision_is_carried_out(synced: TwoSides, keep: Side, phone: str) -> None:
    id = only(synced, "Account")
    synced.mirror.change("Account", id, Phone="2")
    synced.org.change("Account", id, Phone="3")
    synced.sync()
    (conflict,) = synced.mirror.conflicts["Account"]
    synced.journal.decided.append(Decision(conflict, keep))
    synced.sync()
    assert synced.differences() == []
    here, _ = synced.both("Account", id)
    assert (here or {})["Phone"] == phone
    assert [(each.keep, each.rule) for each in synced.journal.resolutions] == [(keep, "person")]
    assert synced.mirror.conflicts["Account"] == ()
    writes = len(synced.org.log)
    synced.sync()
    assert len(synced.org.log) == writes


def test_a_decision_on_values_that_changed_since_asks_again(synced: TwoSides) -> None:
    id = only(synced, "Account")
    synced.mirror.change("Account", id, Phone="2")
    synced.org.change("Account", id, Phone="3")
    synced.sync()
    (conflict,) = synced.mirror.conflicts["Account"]
    synced.journal.decided.append(Decision(conflict, Side.LOCAL))
    synced.org.change("Account", id, Phone="4")
    synced.sync()
    _, there = synced.both("Account", id)
    assert (there or {})["Phone"] == "4"
    assert len(synced.mirror.conflicts["Account"]) == 1


@pytest.mark.parametrize(("policy", "phone"), [(Policy.LOCAL, "2"), (Policy.SALESFORCE, "3")])
def test_a_policy_settles_and_logs_both_values(synced: TwoSides, policy: Policy, phone: str) -> None:
    id = only(synced, "Account")
    synced.mirror.change("Account", id, Phone="2")
    synced.org.change("Account", id, Phone="3")
    synced.sync(policies=Policies(default=policy))
    assert synced.differences() == []
    assert (synced.mirror.holds("Account", id) or {})["Phone"] == phone
    (logged,) = synced.journal.resolutions
    assert isinstance(logged.conflict, FieldConflict)
    assert (logged.conflict.local, logged.conflict.remote, logged.rule) == (
        {"Phone": "2"},
        {"Phone": "3"},
        policy.value,
    )


def test_edited_here_and_deleted_there_is_left_to_a_person(synced: TwoSides) -> None:
    id = only(synced, "Contact")
    synced.mirror.change("Contact", id, Email="lars@example.com")
    synced.org.remove("Contact", id)
    for _ in range(3):
        synced.sync()
        assert (synced.mirror.holds("Contact", id) or {})["Email"] == "lars@example.com"
        assert [type(each) for each in synced.mirror.conflicts["Contact"]] == [DeleteConflict]
    assert synced.org.log == []


@pytest.mark.parametrize("keep", list(Side))
def test_an_edit_against_a_deletion_there_is_settled_by_a_person(synced: TwoSides, keep: Side) -> None:
    id = only(synced, "Contact")
    synced.mirror.change("Contact", id, Email="lars@example.com")
    synced.org.remove("Contact", id)
    synced.sync()
    synced.journal.decided.append(Decision(synced.mirror.conflicts["Contact"][0], keep))
    synced.sync()
    synced.sync()
    assert synced.differences() == []
    emails = [record["Email"] for record in synced.org.live("Contact").values()]
    assert emails == (["lars@example.com"] if keep is Side.LOCAL else [])


@pytest.mark.parametrize("keep", list(Side))
def test_a_deletion_here_against_an_edit_there_is_settled_by_a_person(synced: TwoSides, keep: Side) -> None:
    id = only(synced, "OpportunityContactRole")
    synced.mirror.remove("OpportunityContactRole", id)
    synced.org.change("OpportunityContactRole", id, Role="Evaluator")
    synced.sync()
    assert (synced.mirror.holds("OpportunityContactRole", id), synced.org.log) == (None, [])
    synced.journal.decided.append(Decision(synced.mirror.conflicts["OpportunityContactRole"][0], keep))
    synced.sync()
    assert synced.differences() == []
    assert (synced.org.holds("OpportunityContactRole", id) is None) is (keep is Side.LOCAL)


# Between plan and apply.


def test_an_edit_made_there_between_plan_and_apply_survives(synced: TwoSides) -> None:
    id = only(synced, "Account")
    synced.mirror.change("Account", id, Phone="2")

    def colleague(_operation: Operation) -> None:
        synced.org.before_apply = None
        synced.org.change("Account", id, Phone="3", Industry="Apparel")

    synced.org.before_apply = colleague
    report = synced.sync()
    here, there = synced.both("Account", id)
    assert ((here or {})["Phone"], (there or {})["Phone"]) == ("2", "3")
    assert (here or {})["Industry"] == "Apparel"
    assert report.objects["Account"].conflicts == 1


def test_what_moved_in_another_field_is_planned_again_and_sent_in_the_same_run(synced: TwoSides) -> None:
    id = only(synced, "OpportunityContactRole")
    synced.mirror.remove("OpportunityContactRole", id)
    synced.org.change("Account", only(synced, "Account"), Phone="9")

    def colleague(_operation: Operation) -> None:
        synced.org.before_apply = None
        synced.org.change("OpportunityContactRole", id)  # a save without a change moves the stamp

    synced.org.before_apply = colleague
    synced.sync()
    assert synced.differences() == []
    assert synced.org.holds("OpportunityContactRole", id) is None


def test_an_edit_made_here_while_the_record_is_sent_survives(synced: TwoSides) -> None:
    id = only(synced, "Account")
    synced.mirror.change("Account", id, Phone="2")

    def typing(_operation: Operation) -> None:
        synced.org.before_apply = None
        synced.mirror.change("Account", id, Phone="22", Industry="Apparel")

    synced.org.before_apply = typing
    synced.sync()
    here, _ = synced.both("Account", id)
    assert ((here or {})["Phone"], (here or {})["Industry"]) == ("22", "Apparel")
    synced.sync()
    assert synced.differences() == []
    assert synced.journal.reports[max(synced.journal.reports)].objects["Account"].conflicts == 0
    assert (synced.org.holds("Account", id) or {})["Phone"] == "22"


def test_an_edit_made_here_while_the_row_is_created_there_survives(synced: TwoSides) -> None:
    id = synced.mirror.insert("Account", {"Name": "West", "Phone": "1"})

    def typing(_operation: Operation) -> None:
        synced.org.before_apply = None
        synced.mirror.change("Account", id, Phone="22")

    synced.org.before_apply = typing
    synced.sync()
    assert (synced.mirror.holds("Account", id) or {})["Phone"] == "22"
    synced.sync()
    assert synced.differences() == []
    assert [type(each) for each in synced.org.log] == [Create, Update]


def test_a_row_deleted_here_while_it_is_created_there_is_deleted_there(synced: TwoSides) -> None:
    id = synced.mirror.insert("Account", {"Name": "West"})

    def regret(_operation: Operation) -> None:
        synced.org.before_apply = None
        synced.mirror.remove("Account", id)

    synced.org.before_apply = regret
    synced.sync()
    synced.sync()
    assert synced.differences() == []
    assert [record["Name"] for record in synced.org.live("Account").values()] == ["Get Cloudy"]


def test_what_a_trigger_in_the_org_made_of_our_value_is_taken_and_not_sent_again(synced: TwoSides) -> None:
    def shout(object_name: str, record: dict[str, object]) -> None:
        if object_name == "Account":
            record["Name"] = str(record["Name"]).upper()

    synced.org.automation = shout  # type: ignore[assignment]
    id = only(synced, "Account")
    synced.mirror.change("Account", id, Name="Get Cloudy West  ")
    for _ in range(3):
        synced.sync()
    assert synced.differences() == []
    assert (synced.mirror.holds("Account", id) or {})["Name"] == "GET CLOUDY WEST"
    assert len(synced.org.log) == 1


def test_a_probability_that_follows_the_stage_arrives_in_the_same_run(synced: TwoSides) -> None:
    def derive(object_name: str, record: dict[str, object]) -> None:
        if object_name == "Opportunity" and record["StageName"] == "Qualification":
            record["Probability"] = Decimal(20)

    synced.org.automation = derive  # type: ignore[assignment]
    id = only(synced, "Opportunity")
    synced.mirror.change("Opportunity", id, StageName="Qualification")
    synced.sync()
    assert synced.differences() == []
    assert (synced.mirror.holds("Opportunity", id) or {})["Probability"] == Decimal(20)


def test_one_primary_contact_is_left_when_another_is_made_primary(synced: TwoSides) -> None:
    deal, contact = only(synced, "Opportunity"), only(synced, "Contact")
    synced.mirror.insert(
        "OpportunityContactRole",
        {"OpportunityId": deal, "ContactId": contact, "Role": "Decision Maker", "IsPrimary": True},
    )
    synced.sync()
    assert synced.differences() == []
    primaries = [row["Role"] for row in synced.mirror.live("OpportunityContactRole").values() if row["IsPrimary"]]
    assert primaries == ["Decision Maker"]


def test_an_edit_of_a_calculated_field_is_put_back_and_shown(synced: TwoSides) -> None:
    id = only(synced, "Account")
    synced.mirror.change("Account", id, Rank__c=Decimal(7))
    report = synced.sync()
    assert synced.differences() == []
    assert report.objects["Account"].put_back == 1
    assert [type(each).__name__ for each in synced.journal.stored_operations] == ["PutBack"]


# Lost answers, refusals, crashes.


@pytest.mark.parametrize("fault", [Fault.LOSE_ANSWER, Fault.LOSE_REQUEST])
def test_a_create_with_a_lost_answer_ends_as_one_record(synced: TwoSides, fault: Fault) -> None:
    synced.mirror.insert("Account", {"Name": "West"})
    synced.org.faults = {1: fault}
    report = synced.sync()
    assert report.objects["Account"].unknown == 1
    synced.sync()
    assert synced.differences() == []
    assert sorted(str(record["Name"]) for record in synced.org.live("Account").values()) == ["Get Cloudy", "West"]


def test_a_create_is_not_sent_again_while_the_look_for_it_is_inconclusive(synced: TwoSides) -> None:
    synced.mirror.insert("Account", {"Name": "West"})
    synced.org.faults, synced.org.conclusive = {1: Fault.LOSE_REQUEST}, False
    for _ in range(3):
        assert synced.sync().objects["Account"].unknown == 1
    assert synced.org.applied == 1
    synced.org.conclusive = True
    synced.sync()
    assert synced.differences() == []
    assert len(synced.org.live("Account")) == 2


def test_two_records_that_may_be_ours_are_never_guessed(synced: TwoSides) -> None:
    synced.mirror.insert("Account", {"Name": "West"})
    synced.org.faults = {1: Fault.LOSE_ANSWER}
    synced.sync()
    synced.org.insert("Account", {"Name": "West"})
    synced.sync()
    assert [issue.code for issue in synced.journal.issues()] == ["TWO_CANDIDATES"]
    assert len(synced.org.log) == 1


def test_a_dry_run_leaves_lost_creates_to_the_run(synced: TwoSides) -> None:
    synced.mirror.insert("Account", {"Name": "West"})
    synced.org.faults = {1: Fault.LOSE_ANSWER}
    synced.sync()
    before = synced.mirror.image()
    assert synced.engine().plan().operations == ()
    assert synced.mirror.image() == before
    synced.sync()
    assert synced.differences() == []


def test_a_run_that_dies_right_after_adopting_does_not_send_again(synced: TwoSides) -> None:
    id = synced.mirror.insert("Account", {"Name": "West"})
    forget = synced.mirror.drop_intent

    def die(_object_name: str, _id: RecordId) -> None:
        synced.mirror.drop_intent = forget  # type: ignore[method-assign]
        raise Crash

    synced.mirror.drop_intent = die  # type: ignore[method-assign]
    with pytest.raises(Crash):
        synced.sync()
    synced.journal.expire()
    assert len(synced.mirror.intents()) == 1
    synced.sync()
    assert (synced.mirror.intents(), len(synced.org.log)) == ([], 1)
    assert synced.differences() == []
    assert synced.mirror.resolve(id) != id


def test_a_mass_deletion_that_comes_back_after_a_write_is_left_to_the_next_run(synced: TwoSides) -> None:
    ids = many(synced, "Contact", 30)
    synced.sync()
    synced.mirror.change("Account", only(synced, "Account"), Phone="2")

    def cleaner(_operation: Operation) -> None:
        synced.org.before_apply = None
        for id in ids:
            synced.org.remove("Contact", id)

    synced.org.before_apply = cleaner
    report = synced.sync()
    assert report.is_green
    assert (report.objects["Contact"].held, len(synced.mirror.live("Contact"))) == (30, 31)
    with pytest.raises(PlanRefused):
        synced.sync()
    synced.sync(allowed_deletes=30)
    assert synced.differences() == []


def test_an_interrupted_run_is_closed_with_a_word(synced: TwoSides) -> None:
    def stop(_operation: Operation) -> None:
        raise KeyboardInterrupt

    synced.org.before_apply = stop
    synced.mirror.change("Account", only(synced, "Account"), Phone="2")
    with pytest.raises(KeyboardInterrupt):
        synced.sync()
    assert synced.journal.reports[2].error == "The run was interrupted."
    synced.org.before_apply = None
    synced.sync()
    assert synced.differences() == []


def test_a_journal_that_cannot_be_written_does_not_hide_the_first_fault(synced: TwoSides) -> None:
    def full(_run: int, _report: object) -> None:
        raise OSError("No space left on device")

    synced.journal.finish = full  # type: ignore[method-assign]
    with pytest.raises(WrongOrganization) as refused:
        synced.sync(organization="00D000000000001AAA")
    assert refused.value.__notes__ == ["The journal could not be written either: No space left on device"]


@pytest.mark.parametrize("fault", [Fault.LOSE_ANSWER, Fault.LOSE_REQUEST])
def test_an_update_with_a_lost_answer_is_found_out_by_reading(synced: TwoSides, fault: Fault) -> None:
    id = only(synced, "Account")
    synced.mirror.change("Account", id, Phone="2")
    synced.org.faults = {1: fault}
    synced.sync()
    synced.sync()
    assert synced.differences() == []
    assert len(synced.org.log) == 1
    assert synced.org.holds("Account", id) == synced.mirror.holds("Account", id)


@pytest.mark.parametrize("made", ["create", "update", "delete"])
def test_a_run_that_dies_after_a_write_costs_nothing(synced: TwoSides, made: str) -> None:
    match made:
        case "create":
            synced.mirror.insert("Account", {"Name": "West"})
        case "update":
            synced.mirror.change("Account", only(synced, "Account"), Phone="2")
        case _:
            synced.mirror.remove("OpportunityContactRole", only(synced, "OpportunityContactRole"))
    synced.org.faults = {1: Fault.CRASH}
    with pytest.raises(Crash):
        synced.sync()
    synced.journal.expire()
    synced.sync()
    assert synced.differences() == []
    assert len(synced.org.log) == 1


def test_a_refused_record_stops_nobody_and_is_not_sent_again_until_something_changes(synced: TwoSides) -> None:
    id = synced.mirror.insert("Account", {"Phone": "5"})
    synced.mirror.insert("Account", {"Name": "West"})
    report = synced.sync()
    assert (report.objects["Account"].refused, report.objects["Account"].sent) == (1, 1)
    (issue,) = synced.journal.issues()
    assert (issue.id, issue.code, issue.fields) == (id, "REQUIRED_FIELD_MISSING", ("Name",))
    applied = synced.org.applied
    assert synced.sync().objects["Account"].refused == 1
    assert synced.org.applied == applied
    synced.mirror.change("Account", id, Name="North")
    synced.sync()
    assert synced.differences() == []
    assert synced.journal.issues() == []


def test_a_refused_record_is_sent_again_when_somebody_asks(synced: TwoSides) -> None:
    synced.mirror.change("Account", only(synced, "Account"), Phone="2")
    synced.org.faults = {1: Fault.REFUSE}
    synced.sync()
    (issue,) = synced.journal.issues()
    synced.journal.close_issue(issue.object, issue.id)
    synced.sync()
    assert synced.differences() == []


def test_a_refused_record_is_sent_again_when_salesforce_changes(synced: TwoSides) -> None:
    id = only(synced, "Account")
    synced.mirror.change("Account", id, Phone="2")
    synced.org.faults = {1: Fault.REFUSE}
    synced.sync()
    synced.org.change("Account", id, Industry="Apparel")
    synced.sync()
    assert synced.differences() == []


def test_a_locked_row_is_tried_again_in_the_next_run(synced: TwoSides) -> None:
    id = only(synced, "Account")
    synced.mirror.change("Account", id, Phone="2")
    synced.org.faults = {1: Fault.REFUSE}
    synced.sync()
    locked = replace(synced.journal.open_issues[("Account", id)], code="UNABLE_TO_LOCK_ROW")
    synced.journal.open_issues[("Account", id)] = locked
    synced.sync()
    assert synced.differences() == []
    assert synced.journal.issues() == []


def test_a_record_that_is_not_shown_any_more_is_not_deleted_for_that(synced: TwoSides) -> None:
    id = only(synced, "Contact")
    synced.mirror.change("Contact", id, Email="lars@example.com")
    hidden = synced.org.rows["Contact"].pop(id)
    synced.sync()
    assert (synced.mirror.holds("Contact", id) or {})["Email"] == "lars@example.com"
    assert [issue.code for issue in synced.journal.issues()] == ["NOT_VISIBLE"]
    applied = synced.org.applied
    synced.sync()
    assert synced.org.applied == applied
    synced.org.rows["Contact"][id] = hidden
    synced.journal.close_issue("Contact", id)
    synced.sync()
    assert synced.differences() == []


def test_a_create_of_which_nothing_was_read_back_has_its_id(synced: TwoSides) -> None:
    class TersePlace(MemoryReplica):
        def _now_holds(self, object_name: str, id: RecordId) -> Record:
            return {"Name": self.rows[object_name][id].record["Name"]}

    terse = TersePlace(synced.objects, now=synced.org.now)
    terse.rows = synced.org.rows
    synced.org = terse
    id = synced.mirror.insert("Account", {"Name": "West", "Phone": "5"})
    synced.sync()
    assert (synced.mirror.holds("Account", id) or {})["Id"] == synced.mirror.resolve(id) != id
    synced.sync()
    assert synced.differences() == []


# Guards.


def many(world: TwoSides, object_name: str, count: int, **fields: str) -> list[RecordId]:
    name = "LastName" if object_name == "Contact" else "Name"
    return [world.org.insert(object_name, {name: f"{object_name} {number}", **fields}) for number in range(count)]


def test_one_deleted_account_counts_with_all_that_it_takes_along(synced: TwoSides) -> None:
    id = only(synced, "Account")
    many(synced, "Opportunity", 24, AccountId=id)
    synced.sync()
    synced.mirror.remove("Account", id)
    preview = synced.engine().preview()
    (delete,) = [each for each in preview.plan.operations if isinstance(each, Delete)]
    assert len(delete.cascades) == 25 + 1 + 1  # deals, the contact, the role
    before = synced.mirror.image()
    with pytest.raises(PlanRefused, match="25 of 25 Opportunity records would be deleted in Salesforce") as refused:
        synced.sync()
    assert "--allow-deletes 25" in refused.value.advice
    assert (synced.mirror.image(), synced.org.log) == (before, [])
    report = synced.journal.reports[max(synced.journal.reports)]
    assert not report.is_green
    synced.sync(allowed_deletes=28)
    assert synced.differences() == []
    assert synced.org.live("Opportunity") == {}


def test_a_deletion_that_takes_others_along_waits_for_a_confirmation(synced: TwoSides) -> None:
    id = only(synced, "Account")
    synced.mirror.remove("Account", id)
    report = synced.sync()
    assert synced.org.log == []
    assert report.objects["Account"].waiting == 1
    (issue,) = synced.journal.issues()
    assert "deletes 3 more records" in issue.message
    synced.sync(allowed_deletes=4)
    assert synced.differences() == []
    assert synced.journal.issues() == []


def test_a_deletion_that_a_person_confirmed_with_all_that_goes_along_is_sent(synced: TwoSides) -> None:
    id = only(synced, "Account")
    synced.mirror.remove("Account", id)
    synced.journal.confirmed[("Account", id)] = 3
    synced.sync()
    assert synced.differences() == []
    assert synced.journal.issues() == []


def test_more_than_a_person_confirmed_is_asked_again(synced: TwoSides) -> None:
    id = only(synced, "Account")
    synced.mirror.remove("Account", id)
    synced.journal.confirmed[("Account", id)] = 2
    synced.sync()
    assert synced.org.log == []


def test_a_mass_deletion_there_is_refused_before_the_first(synced: TwoSides) -> None:
    ids = many(synced, "Account", 30)
    synced.sync()
    for id in ids:
        synced.org.remove("Account", id)
    before = synced.mirror.image()
    with pytest.raises(PlanRefused, match="30 of 31 Account records would be deleted in your database"):
        synced.sync()
    assert synced.mirror.image() == before
    synced.sync(allowed_deletes=30)
    assert synced.differences() == []


def test_an_emptied_table_is_refused(synced: TwoSides) -> None:
    many(synced, "Contact", 3)
    synced.sync()
    for id in synced.mirror.live("Contact"):
        synced.mirror.remove("Contact", id)
    with pytest.raises(PlanRefused, match="All 4 Contact records would be deleted in Salesforce"):
        synced.sync()


def test_another_org_is_refused(synced: TwoSides) -> None:
    with pytest.raises(WrongOrganization, match="00D000000000001AAA") as refused:
        synced.sync(organization="00D000000000001AAA")
    assert "sandbox was refreshed" in refused.value.advice


def test_a_changed_mapping_is_refused(synced: TwoSides) -> None:
    with pytest.raises(MappingChanged):
        synced.sync(accepted_mapping="something else")


def test_two_runs_at_once_are_one(synced: TwoSides) -> None:
    synced.journal.active = 7
    with pytest.raises(AnotherRunIsActive, match="run 7"):
        synced.sync()


def test_progress_is_told(synced: TwoSides) -> None:
    assert {each.phase.value for each in synced.progress} >= {"reading", "planning"}


def test_sent_operations_are_in_the_journal(synced: TwoSides) -> None:
    synced.mirror.change("Account", only(synced, "Account"), Phone="2")
    synced.sync(permissions={"Account": EVERYTHING})
    assert [type(each) for each in synced.journal.outcomes] == [Done]
