"""In Salesforce: the org itself, as a colleague sees and edits it, beside the mirror. In the playground only."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from flask import Blueprint, Response, abort, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from local_store.records import Records
from mapping.fields import FieldMapping, ObjectMapping
from mapping.record import Record, Value
from web import sides, vocabulary
from web.context import Message, services, store, tell
from web.fields import Form, typed_number
from web.services import Colleague, OrgRecord, ServiceRefused
from web.twin import page
from web.words import gettext

blueprint = Blueprint("in_salesforce", __name__, url_prefix="/in-salesforce")

RECORDS_SHOWN = 25

EDITED: dict[str, tuple[str, ...]] = {
    "Opportunity": ("Name", "Amount", "CloseDate", "StageName", "Probability", "NextStep"),
    "Account": ("Name", "Industry", "Phone"),
    "Contact": ("FirstName", "LastName", "Title", "Email", "Phone"),
}
"""What a colleague edits here, by object (S22)."""

SHOWN: dict[str, tuple[str, ...]] = {
    "Opportunity": (
        "Name",
        "AccountId",
        "Amount",
        "CloseDate",
        "StageName",
        "Probability",
        "ForecastCategoryName",
        "NextStep",
    ),
    "Account": ("Name", "Industry", "Phone"),
    "Contact": ("FirstName", "LastName", "AccountId", "Title", "Email", "Phone"),
}


@blueprint.get("")
def index() -> Response:
    """Records of the org, the last modified first."""
    name, text = _object(), request.args.get("q", "").strip()
    found = _colleague().find(name, text, RECORDS_SHOWN)
    return page(
        "in_salesforce/index.html",
        object=name,
        text=text,
        records=[_line(record) for record in found],
        objects=[
            {
                "text": vocabulary.object_name(each),
                "href": url_for("in_salesforce.index", object=each),
                "current": each == name,
            }
            for each in EDITED
        ],
        shown=RECORDS_SHOWN,
    )


@blueprint.get("/<object_name>/<record_id>")
def show(object_name: str, record_id: str) -> Response:
    """One record of the org beside the mirror's version, with the colleague's form."""
    record = _expect(object_name, record_id)
    mapping = _colleague().describe(object_name)
    typed = {name: _typed(record.fields.get(name)) for name in EDITED[object_name] if name in mapping.by_name}
    return _page(record, mapping, Form(typed=typed))


@blueprint.post("/<object_name>/<record_id>")
def edit(object_name: str, record_id: str) -> AnyResponse:
    """Write in the org, as a colleague does."""
    record = _expect(object_name, record_id)
    mapping = _colleague().describe(object_name)
    form = Form()
    fields = {name: _read(form, mapping.by_name[name]) for name in EDITED[object_name] if name in mapping.by_name}
    changed = {name: value for name, value in fields.items() if value != record.fields.get(name)}
    if form.errors:
        return _page(record, mapping, form)
    if not changed:
        tell(Message(gettext("Nothing was changed."), kind="", sign="info"))
        return redirect(request.path)
    try:
        _colleague().edit(object_name, record.id, changed)
    except ServiceRefused as refusal:
        named = [name for name in refusal.fields if name in form.typed] or [""]
        form.errors.update(dict.fromkeys(named, f"{refusal.message} {refusal.advice}".strip()))
        return _page(record, mapping, form)
    text = gettext("Your database learns of it with the next sync.")
    tell(
        Message(
            gettext("Saved in Salesforce."), text, "acc", "check", url_for("sync.index"), gettext("To the sync page")
        )
    )
    return redirect(request.path)


def _colleague() -> Colleague:
    found = services().colleague
    if found is None:
        abort(404)
    return found


def _object() -> str:
    wanted = request.args.get("object", "Opportunity")
    return wanted if wanted in EDITED else "Opportunity"


def _expect(object_name: str, record_id: str) -> OrgRecord:
    if object_name not in EDITED:
        abort(404)
    present = Records(store()).resolve(record_id)
    record = _colleague().read(object_name, present)
    if record is None:
        abort(404)
    return record


def _line(record: OrgRecord) -> dict[str, Any]:
    mirrored = Records(store()).get(record.object, record.id) if record.object in store().objects else None
    return {
        "id": record.id,
        "name": _name(record),
        "values": [sides.shown(record.object, name, record.fields.get(name)) for name in _columns(record.object)],
        "modified_by": record.modified_by,
        "modified_at": record.modified_at,
        "mirror": _mirror_word(record, mirrored),
        "href": url_for("in_salesforce.show", object_name=record.object, record_id=record.id),
    }


def _columns(object_name: str) -> tuple[str, ...]:
    return {"Opportunity": ("StageName", "Amount", "CloseDate"), "Account": ("Industry", "Phone")}.get(
        object_name, ("Title", "Email")
    )


def _name(record: OrgRecord) -> str:
    parts = [record.fields.get("FirstName"), record.fields.get("LastName")]
    return str(record.fields.get("Name") or " ".join(str(part) for part in parts if part) or record.id)


def _mirror_word(record: OrgRecord, mirrored: Record | None) -> str:
    """How the mirror's version compares: same, differs, or not there."""
    if mirrored is None:
        return "missing"
    names = [name for name in SHOWN[record.object] if name in record.fields]
    return "same" if all(mirrored.get(name) == record.fields[name] for name in names) else "differs"


def _page(record: OrgRecord, mapping: ObjectMapping, form: Form) -> Response:
    mirrored = Records(store()).get(record.object, record.id) if record.object in store().objects else None
    rows = []
    for name in SHOWN[record.object]:
        if name not in mapping.by_name:
            continue
        here, there = (mirrored or {}).get(name), record.fields.get(name)
        rows.append(
            sides.SideRow(
                label=vocabulary.field(store(), record.object, name),
                here=sides.shown(record.object, name, here),
                there=sides.shown(record.object, name, there),
                differs=here != there,
            )
        )
    pages = {"Opportunity": "opportunities.show", "Account": "accounts.show", "Contact": "contacts.show"}
    return page(
        "in_salesforce/show.html",
        422 if form.errors else 200,
        object=record.object,
        id=record.id,
        name=_name(record),
        modified_by=record.modified_by,
        modified_at=record.modified_at,
        mirrored=mirrored is not None,
        mirror_href=url_for(pages[record.object], record_id=record.id) if mirrored else None,
        rows=rows,
        inputs=[
            {
                "name": name,
                "label": vocabulary.field(store(), record.object, name),
                "options": _options(record.object, mapping.by_name[name]),
                "value": form.typed.get(name, ""),
                "error": form.errors.get(name, ""),
            }
            for name in EDITED[record.object]
            if name in mapping.by_name
        ],
        errors=form.errors,
    )


def _options(object_name: str, field: FieldMapping) -> list[dict[str, str]]:
    if field.type != "picklist":
        return []
    found = []
    for item in field.picklist:
        label = vocabulary.stage(store(), item.value).label if field.name == "StageName" else item.label
        found.append({"value": item.value, "text": label if label == item.value else f"{label} ({item.value})"})
    return found


def _typed(value: Value) -> str:
    if isinstance(value, Decimal):
        return typed_number(value)
    return "" if value is None else str(value)


def _read(form: Form, field: FieldMapping) -> Value:
    match field.type:
        case "currency":
            return form.amount(field.name)
        case "percent":
            return form.percent(field.name)
        case "date":
            return form.day(field.name, required=not field.nillable)
        case "picklist":
            allowed = {item.value for item in field.picklist}
            return form.choice(field.name, allowed, required=not field.nillable)
        case _:
            return form.text(field.name, required=not field.nillable and field.createable, longest=field.length or 255)
