"""The step panel in a real browser: every type of step is set up by hand, saved as one goes, also by keyboard alone."""

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PHONE, WIDE, assert_whole, call, sign_in, window
from tests.stack.running import Stack
from tests.workflows.panels import EVERY_TYPE, STEPS

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.timeout(300)]
UNTIED = """() => [...document.querySelectorAll('[data-panel] [aria-describedby]')]
  .flatMap((el) => el.getAttribute('aria-describedby').split(' ')).filter((id) => !document.getElementById(id))"""
FAINT = """() => {
  const bright = (text) => {
    const canvas = Object.assign(document.createElement('canvas'), { width: 1, height: 1 }).getContext('2d');
    canvas.fillStyle = text; canvas.fillRect(0, 0, 1, 1);
    const parts = [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3).map((v) => v / 255)
      .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
  };
  const behind = (el) => {
    for (let at = el; at; at = at.parentElement) {
      const color = getComputedStyle(at).backgroundColor;
      if (!/, 0\\)$|\\/ 0\\)$|transparent/.test(color)) return color;
    }
    return 'white';
  };
  return [...document.querySelectorAll('[data-panel] :is(p, label, legend, summary, dt, dd)')]
    .filter((el) => el.checkVisibility() && el.innerText.trim() && !el.closest('.sr-only, :disabled'))
    .filter((el) => {
      const [a, b] = [bright(getComputedStyle(el).color), bright(behind(el))].sort((x, y) => y - x);
      return (a + 0.05) / (b + 0.05) < 4.5;
    }).map((el) => el.innerText.slice(0, 60));
}"""


class Desk:
    """Somebody at the panels of one workflow."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.slug = ""

    def make(self) -> None:
        """A workflow with a step of every type."""
        made = call(self.page, "/workflows", {"name": "Every type", "definition": EVERY_TYPE})
        self.slug = made["slug"]

    def open(self, step: str) -> None:
        """Open a step's panel as a page of its own."""
        middle = f"steps/{step}/panel" if step else "panel"
        self.page.goto(f"/workflows/{self.slug}/{middle}/")
        expect(self.page.locator("html")).to_have_class(re.compile("has-panel-scripts"))

    def saved(self) -> None:
        """Wait until everything is saved."""
        self.page.locator("[data-panel]").press("Tab")
        expect(self.page.locator("[data-panel] [data-typed]")).to_have_count(0)
        expect(self.page.locator("[data-panel-state]")).to_have_text("Saved")

    def step(self, step: str) -> Any:
        """What is in the draft now."""
        draft = call(self.page, f"/workflows/{self.slug}/draft")
        definition = draft.get("definition", draft)
        return next(one for one in definition["steps"] if one["id"] == step)

    def control(self, name: str) -> Any:
        """The control of a name that can be seen."""
        return self.page.locator(f'[data-panel] [name="{name}"]:not([type=hidden]):not(button)')

    def fill(self, name: str, text: str) -> None:
        """Write into a control and leave it."""
        self.control(name).fill(text)
        self.control(name).blur()

    def choose(self, name: str, value: str) -> None:
        """Choose an option."""
        self.control(name).select_option(value)

    def unfold(self, key: str) -> None:
        """Open a section."""
        section = self.page.locator(f"#section-{key}")
        if section.get_attribute("open") is None:
            section.locator("summary").first.click()


@pytest.fixture
def desk(page: Any) -> Desk:
    desk = Desk(page)
    desk.make()
    return desk


def test_an_agent_is_chosen_and_told_what_to_do(desk: Desk) -> None:
    desk.open("research")
    desk.page.locator("#picker-agent > summary").click()
    desk.page.get_by_label("Search agents").fill("insight writer")
    desk.page.locator(".panel-agent", has_text="Insight Writer").click()
    expect(desk.page.locator("#picker-agent > summary")).to_contain_text("Insight Writer")
    expect(desk.page.locator(".panel-facts")).to_contain_text("free, runs here")
    desk.fill("config.prompt", "Write it\nwell")
    desk.saved()
    assert desk.step("research")["config"]["agent"] == "insight-writer"
    assert desk.step("research")["config"]["prompt"] == "Write it\nwell"


