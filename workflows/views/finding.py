"""Finding what a request is about, in the workspace of whoever asks."""

from django.shortcuts import get_object_or_404

from convergio.errors import InvalidInput
from convergio.pages import PageRequest
from workflows import queries
from workflows.models import Workflow
from workflows.picture import Picture, picture
from workflows.schema import Definition, parse_definition


def find(request: PageRequest, slug: str) -> Workflow:
    """Return a workflow of the workspace, else 404."""
    return get_object_or_404(queries.visible_to(request.actor), slug=slug)


def readable(document: object) -> Definition | None:
    """Return a definition, or None for a draft that cannot be read yet."""
    try:
        return parse_definition(document)
    except InvalidInput:
        return None


def picture_of(document: object) -> Picture | None:
    """Return the picture of a document, or None when it cannot be read or has no steps."""
    definition = readable(document)
    return picture(definition) if definition and definition.steps else None


def shown_document(workflow: Workflow) -> object:
    """Return what the workflow page shows: the published version, else the draft."""
    return workflow.published.definition if workflow.published else workflow.draft
