"""The picture of a workflow as a file."""

from django.conf import settings
from django.http import HttpResponse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET

from convergio.pages import PageRequest, page
from workflows import picture_file, queries
from workflows.schema import parse_definition
from workflows.views.finding import find


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
    response._csp_config = _policy(drawn)  # type: ignore[attr-defined]
    return response


def _policy(drawn: str) -> dict[str, list[str]]:
    """A picture may use the colours and the letters that it carries, and nothing else."""
    own = {"style-src": [picture_file.style_source(drawn)], "font-src": ["data:"]}
    return {**settings.SECURE_CSP, **own}
