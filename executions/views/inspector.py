"""What the drawer of trials shows: the steps of a draft with how far they are in one run, and one of them in full."""

import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from django.db.models import Q
from django.utils import timezone

from convergio.live import execution_topic
from convergio.workspaces.actors import Actor
from convergio.workspaces.permissions import Permission
from executions import queries, trials
from executions.files import is_id
from executions.models import TRIAL, Execution, StepRun
from executions.operations import ENDED
from executions.trials import Reach
from executions.trials.reach import Result
from executions.views.panel import Panel, panel_of
from executions.views.states import NodeState, light_runs, node_states
from executions.views.watching import orders, usage_of
from workflows.graph import Graph, ports_of
from workflows.models import Workflow
from workflows.outline import Entry, outline
from workflows.picture import port_labels
from workflows.schema import Definition, LoopStep, Step, StepId, parse_definition

MOST_TEXT = 200_000
"""Characters of a value that can be edited in the page."""
MOST_RECENT = 20
"""Runs to choose from."""


class Way(NamedTuple):
    """What can be tried of one step."""

    reach: Reach
    icon: str
    words: str
    why: str


WAYS = (
    Way(Reach.STEP, "play", "Run this step", "What comes before is taken from the run shown"),
    Way(Reach.UP_TO, "step-forward", "Run up to here", "What comes before works anew, unless it is pinned"),
    Way(Reach.ONWARD, "fast-forward", "Run from here", "This step and all that comes after it work anew"),
)


def shown_run(actor: Actor, workflow: Workflow, named: str) -> Execution | None:
    """Return the run that is named, else the newest trial, else the newest run that began."""
    rows = queries.visible_to(actor).filter(workflow=workflow).select_related("version", "started_by")
    if named:
        return rows.filter(pk=named).first() if is_id(named) else None
    newest = rows.order_by("-created_at")
    return newest.filter(trigger=TRIAL).first() or newest.filter(started_at__isnull=False).first()


@dataclass(frozen=True)
class Inspector:
    """A draft, looked at through one run (or none yet). `step` is the chosen one, `words` are searched for."""

    actor: Actor
    workflow: Workflow
    execution: Execution | None
    step: str = ""
    words: str = ""

    def facts(self) -> dict[str, Any]:
        """Return everything that the drawer shows."""
        return {
            "workflow": self.workflow,
            "entries": self._entries(),
            "words": self.words,
            "states": self._states,
            "pinned": self._pinned,
            "recent": self._recent(),
            "ways": WAYS,
            "may_try": self._may_try(),
            "marks": self._marks(),
            **self._about_the_run(),
            **(self._about_the_step(self._chosen) if self._chosen else {}),
        }

    @cached_property
    def _definition(self) -> Definition:
        return parse_definition(self.workflow.draft)

    @cached_property
    def _steps(self) -> dict[StepId, Step]:
        return {one.id: one for one in self._definition.steps}

    @cached_property
    def _pinned(self) -> dict[StepId, Result]:
        return trials.pins_of(self.workflow)

    @cached_property
    def _runs(self) -> list[StepRun]:
        return light_runs(self.execution) if self.execution else []

    @cached_property
    def _states(self) -> dict[StepId, NodeState]:
        return node_states(self._runs, timezone.now())

    @property
    def _chosen(self) -> Step | None:
        return self._steps.get(self.step)

    def _about_the_run(self) -> dict[str, Any]:
        run = self.execution
        if run is None:
            return {"execution": None}
        return {
            "execution": run,
            "topic": "" if run.status in ENDED else execution_topic(run.id),
            "usage": usage_of(run),
            "may_cancel": "cancel" in orders(run, self.actor),
        }

    def _about_the_step(self, step: Step) -> dict[str, Any]:
        """What is known of one step: what it was given, and what it gave or is pinned to give."""
        panel = self._panel(step)
        run, labels = panel.run if panel else None, port_labels(step)
        result = self._pinned.get(step.id)
        if result is None and run is not None and run.output is not None:
            result = {"output": run.output, "port": run.port}
        return {
            "step": step,
            "panel": panel,
            "is_pinned": step.id in self._pinned,
            "result": result,
            "result_text": _as_text(result["output"] if result else None),
            "input_text": _as_text(run.input) if run and isinstance(run.input, dict) else "",
            "ports": [(port, labels.get(port, port)) for port in ports_of(step) if port != "error"],
            "is_in_loop": Graph.of(self._definition).enclosing(step.id, LoopStep) is not None,
            "holds_steps": step.type in ("parallel", "sequential"),
        }

    def _panel(self, step: Step) -> Panel | None:
        if self.execution is None or step.id not in self._states:
            return None
        chosen = {"wanted": step.id, "number": ""}
        return panel_of(self.execution, self._runs, self._steps, actor=self.actor, **chosen)

    def _entries(self) -> list[Entry]:
        """The steps, those inside others after them; with words those that have them in a name or a value."""
        found: list[Entry] = []
        waiting = list(reversed(outline(self._definition)))
        while waiting:
            found.append(waiting.pop())
            waiting.extend(reversed(found[-1].children))
        if not self.words:
            return found
        holding, words = self._holding(), self.words.lower()
        return [one for one in found if one.id in holding or words in f"{one.title} {one.id}".lower()]

    def _holding(self) -> set[StepId]:
        """The steps that were given or gave the words."""
        if self.execution is None:
            return set()
        here = Q(input__icontains=self.words) | Q(output__icontains=self.words)
        rows = StepRun.objects.filter(here, execution=self.execution)
        return set(rows.values_list("step_id", flat=True))

    def _recent(self) -> list[Execution]:
        """The runs to choose from, the shown one among them."""
        rows = queries.visible_to(self.actor).filter(workflow=self.workflow)
        newest = list(rows.order_by("-created_at")[:MOST_RECENT])
        shown = self.execution
        return newest if shown is None or shown in newest else [*newest, shown]

    def _may_try(self) -> bool:
        may = self.actor.may
        return may(Permission.BUILD) and may(Permission.RUN) and self.workflow.archived_at is None

    def _marks(self) -> dict[str, Any]:
        """What the cards of a canvas are marked with."""
        return {
            "states": {one: [state.status, state.note] for one, state in self._states.items()},
            "pinned": sorted(self._pinned),
            "run": str(self.execution.id) if self.execution else "",
        }


def _as_text(value: Any) -> str:
    """A value to edit; nothing where it is too long for that."""
    text = json.dumps(value, ensure_ascii=False, indent=2)
    return text if len(text) <= MOST_TEXT else ""
