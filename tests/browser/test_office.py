"""The admin and the API's own pages in a real browser: they work under their Content-Security-Policy."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import sign_in
from tests.stack.running import Stack

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


@pytest.fixture
def page(chrome: Browser, product: Stack) -> Iterator[Page]:
    """A signed-in browser window; what the policy refuses fails the test."""
    page = chrome.new_page(base_url=product.url)
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text) if message.type == "error" else None)
    page.on("response", lambda answer: refused.append(answer.url) if answer.status >= 400 else None)
    page.on("pageerror", lambda error: refused.append(str(error)))
    sign_in(page, product)
    refused.clear()
    yield page
    page.close()
    assert refused == []


def test_the_docs_of_the_api_list_every_group_and_try_a_route(page: Page) -> None:
    page.goto("/api/v1/docs")
    for group in ("Workflows", "Executions", "Approvals", "Agents", "Health"):
        page.wait_for_selector(f"text={group}")
    page.locator("[data-path='/api/v1/me']").first.click()
    page.get_by_role("button", name="Try it out").click()
    page.get_by_role("button", name="Execute").click()
    page.wait_for_selector(".live-responses-table .response-col_status >> text=200")


def test_the_admin_lists_opens_and_saves(page: Page) -> None:
    page.goto("/admin/agents/agent/")
    page.wait_for_selector("text=Data Analyst")
    page.locator("a", has_text="Data Analyst").first.click()
    page.wait_for_selector("textarea[name=system_prompt]")
    page.fill("input[name=role]", "Data analyst of the house")
    page.locator("[name=_save]").click()
    page.wait_for_selector("text=was changed successfully")


def test_an_api_key_is_made_in_the_admin(page: Page, product: Stack) -> None:
    page.goto("/admin/workspaces/apikey/add/")
    page.fill("input[name=name]", "Browser")
    page.locator("select[name=member]").evaluate("select => { select.value = select.options[1].value }")
    page.locator("input[name=scopes][value=read]").check()
    page.locator("[name=_save]").click()
    told = page.locator("text=only this once").inner_text()
    key = told.split("only this once: ")[1].split()[0]
    answer = page.request.get(f"{product.url}/api/v1/me", headers={"Authorization": f"Bearer {key}"})
    assert answer.json()["scopes"] == ["read"]
