"""Records and queries through SOAP, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from playground.org import Org
from tests.playground.soap.conftest import NS, SF, Soap, record, texts

XSI_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"


def test_records_are_created_changed_and_deleted(soap: Soap, org: Org) -> None:
    made, failed = soap.results(
        f"<create>{record('sObjects', 'Contact', LastName='Lima &amp; Co', Title='CTO')}"
        f"{record('sObjects', 'Contact', FirstName='Nobody')}</create>"
    )
    contact = str(texts(made, "id")[0])

    assert [part.tag.removeprefix(NS) for part in failed] == ["errors", "id", "success"]
    assert texts(failed, "statusCode") == ["REQUIRED_FIELD_MISSING"]
    assert texts(failed, "fields") == ["LastName"]
    changed = soap.told(
        f"<update>{record('sObjects', 'Contact', Id=contact, Email='a@example.com', fieldsToNull='Title')}</update>"
    )
    assert changed == [{"id": contact, "success": "true"}]
    row = org.record("Contact", contact)
    assert row is not None
    assert (row["LastName"], row["Email"], row["Title"]) == ("Lima & Co", "a@example.com", None)
    assert soap.told(f"<delete><ids>{contact}</ids></delete>") == [{"id": contact, "success": "true"}]
    assert org.record("Contact", contact)["IsDeleted"] == 1  # type: ignore[index]


def test_records_are_upserted_and_linked_by_external_ids(soap: Soap, org: Org) -> None:
    account = record("sObjects", "Account", Name="A", Forcemirror_Id__c="a")
    first, second = (
        soap.told(f"<upsert><externalIDFieldName>Forcemirror_Id__c</externalIDFieldName>{account}</upsert>")[0]
        for _ in range(2)
    )
    linked = (
        "<sObjects><type>Contact</type><LastName>Lima</LastName>"
        "<Account><type>Account</type><Forcemirror_Id__c>a</Forcemirror_Id__c></Account></sObjects>"
    )

    (made,) = soap.told(f"<create>{linked}</create>")

    assert (first["created"], second["created"]) == ("true", "false")
    assert first["id"] == second["id"]
    assert org.record("Contact", str(made["id"]))["AccountId"] == first["id"]  # type: ignore[index]


def test_all_or_none(soap: Soap, org: Org) -> None:
    before = org.store.execute("SELECT count(*) FROM Contact")

    results = soap.results(
        f"<create>{record('sObjects', 'Contact', LastName='Lima')}{record('sObjects', 'Contact')}</create>",
        "<AllOrNoneHeader><allOrNone>true</allOrNone></AllOrNoneHeader>",
    )

    assert [texts(item, "statusCode") for item in results] == [
        ["ALL_OR_NONE_OPERATION_ROLLED_BACK"],
        ["REQUIRED_FIELD_MISSING"],
    ]
    assert org.store.execute("SELECT count(*) FROM Contact") == before


def test_a_query_comes_in_pages(soap: Soap, org: Org) -> None:
    header = "<QueryOptions><batchSize>200</batchSize></QueryOptions>"
    (page,) = soap.results(
        "<query><queryString>SELECT Id, Opportunity.Name FROM OpportunityFieldHistory</queryString></query>", header
    )
    assert [texts(page, name) for name in ("done", "size")] == [
        ["false"],
        [str(org.store.execute("SELECT count(*) FROM OpportunityFieldHistory WHERE NOT IsDeleted")[0][0])],
    ]
    records = page.findall(f"{NS}records")
    locator = texts(page, "queryLocator")[0]
    (more,) = soap.results(f"<queryMore><queryLocator>{locator}</queryLocator></queryMore>", header)

    assert len(records) == 200
    assert records[0].get(XSI_TYPE) == "sf:sObject"
    assert [part.tag.removeprefix(SF) for part in records[0]] == ["type", "Id", "Id", "Opportunity"]
    assert [part.tag.removeprefix(SF) for part in records[0][-1]] == ["type", "Id", "Name"]
    assert len(more.findall(f"{NS}records")) == 200


def test_values_look_as_xml_has_them(soap: Soap, org: Org) -> None:
    account = org.create("Account", {"Name": "A", "AnnualRevenue": 15000})
    org.delete("Account", account)
    soql = f"SELECT Name, IsDeleted, AnnualRevenue, Phone, CreatedDate FROM Account WHERE Id = '{account}'"

    (page,) = soap.results(f"<queryAll><queryString>{soql}</queryString></queryAll>")

    (found,) = page.findall(f"{NS}records")
    assert [part.text for part in found] == [
        "Account",
        None,
        "A",
        "true",
        "15000.0",
        None,
        "2026-11-23T12:00:00.000Z",
    ]


@pytest.mark.parametrize(
    ("body", "code", "kind"),
    [
        ("<query><queryString>SELECT</queryString></query>", "MALFORMED_QUERY", "MalformedQueryFault"),
        ("<query><queryString>SELECT X FROM Account</queryString></query>", "INVALID_FIELD", "InvalidFieldFault"),
        ("<query/>", "MALFORMED_QUERY", "MalformedQueryFault"),
        (
            "<queryMore><queryLocator>x</queryLocator></queryMore>",
            "INVALID_QUERY_LOCATOR",
            "InvalidQueryLocatorFault",
        ),
    ],
)
def test_refused_calls_are_faults(soap: Soap, body: str, code: str, kind: str) -> None:
    answer = soap.post(body)

    assert answer.status_code == 500
    assert f"<faultcode>sf:{code}</faultcode>" in answer.text
    assert f'<sf:{kind} xsi:type="sf:{kind}"><sf:exceptionCode>{code}</sf:exceptionCode>' in answer.text


def test_a_call_needs_a_session_and_is_counted(soap: Soap, org: Org) -> None:
    before = org.calls_made()
    soap.results("<undelete/>")
    assert org.calls_made() == before + 1
    org.settings = replace(org.settings, daily_api_calls=before + 1)
    assert "<sf:exceptionCode>REQUEST_LIMIT_EXCEEDED</sf:exceptionCode>" in soap.post("<undelete/>").text

    soap.token = "00D!none"
    answer = soap.post("<undelete/>")

    assert answer.status_code == 500
    # As clients look for it.
    assert "<faultcode>sf:INVALID_SESSION_ID</faultcode>" in answer.text
    assert "<faultstring>INVALID_SESSION_ID: Invalid Session ID found in SessionHeader: Illegal Session" in answer.text
