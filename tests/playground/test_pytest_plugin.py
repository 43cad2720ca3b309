"""The fixtures for other people's tests, used as they would use them."""

from __future__ import annotations

import requests

from playground.pytest_plugin import Playground, playground, playground_server

__all__ = ["playground", "playground_server"]


def make_an_account(playground: Playground) -> int:
    answer = requests.post(
        f"{playground.url}/services/data/v67.0/sobjects/Account",
        json={"Name": "Made by a test"},
        headers={"Authorization": f"Bearer {playground.token}"},
        verify=playground.ca_file,
        timeout=5,
    )
    return answer.status_code


def test_a_program_s_requests_and_faults_can_be_told(playground: Playground) -> None:
    playground.order_fault("F11-503-html", path="/sobjects")
    playground.org.clock.run_from(playground.org.now().replace(year=2040))

    assert [make_an_account(playground) for _ in range(2)] == [503, 401]

    told = playground.requests(method="POST", path="sobjects/Account")
    assert told["total"] == 2
    assert told["unknown"] == []


def test_nothing_of_one_test_is_left_for_the_next(playground: Playground) -> None:
    for _ in range(2):
        assert playground.requests()["total"] == 0
        assert make_an_account(playground) == 201
        playground.org.journal.clear()

    assert playground.org.now().year < 2040
    assert len(playground.org.store.select("Account", "Name = 'Made by a test'")) == 2


def test_nor_for_the_one_after_it(playground: Playground) -> None:
    assert playground.org.store.select("Account", "Name = 'Made by a test'") == []
    assert playground.org.calls_made() == 0
