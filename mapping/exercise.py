"""Practice: facts read from the org in, verdicts out. Pure, and blind to the language.

A verdict depends on API values alone, so that a learner gets the same one in every language (checks P1-P9 of the
pipeline paper, section 5). Words are added afterwards by ``words``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum
from typing import TypeVar

from mapping import names
from mapping.names import Difference

Texts = Mapping[str, str]
"""Text by language."""


@dataclass(frozen=True, slots=True)
class Expected:
    """The English values that the org's data are compared with."""

    account: str
    opportunity: str
    stage: str
    contact: str
    role: str


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the task, and the checks that show it was done."""

    key: str
    checks: tuple[str, ...]
    title: Texts
    text: Texts


@dataclass(frozen=True, slots=True)
class Check:
    """One check as it is shown; ``hints`` by language, from a nudge to the exact value."""

    key: str
    title: Texts
    hints: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Exercise:
    """An exercise: what to do, what is checked, and the words for it."""

    name: str
    minutes: int
    title: Texts
    about: Texts
    expected: Expected
    steps: tuple[Step, ...]
    checks: tuple[Check, ...]
    notes: Mapping[str, Texts] = field(default_factory=dict)
    characters: Mapping[str, Texts] = field(default_factory=dict)


# Facts: what the org was found to hold. Only live records. Moments are aware, in the org's time zone.


@dataclass(frozen=True, slots=True)
class AccountFact:
    id: str
    name: str


@dataclass(frozen=True, slots=True)
class OpportunityFact:
    id: str
    name: str
    account_id: str | None
    account_name: str | None
    close_date: date
    stage: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ContactFact:
    id: str
    name: str
    account_id: str | None


@dataclass(frozen=True, slots=True)
class RoleFact:
    id: str
    opportunity_id: str
    contact_id: str
    role: str | None


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything a check looks at. ``today`` is the day in the org's time zone; ``attempt_began`` is None where
    records made earlier count as well."""

    today: date
    time_zone: str
    attempt_began: datetime | None = None
    accounts: tuple[AccountFact, ...] = ()
    opportunities: tuple[OpportunityFact, ...] = ()
    contacts: tuple[ContactFact, ...] = ()
    roles: tuple[RoleFact, ...] = ()


# Verdicts.


class Verdict(Enum):
    """How a check came out. ``NEEDS``: it cannot be judged before another check passes."""

    PASSED = "passed"
    ALMOST = "almost"
    NOT_YET = "not_yet"
    NEEDS = "needs"


@dataclass(frozen=True, slots=True)
class Datum:
    """A value of the org, never translated; with the record it stands in, where that helps."""

    text: str
    object: str | None = None
    id: str | None = None


@dataclass(frozen=True, slots=True)
class Note:
    """Words to be said in the reader's language: a key of the exercise's notes, and what to fill in."""

    code: str
    parameters: Mapping[str, Part] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Character:
    """One character that has to be named, as it may look like another."""

    character: str


