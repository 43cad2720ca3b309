"""What the REST API answers when it refuses: typed errors that carry the exact code, text and status.

Bodies are lists of ``{"message", "errorCode", "fields"}``; inside collections the code is called ``statusCode``
(salesforce-api.md, sections 4.5 and 5).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


class ApiError(Exception):
    """A refusal. ``fields`` is None where real answers leave the key out; ``extra`` has keys that few answers have."""

    status = 400
    code = "UNKNOWN_EXCEPTION"

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        status: int | None = None,
        fields: Sequence[str] | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.extra = dict(extra or {})
        self.code = code or self.code
        self.status = status or self.status
        self.fields = None if fields is None else list(fields)

    def body(self) -> list[dict[str, Any]]:
        """The body of a REST answer."""
        item: dict[str, Any] = {"message": self.message, "errorCode": self.code}
        if self.fields is not None:
            item["fields"] = self.fields
        return [item | self.extra]

    def item(self) -> dict[str, Any]:
        """The error as one record of a collection answers it."""
        return {"statusCode": self.code, "message": self.message, "fields": self.fields or []} | self.extra


class NotFound(ApiError):
    status = 404
    code = "NOT_FOUND"

    def __init__(self, message: str = "The requested resource does not exist") -> None:
        super().__init__(message)


class UnknownResource(NotFound):
    """Nothing of the playground is at that address; a real org may have something there."""


class MethodNotAllowed(ApiError):
    status = 405
    code = "METHOD_NOT_ALLOWED"

    def __init__(self, method: str, allowed: Sequence[str]) -> None:
        super().__init__(f"HTTP Method '{method}' not allowed. Allowed are {','.join(allowed)}")


class SessionInvalid(ApiError):
    status = 401
    code = "INVALID_SESSION_ID"

    def __init__(self, message: str = "Session expired or invalid") -> None:
        super().__init__(message)


class SessionNotForRest(SessionInvalid):
    """The session is good, but its scopes do not cover the API."""

    def __init__(self) -> None:
        super().__init__("This session is not valid for use with the REST API")


class RequestLimitExceeded(ApiError):
    status = 403
    code = "REQUEST_LIMIT_EXCEEDED"

    def __init__(self, message: str = "TotalRequests Limit exceeded.") -> None:
        super().__init__(message)


class JsonParserError(ApiError):
    code = "JSON_PARSER_ERROR"


class TypeMismatch(JsonParserError):
    """A JSON value of another type than the field's. Real orgs tell where in the body it stands."""

    def __init__(self, kind: str, token: str, value: object, field: str, place: tuple[int, int] = (1, 1)) -> None:
        line, column = place
        super().__init__(
            f"Cannot deserialize instance of {kind} from {token} value {value} or request may be missing a required "
            f"field at [line:{line}, column:{column}]"
        )
        self.field = field
        self.value = value
        self._said = (kind, token, value, field)

    def at(self, place: tuple[int, int]) -> TypeMismatch:
        """The same error, pointing at a line and a column."""
        return TypeMismatch(*self._said, place)


class UnknownField(ApiError):
    """A field of a write that the object does not have."""

    code = "INVALID_FIELD"

    def __init__(self, name: str, object_name: str) -> None:
        super().__init__(f"No such column '{name}' on sobject of type {object_name}")


class ForeignKeyNotFound(ApiError):
    code = "INVALID_FIELD"

    def __init__(self, value: object, field: str, object_name: str) -> None:
        super().__init__(f"Foreign key external ID: {value} not found for field {field} in entity {object_name}")


class FieldsNotWritable(ApiError):
    code = "INVALID_FIELD_FOR_INSERT_UPDATE"

    def __init__(self, fields: Sequence[str]) -> None:
        super().__init__(
            f"Unable to create/update fields: {', '.join(fields)}. Please check the security settings of this field "
            "and verify that it is read/write for your profile or permission set.",
            fields=fields,
        )


