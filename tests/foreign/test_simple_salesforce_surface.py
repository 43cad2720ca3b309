"""The rest of simple-salesforce's public surface, and the proof that all of it was driven."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from simple_salesforce import Salesforce, bulk, bulk2
from simple_salesforce.api import SFType
from simple_salesforce.exceptions import (
    SalesforceExpiredSession,
    SalesforceGeneralError,
    SalesforceMalformedRequest,
    SalesforceResourceNotFound,
)

from tests.foreign.conftest import Site

NOT_CALLED_BY_NAME = {
    "deploy": "the metadata API is not part of the playground",
    "checkDeployStatus": "the metadata API is not part of the playground",
    "parse_api_usage": "driven by every answer",
    "parse_result_to_json": "driven by every answer",
    "filter_null_bytes": "driven by every bulk result",
    "worker": "driven by every bulk upload",
    "get_query_results": "driven by query",
    "download_job_data": "driven by download",
    "get_ingest_results": "driven by get_failed_records and its sisters",
    "download_ingest_results": "driven by get_failed_records and its sisters",
}


@pytest.fixture
def contact(sf: Any) -> Iterator[str]:
    made = str(sf.Contact.create({"LastName": "Surface", "Email": "surface@example.com"})["id"])
    yield made
    if sf.query(f"SELECT Id FROM Contact WHERE Id = '{made}'")["records"]:
        sf.Contact.delete(made)


def test_it_searches_by_words_and_by_statement(sf: Any, contact: str) -> None:
    sf.Account.create({"Name": "Zanzibar Sneakers"})

    quick = sf.quick_search("Zanzibar")["searchRecords"]
    exact = sf.search("FIND {surface@example.com} IN EMAIL FIELDS RETURNING Contact(Id, LastName)")["searchRecords"]

    assert [record["attributes"]["type"] for record in quick] == ["Account"]
    assert {"Id": contact, "LastName": "Surface"}.items() <= exact[0].items()
    with pytest.raises(SalesforceMalformedRequest, match="MALFORMED_SEARCH"):
        sf.search("FIND Zanzibar")


def test_it_asks_who_it_is(sf: Any, site: Site) -> None:
    who = sf.oauth2("userinfo")

    assert who["preferred_username"] == site.username
    assert who["organization_id"] == site.org.organization_id
    assert sf.is_sandbox() is False


def test_it_reads_layouts(sf: Any) -> None:
    record_type = sf.query("SELECT Id FROM RecordType WHERE SobjectType = 'Opportunity' LIMIT 1")["records"]
    wanted = record_type[0]["Id"] if record_type else "012000000000000AAA"

    layout = sf.Opportunity.describe_layout(wanted)

    assert layout["detailLayoutSections"]


def test_headers_of_a_call_are_sent(sf: Any, contact: str) -> None:
    described = sf.session.get(f"{sf.base_url}sobjects/Opportunity/describe", headers=sf.headers)

    with pytest.raises(SalesforceGeneralError, match="304"):
        sf.Opportunity.describe(headers={"If-Modified-Since": described.headers["Last-Modified"]})
    assert sf.Opportunity.metadata(headers={"Accept-Language": "zh-CN"})["objectDescribe"]["name"] == "Opportunity"
    with pytest.raises(SalesforceGeneralError, match="412"):
        sf.Contact.update(
            contact, {"FirstName": "No"}, headers={"If-Unmodified-Since": "Fri, 01 Jan 2010 00:00:00 GMT"}
        )


def test_whole_answers_can_be_asked_for(sf: Any, contact: str) -> None:
    assert sf.Contact.update(contact, {"FirstName": "Raw"}, raw_response=True).status_code == 204
    made = sf.Contact.upsert("Forcemirror_Id__c/raw", {"LastName": "Raw"}, raw_response=True)
    assert made.status_code == 201
    assert made.json()["created"] is True
    assert sf.Contact.delete(contact, raw_response=True).content == b""


def test_some_fields_can_be_asked_for(sf: Any, contact: str) -> None:
    assert set(sf.Contact.get(contact, params={"fields": "Id,LastName"})) == {"attributes", "Id", "LastName"}
    by_key = sf.Contact.get_by_custom_id("Email", "surface@example.com", params={"fields": "LastName"})
    assert by_key["LastName"] == "Surface"


def test_numbers_can_be_exact(sf: Any, site: Site) -> None:
    exact: Any = Salesforce(
        instance_url=site.url, session_id=sf.session_id, session=sf.session, version="67.0", parse_float=Decimal
    )
    made = exact.Opportunity.create(
        {"Name": "Exact", "StageName": "Prospecting", "CloseDate": "2027-01-31", "Amount": 1234567.89}
    )

    amount = exact.query(f"SELECT Amount FROM Opportunity WHERE Id = '{made['id']}'")["records"][0]["Amount"]
    assert isinstance(amount, Decimal)
    assert amount == Decimal("1234567.89")
    assert exact.api_usage["api-usage"].total == 15_000


def test_older_versions_answer_too(sf: Any, site: Site) -> None:
    for version in ("31.0", "52.0", "60.0"):
        older: Any = Salesforce(instance_url=site.url, session_id=sf.session_id, session=sf.session, version=version)
        assert older.query("SELECT COUNT() FROM OpportunityStage")["totalSize"] == 10
    instance: Any = Salesforce(
        instance=site.url.removeprefix("https://"), session_id=sf.session_id, session=sf.session, version="67.0"
    )
    assert instance.limits()["DailyApiRequests"]["Max"] == 15_000


def test_setting_a_password_is_refused_because_all_users_share_one(sf: Any, site: Site) -> None:
    with pytest.raises(SalesforceGeneralError, match="METHOD_NOT_ALLOWED"):
        sf.set_password(site.org.default_user_id, "another-Password-1")


def test_files_are_refused_where_an_object_has_none(sf: Any, contact: str, tmp_path: Path) -> None:
    picture = tmp_path / "picture.png"
    picture.write_bytes(b"\x89PNG")

    with pytest.raises(SalesforceMalformedRequest, match="No such column 'Body' on sobject of type Contact"):
        sf.Contact.upload_base64(str(picture))
    with pytest.raises(SalesforceMalformedRequest, match="No such column 'Body' on sobject of type Contact"):
        sf.Contact.update_base64(contact, str(picture))
    with pytest.raises(SalesforceResourceNotFound):
        sf.Contact.get_base64(contact)


def test_what_is_not_reproduced_is_refused_as_a_real_org_would(sf: Any, site: Site) -> None:
    with pytest.raises((SalesforceMalformedRequest, SalesforceResourceNotFound)):
        sf.toolingexecute("query", method="GET", params={"q": "SELECT Id FROM ApexClass"})
    with pytest.raises(SalesforceResourceNotFound):
        sf.apexecute("Nothing", method="GET")
    with pytest.raises(SalesforceResourceNotFound):
        sf.restful("nothing/at/all")
    with pytest.raises(SalesforceResourceNotFound):
        sf.NoSuchThing.describe()
    stranger: Any = Salesforce(instance_url=site.url, session_id="00D!none", session=sf.session, version="67.0")
    for call in (stranger.limits, stranger.describe, lambda: stranger.bulk2.Contact.get_failed_records("750")):
        with pytest.raises(SalesforceExpiredSession):
            call()


def test_all_of_the_public_surface_is_driven() -> None:
    texts = "".join(path.read_text("utf-8") for path in sorted(Path(__file__).parent.glob("test_*.py")))
    classes = (Salesforce, SFType, bulk.SFBulkHandler, bulk.SFBulkType, bulk2.SFBulk2Type, bulk2._Bulk2Client)
    names = {
        name
        for owner in classes
        for name, member in vars(owner).items()
        if not name.startswith("_") and inspect.isfunction(inspect.unwrap(getattr(member, "__func__", member)))
    }

    called = {name for name in names if re.search(rf"\.{name}\b", texts)}

    assert len(names) > 50
    assert sorted(names - called) == sorted(NOT_CALLED_BY_NAME)
