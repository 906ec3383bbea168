"""Waits for a time or an event. Ports: `done` and `timeout`; a timeout that leads nowhere fails the step."""

from datetime import UTC, datetime
from typing import Any

from executions.engine.state import StepRun
from executions.engine.steps import requests
from executions.engine.steps.kind import Broken, Done, Kind, Outcome, Waiting, text
from executions.engine.turn import Turn
from workflows.expressions import Scope
from workflows.schema import WaitStep

MAX_SECONDS = 366 * 86_400


def prepare(step: WaitStep, scope: Scope) -> dict[str, Any]:
    """What is waited for, with its variables filled in."""
    given = step.config.model_dump(exclude_none=True)
    return given | ({"until": text(step.config.until, scope)} if step.config.until else {})


def begin(turn: Turn, run: StepRun) -> Outcome:
    """Set the timer, or listen for the event. An input that a fork has edited may hold anything."""
    given = run.input
    if given.get("event"):
        return _listen(turn, given["event"], given.get("expires_s"))
    moment = _moment(given["until"]) if "until" in given else _from_now(turn, given.get("seconds"))
    if moment is None:
        written = given.get("until", given.get("seconds"))
        return Broken(
            "bad_time", f"“{written}” is neither seconds nor a date and time like 2026-01-31T09:00:00Z."
        )
    return Waiting({"for": "time"}, {"wake": moment})


def wake(turn: Turn, run: StepRun) -> Outcome:
    """The time has come."""
    return Done({"waited_until": run.state["timers"]["wake"]})


def expire(turn: Turn, run: StepRun) -> Outcome:
    """The event did not come."""
    sentence = f"The event “{run.input['event']}” did not come in time."
    return requests.on_port(turn, run, None, "timeout", Broken("event_expired", sentence))


def _listen(turn: Turn, event: str, expires_s: Any) -> Outcome:
    expiry = _from_now(turn, expires_s)
    return Waiting({"for": "event", "event": event}, {"expire": expiry} if expiry else {})


def _from_now(turn: Turn, seconds: Any) -> str | None:
    is_number = isinstance(seconds, int | float) and not isinstance(seconds, bool)
    return turn.moment(seconds) if is_number and 0 <= seconds <= MAX_SECONDS else None


def _moment(written: Any) -> str | None:
    """An ISO 8601 time; without a zone it is UTC."""
    try:
        moment = datetime.fromisoformat(str(written).strip())
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC).isoformat()
    except (ValueError, OverflowError):
        return None


KIND = Kind(prepare, begin)
