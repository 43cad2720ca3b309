"""Stage mapping: what is covered, and what needs a person (requirements M1, M3, M4, M5, M11)."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from config import shipped
from config.problems import ConfigurationError
from mapping import load, stages
from mapping.stages import Assignment, LocalStage, OrgStage, Outcome, Severity, StageMapping, StageUse

OPEN = LocalStage("early", Outcome.OPEN, {"en": "Early", "zh_CN": "早期"})
LATE = LocalStage("late", Outcome.OPEN, {"en": "Late"})
WON = LocalStage("won", Outcome.WON, {"en": "Won"})

STANDARD = (
    "Prospecting",
    "Qualification",
    "Needs Analysis",
    "Value Proposition",
    "Id. Decision Makers",
    "Perception Analysis",
    "Proposal/Price Quote",
    "Negotiation/Review",
    "Closed Won",
    "Closed Lost",
)


def org_stage(name: str, *, active: bool = True, closed: bool = False, won: bool = False, order: int = 1) -> OrgStage:
    return OrgStage(api_name=name, label=name, active=active, closed=closed, won=won, sort_order=order)


def mapped(**pairs: str) -> StageMapping:
    assignments = tuple(Assignment(org, local, way_back=True) for org, local in pairs.items())
    return StageMapping("test", (OPEN, LATE, WON), assignments)


def use(open_count: int = 0, amount: str = "0", closed_count: int = 0) -> StageUse:
    return StageUse(open_count=open_count, closed_count=closed_count, open_amount={"": Decimal(amount)})


def codes(report: stages.StageReport) -> set[tuple[str, str, Severity]]:
    return {(finding.code, finding.stage, finding.severity) for finding in report.findings}


def plain_six() -> StageMapping:
    return load.stage_mapping(shipped.stage_set_texts()["plain_six"], "plain_six.toml")


def test_the_shipped_mapping_covers_the_ten_standard_stages_without_a_finding() -> None:
    org = [
        org_stage(name, closed=name.startswith("Closed"), won=name == "Closed Won", order=n)
        for n, name in enumerate(STANDARD)
    ]
    report = stages.report(plain_six(), org, {})
    assert report.findings == ()
    assert report.coverage.is_full
    assert [row.api_name for row in report.rows] == list(STANDARD)


def test_the_shipped_stages_have_names_in_both_languages() -> None:
    mapping = plain_six()
    assert [stage.name("zh_CN") for stage in mapping.stages] == [
        "潜在客户发掘",
        "资格认证/需求识别",
        "建议书/报价",
        "协商/审核",
        "已结束/赢得客户",
        "已结束/客户流失",
    ]
    assert all(stage.about["zh_CN"] for stage in mapping.stages)


def test_an_active_stage_without_a_local_stage_blocks() -> None:
    report = stages.report(mapped(A="early"), [org_stage("A"), org_stage("B")], {})
    assert codes(report) == {("unmapped", "B", Severity.BLOCK)}
    assert [row.api_name for row in report.unmapped] == ["B"]
    assert (report.coverage.mapped, report.coverage.required) == (1, 2)


def test_a_value_that_only_the_data_has_is_an_orphan() -> None:
    report = stages.report(mapped(A="early"), [org_stage("A")], {"Old": use(2, "70")})
    assert codes(report) == {("orphan", "Old", Severity.BLOCK)}
    assert report.rows[-1].org is None


def test_an_orphan_that_is_mapped_only_warns() -> None:
    report = stages.report(mapped(A="early", Old="late"), [org_stage("A")], {"Old": use(2)})
    assert ("orphan", "Old", Severity.WARN) in codes(report)


def test_an_inactive_stage_without_deals_needs_nothing() -> None:
    report = stages.report(mapped(A="early"), [org_stage("A"), org_stage("B", active=False)], {})
    assert codes(report) == set()
    assert report.coverage.is_full


def test_an_inactive_stage_with_closed_deals_only_warns_when_unmapped() -> None:
    org = [org_stage("A"), org_stage("B", active=False)]
    report = stages.report(mapped(A="early"), org, {"B": use(closed_count=3)})
    assert codes(report) == {("inactive", "B", Severity.INFO), ("unmapped", "B", Severity.WARN)}


@pytest.mark.parametrize(("closed", "won"), [(False, False), (True, False)])
def test_a_stage_that_is_not_won_must_not_stand_for_won(closed: bool, won: bool) -> None:
    report = stages.report(mapped(A="won"), [org_stage("A", closed=closed, won=won)], {})
    assert codes(report) == {("outcome", "A", Severity.BLOCK)}


def test_a_mapping_of_a_stage_the_org_does_not_have_is_told() -> None:
    report = stages.report(mapped(A="early", Gone="late"), [org_stage("A")], {})
    assert codes(report) == {("not_in_org", "Gone", Severity.INFO)}


def test_names_that_differ_in_case_are_different_stages() -> None:
    report = stages.report(mapped(prospecting="early"), [org_stage("Prospecting")], {})
    assert ("unmapped", "Prospecting", Severity.BLOCK) in codes(report)


@pytest.mark.parametrize(("ways_back", "clear"), [(0, False), (1, True), (2, False)])
def test_a_shared_local_stage_needs_exactly_one_way_back(ways_back: int, clear: bool) -> None:
    assignments = tuple(Assignment(name, "early", way_back=n < ways_back) for n, name in enumerate("ABC"))
    mapping = StageMapping("test", (OPEN,), assignments)
    assert (stages.ambiguous(mapping) == ()) is clear


def test_a_record_types_own_assignment_goes_first() -> None:
    mapping = StageMapping("t", (OPEN, LATE), (Assignment("A", "early"), Assignment("A", "late", record_type="Retail")))
    assert mapping.local_stage("A", "Retail") is LATE
    assert mapping.local_stage("A", "Other") is OPEN
    assert mapping.local_stage("B") is None


def test_coverage_by_amount_counts_open_amounts_of_each_currency_on_its_own() -> None:
    amounts = {"EUR": Decimal(10), "USD": Decimal(1)}
    uses = {"A": replace(use(1), open_amount=amounts), "B": replace(use(1), open_amount={"EUR": Decimal(30)})}
    report = stages.report(mapped(A="early"), [org_stage("A"), org_stage("B")], uses)
    assert report.coverage.amounts == {"EUR": (Decimal(10), Decimal(40)), "USD": (Decimal(1), Decimal(1))}


def test_every_mistake_in_a_mapping_file_is_told_at_once() -> None:
    text = """
        name = "x"
        colour = "red"
        [[stage]]
        key = "a"
        outcome = "maybe"
        name.zh_CN = "甲"
        [[stage]]
        key = "a"
        outcome = "open"
        name.en = "A"
        [[map]]
        org = "X"
        local = "nowhere"
        [[map]]
        org = "X"
        local = "a"
        way_back = "yes"
    """
    with pytest.raises(ConfigurationError) as caught:
        load.stage_mapping(text, "stages.toml")
    assert {problem.key for problem in caught.value.problems} == {
        "colour",
        "stage[1].outcome",
        "stage[1].name.en",
        "stage[2].key",
        "map[1].local",
        "map[2].org",
        "map[2].way_back",
    }
