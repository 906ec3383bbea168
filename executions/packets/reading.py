"""The rows that a packet is made of: few queries, each bounded, nothing large that is not shown."""

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from django.db.models import Case, F, Q, When

from agents.models import Agent
from agents.tools.base import Tool
from agents.tools.catalogue import catalogue
from approvals.models import ApprovalRequest
from convergio.errors import InvalidInput
from convergio.json_fields import OrderedJSONField
from executions.engine.address import step_id_in
from executions.engine.plan import Plan, compile_plan
from executions.files import is_id, references_in
from executions.models import Call, CallStatus, Event, Execution, RunFile, StepRun
from workflows.expressions import variables_in
from workflows.models import WorkflowVersion
from workflows.schema import CONTAINER_TYPES, Definition, Step, StepId, parse_definition

MOST_RUNS = 400
"""Step runs that are looked at; of a long loop the newest."""
MOST_CALLS = 200
MOST_FILES = 20
MOST_EVENTS = 20
MOST_MAKERS = 6
WORK = frozenset({"agent", "team", "tool", "workflow", "input"})
"""Steps that make something; all others only pass on what others made."""
TROUBLE = ("guardrail.breached", "sla.breached")
LIGHT = (
    *(
        "path",
        "scope",
        "step_id",
        "kind",
        "round",
        "status",
        "is_open",
        "attempt",
        "port",
        "state",
        "served_by",
    ),
    *("requests", "prompt_tokens", "completion_tokens", "tool_calls", "cost", "started_at", "ended_at"),
)
"""What is read of a step run: all but what it was given and gave."""
OF_RUN = (
    *("number", "version_id", "state", "inputs", "cost", "started_at", "workflow__name"),
    *("requests", "prompt_tokens", "completion_tokens", "tool_calls"),
)


@lru_cache(maxsize=64)
def plan_of(version_id: uuid.UUID) -> Plan:
    """Return a version made ready; it never changes, so it is read once."""
    document = WorkflowVersion.objects.values_list("definition", flat=True).get(pk=version_id)
    try:
        return compile_plan(parse_definition(document))
    except InvalidInput:
        return compile_plan(Definition())


@dataclass(frozen=True)
class Asked:
    """A request in the run that asks. Everything is read when it is first wanted."""

    request: ApprovalRequest
    execution: Execution

    @classmethod
    def by(cls, request: ApprovalRequest) -> "Asked | None":
        """Return it, unless no run of the workspace asks."""
        if not is_id(request.origin):
            return None
        rows = Execution.objects.filter(workspace=request.workspace_id, pk=request.origin)
        execution = next(iter(rows.select_related("workflow").only(*OF_RUN)), None)
        return cls(request, execution) if execution else None

    @property
    def step_id(self) -> StepId:
        """The step that asks."""
        return step_id_in(self.request.origin_path)

    @cached_property
    def plan(self) -> Plan:
        """The definition of the run."""
        return plan_of(self.execution.version_id)

    @cached_property
    def step(self) -> Step | None:
        """The step that asks, as the definition has it."""
        return self.plan.steps.get(self.step_id)

    def title(self, step_id: StepId) -> str:
        """What people call a step."""
        step = self.plan.steps.get(step_id)
        return step.title if step else step_id

    @cached_property
    def runs(self) -> list[StepRun]:
        """The step runs of the makers, those that are open, and those beside the one that asks: newest first."""
        scopes = ["", self.request.origin_path.rpartition(".")[0]]
        about = Q(step_id__in=[*self.makers, self.step_id]) | Q(is_open=True) | Q(scope__in=scopes)
        rows = StepRun.objects.filter(about, execution=self.execution).only("execution_id", *LIGHT)
        return list(rows.order_by("-created_seq", "-round")[:MOST_RUNS])

    @cached_property
    def makers(self) -> tuple[StepId, ...]:
        """The steps that made what is under review: those its data speaks of, and the one that would do it again."""
        step = self.step
        if step is None or step.type != "approval":
            return (self.step_id,) if step is not None and step.type in WORK - {"input"} else ()
        named = _named(self.plan, step.config.data)
        again = (step.config.revise,) if step.config.revise else ()
        found = _working(self.plan, dict.fromkeys([*named, *again])) or _before(self.plan, step.id)
        return tuple(found)[:MOST_MAKERS]

    @cached_property
    def made(self) -> dict[StepId, list[StepRun]]:
        """For each maker its newest runs that this request can be about: not those of other passes of a loop."""
        found: dict[StepId, list[StepRun]] = {one: [] for one in self.makers}
        for run in reversed(self.newest.values()):
            if run.step_id in found and is_near(run.path, self.request.origin_path):
                found[run.step_id].append(run)
        return {one: runs for one, runs in found.items() if runs}

    @cached_property
    def newest(self) -> dict[str, StepRun]:
        """The newest round of each step run, by path."""
        found: dict[str, StepRun] = {}
        for run in self.runs:
            if run.path not in found or run.round > found[run.path].round:
                found[run.path] = run
        return found

    @cached_property
    def gate(self) -> StepRun | None:
        """The step run that asks, in the round of the request."""
        path, number = self.request.origin_path, self.request.round
        return next((run for run in self.runs if (run.path, run.round) == (path, number)), None)

    @cached_property
    def calls(self) -> list[Call]:
        """What the makers asked models and tools, in order; of models only who answered and at what price."""
        paths = {run.path for runs in self.made.values() for run in runs}
        rounds = {(run.path, run.round) for runs in self.made.values() for run in runs}
        rows = Call.objects.filter(execution=self.execution, path__in=paths)
        rows = rows.exclude(status=CallStatus.SUPERSEDED).defer("response", "request")
        rows = rows.annotate(asked=_of_tools("request"), answer=_of_tools("response"))
        found = list(rows.order_by("-started_at", "-id")[:MOST_CALLS])
        return [call for call in reversed(found) if (call.path, call.round) in rounds]

    @cached_property
    def agents(self) -> Mapping[str, Agent]:
        """Agents by slug: those who worked, and those of the steps that may come."""
        named = {call.actor for call in self.calls} | {
            slug for step in self.plan.steps.values() for slug in cast_of(step)
        }
        rows = Agent.objects.filter(workspace=self.request.workspace_id, slug__in=named)
        return {one.slug: one for one in rows.only("slug", "name", "icon", "category", "tools")}

    @cached_property
    def tools(self) -> Mapping[str, Tool]:
        """All tools by slug."""
        return catalogue()

    @cached_property
    def files(self) -> list[RunFile]:
        """Files that the makers wrote, and those that are under review."""
        paths = [run.path for runs in self.made.values() for run in runs]
        given = [one for one in references_in(self.request.data) if is_id(one)]
        wanted = Q(execution=self.execution, written_by__in=paths) | Q(pk__in=given)
        rows = RunFile.objects.filter(wanted, workspace=self.request.workspace_id)
        return list(rows.only("name", "size", "content_type")[:MOST_FILES])

    @cached_property
    def trouble(self) -> list[Event]:
        """Limits that were passed, and times that were not kept."""
        return list(Event.objects.filter(execution_id=self.execution.pk, type__in=TROUBLE)[:MOST_EVENTS])


