"""Practice: the task, both sides of the deal, and the check that asks the org itself."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from flask import Blueprint, Response, g, redirect, request, url_for
from markupsafe import Markup, escape
from werkzeug.wrappers import Response as AnyResponse

from mapping.exercise import CheckResult, Datum, Exercise, Verdict, pick, words
from mapping.names import Difference
from mapping.record import RecordId
from pipeline import deals, people
from pipeline.deals import DealFilter, Order
from pipeline.record_state import RecordState, standing
from web import sides, vocabulary
from web.context import Message, services, store, tell
from web.services import PracticeCheck, ServiceRefused
from web.twin import page
from web.words import gettext

blueprint = Blueprint("practice", __name__, url_prefix="/practice")

CODE = re.compile(r"`([^`]+)`")
HINT = re.compile(r"([A-Za-z0-9]{1,8}):([1-9])")

SHOWN_FIELDS = ("Name", "AccountId", "CloseDate", "StageName", "Probability", "ForecastCategoryName")


@blueprint.get("")
def index() -> Response:
    """The exercise."""
    exercise = services().exercise()
    checked = services().last_check()
    return page(
        "practice/index.html",
        title=pick(exercise.title, g.language),
        about=pick(exercise.about, g.language),
        minutes=exercise.minutes,
        steps=_steps(exercise, checked),
        deal=_deal_view(exercise),
        checked_at=checked.asked_at if checked else None,
        results=[_result(exercise, result) for result in checked.report.results] if checked else [],
        passed=checked.report.passed if checked else 0,
        done=bool(checked and checked.report.is_passed),
        began_at=services().attempt_began(),
        sending=services().running() is not None,
        links={
            "account": _account_href(exercise),
            "new": url_for("records.new_opportunity", account=_account_id(exercise)),
            "contact": url_for("records.new_contact", account=_account_id(exercise)),
        },
    )


@blueprint.post("/check")
def check() -> AnyResponse:
    """Sync, ask the org, judge."""
    try:
        services().check_practice()
    except ServiceRefused as refusal:
        title = gettext("The check could not be made.")
        tell(Message(title, f"{refusal.message} {refusal.advice}".strip(), "bad", "cross"))
    return redirect(url_for("practice.index", _anchor="check"))


@blueprint.post("/begin")
def begin() -> AnyResponse:
    """Begin a new attempt."""
    try:
        services().begin_attempt()
    except ServiceRefused as refusal:
        words_said = f"{refusal.message} {refusal.advice}".strip()
        tell(Message(gettext("A new attempt could not begin."), words_said, "bad", "cross"))
        return redirect(url_for("practice.index"))
    if g.organization.kind == "playground":
        text = gettext("What earlier attempts made was deleted in the playground.")
    else:
        text = gettext("Records made before this moment do not count. Delete them, so that no duplicates are left.")
    tell(Message(gettext("A new attempt has begun."), text, "", "undo"))
    return redirect(url_for("practice.index"))


def marked_up(text: str) -> Markup:
    """A text of the exercise with its exact values, written between back-ticks, as code to copy."""
    return Markup(CODE.sub(r'<code lang="en">\1</code>', str(escape(text))))  # noqa: S704 (escaped first)


def _steps(exercise: Exercise, checked: PracticeCheck | None) -> list[dict[str, Any]]:
    verdicts = {result.key: result.verdict for result in checked.report.results} if checked else {}
    hints, opened = {check.key: pick_hints(check.hints) for check in exercise.checks}, _opened()
    done = [
        bool(step.checks) and all(verdicts.get(key) is Verdict.PASSED for key in step.checks) for step in exercise.steps
    ]
    current = next((n for n, finished in enumerate(done) if not finished), -1)
    found = []
    for n, step in enumerate(exercise.steps):
        lacking = [key for key in step.checks if verdicts.get(key) is not Verdict.PASSED]
        hinted = next((key for key in lacking if key in opened), lacking[0] if lacking else "")
        level = opened.get(hinted, 0)
        available = hints.get(hinted, ())
        found.append(
            {
                "number": n + 1,
                "key": step.key,
                "title": pick(step.title, g.language),
                "text": marked_up(pick(step.text, g.language)),
                "done": done[n],
                "current": n == current,
                "check": hinted,
                "hints": [marked_up(hint) for hint in available[:level]],
                "more": hint_href(hinted, level + 1) if level < len(available) else None,
                "asks_first": level + 1 == len(available),
            }
        )
    return found


def pick_hints(hints: Any) -> tuple[str, ...]:
    """The hints in the page's language."""
    return tuple(hints.get(g.language) or hints.get("en", ()))


