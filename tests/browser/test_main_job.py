"""The main job: somebody starts a workflow of several agents, watches, decides in the middle, reads the result."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PHONE, answer, sign_in, start_strategic, window
from tests.stack.model_server import ModelServer
from tests.stack.running import Stack

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.timeout(300)]
CSV = "region,quarter,sales\n" + "".join(
    f"{r},Q{q},{100 * q + len(r)}\n" for r in ("North", "South") for q in range(1, 21)
)
PATIENT = 90_000
NEWS = """() => new Promise((shown) => {
  document.addEventListener('htmx:afterSettle', ({ target }) => target.id === 'run' && shown());
  document.dispatchEvent(new Event('live:catch-up'));
})"""
"""What the page does when it hears that something happened, until it has shown it."""


@pytest.fixture
def slow_words(models: ModelServer) -> Iterator[ModelServer]:
    """The model writes slowly until somebody has read enough."""
    models.answer_with(lambda request: replace(answer(request), gap_s=0.3))
    yield models
    models.in_a_hurry.set()
    models.answer_with(answer)
    models.in_a_hurry.clear()


def test_strategic_analysis_is_started_watched_approved_and_read(page: Any, slow_words: ModelServer) -> None:
    page.goto("/workflows/strategic-analysis/run/")
    page.get_by_role("button", name="Use sample values").click()
    page.get_by_role("button", name="Start the run").click()
    page.wait_for_url(re.compile(r"/runs/[0-9a-f-]{36}/$"))
    expect(page.locator("#run .status").first).to_have_text(re.compile("Queued|Running"))
    expect(page.locator("[data-stream]").first).to_contain_text("prices rose", timeout=PATIENT)
    slow_words.in_a_hurry.set()
    expect(page.get_by_role("button", name="Approve", exact=True)).to_be_visible(timeout=PATIENT)
    page.get_by_label("Comment").fill("Good, go on.")
    page.get_by_role("button", name="Approve", exact=True).click()
    expect(page.locator("#run .status").first).to_have_text("Completed", timeout=PATIENT)
    page.get_by_role("link", name="Read the result").click()
    expect(page.locator(".result").first).to_contain_text("north")
    with page.expect_download() as download:
        page.get_by_role("link", name="PDF").click()
    assert Path(download.value.path()).read_bytes().startswith(b"%PDF-")
    with page.expect_download() as download:
        page.get_by_role("link", name="JSON").click()
    assert json.loads(Path(download.value.path()).read_text())["status"] == "completed"


def test_a_table_that_somebody_uploads_becomes_a_report(page: Any, tmp_path: Path) -> None:
    table = tmp_path / "sales.csv"
    table.write_text(CSV)
    page.goto("/workflows/data-analysis-pipeline/run/")
    page.get_by_label("Question").fill("Which region sells more?")
    page.locator("input[type=file]").set_input_files(table)
    expect(page.locator("[data-drop-name]")).to_contain_text("sales.csv")
    page.get_by_role("button", name="Start the run").click()
    expect(page.get_by_role("button", name="Approve", exact=True)).to_be_visible(timeout=PATIENT)
    page.locator(".gantt-row", has_text="Profile the table").click()
    expect(page.locator("#step-panel")).to_contain_text("table_profile")
    expect(page.locator("#step-panel")).to_contain_text("40")
    page.locator(".gantt-row", has_text="Approve").first.click()
    page.get_by_role("button", name="Approve", exact=True).click()
    expect(page.locator("#run .status").first).to_have_text("Completed", timeout=PATIENT)


def test_asking_for_changes_with_words_that_survive_the_news_brings_a_second_round(page: Any) -> None:
    page.goto(start_strategic(page))
    expect(page.get_by_role("button", name="Request changes")).to_be_visible(timeout=PATIENT)
    page.get_by_label("Comment").fill("Say more about returns.")
    page.locator("h1").click()
    page.evaluate(NEWS)
    expect(page.get_by_label("Comment")).to_have_value("Say more about returns.")
    page.get_by_role("button", name="Request changes").click()
    expect(page.get_by_role("link", name="Round 2")).to_be_visible(timeout=PATIENT)
    expect(page.get_by_role("button", name="Approve", exact=True)).to_be_visible(timeout=PATIENT)
    page.locator(".gantt-row", has_text="Synthesis").click()
    expect(page.locator("#step-panel")).to_contain_text("Say more about returns.")


def test_a_run_is_cancelled_and_its_page_says_so_without_reload(page: Any, slow_words: ModelServer) -> None:
    page.goto(start_strategic(page))
    page.get_by_role("button", name="Cancel").click()
    page.get_by_label("Reason").fill("Only a test")
    page.get_by_role("button", name="Cancel the run").click()
    expect(page.locator("#run .status").first).to_have_text("Cancelled", timeout=PATIENT)
    expect(page.get_by_role("button", name="Retry")).to_be_visible()


def test_a_new_request_appears_without_reload_and_a_phone_decides_it_without_scripts(
    page: Any, chrome: Any, product: Stack
) -> None:
    page.goto("/approvals/?box=all")
    rows = page.locator("#requests > li")
    before = rows.count()
    start_strategic(page)
    expect(rows).to_have_count(before + 1, timeout=PATIENT)
    with window(chrome, product, viewport=PHONE, java_script_enabled=False) as plain:
        sign_in(plain, product)
        plain.goto("/approvals/?box=all&words=Strategic")
        plain.locator(".inbox-title").first.click()
        plain.get_by_role("button", name="Approve", exact=True).click()
        expect(plain.locator("#toasts")).to_contain_text("Approved")
    expect(rows).to_have_count(before)