Part = Datum | Note | Character | date | datetime | int


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What became of one check. ``needs`` is the check it waits for; ``difference`` the near miss in a name."""

    key: str
    verdict: Verdict
    found: Part
    expected: Part
    note: Note | None = None
    needs: str | None = None
    difference: Difference | None = None


@dataclass(frozen=True)
class Report:
    """All results, in the order of the exercise."""

    results: tuple[CheckResult, ...]

    @property
    def passed(self) -> int:
        """How many checks passed."""
        return sum(result.verdict is Verdict.PASSED for result in self.results)

    @property
    def is_passed(self) -> bool:
        """Whether the exercise is done: every check passed (P8 passes by setting when older records count)."""
        return self.passed == len(self.results)


@dataclass(frozen=True)
class _Chosen:
    """The records that the later checks look at: the exact ones, else the nearest."""

    exercise: Exercise
    facts: Facts
    account: AccountFact | None
    opportunities: tuple[OpportunityFact, ...]
    contacts: tuple[ContactFact, ...]

    @property
    def opportunity(self) -> OpportunityFact | None:
        return self.opportunities[0] if self.opportunities else None


def evaluate(exercise: Exercise, facts: Facts) -> Report:
    """Judge every check of an exercise on its own; no check stops another."""
    expected = exercise.expected
    accounts = _by_name(facts.accounts, expected.account, lambda account: account.name)
    opportunities = _by_name(
        sorted(facts.opportunities, key=lambda item: item.created_at, reverse=True),
        expected.opportunity,
        lambda opportunity: opportunity.name,
    )
    chosen = _Chosen(
        exercise=exercise,
        facts=facts,
        account=accounts[0] if accounts else None,
        opportunities=tuple(opportunities) or _mistyped(facts, expected.opportunity),
        contacts=tuple(item for item in facts.contacts if _names(item.name, expected.contact)),
    )
    return Report(results=tuple(CHECKS[check.key](chosen) for check in exercise.checks))


def _mistyped(facts: Facts, expected: str) -> tuple[OpportunityFact, ...]:
    """Opportunities made in this attempt under a name that looks mistyped. Older ones are other deals."""
    began = facts.attempt_began
    if began is None:
        return ()
    fresh = (item for item in facts.opportunities if item.created_at >= began)
    return tuple(item for item in fresh if names.is_like(item.name, expected))


_Named = TypeVar("_Named")


def _by_name(items: Iterable[_Named], expected: str, name: Callable[[_Named], str]) -> list[_Named]:
    """The items of exactly that name first, then those that come near."""
    near = [item for item in items if names.is_near(name(item), expected)]
    return sorted(near, key=lambda item: name(item) != expected)


def _names(name: str, wanted: str) -> bool:
    return names.skeleton(wanted) in names.skeleton(name)


def _account(chosen: _Chosen) -> CheckResult:
    expected = Datum(chosen.exercise.expected.account)
    if chosen.account is None:
        return CheckResult("P1", Verdict.NOT_YET, Note("none"), expected)
    found = Datum(chosen.account.name, "Account", chosen.account.id)
    return _named("P1", found, expected)


def _named(key: str, found: Datum, expected: Datum) -> CheckResult:
    difference = names.first_difference(found.text, expected.text)
    if difference is None:
        return CheckResult(key, Verdict.PASSED, found, expected)
    return CheckResult(key, Verdict.ALMOST, found, expected, note=_difference_note(difference), difference=difference)


def _difference_note(difference: Difference) -> Note:
    parameters: dict[str, Part] = {"position": difference.position}
    if difference.found:
        parameters["found"] = Character(difference.found)
    if difference.expected:
        parameters["expected"] = Character(difference.expected)
    code = "too_short" if not difference.found else "too_long" if not difference.expected else "differs"
    return Note(code, parameters)


def _opportunity(chosen: _Chosen) -> CheckResult:
    expected = Datum(chosen.exercise.expected.opportunity)
    if chosen.opportunity is None:
        return CheckResult("P2", Verdict.NOT_YET, Note("none"), expected)
    found = Datum(chosen.opportunity.name, "Opportunity", chosen.opportunity.id)
    exact = sum(item.name == expected.text for item in chosen.opportunities)
    if exact > 1:
        return CheckResult("P2", Verdict.NOT_YET, found, expected, note=Note("more_than_one", {"count": exact}))
    return _named("P2", found, expected)


def _belongs(chosen: _Chosen) -> CheckResult:
    expected = Datum(chosen.exercise.expected.account)
    opportunity = chosen.opportunity
    if opportunity is None:
        return CheckResult("P3", Verdict.NEEDS, Note("none"), expected, needs="P2")
    if opportunity.account_id is None:
        return CheckResult("P3", Verdict.NOT_YET, Note("no_account"), expected)
    found = Datum(opportunity.account_name or opportunity.account_id, "Account", opportunity.account_id)
    wanted = {item.id for item in chosen.facts.accounts if item.name == expected.text}
    if chosen.account is not None:
        wanted.add(chosen.account.id)
    if not wanted:
        return CheckResult("P3", Verdict.NEEDS, found, expected, needs="P1")
    if opportunity.account_id in wanted:
        return CheckResult("P3", Verdict.PASSED, found, expected)
    return CheckResult("P3", Verdict.NOT_YET, found, expected, note=Note("other_account"))


def _closes_later(chosen: _Chosen) -> CheckResult:
    today = chosen.facts.today
    expected = Note("after_day", {"day": today, "time_zone": Datum(chosen.facts.time_zone)})
    if chosen.opportunity is None:
        return CheckResult("P4", Verdict.NEEDS, Note("none"), expected, needs="P2")
    found = chosen.opportunity.close_date
    if found > today:
        return CheckResult("P4", Verdict.PASSED, found, expected)
    if found == today:
        return CheckResult("P4", Verdict.ALMOST, found, expected, note=Note("is_today"))
    return CheckResult("P4", Verdict.NOT_YET, found, expected, note=Note("is_past"))


def _stage(chosen: _Chosen) -> CheckResult:
    expected = Datum(chosen.exercise.expected.stage)
    if chosen.opportunity is None:
        return CheckResult("P5", Verdict.NEEDS, Note("none"), expected, needs="P2")
    found = Datum(chosen.opportunity.stage)
    if found.text == expected.text:
        return CheckResult("P5", Verdict.PASSED, found, expected)
    if names.is_near(found.text, expected.text):
        return _named("P5", found, expected)
    return CheckResult("P5", Verdict.NOT_YET, found, expected, note=Note("other_stage", {"found": found}))


def _contact(chosen: _Chosen) -> CheckResult:
    expected = Datum(chosen.exercise.expected.contact)
    if not chosen.contacts:
        return CheckResult("P6", Verdict.NOT_YET, Note("none"), expected, note=Note("no_contact"))
    plain = [item for item in chosen.contacts if expected.text.casefold() in item.name.casefold()]
    if plain:
        return CheckResult("P6", Verdict.PASSED, Datum(plain[0].name, "Contact", plain[0].id), expected)
    found = Datum(chosen.contacts[0].name, "Contact", chosen.contacts[0].id)
    return _named("P6", found, expected)


def _role(chosen: _Chosen) -> CheckResult:
    expected = Datum(chosen.exercise.expected.role)
    for key, missing in (("P2", chosen.opportunity), ("P6", chosen.contacts or None)):
        if missing is None:
            return CheckResult("P7", Verdict.NEEDS, Note("no_role"), expected, needs=key)
    roles = sorted(_roles(chosen), key=lambda item: item.role != expected.text)
    if not roles:
        return CheckResult("P7", Verdict.NOT_YET, Note("no_role"), expected)
    if roles[0].role == expected.text:
        found = Datum(expected.text, "OpportunityContactRole", roles[0].id)
        return CheckResult("P7", Verdict.PASSED, found, expected)
    found_role: Part = Datum(roles[0].role) if roles[0].role else Note("none")
    note = Note("other_role", {"found": found_role})
    return CheckResult("P7", Verdict.ALMOST, found_role, expected, note=note)


def _roles(chosen: _Chosen) -> Sequence[RoleFact]:
    opportunities = {item.id for item in chosen.opportunities}
    contacts = {item.id for item in chosen.contacts}
    return [item for item in chosen.facts.roles if item.opportunity_id in opportunities and item.contact_id in contacts]


def _made_now(chosen: _Chosen) -> CheckResult:
    began = chosen.facts.attempt_began
    expected = Note("after_moment", {"moment": began}) if began else Note("any_time")
    if chosen.opportunity is None:
        return CheckResult("P8", Verdict.NEEDS, Note("none"), expected, needs="P2")
    found = chosen.opportunity.created_at
    if began is None or found >= began:
        return CheckResult("P8", Verdict.PASSED, found, expected)
    return CheckResult("P8", Verdict.NOT_YET, found, expected, note=Note("older"))


def _no_doubles(chosen: _Chosen) -> CheckResult:
    expected = Datum("1")
    if chosen.opportunity is None:
        return CheckResult("P9", Verdict.NEEDS, Datum("0"), expected, needs="P2")
    people = Counter((names.skeleton(item.name), item.account_id) for item in chosen.contacts)
    roles = Counter((item.opportunity_id, item.contact_id, item.role) for item in _roles(chosen))
    worst, name = max(
        (len(chosen.opportunities), chosen.opportunity.name),
        max(((count, person) for (person, _), count in people.items()), default=(0, "")),
        max(((count, role or "") for (_, _, role), count in roles.items()), default=(0, "")),
        key=lambda pair: pair[0],
    )
    if worst == 1:
        return CheckResult("P9", Verdict.PASSED, Datum("1"), expected)
    note = Note("duplicates", {"found": Datum(f"{worst} × {name}")})
    return CheckResult("P9", Verdict.NOT_YET, Datum(str(worst)), expected, note=note)


CHECKS: Mapping[str, Callable[[_Chosen], CheckResult]] = {
    "P1": _account,
    "P2": _opportunity,
    "P3": _belongs,
    "P4": _closes_later,
    "P5": _stage,
    "P6": _contact,
    "P7": _role,
    "P8": _made_now,
    "P9": _no_doubles,
}
"""The checks an exercise may name."""


# Words. The only place where the language matters.

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def words(exercise: Exercise, part: Part, language: str) -> str:
    """Say a part of a result in a language (``en`` or ``zh_CN``)."""
    match part:
        case Datum():
            return part.text
        case Character():
            return _character_words(exercise, part.character, language)
        case Note():
            filled = {key: words(exercise, value, language) for key, value in part.parameters.items()}
            return pick(exercise.notes[part.code], language).format(**filled)
        case datetime():
            return f"{_day(part, language)} {part:%H:%M}"
        case date():
            return _day(part, language)
        case int():
            return str(part)


def pick(texts: Texts, language: str) -> str:
    """The text in a language, in English where it is missing."""
    return texts.get(language) or texts["en"]


def _day(day: date, language: str) -> str:
    if language.startswith("zh"):
        return f"{day.year}年{day.month}月{day.day}日"
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def _character_words(exercise: Exercise, character: str, language: str) -> str:
    kind = names.kind_of(character)
    texts = exercise.characters.get(kind) or exercise.characters["other"]
    return pick(texts, language).format(character=character, code=f"U+{ord(character):04X}")
