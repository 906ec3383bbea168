"""A stage for the gallery: the pure engine runs a template, and scripted agents, tools and people answer at once."""

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from agents.tools.calculator import evaluate
from executions.engine import Clock, Rejection, RunState, RunStatus, advance, compile_plan, next_due
from executions.engine.commands import Command, Decided, Due, Failed, Start, Submitted, Succeeded
from executions.engine.effects import Effect, OpenRequest, RunStep
from workflows import templates
from workflows.inputs import check_inputs
from workflows.schema import InputType

FILE = {"file": "f1", "name": "shop-orders.csv", "size": 9365, "content_type": "text/csv"}
GOING_ON = {RunStatus.RUNNING, RunStatus.WAITING}
SAMPLES = {"integer": 12, "number": 12, "boolean": True, "string": "as agreed"}
COLUMNS = [
    {"name": "shop", "type": "text", "distinct": 3},
    {"name": "revenue", "type": "number", "distinct": 120},
]

TOOLS: dict[str, Callable[[Mapping[str, Any]], Any]] = {
    "calculator": lambda given: {"result": evaluate(given["expression"])},
    "date_math": lambda given: {"date": "2027-03-01"},
    "table_profile": lambda given: {
        "rows": 180,
        "columns": COLUMNS,
        "summary": "- units (integer): 12 to 78",
    },
    "table_query": lambda given: {
        "columns": [*given["group_by"], "count"],
        "rows": [["Harbour", 60, 8000.5, 133.3]],
    },
    "notify": lambda given: {"sent": 1},
    "file_write": lambda given: FILE | {"name": given["name"]},
}


@dataclass
class Rehearsal:
    """One run of a template.

    `mood` low: structured answers are the first choice and the smallest number; high: the last and the largest. Each
    approval takes the next of `decisions`, then `approved`. `forms` is submitted or timed_out. `broken` names tools
    that fail. `done` counts what was worked on, by step id; `asked` keeps what people were shown.
    """

    slug: str
    mood: str = "low"
    decisions: tuple[str, ...] = ()
    forms: str = "submitted"
    inputs: Mapping[str, Any] = field(default_factory=dict)
    broken: frozenset[str] = frozenset()
    state: RunState = field(default_factory=RunState)
    done: list[str] = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.template = templates.template(self.slug)
        self.plan = compile_plan(self.template.definition)
        self.now = datetime(2026, 9, 1, 9, 0, tzinfo=UTC)
        self.answers: Iterator[str] = iter(self.decisions)
        self.todo: deque[Effect] = deque()

    def run(self) -> "Rehearsal":
        """Go on until the run ends. Fails when it hangs or refuses an answer."""
        self.tell(Start(check_inputs(self.template.definition.inputs, self._given())))
        for _ in range(1000):
            if self.todo:
                self._do(self.todo.popleft())
            elif self.state.status in GOING_ON:
                self._sleep()
            else:
                return self
        raise AssertionError(f"{self.slug} never ends")

    def tell(self, command: Command) -> None:
        """Hand a command to the engine and remember what is to be done."""
        outcome = advance(self.plan, self.state, command, Clock(self.now))
        assert not isinstance(outcome, Rejection), outcome.sentence
        self.todo.extend(outcome.effects)

    def _given(self) -> dict[str, Any]:
        files = {one.name: FILE for one in self.template.definition.inputs if one.type is InputType.FILE}
        return self.template.sample_inputs | files | dict(self.inputs)

    def _sleep(self) -> None:
        due = next_due(self.state)
        assert due is not None, f"{self.slug} waits for nothing"
        self.now = max(self.now, due) + timedelta(seconds=1)
        self.tell(Due())

    def _do(self, effect: Effect) -> None:
        match effect:
            case RunStep():
                self.done.append(effect.step_id)
                self.tell(self._work(effect))
            case OpenRequest():
                self.asked.append(effect.input)
                self.tell(self._decision(effect))

    def _work(self, effect: RunStep) -> Command:
        address = (effect.path, effect.round, effect.attempt)
        if effect.kind == "tool" and effect.input["tool"] in self.broken:
            return Failed(*address, code="tool_failed", message="The tool is out of order.", retryable=False)
        return Succeeded(*address, output=self._output(effect))

    def _output(self, effect: RunStep) -> Any:
        words = f"[{effect.step_id} round {effect.round}]"
        if effect.kind == "tool":
            return TOOLS[effect.input["tool"]](effect.input["arguments"])
        if effect.kind == "team":
            return {"text": words, "messages": [{"agent": "a", "text": words}], "stop_reason": "turns"}
        schema = effect.input["output_schema"]
        return words if schema is None else self._structured(schema)

    def _structured(self, schema: dict[str, Any]) -> dict[str, Any]:
        at, bound = (0, "minimum") if self.mood == "low" else (-1, "maximum")
        fields = schema["properties"].items()
        return {name: part["enum"][at] if "enum" in part else part[bound] for name, part in fields}

    def _decision(self, effect: OpenRequest) -> Command:
        if effect.kind == "input":
            return Submitted(effect.path, effect.round, self.forms, self._form(effect.input["form"]), "cleo")
        decision = next(self.answers, "approved")
        comment = "" if decision == "timed_out" else f"Comment on {decision}"
        return Decided(effect.path, effect.round, decision, comment, None, ("dan@example.com",))

    def _form(self, schema: dict[str, Any]) -> dict[str, Any]:
        if self.forms != "submitted":
            return {}
        fields = schema["properties"].items()
        return {name: part["enum"][0] if "enum" in part else SAMPLES[part["type"]] for name, part in fields}
