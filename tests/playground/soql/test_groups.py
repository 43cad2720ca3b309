"""Random groups and subtotals against plain Python (salesforce-api.md, section 8.5)."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from itertools import combinations
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from playground import ids
from tests.playground.soql.small_org import answer, insert, open_tables

STAGES = ("Prospecting", "Qualification", "Closed Won")
NAMES = ("ab", "AB", "aB", "é", "É", "z", None)
FIELDS = ("Name", "StageName", "IsWon", "CloseDate")
Row = dict[str, Any]

rows = st.lists(
    st.fixed_dictionaries(
        {
            "Name": st.sampled_from(NAMES),
            "StageName": st.sampled_from((*STAGES, None)),
            "IsWon": st.sampled_from((0, 1)),
            "CloseDate": st.sampled_from(("2026-01-01", "2026-02-01", None)),
            "Amount": st.sampled_from((None, 0.0, 1.5, -2.0)),
        }
    ),
    max_size=12,
)
fields = st.lists(st.sampled_from(FIELDS), min_size=1, max_size=3, unique=True)


def folded(value: Any) -> Any:
    return value.upper() if isinstance(value, str) else value


def sets(kind: str, names: Sequence[str]) -> list[tuple[str, ...]]:
    if kind == "":
        return [tuple(names)]
    if kind == "ROLLUP":
        return [tuple(names[:size]) for size in range(len(names) + 1)]
    return [chosen for size in range(len(names) + 1) for chosen in combinations(names, size)]


def naive(kind: str, names: Sequence[str], found: Sequence[Row]) -> list[tuple[Any, ...]]:
    """Keys (null where summed over), marks, count, different names, sum, first and last stage as they are set up."""
    result = []
    for members in sets(kind, names):
        groups: dict[tuple[Any, ...], list[Row]] = {}
        for row in found:
            groups.setdefault(tuple(folded(row[name]) for name in members), []).append(row)
        for key, inside in groups.items():
            held = dict(zip(members, key, strict=True))
            amounts = [row["Amount"] for row in inside if row["Amount"] is not None]
            stages = sorted((row["StageName"] for row in inside if row["StageName"]), key=STAGES.index)
            result.append(
                (
                    *(held.get(name) for name in names),
                    *(0 if name in held else 1 for name in names if kind),
                    len(inside),
                    len({folded(row["Name"]) for row in inside} - {None}),
                    sum(amounts) if amounts else None,
                    stages[0] if stages else None,
                    stages[-1] if stages else None,
                )
            )
    return sorted(result, key=repr)


def spread(names: Sequence[str], record: Row) -> tuple[Any, ...]:
    """A record's values as :func:`naive` has them: texts of a group may be any of those that differ in case only."""
    given = [folded(record[name]) for name in names]
    bools = [
        None if value is None else int(value) if name == "IsWon" else value
        for name, value in zip(names, given, strict=True)
    ]
    return (*bools, *list(record.values())[1 + len(names) :])


@settings(max_examples=40, deadline=None)
@given(found=rows, names=fields, kind=st.sampled_from(("", "ROLLUP", "CUBE")))
def test_groups_and_subtotals_are_those_of_plain_python(found: list[Row], names: list[str], kind: str) -> None:
    listed = ", ".join(names)
    marks = "".join(f", GROUPING({name})" for name in names) if kind else ""
    text = (
        f"SELECT {listed}{marks}, COUNT(Id), COUNT_DISTINCT(Name), SUM(Amount), MIN(StageName), MAX(StageName) "
        f"FROM Opportunity GROUP BY {f'{kind}({listed})' if kind else listed}"
    )
    with closing(open_tables()) as connection:
        insert(connection, "Opportunity", [{"Id": ids.make_id("006", n), **row} for n, row in enumerate(found)])

        answered = answer(connection, text)

    assert sorted((spread(names, record) for record in answered), key=repr) == naive(kind, names, found)
