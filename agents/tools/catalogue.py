"""Every tool there is: those built in, a line each, and those that other packages bring.

A package adds tools by the entry point group "convergio.tools", each naming a function made with `@tool`.
"""

import logging
from functools import cache
from importlib.metadata import entry_points

from agents.tools.ask_person import ask_person
from agents.tools.base import Tool
from agents.tools.calculator import calculator
from agents.tools.current_time import current_time
from agents.tools.database_query import database_query
from agents.tools.date_math import date_math
from agents.tools.files import file_list, file_read, file_write
from agents.tools.http_request import http_request
from agents.tools.notify import notify
from agents.tools.start_workflow import start_workflow
from agents.tools.table_profile import table_profile
from agents.tools.table_query import table_query
from agents.tools.web_fetch import web_fetch

log = logging.getLogger(__name__)

BUILT_IN: tuple[Tool, ...] = (
    calculator,
    current_time,
    date_math,
    web_fetch,
    http_request,
    database_query,
    table_profile,
    table_query,
    file_read,
    file_write,
    file_list,
    notify,
    ask_person,
    start_workflow,
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
