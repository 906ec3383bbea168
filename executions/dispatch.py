"""What follows from a transition, done after its commit. Twice is harmless: each act is known by its address."""

import asyncio
import logging
import uuid
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import InterfaceError, OperationalError
from django.utils import timezone

from agents.runtime.contract import Result, Spent, StepContext, StepFailed, StepStopped
from approvals import operations as approvals
from convergio.errors import ConvergioError
from convergio.threads import in_database
from convergio.workspaces.actors import Actor as By
from convergio.workspaces.models import User, Workspace
from executions import files, inbox
from executions.engine.commands import ChildEnded, Command, Failed, Start, Succeeded
from executions.engine.effects import (
    CancelStep,
    Effect,
    OpenRequest,
    RunStep,
    StartChild,
    TellParent,
    WithdrawRequest,
)
from executions.engine.state import ENDED_RUNS, Usage
from executions.journal import StepJournal
from executions.live import Teller
from executions.models import Execution
from executions.runners import RUNNERS
from executions.runners.work import work_of
from executions.store import RunFacts, storable

if TYPE_CHECKING:
    from executions.actor import Actor

log = logging.getLogger(__name__)


async def first_command(actor: "Actor") -> Command:
    """How a queued run begins: with its inputs, or as a copy of another run up to a step."""
    begin = actor.facts.begin
    if not begin:
        return Start(inputs=actor.state.inputs)
    from executions.forks import fork_command

    return await insist(actor.facts.id, lambda: fork_command(actor.facts, actor.state.inputs))


# a step's outside work


async def run_step(actor: "Actor", effect: RunStep, *, fresh: bool) -> None:
    """Do a step's work and tell the run how it ended. `fresh`: nothing of it can have been done before."""
    facts = actor.facts
    store = actor.worker.store
    journal = StepJournal(store, facts.workspace_id, facts.id, effect.path, effect.round, fresh=fresh)
    teller = Teller(actor.worker.news, facts.id, effect.path, effect.round)
    async with actor.slots:
        try:
            work = work_of(effect, actor.plan, actor.state)
            result = await RUNNERS[effect.kind](work, _context(actor, effect, journal, teller))
            answer: Command = await _succeeded(actor, effect, journal, result)
        except StepStopped:
            if _is_cancelled():
                return
            answer = await _failed(
                actor, effect, journal, StepFailed("stopped", "The step's work was stopped.")
            )
        except Exception as error:
            answer = await _failed(actor, effect, journal, _explained(actor, effect, error))
        await teller.flush()
    actor.tell(answer)


