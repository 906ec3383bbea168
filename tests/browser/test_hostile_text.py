"""What agents and people write, on every page that shows it, in a real browser: nothing runs, nothing is fetched."""

import json
import time
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.browser.conftest import answer, call, sign_in, window
from tests.stack.model_server import ModelServer, Request, Say
from tests.stack.running import Stack

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.timeout(300)]
DRAWN = "() => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 20)))"
EVIL = "https://evil.example"
HOSTILE = (
    "Zanzibar <script>window.hacked=1</script><img src=x onerror='window.hacked=1'>"
    f"<svg onload='window.hacked=1'></svg> ![p]({EVIL}/p.png) ![q][r] [a](javascript:window.hacked=1) "
    f"<{EVIL}/auto> &lt;script&gt;window.hacked=1&lt;/script&gt; \u202egnp.exe \"'><b onclick=1>"
    f"<iframe src={EVIL}></iframe><style>@import '{EVIL}/x.css'</style> ${{x}} {{{{7*7}}}}\n\n[r]: {EVIL}/q.png\n"
)
NAME = HOSTILE.replace("${x}", "").split("\n", maxsplit=1)[0][:190]
DEFINITION = {
    "inputs": [{"name": "text", "label": NAME[:100], "help": NAME[:100], "required": True}],
    "steps": [
        {
            "id": "say",
            "type": "agent",
            "name": NAME[:100],
            "config": {"agent": "data-analyst", "prompt": "Go"},
        },
        {"id": "copy", "type": "transform", "config": {"value": {"<b>key</b>": "${inputs.text}"}}},
        {
            "id": "gate",
            "type": "approval",
            "config": {
                "title": NAME[:150],
                "description": NAME,
                "approvers": ["role:owner"],
                "revise": "say",
            },
        },
    ],
    "edges": [{"source": "say", "target": "copy"}, {"source": "copy", "target": "gate"}],
    "outputs": {"said": "${steps.say.output}", "copied": "${steps.copy.output}"},
}


class Browser:
    """Somebody signed in who notes every request that leaves the house."""

    def __init__(self, page: Any, product: Stack) -> None:
        self.page, self.house, self.elsewhere = page, urlsplit(product.url).netloc, list[str]()
        page.on("request", self._asked)
        page.on("dialog", lambda dialog: self.elsewhere.append(f"dialog: {dialog.message}"))
        sign_in(page, product)

    def _asked(self, request: Any) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in ("http", "https", "ws", "wss") and parts.netloc != self.house:
            self.elsewhere.append(request.url)

    def call(self, path: str, body: Any = None) -> Any:
        return call(self.page, path, body)

    def look(self, address: str) -> str:
        """Open a page and see that nothing ran or left; return its text."""
        self.page.goto(address)
        self.page.evaluate(DRAWN)  # pictures that fail have failed when a page is loaded
        assert self.page.evaluate("window.hacked") is None, address
        assert self.elsewhere == [], address
        links = self.page.evaluate(
            "[...document.querySelectorAll('[href], [src]')].map(e => e.href || e.src)"
        )
        assert [one for one in links if str(one).lower().startswith(("javascript:", "data:text"))] == [], (
            address
        )
        return str(self.page.inner_text("body"))


def waits(browser: Browser, run: str) -> str:
    """The id of the request that a run waits for."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        items = browser.call(f"/approvals?origin={run}&status=pending")["items"]
        if items:
            return str(items[0]["id"])
        time.sleep(0.1)
    raise AssertionError(browser.call(f"/executions/{run}"))


def ended(browser: Browser, run: str) -> None:
    """Wait until a run is completed."""
    end = time.monotonic() + 60
    while browser.call(f"/executions/{run}")["status"] != "completed":
        assert time.monotonic() < end
        time.sleep(0.1)


def hostile(request: Request) -> Say:
    return Say(HOSTILE, prompt_tokens=1, completion_tokens=1)


def test_no_text_of_agents_or_people_runs_or_fetches(
    chrome: Any, product: Stack, models: ModelServer
) -> None:
    models.answer_with(hostile)
    try:
        with window(chrome, product) as page:
            browser = Browser(page, product)
            made = browser.call(
                "/workflows",
                {
                    "name": NAME,
                    "slug": "hostile",
                    "description": NAME,
                    "category": "x<b>y",
                    "tags": ["<i>"],
                    "definition": DEFINITION,
                },
            )
            browser.call("/workflows/hostile/versions", {"note": NAME})
            run = browser.call("/executions", {"workflow": made["slug"], "inputs": {"text": HOSTILE}})["id"]
            asked = waits(browser, run)
            browser.call(f"/approvals/{asked}/decisions", {"answer": "request_changes", "comment": HOSTILE})
            asked = waits(browser, run)
            seen = ""
            for address in ("/", "/workflows/", "/runs/", "/approvals/", "/notices/", f"/approvals/{asked}/"):
                seen += browser.look(address)
            for rest in (
                "",
                "versions/",
                "versions/1/",
                "draft/",
                "run/",
                "runs/",
                "comparison/?old=1&new=draft",
            ):
                seen += browser.look(f"/workflows/hostile/{rest}")
            for rest in ("", "?step=say", "?step=copy", "?step=gate", "output/", "log/", "fork/?path=say"):
                seen += browser.look(f"/runs/{run}/{rest}")
            browser.call(f"/approvals/{asked}/decisions", {"answer": "approve", "comment": HOSTILE})
            ended(browser, run)
            for address in (f"/runs/{run}/output/", f"/approvals/{asked}/", "/", "/approvals/?show=settled"):
                seen += browser.look(address)
            assert seen.count("Zanzibar") > 20
            assert json.dumps(browser.elsewhere) == "[]"
    finally:
        models.answer_with(answer)
