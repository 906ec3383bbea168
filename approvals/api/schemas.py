"""What the API tells and takes about requests."""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from ninja import Schema

from approvals import packet, queries
from approvals.models import (
    Absence,
    Activity,
    ApprovalRequest,
    Decision,
    Priority,
    RequestKind,
    RequestStatus,
    SavedFilter,
)
from convergio.rest.auth import actor_of
from convergio.rest.bodies import Body
from convergio.workspaces.models import User


def _email(user: User | None) -> str | None:
    return user.email if user else None


class AnswerOut(Schema):
    """One button: its `id` is what to send, `counts_as` what it means to the quorum."""

    id: str
    label: str
    counts_as: str
    needs_comment: bool


class DecisionOut(Schema):
    """One person's answer, perhaps in the place of somebody who is away. `data` is what they changed it to."""

    user: str | None = None
    on_behalf_of: str | None = None
    answer: str
    counts_as: str
    label: str
    comment: str
    form: dict[str, Any] | None
    data: Any = None
    via: str
    created_at: datetime

    @staticmethod
    def resolve_user(decision: Decision) -> str | None:
        return _email(decision.user)

    @staticmethod
    def resolve_on_behalf_of(decision: Decision) -> str | None:
        return _email(decision.on_behalf_of)


class ActivityOut(Schema):
    """What happened besides the answers. `user` is null when it was time; `about` is whom it was about."""

    user: str | None = None
    verb: str
    text: str
    about: list[str] = []
    created_at: datetime

    @staticmethod
    def resolve_user(activity: Activity) -> str | None:
        return _email(activity.user)

    @staticmethod
    def resolve_about(activity: Activity) -> list[str]:
        return [user.email for user in activity.about.all()]


class RequestOut(Schema):
    """A request. `origin` is the id of the execution that waits, `origin_path` the step in it, `outcome` the answer."""

    id: UUID
    kind: str
    status: str
    title: str
    description: str
    priority: str = ""
    assignees: list[str]
    quorum: str
    answers: list[AnswerOut] = []
    can_edit: bool
    can_revise: bool
    separation_of_duties: bool
    requested_by: str | None = None
    claimed_by: str | None = None
    claimed_at: datetime | None
    cost: float
    origin: str
    origin_path: str
    origin_label: str
    round: int
    question: str
    parent_id: UUID | None
    created_at: datetime
    follow_up_at: datetime | None
    remind_at: datetime | None
    due_at: datetime | None
    escalate_at: datetime | None
    escalate_to: list[str]
    expires_at: datetime | None
    auto_approve_at: datetime | None
    settled_at: datetime | None
    outcome: str

    @staticmethod
    def resolve_priority(request: ApprovalRequest) -> str:
        return Priority(request.priority).name.lower()

    @staticmethod
    def resolve_answers(request: ApprovalRequest) -> list[Any]:
        return queries.answers_of(request)

    @staticmethod
    def resolve_requested_by(request: ApprovalRequest) -> str | None:
        return _email(request.requested_by)

    @staticmethod
    def resolve_claimed_by(request: ApprovalRequest) -> str | None:
        return _email(request.claimed_by)


class RequestDetail(RequestOut):
    """A request with what is under review. `refusal` says why you may not answer, null when you may.

    `packet` is what the page shows beside it: who made it, what changed, what each answer leads to. Of a settled
    request it is as the last decision saw it. `in_place_of` is for whom you would answer, null when for yourself.
    """

    data: Any = None
    form: dict[str, Any] | None
    decisions: list[DecisionOut]
    activities: list[ActivityOut]
    asked: list[str]
    refusal: str | None = None
    in_place_of: str | None = None
    is_watching: bool
    packet: dict[str, Any]

    @staticmethod
    def resolve_decisions(request: ApprovalRequest) -> list[Decision]:
        return list(request.decisions.select_related("user", "on_behalf_of", "request"))

    @staticmethod
    def resolve_activities(request: ApprovalRequest) -> list[Activity]:
        return list(queries.activities(request))

    @staticmethod
    def resolve_asked(request: ApprovalRequest) -> list[str]:
        return [user.email for user in queries.people_asked(request)]

    @staticmethod
    def resolve_refusal(request: ApprovalRequest, context: Any) -> str | None:
        return queries.refusal(request, actor_of(context["request"]))

    @staticmethod
    def resolve_in_place_of(request: ApprovalRequest, context: Any) -> str | None:
        return _email(queries.place_of(request, actor_of(context["request"])))

    @staticmethod
    def resolve_is_watching(request: ApprovalRequest, context: Any) -> bool:
        return queries.is_watching(request, actor_of(context["request"]))

    @staticmethod
    def resolve_packet(request: ApprovalRequest, context: Any) -> dict[str, Any]:
        return packet.shown(request, actor_of(context["request"]))


class RequestFilters(Schema):
    """Narrow the list. `mine` keeps what waits for you (the boxes mine and groups); `box` is one box of the inbox."""

    status: RequestStatus | None = None
    kind: RequestKind | None = None
    origin: str = ""
    mine: bool = False
    box: Literal["mine", "groups", "unassigned", "all", "done"] | None = None
    words: str = ""
    priority: Literal["low", "normal", "high", "urgent"] | None = None
    source: str = ""
    sort: Literal["due", "priority", "age", "cost"] | None = None


class DecisionIn(Body):
    """An answer: the `id` of one of the request's. `form` holds the values of its form, where it has one.

    `data` is what was under review as you changed it, where `can_edit` allows it.
    """

    answer: str
    comment: str = ""
    form: dict[str, Any] | None = None
    data: Any = None


class ManyIn(Body):
    """The same answer to many requests."""

    ids: list[UUID]
    answer: str
    comment: str = ""


class RefusedOut(Schema):
    """A request that could not be answered, and why."""

    id: UUID
    title: str
    reason: str


class ManyOut(Schema):
    """What became of many: ids that were answered, those that were refused, and those that are not here."""

    done: list[UUID]
    refused: list[RefusedOut]
    missing: list[UUID]


class DelegationIn(Body):
    """To whom a request is handed on, by e-mail address."""

    to: str
    comment: str = ""


class CommentIn(Body):
    """Words about a request. `@name` and `@e-mail` have colleagues watch it."""

    text: str


class FilterIn(Body):
    """A view of the inbox to keep. `query` is what stands behind the question mark of the page's address."""

    name: str
    query: str = ""
    is_shared: bool = False


class FilterOut(Schema):
    """A kept view, yours or one that somebody shares."""

    id: UUID
    name: str
    query: str
    is_shared: bool
    owner: str = ""

    @staticmethod
    def resolve_owner(kept: SavedFilter) -> str:
        return kept.owner.email


class AbsenceIn(Body):
    """Days on which somebody stands in for you, first and last included, by UTC."""

    stand_in: str
    first_day: date
    last_day: date


class AbsenceOut(Schema):
    """An absence of yours that has not passed."""

    id: UUID
    stand_in: str = ""
    first_day: date
    last_day: date

    @staticmethod
    def resolve_stand_in(absence: Absence) -> str:
        return absence.stand_in.email
