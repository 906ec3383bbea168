"""The canvas with real hands: mouse, keyboard and touch; reloads, two workflows, two people, no network."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count, pairwise
from typing import Any

import psycopg
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
    new_workflow,
    open_canvas,
    press,
    put,
    saved,
)
from tests.browser.conftest import LOOKS, sign_in, window
from tests.browser.test_panel import Desk
from tests.stack.running import Stack

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.timeout(300)]
WIDE: dict[str, Any] = {"viewport": {"width": 1440, "height": 900}}
PEOPLE = count(1)
LIKE_THE_OWNER = """UPDATE workspaces_user SET password = (SELECT password FROM workspaces_user WHERE email = %s)
    WHERE email = %s"""


@pytest.fixture
def page(chrome: Any, product: Stack, request: pytest.FixtureRequest) -> Any:
    """A wide window, by day unless the test says otherwise."""
    look = {"color_scheme": getattr(request, "param", "light"), **WIDE}
    with window(chrome, product, **look, permissions=["clipboard-read", "clipboard-write"]) as opened:
        sign_in(opened, product)
        yield opened


by_night = pytest.mark.parametrize("page", ["dark"], indirect=True)


@contextmanager
def colleague(chrome: Any, product: Stack, page: Any, name: str) -> Iterator[Any]:
    """A window of somebody else in the workspace, who has the owner's password."""
    email = f"colleague{next(PEOPLE)}@example.com"
    Desk(page).call("/members", {"email": email, "name": name, "role": "builder"})
    with psycopg.connect(product.settings["DATABASE_URL"]) as database:
        database.execute(LIKE_THE_OWNER, (product.email, email))
    with window(chrome, product, **WIDE) as opened:
        opened.goto("/account/login/")
        opened.get_by_label("E-mail address").fill(email)
        opened.get_by_label("Password").fill(product.password)
        opened.get_by_role("button", name="Sign in").click()
        opened.wait_for_url("**/")
        yield opened


def chain(page: Any, name: str, *, count: int = 3) -> str:
    """A workflow of transforms in a row."""
    slug = new_workflow(page, name)
    for number in range(count):
        put(page, "transform", 160 + 300 * number, 200)
    ids = ["transform", *(f"transform_{n}" for n in range(2, count + 1))]
    for source, target in pairwise(ids):
        connect(page, source, "done", target)
        saved(page)
    expect(edges(page)).to_have_count(count - 1)
    return slug


def test_a_workflow_is_built_from_an_empty_canvas_published_and_run(page: Any) -> None:
    slug = new_workflow(page, "Built by hand")
    expect(page.get_by_text("Begin with a step")).to_be_visible()
    put(page, "transform", 200, 220)
    expect(cards(page)).to_have_count(1)
    card(page, "transform").locator(".ed-out").click()
    page.locator("#quick-search").fill("approval")
    page.keyboard.press("Enter")
    expect(card(page, "approval")).to_be_visible()
    saved(page)
    put(page, "transform", 860, 260)
    connect(page, "approval", "approved", "transform_2")
    saved(page)
    expect(edges(page)).to_have_count(2)
    rename(page, "transform_2", "Send it")
    saved(page)
    expect(card(page, "transform_2")).to_contain_text("Send it")
    expect(page.locator("#checks-count")).to_have_text("✓")
    page.locator("#publish-button").click()
    page.locator("#dialog-publish").get_by_role("button", name="Publish").click()
    page.wait_for_url(re.compile(rf"/workflows/{slug}/$"))
    page.goto(f"/workflows/{slug}/run/")
    page.get_by_role("button", name="Start the run").click()
    page.wait_for_url(re.compile(r"/runs/[0-9a-f-]{36}/$"))
    expect(page.get_by_role("button", name="Approve", exact=True)).to_be_visible(timeout=60_000)


def test_everything_is_undone_and_done_again_after_a_reload(page: Any) -> None:
    slug = chain(page, "Back and forth")
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
    chain(page, "No circle")
    connect(page, "transform_3", "done", "transform", drop=False)
    expect(page.locator("#reason")).to_contain_text("circle: transform_3 → transform → transform_2")
    expect(card(page, "transform")).to_have_class(re.compile("is-refused"))
    page.mouse.up()
    expect(page.locator("#toasts")).to_contain_text("circle")
    expect(edges(page)).to_have_count(2)


def test_a_step_dropped_on_a_line_is_put_into_it_and_a_line_is_led_elsewhere(page: Any) -> None:
    chain(page, "Lines", count=2)
    line = page.locator("#edges .ed-edge-hit").first
    box = line.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    drag(page, middle(page.locator('[data-item="wait"]')), (x, y))
    saved(page)
    expect(edges(page)).to_have_count(2)
    expect(page.locator('.ed-edge[data-edge="wait done transform_2"]')).to_have_count(1)
    put(page, "transform", 420, 480)
    page.locator('[data-edge="wait done transform_2"] .ed-edge-hit').click(force=True)
    handle = page.locator('.ed-edge-tools [data-handle="target"]')
    drag(page, middle(handle), middle(card(page, "transform_3").locator(".ed-head")))
    saved(page)
    expect(page.locator('.ed-edge[data-edge="wait done transform_3"]')).to_have_count(1)
    page.locator('[data-edge="wait done transform_3"] .ed-edge-hit').click(force=True)
    press(page, "Delete")
    saved(page)
    expect(edges(page)).to_have_count(1)


