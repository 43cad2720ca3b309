"""What faults of kind *act* make happen in the org: the doings of colleagues, admins and time.

An event gets the org, the fault and, when it happens with a request, that request. It answers how to take back what
it switched, if it switched something; what was done to records stays done. ``options`` name the object, the id, the
field and whatever else an event wants; what is left out is chosen, the same in every run.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from playground import access, dml, ids, merging, quotas, values
from playground.faults import Fault, Undo
from playground.login import apps
from playground.org import Org
from playground.schema import ObjectType
from playground.store import Row, quoted

_ANY_ID = re.compile(r"(?<![0-9A-Za-z])[0-9A-Za-z]{18}(?![0-9A-Za-z])")
_EDITED = "Edited by a colleague"
_ODD_TEXT = "first \"quoted\", line\r\nsecond\u2028third\ttab; \\ 'single' <&> \U0001f45f"
_LITERALS = ("#N/A", "NULL", "NA", "None", "nan", "true", "1E5")


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    target: str
    content: bytes


Event = Callable[[Org, Fault, Request | None], Undo | None]


def happen(org: Org, fault: Fault, request: Request | None = None) -> Undo | None:
    """Let it happen; answer how to take it back."""
    return EVENTS[fault.detail](org, fault, request)


def _end_sessions(org: Org, _fault: Fault, _request: Request | None) -> None:
    org.expire_sessions()


def _close_locators(org: Org, _fault: Fault, _request: Request | None) -> None:
    org.locators.close_all()


def _rotate_refresh_tokens(org: Org, _fault: Fault, _request: Request | None) -> Undo:
    """From now on a refresh token serves once; whoever uses one again ends its whole family."""
    before = apps.find(org, org.settings.client_id)
    apps.register(org, replace(before, rotates_refresh_tokens=True))

    def undo() -> None:
        apps.register(org, before)

    return undo


def _use_up(org: Org, fault: Fault, _request: Request | None) -> Undo:
    name = str(fault.options.get("quota", quotas.API_REQUESTS))
    before = org.quotas.used(name)
    org.quotas.set_remaining(name, int(fault.options.get("remaining", 0)))
    return lambda: org.quotas.set_remaining(name, org.quotas.allowed(name) - before)


def _long_requests(org: Org, fault: Fault, _request: Request | None) -> Undo:
    org.long_requests.of_others = int(fault.options.get("running", org.settings.concurrent_long_requests))

    def undo() -> None:
        org.long_requests.of_others = 0

    return undo


def _edit_meanwhile(org: Org, fault: Fault, request: Request | None) -> None:
    """A colleague's edit, a second after the last one."""
    _edit(org, fault, request, timedelta(seconds=1))


def _edit_in_the_same_second(org: Org, fault: Fault, request: Request | None) -> None:
    """A colleague's edit with the very stamp that the record has: no condition on dates notices it."""
    _edit(org, fault, request, timedelta(0))


def _edit(org: Org, fault: Fault, request: Request | None, later: timedelta) -> None:
    object_type, row = _record(org, fault, request)
    stamp = values.moment(row.get("LastModifiedDate") or row["SystemModstamp"]) + later
    colleague = org.store.select("User", "IsActive AND Id <> ? ORDER BY Id LIMIT 1", (org.default_user_id,))
    work = org.work(str(colleague[0]["Id"]) if colleague else None, stamp)
    with org.store.transaction():
        dml.update(
            work, object_type, str(row["Id"]), fault.options.get("fields") or {_text_field(object_type): _EDITED}
        )


def _delete_meanwhile(org: Org, fault: Fault, request: Request | None) -> None:
    object_type, row = _record(org, fault, request)
    org.delete(object_type.name, str(row["Id"]))


def _delete_parent(org: Org, fault: Fault, request: Request | None) -> None:
    """The account of a record is gone, and the bin is empty."""
    _, row = _record(org, fault, request)
    parent = fault.options.get("parent") or row.get("AccountId")
    if parent:
        with org.store.transaction():
            org.store.remove("Account", str(parent))
            org.store.log_deletion("Account", str(parent), org.work().stamp, str(parent))


def _set_text(org: Org, fault: Fault, _request: Request | None) -> None:
    """A value that is hard to carry, in a text field of one record."""
    object_type, row = _record(org, fault, None)
    name = _field(object_type, fault)
    field = object_type.by_lower_name[name.lower()]
    text = str(fault.options.get("value", _ODD_TEXT))
    _write(org, object_type, row, {name: text[: field.length] if field.length else text})


def _set_nul(org: Org, fault: Fault, _request: Request | None) -> None:
    object_type, row = _record(org, fault, None)
    _write(org, object_type, row, {_field(object_type, fault): "before\x00after"})


