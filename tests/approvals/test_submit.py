"""Filling forms: values are checked against the request's JSON Schema, in sentences."""

from typing import Any

import pytest

from approvals import operations, queries
from approvals.models import ApprovalRequest
from convergio.errors import Conflict, InvalidInput, NotAllowed
from tests.people import Cast

FORM = {
    "type": "object",
    "properties": {
        "amount": {"type": "number", "minimum": 0},
        "code": {"type": "string", "pattern": "^[A-Z]{3}$"},
    },
    "required": ["amount"],
    "additionalProperties": False,
}


def form_request(cast: Cast, form: dict[str, Any] = FORM) -> ApprovalRequest:
    return operations.open_request(
        by=cast.system, kind="input", title="Budget", assignees=["role:builder"], form=form
    )


def test_a_filled_form_settles_the_request(cast: Cast) -> None:
    request = operations.submit(form_request(cast), {"amount": 3, "code": "EUR"}, by=cast.cleo.actor)
    assert request.status == "submitted"
    verdict = queries.verdict(request)
    assert (verdict.form, verdict.decided_by) == ({"amount": 3, "code": "EUR"}, ("cleo@example.com",))


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({}, "form"),
        ({"amount": "3"}, "form/amount"),
        ({"amount": -1}, "form/amount"),
        ({"amount": 1, "code": "eur"}, "form/code"),
        ({"amount": 1, "more": 1}, "form"),
        ([], "form"),
        ("text", "form"),
        ({"amount": 1, "code": "\x00"}, "form"),
        ({"amount": float("nan")}, "form"),
    ],
)
def test_a_form_that_is_filled_wrongly_is_refused_at_its_field(cast: Cast, values: Any, field: str) -> None:
    request = form_request(cast)
    with pytest.raises(InvalidInput) as refused:
        operations.submit(request, values, by=cast.cleo.actor)
    assert refused.value.details[0]["field"] == field
    request.refresh_from_db()
    assert request.status == "pending"


@pytest.mark.parametrize(
    "form",
    [
        {"type": "nonsense"},
        {"$ref": "https://example.com/schema.json"},
        {"$ref": "#/nowhere"},
        {"properties": {"amount": {"pattern": "("}}},
        {"properties": 3},
    ],
)
def test_a_form_that_is_no_schema_is_a_sentence_and_fetches_nothing(cast: Cast, form: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        operations.submit(form_request(cast, form), {"amount": "x"}, by=cast.cleo.actor)


def test_an_evil_pattern_takes_no_time(cast: Cast) -> None:
    request = form_request(cast, {"properties": {"code": {"pattern": "^(a+)+$"}}})
    with pytest.raises(InvalidInput):
        operations.submit(request, {"code": "a" * 5000 + "!"}, by=cast.cleo.actor)


def test_a_form_is_filled_once(cast: Cast) -> None:
    request = form_request(cast)
    operations.submit(request, {"amount": 1}, by=cast.cleo.actor)
    with pytest.raises(Conflict, match="settled by Cleo: submitted"):
        operations.submit(request, {"amount": 2}, by=cast.ada.actor)


def test_who_is_not_asked_may_not_fill_it(cast: Cast) -> None:
    with pytest.raises(NotAllowed, match="addressed to the role builder"):
        operations.submit(form_request(cast), {"amount": 1}, by=cast.dan.actor)


def test_an_approval_with_a_form_needs_it_only_to_approve(cast: Cast) -> None:
    request = operations.open_request(by=cast.system, title="Pay?", assignees=["role:approver"], form=FORM)
    with pytest.raises(InvalidInput, match="amount"):
        operations.decide(request, "approve", by=cast.dan.actor)
    assert operations.decide(request, "reject", by=cast.dan.actor).status == "rejected"
