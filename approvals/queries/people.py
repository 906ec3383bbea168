"""Who may answer: the actor as approvals see them, whom they stand in for, and whom a request is addressed to."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Q, QuerySet
from django.utils import timezone

from approvals import policy
from approvals.models import Absence, Activity, ApprovalRequest, Decision, RequestStatus, Verb
from approvals.queries.telling import settled_sentence
from convergio.workspaces.actors import Actor
from convergio.workspaces.models import Member, User, Workspace
from convergio.workspaces.permissions import Permission


@dataclass(frozen=True, slots=True)
class Seat:
    """Somebody who may answer requests, and the members who are away and whom they stand in for today.

    The others are ids of pending requests by person: which they have answered, and which somebody did in their place.
    """

    me: policy.Candidate
    absent: tuple[policy.Candidate, ...] = ()
    answered: Mapping[policy.Person, frozenset[UUID]] = field(default_factory=dict)
    spoken_for: Mapping[policy.Person, frozenset[UUID]] = field(default_factory=dict)


def today() -> date:
    """Return the day by which absences count."""
    return timezone.now().date()


def absent_on(day: date) -> QuerySet[Absence]:
    """Return the absences that a day lies in."""
    return Absence.objects.filter(first_day__lte=day, last_day__gte=day)


def seat_of(actor: Actor) -> Seat | None:
    """Return where the actor sits, in two queries; None for the system, for strangers, and for who may not answer."""
    if actor.user is None or not actor.may(Permission.DECIDE):
        return None
    away = absent_on(today()).filter(workspace=actor.workspace, stand_in=actor.user).values("user")
    found = _candidates(_members(actor.workspace).filter(Q(user=actor.user) | Q(user__in=away)))
    me = next((one for one in found if one.person == actor.user.pk), None)
    if me is None:
        return None
    absent = tuple(one for one in found if one is not me)
    return Seat(me, absent, *_voices(actor.workspace, {one.person for one in found}))


type _Requests = dict[policy.Person, frozenset[UUID]]


def _voices(workspace: Workspace, people: set[policy.Person]) -> tuple[_Requests, _Requests]:
    """Return in which pending requests people have answered, and in which somebody did in their place."""
    waiting = Decision.objects.filter(request__workspace=workspace, request__status=RequestStatus.PENDING)
    given = waiting.filter(Q(user__in=people) | Q(on_behalf_of__in=people))
    rows = list(given.values_list("user_id", "on_behalf_of_id", "request_id"))
    answered = {one: frozenset(id for user, _, id in rows if user == one) for one in people}
    return answered, {one: frozenset(id for _, place, id in rows if place == one) for one in people}


def candidates(workspace: Workspace) -> list[policy.Candidate]:
    """Return all active members of a workspace as approvals see them."""
    return _candidates(_members(workspace))


def _members(workspace: Workspace) -> QuerySet[Member]:
    slugs = ArrayAgg("groups__slug", filter=Q(groups__isnull=False), default=[])
    rows = Member.objects.filter(workspace=workspace, user__is_active=True).select_related("user")
    return rows.annotate(slugs=slugs).order_by("pk")


def _candidates(members: Iterable[Member]) -> list[policy.Candidate]:
    return [
        policy.Candidate(
            person=member.user_id,
            email=member.user.email,
            role=member.role,
            groups=frozenset(member.slugs),  # type: ignore[attr-defined]
        )
        for member in members
    ]


def people_asked(request: ApprovalRequest) -> list[User]:
    """Return the people a request is addressed to (who stands in for a role when nobody is meant exactly).

    Whoever asked is not among them where somebody else has to decide.
    """
    people = people_named(request.workspace, request.assignees)
    barred = asked(request, ()).barred
    return [one for one in people if not barred(one.pk)]


def people_named(workspace: Workspace, tokens: Collection[str]) -> list[User]:
    """Return the people of a workspace whom tokens mean."""
    meant = policy.assigned(tokens, candidates(workspace))
    return list(User.objects.filter(pk__in=meant).order_by("name", "email"))


def asked(request: ApprovalRequest, decisions: Iterable[Decision] | None = None) -> policy.Asked:
    """Return a request as the policy sees it."""
    given = list(request.decisions.all() if decisions is None else decisions)
    return policy.Asked(
        assignees=request.assignees,
        requester=request.requested_by_id,
        separation_of_duties=request.separation_of_duties,
        answered={one.user_id for one in given if one.user_id},
        spoken_for={one.on_behalf_of_id for one in given if one.on_behalf_of_id},
    )


def refusal(request: ApprovalRequest, actor: Actor, seat: Seat | None = None) -> str | None:
    """Return why the actor may not answer, as a sentence for the page; None when they may."""
    if request.status != RequestStatus.PENDING:
        return settled_sentence(request)
    seat = seat or seat_of(actor)
    if seat is None:
        return "Your role does not let you answer requests."
    return policy.refusal(seat.me, asked(request), seat.absent)


def place_of(request: ApprovalRequest, actor: Actor, seat: Seat | None = None) -> User | None:
    """Return in whose place the actor would answer; None when in their own."""
    seat = seat or seat_of(actor)
    place = policy.place_of(seat.me, asked(request), seat.absent) if seat else None
    return User.objects.get(pk=place) if place is not None else None


def escalated(request: ApprovalRequest) -> list[str]:
    """Return the tokens that a request was escalated to; none while it was not."""
    return list(request.escalate_to) if request.escalate_at is None else []


def meant(request: ApprovalRequest, members: Collection[policy.Candidate]) -> frozenset[policy.Person]:
    """Return whose answers a quorum counts: who was asked at first and may answer."""
    later = set(escalated(request))
    exact = policy.assigned([token for token in request.assignees if token not in later], members)
    barred = request.separation_of_duties and request.requested_by_id is not None
    return exact - {request.requested_by_id} if barred else exact


def stand_ins(
    request: ApprovalRequest, members: Collection[policy.Candidate]
) -> dict[policy.Person, set[policy.Person]]:
    """Return who may answer in the place of each person who was asked at first."""
    everywhere = policy.assigned(escalated(request), members)
    found: dict[policy.Person, set[policy.Person]] = {one: set(everywhere) for one in meant(request, members)}
    for person, other in _away(request):
        found.setdefault(person, set()).add(other)
    for giver, taker in _handed_on(request):
        for person, others in found.items():
            if person == giver or giver in others:
                others.add(taker)
    return found


def seats(
    request: ApprovalRequest, members: Collection[policy.Candidate]
) -> dict[policy.Person, policy.Person]:
    """Return in whose place each was asked to whom somebody, who may still answer, handed the request on."""
    handed = list(_handed_on(request))
    takers = {taker for _, taker in handed}
    late = {f"user:{one.email.lower()}" for one in members if one.person in takers}
    anyway = policy.assigned([token for token in request.assignees if token not in late], members)
    found: dict[policy.Person, policy.Person] = {}
    for giver, taker in handed:
        if taker not in anyway and (giver in anyway or giver in found):
            found.setdefault(taker, found.get(giver, giver))
    return found


def _away(request: ApprovalRequest) -> Iterable[tuple[policy.Person, policy.Person]]:
    rows = absent_on(today()).filter(workspace=request.workspace_id)
    return rows.values_list("user_id", "stand_in_id")


def _handed_on(request: ApprovalRequest) -> Iterable[tuple[policy.Person, policy.Person]]:
    handed = Activity.objects.filter(request=request, verb=Verb.DELEGATED, user__isnull=False)
    return handed.order_by("created_at", "id").values_list("user_id", "about")


def stands_in_for(actor: Actor) -> list[User]:
    """Return who is away today and has named the actor as the one to answer for them."""
    away = absent_on(today()).filter(workspace=actor.workspace, stand_in=actor.user)
    return list(User.objects.filter(pk__in=away.values("user")).order_by("name", "email"))


def absences_of(actor: Actor) -> QuerySet[Absence]:
    """Return the actor's absences in this workspace that have not passed."""
    rows = Absence.objects.filter(workspace=actor.workspace, user=actor.user, last_day__gte=today())
    return rows.select_related("stand_in")


def colleagues(actor: Actor) -> list[User]:
    """Return everybody else in the workspace who may answer requests, by name."""
    members = Member.objects.filter(workspace=actor.workspace, user__is_active=True)
    deciding = members.filter(role__in=policy.DECIDING_ROLES).exclude(user=actor.user)
    return list(User.objects.filter(pk__in=deciding.values("user")).order_by("name", "email"))
