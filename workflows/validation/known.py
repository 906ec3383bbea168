"""What exists around a definition: what its steps may name. Looked up by the caller; None means: do not check."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from workflows.schema import InputField


@dataclass(frozen=True, slots=True)
class AgentFacts:
    """What is known of an agent."""

    tools: frozenset[str] = frozenset()
    capabilities: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Known:
    """Agents, tools and workflows by slug. A mapping tells more of each; a set only that it exists."""

    agents: Mapping[str, AgentFacts] | Collection[str] | None = None
    tools: Mapping[str, Mapping[str, Any] | None] | Collection[str] | None = None
    """To a tool's slug the JSON Schema of its arguments."""
    workflows: Mapping[str, tuple[InputField, ...]] | Collection[str] | None = None
    """To a published workflow's slug its declared inputs."""
    groups: Collection[str] | None = None
    users: Collection[str] | None = None
    """E-mail addresses, in lower case."""
    slug: str | None = None
    """The slug of the workflow that is checked, so that it does not call itself."""

    @property
    def capabilities(self) -> frozenset[str] | None:
        """Everything that some agent can do; None when that is not known."""
        if not isinstance(self.agents, Mapping):
            return None
        return frozenset[str]().union(*(agent.capabilities for agent in self.agents.values()))

    def parameters(self, tool: str) -> Mapping[str, Any] | None:
        """The JSON Schema of a tool's arguments, None when not known."""
        return self.tools.get(tool) if isinstance(self.tools, Mapping) else None

    def inputs(self, workflow: str) -> tuple[InputField, ...] | None:
        """The declared inputs of a workflow, None when not known."""
        return self.workflows.get(workflow) if isinstance(self.workflows, Mapping) else None
