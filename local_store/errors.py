"""What can go wrong with the database, in words for people. Every error says what happened and what to do next."""

from __future__ import annotations


class StoreError(Exception):
    """Base of the errors of this package. ``message`` is what happened, ``advice`` what to do next."""

    def __init__(self, message: str, advice: str = "") -> None:
        super().__init__(f"{message} {advice}".strip())
        self.message = message
        self.advice = advice


class DatabaseUnusable(StoreError):
    """The database cannot be opened or trusted: damaged, read-only, full, or made by a newer version."""


class DatabaseBusy(StoreError):
    """Another writer held the database for longer than we wait. Nothing was written."""


class ObjectUnknown(StoreError):
    """The mirror holds no such object."""

    def __init__(self, object_name: str) -> None:
        super().__init__(f"The mirror has no object {object_name}.", "Run `forcemirror objects` to see what it has.")
        self.object_name = object_name


class RecordUnknown(StoreError):
    """The mirror holds no such record."""

    def __init__(self, object_name: str, record_id: str) -> None:
        super().__init__(f"The mirror has no {object_name} with the id {record_id}.", "It may have been deleted.")
        self.object_name = object_name
        self.record_id = record_id


class FieldUnknown(StoreError):
    """The object has no such field, or the field is not mirrored."""

    def __init__(self, object_name: str, field: str) -> None:
        super().__init__(f"{object_name} has no mirrored field {field}.")
        self.object_name = object_name
        self.field = field


class NameTaken(StoreError):
    """An object's table would get the name of one of our own tables."""


class ValueNotStorable(StoreError, ValueError):
    """A value that this database cannot hold as it is. The record is quarantined, the value never altered."""


class ValueTooLong(ValueNotStorable):
    """A number with more significant digits than SQLite keeps (design decision 16)."""

    def __init__(self, value: object) -> None:
        super().__init__(
            f"The number {value} has more digits than SQLite keeps exactly (15).",
            "PostgreSQL keeps 18, but this version has no mirror in PostgreSQL yet. The value stays as it was.",
        )
