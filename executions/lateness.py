"""What follows when a run or a step takes longer than it should: people hear of it, others are asked, a run is started.

The engine's timers find the breach and write it into the run's log (`sla.breached`). The sweep looks for such events
that nobody has seen to yet, so that nothing is forgotten when a worker dies between the two, and nothing done twice.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import CharField, Exists, OuterRef, QuerySet, Value
from django.db.models.functions import Cast, Concat
from django.urls import reverse
from django.utils import timezone

from approvals.operations import escalate_soon
from approvals.policy import addressed_to
from convergio.errors import ConvergioError
from convergio.notifications import operations as notifications
from convergio.notifications.models import Kind, Told
from convergio.notifications.operations import News, once
from convergio.workspaces.actors import Actor
from convergio.workspaces.models import Member, Role, User
from executions import operations
from executions.engine.address import step_id_in
from executions.models import TRIAL, Event, Execution
from workflows.models import Workflow
from workflows.schema import Definition, Sla, Step

log = logging.getLogger(__name__)

TRIGGER = "sla"
"""The trigger of a run that was started because another was late; such a run starts no further one."""
LOOKS_BACK = timedelta(days=7)
"""A breach older than this, that nobody could see to, is left in the log."""


@dataclass(frozen=True, slots=True)
class Breach:
    """A run that is late (`step` None), or one of its steps."""

    execution: Execution
    sla: Sla
    path: str
    step: Step | None
    at: datetime

    @property
    def subject(self) -> str:
        """What is late, as people read it."""
        return f"“{self.step.title}” of {self.execution}" if self.step else str(self.execution)

    @property
    def url(self) -> str:
        """Where it can be looked at."""
        return reverse("execution_detail", args=[self.execution.pk])


def see_to_late(*, limit: int = 50) -> int:
    """See to every breach that nobody has seen to; return how many. One that cannot be is logged, once."""
    return sum(_guarded(event) for event in _unseen()[:limit])


def _unseen() -> QuerySet[Event]:
    key = Concat(Value("sla:"), Cast("execution_id", CharField()), Value(":"), Cast("seq", CharField()))
    late = Event.objects.filter(type="sla.breached", at__gte=timezone.now() - LOOKS_BACK)
    seen = Told.objects.filter(key=OuterRef("key"))
    return late.annotate(key=key).filter(~Exists(seen)).order_by("at")


def _guarded(event: Event) -> bool:
    key = f"sla:{event.execution_id}:{event.seq}"
    try:
        with transaction.atomic():
            return once(key) and _see_to(event)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        log.exception("nobody could be told of the breach %s", key)
        once(key)
        return False


def _see_to(event: Event) -> bool:
    breach = _breach(event)
    if breach is None:
        return False
    by = Actor.system(breach.execution.workspace)
    done = [*_escalate(breach), *_start(breach, by)]
    news = _news(breach, done)
    notifications.notify(_concerned(breach), news, by=by)
    notifications.post(news, by=by)
    return True


def _breach(event: Event) -> Breach | None:
    """What a fact of the log means; None for trials, and for what is no longer there."""
    rows = Execution.objects.select_related("workspace", "workflow", "version__created_by", "started_by")
    execution = rows.filter(pk=event.execution_id).exclude(trigger=TRIAL).first()
    if execution is None:
        return None
    definition = operations.definition_of(execution.version_id)
    step = _step(definition, event.path)
    sla = step.sla if step else definition.sla
    return None if sla is None else Breach(execution, sla, event.path, step, event.at)


def _step(definition: Definition, path: str) -> Step | None:
    id = step_id_in(path)
    return next((step for step in definition.steps if step.id == id), None)


def _concerned(breach: Breach) -> Iterable[User]:
    """Who started the run and who published the workflow; when neither is known, whoever builds here."""
    known = [breach.execution.started_by, breach.execution.version.created_by]
    people = {user.pk: user for user in known if user is not None and user.is_active}
    if people:
        return people.values()
    builders = Member.objects.filter(workspace=breach.execution.workspace, role=Role.BUILDER)
    return [member.user for member in builders.select_related("user")]


def _escalate(breach: Breach) -> list[str]:
    """Have others asked too, where people are waited for just now; say so."""
    if not breach.sla.escalate_to:
        return []
    asked = escalate_soon(str(breach.execution.pk), breach.sla.escalate_to, under=breach.path)
    return [f"Others are asked as well: {addressed_to(breach.sla.escalate_to)}."] if asked else []


def _start(breach: Breach, by: Actor) -> list[str]:
    """Start the workflow that is there for this; say what came of it."""
    slug = breach.sla.start_workflow
    if not slug or breach.execution.trigger == TRIGGER:
        return []
    try:
        with transaction.atomic():
            started = _started(breach, slug, by)
    except ConvergioError as error:
        return [f"The workflow “{slug}” could not be started: {error.sentence}"]
    return [f"{started} was started."]


def _started(breach: Breach, slug: str, by: Actor) -> Execution:
    workflow = Workflow.objects.filter(workspace=by.workspace, slug=slug).first()
    if workflow is None:
        raise operations.NotRunnable("there is no such workflow in this workspace.")
    newest = workflow.published_id
    fields = operations.definition_of(newest).inputs if newest else ()
    wanted = {field.name for field in fields}
    inputs = {name: value for name, value in _facts(breach).items() if name in wanted}
    return operations.start(workflow, inputs, by=by, trigger=TRIGGER)


def _facts(breach: Breach) -> dict[str, Any]:
    """What the started workflow may take as inputs, by their names."""
    run = breach.execution
    return {
        "workflow": run.workflow.slug,
        "run": str(run),
        "execution": str(run.pk),
        "step": breach.step.id if breach.step else "",
        "title": breach.step.title if breach.step else run.workflow.name,
        "target_s": breach.sla.target_s,
        "breached_at": breach.at.isoformat(),
        "url": breach.url,
    }


def _news(breach: Breach, done: list[str]) -> News:
    allowed = timedelta(seconds=round(breach.sla.target_s))
    body = f"It should have taken {allowed} at most and is still going on."
    return News(
        kind=Kind.LATE,
        title=f"Late: {breach.subject}",
        body=" ".join([body, *done]),
        url=breach.url,
        about=f"run:{breach.execution.pk}",
        facts=(("Run", str(breach.execution)), ("Target", str(allowed))),
    )
