"""The operations: each answers one ``<result>`` for every record it was given (salesforce-api.md 11.3)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from xml.etree import ElementTree

from playground import dml, errors, lead_conversion, merging, queries
from playground.bulk_operations import Done, Problem
from playground.calls import Answer, Call
from playground.lead_conversion import Converted, Wish
from playground.partner.caller import Caller, in_session
from playground.partner.records import Given, given, page_xml, problem_xml
from playground.soap import Operation, SessionFault
from playground.xml_documents import element, local_name

_CONVERSIONS_MAX = 100
_FAULTS = MappingProxyType(
    {
        "MALFORMED_QUERY": "MalformedQueryFault",
        "INVALID_FIELD": "InvalidFieldFault",
        "INVALID_TYPE": "InvalidSObjectFault",
        "INVALID_QUERY_LOCATOR": "InvalidQueryLocatorFault",
    }
)


def create(caller: Caller) -> Sequence[str]:
    """``create(sObjects)``."""

    def do(item: Given) -> Done:
        object_type = caller.object_type(item.type_name)
        return Done(dml.create(caller.work, object_type, {**_id_of(item), **item.fields}), created=True)

    return [_save_result(outcome) for outcome in caller.each(_records(caller), do)]


def update(caller: Caller) -> Sequence[str]:
    """``update(sObjects)``."""

    def do(item: Given) -> Done:
        object_type = caller.object_type(item.type_name)
        if not item.record_id:
            raise errors.ApiError("Id not specified in an update call", code="MISSING_ARGUMENT", fields=["Id"])
        dml.update(caller.work, object_type, item.record_id, item.fields)
        return Done(dml.normal_id(object_type, item.record_id), created=False)

    return [_save_result(outcome) for outcome in caller.each(_records(caller), do)]


def upsert(caller: Caller) -> Sequence[str]:
    """``upsert(externalIDFieldName, sObjects)``."""
    key_name = next(iter(caller.texts("externalIDFieldName")), "")

    def do(item: Given) -> Done:
        object_type = caller.object_type(item.type_name)
        key = dml.key_field(object_type, key_name).name
        value = item.record_id if key == "Id" else item.fields.get(key)
        if key != "Id" and value is None:
            raise errors.ApiError(f"{key} not specified", code="MISSING_ARGUMENT", fields=[key])
        rest = {name: kept for name, kept in item.fields.items() if name != key}
        return Done(*dml.upsert(caller.work, object_type, key, value, rest))

    outcomes = caller.each(_records(caller), do, key_name)
    return [
        element("created", isinstance(outcome, Done) and outcome.created) + _save_result(outcome)
        for outcome in outcomes
    ]


def delete(caller: Caller) -> Sequence[str]:
    """``delete(ids)``."""
    return _by_id(caller, lambda record_id: dml.delete(caller.work, caller.object_of(record_id), record_id))


def undelete(caller: Caller) -> Sequence[str]:
    """``undelete(ids)``: a record comes back with all that went to the bin with it."""

    def do(record_id: str) -> None:
        object_type = caller.object_of(record_id)
        if not object_type.undeletable:
            raise errors.ApiError(
                f"entity type does not support undelete: {object_type.label}", code="INVALID_TYPE_FOR_OPERATION"
            )
        dml.undelete(caller.work, object_type, record_id)

    return _by_id(caller, do)


def empty_recycle_bin(caller: Caller) -> Sequence[str]:
    """``emptyRecycleBin(ids)``: out of the bin for good."""
    return _by_id(caller, lambda record_id: dml.purge(caller.work, caller.object_of(record_id), record_id))


def merge(caller: Caller) -> Sequence[str]:
    """``merge(mergeRequests)``: each takes up to two records into a third, in a transaction of its own."""

    def do(request: ElementTree.Element) -> tuple[str, list[str], list[str]]:
        master = next((given(item) for item in request if local_name(item.tag) == "masterRecord"), Given("", "", {}))
        object_type = caller.object_type(master.type_name)
        losers = [(item.text or "").strip() for item in request if local_name(item.tag) == "recordToMergeIds"]
        moved = merging.merge_into(caller.work, object_type, master.record_id, master.fields, losers)
        normal = [dml.normal_id(object_type, loser) for loser in losers]
        return dml.normal_id(object_type, master.record_id), normal, moved

    return [_merge_result(outcome) for outcome in caller.each(caller.message.children("mergeRequests"), do)]


def convert_lead(caller: Caller) -> Sequence[str]:
    """``convertLead(leadConverts)``."""
    wishes = [_wish(item) for item in caller.message.children("leadConverts")]
    if len(wishes) > _CONVERSIONS_MAX:
        raise SessionFault("EXCEEDED_ID_LIMIT", f"Only {_CONVERSIONS_MAX} leads may be converted in one call")
    outcomes = caller.each(wishes, lambda wish: lead_conversion.convert(caller.work, wish))
    return [_convert_result(wish, outcome) for wish, outcome in zip(wishes, outcomes, strict=True)]


def query(caller: Caller) -> str:
    """``query(queryString)``."""
    return _queried(caller, ("query",), queries.query)


def query_all(caller: Caller) -> str:
    """``queryAll(queryString)``."""
    return _queried(caller, ("queryAll",), queries.query_all)


def query_more(caller: Caller) -> str:
    """``queryMore(queryLocator)``."""
    locator = next(iter(caller.texts("queryLocator")), "")
    return _queried(caller, ("query", locator), lambda call: queries.query_page(call, locator))


def _queried(caller: Caller, segments: tuple[str, ...], run: Callable[[Call], Answer]) -> str:
    size = caller.message.headers.get("batchSize", "").strip()
    call = Call(
        org=caller.org,
        session=caller.session,
        base_url=caller.message.base_url,
        version=caller.message.version,
        method="GET",
        segments=segments,
        args={"q": next(iter(caller.texts("queryString")), "")},
        headers={"sforce-query-options": f"batchSize={size}"} if size.isdigit() else {},
    )
    try:
        return page_xml(run(call).body)
    except errors.ApiError as error:
        raise SessionFault(error.code, error.message, _FAULTS.get(error.code, "UnexpectedErrorFault")) from None


def _records(caller: Caller) -> list[Given]:
    return [given(item) for item in caller.message.children("sObjects")]


def _id_of(item: Given) -> dict[str, str]:
    return {"Id": item.record_id} if item.record_id else {}


def _by_id(caller: Caller, do: Callable[[str], None]) -> Sequence[str]:
    def done(record_id: str) -> Done:
        do(record_id)
        return Done(dml.normal_id(caller.object_of(record_id), record_id), created=False)

    return [_save_result(outcome) for outcome in caller.each(caller.texts("ids"), done)]


def _save_result(outcome: Done | Problem) -> str:
    if isinstance(outcome, Problem):
        return problem_xml(outcome) + element("id", None) + element("success", False)
    return element("id", outcome.record_id) + element("success", True)


def _merge_result(outcome: tuple[str, list[str], list[str]] | Problem) -> str:
    if isinstance(outcome, Problem):
        return problem_xml(outcome) + element("id", None) + element("success", False)
    winner, losers, moved = outcome
    return (
        element("id", winner)
        + "".join(element("mergedRecordIds", item) for item in losers)
        + element("success", True)
        + "".join(element("updatedRelatedIds", item) for item in moved)
    )


def _convert_result(wish: Wish, outcome: Converted | Problem) -> str:
    if isinstance(outcome, Problem):
        return (
            element("accountId", None)
            + element("contactId", None)
            + problem_xml(outcome)
            + element("leadId", wish.lead_id)
            + element("opportunityId", None)
            + element("success", False)
        )
    return (
        element("accountId", outcome.account_id)
        + element("contactId", outcome.contact_id)
        + element("leadId", outcome.lead_id)
        + element("opportunityId", outcome.opportunity_id)
        + element("success", True)
    )


def _wish(item: ElementTree.Element) -> Wish:
    said = {local_name(child.tag): (child.text or "").strip() for child in item}
    return Wish(
        lead_id=said.get("leadId", ""),
        status=said.get("convertedStatus", ""),
        account_id=said.get("accountId") or None,
        contact_id=said.get("contactId") or None,
        opportunity_id=said.get("opportunityId") or None,
        opportunity_name=said.get("opportunityName") or None,
        without_opportunity=said.get("doNotCreateOpportunity", "").lower() == "true",
        overwrites_lead_source=said.get("overwriteLeadSource", "").lower() == "true",
        owner_id=said.get("ownerId") or None,
    )


OPERATIONS: Mapping[str, Operation] = MappingProxyType(
    {
        "create": in_session(create),
        "update": in_session(update),
        "upsert": in_session(upsert),
        "delete": in_session(delete),
        "undelete": in_session(undelete),
        "emptyRecycleBin": in_session(empty_recycle_bin),
        "merge": in_session(merge),
        "convertLead": in_session(convert_lead),
        "query": in_session(query),
        "queryAll": in_session(query_all),
        "queryMore": in_session(query_more),
    }
)
