"""GraphFlow teams: each agent a step, each edge a line, what hangs on words a choice, a circle a loop."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from convergio.errors import InvalidInput
from workflows.autogen_import.circles import Circle, circles
from workflows.autogen_import.components import Component, id_of, plain, readable
from workflows.autogen_import.endings import Endings, endings
from workflows.autogen_import.people import Company, speech
from workflows.autogen_import.teams import TASK

MOST_NODES: Final = 500
ROUNDS: Final = 5
"""How often a circle goes round that had no limit."""
FORM: Final = {
    "type": "object",
    "properties": {"reply": {"type": "string", "title": "Your answer"}},
    "required": ["reply"],
}


@dataclass(frozen=True, slots=True)
class Way:
    """An edge of the document; `words` must be in what the source said."""

    source: str
    target: str
    words: str = ""
    any_of: bool = False


@dataclass(slots=True)
class Drawing:
    """The graph while it is drawn: names of the document and their ids here."""

    company: Company
    limits: Endings
    ways: list[Way]
    any_join: set[str]
    ids: dict[str, str]
    loops: dict[str, str] = field(default_factory=dict)
    """Name of a node in a circle: the id of its loop."""
    results: dict[str, str] = field(default_factory=dict)
    """Id of a loop: the node whose words it gives."""
    steps: list[dict[str, Any]] = field(default_factory=list)
    edges: list[dict[str, str]] = field(default_factory=list)

    def outer(self, name: str) -> str:
        """Return the id of the step at the top that a node is or lies in."""
        return self.loops.get(name, self.ids[name])

    def free(self, wish: str) -> str:
        """Return an id that no step has."""
        taken = {*self.ids.values(), *(step["id"] for step in self.steps)}
        found, number = wish, 2
        while found in taken:
            found, number = f"{wish}_{number}", number + 1
        return found


def graph(team: Component, company: Company) -> dict[str, Any]:
    """Return the definition of a GraphFlow team."""
    company.join(team.parts("participants"))
    nodes = _nodes(team)
    drawing = _begun(team, company, nodes)
    _tell_of_endings(drawing)
    start = team.config["graph"].get("default_start_node")
    for circle in circles(_plain(drawing), start if isinstance(start, str) else ""):
        _loop(circle, drawing)
    for name in nodes:
        _step(name, drawing)
    for name in nodes:
        _leave(name, drawing)
    return {
        "inputs": [TASK],
        "steps": drawing.steps,
        "edges": drawing.edges,
        "outputs": _outputs(drawing),
        "guardrails": drawing.limits.guardrails,
    }


# Reading.


def _nodes(team: Component) -> Mapping[str, Mapping[str, Any]]:
    drawn = team.config.get("graph")
    nodes = drawn.get("nodes") if isinstance(drawn, Mapping) else None
    if not isinstance(nodes, Mapping) or not nodes:
        raise InvalidInput("This GraphFlow has no graph with nodes.")
    if len(nodes) > MOST_NODES:
        raise InvalidInput(f"This graph has {len(nodes)} nodes; at most {MOST_NODES} are read.")
    return {str(name): node if isinstance(node, Mapping) else {} for name, node in nodes.items()}


def _begun(team: Component, company: Company, nodes: Mapping[str, Mapping[str, Any]]) -> Drawing:
    ids: dict[str, str] = {}
    for name in nodes:
        wish, number = id_of(name), 2
        while wish in ids.values():
            wish, number = f"{id_of(name)}_{number}", number + 1
        ids[name] = wish
    ways = [way for name, node in nodes.items() for way in _ways(name, node, nodes, company)]
    any_join = {name for name, node in nodes.items() if node.get("activation") == "any"}
    any_join |= {way.target for way in ways if way.any_of}
    return Drawing(company, endings(team, company.report), list(dict.fromkeys(ways)), any_join, ids)


def _ways(name: str, node: Mapping[str, Any], nodes: Mapping[str, Any], company: Company) -> list[Way]:
    listed, found = node.get("edges"), []
    for edge in listed if isinstance(listed, list) else ():
        target = edge.get("target") if isinstance(edge, Mapping) else None
        if not isinstance(target, str) or target not in nodes:
            company.report.lost(name, "An edge that leads nowhere is left out.")
            continue
        words = edge.get("condition")
        any_of = edge.get("activation_condition") == "any"
        found.append(Way(name, target, words if isinstance(words, str) else "", any_of))
    return found


def _plain(drawing: Drawing) -> dict[str, list[str]]:
    nodes: dict[str, list[str]] = {name: [] for name in drawing.ids}
    for way in drawing.ways:
        nodes[way.source].append(way.target)
    return nodes


def _tell_of_endings(drawing: Drawing) -> None:
    report = drawing.company.report
    if drawing.limits.stop_words:
        report.lost("End of the work", "A word does not end a graph here: it ends when no step is left.")
    if drawing.limits.handoffs:
        report.lost("End of the work", "A handoff does not end a graph here.")


# Steps.


def _step(name: str, drawing: Drawing) -> None:
    step: dict[str, Any] = {"id": drawing.ids[name], "name": readable(name), **_work(name, drawing.company)}
    if name in drawing.loops:
        step["parent"] = drawing.loops[name]
    if name in drawing.any_join and len([way for way in drawing.ways if way.target == name]) > 1:
        step["join"] = "any"
    drawing.steps.append(step)


def _work(name: str, company: Company) -> dict[str, Any]:
    if name in company.people:
        company.report.changed(name, "A person is asked by a form, whose answer goes on.")
        title = speech(name, company.people[name])[:200]
        return {"type": "input", "config": {"title": title, "form": FORM}}
    config: dict[str, Any] = {"prompt": "${inputs.task}", "conversation": True}
    if name in company.agents:
        return {"type": "agent", "config": {"agent": company.agents[name].slug, **config}}
    company.report.lost(name, "Nobody is known for this step; choose an agent for it.")
    return {"type": "agent", "config": config}


# Circles.


def _loop(circle: Circle, drawing: Drawing) -> None:
    loop_id = drawing.free("repeat")
    inner = set(circle.nodes)
    out = [way for way in drawing.ways if way.source in inner and way.target not in inner]
    back = [way for way in drawing.ways if (way.source, way.target) in circle.closing]
    drawing.loops |= dict.fromkeys(circle.nodes, loop_id)
    drawing.results[loop_id] = (out or back)[0].source
    drawing.ways = [way for way in drawing.ways if way not in back]
    drawing.any_join -= {way.target for way in back}
    rounds = max(1, drawing.limits.turns // len(inner)) if drawing.limits.turns else ROUNDS
    _tell_of_loop(circle, drawing, rounds)
    drawing.steps.append(
        {
            "id": loop_id,
            "type": "loop",
            "name": f"Repeat {', '.join(map(readable, circle.nodes))}"[:200],
            "config": {
                "mode": "until",
                "condition": _until(out, back, drawing, rounds),
                "max_iterations": rounds,
                "result": f"${{steps.{drawing.ids[drawing.results[loop_id]]}.output}}",
            },
        }
    )


def _until(out: list[Way], back: list[Way], drawing: Drawing, rounds: int) -> dict[str, Any]:
    """A loop ends when a way out is open; without words on those, when no way back is."""
    open_ = [_said(way.words, _words_of(way.source, drawing)) for way in out if way.words]
    shut = [{"not_": _said(way.words, _words_of(way.source, drawing))} for way in back if way.words]
    if open_:
        return open_[0] if len(open_) == 1 else {"any": open_}
    if shut and len(shut) == len(back):
        return shut[0] if len(shut) == 1 else {"all": shut}
    return {"path": "$.loop.number", "op": "gte", "value": rounds}


def _tell_of_loop(circle: Circle, drawing: Drawing, rounds: int) -> None:
    names = ", ".join(circle.nodes)
    drawing.company.report.changed(
        names, f"The circle became a loop, which goes round {rounds} times at most; see its condition."
    )


# Lines.


def _leave(name: str, drawing: Drawing) -> None:
    """Draw what leads on from a node, or from the loop around it."""
    for way in (one for one in drawing.ways if one.source == name):
        outer = drawing.loops.get(way.source) != drawing.loops.get(way.target)
        source = drawing.outer(way.source) if outer else drawing.ids[way.source]
        target = drawing.outer(way.target) if outer else drawing.ids[way.target]
        if way.words and not (outer and _only_way_out(way, drawing)):
            _choose(way, source, target, drawing)
        else:
            _draw(drawing, source, "submitted" if _is_form(source, drawing) else "done", target)


def _only_way_out(way: Way, drawing: Drawing) -> bool:
    """Whether the loop around the source ends for these words alone."""
    loop = drawing.loops.get(way.source)
    leaving = {
        one.words for one in drawing.ways if drawing.loops.get(one.source) == loop != _of(one, drawing)
    }
    return loop is not None and leaving == {way.words}


def _of(way: Way, drawing: Drawing) -> str | None:
    return drawing.loops.get(way.target)


def _choose(way: Way, source: str, target: str, drawing: Drawing) -> None:
    """Lead through a choice after the source, which all its conditional edges share."""
    choice = next((one for one in drawing.steps if one.get("_after") == source), None)
    if choice is None:
        choice = _choice(way, source, drawing)
    else:
        drawing.company.report.changed(way.source, "Of several ways that hang on words the first is taken.")
    port = _port(choice, way, source, drawing)
    _draw(drawing, choice["id"], port, target)


def _choice(way: Way, source: str, drawing: Drawing) -> dict[str, Any]:
    choice: dict[str, Any] = {
        "id": drawing.free(f"after_{source}"[:60]),
        "type": "condition",
        "name": f"What {readable(way.source)} says"[:200],
        "config": {"branches": []},
        "_after": source,
    }
    if source == drawing.ids[way.source] and way.source in drawing.loops:
        choice["parent"] = drawing.loops[way.source]
    drawing.steps.append(choice)
    _draw(drawing, source, "submitted" if _is_form(source, drawing) else "done", choice["id"])
    return choice


def _port(choice: dict[str, Any], way: Way, source: str, drawing: Drawing) -> str:
    branches = choice["config"]["branches"]
    label = way.words[:100]
    known = next((one for one in branches if one["label"] == label), None)
    if known is None:
        path = f"$.{source}[-1]" if source in drawing.results else _words_of(way.source, drawing)
        known = {"port": f"way_{len(branches) + 1}", "label": label, "when": _said(way.words, path)}
        branches.append(known)
    return str(known["port"])


def _words_of(name: str, drawing: Drawing) -> str:
    step_id = drawing.ids[name]
    return f"$.{step_id}.reply" if name in drawing.company.people else f"$.{step_id}"


def _said(words: str, path: str) -> dict[str, Any]:
    return {"path": path, "op": "contains", "value": plain(words)}


def _is_form(step_id: str, drawing: Drawing) -> bool:
    return any(step["id"] == step_id and step["type"] == "input" for step in drawing.steps)


def _draw(drawing: Drawing, source: str, port: str, target: str) -> None:
    edge = {"source": source, "port": port, "target": target}
    if edge not in drawing.edges:
        drawing.edges.append(edge)


def _outputs(drawing: Drawing) -> dict[str, str]:
    """What the last steps give, forms and choices left out."""
    leading = {edge["source"] for edge in drawing.edges}
    top = [step for step in drawing.steps if "parent" not in step and step["type"] in ("agent", "loop")]
    last = [step["id"] for step in top if step["id"] not in leading] or [step["id"] for step in top]
    for step in drawing.steps:
        step.pop("_after", None)
    names = ["result"] if len(last) == 1 else last
    return {name: f"${{steps.{one}.output}}" for name, one in zip(names, last, strict=True)}
