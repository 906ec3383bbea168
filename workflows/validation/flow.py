"""Checks of how a run moves: circles, steps it never comes to, joins that never fire."""

from collections.abc import Iterator

from workflows.graph import ELSE, ERROR
from workflows.schema import ApprovalStep, ConditionStep, FirstJoin, ParallelStep, SequentialStep, Step
from workflows.validation.findings import Finding, finding
from workflows.validation.subject import Subject, title


def check_flow(subject: Subject) -> Iterator[Finding]:
    """Circles, unreachable steps, joins that wait for too much, ports after which nothing comes."""
    cycles = {parent: subject.graph.cycle(parent) for parent in subject.graph.levels()}
    for path in filter(None, cycles.values()):
        yield finding("cycle", path[0], "edges", path=" → ".join(path))
    reachable = subject.graph.reachable()
    for step in subject.graph.steps.values():
        if step.id not in reachable and not _explained(step, subject, cycles):
            yield finding("unreachable", step.id, step=title(step))
        yield from _join(step, subject)
        yield from _unconnected(step, subject)
        yield from _dead_ports(step, subject)


def _explained(step: Step, subject: Subject, cycles: dict[str | None, tuple[str, ...]]) -> bool:
    """Whether another finding already says why a step is never reached."""
    around = (step.id, *subject.graph.ancestors(step.id))
    levels = [subject.graph.parent(one) for one in around]
    known = {None, *subject.graph.steps}
    return any(
        cycles.get(level) or level not in known for level in levels
    ) or step.id in subject.graph.inside(step.id)


def _join(step: Step, subject: Subject) -> Iterator[Finding]:
    sources = {edge.source for edge in subject.graph.incoming(step.id)}
    if isinstance(step.join, FirstJoin) and sources and step.join.first > len(sources):
        facts = {"wanted": step.join.first, "count": len(sources)}
        yield finding("join_never", step.id, "join", step=title(step), **facts)
    if isinstance(step, ParallelStep) and isinstance(step.config.wait_for, FirstJoin):
        branches = len(subject.graph.terminals(step.id))
        if branches and step.config.wait_for.first > branches:
            facts = {"wanted": step.config.wait_for.first, "count": branches}
            yield finding("join_never", step.id, "config.wait_for", step=title(step), **facts)


def _unconnected(step: Step, subject: Subject) -> Iterator[Finding]:
    around = subject.graph.steps.get(step.parent) if step.parent else None
    if isinstance(around, ParallelStep | SequentialStep) or len(subject.graph.children(step.parent)) < 2:
        return
    if not subject.graph.incoming(step.id) and not subject.graph.outgoing(step.id):
        yield finding("unconnected", step.id, step=title(step))


def _dead_ports(step: Step, subject: Subject) -> Iterator[Finding]:
    watched = {ERROR, ELSE} if not isinstance(step, ConditionStep) else set(subject.graph.ports(step.id))
    if isinstance(step, ApprovalStep):
        watched |= {answer.id for answer in step.config.answers if answer.counts_as == "approve"}
    for port in subject.graph.ports(step.id):
        if port in watched and not subject.graph.outgoing(step.id, port):
            yield finding("dead_port", step.id, "edges", step=title(step), port=port)
