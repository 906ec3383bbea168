"""Hands on the canvas: what a person does with mouse and keyboard, in the words of a person."""

import re
from collections.abc import Sequence
from itertools import pairwise, zip_longest
from typing import Any

from playwright.sync_api import expect

from tests.browser.conftest import call

SAVED = """() => new Promise((done, fail) => {
  const state = document.getElementById('save-state');
  const look = () => state.dataset.state === 'saved' && (watch.disconnect(), done());
  const watch = new MutationObserver(look);
  watch.observe(state, { attributeFilter: ['data-state'] });
  setTimeout(() => fail(new Error(`not saved: ${state.textContent}`)), 15_000);
  look();
})"""
"""Is told when all is saved instead of asking again and again."""
STILL = """async () => {
  const where = () => document.getElementById('scene').style.transform;
  for (let before = ''; before !== where(); ) {
    before = where();
    for (let frame = 0; frame < 3; frame += 1) await new Promise(requestAnimationFrame);
  }
}"""
APART = 300


def new_workflow(page: Any, name: str) -> str:
    """Make an empty workflow and open its canvas; its slug."""
    page.goto("/workflows/new/")
    page.get_by_label("Name").fill(name)
    page.get_by_role("button", name="Make it").click()
    page.wait_for_url(re.compile(r"/workflows/[\w-]+/\w+/$"))
    slug = str(page.url.rstrip("/").split("/")[-2])
    open_canvas(page, slug)
    return slug


def row(page: Any, name: str, *, count: int = 3, values: Sequence[str] = ()) -> str:
    """Open the canvas of a new workflow of transforms in a row: transform, transform_2 and so on; its slug."""
    ids = ["transform", *(f"transform_{number}" for number in range(2, count + 1))][:count]
    steps = [
        {"id": one, "type": "transform", "config": {"value": value}, "position": {"x": APART * place, "y": 0}}
        for place, (one, value) in enumerate(zip_longest(ids, values, fillvalue=""))
    ]
    edges = [{"source": source, "target": target} for source, target in pairwise(ids)]
    slug = str(
        call(page, "/workflows", {"name": name, "definition": {"steps": steps, "edges": edges}})["slug"]
    )
    open_canvas(page, slug)
    return slug


def open_canvas(page: Any, slug: str) -> None:
    page.goto(f"/workflows/{slug}/editor/")
    expect(page.locator("#canvas.is-ready")).to_be_visible()


def saved(page: Any) -> None:
    """Wait until everything is with the server."""
    page.evaluate(SAVED)


def still(page: Any) -> None:
    """Wait until what glides stands still, as an eye does."""
    page.evaluate(STILL)


def card(page: Any, step: str) -> Any:
    return page.locator(f"#node-{step}")


def cards(page: Any) -> Any:
    return page.locator("#scene [data-node]")


def edges(page: Any) -> Any:
    return page.locator("#edges .ed-edge")


def middle(element: Any) -> tuple[float, float]:
    box = element.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def drag(page: Any, start: tuple[float, float], end: tuple[float, float], *, drop: bool = True) -> None:
    page.mouse.move(*start)
    page.mouse.down()
    for part in (0.2, 0.6, 0.9, 1.0):
        page.mouse.move(start[0] + (end[0] - start[0]) * part, start[1] + (end[1] - start[1]) * part)
    if drop:
        page.mouse.up()


def at(page: Any, x: float, y: float) -> tuple[float, float]:
    """A place of the window, from the upper left corner of the canvas."""
    box = page.locator("#canvas").bounding_box()
    return box["x"] + x, box["y"] + y


def put(page: Any, item: str, x: float, y: float) -> None:
    """Drag something from the palette onto the canvas."""
    source = page.locator(f'[data-item="{item}"]')
    source.scroll_into_view_if_needed()
    drag(page, middle(source), at(page, x, y))
    saved(page)


def connect(page: Any, source: str, port: str, target: str, *, drop: bool = True) -> None:
    dot = card(page, source).locator(f'.ed-out[data-out="{port}"]')
    drag(page, middle(dot), middle(card(page, target).locator(".ed-head")), drop=drop)


def press(page: Any, keys: str) -> None:
    page.locator("#canvas").focus()
    page.keyboard.press(keys)


def empty_place(page: Any) -> tuple[float, float]:
    return at(page, 30, 120)
