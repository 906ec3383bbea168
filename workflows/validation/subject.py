"""What is checked: the definition with its graph, and what exists around it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from workflows.graph import Graph
from workflows.schema import Definition, InputField, LoopStep, Step
from workflows.validation.findings import Finding, finding
from workflows.validation.known import Known


@dataclass(frozen=True)
class Subject:
    """Every check takes one of these and yields findings."""

    definition: Definition
    known: Known

    @cached_property
    def graph(self) -> Graph:
        """The definition's graph."""
        return Graph.of(self.definition)

    @cached_property
    def inputs(self) -> Mapping[str, InputField]:
        """Declared inputs by name."""
        return {field.name: field for field in self.definition.inputs}

    @cached_property
    def context_setters(self) -> Mapping[str, tuple[str, ...]]:
        """To each context key the steps that set it."""
        setters: dict[str, tuple[str, ...]] = {}
        for step in self.definition.steps:
            for key in step.set_context:
                setters[key] = (*setters.get(key, ()), step.id)
        return setters

    def steps[S: Step](self, *kinds: type[S]) -> Iterator[S]:
        """The steps of some types."""
        return (step for step in self.definition.steps if isinstance(step, kinds))

    def loop_around(self, step_id: str) -> LoopStep | None:
        """The nearest loop that a step lies in."""
        found = self.graph.enclosing(step_id, LoopStep)
        step = self.graph.steps[found] if found else None
        return step if isinstance(step, LoopStep) else None


def title(step: Step | None) -> str:
    """How a sentence names a step."""
    return f"“{step.title}”" if step else "The workflow"


def at(step: Step | None, code: str, field: str, **facts: object) -> Finding:
    """A finding at a step, or at the workflow itself."""
    return finding(code, step.id if step else None, field, step=title(step), **facts)
