"""Teams of AutoGen as workflows: their component JSON is read as data, never loaded, so nothing in it runs. Pure.

What has no counterpart is told rather than guessed: see `Remark`. No provider that a document names is imported.
"""

from typing import Any, Final

from convergio.errors import InvalidInput
from workflows.autogen_import.components import Component, component, readable, unwrapped
from workflows.autogen_import.graphs import graph
from workflows.autogen_import.people import Company, Here
from workflows.autogen_import.report import AgentWish, Fate, Reading, Remark, Report
from workflows.autogen_import.teams import talk
from workflows.schema import dump_definition, parse_definition
from workflows.schema.reading import as_json

__all__ = ["AgentWish", "Fate", "Here", "Reading", "Remark", "is_component", "read"]

_READERS: Final = {
    "RoundRobinGroupChat": talk,
    "SelectorGroupChat": talk,
    "Swarm": talk,
    "GraphFlow": graph,
}
NOTE_MOST: Final = 5000


def is_component(document: object) -> bool:
    """Tell whether a document looks like a component of AutoGen."""
    return component(unwrapped(document)) is not None


def read(document: object, here: Here) -> Reading:
    """Read a team as a workflow of a workspace. Raises InvalidInput for what is no team that can be read."""
    as_json(document)
    team = component(unwrapped(document))
    reader = _READERS.get(team.kind) if team else None
    if team is None or reader is None:
        kinds = ", ".join(_READERS)
        raise InvalidInput(f"Of AutoGen's components these can be imported: {kinds}. This is {_kind(team)}.")
    report = Report()
    company = Company(here, report)
    drawn = reader(team, company)
    definition = dump_definition(parse_definition(_with_note(drawn, team, report)))
    return Reading(
        kind=team.kind,
        name=readable(team.text("name") or team.label or team.kind),
        description=(team.text("description") or team.about)[:1000],
        definition=definition,
        agents=tuple({wish.slug: wish for wish in company.agents.values()}.values()),
        remarks=report.merged(),
    )


def _kind(team: Component | None) -> str:
    return f"a component of the kind {team.kind}" if team else "none of them"


def _with_note(drawn: dict[str, Any], team: Component, report: Report) -> dict[str, Any]:
    """Keep on the canvas what was not carried over as it was, for whoever goes on with the draft."""
    lines = [f"{one.about}: {one.sentence}" for one in report.merged() if one.fate is not Fate.KEPT]
    if not lines:
        return drawn
    text = "\n".join([f"From AutoGen ({team.kind}):", *lines])[:NOTE_MOST]
    height = min(480, 60 + 34 * len(lines))
    note = {
        "id": "autogen",
        "text": text,
        "position": {"x": 0, "y": -height - 40},
        "size": {"width": 420, "height": height},
        "colour": "grey",
    }
    return {**drawn, "notes": [note]}
