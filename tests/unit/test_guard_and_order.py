"""What stops a whole plan, and in which order one is carried out."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connector.sync.guard import Limits, fingerprint, organization_reasons, reasons
from connector.sync.model import Create, Delete, Plan, Side, Update
from connector.sync.order import arranged, cascading_references, children_first, parents_first, ready
from mapping.fields import Direction
from mapping.record import RecordId
from tests.support.builders import (
    ACCOUNT,
    CONTACT,
    CONTACT_ROLE,
    DEALS,
    OPPORTUNITY,
    ORGANIZATION,
    STAGE,
    a_field,
    record_id,
)


def deletions(count: int, side: Side = Side.LOCAL, cascades: int = 0) -> Plan:
    taken = tuple(("Opportunity", record_id("006", number)) for number in range(cascades))
    return Plan(tuple(Delete(side, "Account", record_id("001", number), {}, cascades=taken) for number in range(count)))


@pytest.mark.parametrize(
    ("count", "total", "is_refused"),
    [
        (1, 1, False),
        (20, 100, False),
        (21, 100, True),
        (50, 1000, False),
        (51, 1000, True),
        (4, 4, True),
        (3, 4, False),
    ],
)
@pytest.mark.parametrize("side", list(Side))
def test_more_deletions_than_the_larger_limit_are_refused(side: Side, count: int, total: int, is_refused: bool) -> None:
    # What was deleted here is not live any more, yet counts among what is there.
    live = total if side is Side.LOCAL else total - count
    assert bool(reasons(deletions(count, side), {"Account": live}, Limits())) is is_refused


def test_what_goes_along_is_counted_once_however_many_parents_it_has() -> None:
    counts = {"Account": 100, "Opportunity": 100}
    assert reasons(deletions(2, Side.REMOTE, cascades=20), counts, Limits()) == ()
    (reason,) = reasons(deletions(2, Side.REMOTE, cascades=21), counts, Limits())
    assert reason.message.startswith("21 of 100 Opportunity records would be deleted in Salesforce")


def test_a_confirmed_number_lets_just_that_many_through() -> None:
    assert reasons(deletions(30), {"Account": 100}, Limits(), allowed_deletes=30) == ()
    (reason,) = reasons(deletions(30), {"Account": 100}, Limits(), allowed_deletes=29)
    assert "--allow-deletes 30" in reason.advice


def test_both_sides_have_limits_of_their_own() -> None:
    plan = Plan((*deletions(15, Side.LOCAL).operations, *deletions(15, Side.REMOTE).operations))
    assert reasons(plan, {"Account": 100}, Limits()) == ()


def test_the_limits_are_the_admins() -> None:
    assert reasons(deletions(2), {"Account": 100}, Limits(deletes=1, percent=0))


def test_another_org_is_a_reason_and_the_first_connection_is_not() -> None:
    assert organization_reasons(None, ORGANIZATION) == organization_reasons(ORGANIZATION, ORGANIZATION) == ()
    assert len(organization_reasons(ORGANIZATION, "00D000000000002AAA")) == 1


def test_the_fingerprint_of_a_mapping_moves_with_decisions_and_not_with_the_org() -> None:
    before = fingerprint(DEALS)
    assert fingerprint(reversed(DEALS)) == before
    grown = replace(ACCOUNT, fields=(*ACCOUNT.fields, a_field("New__c")))
    assert fingerprint([grown, *DEALS[1:]]) == before
    assert fingerprint([replace(ACCOUNT, read_only=True), *DEALS[1:]]) != before
    directed = replace(ACCOUNT, fields=(*ACCOUNT.fields, a_field("New__c", direction=Direction.PULL)))
    assert fingerprint([directed, *DEALS[1:]]) != before


def test_parents_come_before_children_and_the_order_given_stays_otherwise() -> None:
    order = parents_first([CONTACT_ROLE, STAGE, OPPORTUNITY, CONTACT, ACCOUNT])
    assert order.index("Account") < order.index("Contact") < order.index("OpportunityContactRole")
    assert order.index("Opportunity") < order.index("OpportunityContactRole")
    assert children_first(DEALS) == tuple(reversed(parents_first(DEALS)))


def test_objects_in_a_ring_are_ordered_all_the_same() -> None:
    ring = replace(ACCOUNT, fields=(*ACCOUNT.fields, a_field("Main__c", "reference", reference_to=("Contact",))))
    assert set(parents_first([ring, CONTACT])) == {"Account", "Contact"}


def test_an_object_that_points_at_itself_is_no_ring() -> None:
    assert parents_first([ACCOUNT]) == ("Account",)


def test_what_points_at_a_row_without_an_id_is_not_ready() -> None:
    parent, child = RecordId("local-1"), RecordId("local-2")
    operations = [
        Create(Side.REMOTE, "Account", parent, {"Name": "Get Cloudy"}),
        Create(Side.REMOTE, "Account", child, {"Name": "West", "ParentId": parent}),
        Update(Side.REMOTE, "Account", record_id("001", 1), {"ParentId": parent}, {}),
        Update(Side.REMOTE, "Account", record_id("001", 2), {"Name": parent}, {}),
    ]
    assert ready(ACCOUNT, operations) == (operations[0], operations[3])


def test_deletions_come_last_and_children_first() -> None:
    account, deal = record_id("001", 1), record_id("006", 1)
    found = arranged(
        DEALS,
        [
            Plan((Delete(Side.REMOTE, "Account", account, {}), Create(Side.REMOTE, "Account", account, {}))),
            Plan((Create(Side.REMOTE, "Opportunity", deal, {}), Delete(Side.REMOTE, "Opportunity", deal, {}))),
        ],
    )
    assert [(type(each), each.object) for each in found.operations] == [
        (Create, "Account"),
        (Create, "Opportunity"),
        (Delete, "Opportunity"),
        (Delete, "Account"),
    ]


def test_history_goes_with_its_record_and_is_not_counted() -> None:
    references = (a_field("OpportunityId", "reference", reference_to=("Opportunity",), cascade_delete=True),)
    history = replace(STAGE, name="OpportunityHistory", fields=references, deletable=False)
    assert cascading_references([*DEALS, history])["Opportunity"] == [("OpportunityContactRole", "OpportunityId")]
