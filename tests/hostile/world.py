"""One of every object in a workspace, so that each can be tried from another one.

Ids and slugs begin with `zz`, contents with the mark: an answer may repeat what was asked for, but never the mark.
"""

from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.core.files.base import ContentFile
from django.db.models import Model
from django.utils import timezone

from agents import operations as agents
from agents.models import Notice, ToolSetting
from approvals import links
from approvals import operations as approvals
from approvals.models import Absence, Decision
from convergio.notifications import operations as notifications
from convergio.notifications.models import Kind
from convergio.workspaces import operations as workspaces
from convergio.workspaces.actors import Actor
from convergio.workspaces.models import User, Workspace
from executions import files
from executions.models import Call, Command, Event, Execution, Pin, StepRun
from tests.people import Person
from tests.workflows.examples import SMALL
from workflows.models import DraftChange, Workflow, WorkflowVersion

OURS = ("agents", "approvals", "audit", "executions", "notifications", "workflows", "workspaces")
TO_WORKSPACE: dict[str, str] = {
    "agents.agentversion": "agent__workspace",
    "agents.languagemodel": "provider__workspace",
    "approvals.activity": "request__workspace",
    "approvals.answerlink": "request__workspace",
    "approvals.decision": "request__workspace",
    "approvals.watch": "request__workspace",
    "executions.command": "execution__workspace",
    "executions.pin": "workflow__workspace",
    "executions.steprun": "execution__workspace",
    "workflows.draftchange": "workflow__workspace",
    "workflows.workflowversion": "workflow__workspace",
    "workspaces.user": "memberships__workspace",
    "workspaces.workspace": "pk",
}
"""How to get from a row to its workspace where it has no column of its own."""
BELONGS_NOWHERE = frozenset({"executions.worker", "notifications.told"})


@dataclass
class World:
    """A workspace with one of every object. `ids` is what addresses and bodies call them by."""

    workspace: Workspace
    owner: Person
    mark: str
    ids: dict[str, str] = field(default_factory=dict)
    api_key: str = ""
    provider_key: str = ""
    rows: dict[str, Model] = field(default_factory=dict)


def build(owner: Person, prefix: str, mark: str) -> World:
    """Fill the owner's workspace."""
    world = World(owner.member.workspace, owner, mark)
    workspaces.update_workspace(name=f"{mark} Workspace", by=owner.actor)
    type(owner.user).objects.filter(pk=owner.user.pk).update(name=f"{mark} Owner")
    world.ids |= {"email": owner.email, "member": str(owner.member.pk), "workspace": str(world.workspace.pk)}
    _people(world, prefix)
    _agents(world, prefix)
    workflow = _workflow(world, prefix)
    _run(world, workflow)
    _approval(world)
    _news(world)
    return world


def _news(world: World) -> None:
    by, mark = world.owner.actor, world.mark
    hook = notifications.create_webhook(
        name=f"{mark} Chat", url="https://chat.example/zz", kinds=["asked"], by=by
    )
    news = notifications.News(Kind.ASKED, f"{mark} news", body=mark, url="/approvals/", about="zz:1")
    [row] = notifications.notify([world.owner.user], news, by=Actor.system(world.workspace))
    notifications.post(news, by=by)
    notifications.set_preferences({"late": {"email": True}}, by=by)
    world.ids |= {"notification": str(row.pk), "webhook": str(hook.pk)}
    world.rows |= {"notification": row, "webhook": hook}


def _people(world: World, prefix: str) -> None:
    by, mark = world.owner.actor, world.mark
    group = workspaces.create_group(name=f"{mark} Group", slug=f"{prefix}-group", by=by)
    workspaces.set_group_members(group, [world.owner.member], by=by)
    key, world.api_key = workspaces.create_api_key(name=f"{mark} Key", scopes=["admin", "run"], by=by)
    world.ids |= {"group": group.slug, "key": str(key.pk)}
    world.rows |= {"group": group, "apikey": key}


def _agents(world: World, prefix: str) -> None:
    by, mark = world.owner.actor, world.mark
    world.provider_key = f"sk-{prefix}-very-secret-provider-key"
    provider = agents.create_provider(
        slug=f"{prefix}-provider", name=f"{mark} Provider", kind="openai", api_key=world.provider_key, by=by
    )
    model = agents.save_model(provider, name=f"{mark}-model", by=by)
    spec = {
        "slug": f"{prefix}-agent",
        "name": f"{mark} Agent",
        "role": f"{mark} role",
        "system_prompt": f"{mark} prompt",
        "capabilities": [f"{prefix}-capability"],
    }
    agent = agents.create_agent(spec, by=by, model=model)
    setting = ToolSetting.objects.create(workspace=world.workspace, slug="calculator", options={"x": mark})
    notice = Notice.objects.create(workspace=world.workspace, title=f"{mark} notice", text=f"{mark} text")
    world.ids |= {"provider": str(provider.pk), "model": str(model.pk), "agent": agent.slug}
    world.rows |= {"provider": provider, "languagemodel": model, "agent": agent}
    world.rows |= {"toolsetting": setting, "notice": notice}