def test_a_team_gets_a_member(desk: Desk) -> None:
    desk.open("talk")
    desk.page.get_by_role("button", name="Add a member").click()
    expect(desk.control("config.members.2")).to_be_focused()
    desk.choose("config.members.2", "copywriter")
    desk.page.get_by_role("button", name="Move member 3 up").click()
    expect(desk.control("config.members.1")).to_have_value("copywriter")
    desk.saved()
    assert desk.step("talk")["config"]["members"] == ["data-analyst", "copywriter", "insight-writer"]


def test_a_tool_gets_its_arguments(desk: Desk) -> None:
    desk.open("sum")
    desk.fill("config.arguments.0.value", "2 * 21")
    desk.saved()
    assert desk.step("sum")["config"]["arguments"] == {"expression": "2 * 21"}


def test_a_condition_is_built_by_hand(desk: Desk) -> None:
    desk.open("gate")
    branch = desk.page.locator(".panel-block").nth(1)
    branch.get_by_role("button", name="or", exact=True).click()
    name = "config.branches.1.when.items.1"
    expect(desk.control(f"{name}.path")).to_be_visible()
    desk.fill(f"{name}.path", "$.talk.text")
    desk.choose(f"{name}.op", "contains")
    desk.fill(f"{name}.value", "bad")
    desk.saved()
    assert desk.step("gate")["config"]["branches"][1]["when"]["any"][1] == {
        "path": "$.talk.text",
        "op": "contains",
        "value": "bad",
    }


def test_an_approval_gets_people_and_deadlines(desk: Desk) -> None:
    desk.open("approve")
    desk.page.get_by_role("button", name="Add a person or group").click()
    desk.choose("config.approvers.3", "role:owner")
    desk.unfold("deadlines")
    desk.fill("config.due_s", "2 h")
    desk.saved()
    config = desk.step("approve")["config"]
    assert config["approvers"][3] == "role:owner"
    assert config["due_s"] == 7200


def test_a_form_is_built_for_people(desk: Desk) -> None:
    desk.open("ask")
    desk.page.get_by_role("button", name="Add a field").click()
    desk.fill("config.form.1.name", "mood")
    desk.choose("config.form.1.kind", "choice")
    desk.fill("config.form.1.choices", "good\nbad")
    desk.page.locator('[name="config.form.1.required"][type=checkbox]').check()
    desk.saved()
    form = desk.step("ask")["config"]["form"]
    assert form["properties"]["mood"] == {"type": "string", "enum": ["good", "bad"]}
    assert form["required"] == ["mood"]


def test_containers_and_loops_are_set_up(desk: Desk) -> None:
    desk.open("both")
    desk.choose("config.wait_for.kind", "any")
    desk.saved()
    assert desk.step("both")["config"]["wait_for"] == "any"
    desk.open("one")
    desk.fill("name", "One by one")
    desk.saved()
    assert desk.step("one")["name"] == "One by one"
    desk.open("each")
    desk.choose("config.mode", "until")
    expect(desk.page.locator("[data-panel-state]")).to_contain_text("but for what is marked")
    desk.fill("config.condition.path", "$.loop.number")
    desk.choose("config.condition.op", "gte")
    desk.fill("config.condition.value", "3")
    desk.saved()
    assert desk.step("each")["config"]["mode"] == "until"


