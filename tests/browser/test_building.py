"""Strategic Analysis drawn by hand: from an empty canvas, with mouse and keyboard alone, in less than three minutes."""

import json
import re
import time
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.canvas import card, connect, edges, middle, new_workflow, press, put, saved, still
from tests.browser.conftest import call

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.timeout(300)]
GALLERY = Path(__file__).parents[2] / "workflows" / "gallery" / "strategic-analysis.json"
LONGEST_S = 180
PATIENT = 60_000
CHAIN = [
    ("chief_of_staff", "done", "market researcher", "Market analysis"),
    ("chief_of_staff", "done", "competitor analyst", "Competitor analysis"),
    ("chief_of_staff", "done", "financial analyst", "Financial view"),
    ("competitor_analyst", "done", "strategy analyst", "Synthesis and recommendation"),
    ("strategy_analyst", "done", "risk analyst", "Risk rating"),
    ("risk_analyst", "done", "condition", "High risk?"),
]
"""From which port, what, and how it is called then."""
ENDS = [
    ("condition", "high", "risk analyst", "Stress test"),
    ("risk_analyst_2", "done", "approval", "Approve the recommendation"),
    ("approval", "approved", "summary writer", "Executive summary"),
    ("executive_summary_writer", "done", "transform", "Report"),
    ("approval", "rejected", "transform", "Not approved"),
]


