"""Answering by the link of a mail: what a robot, a second use, another person and time make of it."""

import logging
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from approvals import link_page, links, operations
from approvals.models import AnswerLink, ApprovalRequest, RequestStatus
from convergio.log_filters import WithoutTokens
from convergio.notifications import outbox
from convergio.notifications.models import Delivery
from tests.pages import browser
from tests.people import Cast

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _unhurried() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def asked(cast: Cast, **facts: Any) -> ApprovalRequest:
    given = {
        "title": "Publish the report?",
        "assignees": ["user:dan@example.com"],
        "can_revise": True,
        **facts,
    }
    return operations.open_request(by=cast.system, requested_by=cast.cleo.user, **given)


def link(cast: Cast, request: ApprovalRequest) -> str:
    return links.path(links.make(request, cast.dan.user))


def status(request: ApprovalRequest) -> str:
    request.refresh_from_db()
    return str(request.status)


def test_a_mail_asks_with_a_link_for_each_answer_and_the_link_answers(
    cast: Cast, mailoutbox: list[Any], settings: Any
) -> None:
    settings.PUBLIC_URL = "https://work.example"
    due = timezone.now() + timedelta(hours=3)
    request = asked(cast, description="All figures are in.", due_at=due, origin_label="Report #3")
    outbox.deliver_due()
    [mail] = mailoutbox
    html = str(mail.alternatives[0][0])
    assert mail.to == ["dan@example.com"]
    for text in (mail.body, html):
        assert all(
            part in text for part in ("All figures are in.", "Report #3", "Cleo", f"{due:%Y-%m-%d %H:%M}")
        )
        assert all(f"?answer={answer}" in text for answer in ("approve", "reject", "request_changes"))
    [address] = set(re.findall(r"https://work\.example(/answer/[^?\s]+/)\?answer=approve", mail.body))
    shown = Delivery.objects.get().text
    assert "Publish the report?" in shown and address not in shown, "administrators do not see the secret"
    robot = Client()
    page = robot.get(f"{address}?answer=approve").content.decode()
    assert "You answer as <strong>Dan</strong>" in page
    assert robot.post(address, {"answer": "approve", "comment": "Well done"}).status_code == 303
    assert status(request) == RequestStatus.APPROVED
    decision = request.decisions.get()
    assert (decision.user, decision.via, decision.comment) == (cast.dan.user, "mail", "Well done")


def test_answers_of_a_request_s_own_and_forms_are_given_by_link_as_well(
    cast: Cast, mailoutbox: list[Any]
) -> None:
    ship = {"id": "ship", "label": "Ship it", "counts_as": "approve"}
    first = asked(cast, answers=[ship], can_edit=True, data="Draft")
    form = {"type": "object", "required": ["city"], "properties": {"city": {"type": "string"}}}
    second = asked(cast, kind="question", title="Which city?", form=form)
    outbox.deliver_due()
    links_of = {mail.subject: re.findall(r"(/answer/[^?\s]+/\?answer=\w+)", mail.body) for mail in mailoutbox}
    [shipping, changes] = links_of["[Acme] Publish the report?"]
    assert shipping.endswith("?answer=ship") and changes.endswith("request_changes")
    page = Client().get(shipping).content.decode()
    assert "Ship it" in page and "open it in the inbox" in page
    assert Client().post(shipping, {"answer": "ship"}).status_code == 303
    assert (status(first), first.outcome) == (RequestStatus.APPROVED, "ship")
    filled = links_of["[Acme] Which city?"][0]
    assert Client().post(filled, {"answer": "submit", "form-city": ""}).status_code == 422
    assert Client().post(filled, {"answer": "submit", "form-city": "Rome"}).status_code == 303
    assert status(second) == RequestStatus.SUBMITTED


def test_a_robot_that_looks_ahead_decides_nothing_and_uses_nothing_up(cast: Cast) -> None:
    request = asked(cast)
    address = link(cast, request)
    for _ in range(3):
        assert Client().get(f"{address}?answer=approve").status_code == 200
        assert Client().head(f"{address}?answer=reject").status_code == 200
    assert Client().put(address).status_code == 405
    assert (status(request), AnswerLink.objects.get().used_at) == (RequestStatus.PENDING, None)
    assert Client().post(address, {"answer": "reject"}).status_code == 303
    assert status(request) == RequestStatus.REJECTED


def test_a_link_is_good_for_one_answer_and_says_afterwards_what_was_decided(cast: Cast) -> None:
    request = asked(
        cast, quorum="all", assignees=["user:dan@example.com", "user:ada@example.com"], data="Secret figures"
    )
    address, other = link(cast, request), link(cast, request)
    assert "Secret figures" in Client().get(address).content.decode()
    Client().post(address, {"answer": "approve"})
    again = Client().post(address, {"answer": "reject"})
    assert again.status_code == 409
    assert "good for one answer" in again.content.decode()
    assert request.decisions.count() == 1
    page = Client().get(address).content.decode()
    assert "Your answer was recorded" in page and "Dan" in page and "Secret figures" not in page
    second = Client().post(other, {"answer": "reject"})
    assert second.status_code == 409
    assert "answered this request already" in second.content.decode()


