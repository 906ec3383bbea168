"""A run that waits for a decision, written straight into its tables: agents worked, tools were called, money went."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from agents.models import Agent
from approvals import operations as approvals
from approvals.models import ApprovalRequest
from executions.models import Call, Event, Execution, RunFile, StepRun
from tests.executions.flows import agent, approval, published
from tests.people import Cast

DRAFT = "# Launch note\n\nWe grow by 12 percent, because prices rose.\n\nNext: hire two people."
BETTER = "# Launch note\n\nWe grow by 14 percent, because prices rose sharply.\n\nNext: hire two people."
SEARCH = {"results": [{"title": "Price index", "url": "https://stats.example/prices"}]}
PAGE = {"url": "https://stats.example/growth", "title": "Growth <b>2026</b>", "text": "It grew."}


def definition() -> dict[str, Any]:
    """research > draft > gate; approved: post > tell; rejected: sorry."""
    hook = {"method": "POST", "url": "https://cms.example/notes"}
    steps = [
        agent("research", name="Research", config={"agent": "scout"}),
        agent("draft", name="Draft the note", guardrails={"max_tokens": 2000}),
        approval("gate", revise="draft", max_revisions=4, data={"note": "${steps.draft.output}"}),
        {
            "id": "post",
            "type": "tool",
            "name": "Post it",
            "config": {"tool": "http_request", "arguments": hook},
        },
        {
            "id": "tell",
            "type": "tool",
            "name": "Tell all",
            "config": {"tool": "notify", "arguments": {"title": "Out"}},
        },
        agent("sorry", name="Word the refusal"),
    ]
    edges = [
        {"source": "research", "target": "draft"},
        {"source": "draft", "target": "gate"},
        {"source": "gate", "port": "approved", "target": "post"},
        {"source": "post", "target": "tell"},
        {"source": "gate", "port": "rejected", "target": "sorry"},
    ]
    return {"format": 1, "steps": steps, "edges": edges, "guardrails": {"max_cost": 0.5}}


def staff(cast: Cast) -> None:
    """Two agents."""
    for slug, name, icon, tools in (
        ("scout", "Market Scout", "compass", ["web_fetch"]),
        ("writer", "Copywriter", "pencil", []),
    ):
        Agent.objects.get_or_create(
            workspace=cast.workspace,
            slug=slug,
            defaults={"name": name, "role": name, "icon": icon, "tools": tools, "category": "marketing"},
        )


def reviewed(cast: Cast, *, workflow: Any = None, number: int = 1, **facts: Any) -> ApprovalRequest:
    """A run in which the gate asks for the first time."""
    staff(cast)
    flow = workflow or published(cast, definition(), "launch-note")
    began = timezone.now() - timedelta(minutes=4)
    run = Execution.objects.create(
        workspace=cast.workspace,
        workflow=flow,
        version=flow.published,
        number=number,
        status="waiting",
        started_at=began,
        cost=Decimal("0.42"),
        prompt_tokens=9_000,
        completion_tokens=2_400,
        tool_calls=2,
        requests=3,
    )
    _step(run, "research", began, 40, cost="0.30", prompt=8_000, completion=1_200)
    _step(run, "draft", began, 12, cost="0.12", prompt=1_000, completion=900)
    gate(run, round=0)
    _calls(run, began)
    Event.objects.create(
        execution_id=run.pk,
        seq=1,
        at=began,
        type="sla.breached",
        path="research",
        data={"target_s": 30},
        hash="-",
    )
    RunFile.objects.create(
        workspace=cast.workspace, execution=run, name="sources.csv", size=2_048, written_by="research"
    )
    return ask(cast, run, data={"note": DRAFT}, **facts)


def ask(cast: Cast, run: Execution, **facts: Any) -> ApprovalRequest:
    """The gate's request, as the dispatcher opens it."""
    known: dict[str, Any] = {
        "title": "Publish the note?",
        "assignees": ["role:approver"],
        "can_revise": True,
        "origin": str(run.pk),
        "origin_path": "gate",
        "origin_label": f"{run.workflow.name} #{run.number}",
        "requested_by": cast.cleo.user,
        "expires_at": timezone.now() + timedelta(hours=20),
    }
    return approvals.open_request(by=cast.system, **known | facts)


def again(
    cast: Cast, request: ApprovalRequest, comment: str = "Say how strongly prices rose."
) -> ApprovalRequest:
    """Changes were requested, and the next round asks."""
    approvals.decide(request, "request_changes", by=cast.dan.actor, comment=comment)
    run = Execution.objects.get(pk=request.origin)
    StepRun.objects.filter(execution=run, path="gate").update(is_open=False, status="succeeded")
    gate(run, round=request.round + 1, revisions=request.round + 1)
    return ask(cast, run, data={"note": BETTER}, round=request.round + 1)


def gate(run: Execution, *, round: int, **state: Any) -> None:
    """The step run that waits."""
    StepRun.objects.create(
        execution=run,
        path="gate",
        step_id="gate",
        kind="approval",
        status="waiting",
        round=round,
        state=state,
    )


def _step(
    run: Execution, path: str, began: Any, seconds: int, *, cost: str, prompt: int, completion: int
) -> None:
    StepRun.objects.create(
        execution=run,
        path=path,
        step_id=path,
        kind="agent",
        status="succeeded",
        is_open=False,
        attempt=1,
        served_by="openai/gpt-5-mini",
        cost=Decimal(cost),
        prompt_tokens=prompt,
        completion_tokens=completion,
        started_at=began,
        ended_at=began + timedelta(seconds=seconds),
    )


def _calls(run: Execution, began: Any) -> None:
    _call(run, "research", "model", "scout", "openai/gpt-5", began, served_by="openai/gpt-5-mini")
    _call(run, "research", "tool", "scout", "web_fetch", began, {"url": "https://stats.example/growth"}, PAGE)
    _call(run, "research", "tool", "scout", "web_search", began, {"query": "price index 2026"}, SEARCH)
    _call(run, "draft", "tool", "writer", "file_read", began, {"file": "brand.md"}, None, status="failed")
    _call(run, "draft", "model", "writer", "openai/gpt-5-mini", began, served_by="openai/gpt-5-mini")


def _call(
    run: Execution,
    path: str,
    kind: str,
    actor: str,
    name: str,
    began: Any,
    arguments: Any = None,
    result: Any = None,
    *,
    status: str = "finished",
    served_by: str = "",
) -> None:
    Call.objects.create(
        workspace=run.workspace,
        execution=run,
        path=path,
        kind=kind,
        actor=actor,
        ordinal=Call.objects.count(),
        digest="-",
        name=name,
        status=status,
        served_by=served_by,
        request={"tool": name, "arguments": arguments},
        response={"value": result} if result is not None else None,
        error={"message": "There is no such file."} if status == "failed" else None,
        idempotency_key="-",
        started_at=began,
        ended_at=began + timedelta(seconds=2),
    )
