"""Reads what a request says about a job, and makes jobs of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from playground import dml, errors, values
from playground.bulk1 import chunking
from playground.bulk1.errors import BulkError
from playground.bulk1.jobs import Job, JobState, JobStore
from playground.bulk1.replies import NAMESPACE
from playground.bulk2.csv_format import LINE_ENDINGS
from playground.bulk_operations import OPERATIONS
from playground.calls import parse_json
from playground.org import Org
from playground.schema import ObjectType
from playground.xml_documents import XmlRefused, local_name, namespace, parse, text_of

CONTENT_TYPES = ("CSV", "XML", "JSON")
_QUERIES = ("query", "queryAll")
_CONCURRENCY = {"0": "Parallel", "1": "Serial", "parallel": "Parallel", "serial": "Serial"}
_GIVEN_BY_THE_ORG = ("id", "createdById", "createdDate", "systemModstamp", "apexProcessingTime")


def read(content: bytes, *, as_json: bool) -> Mapping[str, Any]:
    """The properties of a job that a request names."""
    if as_json:
        try:
            found = parse_json(content)
        except errors.JsonParserError as error:
            raise BulkError("InvalidJob", f"Unable to parse Job: {error.message}") from None
        if not isinstance(found, dict):
            raise BulkError("InvalidJob", "Unable to parse Job")
        return found
    try:
        root = parse(content.strip())
    except XmlRefused as refusal:
        raise BulkError("InvalidXML", f"Unable to parse Job: {refusal.message}") from None
    if local_name(root.tag) != "jobInfo" or namespace(root.tag) != NAMESPACE:
        raise BulkError("InvalidJob", f"Unable to parse Job: the root is jobInfo in {NAMESPACE}")
    return {local_name(item.tag): (text_of(item) or "").strip() for item in root}


def create(org: Org, user_id: str, version: int, wish: Mapping[str, Any], headers: Mapping[str, str]) -> Job:
    """Make a job and keep it; BulkError for what a job cannot be."""
    for name in _GIVEN_BY_THE_ORG:
        if wish.get(name) not in (None, ""):
            raise BulkError("InvalidJob", f"{name[0].upper()}{name[1:]} cannot be specified")
    operation = str(wish.get("operation", ""))
    if operation not in (*OPERATIONS, *_QUERIES):
        raise BulkError("InvalidJob", f"Unable to parse Job: unknown operation: {operation}")
    content_type = str(wish.get("contentType") or "XML")
    if content_type not in CONTENT_TYPES:
        raise BulkError("InvalidJob", f"Unable to parse Job: contentType not supported here: {content_type}")
    concurrency = _CONCURRENCY.get(str(wish.get("concurrencyMode", 0)).lower())
    if concurrency is None:
        raise BulkError("InvalidJob", f"Unable to parse Job: unknown concurrencyMode: {wish['concurrencyMode']}")
    object_type = _object(org, user_id, str(wish.get("object") or ""))
    chunks = chunking.asked(headers.get("sforce-enable-pkchunking")) if operation in _QUERIES else None
    line_ending = headers.get("sforce-line-ending", "").upper()
    jobs, now = JobStore(org.store), values.stamp(org.now())
    with org.store.transaction():
        job = Job(
            id=jobs.new_job_id(),
            operation=operation,
            object_name=object_type.name,
            content_type=content_type,
            concurrency=concurrency,
            api_version=version,
            created_by=user_id,
            created=now,
            modified=now,
            state=JobState.OPEN,
            external_id_field=_key(object_type, wish) if operation == "upsert" else None,
            assignment_rule_id=str(wish["assignmentRuleId"]) if wish.get("assignmentRuleId") else None,
            line_ending=line_ending if line_ending in LINE_ENDINGS else "",
            chunk_size=chunks.size if chunks else 0,
            chunk_parent=chunks.parent if chunks else None,
            chunk_start=chunks.start if chunks else None,
        )
        jobs.add(job)
    return job


def _object(org: Org, user_id: str, name: str) -> ObjectType:
    found = org.access.schema(org.schema, user_id).by_lower_name.get(name.lower())
    if found is None:
        raise BulkError("InvalidJob", f"Unable to find object: {name}")
    return found


def _key(object_type: ObjectType, wish: Mapping[str, Any]) -> str:
    name = wish.get("externalIdFieldName")
    if not name:
        raise BulkError(
            "InvalidJob",
            f"External ID was blank for {object_type.name}. An external ID must be specified for upsert.",
        )
    try:
        return dml.key_field(object_type, str(name)).name
    except errors.NotFound:
        raise BulkError("InvalidJob", f"Field name not found or not an external ID : {name}") from None
