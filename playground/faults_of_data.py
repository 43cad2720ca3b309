"""Faults of data: bodies, bulk jobs, fields, records, clocks, addresses, sizes (F31 to F75)."""

from __future__ import annotations

from playground.named_fault import OF_FIELD, OF_RECORD, NamedFault, answer, error, event, page, rewritten

_QUERY = r"/query(All)?/?\?"
_PAGE = r"/query(All)?/01g"
_REPLICATION = r"/(updated|deleted)/?\?"
_JOB = r"/jobs/(query|ingest)/[0-9A-Za-z]{15,18}$"
_RESULTS = r"/jobs/query/[0-9A-Za-z]{15,18}/results"
_TOKEN = r"/services/oauth2/token"  # noqa: S105 - a path
_ELSEWHERE = "https://elsewhere.invalid"

FAULTS_OF_DATA: tuple[NamedFault, ...] = (
    rewritten("F31-body-cut-short", "half of the body comes, then the connection ends", "cut_body"),
    rewritten(
        "F32-csv-cut-at-record",
        "the last record of a CSV is missing, the length fits",
        "csv_last_record_missing",
        path=_RESULTS,
    ),
    rewritten(
        "F33-csv-cut-in-quotes", "a CSV ends inside a quoted value, the length fits", "csv_in_quotes", path=_RESULTS
    ),
    rewritten(
        "F34-count-header-missing",
        "the number of records is not stated",
        "headers",
        path=_RESULTS,
        options={"headers": {"Sforce-NumberOfRecords": None}},
    ),
    rewritten("F35-csv-column-missing", "the last column is missing", "csv_column_missing", path=_RESULTS),
    rewritten("F35-csv-column-extra", "there is a column more", "csv_column_extra", path=_RESULTS),
    rewritten("F35-csv-columns-reordered", "the columns come in another order", "csv_columns_reordered", path=_RESULTS),
    rewritten("F35-csv-bom", "a byte order mark comes first", "csv_bom", path=_RESULTS),
    event(
        "F36-odd-text",
        "a text with line ends, quotes, delimiters, U+2028 and an emoji",
        "set_text",
        told={**OF_FIELD, "value": "which text"},
    ),
    event("F37-nul", "a text with a NUL in it", "set_nul", told=OF_FIELD),
    rewritten(
        "F37-lone-surrogate",
        "a text in JSON that ends in half a character",
        "lone_surrogate",
        told={"field": "which member (Name)"},
    ),
    event(
        "F38-literal-texts",
        "texts that look like no value, truth or number",
        "set_literals",
        told={"object": "which object", "field": "which field"},
    ),
    event(
        "F39-longest-text",
        "the longest text area of a record is filled to its last character",
        "set_longest_text",
        told=OF_RECORD,
    ),
    rewritten("F40-number-forms", "1.5E+05 and 7.0 where 150000.0 and 7 are usual", "number_forms"),
    rewritten(
        "F40-long-decimal",
        "a number with 18 digits",
        "long_decimal",
        told={"field": "which member (Amount)", "number": "which number"},
    ),
    rewritten(
        "F41-job-failed",
        "a bulk job has failed",
        "json_members",
        path=_JOB,
        method="GET",
        options={"members": {"state": "Failed", "errorMessage": "InternalServerError : Error executing query"}},
    ),
    rewritten(
        "F41-job-aborted",
        "an admin has aborted a bulk job",
        "json_members",
        path=_JOB,
        method="GET",
        options={"members": {"state": "Aborted"}},
    ),
    rewritten(
        "F42-job-stuck",
        "a bulk job is in progress and stays so",
        "json_members",
        path=_JOB,
        method="GET",
        times=0,
        options={"members": {"state": "InProgress"}},
        told={"members": "other members"},
    ),
    rewritten("F43-rows-twice", "every row of a bulk result comes twice", "csv_rows_twice", path=_RESULTS),
    error(
        "F44-results-expired",
        "the results of a bulk job are gone",
        404,
        "NOT_FOUND",
        "The requested resource does not exist",
        path=_RESULTS,
    ),
    error(
        "F45-query-timeout",
        "QUERY_TIMEOUT, also inside a composite",
        400,
        "QUERY_TIMEOUT",
        "Your query request was running for too long.",
        path=_QUERY,
        subrequests=True,
    ),
    error(
        "F45-operation-too-large",
        "OPERATION_TOO_LARGE, also inside a composite",
        400,
        "OPERATION_TOO_LARGE",
        "exceeded 100000 distinct who/what's",
        path=_QUERY,
        subrequests=True,
    ),
    error(
        "F46-too-many-ids",
        "EXCEEDED_ID_LIMIT from updated or deleted, also inside a composite",
        400,
        "EXCEEDED_ID_LIMIT",
        "more than 600000 ids in the time span",
        path=_REPLICATION,
        subrequests=True,
    ),
    error(
        "F47-replication-date",
        "INVALID_REPLICATION_DATE from updated or deleted, also inside a composite",
        400,
        "INVALID_REPLICATION_DATE",
        "startDate before the earliest available date",
        path=_REPLICATION,
        subrequests=True,
    ),
    event(
        "F48-rows-change-while-paging",
        "a record goes, one comes, one changes before the next page",
        "change_rows_while_paging",
        path=_PAGE,
        told={"object": "which object", "fields": "of the new record"},
    ),
    event(
        "F49-field-hidden",
        "a field is hidden: INVALID_FIELD where it is named",
        "hide_field",
        told={"object": "which object", "field": "which field"},
    ),
    event(
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
    event(
        "F50-longer-field",
        "a text may be longer than before",
        "change_schema",
        options={"change": {"object": "Account", "change": {"AccountNumber": {"size": 80}}}},
        told={"change": "which"},
    ),
    event(
        "F50-type-changed",
        "a number is a text now",
        "change_schema",
        options={"change": {"object": "Account", "change": {"NumberOfEmployees": {"type": "string", "size": 20}}}},
        told={"change": "which"},
    ),
    event(
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
    event(
        "F51-records-hidden",
        "records are no longer shared with the user",
        "hide_records",
        told={"object": "which object", "where": "which records: a condition"},
    ),
    event(
        "F52-formula-changed",
        "a calculated value moves, the stamp does not",
        "change_without_stamp",
        told={**OF_FIELD, "value": "to what"},
    ),
    event(
        "F53-merge",
        "two records are merged",
        "merge",
        told={"object": "Account or Contact", "winner": "an id", "losers": "one or two ids"},
    ),
    event("F54-undelete", "a record comes back from the bin", "delete_and_undelete", told=OF_RECORD),
    event("F55-purge", "a record is deleted and the bin emptied", "delete_and_purge", told=OF_RECORD),
    event(
        "F56-late-commits",
        "what is committed from now on is seen late",
        "late_commits",
        told={"seconds": "how late (60)"},
    ),
    event(
        "F57-mass-update",
        "every record of an object gets the same stamp",
        "mass_update",
        told={"object": "which object"},
    ),
    event(
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
    event(
        "F59-clock-jumps-back",
        "the org's clock jumps back an hour",
        "move_clock",
        options={"seconds": -3600},
        told={"seconds": "by how much", "to": "or to which moment"},
    ),
    event(
        "F59-leap-day",
        "it is nearly midnight of a 29 February",
        "move_clock",
        options={"to": "2028-02-29T23:59:30Z"},
        told={"to": "which moment"},
    ),
    event(
        "F59-summer-time-ends",
        "the hour that comes twice is about to begin",
        "move_clock",
        options={"to": "2027-10-31T00:59:30Z"},
        told={"to": "which moment"},
    ),
    answer(
        "F60-redirect",
        "the org has moved: 302 to another host",
        302,
        content="",
        headers={"Location": f"{_ELSEWHERE}/services/data/"},
    ),
    rewritten(
        "F60-instance-moved",
        "a login names another instance",
        "json_members",
        path=_TOKEN,
        options={"members": {"instance_url": _ELSEWHERE}},
        told={"members": "other members"},
    ),
    event(
        "F61-sandbox-refreshed",
        "the same address is another org now",
        "refresh_sandbox",
        told={"organization_id": "which org"},
    ),
    rewritten(
        "F62-next-page-elsewhere",
        "a query's next page is on another host",
        "more_pages",
        path=r"/query",
        options={"url": f"{_ELSEWHERE}/services/data/v67.0/query/01gFm0000000001-2000"},
        told={"url": "where"},
    ),
    rewritten(
        "F62-location-elsewhere",
        "Location names another host",
        "headers",
        method="POST",
        options={"headers": {"Location": f"{_ELSEWHERE}/services/data/v67.0/sobjects/Account/001"}},
    ),
    rewritten(
        "F62-upload-elsewhere",
        "a bulk job wants its data sent to another host",
        "json_members",
        path=r"/jobs/ingest",
        options={"members": {"contentUrl": f"{_ELSEWHERE}/services/data/v67.0/jobs"}},
    ),
    rewritten(
        "F63-gzip-bomb", "some kilobytes unpack to many megabytes", "gzip_bomb", told={"megabytes": "how many (64)"}
    ),
    rewritten(
        "F63-endless-body", "the body does not end", "endless_body", told={"bytes": "when it ends after all (64 MiB)"}
    ),
    rewritten("F63-slow-body", "one byte at a time, delay_s seconds apart", "slow_body", delay_s=0.5),
    rewritten("F64-malformed-json", "JSON that is none", "malformed_json"),
    rewritten("F64-wrong-type", "a list where an object belongs", "wrong_type"),
    rewritten("F64-deep-nesting", "lists in lists in lists", "deep_nesting", told={"levels": "how deep (100000)"}),
    rewritten("F64-duplicate-keys", "every member twice, the first time null", "duplicate_keys"),
    event(
        "F72-object-empty", "no record of an object can be seen", "hide_all_records", told={"object": "which object"}
    ),
    error(
        "F74-too-many-records",
        "LIMIT_EXCEEDED for a request of too many records",
        400,
        "LIMIT_EXCEEDED",
        "record limit reached. cannot submit more than 200 records",
        path="/composite",
        method="POST|PATCH",
    ),
    page(
        "F74-too-large", "413 for a request of too many bytes", 413, "Request Entity Too Large", method="POST|PATCH|PUT"
    ),
    event(
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
    event("F75-several-currencies", "records carry a currency", "several_currencies"),
)
