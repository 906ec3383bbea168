"""Everything about one step of a run, for the panel beside the timeline."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from approvals import queries as approval_queries
from approvals.models import ApprovalRequest
from convergio.json_forms import FormField, fields_of
from convergio.workspaces.actors import Actor
from executions.models import Call, CallStatus, Execution, RunFile, StepRun, StepStatus
from workflows.schema import Step

MOST_CALLS = 60
QUIET = frozenset({"condition", "iteration", "wait", "parallel", "sequential", "loop", "transform"})
"""Kinds that are seldom what somebody wants to read first."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person is asked at a step, and whether this person may answer."""

    request: ApprovalRequest
    cannot: str | None
    fields: list[FormField]

    @property
    def answers(self) -> list[approval_queries.AnswerOption]:
        """The buttons."""
        return approval_queries.answers_of(self.request)


@dataclass(frozen=True, slots=True)
class Panel:
    """One step run in full."""

    run: StepRun
    step: Step | None
    title: str
    rounds: list[StepRun]
    calls: list[Call]
    said: list[dict[str, Any]]
    asked: Asked | None
    files: list[RunFile]
    child: Execution | None

    @property
    def is_streaming(self) -> bool:
        """Whether words of an agent may be coming in."""
        return self.run.status == StepStatus.RUNNING and self.run.kind in ("agent", "team")

    @property
    def keep(self) -> str:
        """Changes whenever what was said so far is on record, so that the live text begins anew."""
        return f"{self.run.path}:{self.run.round}:{len(self.said)}"

    @property
    def may_fork(self) -> bool:
        """Whether a new run can begin at this step."""
        return self.run.kind != "iteration" and self.run.scope == "" and self.run.ended_at is not None


def panel_of(
    execution: Execution,
    runs: Sequence[StepRun],
    steps: Mapping[str, Step],
    *,
    actor: Actor,
    wanted: str,
    number: str,
) -> Panel | None:
    """Return the panel of the wanted step (a path or a step's id), else of the one that matters most now."""
    chosen = choose(runs, wanted, number)
    if chosen is None:
        return None
    run = StepRun.objects.get(pk=chosen.pk)
    step = steps.get(run.step_id)
    calls = calls_of(execution, run)
    return Panel(
        run=run,
        step=step,
        title=step.title if step and run.kind != "iteration" else run.path,
        rounds=[one for one in runs if one.path == run.path],
        calls=calls,
        said=spoken(calls),
        asked=asked_at(execution, run, actor),
        files=list(RunFile.objects.filter(execution=execution, written_by=run.path)),
        child=execution.children.filter(parent_path=run.path, parent_round=run.round).first(),
    )


def choose(runs: Sequence[StepRun], wanted: str, number: str) -> StepRun | None:
    """Return the step run to show."""
    if wanted:
        found = [run for run in runs if run.path == wanted] or [run for run in runs if run.step_id == wanted]
        exact = [run for run in found if str(run.round) == number]
        return next(reversed(exact or found), None)
    for status in (StepStatus.WAITING, StepStatus.RUNNING, StepStatus.RETRYING, StepStatus.FAILED):
        found = [run for run in runs if run.status == status and not _is_quiet(run)]
        if found:
            return found[-1]
    loud = [run for run in runs if run.status == StepStatus.SUCCEEDED and run.kind not in QUIET]
    return next(reversed(loud or runs), None)


def _is_quiet(run: StepRun) -> bool:
    """A container, a condition or the like waits only because it failed and somebody is asked to repair it."""
    asks = run.status == StepStatus.WAITING and run.kind != "wait"
    return run.kind in QUIET and not asks


def calls_of(execution: Execution, run: StepRun) -> list[Call]:
    """Return the newest calls of a step run, in order."""
    mine = Call.objects.filter(execution=execution, path=run.path, round=run.round)
    return list(
        reversed(mine.exclude(status=CallStatus.SUPERSEDED).order_by("-started_at", "-id")[:MOST_CALLS])
    )


def spoken(calls: Sequence[Call]) -> list[dict[str, Any]]:
    """Return what models said and tools gave, in order, as a conversation."""
    return [_turn(call) for call in calls if call.kind == "tool" or call.status == CallStatus.FINISHED]


def _turn(call: Call) -> dict[str, Any]:
    if call.kind == "tool":
        return {
            "kind": "tool",
            "call": call,
            "arguments": _arguments(call.request),
            "result": _result(call.response),
        }
    text = _text(call.response)
    return {"kind": "model", "call": call, "text": text, "data": _data(text)}


def _arguments(request: Any) -> Any:
    return request.get("arguments", request) if isinstance(request, dict) else request


def _result(response: Any) -> Any:
    return response["value"] if isinstance(response, dict) and set(response) == {"value"} else response


def _data(text: str) -> Any:
    """A structured answer as data; None for prose."""
    if not text.lstrip().startswith(("{", "[")):
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _text(response: Any) -> str:
    if isinstance(response, str):
        return response
    if isinstance(response, dict):
        content = response.get("content", response.get("text", ""))
        return content if isinstance(content, str) else ""
    return ""


def asked_at(execution: Execution, run: StepRun, actor: Actor) -> Asked | None:
    """Return what people are (or were last) asked at a step."""
    if run.kind not in ("approval", "input") and not run.state.get("asked"):
        return None
    mine = approval_queries.visible_to(actor).filter(origin=str(execution.id), origin_path=run.path)
    request = mine.filter(round__lte=run.round).order_by("-round", "-created_at").first()
    if request is None:
        return None
    return Asked(request, approval_queries.refusal(request, actor), fields_of(request.form, {}, {}))
