"""What the steps of a workflow may name in its workspace, with what helps to choose."""

from agents import queries as agents
from agents.models import Agent, AgentStatus, LanguageModel, ProviderKind
from convergio.workspaces.models import Group, Member, Workspace
from workflows.graph import Graph
from workflows.models import Workflow
from workflows.panels.offers import AgentOffer, Offers, ToolOffer, WorkflowOffer
from workflows.schema import Definition, InputField, StepId


def offers(workflow: Workflow, definition: Definition, step_id: StepId) -> Offers:
    """Return everything that a step of this workflow may name."""
    workspace = workflow.workspace
    groups = Group.objects.filter(workspace=workspace).order_by("name")
    members = Member.objects.filter(workspace=workspace).order_by("user__name", "user__email")
    return Offers(
        agents=_agents(workspace),
        tools=_tools(workspace),
        workflows=_workflows(workflow),
        groups=tuple(groups.values_list("slug", "name")),
        people=tuple(members.values_list("user__email", "user__name")),
        models=tuple(map(str, agents.active_models(workspace))),
        steps=_before(definition, step_id),
    )


def _agents(workspace: Workspace) -> tuple[AgentOffer, ...]:
    default = agents.default_model(workspace)
    models = {model.pk: model for model in agents.active_models(workspace)}
    rows = Agent.objects.filter(workspace=workspace, status=AgentStatus.ACTIVE).order_by("name")
    return tuple(_agent(agent, (agent.model_id and models.get(agent.model_id)) or default) for agent in rows)


def _agent(agent: Agent, model: LanguageModel | None) -> AgentOffer:
    return AgentOffer(
        slug=agent.slug,
        name=agent.name,
        role=agent.role,
        description=agent.description,
        category=agent.category,
        icon=agent.icon,
        tools=tuple(agent.tools),
        capabilities=tuple(agent.capabilities),
        model=str(model) if model else "",
        price=price_of(model),
    )


def price_of(model: LanguageModel | None) -> str:
    """Return a hint in words at what a model costs."""
    if model is None:
        return "no model"
    if model.provider.kind == ProviderKind.EMBEDDED:
        return "free, runs here"
    if not model.prompt_price and not model.completion_price:
        return "no price set"
    return f"${model.prompt_price:,.2f} in, ${model.completion_price:,.2f} out per million tokens"


def _tools(workspace: Workspace) -> tuple[ToolOffer, ...]:
    cards = (card.tool for card in agents.tool_cards(workspace) if card.is_enabled)
    return tuple(ToolOffer(one.slug, one.title, one.description, one.parameters) for one in cards)


def _workflows(workflow: Workflow) -> tuple[WorkflowOffer, ...]:
    others = Workflow.objects.filter(
        workspace=workflow.workspace, published__isnull=False, archived_at=None
    ).exclude(pk=workflow.pk)
    rows = others.order_by("name").values_list("slug", "name", "published__definition__inputs")
    return tuple(
        WorkflowOffer(slug, name, tuple(InputField.model_validate(one) for one in inputs or ()))
        for slug, name, inputs in rows
    )


def _before(definition: Definition, step_id: StepId) -> tuple[tuple[str, str], ...]:
    """The steps that may be done anew: before this one, in the same container."""
    before = Graph.of(definition).before(step_id) - {step_id}
    return tuple((one.id, one.title) for one in definition.steps if one.id in before)
