"""What no real org has: calls below ``/__playground__/`` that set an org's time, load, faults and rules while it runs.

Every call but ``GET ready`` needs the header ``X-Playground: 1``, so that a web page in somebody's browser cannot make
one. Refusals are ``{"error": "a sentence"}``. :data:`CALLS` is the list that docs/playground.md is checked against.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Request

from playground import access, errors, fault_catalogue, fault_events, held, merging, quotas, setup, values
from playground.calls import Answer
from playground.faults import Effect, Fault
from playground.latency import Latency
from playground.login import apps
from playground.org import Org

PREFIX = "/__playground__"
Body = Mapping[str, Any]
Action = Callable[..., Any]
_ENTRIES_SHOWN = 1_000


@dataclass(frozen=True, slots=True)
class SideCall:
    """``path`` below the prefix; ``*`` is any one segment and is handed to the action after the org and the body."""

    method: str
    path: str
    action: Action

    def arguments(self, method: str, segments: tuple[str, ...]) -> list[str] | None:
        """What the stars stand for, or None when it is another call."""
        pattern = self.path.split("/") if self.path else []
        if method != self.method or len(pattern) != len(segments):
            return None
        pairs = list(zip(pattern, segments, strict=True))
        if any(wanted not in ("*", given) for wanted, given in pairs):
            return None
        return [given for wanted, given in pairs if wanted == "*"]


def answer(org: Org, request: Request, segments: tuple[str, ...]) -> Answer:
    """Answer one call."""
    if segments == ("ready",):
        return Answer(200, {"ready": True})
    if request.headers.get("X-Playground") != "1":
        return Answer(403, {"error": "Calls of the side door need the header X-Playground: 1."})
    try:
        return _answer(org, request.method, segments, _body(request))
    except errors.ApiError as error:
        return Answer(error.status, {"error": error.message})
    except KeyError as error:
        return Answer(404, {"error": str(error.args[0]) if error.args else "It is not there."})
    except (ValueError, TypeError, OSError) as error:
        return Answer(400, {"error": str(error)})


def _answer(org: Org, method: str, segments: tuple[str, ...], body: Body) -> Answer:
    for call in CALLS:
        arguments = call.arguments(method, segments)
        if arguments is not None:
            told = call.action(org, body, *arguments)
            if isinstance(told, Answer):
                return told
            return Answer(200, {"now": values.stamp(org.now())} if told is None else told)
    return Answer(404, {"error": "The side door has no such call; docs/playground.md lists them."})


def _body(request: Request) -> Body:
    content = request.get_data()
    body = json.loads(content) if content.strip() else dict(request.args.items())
    if not isinstance(body, dict):
        raise TypeError("The body must be a JSON object.")
    return body


def _state(org: Org, _body: Body) -> Any:
    return {"now": values.stamp(org.now()), "calls": org.calls_made()}


def _reset(org: Org, body: Body) -> None:
    if body.get("everything"):
        org.clear_orders()
        org.clock.reset()
        org.quotas.forget()
        org.journal.clear()
    org.reset(int(body["seed"]) if "seed" in body else None)


def _clock(org: Org, body: Body) -> None:
    """``shift_s``, ``fix`` (a moment), ``run_from`` (a moment), ``run`` (from where it stands) or ``reset``."""
    _only(body, "shift_s", "fix", "run_from", "run", "reset")
    if body.get("reset"):
        org.clock.reset()
    if "fix" in body:
        org.clock.fix(_moment(body["fix"]))
    if "run_from" in body:
        org.clock.run_from(_moment(body["run_from"]))
    if body.get("run"):
        org.clock.run_from(org.now())
    org.shift_clock(timedelta(seconds=float(body.get("shift_s", 0))))


def _settings(org: Org, body: Body) -> Any:
    org.settings = org.settings.changed(body)
    return {name: getattr(org.settings, name) for name in body}


def _expire_sessions(org: Org, _body: Body) -> None:
    org.expire_sessions()


def _order_fault(org: Org, body: Body) -> None:
    fault_catalogue.order(org, body)


def _faults(org: Org, _body: Body) -> Any:
    return {"faults": org.faults.listed()}


def _fault_catalogue(_org: Org, _body: Body) -> Any:
    return {"faults": [item.listed() for item in fault_catalogue.CATALOGUE]}


def _clear_faults(org: Org, _body: Body) -> None:
    org.faults.clear()


def _latency(org: Org, body: Body) -> Any:
    org.latencies.add(Latency.from_json(body))
    return {"latency": org.latencies.listed()}


def _clear_latency(org: Org, _body: Body) -> None:
    org.latencies.clear()


def _begin_transaction(org: Org, body: Body) -> Any:
    _only(body, "username", "writes")
    user_id = org.user_id(str(body["username"])) if "username" in body else None
    begun = org.hold(held.read_writes(body.get("writes", [])), user_id)
    return {"transaction": begun.number, "began": values.stamp(begun.began)}


def _transactions(org: Org, _body: Body) -> Any:
    return {
        "transactions": [
            {"transaction": item.number, "began": values.stamp(item.began), "writes": len(item.writes)}
            for item in org.held.open()
        ]
    }


def _commit(org: Org, _body: Body, number: str) -> Any:
    return {"ids": org.commit_held(int(number))}


def _roll_back(org: Org, _body: Body, number: str) -> None:
    org.held.end(int(number))


def _automate(org: Org, body: Body) -> Any:
    org.automation.add(body, org.schema)
    return org.automation.names()


def _automation(org: Org, _body: Body) -> Any:
    return org.automation.names()


def _clear_automation(org: Org, _body: Body) -> None:
    org.automation.clear()


def _restrict(org: Org, body: Body) -> None:
    user_id = org.user_id(str(body["username"])) if "username" in body else None
    org.access.add(access.read(body, org.schema, user_id))
    org.note_schema_change()


def _clear_access(org: Org, _body: Body) -> None:
    org.access.clear()
    org.note_schema_change()


def _change_schema(org: Org, body: Body) -> None:
    org.change_schema(body)


def _quotas(org: Org, _body: Body) -> Any:
    return {name: {"Max": org.quotas.allowed(name), "Used": org.quotas.used(name)} for name in quotas.COUNTED}


def _set_quota(org: Org, body: Body) -> Any:
    for name, remaining in body.items():
        if name not in quotas.COUNTED:
            raise ValueError(f"There is no counted limit {name}; there are {', '.join(quotas.COUNTED)}.")
        org.quotas.set_remaining(name, int(remaining))
    return _quotas(org, {})


def _long_requests(org: Org, body: Body) -> None:
    org.long_requests.of_others = int(body["running"])


def _undelete(org: Org, body: Body) -> None:
    org.undelete(str(body.get("object")), str(body.get("id")))


def _purge(org: Org, body: Body) -> None:
    org.purge(str(body.get("object")), str(body.get("id")))


def _merge(org: Org, body: Body) -> None:
    merging.merge(org, str(body.get("object")), str(body.get("winner")), [str(item) for item in body.get("losers", [])])


def _happen(org: Org, body: Body) -> None:
    """Let an event of the fault catalogue happen now, by its plain name, with its options."""
    name = str(body.get("event"))
    if name not in fault_events.EVENTS:
        raise ValueError(f"There is no event {name}; there are {', '.join(sorted(fault_events.EVENTS))}.")
    options = {key: value for key, value in body.items() if key != "event"}
    org.faults.undo_later(fault_events.happen(org, Fault(Effect.ACT, detail=name, options=options)))


def _requests(org: Org, body: Body) -> Any:
    method = str(body["method"]) if "method" in body else None
    counts = org.journal.counts(method, str(body.get("path", "")))
    told: dict[str, Any] = {
        "total": sum(item["count"] for item in counts),
        "counts": counts,
        "unknown": org.journal.unknown(),
    }
    if "entries" in body:
        told["entries"] = org.journal.latest(min(int(body["entries"]), _ENTRIES_SHOWN))
    return told


def _clear_requests(org: Org, _body: Body) -> None:
    org.journal.clear()


def _knows_all(org: Org, _body: Body) -> Answer:
    """501 when something was asked for that the playground does not have."""
    return Answer(200 if org.journal.knows_all else 501, {"unknown": org.journal.unknown()})


def _take_snapshot(org: Org, body: Body) -> Any:
    org.snapshots.take(str(body["name"]))
    return _snapshots(org, {})


def _snapshots(org: Org, _body: Body) -> Any:
    return {"snapshots": org.snapshots.names()}


def _restore(org: Org, _body: Body, name: str) -> None:
    org.restore(name)


def _drop_snapshot(org: Org, _body: Body, name: str) -> Any:
    org.snapshots.drop(name)
    return _snapshots(org, {})


def _clone(org: Org, body: Body) -> Any:
    directory = Path(str(body["dir"]))
    org.clone(directory).close()
    return {"dir": str(directory)}


def _connected_apps(org: Org, _body: Body) -> Any:
    return {"connected_apps": [app.to_json() for app in apps.registered(org)]}


def _register_app(org: Org, body: Body) -> Any:
    apps.register(org, apps.ConnectedApp.from_json(body))
    return _connected_apps(org, {})


def _only(body: Body, *known: str) -> None:
    unknown = sorted(set(body) - set(known))
    if unknown:
        raise ValueError(f"There is no {', '.join(unknown)} here; there is {', '.join(known)}.")


def _moment(text: Any) -> datetime:
    found = values.parse_datetime(str(text))
    if found is None:
        raise ValueError(f"{text!r} is no moment like 2026-01-02T03:04:05Z.")
    return found


CALLS = (
    SideCall("GET", "", _state),
    SideCall("POST", "reset", _reset),
    SideCall("POST", "clock", _clock),
    SideCall("POST", "settings", _settings),
    SideCall("POST", "sessions/expire", _expire_sessions),
    SideCall("GET", "faults", _faults),
    SideCall("POST", "faults", _order_fault),
    SideCall("DELETE", "faults", _clear_faults),
    SideCall("GET", "faults/catalogue", _fault_catalogue),
    SideCall("POST", "events", _happen),
    SideCall("POST", "latency", _latency),
    SideCall("DELETE", "latency", _clear_latency),
    SideCall("GET", "transactions", _transactions),
    SideCall("POST", "transactions", _begin_transaction),
    SideCall("POST", "transactions/*/commit", _commit),
    SideCall("POST", "transactions/*/rollback", _roll_back),
    SideCall("GET", "automation", _automation),
    SideCall("POST", "automation", _automate),
    SideCall("DELETE", "automation", _clear_automation),
    SideCall("POST", "access", _restrict),
    SideCall("DELETE", "access", _clear_access),
    SideCall("POST", "schema", _change_schema),
    *(SideCall(*item) for item in setup.CALLS),
    SideCall("GET", "quotas", _quotas),
    SideCall("POST", "quotas", _set_quota),
    SideCall("POST", "long-requests", _long_requests),
    SideCall("POST", "undelete", _undelete),
    SideCall("POST", "purge", _purge),
    SideCall("POST", "merge", _merge),
    SideCall("GET", "requests", _requests),
    SideCall("DELETE", "requests", _clear_requests),
    SideCall("GET", "strict", _knows_all),
    SideCall("GET", "snapshots", _snapshots),
    SideCall("POST", "snapshots", _take_snapshot),
    SideCall("POST", "snapshots/*/restore", _restore),
    SideCall("DELETE", "snapshots/*", _drop_snapshot),
    SideCall("POST", "clone", _clone),
    SideCall("GET", "connected-apps", _connected_apps),
    SideCall("POST", "connected-apps", _register_app),
)
