"""Change capture on SQLite: triggers that note every write of a mirror row that is not the sync's own.

On the first write of a clean row its old image goes to ``base_<table>``, inside the writer's own transaction, and
``touched`` gets an entry with a fresh ``seq``; every later write of the row replaces that entry. What bites, and how
it is met (design decision 2):

* In a trigger, the conflict clause of the *outer* statement wins: ``INSERT OR REPLACE INTO account`` turns an
  ``INSERT OR IGNORE`` in here into a replace, which would lose the old image. So conditions are spelled out.
* A plain ``sqlite3`` shell has ``recursive_triggers`` off, where REPLACE deletes without firing delete triggers. So
  the insert trigger itself looks for the row that is about to go.
* ``touched`` with no base means "made here", hence the image is kept only when the row was not touched before; and a
  row that was made here and is deleted again leaves nothing behind.
* No JSON: ``json_object`` stops at 63 columns and rounds decimals.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, text

from local_store.schema import ObjectTables

EVENTS = ("insert", "inserted", "update", "delete")

SWITCHED_ON = "(SELECT enabled FROM capture) = 1"

NOW = "strftime('%Y-%m-%d %H:%M:%f', 'now')"


def triggers(object_name: str, tables: ObjectTables) -> dict[str, str]:
    """The statements that make an object's triggers, by trigger name."""
    table = tables.rows.name
    rows, base, remote = _quoted(table), _quoted(tables.base.name), _quoted(tables.remote.name)
    columns = ", ".join(_quoted(name) for name in tables.columns)
    literal = _literal(object_name)
    clean = "NOT EXISTS (SELECT 1 FROM touched WHERE object = {literal} AND id = {row}.id)"

    def keep(row: str) -> str:
        untouched = clean.format(literal=literal, row=row)
        return f"INSERT INTO {base} ({columns}) SELECT {columns} FROM {rows} WHERE id = {row}.id AND {untouched};"

    def touch(row: str) -> str:
        return (
            f"DELETE FROM touched WHERE object = {literal} AND id = {row}.id; "
            f"INSERT INTO touched (object, id, at) VALUES ({literal}, {row}.id, {NOW});"
        )

    def leave(row: str) -> str:
        noted = " OR ".join(f"EXISTS (SELECT 1 FROM {kept} WHERE id = {row}.id)" for kept in (base, remote))
        return (
            f"DELETE FROM touched WHERE object = {literal} AND id = {row}.id; "
            f"INSERT INTO touched (object, id, at) SELECT {literal}, {row}.id, {NOW} WHERE {noted};"
        )

    def trigger(event: str, when: str, condition: str, body: str) -> str:
        name = _quoted(trigger_name(event, table))
        return f"CREATE TRIGGER {name} {when} ON {rows} WHEN {SWITCHED_ON}{condition} BEGIN {body} END"

    replaces = f" AND EXISTS (SELECT 1 FROM {rows} WHERE id = NEW.id)"
    same_id = "SELECT RAISE(ABORT, 'the id of a mirrored record cannot be changed') WHERE NEW.id IS NOT OLD.id;"
    statements = {
        "insert": trigger("insert", "BEFORE INSERT", replaces, f"{keep('NEW')} {touch('NEW')}"),
        "inserted": trigger("inserted", "AFTER INSERT", "", touch("NEW")),
        "update": trigger("update", "BEFORE UPDATE", "", f"{same_id} {keep('OLD')} {touch('OLD')}"),
        "delete": trigger("delete", "BEFORE DELETE", "", f"{keep('OLD')} {leave('OLD')}"),
    }
    return {trigger_name(event, table): statements[event] for event in EVENTS}


def trigger_name(event: str, table: str) -> str:
    """What a trigger is called."""
    return f"capture_{event}_{table}"


def rebuild(connection: Connection, object_name: str, tables: ObjectTables) -> None:
    """Drop the triggers of an object and make them for its present columns. Call it in the transaction that alters."""
    for name, statement in triggers(object_name, tables).items():
        connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {_quoted(name)}")
        connection.exec_driver_sql(statement)


def pause(connection: Connection) -> None:
    """Switch the capture off for the rest of this transaction. ``resume`` before it commits."""
    connection.exec_driver_sql("UPDATE capture SET enabled = 0")


def resume(connection: Connection) -> None:
    """Switch the capture on again."""
    connection.exec_driver_sql("UPDATE capture SET enabled = 1")


def problems(connection: Connection, objects: Iterable[tuple[str, ObjectTables]]) -> list[str]:
    """What is wrong with the capture, in sentences; empty when every local edit is noted."""
    enabled = connection.execute(text("SELECT enabled FROM capture")).scalar_one_or_none()
    found = [] if enabled == 1 else ["The capture of local edits is switched off."]
    rows = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")).all()
    present = {row.name: row.sql for row in rows}
    for object_name, tables in objects:
        for name, statement in triggers(object_name, tables).items():
            if name not in present:
                found.append(f"The trigger {name} is missing: edits of {tables.rows.name} are not all noted.")
            elif present[name] != statement:
                found.append(f"The trigger {name} is not the one that belongs to {tables.rows.name}.")
    return found


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
