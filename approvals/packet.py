"""Everything a person needs to decide, beside the form.

Other apps know who made the work and what an answer leads to; they tell it through a provider, so that this app needs
to know none of them. A packet is JSON. It is kept with each decision, which shows later exactly what its author saw.
"""

import logging
from collections.abc import Callable, Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from approvals.differences import compare
from approvals.models import Answer, ApprovalRequest, Decision, RequestStatus
from convergio.values import label
from convergio.workspaces.actors import Actor

log = logging.getLogger(__name__)

type Packet = dict[str, Any]
type Provider = Callable[[ApprovalRequest, Actor], Mapping[str, Any]]

FORMAT = 1
_providers: list[Provider] = []


def register(provider: Provider) -> None:
    """From now on the packet of every request holds what this provider says about it."""
    if provider not in _providers:
        _providers.append(provider)


def shown(request: ApprovalRequest, actor: Actor, seen: str = "") -> Packet:
    """Return what belongs beside a request: while it waits as things stand, later as its last decision froze it.

    `seen` is the id of a decision whose packet is wanted instead; any other text is passed over.
    """
    frozen = request.decisions.filter(packet__isnull=False).select_related("user").order_by("-created_at")
    wanted = [pk for pk in frozen.values_list("pk", flat=True) if str(pk) == seen] if seen else []
    is_over = request.status != RequestStatus.PENDING
    decision = frozen.filter(pk__in=wanted).first() if wanted else frozen.first() if is_over else None
    if decision is None or not decision.packet:
        return build(request, actor)
    who = str(decision.user) if decision.user else "somebody who left"
    return {**decision.packet, "frozen_for": who, "frozen_answer": decision.answer}


def build(request: ApprovalRequest, actor: Actor) -> Packet:
    """Return the packet of a request as things stand now."""
    found: Packet = {"format": FORMAT, "seen_at": timezone.now().isoformat()}
    for provider in _providers:
        found |= _told(provider, request, actor)
    feedback = _feedback(request)
    return found | {
        "round": len(feedback) + 1,
        "most_rounds": found.get("most_rounds"),
        "feedback": feedback,
        "changes": _changes(request),
    }


def _told(provider: Provider, request: ApprovalRequest, actor: Actor) -> Mapping[str, Any]:
    """Nobody is kept from deciding because something could not be told, not even because a query failed."""
    try:
        with transaction.atomic():
            return provider(request, actor)
    except Exception:
        log.exception("the packet of request %s lacks what %s tells", request.pk, provider)
        return {}


def _feedback(request: ApprovalRequest) -> list[dict[str, Any]]:
    """What was asked for in the rounds before, in order."""
    if not request.round or not request.origin:
        return []
    rows = Decision.objects.filter(
        request__workspace=request.workspace_id,
        request__origin=request.origin,
        request__origin_path=request.origin_path,
        request__question=request.question,
        request__round__lt=request.round,
        counts_as=Answer.REQUEST_CHANGES,
    )
    said = rows.select_related("user").only("comment", "created_at", "user__name", "user__email")
    return [
        {
            "who": str(one.user) if one.user else "somebody who left",
            "comment": one.comment,
            "at": one.created_at.isoformat(),
        }
        for one in said.order_by("created_at")
    ]


def _changes(request: ApprovalRequest) -> dict[str, Any] | None:
    """What became of the data since the round before; None where there was none."""
    if request.parent_id is None:
        return None
    before = ApprovalRequest.objects.only("data").get(pk=request.parent_id).data
    if before is None and request.data is None:
        return None
    found = compare(before, request.data)
    parts = [part | {"place": " › ".join(map(label, part["place"]))} for part in found["parts"]]
    return found | {"parts": parts}
