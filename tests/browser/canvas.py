"""Hands on the canvas: what a person does with mouse and keyboard, in the words of a person."""

import re
from typing import Any

from playwright.sync_api import expect

SAVED = re.compile("Saved")


def new_workflow(page: Any, name: str) -> str:
    """Make an empty workflow and open its canvas; its slug."""
    page.goto("/workflows/new/")
    page.get_by_label("Name").fill(name)
    page.get_by_role("button", name="Make it").click()
    page.wait_for_url(re.compile(r"/workflows/[\w-]+/\w+/$"))
    slug = str(page.url.rstrip("/").split("/")[-2])
    open_canvas(page, slug)
    return slug


def open_canvas(page: Any, slug: str) -> None:
    page.goto(f"/workflows/{slug}/editor/")
    expect(page.locator("#canvas.is-ready")).to_be_visible()


def saved(page: Any) -> None:
    """Wait until everything is with the server."""
    expect(page.locator('#save-state[data-state="saved"]')).to_be_visible()


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