def test_data_time_and_other_workflows_are_set_up(desk: Desk) -> None:
    desk.open("shape")
    desk.fill("config.value", '{"text": "${item}"}')
    desk.saved()
    assert desk.step("shape")["config"]["value"] == {"text": "${item}"}
    desk.open("pause")
    desk.choose("config.kind", "seconds")
    desk.fill("config.seconds", "1 h 30 min")
    desk.saved()
    assert desk.step("pause")["config"]["seconds"] == 5400
    desk.open("child")
    desk.choose("config.workflow", "strategic-analysis")
    expect(desk.page.locator("[data-panel]")).to_contain_text("Its inputs")
    desk.saved()
    assert desk.step("child")["config"]["workflow"] == "strategic-analysis"


def test_what_every_step_has_is_set_up(desk: Desk) -> None:
    desk.open("sum")
    desk.unfold("errors")
    desk.fill("retry.attempts", "4")
    desk.choose("on_error.action", "continue")
    desk.fill("on_error.default", "0")
    desk.unfold("timing")
    desk.fill("timeout_s", "5 min")
    desk.saved()
    step = desk.step("sum")
    assert (step["retry"]["attempts"], step["timeout_s"]) == (4, 300)
    assert step["on_error"] == {"action": "continue", "default": 0}


def test_the_workflow_gets_an_input(desk: Desk) -> None:
    desk.open("")
    desk.page.get_by_role("button", name="Add an input").click()
    expect(desk.control("inputs.3.name")).to_be_focused()
    desk.fill("inputs.3.name", "city")
    desk.saved()
    draft = call(desk.page, f"/workflows/{desk.slug}/draft")
    assert [one["name"] for one in draft.get("definition", draft)["inputs"]][3] == "city"


def test_a_variable_is_completed_by_keyboard(desk: Desk) -> None:
    desk.open("approve")
    prompt = desk.control("config.description")
    prompt.fill("")
    prompt.press_sequentially("See ${score")
    options = desk.page.get_by_role("listbox", name="Variables").get_by_role("option")
    expect(options.first).to_contain_text("${steps.research.output.score}")
    expect(options.first).to_contain_text("a number")
    expect(prompt).to_have_attribute("aria-activedescendant", "panel-option-0")
    prompt.press("Enter")
    expect(prompt).to_have_value("See ${steps.research.output.score}")
    prompt.press_sequentially(" and ${nothing like this")
    expect(desk.page.locator("#panel-complete")).to_contain_text("Nothing that comes before")
    prompt.press("Escape")
    expect(desk.page.locator("#panel-complete")).to_be_hidden()
    desk.saved()


def test_a_path_is_completed_by_mouse(desk: Desk) -> None:
    desk.open("gate")
    path = desk.control("config.branches.1.when.path")
    path.fill("")
    path.press_sequentially("mood")
    desk.page.get_by_role("option", name=re.compile("research.mood")).click()
    expect(path).to_have_value("$.research.mood")


def test_a_mistake_is_said_beside_its_field_and_mended(desk: Desk) -> None:
    desk.open("sum")
    desk.unfold("timing")
    desk.fill("timeout_s", "soon")
    timeout = desk.control("timeout_s")
    expect(timeout).to_have_attribute("aria-invalid", "true")
    said = timeout.get_attribute("aria-describedby").split()
    expect(desk.page.locator(f"#{said[-1]}")).to_contain_text("length of time")
    expect(timeout).to_have_value("soon")
    desk.fill("timeout_s", "10 s")
    desk.saved()
    assert desk.step("sum")["timeout_s"] == 10


def test_what_is_typed_while_an_answer_is_slow_is_not_lost(desk: Desk) -> None:
    desk.open("talk")
    held: list[Any] = []
    slow = re.compile(r"/steps/talk/panel/$")

    def hold(route: Any) -> None:
        held.append(route)

    desk.page.route(slow, hold)
    desk.fill("name", "First")
    expect(desk.page.locator("[data-panel-state]")).to_have_text("Saving…")
    desk.control("config.stop_word").press_sequentially("STOP")
    desk.control("config.max_turns").fill("8")
    assert held, "the first answer was on its way all the time"
    desk.page.unroute(slow)  # lets go what is held
    desk.saved()
    step = desk.step("talk")
    assert (step["name"], step["config"]["stop_word"], step["config"]["max_turns"]) == ("First", "STOP", 8)