class RequiredFieldsMissing(ApiError):
    code = "REQUIRED_FIELD_MISSING"

    def __init__(self, fields: Sequence[str]) -> None:
        super().__init__(f"Required fields are missing: [{', '.join(fields)}]", fields=fields)


class StringTooLong(ApiError):
    code = "STRING_TOO_LONG"

    def __init__(self, label: str, value: str, length: int, field: str) -> None:
        super().__init__(f"{label}: data value too large: {value} (max length={length})", fields=[field])


class BadPicklistValue(ApiError):
    code = "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"

    def __init__(self, label: str, value: str, field: str) -> None:
        super().__init__(f"{label}: bad value for restricted picklist field: {value}", fields=[field])


class NumberOutOfRange(ApiError):
    code = "NUMBER_OUTSIDE_VALID_RANGE"

    def __init__(self, label: str, value: object, field: str) -> None:
        super().__init__(f"{label}: value outside of valid range on numeric field: {value}", fields=[field])


class BadEmail(ApiError):
    code = "INVALID_EMAIL_ADDRESS"

    def __init__(self, label: str, value: str, field: str) -> None:
        super().__init__(f"{label}: invalid email address: {value}", fields=[field])


class MalformedId(ApiError):
    code = "MALFORMED_ID"

    def __init__(self, label: str, value: object, field: str) -> None:
        super().__init__(f"{label}: id value of incorrect type: {value}", fields=[field])


class BadReference(ApiError):
    code = "INVALID_CROSS_REFERENCE_KEY"

    def __init__(self, fields: Sequence[str] = ()) -> None:
        super().__init__("invalid cross reference id", fields=fields)


class EntityIsDeleted(ApiError):
    status = 404
    code = "ENTITY_IS_DELETED"

    def __init__(self) -> None:
        super().__init__("entity is deleted", fields=[])


class DuplicateValue(ApiError):
    code = "DUPLICATE_VALUE"

    def __init__(self, field: str, record_id: str) -> None:
        super().__init__(
            f"duplicate value found: {field} duplicates value on record with id: {record_id}", fields=[field]
        )


class RowLocked(ApiError):
    code = "UNABLE_TO_LOCK_ROW"

    def __init__(self, record_id: str) -> None:
        super().__init__(f"unable to obtain exclusive access to this record or 1 records: {record_id[:15]}", fields=[])


class NoAccess(ApiError):
    """The user may see the object, but not write it."""

    status = 403
    code = "INSUFFICIENT_ACCESS_OR_READONLY"

    def __init__(self) -> None:
        super().__init__("insufficient access rights on object id", fields=[])


class DeleteFailed(ApiError):
    code = "DELETE_FAILED"

    def __init__(self, name: str, what: str, names: Sequence[str]) -> None:
        super().__init__(
            f"Your attempt to delete {name} could not be completed because it is associated with the following "
            f"{what}.: {', '.join(names)}\n",
            fields=[],
        )


class PreconditionFailed(ApiError):
    status = 412
    code = "PRECONDITION_FAILED"

    def __init__(self, message: str = "The record was modified since the time stated in the request.") -> None:
        super().__init__(message)


class ReplicationDateInvalid(ApiError):
    code = "INVALID_REPLICATION_DATE"


class MultipleMatches(Exception):
    """An external id matched several records: HTTP 300 and the list of their URLs."""

    def __init__(self, record_ids: Sequence[str]) -> None:
        super().__init__(f"{len(record_ids)} records match")
        self.record_ids = list(record_ids)


class OAuthError(Exception):
    """A refusal of the token endpoint: HTTP 400 and ``{"error", "error_description"}``."""

    def __init__(self, error: str, description: str, *, status: int = 400) -> None:
        super().__init__(f"{error}: {description}")
        self.error = error
        self.description = description
        self.status = status

    def body(self) -> dict[str, str]:
        """The body of the answer."""
        return {"error": self.error, "error_description": self.description}
