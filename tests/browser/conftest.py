"""A real browser against the whole product, with a scripted model behind the embedded provider.

Every test fails on any error in the browser's console, so also on anything that the content security policy forbids.
"""

import os
import re
import shutil
from collections.abc import Iterator
from typing import Any

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
LOOKS: dict[str, dict[str, Any]] = {
    "light": {"viewport": {"width": 1360, "height": 900}, "color_scheme": "light"},
    "dark": {"viewport": {"width": 1360, "height": 900}, "color_scheme": "dark"},
    "phone": {"viewport": {"width": 390, "height": 844}, "has_touch": True},
}
NAMELESS = """() => [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea')]
  .filter((el) => el.checkVisibility() && !(el.innerText || '').trim() && !el.ariaLabel && !el.labels?.length
    && !el.title && !el.querySelector('title'))
  .map((el) => el.outerHTML.slice(0, 120))"""
"""Elements that a screen reader could not call by a name."""
SESSIONS: dict[str, list[Any]] = {}
"""The owner's cookies, by the address of the product."""
WORDS = "The **north** grew by 12 %, because prices rose; nobody left. Look at returns next."


def chromium() -> str:
    """Where the browser is, or nothing."""
    found = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome") or ""
    return found


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


@pytest.fixture
def page(chrome: Any, product: Stack) -> Iterator[Any]:
    """A fresh window of somebody who is signed in; nothing may go wrong in it unsaid."""
    with window(chrome, product) as opened:
        sign_in(opened, product)
        yield opened


class window:  # noqa: N801 - reads as a verb where it is used
    """A fresh window; leaving it fails when the console said that something is wrong."""

    def __init__(self, chrome: Any, product: Stack, **options: Any) -> None:
        self.context = chrome.new_context(base_url=product.url, **{"reduced_motion": "reduce"} | options)
        self.context.set_default_timeout(30_000)
        self.wrong: list[str] = []
        self.expected = re.compile(r"status of 4\d\d")

    def __enter__(self) -> Any:
        page = self.context.new_page()
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        return page

    def __exit__(self, kind: Any, *_: object) -> None:
        self.context.close()
        if kind is None:
            assert self.wrong == []

    def _heard(self, message: Any) -> None:
        if message.type in ("error", "warning") and not self.expected.search(message.text):
            self.wrong.append(message.text)


def sign_in(page: Any, product: Stack) -> None:
    """Be the owner: the first time by the form, afterwards in the session that this gave."""
    if product.url in SESSIONS:
        page.context.add_cookies(SESSIONS[product.url])
        page.goto("/")
        page.get_by_role("heading", level=1).wait_for()
        return
    _fill_in_the_form(page, product)
    SESSIONS[product.url] = page.context.cookies()


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
