"""Whatever a client sends, the org answers with a refusal or a result, never with a failure of its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from playground.org import Org
from tests.playground.conftest import Caller

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=12),
    st.sampled_from(["2026-02-30", "9999-12-31T23:59:59-14:00", "001Fm0000000002IAA", "x" * 40_000, "@{r0.id}"]),
)
NAMES = st.sampled_from(
    [
        "Id",
        "id",
        "Name",
        "StageName",
        "CloseDate",
        "Amount",
        "AccountId",
        "Account",
        "OwnerId",
        "IsPrivate",
        "ContactId",
        "OpportunityId",
        "IsPrimary",
        "attributes",
        "type",
        "records",
        "ids",
        "fields",
        "allOrNone",
        "compositeRequest",
        "batchRequests",
        "method",
        "url",
        "referenceId",
        "body",
        "httpHeaders",
        "richInput",
        "haltOnError",
    ]
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(NAMES, inner, max_size=5)),
    max_leaves=12,
)
PATHS = st.sampled_from(
    [
        "/sobjects/Opportunity",
        "/sobjects/Opportunity/006Fm0000000001IAA",
        "/sobjects/Opportunity/006Fm0000000001IAA/Account",
        "/sobjects/Account/Forcemirror_Id__c/%F0%9F%98%80%00",
        "/sobjects/OpportunityContactRole",
        "/sobjects/Task/",
        "/sobjects/UserRole/00EFm0000000001MAA",
        "/sobjects/Opportunity/updated/",
        "/composite",
        "/composite/batch",
        "/composite/sobjects",
        "/composite/sobjects/Account",
        "/composite/sobjects/Account/Id",
        "/query",
        "/query/01g000000000000AAA-99999999999999999999",
    ]
)
HEADERS = st.dictionaries(
    st.sampled_from(["If-Modified-Since", "If-Unmodified-Since", "If-Match", "Sforce-Query-Options"]),
    st.sampled_from(["soon", "batchSize=999999999999999", "Mon, 99 Nov 2026 10:00:00 GMT", "*"]),
    max_size=2,
)
PARAMETERS = st.dictionaries(
    st.sampled_from(["q", "ids", "fields", "start", "end", "allOrNone"]), st.text(max_size=20), max_size=3
)


@pytest.fixture(scope="module")
def lasting_api() -> Iterator[Caller]:
    with Org.in_memory() as org:
        caller = Caller(org)
        yield caller
        caller.session.close()


@settings(
    max_examples=250,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(
    method=st.sampled_from(["GET", "POST", "PATCH", "DELETE"]),
    path=PATHS,
    body=JSON,
    headers=HEADERS,
    parameters=PARAMETERS,
)
def test_no_input_makes_the_org_fail(
    lasting_api: Caller, method: str, path: str, body: Any, headers: dict[str, str], parameters: dict[str, str]
) -> None:
    answer = lasting_api(method, path, json=body, headers=headers, params=parameters)

    assert answer.status_code < 500
    if answer.status_code >= 400:
        assert {"message", "errorCode"} <= set(answer.json()[0])
