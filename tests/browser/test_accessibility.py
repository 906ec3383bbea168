"""What axe finds on the main pages: nothing serious for anybody, by day, by night and on a phone.

Axe's source is evaluated through the debugging protocol, where the pages' content security policy does not reach.
"""

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.canvas import card, open_canvas
from tests.browser.conftest import LOOKS, sign_in, window
from tests.stack.running import Stack

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.timeout(300)]
AXE = Path(__file__).parents[2] / "static" / "node_modules" / "axe-core" / "axe.min.js"
LOOK = """(rules) => axe.run(document, {
    runOnly: rules, resultTypes: ['violations'], iframes: false, preload: false,
  }).then(({ violations }) => violations.filter((one) => ['serious', 'critical'].includes(one.impact))
    .flatMap((one) => one.nodes.map((node) => `${one.id}: ${node.html.slice(0, 160)} ${node.failureSummary}`)))"""
NEXT_FRAME = "() => new Promise((seen) => requestAnimationFrame(() => requestAnimationFrame(seen)))"
EVERYTHING = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"]
COLOURS = ["color-contrast", "link-in-text-block"]
"""All that may differ between day and night."""
STRATEGIC = "/workflows/strategic-analysis"
PLAIN = ["/", "/workflows/", f"{STRATEGIC}/", f"{STRATEGIC}/run/", "/templates/", "/agents/", "/approvals/"]
SAMPLE = {"question": "Shall we sell by subscription?", "company": "A roastery", "horizon": "12 months"}


class Auditor:
    """Looks at what a window shows and keeps what is wrong."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.found: list[str] = []

    def look(self, where: str) -> None:
        """See the page as it stands by day, then by night, without loading it anew."""
        self.page.emulate_media(color_scheme="light", reduced_motion="reduce")
        self.page.evaluate(AXE.read_text())
        self.page.evaluate(NEXT_FRAME)
        self._note(where, "day", EVERYTHING)
        self.page.emulate_media(color_scheme="dark", reduced_motion="reduce")
        self.page.evaluate(NEXT_FRAME)
        self._note(where, "night", COLOURS)

    def visit(self, address: str) -> None:
        self.page.goto(address)
        self.look(address)

    def _note(self, where: str, light: str, rules: list[str]) -> None:
        self.found += [f"{where} by {light}: {one}" for one in self.page.evaluate(LOOK, rules)]


def start_strategic(page: Any) -> str:
    """Start a run as the API does; the address of its page."""
    cookies = {one["name"]: one["value"] for one in page.context.cookies()}
    headers = {"X-CSRFToken": cookies["csrftoken"], "Referer": page.url}
    body = {"workflow": "strategic-analysis", "inputs": SAMPLE}
    answer = page.request.post("/api/v1/executions", data=body, headers=headers)
    assert answer.ok, answer.text()
    return f"/runs/{answer.json()['id']}/"


def look_at_the_editor(auditor: Auditor) -> None:
    """The canvas with a panel, then with the drawer that tries the draft as well."""
    page = auditor.page
    open_canvas(page, "strategic-analysis")
    card(page, "synthesis").locator(".ed-head").click()
    expect(page.locator("#panel .panel-form")).to_be_visible()
    auditor.look("editor with a panel")
    page.get_by_role("button", name="Try it").click()
    expect(page.locator("#trial-shown")).to_be_visible()
    auditor.look("editor with the drawer")


def test_nobody_is_shut_out_of_the_plain_pages(page: Any) -> None:
    auditor = Auditor(page)
    for address in PLAIN:
        auditor.visit(address)
    page.context.clear_cookies()
    auditor.visit("/account/login/")
    assert auditor.found == []


def test_nobody_is_shut_out_of_drawing_watching_and_deciding(page: Any) -> None:
    auditor = Auditor(page)
    run = start_strategic(page)
    look_at_the_editor(auditor)
    auditor.visit(f"{STRATEGIC}/outline/?step=synthesis")
    page.goto(run)
    expect(page.get_by_role("button", name="Approve", exact=True)).to_be_visible(timeout=90_000)
    auditor.look("run that waits")
    page.goto("/approvals/")
    page.locator("article a.cover").first.click()
    page.wait_for_url(re.compile(r"/approvals/[0-9a-f-]{36}/"))
    auditor.look("decision")
    assert auditor.found == []


def test_nobody_is_shut_out_on_a_phone(chrome: Any, product: Stack) -> None:
    with window(chrome, product, **LOOKS["phone"]) as page:
        sign_in(page, product)
        auditor = Auditor(page)
        for address in (f"{STRATEGIC}/outline/?step=synthesis", "/approvals/"):
            auditor.visit(address)
        look_at_the_editor(auditor)
        assert auditor.found == []
