"""The ready agents: one JSON file each in this folder."""

import json
from functools import cache
from pathlib import Path

from agents.specs import AgentSpec, parse

FOLDER = Path(__file__).parent


@cache
def ready_agents() -> tuple[AgentSpec, ...]:
    """Return the agents of this folder, by slug. Raises InvalidInput when a file is no agent."""
    paths = sorted(FOLDER.glob("*.json"))
    return tuple(parse(json.loads(path.read_text(encoding="utf-8"))) for path in paths)