class Hands:
    """Mouse and keyboard of somebody who draws."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.keys = page.keyboard

    def click(self, element: Any) -> None:
        """Wait until what glides stands still, as an eye does, and press."""
        saved(self.page)
        still(self.page)
        self.page.mouse.click(*middle(element))

    def name(self, text: str) -> None:
        """Call the step that was just added."""
        self.keys.press("F2")
        self.keys.type(text)
        self.keys.press("Enter")

    def follow(self, source: str, port: str, what: str, name: str) -> None:
        """The "+" of a port, a word of what comes, and its name."""
        self.look_at(source)
        self.click(card(self.page, source).locator(f'.ed-out[data-out="{port}"]'))
        self.keys.type(what)
        self.keys.press("Enter")
        self.name(name)

    def look_at(self, step: str) -> None:
        """Find a step, which brings it into the middle."""
        press(self.page, "Control+f")
        self.keys.type(step)
        self.keys.press("Enter")
        expect(card(self.page, step)).to_have_class(re.compile("is-selected"))

    def join(self, source: str, port: str, target: str, between: str = "") -> None:
        """Draw a line, where both ends are seen."""
        self.look_at(between or target)
        saved(self.page)
        still(self.page)
        before = edges(self.page).count()
        connect(self.page, source, port, target)
        expect(edges(self.page)).to_have_count(before + 1)

    def open(self, step: str) -> None:
        self.click(card(self.page, step).locator(".ed-head"))
        expect(self.page.locator(f'#panel .panel-form[data-step="{step}"]')).to_be_visible()

    def write(self, name: str, text: str) -> None:
        """Click into a field of the panel, clear it and type; an open list of variables is left alone."""
        control = self.page.locator(f'#panel [name="{name}"]:not([type=hidden])')
        control.click()
        self.keys.press("Control+a")
        self.keys.type(text)
        self.keys.press("Tab")

    def pick(self, name: str, words: str) -> None:
        """Choose an option by its first letters."""
        control = self.page.locator(f'#panel select[name="{name}"]')
        control.focus()
        self.keys.type(words)
        self.keys.press("Tab")

    def add_row(self, button: str, field: str) -> None:
        self.page.locator("#panel").get_by_role("button", name=button).click()
        expect(self.page.locator(f'#panel [name="{field}"]')).to_be_visible()


def draw(hands: Hands) -> None:
    page = hands.page
    put(page, "agent:chief-of-staff", 60, 300)
    hands.name("Frame the decision")
    for one in CHAIN:
        hands.follow(*one)
    set_up_the_condition(hands)
    for one in ENDS:
        hands.follow(*one)
    hands.join("market_researcher", "done", "strategy_analyst")
    hands.join("financial_analyst", "done", "strategy_analyst")
    hands.join("condition", "else", "approval", between="risk_analyst_2")
    hands.join("approval", "timeout", "transform_2")
    press(page, "Shift+L")
    press(page, "1")
    saved(page)


def set_up_the_condition(hands: Hands) -> None:
    hands.look_at("condition")
    hands.open("condition")
    way = "config.branches.0"
    hands.write(f"{way}.port", "high")
    hands.write(f"{way}.label", "High risk")
    hands.write(f"{way}.when.path", "$.risk_analyst.impact")
    hands.pick(f"{way}.when.op", "is at")
    hands.write(f"{way}.when.value", "4")
    expect(card(hands.page, "condition")).to_contain_text("High risk")
    hands.page.locator("[data-close-panel]").click()
    saved(hands.page)


def try_it(hands: Hands) -> None:
    """Run the draft beside the canvas, see each card come to life, approve there."""
    page = hands.page
    press(page, "1")
    page.get_by_role("button", name="Try it").click()
    page.locator("#trial").get_by_role("button", name="Run the draft").click()
    page.locator("#trial").get_by_label("question").click()
    hands.keys.type("Shall we sell by subscription?")
    page.locator("#trial .trial-form").get_by_role("button", name=re.compile("^Run")).click()
    expect(page.locator('#scene [data-run="running"]').first).to_be_attached(timeout=PATIENT)
    expect(card(page, "approval")).to_have_attribute("data-run", "waiting", timeout=PATIENT)
    expect(card(page, "risk_analyst_2")).to_have_attribute("data-run", "skipped")
    page.locator("#trial").get_by_role("link", name=re.compile("Approve the")).click()
    page.locator("#trial").get_by_role("button", name="Approve", exact=True).click()
    expect(card(page, "transform")).to_have_attribute("data-run", "succeeded", timeout=PATIENT)
    expect(page.locator("#trial .trial-head").get_by_role("status")).to_have_text(
        "Completed", timeout=PATIENT
    )


def publish_and_run(hands: Hands) -> None:
    page = hands.page
    page.locator("#publish-button").click()
    page.locator("#dialog-publish").get_by_role("button", name="Publish").click()
    page.wait_for_url(re.compile(r"/workflows/[\w-]+/$"))
    page.get_by_role("link", name="Run", exact=True).click()
    page.get_by_label("question").fill("Shall we?")
    page.get_by_role("button", name="Start the run").click()
    page.wait_for_url(re.compile(r"/runs/[0-9a-f-]{36}/$"))
    expect(page.get_by_role("button", name="Approve", exact=True)).to_be_visible(timeout=PATIENT)


def shape(definition: dict[str, Any]) -> tuple[set[Any], set[Any]]:
    """Its steps with name, kind and agent, and its lines between names."""
    names = {one["id"]: one["name"] for one in definition["steps"]}
    steps = {
        (one["name"], one["type"], one.get("config", {}).get("agent", "")) for one in definition["steps"]
    }
    lines = {
        (names[one["source"]], one.get("port", "done"), names[one["target"]]) for one in definition["edges"]
    }
    return steps, lines


def test_strategic_analysis_is_drawn_by_hand_tried_published_and_run(page: Any) -> None:
    slug = new_workflow(page, "Strategic by hand")
    expect(page.get_by_text("Begin with a step")).to_be_visible()
    hands, began = Hands(page), time.monotonic()
    draw(hands)
    fill_in(hands)
    saved(page)
    assert time.monotonic() - began < LONGEST_S
    drawn = call(page, f"/workflows/{slug}/draft")
    assert shape(drawn.get("definition", drawn)) == shape(json.loads(GALLERY.read_text())["definition"])
    expect(page.locator("#checks-button")).not_to_have_class(re.compile("is-bad"))
    try_it(hands)
    publish_and_run(hands)


def fill_in(hands: Hands) -> None:
    """What the steps and the workflow itself need to be told."""
    press(hands.page, "w")
    ask_for(hands, 0, "question", "long")
    ask_for(hands, 1, "company", "")
    hands.add_row("Add an output", "outputs.0.key")
    hands.write("outputs.0.key", "report")
    hands.write("outputs.0.value", "${steps.transform.output}${steps.transform_2.output}")
    tell(hands, "chief_of_staff", "config.prompt", "We are ${inputs.company}. Frame this: ${inputs.question}")
    tell(
        hands,
        "strategy_analyst",
        "config.prompt",
        "Recommend: ${steps.market_researcher.output} ${steps.competitor_analyst.output} "
        "${steps.financial_analyst.output}",
    )
    rate(hands)
    tell(hands, "approval", "config.title", "Approve the recommendation?")
    hands.write("config.data", "${steps.strategy_analyst.output}")
    tell(hands, "transform", "config.value", "# Report ${steps.executive_summary_writer.output}")
    tell(hands, "transform_2", "config.value", "Not approved: ${steps.approval.output.comment}")


def ask_for(hands: Hands, row: int, name: str, kind: str) -> None:
    hands.add_row("Add an input", f"inputs.{row}.name")
    hands.write(f"inputs.{row}.name", name)
    if kind:
        hands.pick(f"inputs.{row}.type", kind)


def tell(hands: Hands, step: str, field: str, text: str) -> None:
    hands.look_at(step)
    hands.open(step)
    hands.write(field, text)


def rate(hands: Hands) -> None:
    """The risk as data."""
    hands.look_at("risk_analyst")
    hands.open("risk_analyst")
    hands.page.locator("#section-output summary").first.click()
    hands.pick("output_schema.kind", "named")
    for row, (name, kind) in enumerate((("likelihood", "whole"), ("impact", "whole"))):
        hands.add_row("Add a field", f"output_schema.{row}.name")
        hands.write(f"output_schema.{row}.name", name)
        hands.pick(f"output_schema.{row}.kind", kind)
