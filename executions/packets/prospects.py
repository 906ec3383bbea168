"""What comes after a step that waits for a person, for each way in which it may end. Pure.

Read off the definition, with what has ended already: the steps that begin, those that may work before somebody is asked
again, and who that is. A way that leads out of a container goes on after the container.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from executions.engine.plan import Plan
from workflows.graph import ERROR, onward_ports
from workflows.schema import (
    CONTAINER_TYPES,
    LoopStep,
    OnErrorAsk,
    OnErrorContinue,
    OnErrorPort,
    Step,
    StepId,
)

GATES = frozenset({"approval", "input"})
"""Steps at which a person is asked."""
MOST_LOOKED_INTO = 2_000
"""Choices after a decision, times the steps after it, up to which each choice is followed."""
NOWHERE = ""
"""A port that nothing hangs on."""


class End(StrEnum):
    """What becomes of the run: it goes on, this branch of it ends well, it fails, or somebody may repair it."""

    ON = "on"
    BRANCH = "branch"
    FAILS = "fails"
    REPAIR = "repair"


@dataclass(frozen=True, slots=True)
class Prospect:
    """What follows. `first` begin at once (or wait for `missing` as well), `works` may work before a person is asked.

    `around` are the containers that have to end first, `passes` begin the next pass of a loop among them; `ends` says
    that the last step may be reached with no person in between. `perhaps` are steps that a choice may leave out.
    """

    end: End
    first: tuple[StepId, ...] = ()
    works: tuple[StepId, ...] = ()
    asks: tuple[StepId, ...] = ()
    missing: tuple[tuple[StepId, tuple[StepId, ...]], ...] = ()
    around: tuple[StepId, ...] = ()
    passes: tuple[StepId, ...] = ()
    perhaps: frozenset[StepId] = frozenset()
    ends: bool = False


def after(plan: Plan, step_id: StepId, port: str, ended: Collection[StepId] = ()) -> Prospect:
    """What follows when a step ends well on a port. `ended` are the steps that others need not wait for."""
    way = _onward(plan, step_id, port)
    return _prospect(plan, step_id, way, ended)


def after_failure(plan: Plan, step_id: StepId, ended: Collection[StepId] = ()) -> Prospect:
    """What follows when a step fails and is not tried again."""
    return _failed(plan, step_id, ended, _failing(plan, plan.steps[step_id]))


def after_giving_up(plan: Plan, step_id: StepId, ended: Collection[StepId] = ()) -> Prospect:
    """What follows when a step has failed and its own policies are spent."""
    return _failed(plan, step_id, ended, _failing_around(plan, plan.steps[step_id]))


def _failed(plan: Plan, step_id: StepId, ended: Collection[StepId], way: "_Way | Prospect") -> Prospect:
    return way if isinstance(way, Prospect) else _prospect(plan, step_id, way, ended)


@dataclass(slots=True)
class _Way:
    """The next steps, and the containers that were left on the way to them."""

    targets: list[StepId] = field(default_factory=list)
    around: list[StepId] = field(default_factory=list)
    passes: list[StepId] = field(default_factory=list)


def _onward(plan: Plan, step_id: StepId, port: str) -> _Way:
    """The steps on a port; where there are none, what comes after the containers around."""
    way = _Way([edge.target for edge in plan.graph.outgoing(step_id, port)])
    at = plan.steps[step_id]
    while not way.targets and at.parent is not None:
        at = plan.steps[at.parent]
        way.around.append(at.id)
        way.passes += plan.roots[at.id] if isinstance(at, LoopStep) else ()
        way.targets = [edge.target for edge in plan.graph.outgoing(at.id, plan.way_on(at.id))]
    return way


def _failing(plan: Plan, step: Step) -> _Way | Prospect:
    """What the policies of a step say, else those of the containers around it."""
    match step.on_error:
        case OnErrorPort():
            return _onward(plan, step.id, ERROR)
        case OnErrorContinue() if step.type != "approval":
            return _onward(plan, step.id, plan.way_on(step.id))
        case OnErrorAsk():
            return Prospect(End.REPAIR, asks=(step.id,))
        case _:
            return _failing_around(plan, step)


def _failing_around(plan: Plan, step: Step) -> _Way | Prospect:
    if step.parent is None:
        return Prospect(End.FAILS)
    around = plan.steps[step.parent]
    if isinstance(around, LoopStep) and around.config.on_item_error == "skip":
        way = _onward(plan, around.id, plan.way_on(around.id))
        return _Way(way.targets, [around.id, *way.around], [*plan.roots[around.id], *way.passes])
    return _failing(plan, around)


def _prospect(plan: Plan, step_id: StepId, way: _Way, ended: Collection[StepId]) -> Prospect:
    walk = _Walk(plan)
    walk.go([*way.passes, *way.targets])
    first = tuple(dict.fromkeys(way.targets))
    return Prospect(
        end=End.ON if first or way.passes else End.BRANCH,
        first=first,
        works=tuple(one for one in plan.in_order(frozenset(walk.seen)) if plan.steps[one].type not in GATES),
        asks=tuple(one for one in plan.in_order(frozenset(walk.seen)) if plan.steps[one].type in GATES),
        missing=tuple(_missing(plan, step_id, first, ended)),
        around=tuple(way.around),
        passes=tuple(dict.fromkeys(way.passes)),
        perhaps=perhaps(plan, walk.seen) - {*first, *way.passes},
        ends=walk.ends or not first,
    )


def _missing(
    plan: Plan, step_id: StepId, first: Iterable[StepId], ended: Collection[StepId]
) -> Iterable[tuple[StepId, tuple[StepId, ...]]]:
    """Steps that join others: which of those have neither ended nor hang on the step that is asked about."""
    mine = {one for at in (step_id, *plan.ancestors[step_id]) for one in (at, *plan.graph.downstream(at))}
    for target in first:
        if plan.steps[target].join == "all":
            sources = dict.fromkeys(edge.source for edge in plan.incoming[target])
            open_ones = tuple(one for one in sources if one not in mine and one not in ended)
            if open_ones:
                yield target, open_ones


def perhaps(plan: Plan, step_ids: Collection[StepId]) -> frozenset[StepId]:
    """Of the steps that follow a choice those that not each of its ways leads to; none where there are very many."""
    ports = {one: [port for port in plan.graph.ports(one) if port != ERROR] for one in step_ids}
    choices = [one for one in step_ids if len(ports[one]) > 1 and plan.steps[one].type not in GATES]
    if len(choices) * len(step_ids) > MOST_LOOKED_INTO:
        return frozenset()
    found: set[StepId] = set()
    for one in choices:
        ways = [_reach(plan, one, port) for port in ports[one]]
        found |= ways[0].union(*ways) - ways[0].intersection(*ways)
    return frozenset(found)


def _reach(plan: Plan, step_id: StepId, port: str) -> set[StepId]:
    walk = _Walk(plan)
    walk.go(edge.target for edge in plan.graph.outgoing(step_id, port))
    return set(walk.seen)


class _Walk:
    """From some steps onward, into containers and out of them, up to the next people."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.seen: dict[StepId, None] = {}
        self.ends = False

    def go(self, targets: Iterable[StepId], inside: StepId | None = None) -> bool:
        """Walk; tell whether the end of the container `inside` was reached."""
        reached = False
        waiting = list(targets)
        while waiting:
            one = waiting.pop()
            if one in self.seen:
                continue
            self.seen[one] = None
            if self._stops_at(one):
                continue
            waiting += [edge.target for edge in self.plan.outgoing[one] if edge.port != ERROR]
            if self._may_be_last(one):
                reached = True
                waiting += self._out_of(one, inside)
        return reached

    def _may_be_last(self, step_id: StepId) -> bool:
        """Whether a step may end where nothing follows."""
        ports = onward_ports(self.plan.steps[step_id])
        return not all(self.plan.leads_on(step_id, port) for port in ports)

    def _stops_at(self, step_id: StepId) -> bool:
        """Whether a person is asked before anything after this step: at it, or on every way through it."""
        step = self.plan.steps[step_id]
        if step.type in GATES:
            return True
        roots = self.plan.roots.get(step_id, ()) if step.type in CONTAINER_TYPES else ()
        passed = [self.go([root], step_id) for root in roots if root not in self.seen]
        return not all(passed)

    def _out_of(self, step_id: StepId, inside: StepId | None) -> list[StepId]:
        """What comes after the containers that end with a step."""
        if self.plan.steps[step_id].parent == inside and inside is not None:
            return []
        way = _onward(self.plan, step_id, NOWHERE)
        self.ends = self.ends or not way.targets
        return way.targets
