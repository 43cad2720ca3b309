"""Making, editing and deleting records in the mirror. In demo and practice a save is sent at once."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Blueprint, abort, g, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from local_store.records import Records
from mapping.record import Record, RecordId, Value
from mapping.stages import OrgStage
from pipeline import deals, drafts, people
from pipeline import stages as stage_lines
from pipeline.deals import Order
from web import sides, vocabulary
from web.context import Message, services, store, tell
from web.fields import Form, typed_number
from web.pages.opportunities import expect, present
from web.pages.pipeline import today
from web.services import ServiceRefused
from web.twin import page
from web.words import gettext

blueprint = Blueprint("records", __name__)

CONTACTS_SHOWN = 50

DELETABLE = ("Opportunity", "Contact", "OpportunityContactRole")
TAKEN_BACK = ("Account", "Contact", "Opportunity", "OpportunityContactRole")


# Opportunities


@blueprint.get("/opportunities/new")
def new_opportunity() -> AnyResponse:
    """The empty form of an opportunity."""
    form = Form(typed={"AccountId": request.args.get("account", "")})
    return _opportunity_form(form, None)


@blueprint.post("/opportunities/new")
def create_opportunity() -> AnyResponse:
    """Make an opportunity in the mirror."""
    form = Form()
    fields = _read_opportunity(form, current_stage="")
    form.choice("AccountId", {record_id for record_id, _ in people.account_choices(store())})
    if form.errors:
        return _opportunity_form(form, None)
    record = {**fields, "AccountId": form.values["AccountId"]}
    made = _save(form, lambda: services().create("Opportunity", record))
    if made is None:
        return _opportunity_form(form, None)
    return _saved(url_for("opportunities.show", record_id=made))


@blueprint.get("/opportunities/<record_id>/edit")
def edit_opportunity(record_id: str) -> AnyResponse:
    """The form of an opportunity with its present values."""
    found = present("Opportunity", record_id)
    if not isinstance(found, str):
        return found
    deal = expect(found)
    typed = {
        "Name": deal.name,
        "Amount": typed_number(deal.amount),
        "CloseDate": deal.close_date.isoformat() if isinstance(deal.close_date, date) else "",
        "StageName": deal.stage,
        "Probability": typed_number(deal.probability) if deal.probability_is_set_by_hand else "",
        "NextStep": deal.next_step or "",
    }
    return _opportunity_form(Form(typed=typed), deal)


@blueprint.post("/opportunities/<record_id>/edit")
def update_opportunity(record_id: str) -> AnyResponse:
    """Change an opportunity in the mirror."""
    found = Records(store()).resolve(record_id)
    deal = expect(found)
    before = Records(store()).get("Opportunity", deal.id) or {}
    form = Form()
    fields = _read_opportunity(form, current_stage=deal.stage)
    if form.errors:
        return _opportunity_form(form, deal)
    changed = drafts.changed(before, fields)
    if not changed:
        tell(Message(gettext("Nothing was changed."), kind="", sign="info"))
        return redirect(url_for("opportunities.show", record_id=deal.id))

    def save() -> bool:
        services().update("Opportunity", deal.id, changed)
        return True

    if _save(form, save) is None:
        return _opportunity_form(form, deal)
    return _saved(url_for("opportunities.show", record_id=deal.id), also=_resets(before, changed))


def _resets(before: Record, changed: Record) -> str:
    """What a change of stage set along with it, in words."""
    if "StageName" not in changed:
        return ""
    found = [
        f"{_label(name)} {_said(name, before.get(name))} → {_said(name, changed[name])}"
        for name in ("Probability", "ForecastCategoryName")
        if name in changed
    ]
    separator = "、" if g.language == "zh_CN" else ", "
    return gettext("The stage also set %(resets)s.", resets=separator.join(found)) if found else ""


def _label(name: str) -> str:
    return vocabulary.field(store(), "Opportunity", name)


def _said(name: str, value: Value) -> str:
    return sides.shown("Opportunity", name, value).text


def _read_opportunity(form: Form, *, current_stage: str) -> Record:
    stages = {stage.api_name: stage for stage in stage_lines.org_stages(store())}
    allowed = {name for name, stage in stages.items() if stage.active} | {current_stage} - {""}
    name = form.text("Name", required=True, longest=120)
    amount = form.amount("Amount")
    close = form.day("CloseDate", required=True)
    chosen = form.choice("StageName", allowed, required=True)
    probability = form.percent("Probability")
    step = form.text("NextStep")
    fields: dict[str, Any] = {"Name": name, "Amount": amount, "CloseDate": close, "NextStep": step}
    if chosen in stages:
        group = dict(drafts.with_stage(stages[chosen], probability))
        if chosen == current_stage:
            # The stage stays: only a probability that was typed, or emptied to follow the stage again, is an edit.
            group.pop("ForecastCategoryName")
        fields.update(group)
    return fields


def _opportunity_form(form: Form, deal: deals.Deal | None) -> AnyResponse:
    stages = [
        stage for stage in stage_lines.org_stages(store()) if stage.active or (deal and stage.api_name == deal.stage)
    ]
    return page(
        "opportunities/form.html",
        422 if form.errors else 200,
        deal=deal,
        typed=form.typed,
        errors=form.errors,
        stages=[_stage_option(stage) for stage in stages],
        accounts=[{"value": value, "text": text} for value, text in people.account_choices(store())],
        accounts_left_out=len(people.account_choices(store())) == people.CHOICES_MAX,
        today=today(),
        sends_at_once=services().sends_at_once,
    )


def _stage_option(stage: OrgStage) -> dict[str, Any]:
    name = vocabulary.stage(store(), stage.api_name)
    label = name.label if name.label == name.api else f"{name.label} ({name.api})"
    chance = "" if stage.probability is None else f" · {typed_number(stage.probability)}%"
    return {"value": stage.api_name, "text": f"{label}{chance}", "probability": stage.probability}


# Contacts


@blueprint.get("/contacts/new")
def new_contact() -> AnyResponse:
    """The empty form of a contact."""
    return _contact_form(Form(typed={"AccountId": request.args.get("account", "")}))


@blueprint.post("/contacts/new")
def create_contact() -> AnyResponse:
    """Make a contact in the mirror."""
    form = Form()
    record = {
        "FirstName": form.text("FirstName", longest=40),
        "LastName": form.text("LastName", required=True, longest=80),
        "AccountId": form.choice("AccountId", {record_id for record_id, _ in people.account_choices(store())}),
        "Title": form.text("Title", longest=128),
        "Email": form.text("Email", longest=80),
        "Phone": form.text("Phone", longest=40),
    }
    if form.values["Email"] and "@" not in str(form.values["Email"]):
        form.errors["Email"] = gettext("Write it as name@example.com.")
    if form.errors:
        return _contact_form(form)
    filled = {name: value for name, value in record.items() if value is not None}
    made = _save(form, lambda: services().create("Contact", filled))
    if made is None:
        return _contact_form(form)
    return _saved(url_for("contacts.show", record_id=made))


def _contact_form(form: Form) -> AnyResponse:
    return page(
        "contacts/form.html",
        422 if form.errors else 200,
        typed=form.typed,
        errors=form.errors,
        accounts=[{"value": value, "text": text} for value, text in people.account_choices(store())],
        sends_at_once=services().sends_at_once,
    )


# Contact roles: first the people, then their parts


@blueprint.get("/opportunities/<record_id>/contact-roles/new")
def choose_contacts(record_id: str) -> AnyResponse:
    """First step: choose among the account's contacts, or search all. With people chosen: the second step."""
    found = present("Opportunity", record_id)
    if not isinstance(found, str):
        return found
    deal = expect(found)
    chosen = [contact for value in request.args.getlist("contact") if (contact := people.contact(store(), value))]
    if chosen and "back" not in request.args:
        return _role_form(deal, chosen, Form())
    text = request.args.get("q", "").strip()
    everyone = bool(text) or request.args.get("all") == "1" or deal.account_id is None
    account_id = "" if everyone else deal.account_id or ""
    listed = people.contacts(store(), text, Order("name", False), 0, CONTACTS_SHOWN, account_id)
    present_ids = {role.contact_id for role in people.contact_roles(store(), opportunity_id=deal.id)}
    return page(
        "opportunities/choose_contacts.html",
        deal=deal,
        text=text,
        everyone=everyone,
        contacts=listed.items,
        total=listed.total,
        chosen=[contact.id for contact in chosen],
        present=present_ids,
        nothing_chosen=request.args.get("step") == "2" and not chosen,
    )


