"""Every page in a real browser: light, dark and on a phone, nothing cut off, nothing forbidden, all by keyboard."""

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import LOOKS, NAMELESS, sign_in, window
from tests.stack.running import Stack

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.timeout(300)]
ADDRESSES = [
    "/",
    "/workflows/",
    "/workflows/new/",
    "/workflows/import/",
    "/workflows/strategic-analysis/",
    "/workflows/strategic-analysis/versions/",
    "/workflows/strategic-analysis/draft/",
    "/workflows/strategic-analysis/outline/?step=synthesis",
    "/workflows/strategic-analysis/runs/",
    "/workflows/strategic-analysis/statistics/",
    "/workflows/strategic-analysis/run/",
    "/workflows/strategic-analysis/comparison/?old=1&new=draft",
    "/templates/",
    "/templates/product-launch/",
    "/runs/",
    "/approvals/",
    "/agents/",
    "/agents/data-analyst/",
    "/notices/",
    "/no/such/page/",
]


@pytest.mark.parametrize("look", LOOKS)
def test_every_page_is_whole(chrome: Any, product: Stack, look: str) -> None:
    with window(chrome, product, **LOOKS[look]) as page:
        sign_in(page, product)
        for address in ADDRESSES:
            page.goto(address)
            expect(page.locator("h1")).to_have_count(1)
            expect(page.locator("main")).to_have_count(1)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth + 1"), address
            assert page.evaluate(NAMELESS) == [], address


def test_the_theme_stays_as_somebody_chose_it(page: Any) -> None:
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


def test_a_wrong_password_is_said_and_not_which_half_was_wrong(chrome: Any, product: Stack) -> None:
    with window(chrome, product) as page:
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
