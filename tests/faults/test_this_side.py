"""What goes wrong on this machine: nothing is lost, nothing is done twice, and what happened is said."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from connector.salesforce.auth import PasswordLogin
from connector.salesforce.errors import AuthenticationFailed, Unreachable
from connector.salesforce.origin import Profile
from connector.salesforce.transport import SalesforceSession, TransportSettings
from connector.sync.errors import AnotherRunIsActive, LockLost, PlanRefused
from local_store.database import read
from local_store.errors import DatabaseBusy, DatabaseUnusable, StoreError
from local_store.lock import RunLock
from local_store.store import Store
from mapping.fields import ObjectMapping
from tests.faults.conftest import Mirror
from tests.support.playground import ORIGIN

Block = Callable[[], AbstractContextManager[Any]]


def test_two_processes_that_refresh_at_once_end_the_family_and_say_so(
    two_refreshers: tuple[SalesforceSession, SalesforceSession],
) -> None:
    """F6: with rotation on, the one that comes second must not go on with a dead token."""
    first, second = two_refreshers

    assert first.token().access_token
    with pytest.raises(AuthenticationFailed, match="invalid_grant"):
        second.token()


@pytest.mark.usefixtures("no_name_service")
def test_a_host_that_has_no_address_is_said_to_be_unreachable() -> None:
    """F13: the name does not resolve; nothing but time is lost."""
    login = PasswordLogin(ORIGIN, "u", "p", "t", "c", "s")
    session = SalesforceSession(login, TransportSettings(profile=Profile.PLAYGROUND), sleep=lambda _seconds: None)

    with pytest.raises(Unreachable, match=r"playground\.test"):
        session.token()
    session.close()


def test_a_full_disk_takes_everything_back_and_nothing_was_sent(mirror: Mirror, full_disk: Block) -> None:
    """F65: no write leaves before the intent is safe on disk."""
    account = mirror.account()
    mirror.records.update("Account", account, {"Phone": "123"})
    for number in range(300):
        mirror.site.org.create("Account", {"Name": f"Newcomer {number}", "Description": "x" * 5_000})

    with full_disk(), pytest.raises((DatabaseUnusable, StoreError), match="full"):
        mirror.run()

    assert mirror.account_there(account)["Phone"] != "123"
    mirror.run()
    assert mirror.account_there(account)["Phone"] == "123"


def test_a_busy_database_is_said_and_nothing_was_sent(mirror: Mirror, busy_database: Block) -> None:
    """F65."""
    mirror.records.update("Account", mirror.account(), {"Phone": "123"})
    sent = mirror.writes_sent()

    with busy_database(), pytest.raises(DatabaseBusy):
        mirror.run()

    assert mirror.writes_sent() == sent
    mirror.run()
    assert mirror.account_there(mirror.account())["Phone"] == "123"


def test_a_read_only_database_is_refused(mirror: Mirror) -> None:
    """F65."""
    mirror.store.close()
    with (
        Store.open(f"sqlite:///file:{mirror.path}?mode=ro&uri=true") as opened,
        pytest.raises(DatabaseUnusable, match="read-only"),
    ):
        opened.set_setting("x", 1)


def test_a_damaged_database_is_refused_and_left_alone(damaged_database: Path) -> None:
    """F66: the message says how to go on."""
    before = damaged_database.read_bytes()

    with pytest.raises(DatabaseUnusable, match="damaged") as told:
        Store.open(f"sqlite:///{damaged_database}")

    assert "backup" in told.value.advice
    assert damaged_database.read_bytes() == before


def test_an_older_backup_catches_up_without_making_anything_twice(
    mirror: Mirror, older_backup: Callable[[], None]
) -> None:
    """F67: what was sent after the backup comes back as the org has it."""
    account = mirror.account()
    mirror.records.update("Account", account, {"Phone": "123"})
    mirror.records.insert("Account", {"Name": "Made after the backup"})
    mirror.run()
    assert mirror.count("Made after the backup") == 1

    older_backup()
    for _ in range(2):
        mirror.run()

    assert mirror.count("Made after the backup") == 1
    assert mirror.account_there(account)["Phone"] == "123"
    found = mirror.records.get("Account", account)
    assert found is not None
    assert found["Phone"] == "123"


def test_an_emptied_table_does_not_empty_the_org(mirror: Mirror, emptied_table: str) -> None:
    """F68, F72: so many deletions at once are refused until somebody confirms them."""
    before = len(mirror.site.org.store.select(emptied_table, "NOT IsDeleted"))

    with pytest.raises(PlanRefused, match=r"[Dd]elet"):
        mirror.run()

    assert len(mirror.site.org.store.select(emptied_table, "NOT IsDeleted")) == before


def test_a_second_worker_leaves_and_names_the_first(mirror: Mirror, second_worker: RunLock) -> None:
    """F69."""
    with pytest.raises(AnotherRunIsActive, match="another machine's schedule"):
        mirror.run()

    second_worker.release()
    mirror.run()


def test_a_worker_whose_lease_ran_out_can_commit_nothing(mirror: Mirror, lost_lease: list[int]) -> None:
    """F69: fencing."""
    account = mirror.account()
    mirror.site.org.update("Account", account, {"Phone": "321"})

    with pytest.raises(LockLost, match="the other worker"):
        mirror.run()

    assert lost_lease
    found = mirror.records.get("Account", account)
    assert found is not None
    assert found["Phone"] != "321"


def test_a_killed_process_leaves_the_mirror_as_it_was(mirror: Mirror, killed_process: Callable[[], int]) -> None:
    """F70: kill -9 in the midst of a transaction."""
    before = _rows(mirror)
    mirror.store.close()

    assert killed_process() == -9

    mirror.reopen()
    assert _rows(mirror) == before
    assert mirror.run().objects["Account"].sent == 0


def test_what_was_created_just_before_the_end_is_found_and_not_created_again(
    mirror: Mirror, killed_after_sending: list[str]
) -> None:
    """F70, F16: the answer of a create is lost with its process."""
    made = mirror.records.insert("Account", {"Name": "Made here"})
    with pytest.raises(KeyboardInterrupt):
        mirror.run()
    assert (len(killed_after_sending), mirror.count("Made here")) == (1, 1)

    mirror.reopen()
    for _ in range(2):
        mirror.run()

    assert mirror.count("Made here") == 1
    assert mirror.records.resolve(made) != made


def test_a_transaction_that_the_database_gives_up_is_taken_back_as_a_whole(
    mirror: Mirror, lost_transaction: Block
) -> None:
    """F71."""
    account = mirror.account()
    mirror.site.org.update("Account", account, {"Phone": "321"})
    before = _rows(mirror)

    with lost_transaction() as given_up, pytest.raises((OperationalError, StoreError)):
        mirror.run()

    assert given_up
    assert _rows(mirror) == before
    mirror.run()
    found = mirror.records.get("Account", account)
    assert found is not None
    assert found["Phone"] == "321"


def test_a_run_keeps_the_mapping_it_began_with(mirror: Mirror, edited_mapping: Callable[[], ObjectMapping]) -> None:
    """F73: the edit is seen by the next run."""
    account = mirror.account()
    mirror.site.org.update("Account", account, {"Phone": "321"})

    mirror.run()

    assert mirror.objects[0] == edited_mapping()
    found = mirror.records.get("Account", account)
    assert found is not None
    assert found["Phone"] == "321"


def test_a_wrong_clock_here_does_not_change_what_is_synced(mirror: Mirror, wrong_clock: timedelta) -> None:
    """F59: only Salesforce's own stamps decide."""
    account = mirror.account()
    mirror.site.org.update("Account", account, {"Phone": "321"})
    mirror.records.update("Account", account, {"Fax": "456"})

    mirror.run()

    assert wrong_clock > timedelta(days=365)
    found = mirror.records.get("Account", account)
    assert found is not None
    assert found["Phone"] == "321"
    assert mirror.account_there(account)["Fax"] == "456"


