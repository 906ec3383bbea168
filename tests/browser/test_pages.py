"""Every page in a real browser: wide and on a phone, nothing cut off, nothing forbidden, seen by axe, by keyboard."""

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.auditor import Auditor
from tests.browser.conftest import PHONE, WIDE, assert_whole

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.timeout(300)]
STRATEGIC = "/workflows/strategic-analysis"
ADDRESSES = [
    "/",
    "/workflows/",
    "/workflows/new/",
    "/workflows/import/",
    f"{STRATEGIC}/",
    f"{STRATEGIC}/versions/",
    f"{STRATEGIC}/draft/",
    f"{STRATEGIC}/outline/?step=synthesis",
    f"{STRATEGIC}/runs/",
    f"{STRATEGIC}/statistics/",
    f"{STRATEGIC}/run/",
    f"{STRATEGIC}/comparison/?old=1&new=draft",
    "/templates/",
    "/templates/product-launch/",
    "/runs/",
    "/approvals/",
    "/agents/",
    "/agents/data-analyst/",
    "/notices/",
    "/no/such/page/",
]
AUDITED = ("/", "/workflows/", f"{STRATEGIC}/", f"{STRATEGIC}/run/", "/templates/", "/agents/")
"""Those that axe sees as well; the others are made of the same parts."""


def test_every_page_is_whole_wide_and_on_a_phone_and_shuts_nobody_out(page: Any) -> None:
    auditor = Auditor(page)
    for address in ADDRESSES:
        page.set_viewport_size(WIDE)
        page.goto(address)
        expect(page.locator("h1")).to_have_count(1)
        expect(page.locator("main")).to_have_count(1)
        assert_whole(page, address)
        if address in AUDITED:
            auditor.look(address)
        page.set_viewport_size(PHONE)
        assert_whole(page, address)
    assert auditor.found == []


def test_the_theme_stays_as_somebody_chose_it(page: Any) -> None:
    page.goto("/")
    page.get_by_role("button", name="Theme: system").click()
    page.get_by_role("button", name="Theme: light").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "night")
    page.goto("/workflows/")
    expect(page.locator("html")).to_have_attribute("data-theme", "night")


def test_the_first_stop_of_the_tab_key_skips_to_the_content(page: Any) -> None:
    page.goto("/workflows/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()


def test_a_template_is_taken_and_can_be_run_at_once(page: Any) -> None:
    page.goto("/templates/")
    page.get_by_role("link", name="Product Launch").click()
    page.get_by_role("button", name="Use this").click()
    page.get_by_label("Name").fill("Our launch")
    page.get_by_role("button", name="Make it").click()
    expect(page.get_by_role("heading", name="Run Our launch")).to_be_visible()


def test_a_wrong_password_is_said_and_not_which_half_was_wrong(page: Any) -> None:
    page.context.clear_cookies()
    page.goto("/account/login/")
    page.get_by_label("E-mail address").fill("nobody@example.com")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("not correct")


def test_a_dialog_closes_by_escape_and_gives_the_focus_back(page: Any) -> None:
    page.goto("/templates/product-launch/")
    opener = page.get_by_role("button", name="Use this")
    opener.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(opener).to_be_focused()
