"""E-mails about requests: what is asked, by whom, until when, and a link for each answer."""

from urllib.parse import quote
from uuid import UUID

from django.conf import settings

from approvals import links, policy, queries
from approvals.models import ApprovalRequest, RequestStatus
from convergio.notifications.letters import Button, Letter, NotNeeded
from convergio.notifications.models import Kind, Notification
from convergio.workspaces.actors import Actor
from convergio.workspaces.models import Member

TO_ANSWER = frozenset({Kind.ASKED, Kind.DELEGATED, Kind.REMINDER, Kind.ESCALATION})
"""News whose letter is there to be answered; all other news is there to be read."""
MOST_TEXT = 1500
NOTE = (
    "These links are for you alone and good for one answer, so do not pass this mail on. "
    "Nothing is decided before you press the button on the page that opens."
)


def write(news: Notification) -> Letter:
    """Return the letter for news about a request. Raises NotNeeded when there is nothing left to answer."""
    id = UUID(news.about.partition(":")[2])
    request = ApprovalRequest.objects.select_related("workspace", "requested_by").filter(pk=id).first()
    if request is None:
        raise NotNeeded
    inbox = Button("Open in the inbox", f"{settings.PUBLIC_URL}{news.url}")
    if news.kind not in TO_ANSWER:
        return Letter(_facts(request), news.body, (inbox,))
    if not _may_answer(news, request):
        raise NotNeeded
    token = links.make(request, news.user)
    buttons = (*_answers(request, f"{settings.PUBLIC_URL}{links.path(token)}"), inbox)
    return Letter(_facts(request), _text(news, request), buttons, NOTE, secrets=(token,))


def _may_answer(news: Notification, request: ApprovalRequest) -> bool:
    members = Member.objects.select_related("user", "workspace")
    member = members.filter(workspace=request.workspace, user=news.user).first()
    if member is None or request.status != RequestStatus.PENDING:
        return False
    return queries.refusal(request, Actor.of(member, via="mail")) is None


def _answers(request: ApprovalRequest, url: str) -> list[Button]:
    options = queries.answers_of(request)
    return [
        Button(option.label, f"{url}?answer={quote(option.id, safe='')}", "" if number else "main")
        for number, option in enumerate(options)
    ]


def _text(news: Notification, request: ApprovalRequest) -> str:
    under_review = request.data if isinstance(request.data, str) else ""
    parts = [news.body, request.description, under_review]
    return "\n\n".join(_short(part) for part in parts if part)


def _short(text: str) -> str:
    return text if len(text) <= MOST_TEXT else f"{text[:MOST_TEXT].rstrip()} …"


def _facts(request: ApprovalRequest) -> tuple[tuple[str, str], ...]:
    times = {"Due": request.due_at, "Expires": request.expires_at}
    facts = {
        "Asked by": str(request.requested_by or ""),
        "From": request.origin_label,
        "Addressed to": policy.addressed_to(request.assignees),
        "Priority": request.get_priority_display() if request.priority > 1 else "",
        **{name: f"{at:%Y-%m-%d %H:%M} UTC" if at else "" for name, at in times.items()},
    }
    return tuple((name, value) for name, value in facts.items() if value)
