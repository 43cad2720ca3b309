"""Which local stage an org stage stands for, and what is wrong with a mapping. Pure.

Org stages come from the org (OpportunityStage) and from the data, never from a constant, and are named by API name;
labels are for display only (requirements M1, M3, M4, M5 and M11 of the pipeline paper; formulas of its 10.10).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from functools import cached_property


class Outcome(Enum):
    """What a stage means for a deal."""

    OPEN = "open"
    WON = "won"
    LOST = "lost"


class Severity(Enum):
    """How bad a finding is. ``BLOCK``: deals are missing from the local pipeline, or are shown wrongly."""

    BLOCK = "block"
    WARN = "warn"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class LocalStage:
    """One stage of the integrator's own vocabulary. Names and descriptions by language (``en``, ``zh_CN``)."""

    key: str
    outcome: Outcome
    names: Mapping[str, str]
    about: Mapping[str, str] = field(default_factory=dict)

    def name(self, language: str) -> str:
        """The stage's name in a language, in English where that one is missing."""
        return self.names.get(language) or self.names.get("en") or self.key


@dataclass(frozen=True, slots=True)
class Assignment:
    """An org stage stands for a local stage, for one record type (by DeveloperName) or, with None, for all.

    ``way_back`` marks the org stage that is written for a local stage which several org stages share.
    """

    org_stage: str
    local_stage: str
    record_type: str | None = None
    way_back: bool = False
    note: str = ""


@dataclass(frozen=True)
class StageMapping:
    """A local vocabulary, in order, and what each org stage stands for in it."""

    name: str
    stages: tuple[LocalStage, ...]
    assignments: tuple[Assignment, ...] = ()

    @cached_property
    def by_key(self) -> Mapping[str, LocalStage]:
        """Local stages by key."""
        return {stage.key: stage for stage in self.stages}

    @cached_property
    def _by_org_stage(self) -> Mapping[tuple[str, str | None], LocalStage]:
        return {(item.org_stage, item.record_type): self.by_key[item.local_stage] for item in self.assignments}

    def local_stage(self, org_stage: str, record_type: str | None = None) -> LocalStage | None:
        """The local stage of an org stage: the record type's own assignment first, else the general one."""
        found = self._by_org_stage.get((org_stage, record_type))
        return found or self._by_org_stage.get((org_stage, None))


@dataclass(frozen=True, slots=True)
class OrgStage:
    """One row of the org's OpportunityStage. ``probability`` in percent."""

    api_name: str
    label: str
    active: bool
    closed: bool
    won: bool
    probability: Decimal | None = None
    forecast_category: str | None = None
    sort_order: int = 0

    @property
    def outcome(self) -> Outcome:
        """Whether deals in this stage are open, won or lost."""
        if not self.closed:
            return Outcome.OPEN
        return Outcome.WON if self.won else Outcome.LOST


@dataclass(frozen=True, slots=True)
class StageUse:
    """How many live deals stand in a stage. Amounts by currency code (``""`` where the org has only one): two
    currencies are never added up."""

    open_count: int = 0
    closed_count: int = 0
    open_amount: Mapping[str, Decimal] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """All live deals in the stage."""
        return self.open_count + self.closed_count


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to look at. ``code`` is one of unmapped, orphan, inactive, outcome, ambiguous, not_in_org."""

    code: str
    severity: Severity
    stage: str


@dataclass(frozen=True, slots=True)
class StageRow:
    """One org stage as the stages page shows it. ``org`` is None for a value that only the data has (an orphan)."""

    api_name: str
    org: OrgStage | None
    use: StageUse
    local: LocalStage | None
    way_back: bool
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of what must be mapped is mapped. ``amount`` per currency: (mapped, all)."""

    mapped: int
    required: int
    amounts: Mapping[str, tuple[Decimal, Decimal]]

    @property
    def is_full(self) -> bool:
        """Whether nothing that must be mapped is missing."""
        return self.mapped == self.required


