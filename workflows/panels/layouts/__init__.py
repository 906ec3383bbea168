"""Which fields the form of each type of step has, and that of the workflow itself. Pure."""

from collections.abc import Callable, Iterator
from typing import Final

from workflows.panels.fields import Field, Section
from workflows.panels.layouts import shaping, talking
from workflows.panels.layouts.common import common, guardrails, heading, sla
from workflows.panels.layouts.talking import Glance
from workflows.panels.offers import Offers
from workflows.schema import StepType

__all__ = ["Glance", "fields_in", "label_of", "of_step", "of_workflow"]

_OWN: Final[dict[StepType, Callable[[Glance, Offers], tuple[Section, ...]]]] = {
    StepType.AGENT: talking.agent,
    StepType.TEAM: talking.team,
    StepType.TOOL: talking.tool,
    StepType.WORKFLOW: talking.workflow,
    StepType.CONDITION: shaping.condition,
    StepType.APPROVAL: shaping.approval,
    StepType.INPUT: shaping.ask,
    StepType.PARALLEL: shaping.parallel,
    StepType.SEQUENTIAL: shaping.sequential,
    StepType.LOOP: shaping.loop,
    StepType.TRANSFORM: shaping.transform,
    StepType.WAIT: shaping.wait,
}


def of_step(kind: StepType, glance: Glance, offers: Offers, *, incoming: int = 2) -> tuple[Section, ...]:
    """The sections of a step's form. `glance` gives the text of a field as it stands, `incoming` counts edges to it."""
    return (heading(), *_OWN[kind](glance, offers), *common(kind, offers, incoming))


def of_workflow(offers: Offers) -> tuple[Section, ...]:
    """The sections of the form of the workflow itself."""
    outputs = Field("outputs", "Outputs", "mapping", scope="any", facts={"key": "Name", "adds": "an output"})
    return (
        Section("inputs", "Inputs", (Field("inputs", "What a run is given", "inputs"),), "text-cursor-input"),
        Section(
            "outputs",
            "Outputs",
            (outputs,),
            "braces",
            "What a run gives back. Empty: the last step's output.",
        ),
        guardrails("guardrails", "Limits of a run", offers),
        Section("timing", "Time", (sla(),), "timer"),
    )


def fields_in(sections: tuple[Section, ...]) -> Iterator[Field]:
    """The fields of all sections."""
    return (field for section in sections for field in section.fields)


def label_of(kind: str, place: str) -> str:
    """What people call a place of a step's document, like `config.prompt`."""
    glances: tuple[Glance, ...] = (
        _nothing,
        lambda name: {"config.mode": "selector"}.get(name, "x"),
        lambda name: "while",
    )
    for glance in glances:
        for field in fields_in(of_step(StepType(kind), glance, Offers())):
            if place == field.name or place.startswith(f"{field.name}."):
                return field.label
    return place.removeprefix("config.").replace("_", " ").replace(".", ", ")


def _nothing(name: str) -> str:
    return ""
