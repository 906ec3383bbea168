"""Being told: a mail answered on a phone without scripts and without signing in, and the bell."""

import re
import time
from email import message_from_bytes, policy
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.auditor import Auditor
from tests.browser.conftest import assert_whole, call, window
from tests.browser.test_inbox import ask, status
from tests.stack.running import Stack

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.timeout(300)]


def mailed(product: Stack, title: str) -> str:
    """The text of the mail that asks for something, once it is written."""
    until = time.monotonic() + 30
    while True:
        for file in sorted((product.var / "mail").glob("*")):
            mail = message_from_bytes(file.read_bytes(), policy=policy.default)
            part = mail.get_body(("plain",))
            if title in str(mail["subject"]) and part is not None:
                return str(part.get_content())
        assert time.monotonic() < until, "no mail came"
        time.sleep(0.3)


def test_a_mail_is_answered_on_a_phone_without_scripts_and_without_signing_in(
    page: Any, chrome: Any, product: Stack
) -> None:
    request = ask(page, "By mail", approvers=[f"user:{product.email}"])
    text = mailed(product, "Approve By mail?")
    [address] = set(re.findall(r"http\S+/answer/\S+\?answer=approve", text))
    phone = window(chrome, product, viewport={"width": 360, "height": 740}, java_script_enabled=False)
    with phone as opened:
        opened.goto(address)
        expect(opened.get_by_role("heading", name="Approve By mail?")).to_be_visible()
        expect(opened.locator("main")).to_contain_text(f"({product.email})")
        assert status(page, request) == "pending", "looking decides nothing"
        opened.get_by_label("Comment").fill("From the train")
        opened.get_by_role("button", name="Approve", exact=True).click()
        expect(opened.locator("main")).to_contain_text("Your answer was recorded")
        assert status(page, request) == "approved"
        opened.goto(address)
        expect(opened.locator("main")).to_contain_text("settled by")
        expect(opened.get_by_role("button", name="Reject")).to_have_count(0)


def test_the_bell_counts_what_arrives_and_its_pages_are_fit_for_everybody(page: Any, product: Stack) -> None:
    call(page, "/notifications/reading", {})
    page.goto("/notifications/")
    bell = page.locator(".sidebar .bell")
    expect(bell.locator(".count")).to_have_count(0)
    request = ask(page, "For the bell", approvers=[f"user:{product.email}"])
    expect(bell.locator(".count")).to_have_text("1", timeout=10_000)
    auditor = Auditor(page)
    auditor.look_at_all_sizes("the news")
    page.goto("/notifications/preferences/")
    auditor.look("how one is told")
    [address] = set(
        re.findall(r"http\S+(/answer/\S+)\?answer=reject", mailed(product, "Approve For the bell?"))
    )
    page.goto(f"{address}?answer=reject")
    auditor.look_at_all_sizes("the page of a link")
    assert_whole(page, "the page of a link")
    assert auditor.found == []
    page.goto("/notifications/")
    page.get_by_role("button", name="Approve For the bell?", exact=True).click()
    expect(page).to_have_url(re.compile(f"/approvals/{request}/"))
    expect(bell.locator(".count")).to_have_count(0)