def test_without_a_connection_it_says_so_and_saves_later(chrome: Any, product: Stack) -> None:
    opened = window(chrome, product)
    with opened as page:
        sign_in(page, product)
        desk = Desk(page)
        desk.make()
        desk.open("talk")
        gone = re.compile(r"/steps/talk/panel/$")
        page.route(gone, lambda route: route.abort())
        desk.fill("name", "Kept")
        expect(page.locator("[data-panel-state]")).to_contain_text("no connection")
        page.unroute(gone)
        expect(page.locator("[data-panel-state]")).to_have_text("Saved", timeout=15_000)
        assert desk.step("talk")["name"] == "Kept"
        assert all("htmx:" in one or "ERR_FAILED" in one for one in opened.wrong)
        opened.wrong.clear()


def test_a_panel_is_filled_by_keyboard_alone(desk: Desk) -> None:
    desk.open("sum")
    keyboard = desk.page.keyboard
    desk.control("name").focus()
    keyboard.press("Control+A")
    keyboard.type("Add up")
    keyboard.press("Tab")
    expect(desk.control("id")).to_be_focused()
    keyboard.press("Tab")
    expect(desk.control("config.tool")).to_be_focused()
    keyboard.press("Tab")
    keyboard.press("Control+A")
    keyboard.type("1 + 1")
    keyboard.press("Tab")
    desk.saved()
    assert (desk.step("sum")["name"], desk.step("sum")["config"]["arguments"]) == (
        "Add up",
        {"expression": "1 + 1"},
    )


def test_every_panel_is_whole_named_and_readable_by_day_by_night_and_on_a_phone(desk: Desk) -> None:
    page = desk.page
    for step in ["", *STEPS]:
        page.set_viewport_size(WIDE)
        page.emulate_media(color_scheme="light", reduced_motion="reduce")
        desk.open(step)
        page.evaluate("document.querySelectorAll('.panel-section').forEach((one) => (one.open = true))")
        assert page.evaluate(UNTIED) == [], step
        assert page.evaluate(FAINT) == [], step
        assert_whole(page, step)
        page.emulate_media(color_scheme="dark", reduced_motion="reduce")
        assert page.evaluate(FAINT) == [], step
        page.set_viewport_size(PHONE)
        assert_whole(page, step)


def test_a_finding_leads_to_its_field(desk: Desk) -> None:
    desk.page.goto(f"/workflows/{desk.slug}/findings/")
    desk.page.locator('[data-jump="gate"]').first.click()
    expect(desk.page.locator("#panel-title")).to_contain_text("Gate")


def test_publishing_says_what_stands_in_the_way(desk: Desk) -> None:
    desk.open("talk")
    desk.page.get_by_role("button", name="Publish").first.click()
    dialog = desk.page.get_by_role("dialog")
    expect(dialog).to_contain_text("must be mended first")
    expect(dialog.get_by_role("button", name="Publish")).to_be_disabled()


def test_publishing_says_what_changed(page: Any) -> None:
    desk = Desk(page)
    desk.slug = "product-launch-told"
    small = {"steps": [{"id": "say", "type": "transform", "config": {"value": "Hello"}}]}
    desk.slug = call(desk.page, "/workflows", {"name": "Told", "definition": small})["slug"]
    call(desk.page, f"/workflows/{desk.slug}/versions", {"note": "First"})
    desk.open("say")
    desk.fill("config.value", "Good day")
    desk.saved()
    page.reload()
    page.get_by_role("button", name="Publish").first.click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("“Say”: Value is “Good day” (was “Hello”).")
    dialog.get_by_label("What is new").fill("Politer")
    dialog.get_by_role("button", name="Publish").click()
    page.goto(f"/workflows/{desk.slug}/versions/")
    expect(page.locator("main")).to_contain_text("Politer")