def hint_href(key: str, level: int) -> str:
    """The link that opens the hints of a check up to a level. Only one check's hints are open at a time."""
    return url_for("practice.index", hint=f"{key}:{level}", _anchor="task")


def _opened() -> dict[str, int]:
    found = HINT.fullmatch(request.args.get("hint", ""))
    return {found[1]: int(found[2])} if found else {}


def _result(exercise: Exercise, result: CheckResult) -> dict[str, Any]:
    check = next(item for item in exercise.checks if item.key == result.key)
    return {
        "key": result.key,
        "title": pick(check.title, g.language),
        "verdict": result.verdict.value,
        "needs": result.needs,
        "found": _part(exercise, result, result.found),
        "expected": _part(exercise, result, result.expected),
        "note": words(exercise, result.note, g.language) if result.note else "",
        "hint": hint_href(result.key, 1) if result.verdict is not Verdict.PASSED else None,
        "difference": _marks(result.difference, result.found, result.expected),
    }


def _part(exercise: Exercise, result: CheckResult, part: Any) -> dict[str, Any]:
    text = words(exercise, part, g.language)
    is_value = isinstance(part, Datum)
    translated = ""
    if result.key == "P5" and is_value:
        translated = vocabulary.stage(store(), text).label
    elif result.key == "P7" and is_value:
        translated = vocabulary.role(store(), text).label
    return {
        "text": text,
        "is_value": is_value,
        "also": translated if translated != text else "",
        "href": _href(part) if isinstance(part, Datum) else None,
    }


def _marks(difference: Difference | None, found: Any, expected: Any) -> dict[str, tuple[str, str, str]] | None:
    """Both names cut at the very character in which they differ: before it, the character, after it."""
    if difference is None or not isinstance(found, Datum) or not isinstance(expected, Datum):
        return None
    at = difference.position - 1

    def cut(text: str, character: str) -> tuple[str, str, str]:
        return text[:at], text[at : at + len(character)], text[at + len(character) :]

    return {"found": cut(found.text, difference.found), "expected": cut(expected.text, difference.expected)}


def _href(part: Datum) -> str | None:
    if part.id is None:
        return None
    endpoint = {"Account": "accounts.show", "Contact": "contacts.show", "Opportunity": "opportunities.show"}
    return url_for(endpoint[part.object], record_id=part.id) if part.object in endpoint else None


def _deal_view(exercise: Exercise) -> dict[str, Any] | None:
    deal = _deal(exercise)
    if deal is None:
        return None
    stands = standing(store(), "Opportunity", deal.id)
    return {
        "id": deal.id,
        "state": sides.shown_state(stands.state),
        "rows": [*sides.two_sides("Opportunity", SHOWN_FIELDS, stands), _roles_row(deal.id)],
        "only_here": stands.there is None,
        "waiting": len(stands.waiting),
    }


def _roles_row(deal_id: RecordId) -> sides.SideRow:
    """The contact roles on both sides, as one row of the table."""
    roles = people.contact_roles(store(), opportunity_id=deal_id)
    sent = [role for role in roles if role.state is RecordState.IN_SALESFORCE]
    return sides.SideRow(
        label=gettext("Contact roles"),
        here=sides.Shown(_people(roles)),
        there=sides.Shown(_people(sent)),
        differs=len(sent) != len(roles),
    )


def _people(roles: Sequence[people.ContactRole]) -> str:
    said = []
    for role in roles:
        parts = [role.contact_name]
        if role.role:
            parts.append(vocabulary.role(store(), role.role).label)
        if role.primary:
            parts.append(gettext("Primary"))
        said.append(" · ".join(parts))
    return "; ".join(said) if g.language == "en" else "；".join(said)


def _deal(exercise: Exercise) -> deals.Deal | None:
    """The newest deal that bears the exercise's name, or else the account's newest one of this attempt."""
    name = exercise.expected.opportunity
    found = deals.page(store(), DealFilter(text=name), Order("created", True), 0, 50).deals
    exact = [deal for deal in found if deal.name == name]
    if exact:
        return next((deal for deal in exact if deal.created_at is None), exact[0])
    account_id, began = _account_id(exercise), services().attempt_began()
    if not account_id or began is None:
        return None
    its = deals.page(store(), DealFilter(account=account_id), Order("created", True), 0, 50).deals
    return next((deal for deal in its if deal.created_at is None or deal.created_at >= began), None)


def _account_id(exercise: Exercise) -> RecordId | str:
    name = exercise.expected.account
    found = people.accounts(store(), name, Order("name", False), 0, 50).items
    return next((account.id for account in found if account.name == name), "")


def _account_href(exercise: Exercise) -> str:
    account_id = _account_id(exercise)
    return url_for("accounts.show", record_id=account_id) if account_id else url_for("accounts.index")