def test_what_is_refused_leaves_the_link_as_it_was(cast: Cast) -> None:
    form = {
        "type": "object",
        "required": ["amount"],
        "properties": {"amount": {"type": "number", "minimum": 1}},
    }
    request = asked(cast, form=form)
    address = link(cast, request)
    for answer in ("request_changes", "maybe", ""):
        assert Client().post(address, {"answer": answer, "form-amount": "3"}).status_code == 422
    response = Client().post(address, {"answer": "approve", "form-amount": "0", "comment": "Typed <b>"})
    assert response.status_code == 422
    assert "Typed &lt;b&gt;" in response.content.decode(), "what was typed is kept"
    assert 'id="form-amount-error"' in response.content.decode()
    assert Client().post(address, {"answer": "approve", "form-amount": "2"}).status_code == 303


def test_an_expired_link_and_one_of_a_request_that_others_settled_say_so(cast: Cast) -> None:
    request = asked(cast, assignees=["user:dan@example.com", "user:ada@example.com"])
    late, address = link(cast, request), link(cast, request)
    AnswerLink.objects.filter(digest=links._digest(late.split("/")[2])).update(expires_at=timezone.now())
    assert "has expired" in Client().get(late).content.decode()
    assert Client().post(late, {"answer": "approve"}).status_code == 409
    assert status(request) == RequestStatus.PENDING
    operations.decide(request, "reject", by=cast.ada.actor)
    page = Client().get(address).content.decode()
    assert "settled by Ada: rejected, on" in page
    assert 'name="answer"' not in page
    lost = Client().post(address, {"answer": "approve"})
    assert lost.status_code == 409
    assert "settled by Ada" in lost.content.decode()
    assert status(request) == RequestStatus.REJECTED


def test_a_link_ends_with_its_request(cast: Cast) -> None:
    end = timezone.now() + timedelta(hours=1)
    link(cast, asked(cast, expires_at=end))
    assert AnswerLink.objects.get().expires_at == end


def test_who_is_signed_in_in_the_browser_does_not_matter(cast: Cast) -> None:
    request = asked(cast)
    address = link(cast, request)
    ada = browser(cast.ada)
    page = ada.get(address).content.decode()
    assert "Dan" in page and "Ada" not in page and "data-socket" not in page
    assert ada.post(address, {"answer": "approve"}).status_code == 303
    assert request.decisions.get().user == cast.dan.user
    assert "_auth_user_id" not in Client().get(address).client.session, "nobody is signed in by it"


def test_who_left_or_may_no_longer_decide_answers_no_more(cast: Cast) -> None:
    request = asked(cast)
    address = link(cast, request)
    type(cast.dan.member).objects.filter(pk=cast.dan.member.pk).update(role="viewer")
    assert 'name="answer"' not in Client().get(address).content.decode()
    assert Client().post(address, {"answer": "approve"}).status_code == 403
    cast.dan.member.delete()
    assert "no longer in this workspace" in Client().get(address).content.decode()
    assert Client().post(address, {"answer": "approve"}).status_code == 404
    assert status(request) == RequestStatus.PENDING


@pytest.mark.parametrize("token", ["x", "a:b:c", "%00", "x" * 5000, "é", "null"])
def test_a_made_up_link_opens_nothing(cast: Cast, token: str) -> None:
    assert Client().get(f"/answer/{token}/").status_code == 404
    assert Client().post(f"/answer/{token}/", {"answer": "approve"}).status_code == 404


def test_a_rightly_signed_token_that_nobody_was_sent_opens_nothing(cast: Cast) -> None:
    request = asked(cast)
    token = links.make(request, cast.dan.user)
    AnswerLink.objects.all().delete()
    assert Client().get(links.path(token)).status_code == 404
    assert Client().get(links.path(token[:-1] + ("A" if token[-1] != "A" else "B"))).status_code == 404


def test_the_token_is_stored_as_a_digest_and_kept_out_of_logs_and_referrers(
    cast: Cast, caplog: pytest.LogCaptureFixture, settings: Any
) -> None:
    token = links.make(asked(cast), cast.dan.user)
    assert token not in str(AnswerLink.objects.values().get())
    assert settings.LOGGING["handlers"]["console"]["filters"] == ["tokens"]
    caplog.handler.addFilter(WithoutTokens())
    try:
        response = Client().post(links.path(token), {"answer": "no such"})
    finally:
        caplog.handler.filters.clear()
    assert response.status_code == 422
    assert "/answer/…" in caplog.text and token not in caplog.text
    assert response["Referrer-Policy"] == "no-referrer"
    assert "no-store" in response["Cache-Control"]
    assert logging.getLogger("django.request") is not None


def test_who_tries_many_links_is_held_up(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link_page, "VISITS_PER_MINUTE", 3)
    monkeypatch.setattr("convergio.rest.limits.time.time", lambda: 1_700_000_000)
    address = {"REMOTE_ADDR": "192.0.2.77"}
    answers = [Client().get("/answer/guess/", **address).status_code for _ in range(5)]  # type: ignore[arg-type]
    assert answers == [404, 404, 404, 429, 429]
