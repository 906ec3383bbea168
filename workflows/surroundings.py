"""What there is around the workflows of a workspace that their steps may name, for checks and for forms alike."""

from dataclasses import dataclass
from functools import cached_property

from agents import queries as agents
from agents.models import Agent, LanguageModel
from agents.tools.base import Tool
from convergio.workspaces.models import Group, Member, Workspace
from workflows.models import Workflow
from workflows.panels.offers import WorkflowOffer
from workflows.schema import InputField
from workflows.validation import AgentFacts, Known


@dataclass(frozen=True)
class Surroundings:
    """Each kind of thing is read when somebody first asks for it, and then kept; lists are ordered by name."""

    workspace: Workspace

    @cached_property
    def agents(self) -> tuple[Agent, ...]:
        """The active agents, without their prompts and what else only a run needs."""
        shown = ("slug", "name", "role", "description", "category", "icon", "model", "tools", "capabilities")
        return tuple(agents.active_agents(self.workspace).only(*shown))

    @cached_property
    def models(self) -> tuple[LanguageModel, ...]:
        """The models that may serve, those asked first coming first, without their providers' keys."""
        shown = ("name", "prompt_price", "completion_price", "fallback_order")
        of_provider = ("provider__slug", "provider__kind")
        return tuple(agents.active_models(self.workspace).only(*shown, *of_provider))

    @cached_property
    def tools(self) -> tuple[Tool, ...]:
        """The tools that are switched on."""
        return tuple(agents.enabled_tools(self.workspace))

    @cached_property
    def workflows(self) -> tuple[WorkflowOffer, ...]:
        """The published workflows with what they ask for."""
        rows = Workflow.objects.filter(workspace=self.workspace, published__isnull=False, archived_at=None)
        shown = rows.order_by("name").values_list("slug", "name", "published__definition__inputs")
        return tuple(
            WorkflowOffer(slug, name, tuple(InputField.model_validate(one) for one in inputs or ()))
            for slug, name, inputs in shown
        )

    @cached_property
    def groups(self) -> tuple[tuple[str, str], ...]:
        """Slugs and names of the groups."""
        rows = Group.objects.filter(workspace=self.workspace).order_by("name")
        return tuple(rows.values_list("slug", "name"))

    @cached_property
    def people(self) -> tuple[tuple[str, str], ...]:
        """E-mail addresses and names of the members."""
        rows = Member.objects.filter(workspace=self.workspace).order_by("user__name", "user__email")
        return tuple(rows.values_list("user__email", "user__name"))

    def known(self, slug: str | None = None) -> Known:
        """Return what a definition may name; `slug` is that of the workflow whose definition it is, if any."""
        return Known(
            agents={
                one.slug: AgentFacts(frozenset(one.tools), frozenset(one.capabilities)) for one in self.agents
            },
            tools={one.slug: one.parameters for one in self.tools},
            workflows={one.slug: one.inputs for one in self.workflows},
            groups=frozenset(dict(self.groups)),
            users=frozenset(dict(self.people)),
            slug=slug,
        )
