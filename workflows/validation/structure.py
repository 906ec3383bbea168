"""Checks of what hangs together: edges, ports, containers."""

from collections import Counter
from collections.abc import Iterator

from workflows.graph import ELSE, ERROR, MAX_LEVELS, MAX_PATH
from workflows.schema import CONTAINER_TYPES, ConditionStep, Edge, Step
from workflows.validation.findings import Finding, finding
from workflows.validation.subject import Subject, title


def check_structure(subject: Subject) -> Iterator[Finding]:
    """Edges that lead nowhere, ports that are not there, containers that are none."""
    for edge in subject.graph.strays:
        yield _stray(edge, subject)
    for edge, count in Counter(subject.definition.edges).items():
        if count > 1:
            yield finding("duplicate_edge", edge.source, "edges", source=edge.source, target=edge.target)
        yield from _port(edge, subject)
    for condition in subject.steps(ConditionStep):
        yield from _branches(condition)
    for step in subject.definition.steps:
        yield from _parent(step, subject)
        if step.type in CONTAINER_TYPES and not subject.graph.children(step.id):
            yield finding("empty_container", step.id, step=title(step))
    for step in subject.graph.steps.values():
        yield from _depth(step, subject)


def _stray(edge: Edge, subject: Subject) -> Finding:
    missing = [end for end in (edge.source, edge.target) if end not in subject.graph.steps]
    at = next((end for end in (edge.source, edge.target) if end not in missing), None)
    ends = {"source": edge.source, "target": edge.target}
    if missing:
        return finding("dangling_edge", at, "edges", missing=", ".join(missing), **ends)
    return finding("edge_across_containers", edge.source, "edges", **ends)


def _port(edge: Edge, subject: Subject) -> Iterator[Finding]:
    step = subject.graph.steps.get(edge.source)
    if step is not None and edge.port not in subject.graph.ports(step.id):
        ports = ", ".join(subject.graph.ports(step.id))
        yield finding("unknown_port", step.id, "edges", step=title(step), port=edge.port, ports=ports)


def _branches(step: ConditionStep) -> Iterator[Finding]:
    counts = Counter(branch.port for branch in step.config.branches)
    for port, count in counts.items():
        if count > 1:
            yield finding("duplicate_port", step.id, "config.branches", step=title(step), port=port)
        if port in {ELSE, ERROR}:
            yield finding("reserved_port", step.id, "config.branches", step=title(step), port=port)


def _parent(step: Step, subject: Subject) -> Iterator[Finding]:
    if step.parent is None:
        return
    parent = subject.graph.steps.get(step.parent)
    if parent is None:
        yield finding("unknown_parent", step.id, "parent", step=title(step), parent=step.parent)
    elif parent.type not in CONTAINER_TYPES:
        yield finding("parent_not_container", step.id, "parent", step=title(step), parent=step.parent)
    elif step.id in subject.graph.inside(step.id):
        around = (step.id, *subject.graph.ancestors(step.id), step.id)
        yield finding("parent_cycle", step.id, "parent", step=title(step), path=" → ".join(around))


def _depth(step: Step, subject: Subject) -> Iterator[Finding]:
    """Of what lies too deep the outermost container is told; what is in it moves with it."""
    level = subject.graph.level(step.id)
    if step.type in CONTAINER_TYPES and level == MAX_LEVELS:
        yield finding("nested_too_deep", step.id, "parent", step=title(step), most=MAX_LEVELS)
    length = subject.graph.longest_path(step.id) if level <= MAX_LEVELS else 0
    if length > MAX_PATH:
        yield finding("path_too_long", step.id, "id", step=title(step), length=length, most=MAX_PATH)
