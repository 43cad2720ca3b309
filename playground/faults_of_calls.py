"""Faults of calls: sessions, quotas, connections, lost answers, refused writes (F1 to F30)."""

from __future__ import annotations

from playground.faults import Effect, Fault
from playground.named_fault import OF_RECORD, NamedFault, answer, error, event, page, refused, rewritten

_PAGE = r"/query(All)?/01g"
_TOKEN = r"/services/oauth2/token"  # noqa: S105 - a path

FAULTS_OF_CALLS: tuple[NamedFault, ...] = (
    event("F1-session-ended", "every session ends just before the request", "end_sessions", path="/services/data/"),
    page("F2-401-html", "401 with a page instead of an error", 401, "Session expired"),
    answer("F2-403-empty", "403 with nothing", 403, content=""),
    event(
        "F3-session-ended-while-paging", "the session ends before the next page of a query", "end_sessions", path=_PAGE
    ),
    event("F4-locator-gone", "the query's locator is gone: INVALID_QUERY_LOCATOR", "close_locators", path=_PAGE),
    event("F5-refresh-tokens-rotate", "a refresh token serves once and brings the next", "rotate_refresh_tokens"),
    NamedFault(
        "F5-refresh-reply-lost",
        "the token is replaced, and the answer with the new one is lost",
        Fault(Effect.DROP_AFTER, path=_TOKEN, method="POST"),
    ),
    answer(
        "F7-invalid-grant",
        "the token endpoint refuses: expired, revoked, clock wrong",
        400,
        {"error": "invalid_grant", "error_description": "expired access/refresh token"},
        path=_TOKEN,
    ),
    error(
        "F8-daily-limit",
        "REQUEST_LIMIT_EXCEEDED, of the day",
        403,
        "REQUEST_LIMIT_EXCEEDED",
        "TotalRequests Limit exceeded.",
        path="/services/data/",
    ),
    event(
        "F8-quota-used-up",
        "nothing is left of a quota until 24 hours have passed on the org's clock",
        "use_up",
        told={
            "quota": "DailyApiRequests, DailyBulkApiBatches, DailyBulkV2QueryJobs or DailyBulkV2QueryFileStorageMB",
            "remaining": "how much is left (0)",
        },
    ),
    error(
        "F9-concurrent-limit",
        "REQUEST_LIMIT_EXCEEDED, of requests at once",
        403,
        "REQUEST_LIMIT_EXCEEDED",
        "ConcurrentPerOrgLongTxn Limit exceeded.",
        path="/services/data/",
    ),
    event(
        "F9-long-requests",
        "others have as many long requests running as may run",
        "long_requests",
        told={"running": "how many (all that may)"},
    ),
    rewritten(
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
    error(
        "F11-429",
        "429 with Retry-After",
        429,
        "REQUEST_LIMIT_EXCEEDED",
        "Too many requests.",
        headers={"Retry-After": "1"},
    ),
    page("F11-420", "420 with a page", 420, "Enhance your calm"),
    answer("F11-406-empty", "406 with nothing", 406, content=""),
    page("F11-500-html", "500 with a page", 500, "Internal Server Error"),
    page("F11-502-html", "502 with a page", 502, "Bad Gateway"),
    page("F11-503-html", "503 with a page", 503, "Service Unavailable"),
    page("F11-504-html", "504 with a page", 504, "Gateway Timeout"),
    error("F12-server-unavailable", "503 SERVER_UNAVAILABLE", 503, "SERVER_UNAVAILABLE", "Server is unavailable"),
    refused(
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
    refused(
        "F19-duplicate-value",
        "DUPLICATE_VALUE, with the id of the other record",
        "DUPLICATE_VALUE",
        "duplicate value found: Forcemirror_Id__c duplicates value on record with id: 001Fm0000000001",
        error_fields=("Forcemirror_Id__c",),
    ),
    refused(
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
    refused(
        "F21-row-locked",
        "UNABLE_TO_LOCK_ROW",
        "UNABLE_TO_LOCK_ROW",
        "unable to obtain exclusive access to this record or 1 records: 001Fm0000000001",
    ),
    refused(
        "F22-one-of-many",
        "the second record of a request fails, and with allOrNone all do",
        "FIELD_CUSTOM_VALIDATION_EXCEPTION",
        "This one is not wanted.",
        nth=2,
    ),
    event(
        "F23-edited-meanwhile",
        "a colleague edits the record just before the write: 412 where the time is stated",
        "edit_meanwhile",
        method="PATCH|POST",
        path="/services/data/",
        told={**OF_RECORD, "fields": "what the colleague writes"},
    ),
    refused(
        "F23-not-modified-since",
        "ENTITY_FAILED_IFLASTMODIFIED_ON_UPDATE",
        "ENTITY_FAILED_IFLASTMODIFIED_ON_UPDATE",
        "The record was modified since the time stated.",
        operation="update",
    ),
    event(
        "F24-same-second-edit",
        "a colleague edits the record with the stamp it has: no 412",
        "edit_in_the_same_second",
        method="PATCH|POST",
        path="/services/data/",
        told={**OF_RECORD, "fields": "what the colleague writes"},
    ),
    refused(
        "F25-validation-rule",
        "FIELD_CUSTOM_VALIDATION_EXCEPTION",
        "FIELD_CUSTOM_VALIDATION_EXCEPTION",
        "Close dates of deals in negotiation need an approval.",
    ),
    refused(
        "F25-required-field",
        "REQUIRED_FIELD_MISSING",
        "REQUIRED_FIELD_MISSING",
        "Required fields are missing: [Region__c]",
        error_fields=("Region__c",),
    ),
    refused(
        "F25-restricted-picklist",
        "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
        "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
        "Stage: bad value for restricted picklist field: Gone",
        error_fields=("StageName",),
    ),
    refused(
        "F25-string-too-long",
        "STRING_TOO_LONG",
        "STRING_TOO_LONG",
        "Next Step: data value too large: x (max length=255)",
        error_fields=("NextStep",),
    ),
    refused(
        "F25-number-out-of-range",
        "NUMBER_OUTSIDE_VALID_RANGE",
        "NUMBER_OUTSIDE_VALID_RANGE",
        "Amount: value outside of valid range on numeric field: 1.0E20",
        error_fields=("Amount",),
    ),
    refused(
        "F26-no-access",
        "INSUFFICIENT_ACCESS_OR_READONLY",
        "INSUFFICIENT_ACCESS_OR_READONLY",
        "insufficient access rights on object id",
    ),
    refused(
        "F26-no-access-across",
        "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY",
        "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY",
        "insufficient access rights on cross-reference id",
    ),
    refused(
        "F26-inactive-owner",
        "INACTIVE_OWNER_OR_USER",
        "INACTIVE_OWNER_OR_USER",
        "operation performed with inactive user [005Fm0000000001] as owner of opportunity",
        error_fields=("OwnerId",),
    ),
    refused(
        "F27-storage-full",
        "STORAGE_LIMIT_EXCEEDED: nothing can be created, the rest goes on",
        "STORAGE_LIMIT_EXCEEDED",
        "storage limit exceeded",
        operation="create",
        times=0,
    ),
    event(
        "F28-deleted-meanwhile",
        "a colleague deletes the record just before the write: ENTITY_IS_DELETED",
        "delete_meanwhile",
        method="PATCH|POST|DELETE",
        path="/services/data/",
        told=OF_RECORD,
    ),
    refused(
        "F29-parent-gone",
        "INVALID_CROSS_REFERENCE_KEY",
        "INVALID_CROSS_REFERENCE_KEY",
        "invalid cross reference id",
        error_fields=("AccountId",),
    ),
    event(
        "F29-parent-purged",
        "the account of a record is gone for good",
        "delete_parent",
        told={**OF_RECORD, "parent": "which account"},
    ),
    refused(
        "F30-unknown-code", "a code that nobody has heard of", "SOMETHING_NEW_IN_THE_CLOUD", "Something new went wrong."
    ),
)
