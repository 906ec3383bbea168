"""The checker of the chaos rig is shown to see: each invariant is broken on purpose, and named."""

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from executions import chain
from tests.stack.chaos.checker import INVARIANTS, check
from tests.stack.chaos.evidence import Asked, Call, End, Event, Evidence, Request, Run, Start, Step, Used
from tests.stack.chaos.recorder import Effect

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
RUN = uuid.UUID(int=1)
MODEL = Used(requests=1, prompt_tokens=7, completion_tokens=5, cost=Decimal("0.002"))
TOOL = Used(tool_calls=1, cost=Decimal("0.001"))
LOG: list[tuple[str, str]] = [
    ("run.started", ""),
    ("step.started", "one"),
    ("step.succeeded", "one"),
    ("step.started", "gate"),
    ("step.waiting", "gate"),
    ("step.succeeded", "gate"),
    ("step.started", "two"),
    ("step.retrying", "two"),
    ("step.started", "two"),
    ("step.succeeded", "two"),
    ("run.completed", ""),
]


def log_of(lines: list[tuple[str, str]]) -> list[Event]:
    """Events that are chained as the product chains them."""
    events, before = [], ""
    for seq, (kind, path) in enumerate(lines, start=1):
        data = {"round": 0} if path else {}
        at = NOW + timedelta(seconds=seq)
        before = chain.link(before, RUN, seq, at, (kind, path), data)
        events.append(Event(RUN, seq, at, kind, path, data, before))
    return events


def sound() -> Evidence:
    """What a run leaves behind that was attacked and is well: an agent, an approval, a tool that was tried twice."""
    log = log_of(LOG)
    run = Run(
        RUN, "k", "flow", "completed", {"two": "b"}, None, len(log), log[-1].hash, "", None, MODEL + TOOL
    )
    return Evidence(
        starts=[Start("k", "flow", ends=(End("completed", {"two": "b"}),), notes=("kept",), told={str(RUN)})],
        runs=[run],
        steps=[
            Step(RUN, "one", 0, "agent", "succeeded", MODEL),
            Step(RUN, "gate", 0, "approval", "succeeded", Used()),
            Step(RUN, "two", 0, "tool", "succeeded", TOOL),
        ],
        events=log,
        calls=[
            Call(RUN, "one", 0, "model", "finished", "[k] write", NOW + timedelta(seconds=3), MODEL),
            Call(RUN, "two", 0, "tool", "finished", "", NOW + timedelta(seconds=9), TOOL),
        ],
        requests=[Request(RUN, "gate", 0, "approved", 1)],
        effects=[Effect("k", "kept", "key", NOW.timestamp() + 8)],
        asked=[Asked("[k] write", NOW.timestamp() + at) for at in (1, 2)],
        answered=[("request", 201), ("request", 409)],
        pages=[("workspace", True)],
        followed=[(str(RUN), tuple(range(1, len(log) + 1)), True)],
        edges={"flow": [("one", "done", "gate"), ("gate", "approved", "two")]},
    )


def relogged(evidence: Evidence, lines: list[tuple[str, str]]) -> None:
    """Another log, chained without fault."""
    evidence.events = log_of(lines)
    last = evidence.events[-1]
    evidence.runs = [replace(evidence.runs[0], seq=last.seq, last_hash=last.hash)]
    evidence.followed = [(str(RUN), tuple(range(1, last.seq + 1)), True)]


def with_run(**facts: Any) -> Callable[[Evidence], None]:
    def plant(evidence: Evidence) -> None:
        evidence.runs = [replace(evidence.runs[0], **facts)]

    return plant


def with_log(*lines: tuple[str, str]) -> Callable[[Evidence], None]:
    return lambda evidence: relogged(evidence, list(lines))


def changed(name: str, make: Callable[[Any], Any]) -> Callable[[Evidence], None]:
    """Evidence with one of its lists remade."""
    return lambda evidence: setattr(evidence, name, make(getattr(evidence, name)))


def swapped(one: int, two: int) -> list[tuple[str, str]]:
    lines = list(LOG)
    lines[one], lines[two] = lines[two], lines[one]
    return lines


def with_step(at: int, **facts: Any) -> Callable[[Evidence], None]:
    return changed("steps", lambda steps: [*steps[:at], replace(steps[at], **facts), *steps[at + 1 :]])


def with_request(**facts: Any) -> Callable[[Evidence], None]:
    return changed("requests", lambda requests: [replace(requests[0], **facts)])