def _is_cancelled() -> bool:
    """Whether it was us who stopped the step, so that nobody wants to hear of it."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _context(actor: "Actor", effect: RunStep, journal: StepJournal, teller: Teller) -> StepContext:
    facts = actor.facts
    return StepContext(
        workspace_id=facts.workspace_id,
        execution_id=str(facts.id),
        path=effect.path,
        journal=journal,
        files=files.StepFiles(facts.id, effect.path),
        emit=teller.emit,
        watched=teller.is_watched,
        start_workflow=_starter(facts, effect.path),
        title=actor.plan.steps[effect.step_id].title,
    )


async def _succeeded(actor: "Actor", effect: RunStep, journal: StepJournal, result: Result) -> Command:
    return Succeeded(
        path=effect.path,
        round=effect.round,
        attempt=effect.attempt,
        output=storable(result.output),
        usage=await _usage(actor, effect, journal, result.spent),
        served_by=result.served_by or journal.served_by,
    )


async def _failed(actor: "Actor", effect: RunStep, journal: StepJournal, error: StepFailed) -> Command:
    return Failed(
        path=effect.path,
        round=effect.round,
        attempt=effect.attempt,
        code=error.reason,
        message=storable(error.sentence),
        retryable=error.retryable,
        usage=await _usage(actor, effect, journal, error.spent),
        served_by=error.served_by or journal.served_by,
    )


async def _usage(actor: "Actor", effect: RunStep, journal: StepJournal, spent: Spent) -> Usage:
    """What was used since the step run last said so. The journal knows, also of attempts that were cut off."""
    used = await journal.used()
    if not (used.requests or used.tool_calls):
        used = Usage(
            spent.requests, spent.prompt_tokens, spent.completion_tokens, spent.tool_calls, spent.cost
        )
    step = actor.state.steps.get(effect.path)
    told = step.usage if step is not None and step.round == effect.round else Usage()
    return Usage(
        requests=max(used.requests - told.requests, 0),
        prompt_tokens=max(used.prompt_tokens - told.prompt_tokens, 0),
        completion_tokens=max(used.completion_tokens - told.completion_tokens, 0),
        tool_calls=max(used.tool_calls - told.tool_calls, 0),
        cost=max(round(used.cost - told.cost, 8), 0.0),
    )


def _explained(actor: "Actor", effect: RunStep, error: Exception) -> StepFailed:
    """Any trouble as a failure of the step, with a sentence."""
    if isinstance(error, StepFailed):
        return error
    if isinstance(error, ConvergioError):
        return StepFailed(error.code, error.sentence, retryable=error.status >= 500)
    log.exception("run %s, step %s", actor.facts.id, effect.path, exc_info=error)
    kind = type(error).__name__
    return StepFailed("internal_error", f"The step stopped because of an unforeseen error ({kind}).")


def _starter(facts: RunFacts, path: str) -> Callable[[str, Mapping[str, Any], str], Any]:
    async def start_workflow(slug: str, inputs: Mapping[str, Any], key: str) -> str:
        return await in_database(_start_loose, facts, path, slug, dict(inputs), key)

    return start_workflow


def _start_loose(facts: RunFacts, path: str, slug: str, inputs: dict[str, Any], key: str) -> str:
    """Start a run that this one does not wait for."""
    from executions import operations

    started = operations.start_inner(
        facts, slug, None, inputs, idempotency_key=f"tool:{facts.id}:{key}", trigger="tool", path=path
    )
    return str(started.id)


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
            await insist(run, lambda: _tell_parent(actor))
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


def _open_request(actor: "Actor", effect: OpenRequest) -> None:
    facts, given, now = actor.facts, effect.input, timezone.now()
    workspace = Workspace.objects.get(pk=facts.workspace_id)
    name, number = Execution.objects.values_list("workflow__name", "number").get(pk=facts.id)

    def later(key: str) -> Any:
        return now + timedelta(seconds=given[key]) if given.get(key) else None

    approvals.open_request(
        by=By.system(workspace),
        kind=effect.kind,
        title=given["title"] or actor.plan.steps[effect.step_id].title,
        description=given.get("description") or "",
        data=given.get("data"),
        form=given.get("form"),
        assignees=given.get("approvers") or given.get("assignees") or (),
        quorum=given.get("quorum") or "any",
        can_revise=bool(given.get("revise")),
        separation_of_duties=bool(given.get("separation_of_duties")),
        requested_by=_user(facts.started_by_id),
        origin=str(facts.id),
        origin_path=effect.path,
        origin_label=f"{name} #{number}",
        round=effect.round,
        due_at=later("due_s"),
        expires_at=later("expires_s"),
        auto_approve_at=later("auto_approve_s"),
    )


def _user(user_id: int | None) -> User | None:
    return None if user_id is None else User.objects.filter(pk=user_id).first()


def _withdraw(facts: RunFacts, effect: WithdrawRequest) -> None:
    approvals.withdraw(str(facts.id), effect.path, effect.round)


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


def _tell_parent(actor: "Actor") -> None:
    facts, state = actor.facts, actor.state
    if facts.parent_id is None:
        return
    used = state.usage
    inbox.post(
        facts.parent_id,
        "child_ended",
        {
            "path": facts.parent_path,
            "round": facts.parent_round,
            "status": str(state.status),
            "outputs": state.outputs,
            "error": state.error,
            "usage": {name: getattr(used, name) for name in Usage.__slots__},
        },
    )


async def cancel_child(actor: "Actor", effect: CancelStep) -> None:
    """Stop the runs that a step started and waits for."""
    step = actor.state.steps.get(effect.path)
    if step is None or step.kind == "workflow":
        await insist(actor.facts.id, lambda: cancel_children(actor.facts.id, effect.path, effect.round))


def cancel_children(execution_id: uuid.UUID, path: str | None = None, round: int = 0) -> None:
    """Stop open runs started by a run, or by one of its steps."""
    children = Execution.objects.filter(parent=execution_id, trigger="workflow")
    children = children.exclude(status__in=[str(status) for status in ENDED_RUNS])
    if path is not None:
        children = children.filter(parent_path=path, parent_round=round)
    for child in children.values_list("id", flat=True):
        inbox.post(child, "cancel", {"reason": "the run that started it does not need it any more"})


async def farewell(actor: "Actor") -> None:
    """What an ended run's last owner may not have come to: nobody is asked or kept working for it any more."""

    def leave() -> None:
        withdraw_all(actor.facts.id)
        cancel_children(actor.facts.id)
        _tell_parent(actor)

    await insist(actor.facts.id, leave)


def withdraw_all(execution_id: uuid.UUID) -> None:
    """Nobody needs to answer anything for this run."""
    from approvals.models import ApprovalRequest, RequestStatus

    waiting = ApprovalRequest.objects.filter(origin=str(execution_id), status=RequestStatus.PENDING)
    for path, round in waiting.values_list("origin_path", "round"):
        approvals.withdraw(str(execution_id), path, round)
