"""The inbox under attack: what pages and links make of forms that nobody fills in like that."""

from typing import Any

import pytest

from approvals import operations
from approvals.models import ApprovalRequest, SavedFilter
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
