"""``AsyncApi.xsd``: the form of jobs, batches, results and refusals, for those who make their classes from it."""

from __future__ import annotations

from playground.bulk1.replies import NAMESPACE
from playground.xml_documents import DECLARATION

_STRING, _INT, _LONG, _DATE, _ID = "xs:string", "xs:int", "xs:long", "xs:dateTime", "tns:ID"
_TIMES = (("totalProcessingTime", _LONG), ("apiActiveProcessingTime", _LONG), ("apexProcessingTime", _LONG))
_JOB_INFO = (
    ("id", _ID),
    ("operation", "tns:OperationEnum"),
    ("object", _STRING),
    ("createdById", _ID),
    ("createdDate", _DATE),
    ("systemModstamp", _DATE),
    ("state", "tns:JobStateEnum"),
    ("externalIdFieldName", _STRING),
    ("concurrencyMode", "tns:ConcurrencyModeEnum"),
    ("contentType", "tns:ContentType"),
    ("assignmentRuleId", _ID),
    ("numberBatchesQueued", _INT),
    ("numberBatchesInProgress", _INT),
    ("numberBatchesCompleted", _INT),
    ("numberBatchesFailed", _INT),
    ("numberBatchesTotal", _INT),
    ("numberRecordsProcessed", _INT),
    ("numberRetries", _INT),
    ("apiVersion", _STRING),
    ("numberRecordsFailed", _INT),
    *_TIMES,
)
_BATCH_INFO = (
    ("id", _ID),
    ("jobId", _ID),
    ("state", "tns:BatchStateEnum"),
    ("stateMessage", _STRING),
    ("createdDate", _DATE),
    ("systemModstamp", _DATE),
    ("numberRecordsProcessed", _INT),
    ("numberRecordsFailed", _INT),
    *_TIMES,
)
_ENUMERATIONS = {
    "OperationEnum": ("insert", "upsert", "update", "delete", "hardDelete", "query", "queryAll"),
    "JobStateEnum": ("Open", "Closed", "Aborted", "Failed"),
    "BatchStateEnum": ("Queued", "InProgress", "Completed", "Failed", "NotProcessed"),
    "ConcurrencyModeEnum": ("Parallel", "Serial"),
    "ContentType": ("CSV", "XML", "JSON"),
}


def document() -> bytes:
    """The whole schema."""
    types = [
        _complex("JobInfo", [_field(name, kind) for name, kind in _JOB_INFO]),
        _complex("BatchInfo", [_field(name, kind) for name, kind in _BATCH_INFO]),
        _complex("BatchInfoList", [_many("batchInfo", "tns:BatchInfo")]),
        _complex("ResultList", [_many("result", _STRING)]),
        _complex("ResultError", [_many("fields", _STRING), _field("message", _STRING), _field("statusCode", _STRING)]),
        _complex(
            "Result",
            [
                _many("errors", "tns:ResultError"),
                _field("id", _ID),
                _field("success", "xs:boolean"),
                _field("created", "xs:boolean"),
            ],
        ),
        _complex("BatchResult", [_many("result", "tns:Result")]),
        _complex("Error", [_field("exceptionCode", _STRING), _field("exceptionMessage", _STRING)]),
        _simple("ID", '<xs:pattern value="[a-zA-Z0-9]{18}"/>'),
        *(_simple(name, _values(listed)) for name, listed in _ENUMERATIONS.items()),
    ]
    roots = {
        "jobInfo": "JobInfo",
        "batchInfo": "BatchInfo",
        "batchInfoList": "BatchInfoList",
        "result-list": "ResultList",
        "results": "BatchResult",
        "error": "Error",
    }
    elements = [f'<xs:element name="{name}" type="tns:{kind}"/>' for name, kind in roots.items()]
    return (
        f'{DECLARATION}<xs:schema targetNamespace="{NAMESPACE}" xmlns:tns="{NAMESPACE}" '
        f'xmlns:xs="http://www.w3.org/2001/XMLSchema" elementFormDefault="qualified">'
        f"{''.join(types)}{''.join(elements)}</xs:schema>"
    ).encode()


def _field(name: str, kind: str) -> str:
    return f'<xs:element name="{name}" type="{kind}" minOccurs="0"/>'


def _many(name: str, kind: str) -> str:
    return f'<xs:element name="{name}" type="{kind}" minOccurs="0" maxOccurs="unbounded"/>'


def _complex(name: str, parts: list[str]) -> str:
    return f'<xs:complexType name="{name}"><xs:sequence>{"".join(parts)}</xs:sequence></xs:complexType>'


def _simple(name: str, restriction: str) -> str:
    return (
        f'<xs:simpleType name="{name}"><xs:restriction base="xs:string">{restriction}</xs:restriction></xs:simpleType>'
    )


def _values(listed: tuple[str, ...]) -> str:
    return "".join(f'<xs:enumeration value="{value}"/>' for value in listed)