@blueprint.post("/opportunities/<record_id>/contact-roles/new")
def create_contact_roles(record_id: str) -> AnyResponse:
    """Add the chosen people with their roles."""
    deal = expect(Records(store()).resolve(record_id))
    ids = request.form.getlist("contact")[:CONTACTS_SHOWN]
    chosen = [contact for value in ids if (contact := people.contact(store(), value))]
    if not chosen:
        abort(400)
    form = Form()
    roles = {item["value"] for item in role_options()}
    primary = form.choice("primary", {contact.id for contact in chosen})
    records = [
        {
            "OpportunityId": deal.id,
            "ContactId": contact.id,
            "Role": form.choice(f"role-{contact.id}", roles),
            "IsPrimary": contact.id == primary,
        }
        for contact in chosen
    ]
    if form.errors:
        return _role_form(deal, chosen, form)
    before = people.contact_roles(store(), opportunity_id=deal.id)

    def save() -> bool:
        if primary:
            # One primary contact a deal: Salesforce takes the mark from the former one by itself.
            for role in before:
                if role.primary:
                    services().update("OpportunityContactRole", role.id, {"IsPrimary": False})
        for record in records:
            services().create("OpportunityContactRole", record)
        return True

    if _save(form, save) is None:
        return _role_form(deal, chosen, form)
    return _saved(url_for("opportunities.show", record_id=deal.id, _anchor="roles"))


