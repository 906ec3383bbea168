"""The picture of a workflow as a file."""

from django.http import HttpResponse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET

from convergio.pages import PageRequest, page
from workflows import picture_file, queries
from workflows.schema import parse_definition
from workflows.views.finding import find

ALONE = {"default-src": ["'none'"], "style-src": ["'unsafe-inline'"], "font-src": ["data:"]}
"""A picture carries its own colours and letters, and may fetch and run nothing."""


@require_GET
@page
def workflow_picture(request: PageRequest, slug: str) -> HttpResponse:
    """The draft, or one version, as an SVG file. Raises InvalidInput for a draft that cannot be read."""
    workflow = find(request, slug)
    chosen = request.GET.get("version") or "draft"
    definition = parse_definition(queries.definition(workflow, chosen))
    drawn = picture_file.svg(definition, title=workflow.name, theme=request.GET.get("theme", ""))
    response = HttpResponse(drawn, content_type="image/svg+xml; charset=utf-8")
    name = f"{workflow.slug}.svg" if chosen == "draft" else f"{workflow.slug}-v{chosen}.svg"
    response["Content-Disposition"] = content_disposition_header(as_attachment=False, filename=name) or ""
    response._csp_config = ALONE  # type: ignore[attr-defined]
    return response
