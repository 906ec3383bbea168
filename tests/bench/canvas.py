"""How smoothly 500 steps are dragged, panned and zoomed on the canvas, in a headless browser without a GPU."""

import time
from collections.abc import Callable
from typing import Any

from tests.bench.house import House
from tests.bench.table import Row
from tests.browser.conftest import ARGUMENTS, chromium, sign_in

STEPS = 500
ACROSS = 25
GESTURE_S = 2.5
LEAST_FPS = 30
COUNT = """() => { window.frames_seen = 0; const count = () => { window.frames_seen += 1;
  window.counting = requestAnimationFrame(count); }; count(); }"""


def document() -> dict[str, Any]:
    """Rows of steps, each step joined to the one after it and some to the row below."""
    steps = [
        {
            "id": f"s{n}",
            "type": "transform",
            "name": f"Step number {n}",
            "position": {"x": n % ACROSS * 320, "y": n // ACROSS * 140 + 1},
            "config": {"value": n},
        }
        for n in range(STEPS)
    ]
    row = [{"source": f"s{n}", "target": f"s{n + 1}"} for n in range(STEPS - 1) if (n + 1) % ACROSS]
    down = [{"source": f"s{n}", "target": f"s{n + ACROSS}"} for n in range(0, STEPS - ACROSS, 3)]
    return {"steps": steps, "edges": row + down}


def canvas(house: House) -> list[Row]:
    """Frames per second in each gesture, and how long the page takes until it is there."""
    from playwright.sync_api import sync_playwright

    house.post("/workflows", {"name": "Five hundred", "slug": "five-hundred", "definition": document()})
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        page = browser.new_context(
            base_url=house.stack.url, viewport={"width": 1440, "height": 900}
        ).new_page()
        sign_in(page, house.stack)
        began = time.monotonic()
        page.goto("/workflows/five-hundred/editor/")
        page.locator("#canvas.is-ready").wait_for()
        ready = time.monotonic() - began
        page.keyboard.press("1")
        page.wait_for_timeout(800)
        rows = [_row(page, name, gesture) for name, gesture in GESTURES.items()]
        browser.close()
    return [*rows, Row(f"canvas of {STEPS} steps: page ready", f"{ready:.2f} s", "≤ 2 s", ready <= 2)]


def _row(page: Any, name: str, gesture: Callable[[Any, float], None]) -> Row:
    page.evaluate(COUNT)
    began = time.monotonic()
    while time.monotonic() - began < GESTURE_S:
        gesture(page, time.monotonic() - began)
    seconds = time.monotonic() - began
    seen = page.evaluate("() => { cancelAnimationFrame(window.counting); return window.frames_seen; }")
    page.mouse.up()
    rate = seen / seconds
    return Row(f"canvas of {STEPS} steps: {name}", f"{rate:.0f} fps", f"≥ {LEAST_FPS} fps", rate >= LEAST_FPS)


def _drag(page: Any, at: float) -> None:
    if at < 0.05:
        box = page.locator("#node-s260").bounding_box()
        page.mouse.move(box["x"] + 10, box["y"] + 5)
        page.mouse.down()
    page.mouse.move(700 + 150 * (at % 1), 420 + 90 * (at % 0.7))


def _pan(page: Any, at: float) -> None:
    page.mouse.wheel(12 if at % 1 < 0.5 else -12, 6)


def _zoom(page: Any, at: float) -> None:
    if at < 0.05:
        page.keyboard.down("Control")
    page.mouse.wheel(0, 20 if at % 1 < 0.5 else -20)
    if at > GESTURE_S - 0.1:
        page.keyboard.up("Control")


GESTURES: dict[str, Callable[[Any, float], None]] = {"drag": _drag, "pan": _pan, "zoom": _zoom}
