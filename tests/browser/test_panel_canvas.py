"""The panel beside the canvas: a chosen card shows its settings, and each follows what happens to the other."""

import re
import time
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.canvas import card, open_canvas
from tests.browser.conftest import TOUCHED, call, sign_in, window
from tests.browser.test_panel import Desk
from tests.stack.running import Stack

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.timeout(300)]
FLOW: dict[str, Any] = {
    "inputs": [{"name": "question", "type": "text"}],
    "steps": [
        {"id": "look", "type": "agent", "name": "Look", "config": {"agent": "data-analyst", "prompt": "Go"}},
        {
            "id": "write",
            "type": "agent",
            "name": "Write",
            "position": {"x": 400, "y": 0},
            "config": {"agent": "copywriter", "prompt": "Use ${steps.nobody.output}"},
        },
    ],
    "edges": [{"source": "look", "target": "write"}],
}


@pytest.fixture
def desk(page: Any) -> Desk:
    return begun(page)


def begun(page: Any) -> Desk:
    desk = Desk(page)
    desk.slug = call(desk.page, "/workflows", {"name": "Two cards", "definition": FLOW})["slug"]
    open_canvas(page, desk.slug)
    return desk


def choose(desk: Desk, step: str) -> None:
    card(desk.page, step).click()
    expect(desk.page.locator(f'#panel .panel-form[data-step="{step}"]')).to_be_visible()


def test_a_card_and_its_panel_follow_each_other(desk: Desk) -> None:
    choose(desk, "look")
    desk.fill("name", "Look closely")
    expect(card(desk.page, "look")).to_contain_text("Look closely")
    desk.page.locator("[data-do=undo]").click()
    expect(card(desk.page, "look")).not_to_contain_text("closely")
    expect(desk.control("name")).to_have_value("Look")


def test_a_prompt_offers_variables_beside_the_canvas_too(desk: Desk) -> None:
    choose(desk, "write")
    desk.control("config.prompt").fill("")
    desk.control("config.prompt").press_sequentially("Use ${")
    expect(desk.page.get_by_role("option").filter(has_text="Look").first).to_be_visible()


def test_what_changed_since_the_last_version_is_shown_on_the_canvas(desk: Desk) -> None:
    small = {"steps": [{"id": "say", "type": "transform", "config": {"value": "Hello"}}]}
    desk.slug = call(desk.page, "/workflows", {"name": "Shown", "definition": small})["slug"]
    call(desk.page, f"/workflows/{desk.slug}/versions", {"note": "First"})
    open_canvas(desk.page, desk.slug)
    choose(desk, "say")
    desk.fill("config.value", "Good day")
    desk.page.locator("#publish-button:enabled").click()
    desk.page.get_by_role("button", name="Show on the canvas").click()
    expect(card(desk.page, "say")).to_have_attribute("data-change", "changed")


def test_what_was_typed_last_is_kept_when_another_card_is_chosen(desk: Desk) -> None:
    choose(desk, "look")
    desk.control("config.prompt").fill("Go on, quickly")
    desk.page.evaluate("document.querySelector('#panel').replaceChildren()")
    choose(desk, "write")
    expect(card(desk.page, "write")).to_be_visible()
    desk.page.wait_for_timeout(1500)
    assert desk.step("look")["config"]["prompt"] == "Go on, quickly"


def test_nobody_meets_himself_however_fast_he_types(desk: Desk) -> None:
    choose(desk, "look")

    def slowly(route: Any) -> None:
        time.sleep(0.2)
        route.continue_()

    desk.page.route(re.compile(r"/steps/look/panel/$"), slowly)
    for text in ("One", "Two", "Three", "Four"):
        desk.fill("config.prompt", text)
        desk.page.wait_for_timeout(150)
    desk.saved()
    expect(desk.page.locator("#panel")).not_to_contain_text("Somebody else")
    assert desk.step("look")["config"]["prompt"] == "Four"


def test_the_workflow_itself_is_set_up_beside_the_canvas(desk: Desk) -> None:
    desk.page.get_by_role("button", name="Inputs, outputs and limits").click()
    expect(desk.page.locator("#panel-title")).to_have_text("Two cards")
    desk.fill("inputs.0.label", "Your question")
    desk.saved()
    draft = call(desk.page, f"/workflows/{desk.slug}/draft")
    assert draft.get("definition", draft)["inputs"][0]["label"] == "Your question"
    choose(desk, "look")


def test_a_finding_leads_to_the_very_field(desk: Desk) -> None:
    desk.page.locator("#checks-button").click()
    desk.page.locator('#checks [data-jump="write"][data-field="config.prompt"]').first.click()
    expect(desk.control("config.prompt")).to_be_focused()
    expect(desk.page.locator("#f-config-prompt-marks")).to_contain_text("unknown_step")
    desk.fill("config.prompt", "Use ${steps.look.output}")
    expect(desk.page.locator("#f-config-prompt-marks")).to_have_count(0)


def test_on_a_phone_the_panel_is_a_sheet_that_can_be_closed(chrome: Any, product: Stack) -> None:
    with window(chrome, product, **TOUCHED) as page:
        sign_in(page, product)
        desk = begun(page)
        card(page, "look").tap()
        if not page.locator("#panel").is_visible():
            card(page, "look").tap()
        expect(page.locator("#panel .panel-form")).to_be_visible()
        box = page.locator("#panel").bounding_box()
        assert box["width"] <= 391 and box["y"] > 80, "it leaves the canvas in sight"
        desk.fill("name", "By thumb")
        desk.saved()
        page.get_by_role("button", name="Close this panel").click()
        expect(page.locator("#panel")).to_be_hidden()
        expect(card(page, "look")).to_contain_text("By thumb")