OTHER = uuid.UUID(int=2)
PLANTED: list[tuple[str, str, Callable[[Evidence], None]]] = [
    ("no start is lost", "a start that left no run", changed("runs", lambda runs: [])),
    ("no start is lost", "a start that ran twice", changed("runs", lambda r: [*r, replace(r[0], id=OTHER)])),
    (
        "no start is lost",
        "an id that is another run's",
        changed("starts", lambda s: [replace(s[0], told={"x"})]),
    ),
    ("no start is lost", "a run that nobody started", changed("starts", lambda starts: [])),
    ("every run ends as it may", "a run that hangs", with_run(status="running")),
    ("every run ends as it may", "a run that fails", with_run(status="failed")),
    ("every run ends as it may", "other outputs", with_run(outputs={"two": "c"})),
    ("nobody holds an ended run", "an owner", with_run(owner="worker")),
    ("nobody holds an ended run", "a command nobody took", changed("commands", lambda commands: [RUN])),
    ("logs are whole", "a gap", changed("events", lambda events: events[:4] + events[5:])),
    ("logs are whole", "a missing end", changed("events", lambda events: events[:-1])),
    (
        "logs are whole",
        "a changed event",
        changed("events", lambda e: [replace(e[0], data={"round": 9}), *e[1:]]),
    ),
    ("logs are in order", "an event after the end", with_log(*LOG, ("step.started", "three"))),
    ("logs are in order", "two ends", with_log(*LOG, ("run.failed", ""))),
    ("logs are in order", "a success before the start", with_log(*swapped(1, 2))),
    ("logs are in order", "no beginning", with_log(*LOG[1:])),
    ("parents come first", "a step before its parent", with_log(*LOG[:1], *LOG[3:6], *LOG[1:3], *LOG[6:])),
    (
        "parents come first",
        "a step before its container",
        with_log(*LOG[:1], ("step.started", "a.b"), *LOG[1:]),
    ),
    ("results are recorded once", "two results", with_log(*LOG[:3], LOG[2], *LOG[3:])),
    ("results are recorded once", "a row that the log knows nothing of", with_log(*LOG[:9], LOG[10])),
    ("costs add up", "a call nobody counted", changed("calls", lambda calls: calls[:1])),
    ("costs add up", "a step that says more", with_step(0, used=MODEL + MODEL)),
    ("costs add up", "a run that says less", with_run(used=MODEL)),
    (
        "no call is paid twice",
        "a model that is asked again",
        changed("asked", lambda asked: [*asked, Asked("[k] write", NOW.timestamp() + 5)]),
    ),
    ("effects happen once", "an effect twice", changed("effects", lambda effects: effects * 2)),
    ("effects happen once", "an effect that is missing", changed("effects", lambda effects: [])),
    (
        "effects happen once",
        "an effect of a branch that was not taken",
        changed("effects", lambda effects: [*effects, replace(effects[0], note="other")]),
    ),
    ("questions fit runs", "a question for an ended step", with_request(status="pending", decisions=0)),
    ("questions fit runs", "a step that waits for nobody", with_step(1, status="waiting")),
    ("questions are settled once", "two decisions", with_request(decisions=2)),
    ("questions are settled once", "an approval by nobody", with_request(decisions=0)),
    ("questions are settled once", "two winners", changed("answered", lambda a: [*a, ("request", 201)])),
    ("nothing is missed", "a page that stays deaf", changed("pages", lambda pages: [("workspace", False)])),
    (
        "nothing is missed",
        "an event that a follower never got",
        changed("followed", lambda f: [(f[0][0], f[0][1][1:], True)]),
    ),
    (
        "nothing is missed",
        "an end that a follower never got",
        changed("followed", lambda f: [(*f[0][:2], False)]),
    ),
]


def test_a_sound_day_violates_nothing() -> None:
    assert check(sound()) == []


@pytest.mark.parametrize(("invariant", "what", "plant"), PLANTED, ids=[what for _, what, _ in PLANTED])
def test_a_planted_violation_is_found(invariant: str, what: str, plant: Callable[[Evidence], None]) -> None:
    evidence = sound()
    plant(evidence)
    assert invariant in {violation.invariant for violation in check(evidence)}


def test_every_invariant_has_a_planted_violation() -> None:
    assert {invariant for invariant, _, _ in PLANTED} == set(INVARIANTS)


def test_what_stopped_work_had_cost_may_be_told_after_the_end() -> None:
    evidence = sound()
    relogged(evidence, [*LOG, ("usage.counted", "two")])
    assert check(evidence) == []
