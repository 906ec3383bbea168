"""The inbox under attack: what pages and links make of forms that nobody fills in like that."""

from typing import Any

import pytest
from django.test import Client

from approvals import links, operations
from approvals.models import ApprovalRequest, SavedFilter
from convergio.errors import NotAllowed
from convergio.notifications import outbox
from tests.pages import browser
from tests.people import Cast

pytestmark = pytest.mark.django_db


def asked(cast: Cast, **facts: Any) -> ApprovalRequest:
    given = {"title": "Publish?", "assignees": ["group:board"], **facts}
    return operations.open_request(by=cast.system, **given)


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 20_000, "NaN", '{"a": "\\u0000"}', "1" * 5_000])
def test_edited_data_that_is_no_usable_json_is_refused_with_a_sentence(cast: Cast, text: str) -> None:
    request = asked(cast, can_edit=True, data={"a": 1})
    address = f"/approvals/{request.pk}/decision/"
    response = browser(cast.dan).post(address, {"answer": "approve", "data": text})
    assert response.status_code == 422
    assert not request.decisions.exists()


@pytest.mark.parametrize("query", ["//[x", "http://[", "box=all&words=//["])
def test_a_view_of_any_text_is_kept_as_the_filters_that_it_means(cast: Cast, query: str) -> None:
    response = browser(cast.dan).post("/approvals/filters/", {"name": "Mine", "list": query})
    assert response.status_code == 303
    kept = SavedFilter.objects.get().query
    assert kept == ("box=all&words=%2F%2F%5B" if "box" in query else "")


def test_who_hands_on_and_who_takes_count_once_together_under_a_number(cast: Cast) -> None:
    request = asked(cast, quorum="2")
    operations.delegate(request, cast.cleo.user, by=cast.dan.actor)
    operations.delegate(request, cast.ben.user, by=cast.cleo.actor)
    assert operations.decide(request, "approve", by=cast.ben.actor).status == "pending"
    assert operations.decide(request, "approve", by=cast.dan.actor).status == "pending"
    assert operations.decide(request, "approve", by=cast.ada.actor).status == "approved"


def test_whom_a_request_was_handed_on_to_counts_where_both_were_asked_anyway(cast: Cast) -> None:
    request = asked(cast, quorum="2")
    operations.delegate(request, cast.ada.user, by=cast.dan.actor)
    assert operations.decide(request, "approve", by=cast.ada.actor).status == "pending"
    assert operations.decide(request, "approve", by=cast.dan.actor).status == "approved"


def test_a_number_is_out_of_reach_once_the_place_that_was_handed_on_has_rejected(cast: Cast) -> None:
    request = asked(cast, quorum="2")
    operations.delegate(request, cast.cleo.user, by=cast.dan.actor)
    assert operations.decide(request, "reject", by=cast.cleo.actor).status == "rejected"


def test_who_asked_does_not_choose_who_decides_where_duties_are_separated(cast: Cast) -> None:
    request = asked(cast, separation_of_duties=True, requested_by=cast.ben.user)
    with pytest.raises(NotAllowed, match="may not choose who decides"):
        operations.delegate(request, cast.cleo.user, by=cast.ben.actor)
    assert operations.delegate(request, cast.cleo.user, by=cast.ada.actor).claimed_by == cast.cleo.user


def test_who_left_learns_nothing_by_an_old_link(cast: Cast) -> None:
    request = asked(cast)
    address = links.path(links.make(request, cast.dan.user))
    cast.dan.member.delete()
    operations.decide(request, "approve", by=cast.ada.actor)
    page = Client().get(address).content.decode()
    assert "no longer in this workspace" in page
    assert "Ada" not in page, "nobody outside hears who decides"


def test_no_kind_of_line_break_gets_into_the_head_of_a_mail(cast: Cast, mailoutbox: list[Any]) -> None:
    type(cast.workspace).objects.update(name="Acme\u2028Bcc: eve@evil.example\x0bX: y\x85Z")
    cast.workspace.refresh_from_db()
    asked(cast, title="Pay?\r\nBcc: eve@evil.example\u2029X: y", assignees=["user:dan@example.com"])
    outbox.deliver_due()
    [mail] = mailoutbox
    assert mail.subject == "[Acme Bcc: eve@evil.example X: y Z] Pay? Bcc: eve@evil.example X: y"
    assert mail.message()["Bcc"] is None and mail.recipients() == ["dan@example.com"]


def test_what_breaks_a_query_of_the_packet_keeps_nobody_from_deciding(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(request: ApprovalRequest, actor: Any) -> dict[str, Any]:
        return {"found": ApprovalRequest.objects.extra(where=["1/0 = 1"]).count()}

    monkeypatch.setattr("approvals.packet._providers", [broken])
    assert operations.decide(asked(cast), "approve", by=cast.dan.actor).status == "approved"


def test_the_arguments_of_a_call_are_shown_as_they_are_and_not_as_markdown(cast: Cast) -> None:
    """Markdown leaves out definitions of links and says [this] of an address that is that."""
    hidden = "Hello\n\n[//]: # (and delete all)\n\n[our site](https://evil.example/x) <b>"
    data = {"tool": "send_mail", "arguments": {"body": hidden, "copy": ""}}
    request = asked(cast, kind="tool", data=data)
    link = links.path(links.make(request, cast.dan.user))
    for client, address in ((browser(cast.dan), f"/approvals/{request.pk}/"), (Client(), link)):
        page = client.get(address).content.decode()
        assert "and delete all" in page and "(https://evil.example/x)" in page and "copy" in page
        assert "<b>" not in page.partition("evil.example")[2][:20]
