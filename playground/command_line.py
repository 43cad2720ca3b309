"""The options of ``python -m playground``, and what they set on an org before it answers."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from playground import fault_catalogue, schema_folder
from playground.clock import Clock, system_clock
from playground.generate import Order, WrongOrder, parse_order
from playground.latency import Latency
from playground.org import DEFAULT_SEED, Org
from playground.settings import Settings


def parser() -> argparse.ArgumentParser:
    """All options."""
    made = argparse.ArgumentParser(prog="python -m playground", description="Run a playground Salesforce org.")
    made.add_argument("--port", type=_port, default=0, help="port on loopback; 0 (the default) takes a free one")
    made.add_argument("--dir", type=Path, required=True, help="folder for the org's data and playground.json")
    made.add_argument("--seed", type=int, default=DEFAULT_SEED, help="what a new org is filled with (default 7)")
    made.add_argument("--fresh", action="store_true", help="forget the org in the folder and begin anew")
    made.add_argument(
        "--generate",
        type=_order,
        metavar="opportunities=N[,accounts=N][,contacts=N]",
        help="fill a new org with so many records instead of the story",
    )
    made.add_argument("--scenario", choices=["sneakers"], default="sneakers", help="the story a new org tells")
    made.add_argument("--clock", type=_moment, help="the org's time at the start, as 2026-01-02T03:04:05Z")
    made.add_argument("--clock-fixed", type=_moment, help="the org's time, which stands still until it is moved")
    made.add_argument("--clock-shift", type=float, default=0.0, help="seconds by which the org's time is moved")
    made.add_argument("--visibility-delay", type=float, help="seconds after which queries show what was committed")
    made.add_argument("--latency", type=float, default=0.0, help="seconds that every request waits for its answer")
    made.add_argument("--automation", type=Path, action="append", default=[], help="TOML file of flows and rules")
    made.add_argument(
        "--fault", action="append", default=[], help='a fault by name, or JSON like {"fault": "F21-row-locked"}'
    )
    made.add_argument("--schema", type=Path, help="folder with describes of your own org, to look like it")
    made.add_argument("--set", type=_setting, action="append", default=[], help="a setting, as daily_api_calls=100")
    made.add_argument("--strict", action="store_true", help="name unknown resources, and exit 6 if any was asked for")
    made.add_argument("--http", action="store_true", help="speak plain HTTP instead of HTTPS")
    made.add_argument("--proxy", type=_port, nargs="?", const=0, help="port of a CONNECT proxy for Salesforce's hosts")
    made.add_argument("--env", action="store_true", help="print exports for the playground that runs in the folder")
    return made


def clock(options: argparse.Namespace) -> Clock:
    """The clock that the org follows."""
    if options.clock is None:
        return system_clock
    ahead: timedelta = options.clock - system_clock()
    return lambda: system_clock() + ahead


def prepare(org: Org, options: argparse.Namespace) -> None:
    """Order what the options say; ValueError and OSError for what cannot be ordered."""
    org.settings = org.settings.changed(dict(options.set))
    if options.visibility_delay is not None:
        org.settings = org.settings.changed({"visibility_delay_s": options.visibility_delay})
    if options.clock_fixed is not None:
        org.clock.fix(options.clock_fixed)
    if options.clock_shift:
        org.clock.shift(timedelta(seconds=options.clock_shift))
    org.let_time_work()
    if options.schema is not None:
        schema_folder.load(org, options.schema)
    if options.latency:
        org.latencies.add(Latency(options.latency))
    for path in options.automation:
        org.automation.add_file(path, org.schema)
    for text in options.fault:
        fault_catalogue.order(org, json.loads(text) if text.lstrip().startswith("{") else {"fault": text})


def _port(text: str) -> int:
    number = int(text)
    if not 0 <= number <= 65_535:
        raise argparse.ArgumentTypeError(f"{number} is no port")
    return number


def _order(text: str) -> Order:
    try:
        return parse_order(text)
    except WrongOrder as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _setting(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    kinds = {item.name: type(item.default) for item in fields(Settings)}
    if not equals or name not in kinds:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no setting; settings are name=value of {', '.join(sorted(kinds))}"
        )
    readers: dict[type, Callable[[str], Any]] = {bool: _truth, int: int, float: float, str: str}
    if kinds[name] not in readers:
        raise argparse.ArgumentTypeError(f"{name} cannot be set on the command line")
    return name, readers[kinds[name]](value)


def _truth(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise argparse.ArgumentTypeError(f"{text!r} is neither true nor false")
    return text.lower() == "true"
