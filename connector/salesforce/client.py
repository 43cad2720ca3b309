"""The REST API, one method a resource: URLs, paging, batches, counts. Knows nothing of mirrors.

simple-salesforce makes the requests, through our session. What of it is worked around here: object methods lose exact
decimals (so everything goes through ``restful``), ``query_all`` checks no counts, ``nextRecordsUrl`` is glued to the
host as it came, naive datetimes become malformed, and an empty answer turns into None.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from typing import Any, cast

from simple_salesforce.api import Salesforce

from connector.salesforce.answers import Effect, broken_answer
from connector.salesforce.auth import Token
from connector.salesforce.composite import Answer, Subrequest
from connector.salesforce.errors import NotExpressible, QueryTooLong, UnexpectedAnswer
from connector.salesforce.soql import api_name, record_id
from connector.salesforce.transport import SalesforceSession
from connector.salesforce.wire import (
    ItemResult,
    Json,
    QueryPage,
    deleted_path,
    if_unmodified_since,
    parse_json,
    query_path,
    read_answer,
    read_page,
    read_results,
    record_path,
    updated_path,
    write_json,
)

API_VERSION = "67.0"
COLLECTION_MAX = 200
RETRIEVE_MAX = 2000
URI_MAX = 16_384 - 1_000
"""Salesforce answers 414 beyond 16,384 bytes of address and 431 when the headers on top pass it."""

VERSION = re.compile(r"\d\d\.0\Z")


class SalesforceClient:
    """A client for one org. Opens no connection and does not log in before the first call."""

    def __init__(self, session: SalesforceSession, *, api_version: str = API_VERSION) -> None:
        if not VERSION.match(api_version):
            raise NotExpressible(f"{api_version!r} is not an API version such as {API_VERSION}")
        self.session = session
        self.api_version = api_version
        self._api: Salesforce | None = None
        self._api_lock = threading.Lock()

    def close(self) -> None:
        """Close the connections."""
        self.session.close()

    # Who and what.

    @property
    def calls(self) -> int:
        """API calls made so far; logging in is not one."""
        return self.session.calls

    def server_time(self) -> datetime:
        """Salesforce's clock, aware UTC, in whole seconds."""
        return self.session.server_time()

    def organization_id(self) -> str:
        """The 18-character id of the org, as the login told it. Costs no API call."""
        token = self.session.token()
        return token.organization_id or self._from_userinfo("organization_id")

    def user_id(self) -> str:
        """The 18-character id of the user we act as. Costs no API call."""
        token = self.session.token()
        return token.user_id or self._from_userinfo("user_id")

    def userinfo(self) -> Json:
        """Who we are, from ``/services/oauth2/userinfo``. Costs no API call."""
        what = "the question who we are"
        with _readable(what, Effect.READ):
            return self._object(self._salesforce().oauth2("userinfo"), what)

    def versions(self) -> Sequence[Json]:
        """The API versions that the org offers, oldest first."""
        token = self.session.token()
        response = self.session.request("GET", f"{token.instance_url.rstrip('/')}/services/data/")
        return cast(
            Sequence[Json], self._list(parse_json(response.text, "the list of versions"), "the list of versions")
        )

    def limits(self) -> Json:
        """The org's limits and what is left of each."""
        return self._object(self._call("GET", "limits/"), "the limits")

    def record_counts(self, names: Collection[str]) -> Mapping[str, int]:
        """About how many records objects have. Cached by Salesforce: for progress bars, never for correctness."""
        params = {"sObjects": ",".join(api_name(name) for name in names)}
        answer = self._object(self._call("GET", "limits/recordCount", params=params), "the record counts")
        counts = {str(item["name"]): int(item["count"]) for item in answer.get("sObjects", [])}
        return {name: counts.get(name, 0) for name in names}

    def describe_global(self) -> Sequence[Json]:
        """Every object that our user can see, in short."""
        answer = self._object(self._call("GET", "sobjects/"), "the list of objects")
        return cast(Sequence[Json], self._list(answer.get("sobjects"), "the list of objects"))

    def describe(self, name: str) -> Json:
        """One object with its fields."""
        return self._object(self._call("GET", f"sobjects/{api_name(name)}/describe"), f"the describe of {name}")

    # Queries.

    def query(self, soql: str) -> QueryPage:
        """The first page of a query over live rows."""
        return self._first_page("query", soql)

    def query_all(self, soql: str) -> QueryPage:
        """The first page of a query that also sees deleted and archived rows."""
        return self._first_page("queryAll", soql)

    def next_page(self, page: QueryPage) -> QueryPage:
        """The page after ``page``. Raises ``ApiError`` INVALID_QUERY_LOCATOR when Salesforce has dropped the cursor."""
        assert page.next_path is not None, "there is no next page"
        what = "the next page of a query"
        with _readable(what, Effect.READ):
            return read_page(self._salesforce().query_more(page.next_path, identifier_is_url=True), what)

    def pages(self, soql: str) -> Iterator[QueryPage]:
        """All pages of a query that also sees deleted rows.

        The rows are counted as they come: fewer or more than announced raise ``UnexpectedAnswer`` *before* the page is
        handed out, so that nothing is taken for complete that is not (invariant 17).
        """
        page = self.query_all(soql)
        seen = len(page.records)
        while page.next_path is not None:
            if page.offset not in {None, seen}:
                raise UnexpectedAnswer("a query", f"{page.offset} rows were handed out, {seen} came")
            yield page
            page = self.next_page(page)
            seen += len(page.records)
        if seen != page.total:
            raise UnexpectedAnswer("a query", f"{page.total} rows were announced, {seen} came")
        yield page

    def records(self, soql: str) -> Iterator[Json]:
        """All records of a query that also sees deleted rows, counted as ``pages`` does."""
        for page in self.pages(soql):
            yield from page.records

    # Many at once.

    def composite(self, subrequests: Sequence[Subrequest]) -> Mapping[str, Answer]:
        """One composite call of up to 25 subrequests; answers by name. Cut longer lists with ``composite.spread``.

        Raises ``AnswerLost`` when the call held a write and no answer came: any part of it may have been done.
        """
        what = "a composite call"
        effect = Effect.READ if all(each.effect is Effect.READ for each in subrequests) else Effect.WRITE
        # Collated subrequests run in any order: then a read-back could come before its write.
        for each in subrequests:
            if len(each.path) > URI_MAX:
                raise QueryTooLong(f"{each.method} {each.path.partition('?')[0]}", len(each.path))
        body = {
            "allOrNone": False,
            "collateSubrequests": False,
            "compositeRequest": [self._to_json(each) for each in subrequests],
        }
        reply = self._object(self._call("POST", "composite", body=body, effect=effect), what, effect)
        answers = {answer.name: answer for answer in map(read_answer, reply.get("compositeResponse") or ())}
        if answers.keys() != {each.name for each in subrequests}:
            raise broken_answer(what, effect, f"{len(subrequests)} parts were sent, {len(answers)} were answered")
        return answers

    def create_many(self, name: str, records: Sequence[Json]) -> Sequence[ItemResult]:
        """Create up to 200 records; one result each, in order."""
        return self._write_many("POST", "composite/sobjects", name, records)

    def upsert_many(self, name: str, external_id: str, records: Sequence[Json]) -> Sequence[ItemResult]:
        """Create or update up to 200 records by an external id that each of them carries."""
        return self._write_many("PATCH", f"composite/sobjects/{api_name(name)}/{api_name(external_id)}", name, records)

    def update_many(self, name: str, records: Sequence[Json]) -> Sequence[ItemResult]:
        """Update up to 200 records, each with its ``id``."""
        return self._write_many("PATCH", "composite/sobjects", name, records)

    def delete_many(self, ids: Sequence[str]) -> Sequence[ItemResult]:
        """Delete up to 200 records."""
        params = {"ids": ",".join(record_id(each) for each in ids), "allOrNone": "false"}
        answer = self._call("DELETE", "composite/sobjects", params=params)
        return read_results(answer, len(ids), "a delete of many records")

    def retrieve(self, name: str, ids: Sequence[str], fields: Sequence[str]) -> Sequence[Json | None]:
        """Up to 2000 records by id, in order; None for one that is deleted, invisible or never was."""
        what = f"a retrieve of {name}"
        body = {"ids": [record_id(each) for each in ids], "fields": [api_name(field) for field in fields]}
        answer = self._call("POST", f"composite/sobjects/{api_name(name)}", body=body, effect=Effect.READ)
        rows = self._list(answer, what) if ids else []
        if len(rows) != len(ids):
            raise UnexpectedAnswer(what, f"{len(ids)} records were asked for, {len(rows)} came")
        return cast(Sequence[Json | None], rows)

    # One record.

    def get(self, name: str, id: str, fields: Sequence[str] = ()) -> Json:
        """One record. Raises ``ApiError`` NOT_FOUND or ENTITY_IS_DELETED."""
        params = {"fields": ",".join(api_name(field) for field in fields)} if fields else {}
        return self._object(self._call("GET", record_path(name, id), params=params), f"the record {id}")

    def create(self, name: str, values: Json) -> str:
        """Create a record and answer its id."""
        what = f"a create of {name}"
        answer = self._object(self._call("POST", f"sobjects/{api_name(name)}/", body=values), what, Effect.WRITE)
        return str(answer["id"])

    def update(self, name: str, id: str, values: Json, *, unmodified_since: datetime | None = None) -> None:
        """Update a record; with ``unmodified_since`` only if nobody did since, else ``ApiError`` with status 412."""
        headers = if_unmodified_since(unmodified_since)
        self._call("PATCH", record_path(name, id), body=values, headers=headers)

    def delete(self, name: str, id: str) -> None:
        """Delete a record. Raises ``ApiError`` ENTITY_IS_DELETED when it is so already."""
        self._call("DELETE", record_path(name, id))

    # What changed.

    def updated(self, name: str, start: datetime, end: datetime) -> Json:
        """Ids changed in a span of at least a minute, and ``latestDateCovered``."""
        return self._object(self._call("GET", updated_path(name, start, end)), f"the changes of {name}")

    def deleted(self, name: str, start: datetime, end: datetime) -> Json:
        """Ids deleted in a span of at most 15 days, and ``latestDateCovered``."""
        return self._object(self._call("GET", deleted_path(name, start, end)), f"the deletes of {name}")

    # The parts.

    def _salesforce(self) -> Salesforce:
        """simple-salesforce, made once the login has told the address. It is given no token: the session has it."""
        with self._api_lock:
            token = self.session.token()
            if self._api is None:
                self._api = self._make_api(token)
            return self._api

    def _make_api(self, token: Token) -> Salesforce:
        return Salesforce(
            session_id="held-by-the-session",
            instance_url=token.instance_url,
            version=self.api_version,
            session=self.session,
            parse_float=Decimal,
            object_pairs_hook=dict,
        )

    def _call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: Json | None = None,
        headers: Mapping[str, str] | None = None,
        effect: Effect | None = None,
    ) -> Any:
        options: dict[str, Any] = {"headers": dict(headers or {}), "effect": effect}
        if body is not None:
            options["data"] = write_json(body).encode()
        if len(path) > URI_MAX:
            raise QueryTooLong(f"{method} {path.partition('?')[0]}", len(path))
        api = self._salesforce()
        with _readable(f"{method} {path.split('?')[0]}", effect or Effect.of(method)):
            return api.restful(path, params=dict(params) if params else None, method=method, **options)

    def _first_page(self, resource: str, soql: str) -> QueryPage:
        path = query_path(resource, soql)
        return read_page(self._call("GET", path), "a query")

    def _write_many(self, method: str, path: str, name: str, records: Sequence[Json]) -> Sequence[ItemResult]:
        typed = [{"attributes": {"type": api_name(name)}, **record} for record in records]
        answer = self._call(method, path, body={"allOrNone": False, "records": typed}, effect=Effect.WRITE)
        return read_results(answer, len(records), f"a write of many {name} records")

    def _to_json(self, subrequest: Subrequest) -> Json:
        sent: dict[str, Any] = {
            "method": subrequest.method,
            "url": f"/services/data/v{self.api_version}/{subrequest.path}",
            "referenceId": subrequest.name,
        }
        if subrequest.body is not None:
            sent["body"] = subrequest.body
        if subrequest.headers:
            sent["httpHeaders"] = dict(subrequest.headers)
        return sent

    def _from_userinfo(self, key: str) -> str:
        return record_id(str(self.userinfo().get(key)))

    def _object(self, answer: object, what: str, effect: Effect = Effect.READ) -> Json:
        if not isinstance(answer, dict):
            raise broken_answer(what, effect, "a JSON object was expected")
        return answer

    def _list(self, answer: object, what: str) -> list[Any]:
        if not isinstance(answer, list):
            raise UnexpectedAnswer(what, "a JSON list was expected")
        return answer


@contextmanager
def _readable(what: str, effect: Effect) -> Iterator[None]:
    """Turn JSON that cannot be parsed, or is nested beyond reason, into a typed error."""
    try:
        yield
    except NotExpressible:
        raise
    except (ValueError, RecursionError):
        raise broken_answer(what, effect, "its JSON cannot be read") from None