@by_night
def test_a_container_takes_steps_in_grows_with_them_and_lets_them_go(page: Any) -> None:
    new_workflow(page, "Box")
    put(page, "sequential", 300, 200)
    put(page, "transform", 320, 260)
    expect(card(page, "transform")).to_have_attribute("data-parent", "sequential")
    width = card(page, "sequential").bounding_box()["width"]
    put(page, "transform", 760, 460)
    drag(page, middle(card(page, "transform_2").locator(".ed-head")), middle(card(page, "transform")))
    saved(page)
    expect(card(page, "transform_2")).to_have_attribute("data-parent", "sequential")
    assert card(page, "sequential").bounding_box()["width"] >= width
    before = card(page, "transform").bounding_box()
    drag(page, middle(card(page, "sequential").locator(".ed-head")), at(page, 700, 130))
    saved(page)
    after = card(page, "transform").bounding_box()
    assert after["x"] - before["x"] > 100
    drag(page, middle(card(page, "transform_2").locator(".ed-head")), at(page, 160, 620))
    saved(page)
    expect(card(page, "transform_2")).to_have_attribute("data-parent", "")


@by_night
def test_steps_are_copied_into_another_workflow(page: Any) -> None:
    chain(page, "Source")
    press(page, "Control+a")
    press(page, "Control+c")
    new_workflow(page, "Goal")
    press(page, "Control+v")
    saved(page)
    expect(cards(page)).to_have_count(3)
    expect(edges(page)).to_have_count(2)
    press(page, "Control+d")
    saved(page)
    expect(cards(page)).to_have_count(6)
    expect(page.locator("#selection-bar")).to_contain_text("3 steps")


def test_several_are_chosen_moved_aligned_and_laid_out(page: Any) -> None:
    chain(page, "Many")
    drag(page, empty_place(page), at(page, 900, 400))
    expect(page.locator(".ed-node.is-selected")).to_have_count(3)
    press(page, "Shift+ArrowDown")
    saved(page)
    card(page, "transform_2").locator(".ed-head").click(modifiers=["Shift"])
    expect(page.locator(".ed-node.is-selected")).to_have_count(2)
    drag(page, middle(card(page, "transform_3").locator(".ed-head")), at(page, 800, 420))
    saved(page)
    page.get_by_role("button", name="Align left").click()
    saved(page)
    press(page, "Shift+L")
    saved(page)
    page.wait_for_timeout(500)
    lefts = [card(page, one).bounding_box()["x"] for one in ("transform", "transform_2", "transform_3")]
    assert lefts == sorted(set(lefts))


def test_everything_can_be_done_with_the_keyboard_alone(page: Any) -> None:
    new_workflow(page, "Keys")
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


def test_the_view_is_zoomed_to_the_pointer_and_panned(page: Any) -> None:
    chain(page, "View", count=2)
    target = card(page, "transform_2").locator(".ed-head")
    x, y = middle(target)
    page.mouse.move(x, y)
    page.keyboard.down("Control")
    page.mouse.wheel(0, -240)
    page.keyboard.up("Control")
    page.wait_for_timeout(300)
    after = middle(target)
    assert abs(after[0] - x) < 30
    assert card(page, "transform_2").bounding_box()["width"] > 260
    page.mouse.wheel(120, 0)
    page.wait_for_timeout(200)
    assert middle(target)[0] < after[0] - 60
    press(page, "1")
    page.wait_for_timeout(500)
    expect(card(page, "transform")).to_be_in_viewport()


@by_night
def test_notes_are_written_moved_and_deleted(page: Any) -> None:
    slug = new_workflow(page, "Notes")
    press(page, "n")
    page.keyboard.type("Ask finance first")
    page.keyboard.press("Escape")
    saved(page)
    open_canvas(page, slug)
    note = page.locator("[data-note]")
    expect(note).to_contain_text("Ask finance first")
    before = note.bounding_box()
    drag(page, middle(note), at(page, 300, 300))
    saved(page)
    assert note.bounding_box()["x"] != before["x"]
    press(page, "Delete")
    saved(page)
    expect(note).to_have_count(0)


def test_two_people_see_each_other_and_each_others_steps(chrome: Any, product: Stack, page: Any) -> None:
    slug = chain(page, "Together", count=2)
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
    opening = window(chrome, product, **WIDE)
    opening.expected = OFFLINE
    with opening as opened:
        sign_in(opened, product)
        yield opened


def test_work_goes_on_without_a_network_and_is_sent_afterwards(traveller: Any) -> None:
    slug = chain(traveller, "Tunnel", count=2)
    traveller.context.set_offline(True)
    drag(traveller, middle(traveller.locator('[data-item="wait"]')), at(traveller, 400, 460))
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
    slug = chain(traveller, "Meeting", count=2)
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
    with window(chrome, product, **LOOKS["phone"]) as phone:
        sign_in(phone, product)
        new_workflow(phone, "Pocket")
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
        phone.wait_for_timeout(400)
        seen = card(phone, "wait").bounding_box()
        assert seen["y"] + seen["height"] <= phone.locator("#panel").bounding_box()["y"], (
            "it lies above its settings"
        )


def test_a_viewer_of_a_draft_cannot_move_it(page: Any) -> None:
    """The owner archives it, which makes the canvas one to look at."""
    slug = chain(page, "Old", count=2)
    page.goto(f"/workflows/{slug}/")
    page.get_by_role("button", name="More", exact=True).first.click()
    page.get_by_role("button", name="Archive").click()
    open_canvas(page, slug)
    before = card(page, "transform").bounding_box()
    drag(page, middle(card(page, "transform").locator(".ed-head")), at(page, 500, 500))
    assert card(page, "transform").bounding_box() == before
    expect(page.locator("#palette")).to_have_count(0)
