"""The inbox with real people: several at one request, many at once, a phone, the keyboard alone, no scripts."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PHONE, assert_whole, call, colleague, sign_in, window
from tests.browser.conftest import answer as usual_answer
from tests.stack.model_server import ModelServer, Request, Say
from tests.stack.running import Stack

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.timeout(300)]
LETTER = "# Offer\n\nWe deliver **on Monday**."
PATIENT = 30_000


def ask(page: Any, name: str, **config: Any) -> str:
    """Have a run wait at an approval; the id of the request."""
    gate = {"title": f"Approve {name}?", "data": LETTER, "approvers": ["role:approver"], **config}
    return ask_all(page, name, {"steps": [{"id": "gate", "type": "approval", "config": gate}]})[0]


def ask_all(page: Any, name: str, definition: dict[str, Any], count: int = 1) -> list[str]:
    """Publish and start a workflow, and wait until it asks; the ids of the requests."""
    made = call(page, "/workflows", {"name": name, "definition": {"format": 1, "edges": [], **definition}})
    call(page, f"/workflows/{made['slug']}/versions", {})
    run = call(page, "/executions", {"workflow": made["slug"]})["id"]
    until = time.monotonic() + 60
    while True:
        found = call(page, f"/approvals?origin={run}&status=pending&limit=100")["items"]
        if len(found) == count:
            return [one["id"] for one in found]
        assert time.monotonic() < until, f"{len(found)} of {count} requests"
        time.sleep(0.2)


def status(page: Any, request: str) -> str:
    return str(call(page, f"/approvals/{request}")["status"])


def origin_of(page: Any, request: str) -> str:
    return str(call(page, f"/approvals/{request}")["origin"])


def email_of(page: Any) -> str:
    return str(call(page, "/me")["email"])


def answer(page: Any, label: str) -> None:
    page.locator("[data-answers]").get_by_role("button", name=label, exact=True).click()


def told(page: Any, words: str) -> None:
    expect(page.locator("#toasts")).to_contain_text(words)


def test_two_of_three_approve_and_the_request_leaves_the_third_list_by_itself(
    page: Any, chrome: Any, product: Stack
) -> None:
    with (
        colleague(chrome, product, page, "Ben Adler", "approver") as ben,
        colleague(chrome, product, page, "Cleo Brandt", "approver") as cleo,
    ):
        people = [f"user:{email_of(one)}" for one in (ben, cleo)] + [f"user:{product.email}"]
        request = ask(page, "Quorum of two", approvers=people, quorum=2)
        for one in (page, ben, cleo):
            one.goto("/approvals/")
            expect(one.locator(f"#request-{request}")).to_be_visible()
        waiting = int(cleo.locator("#waiting-aside").inner_text())
        page.goto(f"/approvals/{request}/")
        answer(page, "Approve")
        told(page, "waits for others")
        assert status(page, request) == "pending"
        ben.goto(f"/approvals/{request}/")
        answer(ben, "Approve")
        told(ben, "Approved")
        expect(cleo.locator(f"#request-{request}")).to_have_count(0, timeout=5_000)
        expect(cleo.locator("#waiting-aside")).to_have_text(str(waiting - 1) if waiting > 1 else "")
        cleo.goto(f"/approvals/{request}/")
        expect(cleo.locator("#request")).to_contain_text("settled by Ben Adler: approved")


def test_a_draft_is_sent_back_twice_and_then_approved_with_a_change(page: Any) -> None:
    write = {"id": "write", "type": "agent", "config": {"agent": "copywriter", "prompt": "Write an offer."}}
    gate = {"title": "Send it?", "data": "${steps.write.output}", "revise": "write", "can_edit": True}
    steps = [write, {"id": "gate", "type": "approval", "config": gate}]
    edges = [{"source": "write", "target": "gate"}]
    outputs = {"sent": "${steps.gate.output.data}"}
    first = ask_all(page, "Sent back", {"steps": steps, "edges": edges, "outputs": outputs})[0]
    origin = origin_of(page, first)
    for number, words in enumerate(("Shorter.", "Warmer."), 2):
        page.goto(f"/approvals/{waiting_at(page, origin, number - 2)}/")
        answer(page, "Request changes")
        expect(page.get_by_role("alert")).to_contain_text("what should change")
        page.locator("[data-answers] textarea[name=comment]").fill(words)
        answer(page, "Request changes")
        told(page, "next round")
        page.goto(f"/approvals/{waiting_at(page, origin, number - 1)}/")
        expect(page.locator("#request")).to_contain_text(f"Round {number}")
        expect(page.locator("#request")).to_contain_text(words)
    page.get_by_text("Change it, then approve").click()
    page.locator("[data-answers] textarea[name=data]").fill("My own words.")
    answer(page, "Approve")
    told(page, "Approved")
    until = time.monotonic() + 30
    while call(page, f"/executions/{origin}")["status"] != "completed":
        assert time.monotonic() < until
        time.sleep(0.2)
    assert call(page, f"/executions/{origin}/outputs")["outputs"]["sent"] == "My own words."


def waiting_at(page: Any, origin: str, number: int) -> str:
    """The request of a round, once it is asked."""
    until = time.monotonic() + 60
    while True:
        found = call(page, f"/approvals?origin={origin}&status=pending")["items"]
        if found and found[0]["round"] == number:
            return str(found[0]["id"])
        assert time.monotonic() < until
        time.sleep(0.2)


def test_fifty_are_answered_at_once_and_what_could_not_be_is_named(page: Any) -> None:
    gate = {"title": "Pay ${item}?", "approvers": ["role:approver"]}
    loop = {"mode": "for_each", "items": list(range(1, 50)), "concurrency": 50}
    steps = [
        {"id": "each", "type": "loop", "config": loop},
        {"id": "gate", "type": "approval", "parent": "each", "config": gate},
    ]
    ours = ask_all(page, "Fifty", {"steps": steps}, count=49)
    own = ask(page, "Pay ourselves", separation_of_duties=True)
    page.goto("/approvals/?box=all&words=Pay")
    expect(page.locator("#requests li")).to_have_count(50)
    page.get_by_role("button", name="Choose all").click()
    page.locator("#bulk-comment").fill("All within the budget.")
    page.locator("#bulk-bar").get_by_role("button", name="Approve").click()
    expect(page.get_by_role("alert")).to_contain_text("49 answered, 1 not", timeout=PATIENT)
    expect(page.get_by_role("alert")).to_contain_text("somebody else has to")
    approved = call(page, f"/approvals?origin={origin_of(page, ours[0])}&status=approved&limit=100")["items"]
    assert {one["id"] for one in approved} == set(ours)
    assert status(page, own) == "pending"


def test_a_request_is_claimed_talked_about_and_handed_on(page: Any, chrome: Any, product: Stack) -> None:
    request = ask(page, "Handed on")
    with colleague(chrome, product, page, "Dan Eller", "approver") as dan:
        page.goto(f"/approvals/{request}/")
        page.get_by_role("button", name="Claim").click()
        expect(page.get_by_role("button", name="Release")).to_be_visible()
        dan.goto(f"/approvals/{request}/")
        expect(dan.locator("#request")).to_contain_text("has claimed this")
        page.locator("#talk-text").fill(f"What do you think, @{email_of(dan)}?")
        page.get_by_role("button", name="Comment").click()
        expect(dan.locator("#request")).to_contain_text("What do you think", timeout=5_000)
        page.get_by_text("Hand on", exact=True).first.click()
        page.locator("select[name=to]").select_option(label="Dan Eller")
        page.locator(".keep-form").get_by_role("button", name="Hand on").click()
        told(page, "Dan Eller was asked")
        dan.goto("/approvals/?box=mine")
        expect(dan.locator(f"#request-{request}")).to_be_visible()


def test_somebody_stands_in_for_who_is_away(page: Any, chrome: Any, product: Stack) -> None:
    with colleague(chrome, product, page, "Eve Falk", "approver") as eve:
        page.goto("/approvals/absences/")
        page.get_by_label("Who answers").select_option(label="Eve Falk")
        page.get_by_label("First day").fill(time.strftime("%Y-%m-%d", time.gmtime()))
        page.get_by_label("Last day").fill(time.strftime("%Y-%m-%d", time.gmtime(time.time() + 86_400)))
        page.get_by_role("button", name="Have them answer").click()
        told(page, "Eve Falk answers for you")
        request = ask(page, "Stand-in", approvers=[f"user:{product.email}"])
        eve.goto("/approvals/?box=mine")
        eve.locator(f"#request-{request} .inbox-title").click()
        answer(eve, "Approve")
        told(eve, "Approved")
        page.goto(f"/approvals/{request}/")
        expect(page.locator("#request")).to_contain_text("Eve Falk for ")
        page.goto("/approvals/absences/")
        page.get_by_role("button", name="I am here").click()
        told(page, "yourself again")


def test_time_answers_what_nobody_did(page: Any) -> None:
    lapsing = ask(page, "Lapses", expires_s=3)
    approving = ask(page, "Approves itself", auto_approve_s=3)
    page.goto(f"/approvals/{lapsing}/")
    expect(page.locator("#request")).to_contain_text("timed out", timeout=PATIENT)
    page.goto(f"/approvals/{approving}/")
    expect(page.locator("#request")).to_contain_text("automatically", timeout=PATIENT)


def test_everything_is_done_with_the_keyboard(page: Any) -> None:
    names = [f"By keyboard {number}" for number in (1, 2, 3)]
    one, two, three = [ask(page, name) for name in names]
    page.goto("/approvals/?box=all&words=By+keyboard&sort=age")
    expect(page.locator("#requests li")).to_have_count(3)
    page.keyboard.press("?")
    expect(page.locator("#inbox-keys")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    expect(page.locator(f"#request-{two}")).to_have_attribute("data-shown", "")
    page.keyboard.press("c")
    expect(page.get_by_role("button", name="Release")).to_be_visible()
    page.keyboard.press("a")
    page.keyboard.type("Seen by keyboard")
    page.keyboard.press("Escape")
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    told(page, "Approved")
    assert status(page, two) == "approved"
    expect(page.locator(f"#request-{three}")).to_have_attribute("data-shown", "")
    page.keyboard.press("x")
    page.keyboard.press("k")
    expect(page.locator(f"#request-{one}")).to_have_attribute("data-shown", "")
    page.keyboard.press("x")
    page.keyboard.press("b")
    page.keyboard.type("Both")
    page.keyboard.press("Enter")
    told(page, "2 requests answered")
    assert status(page, one) == status(page, three) == "approved"
    page.keyboard.press("/")
    expect(page.locator("#inbox-search")).to_be_focused()


def test_a_filter_is_kept_and_shared(page: Any, chrome: Any, product: Stack) -> None:
    page.goto("/approvals/?box=all&priority=urgent&sort=cost")
    page.get_by_text("Keep this view").click()
    page.locator(".keep-form input[name=name]").fill("Urgent, dear")
    page.get_by_text("Show it to everybody").click()
    page.get_by_role("button", name="Keep", exact=True).click()
    told(page, "was kept")
    with colleague(chrome, product, page, "Gil Haas", "approver") as gil:
        gil.goto("/approvals/")
        gil.get_by_role("link", name="Urgent, dear").click()
        expect(gil.locator("select[name=sort]")).to_have_value("cost")
        expect(gil.locator("select[name=priority]")).to_have_value("urgent")


def test_a_small_phone_without_scripts_claims_comments_and_decides(
    page: Any, chrome: Any, product: Stack
) -> None:
    request = ask(page, "On a phone")
    small = {"viewport": {"width": 360, "height": 740}, "java_script_enabled": False, "has_touch": True}
    with window(chrome, product, **small) as plain:
        sign_in(plain, product)
        plain.goto("/approvals/?box=all&words=On+a+phone")
        plain.locator(f"#request-{request} .inbox-title").click()
        plain.get_by_role("button", name="Claim").click()
        plain.locator("#talk-text").fill("Read on the train")
        plain.get_by_role("button", name="Comment").click()
        expect(plain.locator("#request")).to_contain_text("Read on the train")
        answer(plain, "Approve")
        expect(plain.locator("#toasts")).to_contain_text("Approved")
    assert status(page, request) == "approved"


def test_the_inbox_is_whole_by_day_by_night_and_on_a_phone(page: Any) -> None:
    request = ask(page, "Looked at", priority="urgent", due_s=3600, description="Look **closely**.")
    for scheme, size in (("light", None), ("dark", None), ("light", PHONE)):
        page.emulate_media(color_scheme=scheme)
        if size:
            page.set_viewport_size(size)
        for address in ("/approvals/?box=all", f"/approvals/{request}/", "/approvals/absences/"):
            page.goto(address)
            assert_whole(page, address)


def test_a_reached_limit_is_topped_up_and_a_failed_step_is_repaired(page: Any) -> None:
    words = {"agent": "copywriter", "prompt": "Write an offer."}
    limit = {"max_requests": 0, "on_breach": "ask"}
    steps = [
        {"id": "write", "type": "agent", "config": words, "guardrails": limit},
        {
            "id": "fetch",
            "type": "tool",
            "config": {"tool": "web_fetch", "arguments": {"url": "http://127.0.0.1/"}},
            "on_error": {"action": "ask", "assignees": ["role:approver"]},
        },
    ]
    edges = [{"source": "write", "target": "fetch"}]
    outputs = {"page": "${steps.fetch.output}"}
    limited = ask_all(page, "Asks twice", {"steps": steps, "edges": edges, "outputs": outputs})[0]
    origin = call(page, f"/approvals/{limited}")["origin"]
    page.goto(f"/approvals/{limited}/")
    page.locator("#form-more").fill("5")
    page.locator("[data-answers] button[value=top_up]").click()
    told(page, "Allow more")
    until = time.monotonic() + 60
    while not (found := call(page, f"/approvals?origin={origin}&status=pending&kind=repair")["items"]):
        assert time.monotonic() < until, "nobody asks for a repair"
        time.sleep(0.2)
    page.goto(f"/approvals/{found[0]['id']}/")
    page.locator("#form-value").fill('"Read by hand"')
    page.locator("[data-answers] button[value=skip]").click()
    while call(page, f"/executions/{origin}")["status"] != "completed":
        assert time.monotonic() < until, call(page, f"/executions/{origin}")
        time.sleep(0.2)
    assert call(page, f"/executions/{origin}/outputs")["outputs"]["page"] == "Read by hand"


@contextmanager
def offered_tools(product: Stack, models: ModelServer) -> Iterator[None]:
    """The model may call tools, which the embedded one may not, and has an addition done by one."""
    switch = "UPDATE agents_languagemodel SET supports_tools = %s"

    def add(request: Request) -> Say:
        last = request["messages"][-1]
        if last["role"] == "tool":
            return Say("It is forty-two." if '"result": 42' in last["content"] else "I cannot add.")
        return Say(tool_calls=(("calculator", {"expression": "19 + 23"}),))

    with psycopg.connect(product.settings["DATABASE_URL"], autocommit=True) as database:
        database.execute(switch, [True])
        models.answer_with(add)
        try:
            yield
        finally:
            models.answer_with(usual_answer)
            database.execute(switch, [False])


def test_a_tool_that_asks_first_is_called_once_though_its_worker_was_killed(
    page: Any, product: Stack, models: ModelServer
) -> None:
    asks = {"tools": ["calculator"], "ask_first": ["calculator"]}
    config = {"agent": "data-analyst", "prompt": "What is 19 + 23?", **asks}
    steps = [{"id": "add", "type": "agent", "config": config}]
    with offered_tools(product, models):
        before = len(models.requests)
        request = ask_all(page, "Asks first", {"steps": steps, "outputs": {"sum": "${steps.add.output}"}})[0]
        origin = origin_of(page, request)
        page.goto(f"/approvals/{request}/")
        expect(page.locator("#request")).to_contain_text("19 + 23")
        product.member("worker").kill()
        answer(page, "Approve")
        told(page, "Approved")
        page.goto(f"/runs/{origin}/")
        expect(page.get_by_text("It is forty-two.").first).to_be_visible(timeout=90_000)
        assert len(models.requests) - before == 2, "what the model had said is not paid again"
