"""A step that works, or has failed, asks a person and goes on where it stopped.

What it asks stands in `state["asking"]` while it waits, and becomes one request. What was answered is kept:

| kind | asks | approved, submitted | rejected, nobody answered |
| --- | --- | --- | --- |
| tool | may this call be made? | the same attempt goes on; the answer stands in `state["answers"]` | the same |
| question | what an agent wants to know | the same | the same |
| limit | how much more? | `granted` grows, the attempt goes on | the step (or the run) stops |
| repair | what now? | retry, retry_edited, skip | give_up: the step fails |

The attempt that goes on works again with the journal's answers, so nothing is paid or done twice.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from executions.engine import timers
from executions.engine.codec import usage_to_json
from executions.engine.commands import Answered, Asked
from executions.engine.effects import OpenRequest
from executions.engine.events import EventType
from executions.engine.guardrails import COUNTS, figure
from executions.engine.problems import Problem
from executions.engine.state import WORK_KINDS, StepRun
from executions.engine.turn import Turn
from workflows.schema import OnErrorAsk

EXPIRES_S = 86_400
"""How long nobody may answer before that counts as an answer."""
STARTER = "starter"
"""Stands for whoever started the run, among the assignees of a request."""
USUAL = (STARTER, "role:approver")
MOST_CHARACTERS = 64
"""Of the name of a question, its number included."""


def effect(run: StepRun) -> OpenRequest:
    """Ask."""
    asking = run.state["asking"]
    return OpenRequest(
        run.path, run.round, run.step_id, asking["kind"], asking["request"], asking["question"]
    )


def question_of(run: StepRun | None) -> str:
    """The name of what a step asks now; empty when it asks nothing."""
    asking = run.state.get("asking") if run is not None else None
    return str(asking["question"]) if asking else ""


def ask(
    turn: Turn, run: StepRun, asking: dict[str, Any], *, kept: tuple[str, ...] = (), **facts: Any
) -> None:
    """Let a step wait for a person. `kept` are the timers that go on; `facts` go into the log."""
    number = int(run.state.get("asked", 0)) + 1
    named = asking | {"question": f"{asking['question'][: MOST_CHARACTERS - 8]}.{number}"}
    left = {name: at for name, at in run.state.get("timers", {}).items() if name in kept}
    state = run.state | {"asked": number, "asking": named, "timers": left}
    due_at = timers.earliest(state)
    turn.emit(EventType.STEP_ASKED, run.path, round=run.round, due_at=due_at, state=state, **facts)


def withdraw(turn: Turn, run: StepRun) -> None:
    """Nobody needs to answer any more; what becomes of the step comes next."""
    question = question_of(run)
    if question:
        facts = {"round": run.round, "question": question, "state": _unasked(run)}
        turn.emit(EventType.ASK_WITHDRAWN, run.path, **facts)


def in_work(turn: Turn, run: StepRun, command: Asked) -> None:
    """A runner says that its work cannot go on without a person."""
    asked = list(command.request.get("assignees") or USUAL)
    request = {"expires_s": EXPIRES_S} | command.request | {"assignees": asked}
    asking = {
        "kind": command.about,
        "question": command.question,
        "key": command.question,
        "request": request,
    }
    used = {"usage": usage_to_json(command.usage), "served_by": command.served_by}
    ask(turn, run, asking, kept=("wall", "sla"), **used)


def about_limit(turn: Turn, run: StepRun, problem: Problem) -> None:
    """A limit was reached, and a person may raise it."""
    limit = problem.limit
    assert limit is not None  # noqa: S101 - whoever calls has looked
    rules = turn.plan.definition.guardrails if limit.scope == "run" else turn.step_of(run).guardrails
    again = getattr(rules, limit.limit) or 1
    asking = {
        "kind": "limit",
        "question": f"{limit.scope}-{limit.limit}",
        "limit": {"scope": limit.scope, "limit": limit.limit, "allowed": limit.allowed, "again": again},
        "error": problem.error,
        "request": {
            "title": f"{turn.step_of(run).title}: more {COUNTS[limit.limit][1]}?"[:200],
            "description": problem.message,
            "data": {"limit": limit.limit, "of": limit.scope, "used": limit.value, "allowed": limit.allowed},
            "form": _limit_form(limit.limit, limit.allowed, again),
            "answers": LIMIT_ANSWERS,
            "assignees": list(rules.assignees or USUAL),
            "expires_s": EXPIRES_S,
        },
    }
    if limit.done is not None:
        asking["done"] = limit.done
    ask(turn, run, asking, kept=("wall", "sla"), **problem.facts)


def _limit_form(limit: str, allowed: float, again: float) -> dict[str, Any]:
    """How much more, prefilled with the limit again."""
    number = "number" if limit == "max_cost" else "integer"
    most = 1_000_000 if number == "number" else 1_000_000_000
    more = {"type": number, "title": f"More {COUNTS[limit][1]}", "exclusiveMinimum": 0, "maximum": most}
    more |= {
        "default": again,
        "description": f"On top of the {figure(allowed)} that are allowed so far.",
    }
    return {"type": "object", "properties": {"more": more}, "required": ["more"]}


def about_failure(turn: Turn, run: StepRun, policy: OnErrorAsk, problem: Problem) -> None:
    """A step failed for good, and a person may repair it."""
    step = turn.step_of(run)
    answers = [one for one in REPAIR_ANSWERS if _is_offered(run, str(one["id"]))]
    offered = {str(one["id"]) for one in answers}
    request = {
        "title": f"Repair {step.title}?"[:200],
        "description": problem.message,
        "data": {"error": problem.error} | ({} if "retry_edited" in offered else {"input": run.input}),
        "form": _repair_form(run, offered),
        "answers": answers,
        "assignees": list(policy.assignees),
        "expires_s": policy.expires_s,
    }
    asking = {"kind": "repair", "question": "repair", "error": problem.error, "request": request}
    ask(turn, run, asking, kept=("sla",), **problem.facts)


def _is_offered(run: StepRun, answer: str) -> bool:
    if answer == "retry_edited":
        return run.kind in EDITABLE and isinstance(run.input, dict)
    return answer != "skip" or run.kind != "approval"


def _repair_form(run: StepRun, answers: set[str]) -> dict[str, Any] | None:
    fields: dict[str, Any] = {}
    if "retry_edited" in answers:
        given = "What it is given on “Retry with this input”."
        fields["input"] = {"type": "object", "title": "Input", "default": run.input, "description": given}
    if "skip" in answers:
        given = "What the step is taken to have given on “Skip with this value”, as JSON or as text."
        fields["value"] = {"title": "Value", "description": given}
    return {"type": "object", "properties": fields} if fields else None


EDITABLE = WORK_KINDS | {"workflow"}
"""Kinds whose input a person may change before they are tried again."""

LIMIT_ANSWERS = [
    {"id": "top_up", "label": "Allow more", "counts_as": "approve", "needs_comment": False},
    {"id": "stop", "label": "Stop", "counts_as": "reject", "needs_comment": False},
]
REPAIR_ANSWERS = [
    {"id": "retry", "label": "Retry", "counts_as": "approve", "needs_comment": False},
    {
        "id": "retry_edited",
        "label": "Retry with this input",
        "counts_as": "approve",
        "needs_comment": False,
    },
    {"id": "skip", "label": "Skip with this value", "counts_as": "approve", "needs_comment": False},
    {"id": "give_up", "label": "Give up", "counts_as": "reject", "needs_comment": False},
]


# What an answer leads to


@dataclass(frozen=True, slots=True)
class Resume:
    """The attempt goes on."""


@dataclass(frozen=True, slots=True)
class Finish:
    """The step ends well, with this output."""

    output: Any
    port: str


@dataclass(frozen=True, slots=True)
class Again:
    """Another attempt after this error, with `edited` merged over its input."""

    error: dict[str, Any]
    edited: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Fall:
    """The step fails, as its policies have it."""

    problem: Problem


@dataclass(frozen=True, slots=True)
class GiveUp:
    """The step fails for good, and with it what lies around it; or the whole run."""

    problem: Problem
    run: bool = False


type Consequence = Resume | Finish | Again | Fall | GiveUp


def answer(turn: Turn, run: StepRun, command: Answered) -> Consequence:
    """Take an answer in, and say what it leads to."""
    asking = run.state["asking"]
    state, consequence = _ANSWERS[asking["kind"]](turn, run, asking, command)
    resume(turn, run, state, _said(command))
    return consequence


def resume(turn: Turn, run: StepRun, state: dict[str, Any], said: dict[str, Any]) -> None:
    """Let a step that asked work again; each try to answer it has its whole time."""
    left = dict(state.get("timers", {}))
    step = turn.step_of(run)
    if step.timeout_s is not None and run.kind in WORK_KINDS:
        left["timeout"] = turn.moment(step.timeout_s)
    state = state | {"timers": left}
    facts = {"round": run.round, "attempt": run.attempt, "due_at": timers.earliest(state), "state": state}
    turn.emit(EventType.STEP_ANSWERED, run.path, answer=said, **facts)


def waiting_for_more(turn: Turn, limit: str) -> list[StepRun]:
    """Step runs that wait because the run has reached this limit."""
    about = {"scope": "run", "limit": limit}
    active = [turn.state.steps[path] for path in turn.index.active]
    return [run for run in active if about.items() <= run.state.get("asking", {}).get("limit", {}).items()]


def release(turn: Turn, run: StepRun) -> Consequence:
    """Let a step go on whose limit somebody has raised elsewhere."""
    asking = run.state["asking"]
    withdraw(turn, run)
    resume(turn, run, run.state, {"status": "raised"})
    return _as_before(asking)


def _said(command: Answered) -> dict[str, Any]:
    return {
        "status": command.status,
        "answer": command.answer,
        "comment": command.comment,
        "form": command.form,
        "by": list(command.by),
    }


def _unasked(run: StepRun) -> dict[str, Any]:
    return {key: value for key, value in run.state.items() if key != "asking"}


type Taken = tuple[dict[str, Any], Consequence]


def _on_work(turn: Turn, run: StepRun, asking: Mapping[str, Any], command: Answered) -> Taken:
    answers = run.state.get("answers", {}) | {asking["key"]: _said(command)}
    return _unasked(run) | {"answers": answers}, Resume()


def _on_limit(turn: Turn, run: StepRun, asking: Mapping[str, Any], command: Answered) -> Taken:
    about, state = asking["limit"], _unasked(run)
    problem = Problem(asking["error"]["code"], asking["error"]["message"], run.path)
    if not command.is_yes:
        return state, (GiveUp(problem, run=True) if about["scope"] == "run" else Fall(problem))
    more = _amount(command.form, about)
    state = _granted(turn, run, about, more, state)
    return state, _as_before(asking)


def _as_before(asking: Mapping[str, Any]) -> Consequence:
    """Go on with the work, or with the end that had come with the breach."""
    done = asking.get("done")
    return Finish(done["output"], done["port"]) if done else Resume()


def _granted(
    turn: Turn, run: StepRun, about: Mapping[str, Any], more: float, state: dict[str, Any]
) -> dict[str, Any]:
    """Raise a limit: of the run in its own memory, of a step in that step's."""
    limit, is_run = about["limit"], about["scope"] == "run"
    known = dict((turn.state.extra if is_run else state).get("granted", {}))
    granted = known | {limit: known.get(limit, 0) + more}
    facts = {"scope": about["scope"], "limit": limit, "more": more, "by_now": about["allowed"] + more}
    turn.emit(EventType.GUARDRAIL_RAISED, "" if is_run else run.path, granted=granted, **facts)
    return state if is_run else state | {"granted": granted}


