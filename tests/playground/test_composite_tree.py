"""Trees and graphs of records (salesforce-api.md 4.3, 4.4)."""

from __future__ import annotations

from typing import Any

from tests.playground.conftest import Caller, problem


def node(kind: str, name: str, **fields: Any) -> dict[str, Any]:
    return {"attributes": {"type": kind, "referenceId": name}} | fields


def call(name: str, url: str, body: Any = None, method: str = "POST") -> dict[str, Any]:
    return {"method": method, "url": f"/services/data/v67.0/{url}", "referenceId": name, "body": body}


def test_a_tree_creates_parents_and_children_together(api: Caller) -> None:
    contact = node("Contact", "ref2", LastName="b")
    answer = api.post(
        "/composite/tree/Account", {"records": [node("Account", "ref1", Name="a", Contacts={"records": [contact]})]}
    )
    assert answer.status_code == 201
    body = answer.json()
    assert body["hasErrors"] is False
    assert [item["referenceId"] for item in body["results"]] == ["ref1", "ref2"]
    account_id, contact_id = (item["id"] for item in body["results"])
    assert api.record("Contact", contact_id)["AccountId"] == account_id


def test_one_bad_record_takes_the_whole_tree_back(api: Caller) -> None:
    contact = node("Contact", "ref2", LastName="b", Email="123")
    records = [node("Account", "ref1", Name="Nowhere Ltd", Contacts={"records": [contact]})]
    answer = api.post("/composite/tree/Account", {"records": records})
    assert answer.status_code == 400
    error = {"statusCode": "INVALID_EMAIL_ADDRESS", "message": "Email: invalid email address: 123", "fields": ["Email"]}
    assert answer.json() == {"hasErrors": True, "results": [{"referenceId": "ref2", "errors": [error]}]}
    assert api.query("SELECT Id FROM Account WHERE Name = 'Nowhere Ltd'") == []


def test_a_tree_has_at_most_200_records(api: Caller) -> None:
    records = [node("Account", f"ref{number}", Name="a") for number in range(201)]
    assert problem(api.post("/composite/tree/Account", {"records": records}))[1] == "LIMIT_EXCEEDED"


def test_a_tree_has_at_most_five_levels(api: Caller) -> None:
    record = node("Account", "ref6", Name="a")
    for number in range(5, 0, -1):
        record = node("Account", f"ref{number}", Name="a", ChildAccounts={"records": [record]})
    assert problem(api.post("/composite/tree/Account", {"records": [record]}))[1] == "LIMIT_EXCEEDED"


def test_a_reference_id_stands_once_in_a_tree(api: Caller) -> None:
    records = [node("Account", "same", Name="a"), node("Account", "same", Name="b")]
    assert problem(api.post("/composite/tree/Account", {"records": records}))[1] == "INVALID_INPUT"


def test_graphs_succeed_and_fail_each_on_its_own(api: Caller) -> None:
    good = [
        call("a", "sobjects/Account", {"Name": "Graph Good"}),
        call("c", "sobjects/Contact", {"LastName": "x", "AccountId": "@{a.id}"}),
    ]
    bad = [
        call("a", "sobjects/Account", {"Name": "Graph Bad"}),
        call("c", "sobjects/Contact", {"AccountId": "@{a.id}"}),
    ]
    answer = api.post(
        "/composite/graph",
        {"graphs": [{"graphId": "1", "compositeRequest": good}, {"graphId": "2", "compositeRequest": bad}]},
    )
    assert answer.status_code == 200
    first, second = answer.json()["graphs"]
    assert (first["graphId"], first["isSuccessful"]) == ("1", True)
    assert [item["httpStatusCode"] for item in first["graphResponse"]["compositeResponse"]] == [201, 201]
    assert (second["graphId"], second["isSuccessful"]) == ("2", False)
    codes = [item["body"][0]["errorCode"] for item in second["graphResponse"]["compositeResponse"]]
    assert codes == ["PROCESSING_HALTED", "REQUIRED_FIELD_MISSING"]
    assert [row["Name"] for row in api.query("SELECT Name FROM Account WHERE Name LIKE 'Graph %'")] == ["Graph Good"]


def test_after_fourteen_failed_graphs_the_rest_is_not_tried(api: Caller) -> None:
    graphs = [{"graphId": str(number), "compositeRequest": [call("a", "sobjects/Account", {})]} for number in range(14)]
    graphs.append({"graphId": "last", "compositeRequest": [call("a", "sobjects/Account", {"Name": "Untried"})]})
    last = api.post("/composite/graph", {"graphs": graphs}).json()["graphs"][-1]
    assert last["isSuccessful"] is False
    assert last["graphResponse"]["compositeResponse"][0]["body"][0]["errorCode"] == "PROCESSING_HALTED"


def test_graphs_have_limits(api: Caller) -> None:
    many = [{"graphId": str(number), "compositeRequest": []} for number in range(76)]
    assert problem(api.post("/composite/graph", {"graphs": many}))[1] == "LIMIT_EXCEEDED"
    chain = [call("a0", "sobjects/Account", {"Name": "x"})]
    chain += [
        call(f"a{number}", "sobjects/Account", {"Name": "x", "ParentId": f"@{{a{number - 1}.id}}"})
        for number in range(1, 16)
    ]
    too_deep = {"graphs": [{"graphId": "1", "compositeRequest": chain}]}
    assert problem(api.post("/composite/graph", too_deep))[1] == "LIMIT_EXCEEDED"
    too_many = [call(f"n{number}", "sobjects/Account", {"Name": "x"}) for number in range(501)]
    nodes = {"graphs": [{"graphId": "1", "compositeRequest": too_many}]}
    assert problem(api.post("/composite/graph", nodes))[1] == "LIMIT_EXCEEDED"
