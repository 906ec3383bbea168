"""Before a draft is published: what stands in the way, what changed since the last version, and a note."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from convergio.pages import PageRequest, page
from workflows import queries
from workflows.comparison import compare, marks
from workflows.panels.words import changes_in_words
from workflows.views.finding import find
from workflows.views.reading import frame, has_changes


@require_GET
@page
def publication_review(request: PageRequest, slug: str) -> HttpResponse:
    """What the dialog “Publish” shows."""
    workflow = find(request, slug)
    found = queries.findings(workflow)
    published = workflow.published
    before = published.definition if published else {}
    facts = {
        "workflow": workflow,
        "blocking": queries.errors(found),
        "warnings": [one for one in found if one.severity == "warning"],
        "has_changes": has_changes(workflow),
        "changes": changes_in_words(published.definition, workflow.draft) if published else None,
        "marks": marks(compare(before, workflow.draft)),
        "steps": len(workflow.draft.get("steps", ())),
    }
    if request.htmx:
        return render(request, "workflows/panel/_review.html", facts)
    return render(request, "workflows/panel/review.html", {**frame(workflow, "draft"), **facts})
