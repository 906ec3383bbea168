"""Trying a draft in the editor: steps run by themselves, outputs are pinned and changed, past runs are opened."""

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.canvas import card, press, row

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.timeout(300)]


@pytest.fixture
def drawn(page: Any) -> str:
    """Two transforms in a row, the second of which says what the first gave."""
    return row(page, "Tried by hand", count=2, values=["First", "${steps.transform.output} and second"])


def drawer(page: Any) -> Any:
    return page.locator("#trial-shown")


def gave(page: Any) -> Any:
    return drawer(page).locator("section", has=page.locator("#trial-output")).locator(".output-box")


def test_steps_are_tried_pinned_changed_and_gone_on_from(page: Any, drawn: str) -> None:
    press(page, "Shift+R")
    expect(card(page, "transform_2")).to_have_attribute("data-run", "succeeded")
    card(page, "transform_2").click()
    expect(gave(page)).to_have_text("First and second")

    drawer(page).get_by_role("link", name=re.compile("^Transform(?! 2)")).first.click()
    expect(page.locator("#trial-title")).to_have_text("Transform")
    drawer(page).get_by_text("Pin an output").click()
    page.locator("#trial-output-text").fill('{"no json')
    drawer(page).get_by_role("button", name="Pin it", exact=True).click()
    expect(page.locator("#toasts")).to_contain_text("not valid JSON")
    page.locator("#trial-output-text").fill('"Mine"')
    drawer(page).get_by_role("button", name="Pin it and go on from here").click()
    expect(card(page, "transform")).to_have_attribute("data-told", "Pinned")
    card(page, "transform_2").click()
    expect(gave(page)).to_have_text("Mine and second")

    page.locator("#trial-search").fill("Mine and")
    expect(drawer(page).locator("[data-trial-step]")).to_have_count(1)
    page.locator("#trial-search").fill("")
    drawer(page).get_by_role("button", name="1 pinned").click()
    expect(card(page, "transform")).not_to_have_attribute("data-told", "Pinned")

    press(page, "1")
    card(page, "transform").click()
    expect(page.locator("#trial-title")).to_have_text("Transform")
    drawer(page).get_by_role("button", name="Run up to here").click()
    expect(card(page, "transform_2")).to_have_attribute("data-run", "skipped")
    expect(gave(page)).to_have_text("First")


def test_a_past_run_is_opened_in_the_editor_with_its_data_pinned(page: Any, drawn: str) -> None:
    press(page, "Shift+R")
    expect(card(page, "transform_2")).to_have_attribute("data-run", "succeeded")
    drawer(page).get_by_role("link", name="Open").click()
    page.get_by_role("button", name="More").click()
    page.get_by_role("button", name="Open in the editor").click()
    page.wait_for_url(re.compile(r"/editor/\?run="))
    expect(page.locator("#toasts")).to_contain_text("pinned to the draft")
    expect(card(page, "transform_2")).to_have_attribute("data-run", "succeeded")
