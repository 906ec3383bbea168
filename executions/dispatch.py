"""What follows from a transition, done after its commit. Twice is harmless: each act is known by its address."""

import asyncio
import logging
import uuid
from collections.abc import Callable, Container, Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import InterfaceError, OperationalError
from django.db.models import QuerySet

from approvals import operations as approvals
from convergio.errors import ConvergioError
from convergio.threads import in_database
from convergio.workspaces.actors import Actor as By
from convergio.workspaces.models import User, Workspace
from executions import inbox
from executions.engine.asking import STARTER, question_of
from executions.engine.commands import ChildEnded, Command, Start
from executions.engine.effects import (
    CancelStep,
    Effect,
    OpenRequest,
    StartChild,
    TellParent,
    WithdrawRequest,
)
from executions.engine.state import ENDED_RUNS, Phase, Usage
from executions.failpoints import passing
from executions.models import Execution
from executions.store import RunFacts

if TYPE_CHECKING:
    from executions.actor import Actor

log = logging.getLogger(__name__)

ENDED = [str(status) for status in ENDED_RUNS]


async def first_command(actor: "Actor") -> Command:
    """How a queued run begins: with its inputs (a trial perhaps with more), or as a copy of another up to a step."""
    begin = actor.facts.begin
    if "path" not in begin:
        return Start(inputs=actor.state.inputs, **begin)
    from executions.forks import fork_command

    return await insist(actor.facts.id, lambda: fork_command(actor.facts, actor.state.inputs))


# people


async def perform(actor: "Actor", effect: Effect) -> None:
    """Do one effect that is not a step's work."""
    run = actor.facts.id
    match effect:
        case OpenRequest():
            await insist(run, lambda: _open_request(actor, effect))
        case WithdrawRequest():
            await insist(run, lambda: _withdraw(actor.facts, effect))
        case StartChild():
            await _start_or_tell(actor, effect)
        case TellParent():
            await insist(run, lambda: tell_parent(run))
        case _:
            raise TypeError(f"no way to do {effect}")


async def insist[T](execution_id: uuid.UUID, action: Callable[[], T]) -> T:
    """Do something with the database, again and again while it is away."""
    pause = 0.1
    while True:
        try:
            return await in_database(action)
        except (OperationalError, InterfaceError) as error:
            log.warning("run %s: the database does not answer, trying again: %s", execution_id, error)
        await asyncio.sleep(pause)
        pause = min(pause * 2, 2.0)


async def _start_or_tell(actor: "Actor", effect: StartChild) -> None:
    """Start a step's run; when it cannot even begin, the step is told."""
    try:
        await insist(actor.facts.id, lambda: _start_child(actor.facts, effect))
    except ConvergioError as error:
        problem = {"code": error.code, "message": error.sentence}
        actor.tell(ChildEnded(effect.path, effect.round, "failed", error=problem))


FALLBACK = ("role:admin",)
"""Who is asked where nobody of those meant is in the workspace: a run must not wait for nobody."""
MOMENTS = {
    "due_at": "due_s",
    "follow_up_at": "follow_up_s",
    "escalate_at": "escalate_s",
    "expires_at": "expires_s",
    "auto_approve_at": "auto_approve_s",
}
"""A request's moments and the settings that say how long after asking each comes."""
AS_GIVEN = ("form", "answers", "priority", "quorum", "facts", "can_edit", "separation_of_duties")


def _open_request(actor: "Actor", effect: OpenRequest) -> None:
    facts, given = actor.facts, effect.input
    starter = _user(facts.started_by_id)
    workspace = Workspace.objects.get(pk=facts.workspace_id)
    name, number = Execution.objects.values_list("workflow__name", "number").get(pk=facts.id)
    approvals.open_request(
        by=By.system(workspace),
        kind=effect.kind,
        title=given["title"] or actor.plan.steps[effect.step_id].title,
        description=given.get("description") or "",
        assignees=_named(given.get("approvers") or given.get("assignees") or (), starter),
        fallback=FALLBACK,
        data=given.get("data"),
        can_revise=bool(given.get("revise")),
        requested_by=starter,
        cost=actor.state.usage.cost,
        origin=str(facts.id),
        origin_path=effect.path,
        origin_label=f"{name} #{number}",
        round=effect.round,
        question=effect.question,
        escalate_to=given.get("escalate_to") or (),
        **{key: given[key] for key in AS_GIVEN if given.get(key)},
        **_moments(given, actor.worker.store.now()),
    )
    passing("request.opened")


