"""The inbox: which requests stand in which box of a person, found, narrowed and sorted in one query."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Count, F, Func, Q, QuerySet, TextField, Value
from django.db.models.functions import Coalesce
from django.db.models.lookups import Contains

from approvals import policy
from approvals.models import ApprovalRequest, Priority, RequestKind, RequestStatus, SavedFilter
from approvals.queries.people import Seat, seat_of
from convergio.workspaces.actors import Actor
from convergio.workspaces.permissions import Permission

PER_PAGE: Final = 50
BOXES: Final = {
    "mine": "Mine",
    "groups": "My groups'",
    "unassigned": "Unassigned",
    "all": "All",
    "done": "Done",
}
SORTS: Final = {"due": "Due first", "priority": "Most important", "age": "Oldest", "cost": "Dearest"}
TOKENS: Final = Func(F("assignees"), Value(" "), function="array_to_string", output_field=TextField())
NOTHING: Final = Q(pk__in=[])
MOST_WORDS: Final = 8
HEAVY: Final = ("data", "form", "facts")
"""What a list does not show and therefore does not load."""


@dataclass(frozen=True, slots=True)
class Filters:
    """What of the inbox a person looks at. `kind` and `priority` are "" for every one, `page` counts from 1."""

    box: str = "mine"
    words: str = ""
    kind: str = ""
    priority: str = ""
    source: str = ""
    sort: str = "due"
    page: int = 1

    @classmethod
    def read(cls, given: Mapping[str, Any]) -> "Filters":
        """Return the filters of an address's query; what makes no sense counts as not given."""
        box, sort, kind = _word(given, "box"), _word(given, "sort"), _word(given, "kind")
        priority, page = _word(given, "priority").lower(), _word(given, "page")
        return cls(
            box=box if box in BOXES else "mine",
            words=_word(given, "words"),
            kind=kind if kind in RequestKind.values else "",
            priority=priority if priority.upper() in Priority.names else "",
            source=_word(given, "source"),
            sort=sort if sort in SORTS else "due",
            page=max(1, int(page)) if page.isascii() and page.isdigit() and len(page) < 6 else 1,
        )

    @property
    def is_narrow(self) -> bool:
        """Whether less than a whole box is looked at."""
        return bool(self.words or self.kind or self.priority or self.source)

    def as_query(self) -> str:
        """Return what stands behind the question mark: only what differs from the usual."""
        given = {one.name: getattr(self, one.name) for one in fields(self)}
        usual = {one.name: one.default for one in fields(self)}
        return urlencode({name: value for name, value in given.items() if value != usual[name]})


def _word(given: Mapping[str, Any], name: str) -> str:
    return str(given.get(name) or "").replace("\x00", "").strip()[:200]


def visible_to(actor: Actor) -> QuerySet[ApprovalRequest]:
    """Return the requests of the actor's workspace, newest first."""
    if not actor.may(Permission.VIEW):
        return ApprovalRequest.objects.none()
    rows = ApprovalRequest.objects.filter(workspace=actor.workspace)
    return rows.select_related("workspace", "requested_by", "parent", "claimed_by")


def waiting_for(actor: Actor) -> QuerySet[ApprovalRequest]:
    """Return what waits for the actor (the boxes *mine* and *groups*), the one due first on top."""
    boxes = _boxes(seat_of(actor))
    return visible_to(actor).filter(boxes["mine"] | boxes["groups"]).order_by(*order_of("due"))


def inbox(actor: Actor, filters: Filters, seat: Seat | None = None) -> QuerySet[ApprovalRequest]:
    """Return the requests of one box as the filters narrow and sort them, light enough for a list.

    Paging is up to the caller, who may know the actor's seat.
    """
    rows = visible_to(actor).filter(_boxes(seat or seat_of(actor))[filters.box]).filter(narrowed(filters))
    order = ("-settled_at",) if filters.box == "done" and filters.sort == "due" else order_of(filters.sort)
    return light(rows).order_by(*order)


