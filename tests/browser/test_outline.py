"""The outline editor alone builds a workflow: by keyboard, on a small phone, and without scripts."""

import json
import re
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import sign_in, window
from tests.stack.running import Stack
from tests.workflows.teams import team

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.timeout(300)]
PHONE: dict[str, Any] = {"viewport": {"width": 360, "height": 740}, "has_touch": True}
NUMBERS = count(1)
FITS = "document.documentElement.scrollWidth <= innerWidth + 1"
STOPS = """(target) => {
  const stops = [...document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex]')]
    .filter((one) => one === document.activeElement || (one.tabIndex >= 0 && !one.disabled && one.type !== 'hidden'
      && one.checkVisibility({ visibilityProperty: true })));
  const way = stops.indexOf(target) - stops.indexOf(document.activeElement);
  return way < 0 ? way + stops.length + 1 : way;
}"""
"""How often the Tab key must be pressed to come to an element; behind the last one stands the page itself."""
type Line = tuple[str, str, str]
"""From which step, to which, and on which way when that must be said."""


@dataclass(frozen=True)
class Shape:
    """After which step, what, its name, and where or on which way; the lines drawn then; and all lines."""

    steps: list[tuple[str, str, str, str]]
    joined: list[Line]
    lines: dict[str, list[str]]


STRATEGIC = Shape(
    [
        ("", "Chief of Staff", "Brief", ""),
        ("Brief", "Market Researcher", "Market", ""),
        ("Brief", "Competitor Analyst", "Competitors", "beside"),
        ("Brief", "Financial Analyst", "Finance", "beside"),
        ("Market", "Strategy Analyst", "Synthesis", ""),
        ("Synthesis", "Risk Analyst", "Risk", ""),
        ("Risk", "Condition", "High risk", ""),
        ("High risk", "Approval", "Board", "Yes"),
        ("Board", "Executive Summary Writer", "Summary", ""),
    ],
    [
        ("Competitors", "Synthesis", ""),
        ("Finance", "Synthesis", ""),
        ("High risk", "Summary", "otherwise"),
    ],
    {
        "Brief": ["Market", "Competitors", "Finance"],
        "Market": ["Synthesis"],
        "Competitors": ["Synthesis"],
        "Finance": ["Synthesis"],
        "Synthesis": ["Risk"],
        "Risk": ["High risk"],
        "High risk": ["Board", "Summary"],
        "Board": ["Summary"],
    },
)
SMALL = Shape(
    [
        ("", "Chief of Staff", "Brief", ""),
        ("Brief", "Condition", "High risk", ""),
        ("Brief", "Market Researcher", "Market", "beside"),
        ("High risk", "Approval", "Board", "Yes"),
    ],
    [("Market", "Board", ""), ("High risk", "Market", "otherwise")],
    {"Brief": ["High risk", "Market"], "High risk": ["Board", "Market"], "Market": ["Board"]},
)
"""Takes every kind of act that the large one takes."""
PLAIN = Shape(
    [
        ("", "Chief of Staff", "Brief", ""),
        ("Brief", "Condition", "High risk", ""),
        ("High risk", "Approval", "Board", "Yes"),
    ],
    [("High risk", "Board", "otherwise")],
    {"Brief": ["High risk"], "High risk": ["Yes Board", "otherwise Board"]},
)


def empty(page: Any) -> str:
    """Make an empty workflow and open its outline; return the outline's address."""
    name = f"Outlined {next(NUMBERS)}"
    page.goto("/workflows/new/")
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_role("button", name="Make it").click()
    page.wait_for_url(re.compile(r"/workflows/outlined-"))
    slug = re.search(r"/workflows/([^/]+)/", page.url)
    assert slug
    address = f"/workflows/{slug[1]}/outline/"
    page.goto(address)
    return address


class Hand:
    """Somebody who fills in the forms with a mouse or a finger."""

    def __init__(self, page: Any) -> None:
        self.page = page

    def choose(self, step: str) -> Any:
        """Unfold a step's forms."""
        self.press(self.page.locator(".outline-name").get_by_role("link", name=step, exact=True))
        form = self.page.get_by_role("form", name=f"Change {step}")
        expect(form).to_be_visible()
        return form

    def add(self, after: str, what: str, name: str, place: str = "", port: str = "") -> None:
        form = self.choose(after) if after else self.page.get_by_role("form", name="Add a step")
        self.pick(form.get_by_label("What", exact=True), what)
        self.write(form.locator("[name=new_name]"), name)
        if port:
            self.pick(form.locator("[name=port]"), port)
        if place:
            self.pick(form.get_by_label("Where"), "Beside what follows")
        self.press(form.get_by_role("button", name="Add after it" if after else "Add", exact=True))
        expect(self.page.locator(".outline-name", has_text=name)).to_be_visible()

    def connect(self, source: str, target: str, way: str = "") -> None:
        form = self.choose(source)
        if way:
            self.pick(form.locator("[name=way]"), way)
        self.pick(form.get_by_label("Go on with"), target)
        self.press(form.get_by_role("button", name="Connect", exact=True))
        expect(self.page.get_by_role("list", name=f"What follows {source}")).to_contain_text(target)

    def press(self, target: Any) -> None:
        target.click()

    def write(self, target: Any, text: str) -> None:
        target.fill(text)

    def pick(self, target: Any, label: str) -> None:
        target.select_option(label=label)


class Finger(Hand):
    """Somebody on a phone."""

    def press(self, target: Any) -> None:
        target.tap()


