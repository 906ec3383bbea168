"""What a run knows about a request that it opened: who made the work, what it cost, what each answer leads to.

Given to `approvals.packet`, which knows of no runs. Everything here is JSON, since the packet is kept with a decision.
"""

from collections.abc import Mapping
from typing import Any

from approvals.models import ApprovalRequest, RequestStatus
from approvals.queries import answers_of
from convergio.workspaces.actors import Actor
from executions.engine.state import ACTIVE_PHASES, ENDED_PHASES
from executions.packets import answers, limits, made, past
from executions.packets.reading import Asked
from workflows.expressions import Scope
from workflows.schema import ApprovalStep

__all__ = ["about"]


def about(request: ApprovalRequest, actor: Actor) -> Mapping[str, Any]:
    """Return what the run behind a request adds to its packet; nothing where no run asks."""
    asked = Asked.by(request)
    if asked is None:
        return {}
    return {
        "run": made.run_facts(asked),
        "makers": made.makers(asked),
        "tools": made.tool_calls(asked),
        "sources": made.sources(asked),
        "files": made.files(asked),
        "limits": limits.limits(asked),
        "findings": limits.findings(asked),
        "answers": _answers(asked) if request.status == RequestStatus.PENDING else [],
        "similar": past.similar(asked),
        "most_rounds": _most_rounds(asked),
    }


def _answers(asked: Asked) -> list[dict[str, Any]]:
    request = asked.request
    lapses = "approved" if request.auto_approve_at else "timed_out" if request.expires_at else ""
    found = answers.consequences(_situation(asked), answers_of(request), lapses=lapses)
    at = request.auto_approve_at or request.expires_at
    return [entry | {"at": at.isoformat()} if at and entry["id"] == "timeout" else entry for entry in found]


def _situation(asked: Asked) -> answers.Situation:
    here = asked.request.origin_path.rpartition(".")[0]
    around = {"", here}
    runs = asked.newest.values()
    waiting = {str(phase) for phase in ACTIVE_PHASES}
    over = {str(phase) for phase in ENDED_PHASES}
    works = [run for run in runs if run.status in waiting and run.path != asked.request.origin_path]
    return answers.Situation(
        plan=asked.plan,
        step_id=asked.step_id,
        kind=asked.request.kind,
        ended=frozenset(run.step_id for run in runs if run.scope in around and run.status in over),
        busy=sum(not _is_around(run.path, asked.request.origin_path) for run in works),
        revisions=int(asked.gate.state.get("revisions", 0)) if asked.gate else 0,
        agents=asked.agents,
        tools=asked.tools,
        scope=Scope(inputs=asked.execution.inputs, fields=asked.plan.definition.inputs),
        quorum=asked.request.quorum,
        facts=asked.request.data if isinstance(asked.request.data, dict) else {},
    )


def _is_around(path: str, inner: str) -> bool:
    """Whether a step run is a container, or a pass of a loop, in which another lies."""
    return inner.startswith((f"{path}.", f"{path}["))


def _most_rounds(asked: Asked) -> int | None:
    step = asked.step
    return step.config.max_revisions + 1 if isinstance(step, ApprovalStep) and step.config.revise else None
