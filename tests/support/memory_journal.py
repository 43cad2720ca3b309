"""A journal in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from connector.sync.errors import AnotherRunIsActive
from connector.sync.model import Decision, Issue, Operation, Outcome, Resolution
from connector.sync.report import Progress, RunReport
from mapping.record import RecordId


@dataclass
class MemoryJournal:
    """Keeps everything it is told, in lists."""

    active: int | None = None
    begun: list[datetime] = field(default_factory=list)
    reports: dict[int, RunReport] = field(default_factory=dict)
    stored_operations: list[Operation] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    resolutions: list[Resolution] = field(default_factory=list)
    decided: list[Decision] = field(default_factory=list)
    confirmed: dict[tuple[str, RecordId], int] = field(default_factory=dict)
    open_issues: dict[tuple[str, RecordId], Issue] = field(default_factory=dict)

    def begin(self, at: datetime) -> int:
        if self.active is not None:
            raise AnotherRunIsActive(f"run {self.active}")
        self.begun.append(at)
        self.active = len(self.begun)
        return self.active

    def beat(self, run: int) -> None:
        assert run == self.active

    def show(self, run: int, progress: Progress) -> None:
        assert run == self.active

    def finish(self, run: int, report: RunReport) -> None:
        assert run == self.active
        self.reports[run] = report
        self.active = None

    def expire(self) -> None:
        """The lock of a run that died runs out."""
        self.active = None

    def stored(self, run: int, operations: Sequence[Operation]) -> None:
        assert run == self.active
        self.stored_operations += operations

    def sent(self, run: int, outcome: Outcome) -> None:
        assert run == self.active
        self.outcomes.append(outcome)

    def resolved(self, run: int, resolutions: Sequence[Resolution]) -> None:
        self.resolutions += resolutions
        settled = {(each.conflict.object, each.conflict.id) for each in resolutions}
        self.decided = [each for each in self.decided if (each.conflict.object, each.conflict.id) not in settled]

    def decisions(self) -> Sequence[Decision]:
        return list(self.decided)

    def confirmed_deletions(self) -> Mapping[tuple[str, RecordId], int]:
        return dict(self.confirmed)

    def issues(self) -> Sequence[Issue]:
        return list(self.open_issues.values())

    def open_issue(self, run: int, issue: Issue) -> None:
        self.open_issues[(issue.object, issue.id)] = issue

    def close_issue(self, object_name: str, id: RecordId) -> None:
        self.open_issues.pop((object_name, id), None)
