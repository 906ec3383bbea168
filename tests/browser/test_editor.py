"""The canvas with real hands: mouse, keyboard and touch; reloads, two workflows, two people, no network."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.canvas import (
    at,
    card,
    cards,
    connect,
    drag,
    edges,
    empty_place,
    middle,
    open_canvas,
    press,
    put,
    row,
    saved,
    still,
)
from tests.browser.conftest import TOUCHED, WIDE, colleague, sign_in, window
from tests.stack.running import Stack

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.timeout(300)]


@pytest.fixture
def night(page: Any) -> Any:
    """A window by night."""
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    return page


def test_everything_is_undone_and_done_again_after_a_reload(page: Any) -> None:
    slug = row(page, "Back and forth", count=0)
    for number in range(3):
        put(page, "transform", 160 + 300 * number, 200)
    connect(page, "transform", "done", "transform_2")
    connect(page, "transform_2", "done", "transform_3")
    saved(page)
    expect(edges(page)).to_have_count(2)
    drag(page, middle(card(page, "transform_3").locator(".ed-head")), at(page, 700, 420))
    press(page, "Escape")
    card(page, "transform_2").locator(".ed-head").click()
    press(page, "Delete")
    saved(page)
    expect(edges(page)).to_have_count(1)
    open_canvas(page, slug)
    for _ in range(7):
        press(page, "Control+z")
        saved(page)
    expect(cards(page)).to_have_count(0)
    expect(page.locator("[data-do=undo]")).to_be_disabled()
    open_canvas(page, slug)
    for _ in range(7):
        press(page, "Control+Shift+z")
        saved(page)
    expect(cards(page)).to_have_count(2)
    expect(edges(page)).to_have_count(1)
    expect(page.locator("[data-do=redo]")).to_be_disabled()


def test_a_circle_is_refused_with_its_reason_while_the_line_is_drawn(page: Any) -> None:
    row(page, "No circle")
    connect(page, "transform_3", "done", "transform", drop=False)
    expect(page.locator("#reason")).to_contain_text("circle: transform_3 → transform → transform_2")
    expect(card(page, "transform")).to_have_class(re.compile("is-refused"))
    page.mouse.up()
    expect(page.locator("#toasts")).to_contain_text("circle")
    expect(edges(page)).to_have_count(2)


def test_a_step_dropped_on_a_line_is_put_into_it_and_a_line_is_led_elsewhere(page: Any) -> None:
    row(page, "Lines", count=2)
    line = page.locator("#edges .ed-edge-hit").first
    box = line.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    drag(page, middle(page.locator('[data-item="wait"]')), (x, y))
    saved(page)
    expect(edges(page)).to_have_count(2)
    expect(page.locator('.ed-edge[data-edge="wait done transform_2"]')).to_have_count(1)
    put(page, "transform", 420, 640)
    page.locator('[data-edge="wait done transform_2"] .ed-edge-hit').click(force=True)
    handle = page.locator('.ed-edge-tools [data-handle="target"]')
    drag(page, middle(handle), middle(card(page, "transform_3").locator(".ed-head")))
    saved(page)
    expect(page.locator('.ed-edge[data-edge="wait done transform_3"]')).to_have_count(1)
    page.locator('[data-edge="wait done transform_3"] .ed-edge-hit').click(force=True)
    press(page, "Delete")
    saved(page)
    expect(edges(page)).to_have_count(1)


def test_a_container_takes_steps_in_grows_with_them_and_lets_them_go(night: Any) -> None:
    row(night, "Box", count=0)
    put(night, "sequential", 300, 200)
    put(night, "transform", 320, 260)
    expect(card(night, "transform")).to_have_attribute("data-parent", "sequential")
    width = card(night, "sequential").bounding_box()["width"]
    put(night, "transform", 760, 460)
    drag(night, middle(card(night, "transform_2").locator(".ed-head")), middle(card(night, "transform")))
    saved(night)
    expect(card(night, "transform_2")).to_have_attribute("data-parent", "sequential")
    assert card(night, "sequential").bounding_box()["width"] >= width
    before = card(night, "transform").bounding_box()
    drag(night, middle(card(night, "sequential").locator(".ed-head")), at(night, 700, 130))
    saved(night)
    after = card(night, "transform").bounding_box()
    assert after["x"] - before["x"] > 100
    drag(night, middle(card(night, "transform_2").locator(".ed-head")), at(night, 160, 620))
    saved(night)
    expect(card(night, "transform_2")).to_have_attribute("data-parent", "")


def test_steps_are_copied_into_another_workflow(night: Any) -> None:
    row(night, "Source")
    press(night, "Control+a")
    press(night, "Control+c")
    row(night, "Goal", count=0)
    press(night, "Control+v")
    saved(night)
    expect(cards(night)).to_have_count(3)
    expect(edges(night)).to_have_count(2)
    press(night, "Control+d")
    saved(night)
    expect(cards(night)).to_have_count(6)
    expect(night.locator("#selection-bar")).to_contain_text("3 steps")


def test_several_are_chosen_moved_aligned_and_laid_out(page: Any) -> None:
    row(page, "Many")
    drag(page, empty_place(page), at(page, 1090, 640))
    expect(page.locator(".ed-node.is-selected")).to_have_count(3)
    press(page, "Shift+ArrowDown")
    saved(page)
    card(page, "transform_2").locator(".ed-head").click(modifiers=["Shift"])
    expect(page.locator(".ed-node.is-selected")).to_have_count(2)
    drag(page, middle(card(page, "transform_3").locator(".ed-head")), at(page, 800, 640))
    saved(page)
    page.get_by_role("button", name="Align left").click()
    saved(page)
    press(page, "Shift+L")
    saved(page)
    still(page)
    lefts = [card(page, one).bounding_box()["x"] for one in ("transform", "transform_2", "transform_3")]
    assert lefts == sorted(set(lefts))


def test_everything_can_be_done_with_the_keyboard_alone(page: Any) -> None:
    row(page, "Keys", count=0)
    press(page, "a")
    page.keyboard.type("transform")
    page.keyboard.press("Enter")
    expect(cards(page)).to_have_count(1)
    saved(page)
    press(page, "Tab")
    page.keyboard.type("wait")
    page.keyboard.press("Enter")
    expect(edges(page)).to_have_count(1)
    saved(page)
    press(page, "ArrowLeft")
    expect(card(page, "transform")).to_have_class(re.compile("is-selected"))
    press(page, "F2")
    page.keyboard.type("Begin")
    page.keyboard.press("Enter")
    saved(page)
    expect(card(page, "transform")).to_contain_text("Begin")
    press(page, "Control+k")
    page.keyboard.type("tidy")
    page.keyboard.press("Enter")
    saved(page)
    press(page, "Control+f")
    page.keyboard.type("wait")
    page.keyboard.press("Enter")
    expect(card(page, "wait")).to_have_class(re.compile("is-selected"))
    press(page, "?")
    expect(page.locator("#help")).to_contain_text("Duplicate")
    page.keyboard.press("Escape")
    press(page, "Delete")
    saved(page)
    expect(cards(page)).to_have_count(1)


def wheel(page: Any, x: int, y: int) -> None:
    """Turn the wheel and wait until the view stands where that leads."""
    before = page.locator("#scene").get_attribute("style")
    page.mouse.wheel(x, y)
    expect(page.locator("#scene")).not_to_have_attribute("style", before)
    still(page)


def test_the_view_is_zoomed_to_the_pointer_and_panned(page: Any) -> None:
    row(page, "View", count=2)
    target = card(page, "transform_2").locator(".ed-head")
    x, y = middle(target)
    page.mouse.move(x, y)
    page.keyboard.down("Control")
    wheel(page, 0, -240)
    page.keyboard.up("Control")
    after = middle(target)
    assert abs(after[0] - x) < 30
    assert card(page, "transform_2").bounding_box()["width"] > 260
    wheel(page, 120, 0)
    assert middle(target)[0] < after[0] - 60
    press(page, "1")
    expect(card(page, "transform")).to_be_in_viewport()


def test_notes_are_written_moved_and_deleted(night: Any) -> None:
    slug = row(night, "Notes", count=0)
    press(night, "n")
    night.keyboard.type("Ask finance first")
    night.keyboard.press("Escape")
    saved(night)
    open_canvas(night, slug)
    note = night.locator("[data-note]")
    expect(note).to_contain_text("Ask finance first")
    before = note.bounding_box()
    drag(night, middle(note), at(night, 300, 300))
    saved(night)
    assert note.bounding_box()["x"] != before["x"]
    press(night, "Delete")
    saved(night)
    expect(note).to_have_count(0)


def test_two_people_see_each_other_and_each_others_steps(chrome: Any, product: Stack, page: Any) -> None:
    slug = row(page, "Together", count=2)
    with colleague(chrome, product, page, "Cleo Brandt") as cleo:
        open_canvas(cleo, slug)
        expect(cleo.get_by_role("img", name=re.compile("Ada Rossi is here"))).to_be_visible()
        expect(page.get_by_role("img", name=re.compile("Cleo Brandt is here"))).to_be_visible()
        put(cleo, "wait", 420, 700)
        expect(card(page, "wait")).to_be_visible()
        drag(page, middle(card(page, "transform").locator(".ed-head")), at(page, 220, 420))
        saved(page)
        card(cleo, "transform_2").locator(".ed-head").click()
        expect(card(page, "transform_2")).to_have_attribute("data-person", "CB")
        press(cleo, "Delete")
        saved(cleo)
        expect(card(page, "transform_2")).to_have_count(0)
        expect(cards(page)).to_have_count(2)


OFFLINE = re.compile(r"status of 4\d\d|ERR_INTERNET_DISCONNECTED|htmx:(sendError|afterRequest)")


@pytest.fixture
def traveller(chrome: Any, product: Stack) -> Iterator[Any]:
    """A window whose network may go away without that being an error."""
    opening = window(chrome, product, viewport=WIDE)
    opening.expected = OFFLINE
    with opening as opened:
        sign_in(opened, product)
        yield opened


def test_work_goes_on_without_a_network_and_is_sent_afterwards(traveller: Any) -> None:
    slug = row(traveller, "Tunnel", count=2)
    traveller.context.set_offline(True)
    drag(traveller, middle(traveller.locator('[data-item="wait"]')), at(traveller, 400, 640))
    connect(traveller, "transform_2", "done", "wait")
    expect(traveller.locator("#save-state")).to_contain_text("2 changes wait")
    expect(card(traveller, "wait")).to_be_visible()
    expect(edges(traveller)).to_have_count(2)
    traveller.context.set_offline(False)
    saved(traveller)
    open_canvas(traveller, slug)
    expect(cards(traveller)).to_have_count(3)
    expect(edges(traveller)).to_have_count(2)


def test_where_two_changes_meet_both_sides_are_shown_and_the_second_decides(
    chrome: Any, product: Stack, traveller: Any
) -> None:
    slug = row(traveller, "Meeting", count=2)
    with colleague(chrome, product, traveller, "Cleo Brandt") as other:
        open_canvas(other, slug)
        traveller.context.set_offline(True)
        rename(traveller, "transform", "Mine")
        rename(other, "transform", "Theirs")
        saved(other)
        traveller.context.set_offline(False)
        clash = traveller.locator("#clash")
        expect(clash).to_contain_text("Cleo Brandt")
        expect(clash).to_contain_text("Mine")
        expect(clash).to_contain_text("Theirs")
        clash.get_by_role("button", name="Put mine on top").click()
        saved(traveller)
        expect(card(other, "transform")).to_contain_text("Mine")


def rename(page: Any, step: str, name: str) -> None:
    card(page, step).locator(".ed-head").dblclick()
    page.locator(".ed-rename").fill(name)
    page.keyboard.press("Enter")


def test_on_a_phone_steps_are_added_connected_and_looked_at_with_fingers(chrome: Any, product: Stack) -> None:
    with window(chrome, product, **TOUCHED) as phone:
        sign_in(phone, product)
        row(phone, "Pocket", count=0)
        phone.get_by_role("button", name="Add a step").first.tap()
        phone.locator("#quick-search").fill("transform")
        phone.locator("#quick-list li").first.tap()
        expect(cards(phone)).to_have_count(1)
        saved(phone)
        out = card(phone, "transform").locator(".ed-out")
        out.tap()
        phone.locator("#quick-search").fill("wait")
        phone.locator("#quick-list li").first.tap()
        expect(edges(phone)).to_have_count(1)
        saved(phone)
        assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing is cut off"
        assert phone.locator(".ed-bar h1").evaluate("(title) => title.scrollWidth <= title.clientWidth"), (
            "the name is whole"
        )
        card(phone, "wait").locator(".ed-head").tap()
        sheet = phone.locator("#panel .panel-form")
        expect(sheet).to_be_visible()
        still(phone)
        seen = card(phone, "wait").bounding_box()
        assert seen["y"] + seen["height"] <= phone.locator("#panel").bounding_box()["y"], (
            "it lies above its settings"
        )


def test_a_viewer_of_a_draft_cannot_move_it(page: Any) -> None:
    """The owner archives it, which makes the canvas one to look at."""
    slug = row(page, "Old", count=2)
    page.goto(f"/workflows/{slug}/")
    page.get_by_role("button", name="More", exact=True).first.click()
    page.get_by_role("button", name="Archive").click()
    open_canvas(page, slug)
    before = card(page, "transform").bounding_box()
    drag(page, middle(card(page, "transform").locator(".ed-head")), at(page, 500, 500))
    assert card(page, "transform").bounding_box() == before
    expect(page.locator("#palette")).to_have_count(0)
