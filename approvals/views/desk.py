"""How a person sets up the inbox: kept views, and who stands in while they are away."""

import uuid
from datetime import date

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from approvals import operations, queries
from approvals.queries import Filters
from convergio.errors import ConvergioError, InvalidInput
from convergio.pages import PageRequest, goto, page
from convergio.workspaces.permissions import Permission


@require_POST
@page
def filters(request: PageRequest) -> HttpResponse:
    """Keep what the list is narrowed to under a name."""
    query = Filters.read(QueryDict(request.POST.get("list", ""))).as_query()
    kept = operations.save_filter(
        request.POST.get("name", ""), query, by=request.actor, is_shared="is_shared" in request.POST
    )
    messages.success(request, f"“{kept.name}” was kept.")
    return goto(request, f"{reverse('approval_list')}?{query}")


@require_POST
@page
def filter_deletion(request: PageRequest, id: uuid.UUID) -> HttpResponse:
    """Forget a kept view."""
    found = get_object_or_404(queries.filters_of(request.actor), pk=id)
    operations.delete_filter(found, by=request.actor)
    return goto(request, reverse("approval_list"))


@require_http_methods(["GET", "POST"])
@page
def absences(request: PageRequest) -> HttpResponse:
    """Say who answers while one is away."""
    refusal: ConvergioError | None = None
    if request.method == "POST":
        try:
            _set(request)
        except InvalidInput as error:
            refusal = error
        else:
            return goto(request, reverse("absence_list"))
    facts = {
        "absences": queries.absences_of(request.actor),
        "stands_in": queries.stands_in_for(request.actor),
        "colleagues": queries.colleagues(request.actor),
        "posted": request.POST,
        "refusal": refusal,
    }
    return render(request, "approvals/absences.html", facts, status=refusal.status if refusal else 200)


@require_POST
@page
def absence_end(request: PageRequest, id: uuid.UUID) -> HttpResponse:
    """Be back."""
    found = get_object_or_404(queries.absences_of(request.actor), pk=id)
    operations.end_absence(found, by=request.actor)
    messages.success(request, "You answer yourself again.")
    return goto(request, reverse("absence_list"))


def _set(request: PageRequest) -> None:
    request.actor.require(Permission.DECIDE)
    chosen = request.POST.get("stand_in", "")
    stand_in = next((one for one in queries.colleagues(request.actor) if str(one.pk) == chosen), None)
    if stand_in is None:
        raise InvalidInput("Choose who stands in for you.")
    first, last = _day(request, "first_day"), _day(request, "last_day")
    operations.set_absence(stand_in, first, last, by=request.actor)
    messages.success(request, f"{stand_in} answers for you on those days.")


def _day(request: PageRequest, name: str) -> date:
    try:
        return date.fromisoformat(request.POST.get(name, ""))
    except ValueError:
        raise InvalidInput("Give the first and the last day that you are away.") from None
