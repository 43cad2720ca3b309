"""docs/playground.md lists every call of the side door and every option of the command line, and no other."""

from __future__ import annotations

import re
from pathlib import Path

from playground import command_line
from playground.side_door import CALLS

GUIDE = (Path(__file__).resolve().parents[2] / "docs" / "playground.md").read_text(encoding="utf-8")


def test_the_calls_of_the_side_door_are_listed() -> None:
    section = GUIDE[GUIDE.index("## The side door") : GUIDE.index("## Other people's tests")]
    first_cells = "".join(line.split("|")[1] for line in section.splitlines() if line.startswith("|"))
    told = {tuple(call.split(" ", 1)) for call in re.findall(r"`((?:GET|POST|PUT|DELETE)[^`]*)`", first_cells)}

    assert told == {(call.method, call.path) if call.path else (call.method,) for call in CALLS}


def test_the_options_of_the_command_line_are_listed() -> None:
    section = GUIDE[: GUIDE.index("It listens on loopback only")]
    first_cells = "".join(line.split("|")[1] for line in section.splitlines() if line.startswith("|"))
    told = set(re.findall(r"--[a-z][a-z-]*", first_cells))
    real = {name for action in command_line.parser()._actions for name in action.option_strings if len(name) > 2}

    assert told - real == set()
    assert real - told == {"--help", "--scenario"}, "a new option wants a line in the guide"