def _amount(form: Mapping[str, Any] | None, about: Mapping[str, Any]) -> float:
    """What was allowed on top; without a number that makes sense, the limit again."""
    more = (form or {}).get("more")
    is_number = isinstance(more, int | float) and not isinstance(more, bool)
    return more if is_number and 0 < more <= 1e9 else about["again"]  # type: ignore[operator, return-value]


def _on_failure(turn: Turn, run: StepRun, asking: Mapping[str, Any], command: Answered) -> Taken:
    problem = Problem(asking["error"]["code"], asking["error"]["message"], asking["error"]["step"])
    form, state = command.form or {}, _unasked(run)
    offered = {one["id"] for one in asking["request"]["answers"]}
    said = command.answer if command.answer in offered else "retry"
    if not command.is_yes or said == "give_up":
        return state, GiveUp(problem)
    if said == "skip":
        return state, Finish(form.get("value"), turn.plan.way_on(run.step_id))
    edited = form.get("input") if said == "retry_edited" else None
    return state, Again(problem.error, edited if isinstance(edited, dict) else {})


_ANSWERS: dict[str, Callable[[Turn, StepRun, Mapping[str, Any], Answered], Taken]] = {
    "tool": _on_work,
    "question": _on_work,
    "limit": _on_limit,
    "repair": _on_failure,
}
KINDS = frozenset(_ANSWERS)
