"""Reading what changed, completely and with few calls (design decisions 10 and 13).

All objects' polls share a few composite calls. Whatever needs more than its first page goes on by itself, keyset after
keyset, so that a lost cursor or a killed run goes on where it was.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from connector.salesforce.client import RETRIEVE_MAX, SalesforceClient
from connector.salesforce.composite import SUBREQUESTS_MAX, Subrequest
from connector.salesforce.errors import ApiError
from connector.salesforce.polls import PAGE_WHEN_SLOW, STALE, TOO_SLOW, Poll, Polls, probe_span
from connector.salesforce.queries import IDS_IN_A_QUERY, by_ids, can_exist, chunks, order, read_moment
from connector.salesforce.rows import selected, sort_rows
from connector.salesforce.soql import select
from connector.salesforce.wire import record_path
from connector.sync.model import Checkpoint, Page, Sighting, Tombstone
from mapping.fields import ObjectMapping
from mapping.record import RecordId
from mapping.values import id_18

IDS_ASKED_ONE_BY_ONE = 100
RESTARTS_MAX = 3
SMALLER_PAGES: Mapping[int | None, int] = {None: PAGE_WHEN_SLOW, PAGE_WHEN_SLOW: 500, 500: 200}
CURSOR_GONE = "INVALID_QUERY_LOCATOR"


class Reader:
    """Reads objects of one org."""

    def __init__(self, client: SalesforceClient, objects: Sequence[ObjectMapping], overlap: timedelta) -> None:
        self._client = client
        self._objects = {mapping.name: mapping for mapping in objects}
        self._overlap = overlap

    def observe(self, wanted: Mapping[str, Checkpoint | None]) -> Iterator[Page]:
        """See ``Replica.observe``. An object that cannot be read does not keep the others from being read: its error
        is raised at the end."""
        begun = self._client.server_time()
        polls = Polls(self._client, begun, self._overlap)
        for name, checkpoint in wanted.items():
            polls.add(self._objects[name], checkpoint)
        failures: list[ApiError] = []
        for poll in polls.run():
            try:
                yield from self._pages_of(poll)
            except ApiError as error:
                failures.append(error)
        if failures:
            raise failures[0]

    def read(self, object_name: str, ids: Collection[RecordId]) -> dict[RecordId, Sighting]:
        """See ``Replica.read``. A record that a plain read does not show is looked for among the deleted ones, because
        only that tells deleted from invisible."""
        mapping = self._objects[object_name]
        asked = sorted({RecordId(id_18(id)) for id in ids if can_exist(id)})
        seen: dict[RecordId, Sighting] = {}
        if not mapping.read_only:
            for chunk in chunks(asked, RETRIEVE_MAX):
                rows = self._client.retrieve(mapping.name, chunk, selected(mapping))
                seen |= sort_rows(mapping, (row for row in rows if row is not None)).sightings
        for chunk in chunks([id for id in asked if id not in seen], IDS_IN_A_QUERY):
            seen |= sort_rows(mapping, self._client.records(by_ids(mapping, chunk))).sightings
        missing = [id for id in asked if id not in seen]
        return seen | self._purged(mapping, missing)

    def covered_until(self, mapping: ObjectMapping) -> datetime:
        """Up to which moment every change of an object can be seen now. Costs one call."""
        now = self._client.server_time()
        if not mapping.replicateable:
            return now - self._overlap
        answer = self._client.updated(mapping.name, *probe_span(now))
        if self._client.server_time() - now > STALE:
            now = self._client.server_time()
            answer = self._client.updated(mapping.name, *probe_span(now))
        return min(now, read_moment(answer, "latestDateCovered"))

    def _purged(self, mapping: ObjectMapping, ids: Sequence[RecordId]) -> dict[RecordId, Sighting]:
        """Which of these ids Salesforce says are deleted, although no query shows them any more."""
        if mapping.read_only or len(ids) > IDS_ASKED_ONE_BY_ONE:
            return {}
        found: dict[RecordId, Sighting] = {}
        for chunk in chunks(ids, SUBREQUESTS_MAX):
            asked = {
                f"r{number}": Subrequest(f"r{number}", "GET", record_path(mapping.name, id) + "?fields=Id")
                for number, id in enumerate(chunk)
            }
            answers = self._client.composite(list(asked.values()))
            for number, id in enumerate(chunk):
                if answers[f"r{number}"].code == "ENTITY_IS_DELETED":
                    found[id] = Tombstone(purged=True)
        return found

    def _pages_of(self, poll: Poll) -> Iterator[Page]:
        if poll.failure is not None:
            raise poll.failure
        if poll.first is not None:
            is_last = poll.first.next_path is None
            yield poll.page(poll.first, is_last=is_last)
            if is_last:
                return
            poll.where = poll.after(poll.first.records[-1])
        yield from self._walk(poll)

    def _walk(self, poll: Poll) -> Iterator[Page]:
        """Read page after page in keyset order, going on after the last row when a cursor is lost."""
        mapping, where, limit = poll.mapping, poll.where, poll.limit
        restarts = 0
        while True:
            rows = 0
            try:
                for page in self._client.pages(select(mapping, selected(mapping), where, order(mapping), limit)):
                    rows += len(page.records)
                    is_last = page.next_path is None and (limit is None or rows < limit)
                    yield poll.page(page, is_last=is_last)
                    if page.records and mapping.cursor:
                        where = poll.after(page.records[-1])
                        restarts = 0
                    if is_last:
                        return
            except ApiError as error:
                if error.code in TOO_SLOW and mapping.cursor and limit in SMALLER_PAGES:
                    limit = SMALLER_PAGES[limit]
                elif error.code != CURSOR_GONE or not mapping.cursor:
                    raise
                restarts += 1
                if restarts > RESTARTS_MAX:
                    raise
