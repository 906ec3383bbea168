"""How smoothly 500 steps are dragged, panned and zoomed on the canvas, in a headless browser without a GPU."""

import gzip
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

from tests.bench.house import House
from tests.bench.table import Row
from tests.browser.conftest import ARGUMENTS, chromium, sign_in

STEPS = 500
ACROSS = 25
GESTURE_S = 2.5
LEAST_FPS = 30
LONGEST_S = 2.0
SETTLES_MS = 900
COUNT = """() => { window.frames_seen = 0; const count = () => { window.frames_seen += 1;
  window.counting = requestAnimationFrame(count); }; count(); }"""
STOP = "() => { cancelAnimationFrame(window.counting); return window.frames_seen; }"
PARTS = ("document", "script", "stylesheet")
"""What of a page counts for its weight."""


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
    """Frames per second of each gesture, near and far; how long the page takes, and how heavy it is."""
    from playwright.sync_api import sync_playwright

    house.post("/workflows", {"name": "Five hundred", "slug": "five-hundred", "definition": document()})
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        context = browser.new_context(base_url=house.stack.url, viewport={"width": 1440, "height": 900})
        page = context.new_page()
        sign_in(page, house.stack)
        weights = [
            _weight(page, "strategic-analysis", "Strategic Analysis"),
            _weight(page, "five-hundred", f"{STEPS} steps"),
        ]
        rows = [*_gestures(page), _ready(page), *weights]
        browser.close()
    return rows


def _open(page: Any, slug: str) -> float:
    """Open a canvas; return the seconds until it is ready."""
    began = time.monotonic()
    page.goto(f"/workflows/{slug}/editor/")
    page.locator("#canvas.is-ready").wait_for()
    return time.monotonic() - began


def _gestures(page: Any) -> Iterator[Row]:
    for where, look in VIEWS.items():
        for name, gesture in GESTURES.items():
            _open(page, "five-hundred")
            look(page)
            yield _row(page, f"{name}, {where}", gesture)


def _row(page: Any, name: str, gesture: Callable[[Any, int], None]) -> Row:
    page.evaluate(COUNT)
    began, turn = time.monotonic(), 0
    while time.monotonic() - began < GESTURE_S:
        gesture(page, turn)
        turn += 1
    rate = page.evaluate(STOP) / (time.monotonic() - began)
    page.keyboard.press("Escape")
    page.mouse.up()
    page.keyboard.up("Control")
    return Row(f"canvas of {STEPS} steps: {name}", f"{rate:.0f} fps", f"≥ {LEAST_FPS} fps", rate >= LEAST_FPS)


def _ready(page: Any) -> Row:
    """The middle of three."""
    seconds = sorted(_open(page, "five-hundred") for _ in range(3))[1]
    what = f"canvas of {STEPS} steps: page ready"
    return Row(what, f"{seconds:.2f} s", f"≤ {LONGEST_S:.0f} s", seconds <= LONGEST_S)


def _weight(page: Any, slug: str, name: str) -> Row:
    """HTML, scripts and styles of a page that was not there before, compressed as a proxy would."""
    bodies: dict[str, bytes] = {}

    def heard(response: Any) -> None:
        if response.request.resource_type in PARTS and response.ok:
            bodies[urlsplit(response.url).path] = response.body()

    page.on("response", heard)
    _open(page, slug)
    page.wait_for_load_state("load")
    page.remove_listener("response", heard)
    kinds = {"HTML": "/", "JS": ".js", "CSS": ".css"}
    sizes = {
        kind: sum(len(gzip.compress(body)) for path, body in bodies.items() if path.endswith(ending)) / 1000
        for kind, ending in kinds.items()
    }
    parts = ", ".join(f"{kind} {size:.0f}" for kind, size in sizes.items())
    return Row(f"canvas, weight of the page: {name}", f"{sum(sizes.values()):.0f} kB ({parts})")


def _far(page: Any) -> None:
    page.locator("#canvas").focus()
    page.keyboard.press("1")
    page.wait_for_timeout(SETTLES_MS)


def _near(page: Any) -> None:
    _far(page)
    page.keyboard.press("0")
    page.wait_for_timeout(SETTLES_MS)


def _swing(turn: int, length: int) -> int:
    """To and fro, so that what is moved stays in view."""
    return abs((turn + length) % (2 * length) - length)


def _drag(page: Any, turn: int) -> None:
    if turn == 0:
        box = page.locator("#node-s262").bounding_box()
        page.mouse.move(box["x"] + box["width"] / 3, box["y"] + box["height"] / 8)
        page.mouse.down()
    page.mouse.move(700 + 4 * _swing(turn, 20), 420 + 3 * _swing(turn, 15))


def _pan(page: Any, turn: int) -> None:
    way = 1 if turn % 40 < 20 else -1
    page.mouse.wheel(9 * way, 5 * way)


def _zoom(page: Any, turn: int) -> None:
    if turn == 0:
        page.keyboard.down("Control")
    page.mouse.wheel(0, 3 if turn % 40 < 20 else -3)


VIEWS: dict[str, Callable[[Any], None]] = {"all in view": _far, "at 100 %": _near}
GESTURES: dict[str, Callable[[Any, int], None]] = {"drag": _drag, "pan": _pan, "zoom": _zoom}