def light(rows: QuerySet[ApprovalRequest]) -> QuerySet[ApprovalRequest]:
    """Return requests without what a list does not show."""
    return rows.select_related(None).select_related("requested_by", "claimed_by").defer(*HEAVY)


def counts(actor: Actor, seat: Seat | None = None) -> dict[str, int]:
    """Return how many requests lie in each box."""
    found = {box: Count("pk", filter=rule) for box, rule in _boxes(seat or seat_of(actor)).items()}
    return visible_to(actor).select_related(None).order_by().aggregate(**found)


def sources(actor: Actor) -> list[str]:
    """Return the names of the workflows that have asked something which waits."""
    labels = visible_to(actor).filter(status=RequestStatus.PENDING).exclude(origin_label="")
    found = labels.order_by().values_list("origin_label", flat=True).distinct()
    return sorted({label.rpartition(" #")[0] or label for label in found})


def filters_of(actor: Actor) -> QuerySet[SavedFilter]:
    """Return the kept views that the actor sees: their own and those shared in the workspace."""
    rows = SavedFilter.objects.filter(workspace=actor.workspace)
    return rows.filter(Q(owner=actor.user) | Q(is_shared=True)).select_related("owner")


# which box


def _boxes(seat: Seat | None) -> dict[str, Q]:
    pending = Q(status=RequestStatus.PENDING)
    theirs = {"mine": NOTHING, "groups": NOTHING}
    return (_own_boxes(seat) if seat else theirs) | {
        "unassigned": pending & Q(claimed_by=None) & ~Q(Contains(TOKENS, "user:")),
        "all": pending,
        "done": ~pending,
    }


def _own_boxes(seat: Seat) -> dict[str, Q]:
    may, me = _may_answer(seat), seat.me
    names = [f"user:{one.email.lower()}" for one in (me, *seat.absent)]
    mine = Q(assignees__overlap=names) | Q(claimed_by=me.person)
    free = Q(claimed_by=None) | ~Q(quorum="any")
    return {"mine": may & mine, "groups": may & ~mine & free}


def _may_answer(seat: Seat) -> Q:
    """What `policy.refusal` says, for all requests at once."""
    me = seat.me
    own = Q(assignees__overlap=sorted(me.tokens)) & _none_of(seat.spoken_for[me.person])
    for one in seat.absent:
        own |= _in_place_of(seat, one)
    barred = Q(separation_of_duties=True, requested_by=me.person)
    return Q(status=RequestStatus.PENDING) & own & ~barred & _none_of(seat.answered[me.person])


def _in_place_of(seat: Seat, one: policy.Candidate) -> Q:
    if one.role not in policy.DECIDING_ROLES:
        return NOTHING
    barred = Q(separation_of_duties=True, requested_by=one.person)
    free = _none_of(seat.answered[one.person] | seat.spoken_for[one.person])
    return Q(assignees__overlap=sorted(one.tokens)) & ~barred & free


def _none_of(ids: Collection[UUID]) -> Q:
    return ~Q(pk__in=ids) if ids else Q()


# narrowed and sorted


def narrowed(filters: Filters) -> Q:
    """Return what words, kind, priority and source ask of a request."""
    wanted = Q()
    for word in filters.words.split()[:MOST_WORDS]:
        places = Q(title__icontains=word) | Q(description__icontains=word) | Q(origin_label__icontains=word)
        wanted &= places | Q(requested_by__name__icontains=word) | Q(requested_by__email__icontains=word)
    if filters.kind:
        wanted &= Q(kind=filters.kind)
    if filters.priority:
        wanted &= Q(priority=Priority[filters.priority.upper()])
    if filters.source:
        wanted &= Q(origin_label=filters.source) | Q(origin_label__startswith=f"{filters.source} #")
    return wanted


def order_of(sort: str) -> tuple[Any, ...]:
    """Return by what a list is ordered; where that is the same, what is older goes first."""
    due = Coalesce("due_at", "expires_at").asc(nulls_last=True)
    by = {"priority": ("-priority",), "age": (), "cost": ("-cost",), "due": ()}[sort]
    return (*by, "created_at", "pk") if sort == "age" else (*by, due, "created_at", "pk")
