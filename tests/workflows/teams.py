"""Teams as AutoGen writes them, small."""

from typing import Any

MODEL: dict[str, Any] = {
    "provider": "autogen_ext.models.openai.OpenAIChatCompletionClient",
    "component_type": "model",
    "config": {"model": "gpt-4o-mini", "api_key": "sk-not-for-you"},
}


def assistant(name: str, **more: Any) -> dict[str, Any]:
    """An assistant agent."""
    config = {
        "name": name,
        "model_client": MODEL,
        "description": f"Works as {name}",
        "system_message": f"You are {name}.",
    }
    return {
        "provider": "autogen_agentchat.agents.AssistantAgent",
        "component_type": "agent",
        "version": 2,
        "config": {**config, **more},
    }


def team(*names: str, kind: str = "RoundRobinGroupChat", **more: Any) -> dict[str, Any]:
    """A team of assistants that ends after nine turns."""
    return {
        "provider": f"autogen_agentchat.teams.{kind}",
        "component_type": "team",
        "version": 1,
        "label": "Pairing",
        "description": "Two who write",
        "config": {"participants": [assistant(name) for name in names], "max_turns": 9, **more},
    }


def flow(edges: dict[str, list[str]]) -> dict[str, Any]:
    """A graph of assistants: each with those that follow it."""
    nodes = {
        name: {"name": name, "edges": [{"target": target} for target in targets]}
        for name, targets in edges.items()
    }
    return team(*edges, kind="GraphFlow", graph={"nodes": nodes})