def role_options() -> list[dict[str, str]]:
    """The roles that the org knows."""
    field = store().objects["OpportunityContactRole"].by_name.get("Role")
    names = [vocabulary.role(store(), item.value) for item in (field.picklist if field else ()) if item.active]
    return [
        {"value": name.api, "text": name.label if name.label == name.api else f"{name.label} ({name.api})"}
        for name in names
    ]


def _role_form(deal: deals.Deal, chosen: list[people.Contact], form: Form) -> AnyResponse:
    return page(
        "opportunities/contact_roles.html",
        422 if form.errors else 200,
        deal=deal,
        contacts=chosen,
        roles=role_options(),
        typed=form.typed,
        errors=form.errors,
        sends_at_once=services().sends_at_once,
    )


# Deleting and taking back


@blueprint.get("/records/<object_name>/<record_id>/delete")
def confirm_delete(object_name: str, record_id: str) -> AnyResponse:
    """Ask before deleting: say what goes along, and that Salesforce keeps it in its recycle bin."""
    name, back = _named(object_name, record_id)
    return page(
        "records/delete.html",
        object=object_name,
        record_id=record_id,
        name=name,
        back=back,
        goes_along=services().goes_along(object_name, RecordId(record_id)),
        allowed="delete" in services().permissions().get(object_name, frozenset()),
    )


@blueprint.post("/records/<object_name>/<record_id>/delete")
def delete(object_name: str, record_id: str) -> AnyResponse:
    """Delete a record in the mirror."""
    _, back = _named(object_name, record_id)
    services().delete(object_name, RecordId(record_id))
    leaves = url_for("opportunities.index") if object_name == "Opportunity" else back
    return _saved(url_for("contacts.index") if object_name == "Contact" else leaves, deleted=True)


@blueprint.post("/records/<object_name>/<record_id>/confirm-delete")
def confirm_waiting_delete(object_name: str, record_id: str) -> AnyResponse:
    """Confirm a deletion, made here by whatever means, that waits because other records go along."""
    if object_name not in TAKEN_BACK:
        abort(404)
    services().confirm_deletion(object_name, RecordId(record_id))
    return _saved(url_for("sync.index"), deleted=True)


@blueprint.post("/records/<object_name>/<record_id>/take-back")
def take_back(object_name: str, record_id: str) -> AnyResponse:
    """Undo what waits to be sent."""
    if object_name not in TAKEN_BACK:
        abort(404)
    present_id = Records(store()).resolve(record_id)
    services().take_back(object_name, present_id)
    tell(Message(gettext("Taken back."), gettext("The record is as it was last seen in Salesforce."), "ok", "undo"))
    pages = {"Opportunity": "opportunities", "Contact": "contacts", "Account": "accounts"}
    kind = pages.get(object_name, "opportunities")
    if object_name in pages and Records(store()).get(object_name, present_id) is not None:
        return redirect(url_for(f"{kind}.show", record_id=present_id))
    return redirect(url_for(f"{kind}.index"))


def _named(object_name: str, record_id: str) -> tuple[str, str]:
    """The name of a record that may be deleted here, and the page to go back to."""
    if object_name not in DELETABLE:
        abort(404)
    if object_name == "Opportunity":
        return expect(record_id).name, url_for("opportunities.show", record_id=record_id)
    if object_name == "Contact":
        contact = people.contact(store(), record_id)
        if contact is None:
            abort(404)
        return contact.name, url_for("contacts.show", record_id=record_id)
    record = Records(store()).get(object_name, record_id)
    deal_id = str((record or {}).get("OpportunityId") or "")
    role = next((r for r in people.contact_roles(store(), opportunity_id=deal_id) if r.id == record_id), None)
    if role is None:
        abort(404)
    part = vocabulary.role(store(), role.role).label if role.role else gettext("no role")
    return f"{role.contact_name} · {part}", url_for("opportunities.show", record_id=deal_id, _anchor="roles")


def _save(form: Form, write: Any) -> Any:
    """Do the write; on a refusal put its words where the reader looks for them, and answer None."""
    try:
        return write()
    except ServiceRefused as refusal:
        text = f"{refusal.message} {refusal.advice}".strip()
        named = [name for name in refusal.fields if name in form.typed]
        form.errors.update(dict.fromkeys(named or [""], text))
        return None


def _saved(target: str, *, deleted: bool = False, also: str = "") -> AnyResponse:
    title = gettext("Deleted in your database.") if deleted else gettext("Saved in your database.")
    if services().sends_at_once:
        services().request_sync()
        text = gettext("It is being sent to Salesforce now.")
        tell(Message(title, _joined(also, text), href=target, link=gettext("Reload")))
    else:
        text = gettext("It is sent with the next sync.")
        tell(Message(title, _joined(also, text), href=url_for("sync.index"), link=gettext("To the sync page")))
    return redirect(target)


def _joined(*sentences: str) -> str:
    return ("" if g.language == "zh_CN" else " ").join(sentence for sentence in sentences if sentence)
