"""The list and the decision page, as a browser without scripts uses them."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from approvals import operations
from approvals.models import ApprovalRequest, RequestStatus
from convergio.workspaces.actors import Actor
from tests.pages import browser
from tests.people import Cast, Person

pytestmark = pytest.mark.django_db


def asked(cast: Cast, **facts: Any) -> ApprovalRequest:
    given = {"title": "Publish the report?", "assignees": ["role:approver"], "can_revise": True, **facts}
    return operations.open_request(by=cast.system, **given)


def answer(client: Client, request: ApprovalRequest, word: str, **more: str) -> Any:
    return client.post(f"/approvals/{request.id}/decision/", {"answer": word, **more})


def test_what_waits_for_me_is_counted_and_listed(cast: Cast) -> None:
    asked(cast)
    page = browser(cast.dan).get("/approvals/").content.decode()
    assert "Publish the report?" in page
    assert "1 waiting for you" in page


def test_what_waits_for_others_is_not_mine_but_can_be_looked_at(cast: Cast) -> None:
    asked(cast)
    eve = browser(cast.eve)
    assert "Nothing waits for you" in eve.get("/approvals/").content.decode()
    assert "Publish the report?" in eve.get("/approvals/?box=all").content.decode()


def test_after_an_answer_the_next_request_of_the_list_opens(cast: Cast) -> None:
    first, second, third = (
        asked(cast, title=f"Number {n}", assignees=["user:dan@example.com"]) for n in range(3)
    )
    dan = browser(cast.dan)
    assert answer(dan, second, "approve", list="sort=age")["Location"] == f"/approvals/{third.id}/?sort=age"
    assert answer(dan, third, "approve", list="sort=age")["Location"] == f"/approvals/{first.id}/?sort=age"
    assert answer(dan, first, "approve", list="sort=age")["Location"] == "/approvals/?sort=age"


def test_many_are_answered_and_who_could_not_be_is_named(cast: Cast) -> None:
    done, mine, other = asked(cast, title="Done"), asked(cast, title="Mine"), asked(cast, title="Other's")
    answer(browser(cast.dan), done, "reject")
    elsewhere = operations.open_request(
        by=Actor.system(cast.elsewhere), title="Elsewhere", assignees=["role:owner"]
    )
    ids = [str(one.pk) for one in (done, mine, other, elsewhere)]
    sent = {"id": [*ids, "nonsense"], "answer": "approve", "comment": "All fine"}
    page = browser(cast.dan).post("/approvals/decisions/", sent).content.decode()
    assert "2 answered, 1 not" in page
    assert "Elsewhere" not in page
    assert {ApprovalRequest.objects.get(pk=one.pk).status for one in (mine, other)} == {"approved"}
    assert ApprovalRequest.objects.get(pk=elsewhere.pk).status == "pending"


def test_what_was_changed_under_review_goes_on_only_when_it_can_be_read(cast: Cast) -> None:
    request = asked(cast, data={"price": 10}, can_edit=True)
    dan = browser(cast.dan)
    assert "not valid JSON" in answer(dan, request, "approve", data="{price").content.decode()
    assert answer(dan, request, "approve", data='{"price": 12}').status_code == 303
    assert request.decisions.get().data == {"price": 12}


def test_a_person_who_is_away_names_who_answers(cast: Cast) -> None:
    ada = browser(cast.ada)
    today = timezone.now().date().isoformat()
    days = {"stand_in": str(cast.dan.user.pk), "first_day": today, "last_day": today}
    assert ada.post("/approvals/absences/", days | {"last_day": ""}).status_code == 422
    assert ada.post("/approvals/absences/", days).status_code == 303
    request = asked(cast, assignees=["user:ada@example.com"])
    assert answer(browser(cast.dan), request, "approve").status_code == 303
    assert "for Ada" in ada.get(f"/approvals/{request.id}/").content.decode()


def test_the_page_shows_what_is_under_review_as_text_and_never_as_markup(cast: Cast) -> None:
    request = asked(cast, data={"draft": "## Findings\n\nAll **good** <script>alert(1)</script>"})
    page = browser(cast.dan).get(f"/approvals/{request.id}/").content.decode()
    assert "<h2>Findings</h2>" in page
    assert "<strong>good</strong>" in page
    assert "<script>alert" not in page


def test_an_approver_approves_and_comes_back_to_the_list(cast: Cast) -> None:
    request = asked(cast)
    response = answer(browser(cast.dan), request, "approve", comment="Well done")
    request.refresh_from_db()
    assert (response.status_code, response["Location"].split("?")[0]) == (303, "/approvals/")
    assert request.status == RequestStatus.APPROVED


def test_the_way_back_after_an_answer_never_leads_to_another_site(cast: Cast) -> None:
    request = asked(cast)
    response = answer(browser(cast.dan), request, "approve", next="https://evil.example/")
    assert response["Location"].startswith("/approvals/")


def test_asking_for_changes_without_saying_which_is_refused_and_nothing_is_lost(cast: Cast) -> None:
    request = asked(cast, form={"type": "object", "properties": {"budget": {"type": "number"}}})
    response = answer(browser(cast.dan), request, "request_changes", **{"form-budget": "12"})
    page = response.content.decode()
    assert response.status_code == 422
    assert "Say in the comment what should change" in page
    assert 'value="12"' in page
    request.refresh_from_db()
    assert request.status == RequestStatus.PENDING


def test_a_form_that_does_not_fit_names_its_field(cast: Cast) -> None:
    schema = {
        "type": "object",
        "required": ["amount"],
        "properties": {"amount": {"type": "number", "minimum": 1}},
    }
    request = asked(cast, kind="input", form=schema)
    response = answer(browser(cast.dan), request, "submit", **{"form-amount": "0"})
    assert response.status_code == 422
    assert 'id="form-amount-error"' in response.content.decode()
    assert answer(browser(cast.dan), request, "submit", **{"form-amount": "3"}).status_code == 303


def test_the_second_answer_is_told_who_was_first(cast: Cast) -> None:
    request = asked(cast, assignees=["role:approver", "role:owner"])
    answer(browser(cast.dan), request, "approve")
    response = answer(browser(cast.ada), request, "reject")
    assert response.status_code == 409
    assert "settled by Dan" in response.content.decode()


def test_a_settled_request_says_who_decided_what_and_when(cast: Cast) -> None:
    request = asked(cast)
    answer(browser(cast.dan), request, "reject", comment="Too thin")
    page = browser(cast.eve).get(f"/approvals/{request.id}/").content.decode()
    assert "settled by Dan: rejected" in page
    assert "Too thin" in page
    assert "data-answers" not in page


def test_a_new_round_shows_what_was_asked_for_in_the_one_before(cast: Cast) -> None:
    first = asked(cast, origin="run", origin_path="gate", data={"text": "First try"})
    answer(browser(cast.dan), first, "request_changes", comment="Name the sources")
    second = asked(cast, origin="run", origin_path="gate", round=1, data={"text": "Second try"})
    page = browser(cast.dan).get(f"/approvals/{second.id}/").content.decode()
    assert "Second try" in page
    assert "Name the sources" in page
    assert "First try" in page


def test_a_viewer_reads_and_cannot_answer(cast: Cast) -> None:
    request = asked(cast)
    eve = browser(cast.eve)
    assert "does not let you answer" in eve.get(f"/approvals/{request.id}/").content.decode()
    assert answer(eve, request, "approve").status_code == 403


def test_a_stranger_finds_nothing(cast: Cast) -> None:
    request = asked(cast)
    finn = browser(cast.finn)
    assert finn.get(f"/approvals/{request.id}/").status_code == 404
    assert answer(finn, request, "approve").status_code == 404


def test_an_answer_that_is_none_is_refused(cast: Cast) -> None:
    assert answer(browser(cast.dan), asked(cast), "maybe").status_code == 422


def test_a_fragment_of_the_list_is_drawn_by_the_same_view(cast: Cast) -> None:
    asked(cast)
    page = browser(cast.dan).get("/approvals/", headers={"HX-Request": "true"}).content.decode()
    assert "Publish the report?" in page
    assert "<html" not in page


def offered(person: Person, request: ApprovalRequest) -> list[str]:
    page = browser(person).get(f"/approvals/{request.id}/").content.decode()
    return [word for word in ("claim", "release") if f'value="{word}"' in page]


def test_claiming_is_offered_while_nobody_has_it_and_releasing_to_who_has_it_and_admins(cast: Cast) -> None:
    request = asked(cast, assignees=["role:builder", "role:approver"])
    assert offered(cast.dan, request) == ["claim"]
    operations.claim(request, by=cast.dan.actor)
    people = (cast.dan, cast.ben, cast.cleo, cast.eve)
    assert [offered(one, request) for one in people] == [["release"], ["release"], [], []]
