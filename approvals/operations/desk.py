"""How a person sets up their inbox: kept views, and who stands in while they are away."""

from datetime import date, timedelta

from django.db import transaction
from django.http import QueryDict

from approvals import policy, queries
from approvals.models import Absence, SavedFilter
from approvals.operations.common import member_of
from convergio import checks
from convergio.audit.operations import record
from convergio.errors import NotAllowed, NotFound
from convergio.workspaces.actors import Actor
from convergio.workspaces.models import User
from convergio.workspaces.permissions import Permission

MOST_FILTERS = 100
LONGEST_DAYS = 366


@transaction.atomic
def save_filter(name: str, query: str, *, by: Actor, is_shared: bool = False) -> SavedFilter:
    """Keep a view of the inbox under a name; the same name again replaces it."""
    owner = _person(by, Permission.VIEW)
    name = checks.text(name, "name", least=1, most=80)
    kept = queries.Filters.read(QueryDict(checks.text(query, "query", most=1000))).as_query()
    mine = SavedFilter.objects.filter(workspace=by.workspace, owner=owner)
    if mine.exclude(name=name).count() >= MOST_FILTERS:
        raise checks.refuse("name", f"At most {MOST_FILTERS} views can be kept; delete one first.")
    facts = {"query": kept, "is_shared": is_shared}
    found, _ = SavedFilter.objects.update_or_create(
        workspace=by.workspace, owner=owner, name=name, defaults=facts
    )
    record(by, "filter.save", found, {"query": [None, kept], "is_shared": [None, is_shared]})
    return found


@transaction.atomic
def delete_filter(filter: SavedFilter, *, by: Actor) -> None:
    """Forget a kept view: your own; admins also a shared one of somebody else."""
    by.require(Permission.VIEW)
    if filter.workspace_id != by.workspace.pk:
        raise NotFound("There is no such view in this workspace.")
    if filter.owner != by.user and not (filter.is_shared and by.may(Permission.ADMINISTER)):
        raise NotAllowed(f"This view is {filter.owner}'s; they or an admin may delete it.")
    record(by, "filter.delete", filter, {"query": [filter.query, None]})
    filter.delete()


@transaction.atomic
def set_absence(stand_in: User, first_day: date, last_day: date, *, by: Actor) -> Absence:
    """Say who answers for you on the days from first to last, both included, by UTC."""
    user = _person(by, Permission.DECIDE)
    if stand_in == user:
        raise checks.refuse("stand_in", "Somebody else has to stand in for you.")
    if member_of(stand_in, by).role not in policy.DECIDING_ROLES:
        raise checks.refuse("stand_in", f"{stand_in} may only look; the role viewer decides nothing.")
    if last_day < first_day:
        raise checks.refuse("last_day", "The last day must not be before the first.")
    if last_day < queries.today():
        raise checks.refuse("last_day", "These days have passed.")
    if last_day - first_day > timedelta(days=LONGEST_DAYS):
        raise checks.refuse("last_day", f"An absence may last {LONGEST_DAYS} days at most.")
    facts = {"user": user, "stand_in": stand_in, "first_day": first_day, "last_day": last_day}
    absence = Absence.objects.create(workspace=by.workspace, **facts)
    days = [str(first_day), str(last_day)]
    record(by, "absence.set", absence, {"stand_in": [None, stand_in.email], "days": [None, days]})
    return absence


@transaction.atomic
def end_absence(absence: Absence, *, by: Actor) -> None:
    """Be back: nobody stands in for you by this absence any more. Admins may end it for others."""
    by.require(Permission.DECIDE)
    if absence.workspace_id != by.workspace.pk:
        raise NotFound("There is no such absence in this workspace.")
    if absence.user != by.user and not by.may(Permission.ADMINISTER):
        raise NotAllowed(f"This is {absence.user}'s absence; they or an admin may end it.")
    record(by, "absence.end", absence, {"stand_in": [absence.stand_in.email, None]})
    absence.delete()


def _person(by: Actor, permission: Permission) -> User:
    by.require(permission)
    if by.user is None:
        raise NotAllowed("Only people have an inbox.")
    return by.user
