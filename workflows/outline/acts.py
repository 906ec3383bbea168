"""What a form of the outline asks for, as changes to the draft.

The list shows steps in the order of the definition, which is also the order in which a sequence runs. So a step that is
added after another also stands after it, and two steps of a plain chain that change places change their lines too.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from convergio.errors import InvalidInput
from workflows.editing import free_id
from workflows.graph import Graph, onward_ports
from workflows.schema import CONTAINER_TYPES, Definition, Edge, SequentialStep, StepId

type Form = Mapping[str, str]
type Changes = list[dict[str, Any]]

MOST_SORTED: Final = 500


class Item(Protocol):
    """What can be added: the document of a step without an id, and what its id should be like."""

    @property
    def step(self) -> dict[str, Any]: ...
    @property
    def wish(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Plan:
    """Changes for one act, and the step that somebody looks at after it; "" for none."""

    changes: Changes
    focus: StepId = ""
    title: str = ""


@dataclass(frozen=True, slots=True)
class Desk:
    """What an act works on."""

    definition: Definition
    graph: Graph
    form: Form
    items: Mapping[str, Item]

    @property
    def step(self) -> StepId:
        """The step that the form is about. Raises InvalidInput when it is gone."""
        step = self.form.get("step", "")
        if step not in self.graph.steps:
            raise InvalidInput("This step is not there any more; somebody deleted or renamed it.")
        return step


def plan(definition: Definition, form: Form, items: Mapping[str, Item]) -> Plan:
    """Return what a sent form asks for. Raises InvalidInput for what cannot be understood."""
    act, _, detail = form.get("do", "").partition(":")
    if act not in _ACTS:
        raise InvalidInput("Choose what is to be done.")
    return _ACTS[act](Desk(definition, Graph.of(definition), {**form, "detail": detail}, items))


# Adding.


def _add(desk: Desk) -> Plan:
    """Add a step at the end, or after a step that the form names."""
    after = desk.form.get("after", "")
    if after:
        return _add_after(Desk(desk.definition, desk.graph, {**desk.form, "step": after}, desk.items))
    step = _new(desk, None)
    return Plan([{"op": "add_step", "step": step}], step["id"])


def _add_after(desk: Desk) -> Plan:
    """Add a step after another: between it and what follows, or beside that."""
    source = desk.step
    parent = desk.graph.parent(source)
    step = _new(desk, parent)
    stand = _standing(desk.definition, step["id"], source)
    if _is_implied(desk, parent):
        return Plan([{"op": "add_step", "step": step}, *stand], step["id"])
    port = desk.form.get("port") or onward_ports(desk.graph.step(source))[0]
    changes: Changes = [{"op": "add_step", "step": step, "after": [source, port]}, *stand]
    if desk.form.get("place") != "beside":
        for edge in desk.graph.outgoing(source, port):
            changes += [_cut(edge), {"op": "connect", "source": step["id"], "target": edge.target}]
    return Plan(changes, step["id"])


def _add_inside(desk: Desk) -> Plan:
    """Add a step into a container; in a loop after the one that ends it, elsewhere as the container has it."""
    container = desk.step
    if desk.graph.step(container).type not in CONTAINER_TYPES:
        raise InvalidInput("Only a container can hold steps.")
    step = _new(desk, container)
    change: dict[str, Any] = {"op": "add_step", "step": step}
    last = desk.graph.terminals(container)
    if desk.graph.step(container).type == "loop" and len(last) == 1:
        change["after"] = [last[0], onward_ports(desk.graph.step(last[0]))[0]]
    return Plan([change], step["id"])


def _new(desk: Desk, parent: StepId | None) -> dict[str, Any]:
    item = desk.items.get(desk.form.get("item", ""))
    if item is None:
        raise InvalidInput("Choose what is to be added.")
    name = desk.form.get("new_name", "").strip()
    named = {"name": name} if name else {}
    step = {**item.step, **named, "id": free_id(desk.definition, name or item.wish)}
    return {**step, "parent": parent} if parent else step


def _standing(definition: Definition, new: StepId, after: StepId) -> Changes:
    """Have a new step stand after another in the list."""
    ids = [step.id for step in definition.steps]
    following = ids[ids.index(after) + 1 :]
    return [{"op": "reorder", "id": new, "before": following[0]}] if following else []


def _is_implied(desk: Desk, parent: StepId | None) -> bool:
    """Whether the order of the list is what runs one step after another: a sequence in which nothing is drawn."""
    if parent is None or not isinstance(desk.graph.steps.get(parent), SequentialStep):
        return False
    inside = set(desk.graph.children(parent))
    return not any(edge.source in inside for edge in desk.definition.edges)


# Changing.


def _rename(desk: Desk) -> Plan:
    name = desk.form.get("name", "").strip()
    return Plan([{"op": "update_step", "id": desk.step, "changes": {"name": name}}], desk.step)


def _up(desk: Desk) -> Plan:
    siblings = desk.graph.children(desk.graph.parent(desk.step))
    at = siblings.index(desk.step)
    if at == 0:
        raise InvalidInput("It is the first here already.")
    return _swapped(desk, siblings[at - 1], desk.step)


def _down(desk: Desk) -> Plan:
    siblings = desk.graph.children(desk.graph.parent(desk.step))
    at = siblings.index(desk.step)
    if at == len(siblings) - 1:
        raise InvalidInput("It is the last here already.")
    return _swapped(desk, desk.step, siblings[at + 1])


def _swapped(desk: Desk, first: StepId, second: StepId) -> Plan:
    """Have two neighbours change places; where they are links of a plain chain, in the chain too."""
    changes: Changes = [{"op": "reorder", "id": second, "before": first}]
    if not _is_implied(desk, desk.graph.parent(first)) and _are_chained(desk.graph, first, second):
        changes += _relinked(desk.graph, first, second)
    return Plan(changes, desk.step)


def _are_chained(graph: Graph, first: StepId, second: StepId) -> bool:
    between, after = graph.outgoing(first), graph.outgoing(second)
    return (
        [edge.target for edge in between] == [second]
        and graph.incoming(second) == between
        and all(edge.port == onward_ports(graph.step(edge.source))[0] for edge in (*between, *after))
    )


def _relinked(graph: Graph, first: StepId, second: StepId) -> Changes:
    (between,) = graph.outgoing(first)
    coming, going = graph.incoming(first), graph.outgoing(second)
    changes = [_cut(edge) for edge in (between, *coming, *going)]
    changes += [{"op": "connect", "source": one.source, "port": one.port, "target": second} for one in coming]
    changes += [{"op": "connect", "source": second, "target": first}]
    changes += [{"op": "connect", "source": first, "target": edge.target} for edge in going]
    return changes


def _into(desk: Desk) -> Plan:
    parent = desk.form.get("parent", "")
    if not parent:
        raise InvalidInput("Choose the container into which it goes.")
    return Plan([{"op": "move", "ids": [desk.step], "parent": parent}], desk.step)


def _out(desk: Desk) -> Plan:
    around = desk.graph.parent(desk.step)
    if around is None:
        raise InvalidInput("It lies at the top already.")
    outer = desk.graph.parent(around) if around in desk.graph.steps else None
    return Plan([{"op": "move", "ids": [desk.step], "parent": outer}], desk.step)


def _connect(desk: Desk) -> Plan:
    target = desk.form.get("target", "")
    if not target:
        raise InvalidInput("Choose the step to which it leads.")
    port = desk.form.get("way") or onward_ports(desk.graph.step(desk.step))[0]
    change = {"op": "connect", "source": desk.step, "port": port, "target": target}
    return Plan([change], desk.step)


def _disconnect(desk: Desk) -> Plan:
    port, _, target = desk.form["detail"].partition(":")
    change = {"op": "disconnect", "source": desk.step, "port": port, "target": target}
    return Plan([change], desk.step)


def _delete(desk: Desk) -> Plan:
    parent = desk.graph.parent(desk.step)
    siblings = desk.graph.children(parent)
    at = siblings.index(desk.step)
    near = siblings[at - 1] if at else siblings[1] if len(siblings) > 1 else parent or ""
    return Plan([{"op": "remove_steps", "ids": [desk.step]}], near)


def _sort(desk: Desk) -> Plan:
    """List the steps as they run: each level in the order of its lines."""
    wanted = list(_running(desk.graph, None))
    wanted += [step.id for step in desk.definition.steps if step.id not in set(wanted)]
    if len(wanted) > MOST_SORTED:
        raise InvalidInput(f"More than {MOST_SORTED} steps cannot be sorted here.")
    if wanted == [step.id for step in desk.definition.steps]:
        raise InvalidInput("The steps stand in the order in which they run already.")
    return Plan([{"op": "reorder", "id": one} for one in wanted], "", "List the steps as they run")


def _running(graph: Graph, parent: StepId | None) -> Iterable[StepId]:
    placed = graph.order(parent)
    for one in (*placed, *(one for one in graph.children(parent) if one not in placed)):
        yield one
        if graph.step(one).type in CONTAINER_TYPES and parent != one:
            yield from _running(graph, one)


def _cut(edge: Edge) -> dict[str, Any]:
    return {"op": "disconnect", "source": edge.source, "port": edge.port, "target": edge.target}


_ACTS: Final[dict[str, Callable[[Desk], Plan]]] = {
    "rename": _rename,
    "add": _add,
    "add_after": _add_after,
    "add_inside": _add_inside,
    "up": _up,
    "down": _down,
    "into": _into,
    "out": _out,
    "connect": _connect,
    "disconnect": _disconnect,
    "delete": _delete,
    "sort": _sort,
}
