"""Who calls the SOAP API, and how a call is done record by record."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from playground import auth, errors
from playground.bulk_operations import Problem, problem
from playground.org import Org
from playground.quotas import API_REQUESTS
from playground.schema import ObjectType, Schema
from playground.soap import Message, Operation, SessionFault, session_of
from playground.work import Work

RECORDS_MAX = 200
_ROLLED_BACK = Problem(
    "ALL_OR_NONE_OPERATION_ROLLED_BACK",
    "Record rolled back because not all records were valid and the request was using AllOrNone header",
    (),
)
_Item = TypeVar("_Item")
_Done = TypeVar("_Done")


@dataclass(frozen=True)
class Caller:
    """A message with the session that it came with."""

    message: Message
    session: auth.Session

    @property
    def org(self) -> Org:
        """The org that is called."""
        return self.message.org

    @cached_property
    def work(self) -> Work:
        """The caller's work; one stamp for all records of a call."""
        return self.org.work(self.session.user_id)

    @cached_property
    def schema(self) -> Schema:
        """The objects and fields that the caller sees."""
        return self.org.access.schema(self.org.schema, self.session.user_id)

    def object_type(self, name: str) -> ObjectType:
        """An object by name; INVALID_TYPE when there is none."""
        found = self.schema.by_lower_name.get(name.lower())
        if found is None:
            raise errors.ApiError(
                f"sObject type '{name}' is not supported. If you are attempting to use a custom object, be sure to "
                "append the '__c' after the entity name. Please reference your WSDL or the describe call for the "
                "appropriate names.",
                code="INVALID_TYPE",
            )
        return found

    def object_of(self, record_id: str) -> ObjectType:
        """The object that an id is of; MALFORMED_ID when it is of none."""
        for item in self.schema.objects:
            if item.key_prefix and record_id.startswith(item.key_prefix):
                return item
        raise errors.ApiError(f"invalid ID: {record_id}", code="MALFORMED_ID", fields=["Id"])

    def texts(self, name: str) -> list[str]:
        """The texts of all direct children of the operation that have that name."""
        return [(item.text or "").strip() for item in self.message.children(name)]

    def each(
        self, items: Sequence[_Item], do: Callable[[_Item], _Done], key_name: str | None = None
    ) -> list[_Done | Problem]:
        """Do something for each item, each on its own account; all or none when the header says so."""
        if len(items) > RECORDS_MAX:
            text = f"record limit reached. cannot submit more than {RECORDS_MAX} records into this call"
            raise SessionFault("EXCEEDED_ID_LIMIT", text)
        outcomes: list[_Done | Problem] = []
        store = self.org.store
        with suppress(_NotAll), store.transaction():
            for item in items:
                try:
                    with store.transaction():
                        outcomes.append(do(item))
                except (errors.ApiError, errors.MultipleMatches) as error:
                    outcomes.append(problem(error, key_name))
            if self._is_all_or_none and any(isinstance(item, Problem) for item in outcomes):
                raise _NotAll
            return outcomes
        return [item if isinstance(item, Problem) else _ROLLED_BACK for item in outcomes]

    @property
    def _is_all_or_none(self) -> bool:
        return self.message.headers.get("allOrNone", "").strip().lower() == "true"


class _NotAll(Exception):
    """Some records were refused, and the caller wants none then."""


def in_session(operation: Callable[[Caller], str | Sequence[str]]) -> Operation:
    """An operation that needs a session, and is counted."""

    def answer(message: Message) -> str | Sequence[str]:
        caller = Caller(message, session_of(message))
        caller.org.begin_request()
        try:
            caller.org.quotas.spend(API_REQUESTS)
        except errors.RequestLimitExceeded as error:
            raise SessionFault(error.code, error.message) from None
        return operation(caller)

    return answer
