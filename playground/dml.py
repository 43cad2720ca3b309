"""Create, update, delete, upsert and undelete of single records, with the refusals of a real org.

Every function works inside the caller's transaction and raises an :class:`playground.errors.ApiError` for what a real
org refuses; then the caller rolls back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from playground import contact_roles, errors, ids, rules, values
from playground.automation import Automation
from playground.schema import Field, ObjectType
from playground.store import Row, quoted
from playground.work import Work

_FOLLOWED = frozenset({"Task", "Event", "OpportunityLineItem"})
"""Objects whose deletion changes another record."""

_SYSTEM_FIELDS = ("CreatedDate", "CreatedById", "LastModifiedDate", "LastModifiedById", "SystemModstamp", "IsDeleted")


def create(work: Work, object_type: ObjectType, fields: Mapping[str, Any]) -> str:
    """Insert a record and return its 18-character id. ``object_type`` is the object as the user sees it."""
    seen, object_type = object_type, _whole(work, object_type)
    if not object_type.createable:
        raise _not_supported("inserted", object_type)
    _refuse_unpermitted(seen.createable)
    work.faults.refuse_write("create", object_type.name)
    if any(name.lower() == "id" and value for name, value in fields.items()):
        raise errors.ApiError(
            "cannot specify Id in an insert call", code="INVALID_FIELD_FOR_INSERT_UPDATE", fields=["Id"]
        )
    sent = accepted(work, seen, {k: v for k, v in fields.items() if k.lower() != "id"}, _can_create)
    missing = [field.name for field in object_type.fields if _is_required(field) and sent.get(field.name) is None]
    if missing:
        raise errors.RequiredFieldsMissing(missing)
    row = _defaults(work, object_type) | {name: value for name, value in sent.items() if value is not None}
    row["Id"] = work.store.next_id(object_type.key_prefix)
    row |= _audit(work, object_type, creating=True)
    _check_references(work, object_type, {**sent, **({"OwnerId": row["OwnerId"]} if "OwnerId" in row else {})})
    sent = _complete(work, object_type, None, row, sent)
    _check_unique(work, object_type, row)
    work.store.insert(object_type.name, row)
    rules.after_save(work, object_type.name, None, row, sent)
    _create_children(work, object_type, None, row)
    return str(row["Id"])


def update(work: Work, object_type: ObjectType, record_id: str, fields: Mapping[str, Any]) -> None:
    """Change a live record. Every update gives a new stamp, also one that changes no value."""
    seen, object_type = object_type, _whole(work, object_type)
    if not object_type.updateable:
        raise _not_supported("updated", object_type)
    _refuse_unpermitted(seen.updateable)
    work.faults.refuse_write("update", object_type.name)
    old = live(work, object_type, record_id)
    _refuse_locked(work, old)
    sent = accepted(work, seen, fields, _can_update)
    emptied = [
        field.name for field in object_type.fields if _is_never_null(field) and sent.get(field.name, field) is None
    ]
    if emptied:
        raise errors.RequiredFieldsMissing(emptied)
    row = old | sent | _audit(work, object_type, creating=False)
    _check_references(work, object_type, {name: value for name, value in sent.items() if value != old[name]})
    sent = _complete(work, object_type, old, row, sent)
    _check_unique(work, object_type, row)
    work.store.update(object_type.name, str(row["Id"]), {name: row[name] for name in row if row[name] != old[name]})
    rules.after_save(work, object_type.name, old, row, sent)
    _create_children(work, object_type, old, row)


def upsert(
    work: Work, object_type: ObjectType, field_name: str, value: Any, fields: Mapping[str, Any]
) -> tuple[str, bool]:
    """Create or update by an external id; return the id and whether it was created.

    Raise :class:`errors.MultipleMatches` when several live records have the value.
    """
    field = key_field(object_type, field_name)
    if field.name == "Id":
        if value:
            update(work, object_type, str(value), fields)
            return normal_id(object_type, value), False
        return create(work, object_type, fields), True
    found = matching(work, object_type, field, value)
    if found:
        update(work, object_type, found, fields)
        return found, False
    return create(work, object_type, {**fields, field.name: value}), True


def delete(work: Work, object_type: ObjectType, record_id: str) -> None:
    """Put a record and all that cascades from it into the recycle bin, or away where the object has none."""
    seen, object_type = object_type, _whole(work, object_type)
    if not object_type.deletable:
        raise _not_supported("deleted", object_type)
    _refuse_unpermitted(seen.deletable)
    work.faults.refuse_write("delete", object_type.name)
    root = live(work, object_type, record_id)
    _refuse_locked(work, root)
    _refuse_blocked(work, object_type, root)
    if object_type.name == "OpportunityContactRole":
        _log_deletion(work, object_type.name, root["Id"], root["Id"])
        work.store.remove(object_type.name, root["Id"])
        contact_roles.forget(work, root)
        return
    _delete_tree(work, object_type, root, str(root["Id"]))
    if object_type.name in _FOLLOWED:
        rules.after_save(work, object_type.name, root, {**root, "IsDeleted": 1}, ())


def undelete(work: Work, object_type: ObjectType, record_id: str) -> None:
    """Bring a record back from the recycle bin with all that went there with it."""
    row = work.store.get(object_type.name, normal_id(object_type, record_id))
    if row is None or not row.get("IsDeleted"):
        raise errors.ApiError("entity is not in the recycle bin", code="UNDELETE_FAILED", fields=[])
    root = str(row["Id"])
    went = work.store.execute("SELECT object, id FROM _deletion WHERE root = ?", (root,))
    if not went:
        # It went there with a parent, and comes back with it only.
        raise errors.ApiError("entity is not in the recycle bin", code="UNDELETE_FAILED", fields=[])
    for name, item_id in went:
        found = work.store.get(name, item_id)
        if found and found.get("IsDeleted"):
            # What lost a merge comes back on its own account.
            merged = {"MasterRecordId": None} if "MasterRecordId" in found else {}
            work.store.update(name, item_id, {"IsDeleted": 0} | merged | _touch(work, name))
            if name == "OpportunityLineItem":
                rules.after_save(work, name, found, {**found, "IsDeleted": 0}, ())
    for name, item_id, field, value in work.store.execute(
        "SELECT object, id, field, value FROM _cleared_reference WHERE root = ?", (root,)
    ):
        found = work.store.get(name, item_id)
        if found and found[field] is None:
            work.store.update(name, item_id, {field: value} | _touch(work, name))
    # The log goes on telling that they were deleted; but what is deleted later goes to the bin on its own account.
    work.store.execute("UPDATE _deletion SET root = '' WHERE root = ?", (root,))
    work.store.execute("DELETE FROM _cleared_reference WHERE root = ?", (root,))


def live(work: Work, object_type: ObjectType, record_id: str) -> Row:
    """The record, or NOT_FOUND, ENTITY_IS_DELETED or MALFORMED_ID."""
    row = work.store.get(object_type.name, normal_id(object_type, record_id))
    if row is None:
        if work.store.execute(
            "SELECT 1 FROM _deletion WHERE object = ? AND id = ?", (object_type.name, normal_id(object_type, record_id))
        ):
            raise errors.EntityIsDeleted
        raise errors.NotFound
    if row.get("IsDeleted"):
        raise errors.EntityIsDeleted
    if work.access.hides(work.user_id, object_type.name, row):
        raise errors.NotFound
    return row


def normal_id(object_type: ObjectType, text: Any) -> str:
    """An id of that object in its 18 characters."""
    if not isinstance(text, str) or not ids.is_id(text) or not text.startswith(object_type.key_prefix):
        raise errors.MalformedId(f"{object_type.label} ID", text, "Id")
    return ids.to_18(text[:15])


def key_field(object_type: ObjectType, name: str) -> Field:
    """The field by which records may be addressed: an external id, or one with idLookup."""
    field = object_type.by_lower_name.get(name.lower())
    if field is None or not (field.external_id or field.id_lookup):
        raise errors.NotFound(f"Provided external ID field does not exist or is not accessible: {name}")
    return field


def matches(work: Work, object_type: ObjectType, field: Field, value: Any) -> list[str]:
    """Ids of live records with that value of a key field."""
    if field.name == "Id":
        return [str(live(work, object_type, value)["Id"])]
    kept = values.stored(field, value)
    if kept is None:
        return []
    collation = "" if field.case_sensitive else " COLLATE NOCASE"
    rows = work.store.execute(
        f"SELECT Id FROM {quoted(object_type.name)} WHERE {quoted(field.name)} = ?{collation}{_alive(object_type)} "
        "ORDER BY Id",
        (kept,),
    )
    found = [str(row[0]) for row in rows]
    if not work.access.hidden_records(work.user_id).get(object_type.name):
        return found
    hidden = [item for item in found if _is_hidden(work, object_type, item)]
    return [item for item in found if item not in hidden]


def matching(work: Work, object_type: ObjectType, field: Field, value: Any) -> str | None:
    """The id of the one live record with that value; None when there is none."""
    found = matches(work, object_type, field, value)
    if len(found) > 1:
        raise errors.MultipleMatches(found)
    return found[0] if found else None


def accepted(work: Work, object_type: ObjectType, fields: Mapping[str, Any], rule: Any) -> Row:
    """What a request sent, by field name and in stored form. ``rule`` tells which fields may be written."""
    taken: Row = {}
    refused: list[str] = []
    for name, raw in fields.items():
        if name.lower() == "attributes":
            continue
        field = object_type.by_lower_name.get(name.lower())
        if field is None:
            relation = object_type.by_relationship.get(name.lower().removesuffix("__r"))
            if relation is None or not isinstance(raw, Mapping):
                raise errors.UnknownField(name, object_type.name)
            field, raw = relation, _linked_id(work, object_type, relation, raw)
        if not rule(field):
            refused.append(field.name)
            continue
        taken[field.name] = values.stored(field, raw)
    if refused:
        raise errors.FieldsNotWritable(refused)
    return taken


def _whole(work: Work, object_type: ObjectType) -> ObjectType:
    """The object with all its fields, also those that the user does not see."""
    return work.schema.by_lower_name[object_type.name.lower()]


def _refuse_unpermitted(allowed: bool) -> None:
    if not allowed:
        raise errors.NoAccess


def _refuse_locked(work: Work, row: Row) -> None:
    if work.held.locks(str(row["Id"])):
        raise errors.RowLocked(str(row["Id"]))


def _is_hidden(work: Work, object_type: ObjectType, record_id: str) -> bool:
    row = work.store.get(object_type.name, record_id)
    return row is not None and work.access.hides(work.user_id, object_type.name, row)


def _complete(work: Work, object_type: ObjectType, old: Row | None, row: Row, sent: Row) -> Row:
    """Let the org's rules and the admin's flows complete a row about to be saved; then refuse what breaks a rule.

    Answer what was sent and what flows set: to the rules it is the same.
    """
    rules.before_save(work, object_type.name, old, row, sent)
    set_by_flows = work.automation.edits(object_type, old, row)
    if set_by_flows:
        sent = sent | set_by_flows
        row |= set_by_flows
        rules.before_save(work, object_type.name, old, row, sent)
    work.automation.check(object_type, old, row)
    return sent


def _create_children(work: Work, object_type: ObjectType, old: Row | None, row: Row) -> None:
    """What flows create after a row was saved; on that no flow runs."""
    for name, fields in work.automation.children(object_type, old, row):
        create(replace(work, automation=Automation()), work.schema.by_lower_name[name.lower()], fields)


def _can_create(field: Field) -> bool:
    return field.createable


def _can_update(field: Field) -> bool:
    return field.updateable


def _is_required(field: Field) -> bool:
    return field.createable and _is_never_null(field) and not field.defaulted_on_create


def _is_never_null(field: Field) -> bool:
    return not field.nillable and field.type != "boolean" and field.stored


def _defaults(work: Work, object_type: ObjectType) -> Row:
    row: Row = {}
    for field in object_type.fields:
        if not field.stored:
            continue
        picked = next((entry.value for entry in field.picklist if entry.default), None)
        default = field.default if field.default is not None else picked
        row[field.name] = int(default) if isinstance(default, bool) else default
    if "OwnerId" in row:
        row["OwnerId"] = work.user_id
    if "RecordTypeId" in row and object_type.by_lower_name["recordtypeid"].defaulted_on_create:
        row["RecordTypeId"] = _default_record_type(work, object_type.name)
    return row


def _default_record_type(work: Work, object_name: str) -> str | None:
    rows = work.store.execute(
        "SELECT Id FROM RecordType WHERE SobjectType = ? AND IsActive ORDER BY Id LIMIT 1", (object_name,)
    )
    return str(rows[0][0]) if rows else None


def _audit(work: Work, object_type: ObjectType, *, creating: bool) -> Row:
    row: Row = {"LastModifiedDate": work.stamp, "LastModifiedById": work.user_id, "SystemModstamp": work.stamp}
    if creating:
        row |= {"CreatedDate": work.stamp, "CreatedById": work.user_id, "IsDeleted": 0}
    return {name: value for name, value in row.items() if object_type.has(name)}


def _touch(work: Work, object_name: str) -> Row:
    """A new SystemModstamp, where the object has one: what automated changes leave behind."""
    has_stamp = work.schema.by_lower_name[object_name.lower()].has("SystemModstamp")
    return {"SystemModstamp": work.stamp} if has_stamp else {}


def _check_references(work: Work, object_type: ObjectType, sent: Row) -> None:
    for name, value in sent.items():
        field = object_type.by_lower_name[name.lower()]
        if field.type != "reference" or value is None:
            continue
        targets = [work.schema.by_lower_name.get(target.lower()) for target in field.reference_to]
        known = [target for target in targets if target is not None]
        target = next((item for item in known if value.startswith(item.key_prefix)), None)
        if target is None:
            if len(known) < len(targets):
                raise errors.BadReference([name])
            raise errors.ApiError(
                f"{field.label}: id value of incorrect type: {value}", code="FIELD_INTEGRITY_EXCEPTION", fields=[name]
            )
        row = work.store.get(target.name, value)
        if row is None:
            raise errors.BadReference([name])
        if row.get("IsDeleted"):
            raise errors.ApiError("entity is deleted", code="ENTITY_IS_DELETED", fields=[name])
        if name == "OwnerId" and row.get("IsActive") == 0:
            raise errors.ApiError(
                f"operation performed with inactive user [{value}] as owner of {object_type.label.lower()}",
                code="INACTIVE_OWNER_OR_USER",
                fields=["OwnerId"],
            )


def _check_unique(work: Work, object_type: ObjectType, row: Row) -> None:
    for field in object_type.fields:
        if not field.unique or row.get(field.name) is None:
            continue
        for record_id in matches(work, object_type, field, row[field.name]):
            if record_id != row["Id"]:
                raise errors.DuplicateValue(field.name, record_id)


def _linked_id(work: Work, object_type: ObjectType, relation: Field, raw: Mapping[str, Any]) -> str:
    """The id a nested ``{"Account": {"Ext__c": "x"}}`` stands for."""
    keys = {name: value for name, value in raw.items() if name.lower() != "attributes"}
    if len(keys) != 1:
        raise errors.UnknownField(str(relation.relationship_name), object_type.name)
    ((name, value),) = keys.items()
    for target_name in relation.reference_to:
        target = work.schema.by_lower_name.get(target_name.lower())
        if target is None or not target.has(name):
            continue
        found = matching(work, target, key_field(target, name), value)
        if found:
            return found
        raise errors.ForeignKeyNotFound(value, name, target.name)
    raise errors.UnknownField(name, relation.reference_to[0])


def _refuse_blocked(work: Work, object_type: ObjectType, root: Row) -> None:
    for child in work.schema.children.get(object_type.name, ()):
        if child.restricted_delete:
            child_type = work.schema.by_lower_name[child.child.lower()]
            rows = work.store.select(child.child, f"{quoted(child.field)} = ?{_alive(child_type)}", (root["Id"],))
            if rows:
                plural = child_type.label_plural.lower()
                raise errors.DeleteFailed(_display_name(root), plural, [_display_name(row) for row in rows])
    if object_type.name == "Account" and work.settings.closed_won_blocks_account_delete:
        won = work.store.select("Opportunity", "AccountId = ? AND IsWon AND NOT IsDeleted ORDER BY Name", (root["Id"],))
        if won:
            raise errors.DeleteFailed(
                _display_name(root), "closed won opportunities", [_display_name(row) for row in won]
            )


def _delete_tree(work: Work, object_type: ObjectType, row: Row, root: str) -> None:
    """Into the bin with a row, its cascading children first; other references to it are emptied."""
    for child in work.schema.children.get(object_type.name, ()):
        child_type = work.schema.by_lower_name[child.child.lower()]
        if child.cascade_delete:
            for item in work.store.select(child.child, f"{quoted(child.field)} = ?{_alive(child_type)}", (row["Id"],)):
                _delete_tree(work, child_type, item, root)
        elif child_type.by_lower_name[child.field.lower()].updateable or child.name == "Opportunities":
            _clear_references(work, child_type, child.field, row["Id"], root)
    if object_type.has("IsDeleted"):
        work.store.update(object_type.name, row["Id"], {"IsDeleted": 1} | _audit(work, object_type, creating=False))
    else:
        work.store.remove(object_type.name, row["Id"])
    _log_deletion(work, object_type.name, row["Id"], root)


def _clear_references(work: Work, child_type: ObjectType, field: str, record_id: str, root: str) -> None:
    for item in work.store.select(child_type.name, f"{quoted(field)} = ?{_alive(child_type)}", (record_id,)):
        work.store.update(child_type.name, item["Id"], {field: None} | _touch(work, child_type.name))
        work.store.execute(
            "INSERT OR REPLACE INTO _cleared_reference (root, object, id, field, value) VALUES (?, ?, ?, ?, ?)",
            (root, child_type.name, item["Id"], field, record_id),
        )


def _log_deletion(work: Work, object_name: str, record_id: str, root: str) -> None:
    work.store.log_deletion(object_name, record_id, work.stamp, root)


def _alive(object_type: ObjectType) -> str:
    """The condition that leaves out the recycle bin, for objects that have one."""
    return " AND NOT IsDeleted" if object_type.has("IsDeleted") else ""


def _display_name(row: Row) -> str:
    name = row.get("Name") or row.get("Subject") or row["Id"]
    return f"{row['Salutation']} {name}" if row.get("Salutation") else str(name)


def _not_supported(verb: str, object_type: ObjectType) -> errors.ApiError:
    return errors.ApiError(
        f"entity type cannot be {verb}: {object_type.label}", code="CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", fields=[]
    )


def purge(work: Work, object_type: ObjectType, record_id: str) -> None:
    """Remove a record that is in the recycle bin for good, with all that went there with it."""
    row = work.store.get(object_type.name, normal_id(object_type, record_id))
    if row is None or not row.get("IsDeleted"):
        raise errors.ApiError("entity is not in the recycle bin", code="UNDELETE_FAILED", fields=[])
    for name, item_id in work.store.execute("SELECT object, id FROM _deletion WHERE root = ?", (str(row["Id"]),)):
        found = work.store.get(name, item_id)
        if found and found.get("IsDeleted"):
            work.store.remove(name, item_id)
