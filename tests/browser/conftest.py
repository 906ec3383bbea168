"""A real browser against the whole product, with a scripted model behind the embedded provider.

Every test fails on any error in the browser's console, so also on anything that the content security policy forbids.
"""

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

import psycopg
import pytest

from tests.stack.model_server import ModelServer, Request, Say
from tests.stack.running import Stack, furnished

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WIDE = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
TOUCHED: dict[str, Any] = {"viewport": PHONE, "has_touch": True}
NAMELESS = """() => [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea')]
  .filter((el) => el.checkVisibility() && !(el.innerText || '').trim() && !el.ariaLabel && !el.labels?.length
    && !el.title && !el.querySelector('title'))
  .map((el) => el.outerHTML.slice(0, 120))"""
"""Elements that a screen reader could not call by a name."""
SESSIONS: dict[str, list[Any]] = {}
"""The owner's cookies, by the address of the product."""
PEOPLE = count(1)
LIKE_THE_OWNER = """UPDATE workspaces_user SET password = (SELECT password FROM workspaces_user WHERE email = %s)
    WHERE email = %s"""
LEAVE = "() => { localStorage.clear(); sessionStorage.clear(); }"
WORDS = "The **north** grew by 12 %, because prices rose; nobody left. Look at returns next."


def chromium() -> str:
    """Where the browser is, or nothing."""
    names = ("chromium-headless-shell", "chromium", "google-chrome")
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), "")


@pytest.fixture(scope="package")
def models() -> Iterator[ModelServer]:
    """Answers quickly, word by word, and with data where a schema asks for it."""
    with ModelServer() as server:
        server.answer_with(answer)
        yield server


@pytest.fixture(scope="package")
def product(tmp_path_factory: pytest.TempPathFactory, models: ModelServer) -> Iterator[Stack]:
    """The product as `make up` starts it, in a folder of its own."""
    running = Stack(furnished(tmp_path_factory, "product"), MODEL_SERVER_URL=models.url)
    try:
        yield running.wait()
    finally:
        running.end()


@pytest.fixture(scope="package")
def chrome() -> Iterator[Any]:
    """One browser for all tests here, gone before others run: Playwright keeps an event loop open in its thread."""
    from playwright.sync_api import sync_playwright

    if not chromium():
        reason = "no Chromium on this machine: install it, or name it in the setting CHROMIUM"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def desk_window(chrome: Any, product: Stack) -> Iterator["window"]:
    """The owner's window that stays open: a new one costs more than most of what is done in it."""
    kept = window(chrome, product, permissions=["clipboard-read", "clipboard-write"])
    yield kept
    kept.context.close()


@pytest.fixture
def page(desk_window: "window", product: Stack) -> Iterator[Any]:
    """The owner's window as if it were new, wide and by day; nothing may go wrong in it unsaid."""
    with desk_window.anew() as opened:
        sign_in(opened, product)
        yield opened


class window:  # noqa: N801 - reads as a verb where it is used
    """A fresh window; leaving it fails when the console said that something is wrong."""

    def __init__(self, chrome: Any, product: Stack, **options: Any) -> None:
        self.context = chrome.new_context(base_url=product.url, **{"reduced_motion": "reduce"} | options)
        self.context.set_default_timeout(30_000)
        self.wrong: list[str] = []
        self.expected = re.compile(r"status of 4\d\d")
        self.page = self.context.new_page()
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))

    def __enter__(self) -> Any:
        return self.page

    def __exit__(self, kind: Any, *_: object) -> None:
        self.context.close()
        if kind is None:
            assert self.wrong == []

    @contextmanager
    def anew(self) -> Iterator[Any]:
        """Its page with nothing left of whoever was here before."""
        self.page.set_viewport_size(WIDE)
        self.page.emulate_media(color_scheme="light", reduced_motion="reduce")
        self.wrong.clear()
        yield self.page
        heard = list(self.wrong)
        self.page.unroute_all()
        if self.page.url.startswith("http"):
            self.page.evaluate(LEAVE)
        self.page.goto("about:blank")
        self.context.clear_cookies()
        assert heard == []

    def _heard(self, message: Any) -> None:
        if message.type in ("error", "warning") and not self.expected.search(message.text):
            self.wrong.append(message.text)


def sign_in(page: Any, product: Stack) -> None:
    """Be the owner: the first time by the form, afterwards in the session that this gave."""
    if product.url not in SESSIONS:
        _fill_in_the_form(page, product)
        SESSIONS[product.url] = page.context.cookies()
    page.context.add_cookies(SESSIONS[product.url])


@contextmanager
def colleague(chrome: Any, product: Stack, page: Any, name: str, role: str = "builder") -> Iterator[Any]:
    """A window of somebody else in the workspace, who has the owner's password."""
    email = f"colleague{next(PEOPLE)}@example.com"
    call(page, "/members", {"email": email, "name": name, "role": role})
    with psycopg.connect(product.settings["DATABASE_URL"]) as database:
        database.execute(LIKE_THE_OWNER, (product.email, email))
    with window(chrome, product, viewport=WIDE) as opened:
        opened.goto("/account/login/")
        opened.get_by_label("E-mail address").fill(email)
        opened.get_by_label("Password").fill(product.password)
        opened.get_by_role("button", name="Sign in").click()
        opened.wait_for_url("**/")
        yield opened


def start_strategic(page: Any) -> str:
    """Start the workflow of several agents; the address of its run."""
    inputs = {"question": "Shall we sell by subscription?", "company": "A roastery", "horizon": "12 months"}
    run = call(page, "/executions", {"workflow": "strategic-analysis", "inputs": inputs})
    return f"/runs/{run['id']}/"


def assert_whole(page: Any, where: str) -> None:
    """Nothing is cut off at the side, and whatever can be used has a name."""
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth + 1"), where
    assert page.evaluate(NAMELESS) == [], where


def call(page: Any, path: str, body: Any = None) -> Any:
    """Ask the API as the person of a window, by POST when there is a body; what it answers."""
    address = f"/api/v1{path}"
    if body is None:
        answer = page.request.get(address)
    else:
        cookies = {one["name"]: one["value"] for one in page.context.cookies()}
        answer = page.request.post(address, data=body, headers={"X-CSRFToken": cookies["csrftoken"]})
    assert answer.ok, answer.text()
    return answer.json()


def _fill_in_the_form(page: Any, product: Stack) -> None:
    page.goto("/account/login/")
    page.get_by_label("E-mail address").fill(product.email)
    page.get_by_label("Password").fill(product.password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/")


def answer(request: Request) -> Say:
    """Say what a schema asks for, else some words."""
    schema = (request.get("response_format") or {}).get("json_schema", {}).get("schema")
    if schema is None:
        return Say(WORDS, gap_s=0.03, prompt_tokens=40, completion_tokens=20)
    import json

    return Say(json.dumps(value_of(schema)), prompt_tokens=40, completion_tokens=20)


def value_of(schema: dict[str, Any]) -> Any:
    """Some value that fits a schema."""
    if "enum" in schema:
        return schema["enum"][0]
    match schema.get("type"):
        case "object":
            return {name: value_of(part) for name, part in schema.get("properties", {}).items()}
        case "array":
            return [value_of(schema.get("items", {}))]
        case "integer" | "number":
            return schema.get("minimum", 1)
        case "boolean":
            return True
        case _:
            return "A finding in a sentence."
