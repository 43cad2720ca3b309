"""What tells one org of a server from another: its My Domain, its id, and the ends of its user names.

The first org has none of this: it is called ``playground``, and its users are named as its seed says. Every other org
adds its own name to all user names, as a sandbox does, so that a user name leads to one org at the shared log-in hosts.
"""

from __future__ import annotations

import hashlib

from playground import ids
from playground.login import tables
from playground.store import Store

FACT = "my_domain"
_ID_DIGITS = 12


def give(store: Store, name: str) -> None:
    """Make the org's copy or newly filled file an org of its own: nobody has a session in it yet."""
    with store.transaction():
        tables.forget_people(store)
        former = store.fact(FACT)
        if former:
            ending = len(former) + 1
            store.execute(
                'UPDATE "User" SET Username = substr(Username, 1, length(Username) - ?) WHERE Username LIKE ?',
                (ending, f"%.{former}"),
            )
        store.set_fact(FACT, name)
        apply(store)


def apply(store: Store) -> None:
    """Give records that were replaced the id and the user names of their org again. Idempotent."""
    name = store.fact(FACT)
    if name is None:
        return
    with store.transaction():
        store.execute('UPDATE "Organization" SET Id = ?, IsSandbox = ?', (organization_id(name), int("--" in name)))
        store.execute('UPDATE "User" SET Username = Username || ? WHERE Username NOT LIKE ?', (f".{name}", f"%.{name}"))


def organization_id(name: str) -> str:
    """The id of an org by its name: the same on every server."""
    digest = hashlib.sha256(name.encode()).hexdigest()
    return ids.make_id("00D", int(digest[:_ID_DIGITS], 16))
