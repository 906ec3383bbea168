"""The inbox with two hundred requests: how long its list takes, how soon a decision leaves somebody else's list."""

import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any

from playwright.sync_api import sync_playwright

from tests.bench.house import House
from tests.bench.table import Row, ms, p50_p95, quantile
from tests.bench.websocket import sign_in as signed_in
from tests.browser.conftest import ARGUMENTS, chromium, sign_in

REQUESTS = 200
DECISIONS = 50
LISTED, WARM = 25, 5
LISTED_S = 0.1
SEEN_S = 0.5
WATCH = """() => { window.left = {};
  const look = () => { for (const id of Object.keys(window.wanted ?? {}))
    if (!(id in window.left) && !document.getElementById(`request-${id}`)) window.left[id] = Date.now(); };
  new MutationObserver(look).observe(document.body, { childList: true, subtree: true }); }"""
WANT = "(id) => { (window.wanted ??= {})[id] = true; }"
LEFT = "(id) => window.left[id] ?? null"


def document() -> dict[str, Any]:
    """One approval in a loop that asks for all at once."""
    loop = {
        "mode": "for_each",
        "items": list(range(REQUESTS)),
        "concurrency": 100,
        "max_iterations": REQUESTS,
    }
    gate = {"title": "Pay ${item}?", "data": "An **invoice**.", "approvers": ["role:approver"]}
    other = {"id": "other", "type": "loop", "config": loop | {"items": list(range(REQUESTS // 2))}}
    return {
        "steps": [
            {"id": "each", "type": "loop", "config": loop | {"items": list(range(REQUESTS // 2))}},
            {"id": "gate", "type": "approval", "parent": "each", "config": gate},
            other,
            {"id": "gate_2", "type": "approval", "parent": "other", "config": gate},
        ],
        "edges": [],
    }


def inbox(house: House) -> list[Row]:
    """How long its halves take, and how soon others see what one did."""
    house.post("/workflows", {"name": "Invoices", "slug": "invoices", "definition": document()})
    house.post("/workflows/invoices/versions", {})
    run = house.post("/executions", {"workflow": "invoices"})["id"]
    _wait_for_all(house, run)
    listed, opened = (list(_asked(house, address))[WARM:] for address in _addresses(house, run))
    seen = list(_seen(house))
    return [
        Row(
            f"inbox, a list of {REQUESTS} requests",
            p50_p95(listed),
            f"under {ms(LISTED_S)}",
            quantile(listed, 0.5) < LISTED_S,
        ),
        Row("inbox, one request of them with all facts", p50_p95(opened), "", None),
        Row(
            "inbox, a decision leaves another's list",
            p50_p95(seen),
            f"p95 under {ms(SEEN_S)}",
            quantile(seen, 0.95) < SEEN_S,
        ),
    ]


def _wait_for_all(house: House, run: str) -> None:
    until = time.monotonic() + 120
    asked = "SELECT count(*) FROM approvals_approvalrequest WHERE origin = %s AND status = 'pending'"
    while (count := int(house.value(asked, run))) < REQUESTS:
        assert time.monotonic() < until, f"{count} of {REQUESTS} requests"
        time.sleep(0.2)


def _addresses(house: House, run: str) -> tuple[str, str]:
    """Where the page asks for its list, and where for the request beside it."""
    [first, *_] = house.get(f"/approvals?origin={run}")["items"]
    detail = f"/approvals/{first['id']}/?box=all&part=request"
    return f"/approvals/?box=all&part=list&shown={first['id']}", detail


def _asked(house: House, address: str) -> Iterator[float]:
    """How long the server takes for half of the page, again and again."""
    with closing(signed_in(house.stack.url, house.stack.email, house.stack.password)) as browser:
        for _ in range(LISTED):
            began = time.perf_counter()
            browser.get(address, headers={"HX-Request": "true"}).raise_for_status()
            yield time.perf_counter() - began


def _seen(house: House) -> Iterator[float]:
    """How long after each decision the request is gone from somebody else's list."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        page = browser.new_context(base_url=house.stack.url).new_page()
        sign_in(page, house.stack)
        page.goto("/approvals/?box=all&sort=age")
        page.evaluate(WATCH)
        shown = page.eval_on_selector_all("#requests li", "(all) => all.map((one) => one.dataset.request)")
        for request in shown[:DECISIONS]:
            page.evaluate(WANT, request)
            house.post(f"/approvals/{request}/decisions", {"answer": "approve"})
            decided = time.time()
            yield _left(page, request) - decided
        browser.close()


def _left(page: Any, request: str) -> float:
    until = time.monotonic() + 10
    while (at := page.evaluate(LEFT, request)) is None:
        assert time.monotonic() < until, "a decided request stays in the list"
        time.sleep(0.02)
    return float(at) / 1000
