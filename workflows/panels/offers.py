"""What there is to choose from in a workspace, as forms offer it. Pure: looked up by the caller."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from workflows.panels.fields import Option
from workflows.schema import InputField


@dataclass(frozen=True, slots=True)
class AgentOffer:
    """An agent with what helps to choose it. `price` is a hint in words."""

    slug: str
    name: str
    role: str = ""
    description: str = ""
    category: str = ""
    icon: str = "bot"
    tools: tuple[str, ...] = ()
    capabilities: tuple[str, ...] = ()
    model: str = ""
    price: str = ""

    @property
    def words(self) -> str:
        """What a search for it looks through, in lower case."""
        return " ".join((self.name, self.role, self.category, *self.tools, *self.capabilities)).lower()

    @property
    def means(self) -> str:
        """What it works with: its model, what that costs, its tools."""
        model = f"{self.model or 'no model'}, {self.price}"
        return f"{model}; {', '.join(self.tools)}" if self.tools else model


@dataclass(frozen=True, slots=True)
class ToolOffer:
    """A tool with the JSON Schema of its arguments."""

    slug: str
    title: str
    description: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class WorkflowOffer:
    """A published workflow with what it asks for."""

    slug: str
    name: str
    inputs: tuple[InputField, ...] = ()


@dataclass(frozen=True)
class Offers:
    """Everything that steps may name here."""

    agents: tuple[AgentOffer, ...] = ()
    tools: tuple[ToolOffer, ...] = ()
    workflows: tuple[WorkflowOffer, ...] = ()
    groups: tuple[tuple[str, str], ...] = ()
    people: tuple[tuple[str, str], ...] = ()
    models: tuple[str, ...] = ()
    steps: tuple[tuple[str, str], ...] = ()
    """Ids and titles of the steps that come before, nearest the beginning first."""

    def agent(self, slug: str) -> AgentOffer | None:
        """The agent of a slug."""
        return next((one for one in self.agents if one.slug == slug), None)

    def tool(self, slug: str) -> ToolOffer | None:
        """The tool of a slug."""
        return next((one for one in self.tools if one.slug == slug), None)

    def workflow(self, slug: str) -> WorkflowOffer | None:
        """The workflow of a slug."""
        return next((one for one in self.workflows if one.slug == slug), None)

    @cached_property
    def agent_options(self) -> tuple[Option, ...]:
        """Agents by category."""
        ordered = sorted(self.agents, key=lambda one: (one.category, one.name))
        return tuple(
            Option(one.slug, one.name, one.role, one.category.replace("-", " ").capitalize())
            for one in ordered
        )

    @cached_property
    def tool_options(self) -> tuple[Option, ...]:
        """Tools by title."""
        return tuple(Option(one.slug, one.title, one.description.split("\n")[0]) for one in self.tools)

    @cached_property
    def capability_options(self) -> tuple[Option, ...]:
        """What some agent can do."""
        found = sorted({one for agent in self.agents for one in agent.capabilities})
        return tuple(Option(one, one.replace("-", " ").replace("_", " ").capitalize()) for one in found)

    @cached_property
    def people_options(self) -> tuple[Option, ...]:
        """Whom a step may ask: roles, groups and people."""
        roles = [Option(f"role:{one}", f"Any {one}", group="Roles") for one in ROLES]
        groups = [Option(f"group:{slug}", name, group="Groups") for slug, name in self.groups]
        people = [Option(f"user:{email}", name or email, group="People") for email, name in self.people]
        return (*roles, *groups, *people)


ROLES = ("owner", "admin", "builder", "approver", "viewer")
