"""Every tool there is: those built in, a line each, and those that other packages bring.

A package adds tools by the entry point group "convergio.tools", each naming a function made with `@tool`.
"""

import logging
from functools import cache
from importlib.metadata import entry_points

from agents.tools.base import Tool
from agents.tools.calculator import calculator
from agents.tools.current_time import current_time

log = logging.getLogger(__name__)

BUILT_IN: tuple[Tool, ...] = (
    calculator,
    current_time,
)


@cache
def catalogue() -> dict[str, Tool]:
    """Return all tools by slug. One from elsewhere that cannot be loaded, or takes a slug twice, is left out."""
    tools = {tool.slug: tool for tool in BUILT_IN}
    for entry in entry_points(group="convergio.tools"):
        try:
            found = entry.load()
        except Exception as error:
            log.error("tool %s cannot be loaded: %s", entry.name, error)
            continue
        if not isinstance(found, Tool) or found.slug in tools:
            log.error("tool %s is no tool, or its name is taken", entry.name)
            continue
        tools[found.slug] = found
    return tools
