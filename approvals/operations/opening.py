"""Asking people."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from approvals import policy, queries
from approvals.models import Answer, ApprovalRequest, Priority, RequestKind, Verb
from approvals.operations.common import note
from convergio import checks
from convergio.workspaces.actors import Actor
from convergio.workspaces.models import User

OWN_ANSWERS = frozenset({Answer.APPROVE.value, Answer.REJECT.value})
"""What an answer of a request's own may count as."""


def open_request(
    *,
    by: Actor,
    title: str,
    assignees: Iterable[str],
    fallback: Iterable[str] = (),
    kind: str = RequestKind.APPROVAL,
    description: str = "",
    data: Any = None,
    can_edit: bool = False,
    form: dict[str, Any] | None = None,
    answers: Iterable[Mapping[str, Any]] = (),
    quorum: str | int = "any",
    can_revise: bool = False,
    separation_of_duties: bool = False,
    requested_by: User | None = None,
    priority: str | int = "normal",
    cost: Decimal | float = 0,
    facts: Mapping[str, Any] | None = None,
    origin: str = "",
    origin_path: str = "",
    origin_label: str = "",
    round: int = 0,
    question: str = "",
    due_at: datetime | None = None,
    follow_up_at: datetime | None = None,
    remind_at: datetime | None = None,
    escalate_at: datetime | None = None,
    escalate_to: Iterable[str] = (),
    expires_at: datetime | None = None,
    auto_approve_at: datetime | None = None,
) -> ApprovalRequest:
    """Ask people, once per origin, path, round and question: a second call returns the request that is there.

    `fallback` is asked when nobody in the workspace is among `assignees`; the request's history says so.
    """
    if not policy.is_quorum(str(quorum)):
        raise checks.refuse("quorum", f"“{quorum}” is no quorum; use any, all or a number from 1 to 50.")
    barred = requested_by.pk if requested_by and separation_of_duties else None
    asked, why = _reachable(by, tokens(assignees), tokens(fallback), barred)
    later = [token for token in tokens(escalate_to) if token not in asked]
    given = {
        "workspace": by.workspace,
        "kind": kind,
        "title": title[:200],
        "description": description,
        "data": data,
        "can_edit": can_edit,
        "form": form,
        "answers": own_answers(answers),
        "assignees": asked,
        "quorum": str(quorum),
        "can_revise": can_revise,
        "separation_of_duties": separation_of_duties,
        "requested_by": requested_by,
        "priority": _priority(priority),
        "cost": Decimal(str(cost)),
        "facts": dict(facts or {}),
        "origin_label": origin_label[:300],
        "due_at": due_at,
        "follow_up_at": follow_up_at,
        "remind_at": remind_at,
        "escalate_at": escalate_at if later else None,
        "escalate_to": later if escalate_at else [],
        "expires_at": expires_at,
        "auto_approve_at": auto_approve_at,
    }
    place = {"origin": origin, "origin_path": origin_path, "round": round, "question": question}
    with transaction.atomic():
        request, made = _get_or_open(given, place)
        if made:
            note(request, Verb.OPENED, by=by, text=why, changes={"assignees": [None, request.assignees]})
    return request


def _get_or_open(given: dict[str, Any], place: dict[str, Any]) -> tuple[ApprovalRequest, bool]:
    if not place["origin"]:
        return ApprovalRequest.objects.create(**given, **place), True
    same = {name: place[name] for name in ("origin", "origin_path", "question")}
    before = ApprovalRequest.objects.filter(**same, round__lt=place["round"])
    parent = before.order_by("-round").first()
    return ApprovalRequest.objects.get_or_create(**place, defaults={**given, "parent": parent})


def _reachable(by: Actor, asked: list[str], fallback: list[str], barred: int | None) -> tuple[list[str], str]:
    """Return who is asked, and a sentence when that is not who was meant."""
    if not fallback or _somebody_may(asked, queries.candidates(by.workspace), barred):
        return asked, ""
    meant, instead = policy.addressed_to(asked), policy.addressed_to(fallback)
    return (
        fallback,
        f"It was meant for {meant}, but that is nobody here who may decide; so {instead} is asked.",
    )


def _somebody_may(asked: list[str], members: list[policy.Candidate], barred: int | None) -> bool:
    deciding = [one for one in members if one.role in policy.DECIDING_ROLES and one.person != barred]
    return any(not one.tokens.isdisjoint(asked) for one in deciding)


def tokens(assignees: Iterable[str]) -> list[str]:
    """Return who is asked, each once, e-mail addresses in small letters."""
    kept = (token.strip() for token in assignees)
    return list(dict.fromkeys(token.lower() if token.startswith("user:") else token for token in kept))


def own_answers(answers: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return a request's own answers as they are stored. Raises InvalidInput when one of them cannot be used."""
    found = [_own_answer(one) for one in answers]
    ids = [one["id"] for one in found]
    if len(set(ids)) < len(ids):
        raise checks.refuse("answers", "Two answers have the same id.")
    if Answer.REQUEST_CHANGES in ids:
        raise checks.refuse("answers", "“request_changes” is there wherever changes may be requested.")
    return found


def _own_answer(given: Mapping[str, Any]) -> dict[str, Any]:
    counts_as = str(given.get("counts_as") or Answer.APPROVE)
    if counts_as not in OWN_ANSWERS:
        raise checks.refuse("answers", f"An answer counts as approve or reject, not as “{counts_as}”.")
    id = checks.text(given.get("id"), "answers", most=40, least=1)
    label = checks.text(given.get("label") or id, "answers", most=100)
    return {
        "id": id,
        "label": label,
        "counts_as": counts_as,
        "needs_comment": bool(given.get("needs_comment")),
    }


def _priority(priority: str | int) -> int:
    names: Sequence[str] = [name.lower() for name in Priority.names]
    if str(priority) in names:
        return int(Priority[str(priority).upper()])
    if priority in Priority.values:
        return int(priority)
    raise checks.refuse("priority", f"“{priority}” is no priority; use one of {', '.join(names)}.")
