"""Making workflows of documents from elsewhere: this product's own, or AutoGen's teams with the agents they need."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from agents import operations as agents
from agents import queries as people
from convergio.workspaces.actors import Actor
from convergio.workspaces.permissions import Permission
from workflows import autogen_import, operations
from workflows.autogen_import import AgentWish, Fate, Here, Reading
from workflows.models import Workflow


@dataclass(frozen=True, slots=True)
class Imported:
    """A workflow that was made. `reading` tells what became of a foreign document, `made` names new agents."""

    workflow: Workflow
    reading: Reading | None = None
    made: frozenset[str] = frozenset()

    def report(self) -> dict[str, Any]:
        """Return what was carried over and what not, as an answer of the API shows it."""
        if self.reading is None:
            return {"source": "convergio", "kind": "workflow", "agents": [], "remarks": []}
        return {
            "source": "autogen",
            "kind": self.reading.kind,
            "agents": [
                {"slug": wish.slug, "name": wish.name, "state": self._state(wish)}
                for wish in self.reading.agents
            ],
            "remarks": [remark.as_json() for remark in self.reading.remarks],
        }

    def summary(self) -> str:
        """Return the report in a sentence or two."""
        if self.reading is None:
            return ""
        lost = sum(remark.fate is Fate.LOST for remark in self.reading.remarks)
        made = (
            f" {len(self.made)} agent{'s were' if len(self.made) != 1 else ' was'} made." if self.made else ""
        )
        told = f" {lost} thing{'s' if lost != 1 else ''} could not be carried over; a note in the draft says which."
        return made + (told if lost else "")

    def _state(self, wish: AgentWish) -> str:
        if wish.is_known:
            return "there"
        return "made" if wish.slug in self.made else "missing"


def look(document: object, *, by: Actor) -> Reading | None:
    """Read a foreign document without making anything of it; None for one of this product. Raises InvalidInput."""
    by.require(Permission.BUILD)
    if not autogen_import.is_component(document):
        return None
    return autogen_import.read(document, _here(by))


def import_document(
    document: object, *, by: Actor, name: str = "", slug: str = "", agents: Collection[str] | None = None
) -> Imported:
    """Make a workflow of a document, with those of its `agents` that are not there yet; None makes them all."""
    reading = look(document, by=by)
    if reading is None:
        return Imported(operations.import_workflow(document, by=by, slug=slug, name=name))
    wishes = [
        wish for wish in reading.agents if not wish.is_known and (agents is None or wish.slug in agents)
    ]
    with transaction.atomic():
        for wish in wishes:
            _make(wish, by)
        workflow = operations.create(
            name=name or reading.name,
            slug=slug,
            by=by,
            description=reading.description,
            tags=["autogen"],
            definition=reading.definition,
        )
    return Imported(workflow, reading, frozenset(wish.slug for wish in wishes))


def _make(wish: AgentWish, by: Actor) -> None:
    models = people.active_models(by.workspace)
    same = models.filter(name=wish.model).first() if wish.model else None
    agents.create_agent(wish.document, by=by, model=same)


def _here(by: Actor) -> Here:
    return Here(
        agents=tuple(people.active_agents(by.workspace).values_list("slug", flat=True)),
        taken=frozenset(people.visible_to(by).values_list("slug", flat=True)),
        tools=tuple(one.slug for one in people.enabled_tools(by.workspace)),
        models=frozenset(people.active_models(by.workspace).values_list("name", flat=True)),
    )
