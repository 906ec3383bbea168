"""What the steps of a workflow may name in its workspace, with what helps to choose."""

from agents.models import Agent, LanguageModel, ProviderKind
from agents.queries import default_among
from workflows.graph import Graph
from workflows.panels.offers import AgentOffer, Offers, ToolOffer
from workflows.schema import Definition, StepId
from workflows.surroundings import Surroundings


def offers(around: Surroundings, slug: str, definition: Definition, step_id: StepId) -> Offers:
    """Return everything that a step may name; `slug` is that of its workflow, which does not call itself."""
    return Offers(
        agents=_agents(around),
        tools=tuple(ToolOffer(one.slug, one.title, one.description, one.parameters) for one in around.tools),
        workflows=tuple(one for one in around.workflows if one.slug != slug),
        groups=around.groups,
        people=around.people,
        models=tuple(map(str, around.models)),
        steps=_before(definition, step_id),
    )


def _agents(around: Surroundings) -> tuple[AgentOffer, ...]:
    default = default_among(around.models)
    models = {model.pk: model for model in around.models}
    own = ((agent, agent.model_id and models.get(agent.model_id)) for agent in around.agents)
    return tuple(_agent(agent, model or default) for agent, model in own)


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


def _before(definition: Definition, step_id: StepId) -> tuple[tuple[str, str], ...]:
    """The steps that may be done anew: before this one, in the same container."""
    before = Graph.of(definition).before(step_id) - {step_id}
    return tuple((one.id, one.title) for one in definition.steps if one.id in before)
