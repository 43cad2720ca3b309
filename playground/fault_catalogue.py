"""The faults that can be ordered by name: ``{"fault": "F15-timeout-after-commit", "path": "...", "count": 1}``.

The numbers are those of the table in docs/faults.md, which also names the fixture of every fault that happens on the
client's side alone. A name may be shortened to its number when the number has one fault.

An order may replace ``path``, ``method``, ``nth``, ``count`` (0: without end), ``probability``, ``seed``, ``object``,
``operation``, ``status``, ``body``, ``content``, ``headers``, ``code``, ``message``, ``error_fields`` and ``delay_s``;
any other key is an option of the fault, such as ``id``, ``field`` or ``seconds``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from types import MappingProxyType
from typing import Any

from playground import fault_events
from playground.faults import Effect, Fault
from playground.org import Org

_QUERY = r"/query(All)?/?\?"
_PAGE = r"/query(All)?/01g"
_REPLICATION = r"/(updated|deleted)/?\?"
_JOB = r"/jobs/(query|ingest)/[0-9A-Za-z]{15,18}$"
_RESULTS = r"/jobs/query/[0-9A-Za-z]{15,18}/results"
_TOKEN = r"/services/oauth2/token"  # noqa: S105 - a path
_ELSEWHERE = "https://elsewhere.invalid"
_HTML = "<html><head><title>{0}</title></head><body><h1>{0}</h1></body></html>"
_TAKEN = "effect", "name", "detail", "options", "subrequests"
_NOTHING: Mapping[str, str] = MappingProxyType({})
_TRIGGERS = ("path", "method", "nth", "probability")


@dataclass(frozen=True, slots=True)
class NamedFault:
    """``options`` tells what the order may say besides where and how often."""

    name: str
    symptom: str
    template: Fault
    options: Mapping[str, str] = field(default_factory=dict)

    @property
    def number(self) -> str:
        """``F15`` of ``F15-timeout-after-commit``."""
        return self.name.split("-", 1)[0]

    def listed(self) -> dict[str, Any]:
        """The fault as the catalogue tells it."""
        return {
            "fault": self.name,
            "symptom": self.symptom,
            "effect": self.template.effect.value,
            "path": self.template.path,
            "method": self.template.method,
            "options": dict(self.options),
        }


def order(org: Org, raw: Mapping[str, Any]) -> None:
    """Order a fault by its name, or one that is spelt out; ValueError names what is wrong."""
    if "fault" not in raw:
        org.faults.add(Fault.from_json(raw))
        return
    named = find(str(raw["fault"]))
    fault = _adjusted(named, {name: value for name, value in raw.items() if name != "fault"})
    at_once = fault.effect is Effect.ACT and not named.template.path and not any(name in raw for name in _TRIGGERS)
    if at_once:
        org.faults.undo_later(fault_events.happen(org, fault))
    else:
        org.faults.add(fault)


def find(name: str) -> NamedFault:
    """The fault of that name or number; ValueError when there is none, or more than one of the number."""
    if name in BY_NAME:
        return BY_NAME[name]
    found = [item.name for item in CATALOGUE if item.number == name]
    if len(found) == 1:
        return BY_NAME[found[0]]
    if found:
        raise ValueError(f"There are several faults {name}: {', '.join(found)}.")
    raise ValueError(f"There is no fault {name!r}; GET /__playground__/faults/catalogue lists all.")


def _adjusted(named: NamedFault, raw: Mapping[str, Any]) -> Fault:
    own = {item.name for item in fields(Fault)} - set(_TAKEN)
    raw = {("times" if name == "count" else name): value for name, value in raw.items()}
    changes = {name: value for name, value in raw.items() if name in own}
    options = {name: value for name, value in raw.items() if name not in own}
    if named.template.effect is Effect.ACT and "object" in changes:
        options["object"] = changes.pop("object")
    unknown = sorted(set(options) - set(named.options))
    if unknown:
        raise ValueError(f"{named.name} knows no {', '.join(unknown)}; of its own it has {', '.join(named.options)}.")
    if "error_fields" in changes:
        changes["error_fields"] = tuple(changes["error_fields"])
    fault = replace(named.template, name=named.name, **changes, options={**named.template.options, **options})
    try:
        re.compile(fault.path)
    except re.error as error:
        raise ValueError(f"The path is no regular expression: {error}.") from error
    return fault


def _answer(name: str, symptom: str, status: int, body: Any = None, **more: Any) -> NamedFault:
    return NamedFault(name, symptom, Fault(Effect.ANSWER, status=status, body=body, **more))


def _error(name: str, symptom: str, status: int, code: str, message: str, **more: Any) -> NamedFault:
    return _answer(name, symptom, status, [{"message": message, "errorCode": code}], **more)


def _page(name: str, symptom: str, status: int, title: str, **more: Any) -> NamedFault:
    return _answer(name, symptom, status, content=_HTML.format(title), **more)


def _refused(name: str, symptom: str, code: str, message: str, **more: Any) -> NamedFault:
    return NamedFault(name, symptom, Fault(Effect.REFUSE, code=code, message=message, **more))


def _rewritten(name: str, symptom: str, detail: str, *, told: Mapping[str, str] = _NOTHING, **more: Any) -> NamedFault:
    return NamedFault(name, symptom, Fault(Effect.REWRITE, detail=detail, **more), told)


def _event(name: str, symptom: str, detail: str, *, told: Mapping[str, str] = _NOTHING, **more: Any) -> NamedFault:
    return NamedFault(name, symptom, Fault(Effect.ACT, detail=detail, **more), told)


_OF_RECORD = {"object": "which object", "id": "which record; else the request's, or the first"}
_OF_FIELD = {**_OF_RECORD, "field": "which field"}

CATALOGUE: tuple[NamedFault, ...] = (
    _event("F1-session-ended", "every session ends just before the request", "end_sessions", path="/services/data/"),
    _page("F2-401-html", "401 with a page instead of an error", 401, "Session expired"),
    _answer("F2-403-empty", "403 with nothing", 403, content=""),
    _event(
        "F3-session-ended-while-paging", "the session ends before the next page of a query", "end_sessions", path=_PAGE
    ),
    _event("F4-locator-gone", "the query's locator is gone: INVALID_QUERY_LOCATOR", "close_locators", path=_PAGE),
    _event("F5-refresh-tokens-rotate", "a refresh token serves once and brings the next", "rotate_refresh_tokens"),
    NamedFault(
        "F5-refresh-reply-lost",
        "the token is replaced, and the answer with the new one is lost",
        Fault(Effect.DROP_AFTER, path=_TOKEN, method="POST"),
    ),
    _answer(
        "F7-invalid-grant",
        "the token endpoint refuses: expired, revoked, clock wrong",
        400,
        {"error": "invalid_grant", "error_description": "expired access/refresh token"},
        path=_TOKEN,
    ),
    _error(
        "F8-daily-limit",
        "REQUEST_LIMIT_EXCEEDED, of the day",
        403,
        "REQUEST_LIMIT_EXCEEDED",
        "TotalRequests Limit exceeded.",
        path="/services/data/",
    ),
    _event(
        "F8-quota-used-up",
        "nothing is left of a quota until 24 hours have passed on the org's clock",
        "use_up",
        told={
            "quota": "DailyApiRequests, DailyBulkApiBatches, DailyBulkV2QueryJobs or DailyBulkV2QueryFileStorageMB",
            "remaining": "how much is left (0)",
        },
    ),
    _error(
        "F9-concurrent-limit",
        "REQUEST_LIMIT_EXCEEDED, of requests at once",
        403,
        "REQUEST_LIMIT_EXCEEDED",
        "ConcurrentPerOrgLongTxn Limit exceeded.",
        path="/services/data/",
    ),
    _event(
        "F9-long-requests",
        "others have as many long requests running as may run",
        "long_requests",
        told={"running": "how many (all that may)"},
    ),
    _rewritten(
        "F10-quota-nearly-used",
        "the usage header says that little is left, also of the app's part",
        "headers",
        path="/services/data/",
        times=0,
        options={
            "headers": {
                "Sforce-Limit-Info": "api-usage=14990/15000; per-app-api-usage=245/250(appName=sample-connected-app)"
            }
        },
        told={"headers": "other headers"},
    ),
    _error(
        "F11-429",
        "429 with Retry-After",
        429,
        "REQUEST_LIMIT_EXCEEDED",
        "Too many requests.",
        headers={"Retry-After": "1"},
    ),
    _page("F11-420", "420 with a page", 420, "Enhance your calm"),
    _answer("F11-406-empty", "406 with nothing", 406, content=""),
    _page("F11-500-html", "500 with a page", 500, "Internal Server Error"),
    _page("F11-502-html", "502 with a page", 502, "Bad Gateway"),
    _page("F11-503-html", "503 with a page", 503, "Service Unavailable"),
    _page("F11-504-html", "504 with a page", 504, "Gateway Timeout"),
    _error("F12-server-unavailable", "503 SERVER_UNAVAILABLE", 503, "SERVER_UNAVAILABLE", "Server is unavailable"),
    _refused(
        "F12-read-only",
        "maintenance: reads are answered, writes refused",
        "SERVER_UNAVAILABLE",
        "The service is in read-only mode for maintenance.",
        status=503,
        times=0,
    ),
    NamedFault(
        "F13-connection-refused", "the connection closes before the TLS handshake", Fault(Effect.REFUSE_CONNECTION)
    ),
    NamedFault(
        "F13-foreign-certificate", "a certificate that no trusted authority signed", Fault(Effect.FOREIGN_CERTIFICATE)
    ),
    NamedFault("F14-cut-before", "the connection is cut before anything is done", Fault(Effect.DROP_BEFORE)),
    NamedFault(
        "F15-timeout-after-commit",
        "all is done and committed, the answer never comes",
        Fault(Effect.DROP_AFTER, method="PATCH|POST|PUT|DELETE"),
    ),
    NamedFault(
        "F16-create-answer-lost", "a record is created, the answer never comes", Fault(Effect.DROP_AFTER, method="POST")
    ),
    NamedFault(
        "F17-update-answer-lost",
        "a record is changed, the answer never comes",
        Fault(Effect.DROP_AFTER, method="PATCH"),
    ),
    NamedFault(
        "F18-delete-answer-lost",
        "a record is deleted, the answer never comes",
        Fault(Effect.DROP_AFTER, method="DELETE"),
    ),
    _refused(
        "F19-duplicate-value",
        "DUPLICATE_VALUE, with the id of the other record",
        "DUPLICATE_VALUE",
        "duplicate value found: Forcemirror_Id__c duplicates value on record with id: 001Fm0000000001",
        error_fields=("Forcemirror_Id__c",),
    ),
    _refused(
        "F19-duplicate-external-id",
        "an upsert matches several records",
        "DUPLICATE_EXTERNAL_ID",
        "Forcemirror_Id__c: more than one record found for external id field",
    ),
    NamedFault(
        "F20-duplicate-rule",
        "DUPLICATES_DETECTED, unless the header Sforce-Duplicate-Rule-Header allows to save",
        Fault(
            Effect.REFUSE,
            code="DUPLICATES_DETECTED",
            message="Use one of these records?",
            times=0,
            options={
                "unless_header": ("sforce-duplicate-rule-header", "allowsave=true"),
                "extra": {
                    "duplicateResult": {
                        "allowSave": True,
                        "duplicateRule": "Standard_Account_Duplicate_Rule",
                        "duplicateRuleEntityType": "Account",
                        "errorMessage": "Use one of these records?",
                        "matchResults": [],
                    }
                },
            },
        ),
    ),
    _refused(
        "F21-row-locked",
        "UNABLE_TO_LOCK_ROW",
        "UNABLE_TO_LOCK_ROW",
        "unable to obtain exclusive access to this record or 1 records: 001Fm0000000001",
    ),
    _refused(
        "F22-one-of-many",
        "the second record of a request fails, and with allOrNone all do",
        "FIELD_CUSTOM_VALIDATION_EXCEPTION",
        "This one is not wanted.",
        nth=2,
    ),
    _event(
        "F23-edited-meanwhile",
        "a colleague edits the record just before the write: 412 where the time is stated",
        "edit_meanwhile",
        method="PATCH|POST",
        path="/services/data/",
        told={**_OF_RECORD, "fields": "what the colleague writes"},
    ),
    _refused(
        "F23-not-modified-since",
        "ENTITY_FAILED_IFLASTMODIFIED_ON_UPDATE",
        "ENTITY_FAILED_IFLASTMODIFIED_ON_UPDATE",
        "The record was modified since the time stated.",
        operation="update",
    ),
    _event(
        "F24-same-second-edit",
        "a colleague edits the record with the stamp it has: no 412",
        "edit_in_the_same_second",
        method="PATCH|POST",
        path="/services/data/",
        told={**_OF_RECORD, "fields": "what the colleague writes"},
    ),
    _refused(
        "F25-validation-rule",
        "FIELD_CUSTOM_VALIDATION_EXCEPTION",
        "FIELD_CUSTOM_VALIDATION_EXCEPTION",
        "Close dates of deals in negotiation need an approval.",
    ),
    _refused(
        "F25-required-field",
        "REQUIRED_FIELD_MISSING",
        "REQUIRED_FIELD_MISSING",
        "Required fields are missing: [Region__c]",
        error_fields=("Region__c",),
    ),
    _refused(
        "F25-restricted-picklist",
        "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
        "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
        "Stage: bad value for restricted picklist field: Gone",
        error_fields=("StageName",),
    ),
    _refused(
        "F25-string-too-long",
        "STRING_TOO_LONG",
        "STRING_TOO_LONG",
        "Next Step: data value too large: x (max length=255)",
        error_fields=("NextStep",),
    ),
    _refused(
        "F25-number-out-of-range",
        "NUMBER_OUTSIDE_VALID_RANGE",
        "NUMBER_OUTSIDE_VALID_RANGE",
        "Amount: value outside of valid range on numeric field: 1.0E20",
        error_fields=("Amount",),
    ),
    _refused(
        "F26-no-access",
        "INSUFFICIENT_ACCESS_OR_READONLY",
        "INSUFFICIENT_ACCESS_OR_READONLY",
        "insufficient access rights on object id",
    ),
    _refused(
        "F26-no-access-across",
        "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY",
        "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY",
        "insufficient access rights on cross-reference id",
    ),
    _refused(
        "F26-inactive-owner",
        "INACTIVE_OWNER_OR_USER",
        "INACTIVE_OWNER_OR_USER",
        "operation performed with inactive user [005Fm0000000001] as owner of opportunity",
        error_fields=("OwnerId",),
    ),
    _refused(
        "F27-storage-full",
        "STORAGE_LIMIT_EXCEEDED: nothing can be created, the rest goes on",
        "STORAGE_LIMIT_EXCEEDED",
        "storage limit exceeded",
        operation="create",
        times=0,
    ),
    _event(
        "F28-deleted-meanwhile",
        "a colleague deletes the record just before the write: ENTITY_IS_DELETED",
        "delete_meanwhile",
        method="PATCH|POST|DELETE",
        path="/services/data/",
        told=_OF_RECORD,
    ),
    _refused(
        "F29-parent-gone",
        "INVALID_CROSS_REFERENCE_KEY",
        "INVALID_CROSS_REFERENCE_KEY",
        "invalid cross reference id",
        error_fields=("AccountId",),
    ),
    _event(
        "F29-parent-purged",
        "the account of a record is gone for good",
        "delete_parent",
        told={**_OF_RECORD, "parent": "which account"},
    ),
    _refused(
        "F30-unknown-code", "a code that nobody has heard of", "SOMETHING_NEW_IN_THE_CLOUD", "Something new went wrong."
    ),
    _rewritten("F31-body-cut-short", "half of the body comes, then the connection ends", "cut_body"),
    _rewritten(
        "F32-csv-cut-at-record",
        "the last record of a CSV is missing, the length fits",
        "csv_last_record_missing",
        path=_RESULTS,
    ),
    _rewritten(
        "F33-csv-cut-in-quotes", "a CSV ends inside a quoted value, the length fits", "csv_in_quotes", path=_RESULTS
    ),
    _rewritten(
        "F34-count-header-missing",
        "the number of records is not stated",
        "headers",
        path=_RESULTS,
        options={"headers": {"Sforce-NumberOfRecords": None}},
    ),
    _rewritten("F35-csv-column-missing", "the last column is missing", "csv_column_missing", path=_RESULTS),
    _rewritten("F35-csv-column-extra", "there is a column more", "csv_column_extra", path=_RESULTS),
    _rewritten(
        "F35-csv-columns-reordered", "the columns come in another order", "csv_columns_reordered", path=_RESULTS
    ),
    _rewritten("F35-csv-bom", "a byte order mark comes first", "csv_bom", path=_RESULTS),
    _event(
        "F36-odd-text",
        "a text with line ends, quotes, delimiters, U+2028 and an emoji",
        "set_text",
        told={**_OF_FIELD, "value": "which text"},
    ),
    _event("F37-nul", "a text with a NUL in it", "set_nul", told=_OF_FIELD),
    _rewritten(
        "F37-lone-surrogate",
        "a text in JSON that ends in half a character",
        "lone_surrogate",
        told={"field": "which member (Name)"},
    ),
    _event(
        "F38-literal-texts",
        "texts that look like no value, truth or number",
        "set_literals",
        told={"object": "which object", "field": "which field"},
    ),
    _event(
        "F39-longest-text",
        "the longest text area of a record is filled to its last character",
        "set_longest_text",
        told=_OF_RECORD,
    ),
    _rewritten("F40-number-forms", "1.5E+05 and 7.0 where 150000.0 and 7 are usual", "number_forms"),
    _rewritten(
        "F40-long-decimal",
        "a number with 18 digits",
        "long_decimal",
        told={"field": "which member (Amount)", "number": "which number"},
    ),
    _rewritten(
        "F41-job-failed",
        "a bulk job has failed",
        "json_members",
        path=_JOB,
        method="GET",
        options={"members": {"state": "Failed", "errorMessage": "InternalServerError : Error executing query"}},
    ),
    _rewritten(
        "F41-job-aborted",
        "an admin has aborted a bulk job",
        "json_members",
        path=_JOB,
        method="GET",
        options={"members": {"state": "Aborted"}},
    ),
    _rewritten(
        "F42-job-stuck",
        "a bulk job is in progress and stays so",
        "json_members",
        path=_JOB,
        method="GET",
        times=0,
        options={"members": {"state": "InProgress"}},
        told={"members": "other members"},
    ),
    _rewritten("F43-rows-twice", "every row of a bulk result comes twice", "csv_rows_twice", path=_RESULTS),
    _error(
        "F44-results-expired",
        "the results of a bulk job are gone",
        404,
        "NOT_FOUND",
        "The requested resource does not exist",
        path=_RESULTS,
    ),
    _error(
        "F45-query-timeout",
        "QUERY_TIMEOUT, also inside a composite",
        400,
        "QUERY_TIMEOUT",
        "Your query request was running for too long.",
        path=_QUERY,
        subrequests=True,
    ),
    _error(
        "F45-operation-too-large",
        "OPERATION_TOO_LARGE, also inside a composite",
        400,
        "OPERATION_TOO_LARGE",
        "exceeded 100000 distinct who/what's",
        path=_QUERY,
        subrequests=True,
    ),
    _error(
        "F46-too-many-ids",
        "EXCEEDED_ID_LIMIT from updated or deleted, also inside a composite",
        400,
        "EXCEEDED_ID_LIMIT",
        "more than 600000 ids in the time span",
        path=_REPLICATION,
        subrequests=True,
    ),
    _error(
        "F47-replication-date",
        "INVALID_REPLICATION_DATE from updated or deleted, also inside a composite",
        400,
        "INVALID_REPLICATION_DATE",
        "startDate before the earliest available date",
        path=_REPLICATION,
        subrequests=True,
    ),
    _event(
        "F48-rows-change-while-paging",
        "a record goes, one comes, one changes before the next page",
        "change_rows_while_paging",
        path=_PAGE,
        told={"object": "which object", "fields": "of the new record"},
    ),
    _event(
        "F49-field-hidden",
        "a field is hidden: INVALID_FIELD where it is named",
        "hide_field",
        told={"object": "which object", "field": "which field"},
    ),
    _event(
        "F50-new-field",
        "a field is new",
        "change_schema",
        options={
            "change": {
                "object": "Opportunity",
                "add": [{"name": "Region__c", "label": "Region", "type": "string", "size": 40, "flags": "NCUisg"}],
            }
        },
        told={"change": "which"},
    ),
    _event(
        "F50-longer-field",
        "a text may be longer than before",
        "change_schema",
        options={"change": {"object": "Account", "change": {"AccountNumber": {"size": 80}}}},
        told={"change": "which"},
    ),
    _event(
        "F50-type-changed",
        "a number is a text now",
        "change_schema",
        options={"change": {"object": "Account", "change": {"NumberOfEmployees": {"type": "string", "size": 20}}}},
        told={"change": "which"},
    ),
    _event(
        "F50-picklist-changed",
        "a picklist has another value and lacks one",
        "change_schema",
        options={
            "change": {
                "object": "Opportunity",
                "change": {"LeadSource": {"add_picklist": ["Podcast"], "drop_picklist": ["Web"]}},
            }
        },
        told={"change": "which"},
    ),
    _event(
        "F51-records-hidden",
        "records are no longer shared with the user",
        "hide_records",
        told={"object": "which object", "where": "which records: a condition"},
    ),
    _event(
        "F52-formula-changed",
        "a calculated value moves, the stamp does not",
        "change_without_stamp",
        told={**_OF_FIELD, "value": "to what"},
    ),
    _event(
        "F53-merge",
        "two records are merged",
        "merge",
        told={"object": "Account or Contact", "winner": "an id", "losers": "one or two ids"},
    ),
    _event("F54-undelete", "a record comes back from the bin", "delete_and_undelete", told=_OF_RECORD),
    _event("F55-purge", "a record is deleted and the bin emptied", "delete_and_purge", told=_OF_RECORD),
    _event(
        "F56-late-commits",
        "what is committed from now on is seen late",
        "late_commits",
        told={"seconds": "how late (60)"},
    ),
    _event(
        "F57-mass-update",
        "every record of an object gets the same stamp",
        "mass_update",
        told={"object": "which object"},
    ),
    _event(
        "F58-flow",
        "a flow edits what is saved and creates a task",
        "automate",
        options={
            "automation": {
                "flow": [
                    {
                        "name": "Second thoughts",
                        "object": "Opportunity",
                        "set": {"NextStep": "Set by a flow"},
                        "create": {"object": "Task", "fields": {"Subject": "Look at the deal", "WhatId": "$Id"}},
                    }
                ]
            }
        },
        told={"automation": "other flows and validation rules"},
    ),
    _event(
        "F59-clock-jumps-back",
        "the org's clock jumps back an hour",
        "move_clock",
        options={"seconds": -3600},
        told={"seconds": "by how much", "to": "or to which moment"},
    ),
    _event(
        "F59-leap-day",
        "it is nearly midnight of a 29 February",
        "move_clock",
        options={"to": "2028-02-29T23:59:30Z"},
        told={"to": "which moment"},
    ),
    _event(
        "F59-summer-time-ends",
        "the hour that comes twice is about to begin",
        "move_clock",
        options={"to": "2027-10-31T00:59:30Z"},
        told={"to": "which moment"},
    ),
    _answer(
        "F60-redirect",
        "the org has moved: 302 to another host",
        302,
        content="",
        headers={"Location": f"{_ELSEWHERE}/services/data/"},
    ),
    _rewritten(
        "F60-instance-moved",
        "a login names another instance",
        "json_members",
        path=_TOKEN,
        options={"members": {"instance_url": _ELSEWHERE}},
        told={"members": "other members"},
    ),
    _event(
        "F61-sandbox-refreshed",
        "the same address is another org now",
        "refresh_sandbox",
        told={"organization_id": "which org"},
    ),
    _rewritten(
        "F62-next-page-elsewhere",
        "a query's next page is on another host",
        "more_pages",
        path=r"/query",
        options={"url": f"{_ELSEWHERE}/services/data/v67.0/query/01gFm0000000001-2000"},
        told={"url": "where"},
    ),
    _rewritten(
        "F62-location-elsewhere",
        "Location names another host",
        "headers",
        method="POST",
        options={"headers": {"Location": f"{_ELSEWHERE}/services/data/v67.0/sobjects/Account/001"}},
    ),
    _rewritten(
        "F62-upload-elsewhere",
        "a bulk job wants its data sent to another host",
        "json_members",
        path=r"/jobs/ingest",
        options={"members": {"contentUrl": f"{_ELSEWHERE}/services/data/v67.0/jobs"}},
    ),
    _rewritten(
        "F63-gzip-bomb", "some kilobytes unpack to many megabytes", "gzip_bomb", told={"megabytes": "how many (64)"}
    ),
    _rewritten(
        "F63-endless-body", "the body does not end", "endless_body", told={"bytes": "when it ends after all (64 MiB)"}
    ),
    _rewritten("F63-slow-body", "one byte at a time, delay_s seconds apart", "slow_body", delay_s=0.5),
    _rewritten("F64-malformed-json", "JSON that is none", "malformed_json"),
    _rewritten("F64-wrong-type", "a list where an object belongs", "wrong_type"),
    _rewritten("F64-deep-nesting", "lists in lists in lists", "deep_nesting", told={"levels": "how deep (100000)"}),
    _rewritten("F64-duplicate-keys", "every member twice, the first time null", "duplicate_keys"),
    _event(
        "F72-object-empty", "no record of an object can be seen", "hide_all_records", told={"object": "which object"}
    ),
    _error(
        "F74-too-many-records",
        "LIMIT_EXCEEDED for a request of too many records",
        400,
        "LIMIT_EXCEEDED",
        "record limit reached. cannot submit more than 200 records",
        path="/composite",
        method="POST|PATCH",
    ),
    _page(
        "F74-too-large", "413 for a request of too many bytes", 413, "Request Entity Too Large", method="POST|PATCH|PUT"
    ),
    _event(
        "F75-person-accounts",
        "the org has person accounts",
        "change_schema",
        options={
            "change": {
                "object": "Account",
                "add": [
                    {"name": "IsPersonAccount", "label": "Is Person Account", "type": "boolean", "flags": "isg"},
                    {"name": "PersonEmail", "label": "Email", "type": "email", "size": 80, "flags": "NCUisg"},
                ],
            }
        },
    ),
    _event("F75-several-currencies", "records carry a currency", "several_currencies"),
)
BY_NAME: Mapping[str, NamedFault] = {item.name: item for item in CATALOGUE}