@dataclass(frozen=True)
class StageReport:
    """Every org stage with its local stage and its deals, and what needs a person."""

    rows: tuple[StageRow, ...]
    coverage: Coverage
    findings: tuple[Finding, ...]

    @cached_property
    def blocking(self) -> tuple[Finding, ...]:
        """The findings because of which figures by local stage are wrong or incomplete."""
        return tuple(finding for finding in self.findings if finding.severity is Severity.BLOCK)

    @cached_property
    def unmapped(self) -> tuple[StageRow, ...]:
        """The rows that must have a local stage and have none."""
        return tuple(row for row in self.rows if any(finding.code in UNMAPPED for finding in row.findings))


UNMAPPED = frozenset({"unmapped", "orphan"})
"""The findings that mean a stage has no local stage though it needs one."""


def report(mapping: StageMapping, org_stages: Iterable[OrgStage], uses: Mapping[str, StageUse]) -> StageReport:
    """Lay a mapping beside the org's stages and the mirrored deals (``uses`` by API name)."""
    known = {stage.api_name: stage for stage in org_stages}
    in_order = sorted(known.values(), key=lambda stage: (stage.sort_order, stage.api_name))
    orphans = sorted(name for name in uses if name not in known)
    back = {item.org_stage for item in mapping.assignments if item.way_back}
    rows = tuple(
        _row(mapping, name, known.get(name), uses.get(name, StageUse()), name in back)
        for name in [*(stage.api_name for stage in in_order), *orphans]
    )
    findings = [finding for row in rows for finding in row.findings]
    findings += [Finding("ambiguous", Severity.BLOCK, key) for key in ambiguous(mapping)]
    findings += [Finding("not_in_org", Severity.INFO, name) for name in _assigned(mapping) if name not in known]
    return StageReport(rows=rows, coverage=_coverage(rows), findings=tuple(findings))


def ambiguous(mapping: StageMapping) -> tuple[str, ...]:
    """The local stages that several org stages share without exactly one way back, per record type (M5)."""
    groups: defaultdict[tuple[str, str | None], list[Assignment]] = defaultdict(list)
    for item in mapping.assignments:
        groups[item.local_stage, item.record_type].append(item)
    unclear = {
        key for (key, _), items in groups.items() if len(items) > 1 and sum(item.way_back for item in items) != 1
    }
    return tuple(stage.key for stage in mapping.stages if stage.key in unclear)


def _assigned(mapping: StageMapping) -> Sequence[str]:
    return list(dict.fromkeys(item.org_stage for item in mapping.assignments))


def _row(mapping: StageMapping, name: str, org: OrgStage | None, use: StageUse, way_back: bool) -> StageRow:
    local = mapping.local_stage(name)
    findings = tuple(_findings(name, org, use, local))
    return StageRow(api_name=name, org=org, use=use, local=local, way_back=way_back, findings=findings)


def _findings(name: str, org: OrgStage | None, use: StageUse, local: LocalStage | None) -> Iterable[Finding]:
    if org is None:
        # A value of the data that OpportunityStage does not list: unrestricted picklists and deleted stages do that.
        yield Finding("orphan", Severity.BLOCK if local is None else Severity.WARN, name)
        return
    if not org.active and use.count:
        yield Finding("inactive", Severity.INFO, name)
    if local is None and (org.active or use.count):
        yield Finding("unmapped", Severity.BLOCK if org.active or use.open_count else Severity.WARN, name)
    if local is not None and local.outcome is not org.outcome:
        yield Finding("outcome", Severity.BLOCK, name)


def _coverage(rows: Sequence[StageRow]) -> Coverage:
    required = [row for row in rows if row.use.count or (row.org is not None and row.org.active)]
    amounts: defaultdict[str, tuple[Decimal, Decimal]] = defaultdict(lambda: (Decimal(0), Decimal(0)))
    for row in rows:
        for currency, amount in row.use.open_amount.items():
            mapped, total = amounts[currency]
            amounts[currency] = (mapped + amount if row.local else mapped, total + amount)
    return Coverage(
        mapped=sum(row.local is not None for row in required), required=len(required), amounts=dict(amounts)
    )
