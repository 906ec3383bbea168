"""Which steps of a draft a trial runs, and which have their output already. Pure.

A *result* is what a step gave: {"output", "port"}. Results are pinned by people, or taken from an earlier run.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from workflows.graph import Graph
from workflows.schema import StepId

type Result = dict[str, Any]
type Results = Mapping[StepId, Result]


class Reach(StrEnum):
    """How much of a draft is tried."""

    DRAFT = "draft"
    """All of it."""
    UP_TO = "up_to"
    """Everything that leads to one step, and the step."""
    STEP = "step"
    """One step; what leads to it runs only where an earlier run has nothing to offer."""
    ONWARD = "onward"
    """One step and everything after it; what an earlier run gave before it is taken over."""


@dataclass(frozen=True, slots=True)
class Course:
    """What a trial does: `only` these steps run (none named: all), and `pinned` steps do not work."""

    only: tuple[StepId, ...]
    pinned: dict[StepId, Result]


def course(graph: Graph, reach: Reach, step_id: StepId | None, *, pins: Results, results: Results) -> Course:
    """Work out what is run. `results` are those of the earlier run; pins come before them.

    A step that is tried works also when it is pinned, but to go onward from a pinned step is to go on from its pin.
    """
    if reach is Reach.DRAFT or step_id is None:
        return Course((), dict(pins))
    around = {*graph.ancestors(step_id), *graph.inside(step_id)}
    if reach is Reach.ONWARD:
        after = _after(graph, step_id) | {step_id}
        kept = {one: given for one, given in results.items() if one not in after}
        return Course((), _without(kept | dict(pins), around))
    wanted = leading_to(graph, step_id)
    given = _without(dict(pins), around | {step_id})
    if reach is Reach.STEP:
        known = {one: result for one, result in results.items() if one in wanted}
        merged = _without(known | dict(pins), around | {step_id})
        given = {one: _leading(graph, one, result, wanted) for one, result in merged.items()}
    return Course(tuple(sorted(wanted)), given)


def leading_to(graph: Graph, step_id: StepId) -> frozenset[StepId]:
    """A step with what lies in it, everything that may run before it, and the containers around it."""
    before = graph.upstream(step_id)
    inside = (graph.inside(one) for one in (step_id, *before))
    return frozenset({step_id, *before, *graph.ancestors(step_id)}).union(*inside)


def _after(graph: Graph, step_id: StepId) -> set[StepId]:
    """Everything that comes after a step or after a container around it, with what lies in it."""
    nearest = {one for around in (step_id, *graph.ancestors(step_id)) for one in graph.downstream(around)}
    return nearest.union(*(graph.inside(one) for one in nearest))


def _without(results: dict[StepId, Result], left_out: set[StepId]) -> dict[StepId, Result]:
    return {one: result for one, result in results.items() if one not in left_out}


def _leading(graph: Graph, step_id: StepId, result: Result, wanted: frozenset[StepId]) -> Result:
    """The result as it must be for the tried step to be reached: a branch that went elsewhere comes this way now."""
    ports = [edge.port for edge in graph.outgoing(step_id) if edge.target in wanted]
    return result if not ports or result["port"] in ports else result | {"port": ports[0]}