def _moments(given: dict[str, Any], now: datetime) -> dict[str, Any]:
    """When a request that is opened now is due, expires and so on; only what is set."""
    found = {at: now + timedelta(seconds=given[key]) for at, key in MOMENTS.items() if given.get(key)}
    last = found.get("due_at") or found.get("expires_at")
    if last and given.get("remind_s"):
        found["remind_at"] = last - timedelta(seconds=given["remind_s"])
    return found


def _named(assignees: Iterable[str], starter: User | None) -> list[str]:
    """The assignees, with whoever started the run by name."""
    found = [f"user:{starter.email}" if one == STARTER and starter else one for one in assignees]
    return [one for one in found if one != STARTER]


def _user(user_id: int | None) -> User | None:
    return None if user_id is None else User.objects.filter(pk=user_id).first()


def _withdraw(facts: RunFacts, effect: WithdrawRequest) -> None:
    approvals.withdraw(str(facts.id), effect.path, effect.round, effect.question)
    passing("request.withdrawn")


# other runs


def _start_child(facts: RunFacts, effect: StartChild) -> None:
    from executions import operations

    operations.start_inner(
        facts,
        effect.workflow,
        effect.version,
        effect.inputs,
        idempotency_key=f"step:{facts.id}:{effect.path}:{effect.round}",
        trigger="workflow",
        path=effect.path,
        round=effect.round,
    )
    passing("child.started")


def tell_parent(execution_id: uuid.UUID) -> None:
    """Tell the run that this one works for how it ended; nothing while it goes on, or goes on again."""
    ours = Execution.objects.filter(pk=execution_id, trigger="workflow", status__in=ENDED)
    child = ours.exclude(parent=None).defer("state", "inputs").first()
    if child is None or child.parent_id is None:
        return
    used = {name: getattr(child, name) for name in Usage.__slots__} | {"cost": float(child.cost)}
    data = {
        "path": child.parent_path,
        "round": child.parent_round,
        "status": child.status,
        "outputs": child.outputs,
        "error": child.error,
        "usage": used,
    }
    inbox.post(child.parent_id, "child_ended", data)
    passing("parent.told")


async def cancel_child(actor: "Actor", effect: CancelStep) -> None:
    """Stop the runs that a step started and waits for."""
    step = actor.state.steps.get(effect.path)
    if step is None or step.kind == "workflow":
        await insist(actor.facts.id, lambda: cancel_children(actor.facts.id, effect.path, effect.round))


def cancel_children(execution_id: uuid.UUID, path: str | None = None, round: int = 0) -> None:
    """Stop open runs started by a run, or by one of its steps."""
    children = _children(execution_id)
    if path is not None:
        children = children.filter(parent_path=path, parent_round=round)
    for child in children.values_list("id", flat=True):
        _cancel_child(child)
        passing("child.cancelled")


def _children(execution_id: uuid.UUID) -> QuerySet[Execution]:
    return Execution.objects.filter(parent=execution_id, trigger="workflow").exclude(status__in=ENDED)


def _cancel_child(child: uuid.UUID) -> None:
    inbox.post(child, "cancel", {"reason": "the run that started it does not need it any more"})


# after a worker was lost


async def tidy(actor: "Actor") -> None:
    """What a run's last owner may not have come to: nobody is asked or kept working whom no step waits for."""
    steps = actor.state.steps.values()
    wanted = {(step.path, step.round, question_of(step)) for step in steps if step.phase is Phase.WAITING}
    await insist(actor.facts.id, lambda: let_others_go(actor.facts.id, wanted))


def let_others_go(execution_id: uuid.UUID, wanted: Container[tuple[str, int, str]] = ()) -> None:
    """Withdraw requests and stop sub-workflows that are not wanted, and tell the parent when the run has ended."""
    for path, round, question in _asked(execution_id):
        if (path, round, question) not in wanted:
            approvals.withdraw(str(execution_id), path, round, question)
    for child, path, round in _children(execution_id).values_list("id", "parent_path", "parent_round"):
        if (path, round, "") not in wanted:
            _cancel_child(child)
    tell_parent(execution_id)


def _asked(execution_id: uuid.UUID) -> Iterable[tuple[str, int, str]]:
    from approvals.models import ApprovalRequest, RequestStatus

    waiting = ApprovalRequest.objects.filter(origin=str(execution_id), status=RequestStatus.PENDING)
    return list(waiting.values_list("origin_path", "round", "question"))