def _of_tools(field: str) -> Case:
    """A field of calls of tools alone: what models were told and said is long, and shown elsewhere."""
    return Case(When(kind="tool", then=F(field)), default=None, output_field=OrderedJSONField(null=True))


def is_near(path: str, other: str) -> bool:
    """Whether two paths never part within a loop: `each[3].draft` is not near `each[4].gate`."""
    for one, two in zip(path.split("."), other.split("."), strict=False):
        if one != two:
            return "[" not in one or "[" not in two or one.partition("[")[0] != two.partition("[")[0]
    return True


def cast_of(step: Step) -> Collection[str]:
    """The agents that a step names."""
    if step.type == "agent":
        return [step.config.agent] if step.config.agent else []
    return step.config.members if step.type == "team" else ()


def _named(plan: Plan, value: Any) -> list[StepId]:
    """The steps that a template speaks of."""
    try:
        found = [one.name for one in variables_in(value) if one.root == "steps"]
    except InvalidInput:
        return []
    return [name for name in found if name in plan.steps]


def _working(plan: Plan, step_ids: Collection[StepId]) -> list[StepId]:
    """The steps that did the work behind some others: of a transform those it speaks of, of a container all inside."""
    found: dict[StepId, None] = {}
    seen: set[StepId] = set()
    waiting = list(step_ids)
    while waiting:
        one = waiting.pop(0)
        if one in seen:
            continue
        seen.add(one)
        step = plan.steps[one]
        if step.type in WORK:
            found[one] = None
        elif step.type == "transform":
            waiting += _named(plan, [step.config.value, step.config.source])
        elif step.type in CONTAINER_TYPES:
            waiting += plan.children[one]
    return list(found)


def _before(plan: Plan, step_id: StepId) -> list[StepId]:
    """The nearest steps before one that did any work."""
    waiting = [edge.source for edge in plan.incoming[step_id]]
    seen: set[StepId] = set()
    while waiting:
        found = _working(plan, waiting)
        if found:
            return found
        seen.update(waiting)
        onward = [edge.source for one in waiting for edge in plan.incoming[one]]
        waiting = [one for one in dict.fromkeys(onward) if one not in seen]
    return []