def _workflow(world: World, prefix: str) -> Workflow:
    definition = {**SMALL, "outputs": {"text": f"{world.mark} says ${{steps.send.output}}"}}
    workflow = Workflow.objects.create(
        workspace=world.workspace,
        slug=f"{prefix}-plan",
        name=f"{world.mark} Plan",
        description=f"{world.mark} description",
        category=f"{world.mark}",
        draft=definition,
    )
    workflow.published = WorkflowVersion.objects.create(
        workflow=workflow, number=1, definition=definition, digest="-", note=f"{world.mark} note"
    )
    workflow.save()
    DraftChange.objects.create(
        workflow=workflow,
        revision=0,
        state=DraftChange.State.DROPPED,
        title=f"{world.mark} title",
        patch={"settings": {"x": [None, world.mark]}},
        created_by=world.owner.user,
    )
    world.ids |= {"workflow": workflow.slug, "version": str(workflow.published.pk)}
    world.rows |= {"workflow": workflow, "workflowversion": workflow.published}
    return workflow


def _run(world: World, workflow: Workflow) -> None:
    mark = world.mark
    run = Execution.objects.create(
        workspace=world.workspace,
        workflow=workflow,
        version=workflow.published,
        number=1,
        status="waiting",
        inputs={"city": mark},
        outputs={"text": mark},
        started_by=world.owner.user,
        started_at=timezone.now(),
        seq=1,
    )
    step = StepRun.objects.create(
        execution=run, path="greet", step_id="greet", kind="transform", status="succeeded", output=mark
    )
    StepRun.objects.create(
        execution=run,
        path="gate",
        step_id="gate",
        kind="approval",
        status="waiting",
        state={"event": "zz-event"},
    )
    call = Call.objects.create(
        workspace=world.workspace,
        execution=run,
        path="greet",
        kind="model",
        actor="zz-agent",
        ordinal=0,
        digest="-",
        name=mark,
        request={"prompt": mark},
        response={"content": mark},
        idempotency_key="zz",
    )
    Event.objects.create(
        execution_id=run.pk, seq=1, at=timezone.now(), type="run.started", data={"x": mark}, hash="-"
    )
    Pin.objects.create(workflow=workflow, step_id="greet", output=mark, port="done")
    Command.objects.create(execution=run, kind="cancel", data={"reason": mark})
    file = files.save(
        ContentFile(mark.encode(), name="zz.txt"),
        workspace_id=world.workspace.pk,
        name=f"{mark}.txt",
        execution_id=run.pk,
    )
    world.ids |= {"execution": str(run.pk), "file": str(file.pk), "call": str(call.pk), "step": str(step.pk)}
    world.rows |= {"execution": run}


def _approval(world: World) -> None:
    request = approvals.open_request(
        by=world.owner.actor,
        title=f"{world.mark} question",
        description=f"{world.mark} description",
        data={"draft": world.mark},
        assignees=[f"user:{world.owner.email}"],
        can_revise=True,
        origin=world.ids["execution"],
        origin_path="gate",
        origin_label=f"{world.mark} Plan",
    )
    Decision.objects.create(
        request=request, user=None, answer="approve", counts_as="approve", comment=world.mark
    )
    approvals.watch(request, by=world.owner.actor)
    links.make(request, world.owner.user)
    kept = approvals.save_filter(f"{world.mark} filter", "q=x", by=world.owner.actor)
    days, stand_in = timezone.now().date(), User.objects.create_user(f"{world.mark.lower()}@example.com")
    away = Absence.objects.create(
        workspace=world.workspace, user=world.owner.user, stand_in=stand_in, first_day=days, last_day=days
    )
    world.ids |= {"filter": str(kept.pk), "absence": str(away.pk)}
    world.ids["request"] = str(request.pk)
    world.rows["approvalrequest"] = request


def models_of_ours() -> list[type[Model]]:
    """Every model of the product that belongs to a workspace."""
    found = [model for app in OURS for model in apps.get_app_config(app).get_models()]
    return [model for model in found if model._meta.label_lower not in BELONGS_NOWHERE]


def rows_of(model: type[Model], world: World) -> list[dict[str, Any]]:
    """All rows of a model that lie in a workspace, as values. A model that nobody knows fails here."""
    label = model._meta.label_lower
    rows = model._default_manager.all()
    if label == "executions.event":
        rows = rows.filter(execution_id=world.ids["execution"])
    else:
        lookup = TO_WORKSPACE.get(label, "workspace")
        rows = rows.filter(**{lookup: world.workspace.pk})
    return list(rows.order_by("pk").values())


def snapshot(world: World) -> dict[str, list[dict[str, Any]]]:
    """Everything that is in a workspace."""
    return {model._meta.label_lower: rows_of(model, world) for model in models_of_ours()}