def _set_literals(org: Org, fault: Fault, _request: Request | None) -> None:
    """Texts that look like no value, truth or number, one for each of the first records."""
    object_type = org.object_type(str(fault.options.get("object", "Opportunity")))
    name = _field(object_type, fault)
    rows = org.store.select(object_type.name, "NOT IsDeleted ORDER BY Id LIMIT ?", (len(_LITERALS),))
    for row, literal in zip(rows, _LITERALS, strict=False):
        _write(org, object_type, row, {name: literal})


def _set_longest_text(org: Org, fault: Fault, _request: Request | None) -> None:
    object_type, row = _record(org, fault, None)
    longest = max((item for item in object_type.fields if item.type == "textarea" and item.updateable), key=_length)
    _write(
        org,
        object_type,
        row,
        {longest.name: ("0123456789ABCDE\n" * (longest.length // 16 + 1))[: longest.length - 1] + "Z"},
    )


def _hide_field(org: Org, fault: Fault, _request: Request | None) -> Undo:
    object_type = org.object_type(str(fault.options.get("object", "Opportunity")))
    return _order(org, {"hide_fields": {object_type.name: [_field(object_type, fault)]}})


def _hide_records(org: Org, fault: Fault, _request: Request | None) -> Undo:
    """Without ``where``: all that others than the first administrator own."""
    object_name = str(fault.options.get("object", "Opportunity"))
    where = fault.options.get("where") or {"field": "OwnerId", "is_not": org.default_user_id}
    return _order(org, {"hide_records": {object_name: where}})


def _hide_all_records(org: Org, fault: Fault, _request: Request | None) -> Undo:
    object_name = str(fault.options.get("object", "Opportunity"))
    return _order(org, {"hide_records": {object_name: {"field": "Id", "blank": False}}})


def _order(org: Org, raw: Mapping[str, Any]) -> Undo:
    order = access.read(raw, org.schema, None)
    org.access.add(order)
    org.note_schema_change()

    def undo() -> None:
        org.access.remove(order)
        org.note_schema_change()

    return undo


def _change_schema(org: Org, fault: Fault, _request: Request | None) -> None:
    org.change_schema(fault.options["change"])


def _several_currencies(org: Org, _fault: Fault, _request: Request | None) -> None:
    """Every other record is in euros from now on."""
    org.change_schema({"currencies": {"corporate": "GBP", "rates": {"EUR": 1.15}}})
    for name in ("Account", "Contact", "Opportunity"):
        with org.store.transaction():
            org.store.execute(f"UPDATE {quoted(name)} SET CurrencyIsoCode = 'EUR' WHERE rowid % 2")


def _change_without_stamp(org: Org, fault: Fault, _request: Request | None) -> None:
    """A calculated field has another value, and nothing else about the record says so."""
    object_type, row = _record(org, fault, None)
    name = str(fault.options.get("field", "ExpectedRevenue"))
    value = fault.options.get("value", float(row.get(name) or 0) + 1.0)
    with org.store.transaction():
        org.store.update(object_type.name, str(row["Id"]), {name: value})


def _merge(org: Org, fault: Fault, _request: Request | None) -> None:
    """Without ids: the second account into the first."""
    object_name = str(fault.options.get("object", "Account"))
    rows = org.store.select(object_name, "NOT IsDeleted ORDER BY Id LIMIT 2")
    winner = str(fault.options.get("winner", rows[0]["Id"]))
    losers = list(fault.options.get("losers", [rows[1]["Id"]]))
    merging.merge(org, object_name, winner, losers)


def _delete_and_undelete(org: Org, fault: Fault, _request: Request | None) -> None:
    """What is in the bin comes back; a live record goes there and comes back."""
    object_type, row = _record(org, fault, None)
    if not row.get("IsDeleted"):
        org.delete(object_type.name, str(row["Id"]))
    org.undelete(object_type.name, str(row["Id"]))


def _delete_and_purge(org: Org, fault: Fault, _request: Request | None) -> None:
    object_type, row = _record(org, fault, None)
    if not row.get("IsDeleted"):
        org.delete(object_type.name, str(row["Id"]))
    org.purge(object_type.name, str(row["Id"]))


def _late_commits(org: Org, fault: Fault, _request: Request | None) -> Undo:
    before = org.settings.visibility_delay_s
    org.settings = replace(org.settings, visibility_delay_s=float(fault.options.get("seconds", 60)))

    def undo() -> None:
        org.settings = replace(org.settings, visibility_delay_s=before)

    return undo


def _mass_update(org: Org, fault: Fault, _request: Request | None) -> None:
    """Every record of an object gets the same new stamp."""
    name = org.object_type(str(fault.options.get("object", "Opportunity"))).name
    work = org.work()
    with org.store.transaction():
        org.store.execute(
            f"UPDATE {quoted(name)} SET LastModifiedDate = ?, SystemModstamp = ?, LastModifiedById = ? "
            "WHERE NOT IsDeleted",
            (work.stamp, work.stamp, work.user_id),
        )


def _automate(org: Org, fault: Fault, _request: Request | None) -> Undo:
    before = (list(org.automation.flows), list(org.automation.validations))
    org.automation.add(fault.options["automation"], org.schema)

    def undo() -> None:
        org.automation.flows, org.automation.validations = before

    return undo


def _move_clock(org: Org, fault: Fault, _request: Request | None) -> Undo:
    """By ``seconds``, or to the moment ``to``."""
    before = org.now()
    if "to" in fault.options:
        by = datetime.fromisoformat(str(fault.options["to"]).replace("Z", "+00:00")) - before
    else:
        by = timedelta(seconds=float(fault.options["seconds"]))
    org.shift_clock(by)
    return lambda: org.shift_clock(-by)


def _refresh_sandbox(org: Org, fault: Fault, _request: Request | None) -> Undo:
    """The same address is another org now, and nobody is logged in."""
    before = org.organization_id
    other = str(fault.options.get("organization_id", ids.to_18("00D000000000SBX")))
    _set_organization_id(org, before, other)
    return lambda: _set_organization_id(org, other, before)


def _set_organization_id(org: Org, old: str, new: str) -> None:
    with org.store.transaction():
        org.store.execute("UPDATE Organization SET Id = ? WHERE Id = ?", (new, old))
    org.expire_sessions()


def _change_rows_while_paging(org: Org, fault: Fault, _request: Request | None) -> None:
    """One record goes, one comes, one changes."""
    object_type = org.object_type(str(fault.options.get("object", "Contact")))
    rows = org.store.select(object_type.name, "NOT IsDeleted ORDER BY Id DESC LIMIT 2")
    required = {"Contact": {"LastName": "Newcomer"}, "Account": {"Name": "Newcomer"}}
    fields = fault.options.get("fields") or required.get(object_type.name)
    org.delete(object_type.name, str(rows[0]["Id"]))
    org.update(object_type.name, str(rows[1]["Id"]), {_text_field(object_type): _EDITED})
    if fields:
        org.create(object_type.name, fields)


def _record(org: Org, fault: Fault, request: Request | None) -> tuple[ObjectType, Row]:
    """The record that is named by id, or that the request is about, or the first one of the object."""
    named = fault.options.get("id")
    wanted = fault.options.get("object")
    candidates = [str(named)] if named else _ids_in(request)
    for record_id in candidates:
        for item in org.schema.objects:
            if record_id.startswith(item.key_prefix) and (wanted is None or item.name == wanted) and item.updateable:
                row = org.store.get(item.name, ids.to_18(record_id[:15]))
                if row:
                    return item, row
    object_type = org.object_type(str(wanted or "Opportunity"))
    return object_type, org.store.select(object_type.name, "NOT IsDeleted ORDER BY Id LIMIT 1")[0]


def _ids_in(request: Request | None) -> list[str]:
    if request is None:
        return []
    text = request.target + " " + request.content.decode("utf-8", "replace")
    return [found for found in _ANY_ID.findall(text) if ids.is_id(found)]


def _field(object_type: ObjectType, fault: Fault) -> str:
    return str(fault.options.get("field") or _text_field(object_type))


def _text_field(object_type: ObjectType) -> str:
    """A free text of the object that nothing depends on."""
    texts = [item for item in object_type.fields if item.updateable and item.type in ("textarea", "string")]
    for item in texts:
        if item.name in ("Description", "NextStep"):
            return item.name
    return texts[0].name


def _length(field: Any) -> int:
    return int(field.length)


def _write(org: Org, object_type: ObjectType, row: Row, changes: Row) -> None:
    """Store values as they are, past the cleaning that a request's values go through."""
    work = org.work()
    stamps = {"LastModifiedDate": work.stamp, "LastModifiedById": work.user_id, "SystemModstamp": work.stamp}
    with org.store.transaction():
        org.store.update(object_type.name, str(row["Id"]), changes | stamps)


EVENTS: Mapping[str, Event] = {
    "automate": _automate,
    "change_rows_while_paging": _change_rows_while_paging,
    "change_schema": _change_schema,
    "change_without_stamp": _change_without_stamp,
    "close_locators": _close_locators,
    "delete_and_purge": _delete_and_purge,
    "delete_and_undelete": _delete_and_undelete,
    "delete_meanwhile": _delete_meanwhile,
    "delete_parent": _delete_parent,
    "edit_in_the_same_second": _edit_in_the_same_second,
    "edit_meanwhile": _edit_meanwhile,
    "end_sessions": _end_sessions,
    "hide_all_records": _hide_all_records,
    "hide_field": _hide_field,
    "hide_records": _hide_records,
    "late_commits": _late_commits,
    "long_requests": _long_requests,
    "mass_update": _mass_update,
    "merge": _merge,
    "move_clock": _move_clock,
    "refresh_sandbox": _refresh_sandbox,
    "rotate_refresh_tokens": _rotate_refresh_tokens,
    "set_literals": _set_literals,
    "set_longest_text": _set_longest_text,
    "set_nul": _set_nul,
    "set_text": _set_text,
    "several_currencies": _several_currencies,
    "use_up": _use_up,
}