def test_more_records_than_one_request_takes_go_in_several(mirror: Mirror) -> None:
    """F74."""
    for number in range(230):
        mirror.records.insert("Account", {"Name": f"One of many {number}"})

    mirror.run()

    there = mirror.site.org.store.select("Account", "Name LIKE 'One of many %'")
    assert len(there) == 230


def test_programs_that_write_at_once_wait_for_each_other(mirror: Mirror) -> None:
    """F65, F68: a tool of somebody's own writes while a sync runs."""
    failures: list[Exception] = []

    def write() -> None:
        connection = sqlite3.connect(mirror.path, isolation_level=None, timeout=20)
        try:
            for number in range(20):
                connection.execute(
                    "UPDATE account SET fax = ? WHERE id = (SELECT min(id) FROM account)", (str(number),)
                )
        except sqlite3.Error as error:
            failures.append(error)
        finally:
            connection.close()

    writer = threading.Thread(target=write)
    writer.start()
    mirror.run()
    writer.join()
    mirror.run()

    assert failures == []
    assert mirror.account_there(mirror.account())["Fax"] == "19"


def _rows(mirror: Mirror) -> list[Any]:
    with read(mirror.store.engine) as connection:
        return [
            connection.exec_driver_sql(f'SELECT * FROM "{name}" ORDER BY 1').all()
            for name in ("account", "contact", "base_account", "checkpoint")
        ]
