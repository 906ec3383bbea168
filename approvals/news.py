"""Who hears of what happens to a request, and in which words.

Listens to `request_changed`, inside the transaction of whoever changed it. News that cannot be told is logged; it never
keeps anybody from deciding.
"""

import logging
from collections.abc import Callable, Collection, Iterable
from typing import Any

from django.db import transaction
from django.urls import reverse

from approvals import policy, queries
from approvals.models import ApprovalRequest, RequestStatus, Verb
from convergio.notifications import operations as notifications
from convergio.notifications.models import Kind
from convergio.notifications.operations import News
from convergio.workspaces.actors import Actor
from convergio.workspaces.models import User

log = logging.getLogger(__name__)


def on_changed(
    sender: type[ApprovalRequest],
    request: ApprovalRequest,
    verb: str,
    user: User | None,
    about: list[User],
    **_: Any,
) -> None:
    """Tell whoever it concerns. Never raises."""
    tell = TELLING.get(verb)
    if tell is None:
        return
    try:
        with transaction.atomic():
            tell(request, Actor(request.workspace, user), about)
    except Exception:
        log.exception("news of request %s (%s) could not be told", request.pk, verb)


def about_of(request: ApprovalRequest) -> str:
    """Return how news names a request."""
    return f"request:{request.pk}"


def _opened(request: ApprovalRequest, by: Actor, _: list[User]) -> None:
    news = _news(request, Kind.ASKED, request.title, _asks(request))
    notifications.notify(_waited_for(request), news, by=by)
    notifications.post(news, by=by)


def _asks(request: ApprovalRequest) -> str:
    what = {"input": "asks you to fill in a form", "question": "asks you a question"}
    verb = what.get(request.kind, "waits for your answer")
    until = f", due {request.due_at:%Y-%m-%d %H:%M} UTC" if request.due_at else ""
    return f"{request.origin_label or request.requested_by or 'Somebody'} {verb}{until}."


def _delegated(request: ApprovalRequest, by: Actor, about: list[User]) -> None:
    news = _news(request, Kind.DELEGATED, f"{by.label} hands you “{request.title}”", _said(request, by))
    notifications.notify(about, news, by=by)
    _tell_watchers(request, by, f"{by.label} hands on “{request.title}”", "", without=about)


def _mentioned(request: ApprovalRequest, by: Actor, about: list[User]) -> None:
    news = _news(request, Kind.MENTIONED, f"{by.label} mentions you in “{request.title}”", _said(request, by))
    notifications.notify(about, news, by=by)


def _commented(request: ApprovalRequest, by: Actor, about: list[User]) -> None:
    said = _said(request, by)
    _tell_watchers(request, by, f"{by.label} comments on “{request.title}”", said, without=about)


def _reminded(request: ApprovalRequest, by: Actor, _: list[User]) -> None:
    news = _news(request, Kind.REMINDER, f"Reminder: {request.title}", _asks(request))
    people = [request.claimed_by] if request.claimed_by else _waited_for(request)
    notifications.notify(people, news, by=by)
    notifications.post(news, by=by)


def _escalated(request: ApprovalRequest, by: Actor, about: list[User]) -> None:
    title = f"Waits for too long: {request.title}"
    news = _news(request, Kind.ESCALATION, title, _asks(request))
    notifications.notify(about, news, by=by)
    notifications.post(news, by=by)
    _tell_watchers(request, by, f"“{request.title}” was escalated", "", without=about)


def _decided(request: ApprovalRequest, by: Actor, _: list[User]) -> None:
    if by.user is not None:
        notifications.settle(about_of(request), by=by, user=by.user)
    if request.status == RequestStatus.PENDING:
        _tell_watchers(request, by, f"{by.label} answered “{request.title}”", "It waits for others now.")


def _settled(request: ApprovalRequest, by: Actor, _: list[User]) -> None:
    notifications.settle(about_of(request), by=by)
    title = f"{request.get_status_display()}: {request.title}"
    body = queries.settled_sentence(request)
    _tell_watchers(request, by, title, body)
    notifications.post(_news(request, Kind.CHANGED, title, body), by=by)


def _withdrawn(request: ApprovalRequest, by: Actor, _: list[User]) -> None:
    notifications.settle(about_of(request), by=by)
    _tell_watchers(request, by, f"Withdrawn: {request.title}", queries.settled_sentence(request))


def _claimed(request: ApprovalRequest, by: Actor, _: list[User]) -> None:
    _tell_watchers(request, by, f"{by.label} claimed “{request.title}”", "")


def _released(request: ApprovalRequest, by: Actor, _: list[User]) -> None:
    _tell_watchers(request, by, f"{by.label} released “{request.title}”", "")


type Telling = Callable[[ApprovalRequest, Actor, list[User]], None]

TELLING: dict[str, Telling] = {
    "opened": _opened,
    "delegated": _delegated,
    "mentioned": _mentioned,
    "commented": _commented,
    "reminded": _reminded,
    "escalated": _escalated,
    "decided": _decided,
    "settled": _settled,
    "timed_out": _settled,
    "withdrawn": _withdrawn,
    "claimed": _claimed,
    "released": _released,
}
"""What each verb of `request_changed` leads to."""


def _waited_for(request: ApprovalRequest) -> list[User]:
    """Who is to answer: whoever is asked and has not answered; for those who are away also who stands in."""
    barred = {request.requested_by_id} if request.separation_of_duties else set()
    gone = barred | set(request.decisions.values_list("user", flat=True))
    people = [user for user in queries.people_asked(request) if user.pk not in gone]
    away = queries.absent_on(queries.today()).filter(workspace=request.workspace, user__in=people)
    others = [absence.stand_in for absence in away.select_related("stand_in")]
    return people + [user for user in others if user.pk not in gone]


def _tell_watchers(
    request: ApprovalRequest, by: Actor, title: str, body: str, without: Collection[User] = ()
) -> None:
    people = [user for user in _watchers(request) if user not in without]
    notifications.notify(people, _news(request, Kind.CHANGED, title, body), by=by)


def _watchers(request: ApprovalRequest) -> Iterable[User]:
    watching = [watch.user for watch in request.watches.select_related("user")]
    return [*watching, *([request.requested_by] if request.requested_by else ())]


def _said(request: ApprovalRequest, by: Actor) -> str:
    """The words that came with the newest act of this person."""
    spoken = request.activities.filter(user=by.user, verb__in=(Verb.COMMENTED, Verb.DELEGATED))
    newest = spoken.order_by("-created_at", "-id").first()
    return newest.text if newest else ""


def _news(request: ApprovalRequest, kind: Kind, title: str, body: str) -> News:
    facts = {
        "From": request.origin_label,
        "Addressed to": policy.addressed_to(request.assignees) if request.assignees else "",
        "Due": f"{request.due_at:%Y-%m-%d %H:%M} UTC" if request.due_at else "",
    }
    return News(
        kind=kind,
        title=title,
        body=body,
        url=reverse("approval_detail", args=[request.pk]),
        about=about_of(request),
        facts=tuple((name, value) for name, value in facts.items() if value),
    )