class Keys(Hand):
    """Somebody who has no mouse."""

    def press(self, target: Any) -> None:
        self.reach(target)
        self.page.keyboard.press("Enter")

    def write(self, target: Any, text: str) -> None:
        self.reach(target)
        self.page.keyboard.type(text)

    def pick(self, target: Any, label: str) -> None:
        self.reach(target)
        self.page.keyboard.type(label)
        assert target.evaluate("one => one.selectedOptions[0].label") == label

    def reach(self, target: Any) -> None:
        """Go there with the Tab key alone, past the navigation where that is offered."""
        target.wait_for()
        if self.page.evaluate("document.activeElement === document.body"):
            self.page.keyboard.press("Tab")
            if self.page.evaluate("document.activeElement.matches('.skip')"):
                self.page.keyboard.press("Enter")
        for _ in range(target.evaluate(STOPS)):
            self.page.keyboard.press("Tab")
        expect(target).to_be_focused()


def build(hand: Hand, shape: Shape) -> None:
    """Build it from nothing."""
    for after, what, name, place in shape.steps:
        port, beside = (place, "") if place == "Yes" else ("", place)
        hand.add(after, what, name, beside, port)
    for source, target, way in shape.joined:
        hand.connect(source, target, way)


def whole(page: Any, shape: Shape) -> None:
    """See that everything is drawn as it should be."""
    for source, targets in shape.lines.items():
        ways = page.get_by_role("list", name=f"What follows {source}", exact=True)
        for target in targets:
            expect(ways).to_contain_text(target)


def test_a_team_with_a_decision_is_built_by_keyboard_alone(page: Any) -> None:
    empty(page)
    hand = Keys(page)
    build(hand, SMALL)
    whole(page, SMALL)
    hand.press(page.get_by_role("button", name="Undo"))
    expect(page.get_by_role("list", name="What follows High risk")).not_to_contain_text("Market")
    hand.press(page.get_by_role("button", name="Redo"))
    whole(page, SMALL)


def test_a_decision_is_built_without_scripts(chrome: Any, product: Stack) -> None:
    with window(chrome, product, java_script_enabled=False) as plain:
        sign_in(plain, product)
        address = empty(plain)
        build(Hand(plain), PLAIN)
        whole(plain, PLAIN)
        plain.get_by_role("link", name="Edit Brief").click()
        plain.locator("textarea[name$=prompt]").fill("Frame: ${inputs.question}")
        plain.get_by_role("button", name="Save").last.click()
        expect(plain.locator("textarea[name$=prompt]")).to_have_value("Frame: ${inputs.question}")
        plain.goto(address)
        expect(plain.get_by_role("list", name="To be mended in Brief")).to_contain_text("question")
        whole(plain, PLAIN)


def test_strategic_analysis_is_built_on_a_small_phone_and_nothing_is_cut_off(
    chrome: Any, product: Stack
) -> None:
    with window(chrome, product, **PHONE) as phone:
        sign_in(phone, product)
        empty(phone)
        hand = Finger(phone)
        build(hand, STRATEGIC)
        whole(phone, STRATEGIC)
        assert phone.evaluate(FITS)
        hand.add("", "Loop", "Again")
        form = hand.choose("Again")
        hand.pick(form.get_by_label("What", exact=True), "Copywriter")
        hand.press(form.get_by_role("button", name="Add inside"))
        expect(phone.get_by_role("list", name="In Again")).to_contain_text("Copywriter")
        assert phone.evaluate(FITS)


def test_two_people_at_one_outline_are_told_who_did_what(page: Any, chrome: Any, product: Stack) -> None:
    address = empty(page)
    hand = Hand(page)
    hand.add("", "Wait", "Pause")
    with window(chrome, product) as other:
        sign_in(other, product)
        other.goto(address)
        Hand(other).choose("Pause").get_by_label("Name of the step").fill("Theirs")
        form = hand.choose("Pause")
        form.get_by_label("Name of the step").fill("Mine")
        form.get_by_role("button", name="Rename").click()
        expect(page.locator(".outline-name")).to_have_text("Mine")
        other.get_by_role("button", name="Rename").click()
        expect(other.get_by_role("alert")).to_contain_text("changed “Mine” in the meantime")
        expect(other.get_by_label("Name of the step")).to_have_value("Theirs")


def test_a_picture_is_saved_as_svg_and_as_png(page: Any) -> None:
    page.goto("/workflows/strategic-analysis/")
    page.get_by_role("button", name="More").click()
    with page.expect_download() as svg:
        page.get_by_role("link", name="Picture as SVG").click()
    assert Path(svg.value.path()).read_bytes().startswith(b"<?xml")
    with page.expect_download() as png:
        page.get_by_role("link", name="Picture as PNG").click()
    assert png.value.suggested_filename == "strategic-analysis.png"
    saved = Path(png.value.path()).read_bytes()
    assert saved.startswith(b"\x89PNG")
    assert int.from_bytes(saved[16:20]) > 2000
    page.goto("/workflows/strategic-analysis/picture.svg")
    ground = page.locator(".ground").evaluate("one => getComputedStyle(one).fill")
    assert ground == "rgb(250, 249, 247)"


def test_a_dropped_team_is_shown_before_it_is_made(page: Any, tmp_path: Path) -> None:
    file = tmp_path / "team.json"
    file.write_text(json.dumps(team("poet", "rhyme_critic")))
    page.goto("/workflows/import/")
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_role("button", name="Import").click()
    expect(page.get_by_role("heading", name="Not carried over")).to_be_visible()
    assert page.evaluate(FITS)
    page.get_by_label("Name here").fill("Poets")
    page.get_by_role("button", name="Make the workflow").click()
    expect(page.get_by_role("heading", name="Poets", level=1)).to_be_visible()
    expect(page.locator("#toasts")).to_contain_text("2 agents were made")
