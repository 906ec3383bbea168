"""Waits for a time or an event. Ports: `done` and `timeout`; a timeout that leads nowhere fails the step."""

from datetime import UTC, datetime
from typing import Any

from executions.engine.state import StepRun
from executions.engine.steps import requests
from executions.engine.steps.kind import Broken, Done, Kind, Outcome, Waiting, text
from executions.engine.turn import Turn
from workflows.expressions import Scope
from workflows.schema import WaitStep


def prepare(step: WaitStep, scope: Scope) -> dict[str, Any]:
    """What is waited for, with its variables filled in."""
    given = step.config.model_dump(exclude_none=True)
    return given | ({"until": text(step.config.until, scope)} if step.config.until else {})


def begin(turn: Turn, run: StepRun) -> Outcome:
    """Set the timer, or listen for the event."""
    wanted = run.input
    if wanted.get("event"):
        expiry = wanted.get("expires_s")
        return Waiting(
            {"for": "event", "event": wanted["event"]}, {"expire": turn.moment(expiry)} if expiry else {}
        )
    if "until" not in wanted:
        return Waiting({"for": "time"}, {"wake": turn.moment(wanted["seconds"])})
    moment = _moment(wanted["until"])
    if moment is None:
        return Broken("bad_time", f"“{wanted['until']}” is not a date and time like 2026-01-31T09:00:00Z.")
    return Waiting({"for": "time"}, {"wake": moment.isoformat()})


def wake(turn: Turn, run: StepRun) -> Outcome:
    """The time has come."""
    return Done({"waited_until": run.state["timers"]["wake"]})


def expire(turn: Turn, run: StepRun) -> Outcome:
    """The event did not come."""
    sentence = f"The event “{run.input['event']}” did not come in time."
    return requests.on_port(turn, run, None, "timeout", Broken("event_expired", sentence))


def _moment(written: str) -> datetime | None:
    """An ISO 8601 time; without a zone it is UTC."""
    try:
        moment = datetime.fromisoformat(written.strip())
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


KIND = Kind(prepare, begin)
