"""What axe finds where people draw, watch and decide: nothing serious for anybody (test_pages has the plain pages)."""

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.auditor import Auditor
from tests.browser.canvas import card, open_canvas
from tests.browser.conftest import start_strategic

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.timeout(300)]
STRATEGIC = "/workflows/strategic-analysis"


def look_at_the_editor(auditor: Auditor) -> None:
    """The canvas with a panel, then with the drawer that tries the draft as well."""
    page = auditor.page
    open_canvas(page, "strategic-analysis")
    card(page, "synthesis").locator(".ed-head").click()
    expect(page.locator("#panel .panel-form")).to_be_visible()
    auditor.look_at_all_sizes("editor with a panel")
    page.get_by_role("button", name="Try it").click()
    expect(page.locator("#trial-shown")).to_be_visible()
    auditor.look_at_all_sizes("editor with the drawer")


def test_nobody_is_shut_out_of_signing_in(page: Any) -> None:
    page.context.clear_cookies()
    auditor = Auditor(page)
    auditor.visit("/account/login/")
    assert auditor.found == []


def test_nobody_is_shut_out_of_drawing_watching_and_deciding(page: Any) -> None:
    auditor = Auditor(page)
    run = start_strategic(page)
    look_at_the_editor(auditor)
    page.goto(f"{STRATEGIC}/outline/?step=synthesis")
    auditor.look_at_all_sizes("outline")
    page.goto(run)
    expect(page.get_by_role("button", name="Approve", exact=True)).to_be_visible(timeout=90_000)
    auditor.look("run that waits")
    page.goto("/approvals/")
    auditor.look_at_all_sizes("approvals")
    page.locator(".inbox-title").first.click()
    page.wait_for_url(re.compile(r"/approvals/[0-9a-f-]{36}/"))
    auditor.look("decision")
    assert auditor.found == []
