"""Who takes part: agents as this product knows them, and people, who become approvals and forms."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from workflows.autogen_import.components import (
    DEEPEST,
    Component,
    plain,
    readable,
    slug_of,
)
from workflows.autogen_import.report import AgentWish, Report

TEAMS: Final = frozenset({"RoundRobinGroupChat", "SelectorGroupChat", "Swarm", "GraphFlow"})
BENCHES: Final = frozenset({"StaticWorkbench", "StaticStreamWorkbench"})
"""Workbenches that only hold tools."""
ROLE_MOST, PROMPT_MOST, ABOUT_MOST = 200, 20_000, 2000


@dataclass(frozen=True, slots=True)
class Here:
    """What the workspace has: its agents that may be named, all slugs that are taken, its tools and models."""

    agents: Collection[str] = ()
    taken: Collection[str] = ()
    tools: Collection[str] = ()
    models: Collection[str] = ()


@dataclass(slots=True)
class Company:
    """Everybody in a document: agents by the name they have there, people, and who hands over to whom."""

    here: Here
    report: Report
    agents: dict[str, AgentWish] = field(default_factory=dict)
    people: dict[str, str] = field(default_factory=dict)
    """Name in the document and what it says of them."""
    handoffs: list[tuple[str, str, str]] = field(default_factory=list)
    """From, to, and when."""

    def join(self, participants: Iterable[Component], depth: int = 0) -> None:
        """Take participants in, those of teams inside teams too."""
        for one in participants:
            self._take(one, depth)

    def _take(self, one: Component, depth: int) -> None:
        inner = _inside(one)
        if one.kind == "AssistantAgent":
            self._agent(one)
        elif one.kind == "UserProxyAgent":
            self.people[one.name] = one.text("description")
        elif inner and depth < DEEPEST:
            self._tell_of_inner(one)
            self.join(inner, depth + 1)
        else:
            self._unknown(one)

    def _agent(self, one: Component) -> None:
        known = _match(one.name, self.here.agents)
        slug = known or self._free(slug_of(one.name))
        document = _document(one, slug, self._tools(one))
        model = one.part("model_client")
        name = model.text("model")[:200] if model else ""
        self.agents[one.name] = AgentWish(slug, document["name"], bool(known), document, name)
        self.handoffs += list(_handoffs(one))
        self._tell_of(one, known, model, name)

    def _free(self, slug: str) -> str:
        taken = {*self.here.taken, *(wish.slug for wish in self.agents.values())}
        found, number = slug, 2
        while found in taken:
            found, number = f"{slug}-{number}", number + 1
        return found

    def _tools(self, one: Component) -> list[str]:
        found = []
        offered = [*one.parts("tools"), *(tool for bench in one.parts("workbench") for tool in _on(bench))]
        for tool in offered:
            known = _match(tool.name, self.here.tools)
            if known:
                found.append(known)
                self.report.kept(one.name, f"The tool “{tool.name}” is taken to be “{known}” here.")
            else:
                self.report.lost(
                    one.name, f"The tool “{tool.name}” is code of its own; here is no tool of that name."
                )
        for bench in one.parts("workbench"):
            if bench.kind not in BENCHES:
                self.report.lost(one.name, f"Its workbench ({bench.kind}) cannot be reached from here.")
        return list(dict.fromkeys(found))

    # What is told.

    def _tell_of(self, one: Component, known: str, model: Component | None, name: str) -> None:
        if known:
            self.report.changed(
                one.name, f"Your agent “{known}” has this name and is used; its own prompt stays as it is."
            )
        if name and name not in self.here.models and not known:
            self.report.lost(
                one.name, f"It ran on the model “{name}”; here the model of the workspace serves it."
            )
        elif model and not name and not known:
            self.report.lost(one.name, f"Its model ({model.kind}) is not carried over.")
        for key, words in _EXTRAS.items():
            if _is_set(one.config.get(key)):
                self.report.lost(one.name, words)
        context = one.part("model_context")
        if context and context.kind != "UnboundedChatCompletionContext":
            self.report.lost(one.name, "It saw only a part of the talk; here it sees all of it.")

    def _tell_of_inner(self, one: Component) -> None:
        if one.kind in TEAMS:
            self.report.changed(one.name, "The team inside the team is dissolved; its members take part.")
        else:
            self.report.lost(one.name, f"What {one.kind} adds is not carried over; who is in it takes part.")

    def _unknown(self, one: Component) -> None:
        words = {
            "CodeExecutorAgent": "It runs code, which agents here do not do; it is left out.",
            "MagenticOneOrchestrator": "A planner of its own is not carried over.",
        }
        self.report.lost(one.name, words.get(one.kind, f"{one.kind} is not known here; it is left out."))


_EXTRAS: Final = {
    "memory": "Its memory is not carried over.",
    "structured_message_factory": "The shape of its answers is not carried over; set an output schema.",
}


def _document(one: Component, slug: str, tools: list[str]) -> dict[str, Any]:
    about = one.text("description") or one.about
    model = one.part("model_client")
    prompt = one.text("system_message") or about or f"You are {readable(one.name)}."
    document: dict[str, Any] = {
        "slug": slug,
        "name": readable(one.name),
        "role": about[:ROLE_MOST].strip() or readable(one.name),
        "description": about[:ABOUT_MOST],
        "system_prompt": prompt[:PROMPT_MOST],
        "tools": tools,
        "tags": ["imported"],
    }
    return document | (_manner(model) if model else {})


def _manner(model: Component) -> dict[str, Any]:
    manner: dict[str, Any] = {}
    temperature, most = model.number("temperature"), model.number("max_tokens")
    if temperature is not None and 0 <= temperature <= 2:
        manner["temperature"] = temperature
    if most is not None and 16 <= most <= 200_000:
        manner["max_tokens"] = int(most)
    return manner


def _handoffs(one: Component) -> Iterable[tuple[str, str, str]]:
    listed = one.config.get("handoffs")
    for handoff in listed if isinstance(listed, list) else ():
        if isinstance(handoff, str):
            yield one.name, handoff, ""
        elif isinstance(handoff, Mapping) and isinstance(handoff.get("target"), str):
            words = handoff.get("description")
            yield one.name, handoff["target"], words if isinstance(words, str) else ""


def _inside(one: Component) -> list[Component]:
    if one.kind in TEAMS:
        return one.parts("participants")
    team = one.part("team")
    if one.kind == "SocietyOfMindAgent" and team:
        return team.parts("participants")
    return one.parts("wrapped_agent") if one.kind == "MessageFilterAgent" else []


def _on(bench: Component) -> list[Component]:
    return bench.parts("tools") if bench.kind in BENCHES else []


def _match(name: str, known: Collection[str]) -> str:
    """The slug that is meant by a name, empty when there is none."""
    wanted = slug_of(name)
    return next((slug for slug in known if slug == name or slug_of(slug) == wanted), "")


def _is_set(value: object) -> bool:
    return value not in (None, [], {}, "")


def speech(name: str, description: str) -> str:
    """Return how a person is asked: their name, and what the document says of them."""
    return plain(f"{readable(name)}: {description}"[:1000] if description else readable(name))
