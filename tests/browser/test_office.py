"""The admin and the API's own pages in a real browser: they work under their Content-Security-Policy."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, Response

from tests.stack.running import Stack

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


@pytest.fixture(autouse=True)
def _everything_is_found(page: Page) -> Iterator[None]:
    """No part of these pages is missing or refused."""
    refused: list[str] = []

    def look(answer: Response) -> None:
        if answer.status >= 400:
            refused.append(answer.url)

    page.on("response", look)
    yield
    page.remove_listener("response", look)
    assert refused == []


def test_the_docs_of_the_api_list_every_group_and_try_a_route(page: Page) -> None:
    page.goto("/api/v1/docs")
    for group in ("Workflows", "Executions", "Approvals", "Agents", "Health"):
        page.wait_for_selector(f'[data-tag="{group}"]')
    page.locator("[data-path='/api/v1/me']").first.click()
    page.locator(".try-out__btn").click()
    page.locator(".execute").click()
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
