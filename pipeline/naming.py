"""What people call records of any object, many at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlalchemy import Connection, select
from sqlalchemy.sql.selectable import FromClause

from local_store import rows as rows_of
from local_store.store import Store
from pipeline.source import column, people_name


def names(connection: Connection, store: Store, object_name: str, ids: Collection[str]) -> Mapping[str, str]:
    """The names of records by id. Records without a name, and rows that are gone, are missing.

    A contact role is called by its person, and by what is left of it when it was deleted here.
    """
    if object_name not in store.objects:
        return {}
    found: dict[str, str] = {}
    for table in (store.tables(object_name).base, store.table(object_name)):
        rows = table.alias("named")
        if object_name == "OpportunityContactRole" and "Contact" in store.objects:
            person = store.table("Contact").alias("person")
            source: FromClause = rows.join(person, person.c.id == column(store, object_name, rows, "ContactId"))
            name = people_name(store, person)
        else:
            source = rows
            name = people_name(store, rows) if object_name == "Contact" else column(store, object_name, rows, "Name")
        for batch in rows_of.batches(ids):
            query = select(rows.c.id, name).select_from(source).where(rows.c.id.in_(batch))
            found.update({record_id: text for record_id, text in connection.execute(query) if text})
    return found
