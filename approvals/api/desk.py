"""One's own inbox: kept views, and who stands in while one is away."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Status

from approvals import operations, queries
from approvals.api.requests import colleague
from approvals.api.schemas import AbsenceIn, AbsenceOut, FilterIn, FilterOut
from convergio.errors import NotFound
from convergio.rest.auth import actor_of
from convergio.workspaces.permissions import Permission

router = Router(tags=["Approvals"])


@router.get("/approvals/filters", response=list[FilterOut])
def list_filters(request: HttpRequest) -> Any:
    """Kept views: yours, and those that are shared."""
    actor = actor_of(request)
    actor.require(Permission.VIEW)
    return queries.filters_of(actor)


@router.post("/approvals/filters", response={201: FilterOut})
def save_filter(request: HttpRequest, payload: FilterIn) -> Any:
    """Keep a view under a name; the same name again replaces it."""
    return Status(201, operations.save_filter(**payload.dict(), by=actor_of(request)))


@router.delete("/approvals/filters/{uuid:filter_id}", response={204: None})
def delete_filter(request: HttpRequest, filter_id: UUID) -> Any:
    """Forget a kept view."""
    actor = actor_of(request)
    actor.require(Permission.VIEW)
    found = queries.filters_of(actor).filter(pk=filter_id).first()
    if found is None:
        raise NotFound("There is no such view in this workspace.")
    operations.delete_filter(found, by=actor)
    return Status(204, None)


@router.get("/approvals/absences", response=list[AbsenceOut])
def list_absences(request: HttpRequest) -> Any:
    """Your absences that have not passed."""
    actor = actor_of(request)
    actor.require(Permission.VIEW)
    return queries.absences_of(actor)


@router.post("/approvals/absences", response={201: AbsenceOut})
def set_absence(request: HttpRequest, payload: AbsenceIn) -> Any:
    """Say who answers for you while you are away."""
    actor = actor_of(request)
    actor.require(Permission.DECIDE)
    stand_in = colleague(request, payload.stand_in)
    return Status(201, operations.set_absence(stand_in, payload.first_day, payload.last_day, by=actor))


@router.delete("/approvals/absences/{uuid:absence_id}", response={204: None})
def end_absence(request: HttpRequest, absence_id: UUID) -> Any:
    """Be back."""
    actor = actor_of(request)
    actor.require(Permission.DECIDE)
    found = queries.absences_of(actor).filter(pk=absence_id).first()
    if found is None:
        raise NotFound("You have no such absence.")
    operations.end_absence(found, by=actor)
    return Status(204, None)
