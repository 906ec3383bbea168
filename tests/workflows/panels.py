"""A workflow with a step of every type, and a browser without scripts for its panels."""

from html.parser import HTMLParser
from typing import Any

from django.test import Client

from agents.operations import seed_agents
from tests.people import Cast
from tests.workflows.examples import SMALL
from workflows import operations
from workflows.models import Workflow

HTMX = {"HX-Request": "true"}

EVERY_TYPE: dict[str, Any] = {
    "inputs": [
        {
            "name": "question",
            "type": "text",
            "required": True,
            "label": "Question",
            "help": "What to find out",
        },
        {"name": "depth", "type": "choice", "choices": ["short", "long"], "default": "short"},
        {"name": "table", "type": "file", "accept": [".csv", ".xlsx"]},
    ],
    "steps": [
        {
            "id": "research",
            "type": "agent",
            "name": "Research",
            "config": {"agent": "data-analyst", "prompt": "Look at\n${user_input}", "tools": ["calculator"]},
            "retry": {"attempts": 3, "backoff_s": 1.5},
            "on_error": {"action": "fallback", "agent": "insight-writer"},
            "guardrails": {"max_cost": 0.5},
            "output_schema": {
                "type": "object",
                "properties": {
                    "score": {"type": "number", "minimum": 0},
                    "mood": {"type": "string", "enum": ["good", "bad"]},
                    "facts": {"type": "array", "items": {"type": "object"}},
                },
                "required": ["score"],
            },
            "set_context": {"score": "${steps.research.output.score}"},
            "sla": {"target_s": 90},
        },
        {
            "id": "talk",
            "type": "team",
            "config": {"members": ["data-analyst", "insight-writer"], "mode": "selector"},
        },
        {
            "id": "sum",
            "type": "tool",
            "config": {"tool": "calculator", "arguments": {"expression": "1 + ${loop.index}"}},
        },
        {
            "id": "gate",
            "type": "condition",
            "config": {
                "branches": [
                    {
                        "port": "good",
                        "label": "Good",
                        "when": {
                            "all": [
                                {"path": "$.research.score", "op": "gte", "value": 0.8},
                                {"any": [{"path": "$.inputs.depth", "op": "in", "value": ["short", "long"]}]},
                                {"not_": {"path": "$.talk.text", "op": "exists", "value": False}},
                            ]
                        },
                    },
                    {"port": "bad", "when": {"path": "$.research.mood", "op": "eq", "value": "bad"}},
                ]
            },
        },
        {
            "id": "approve",
            "type": "approval",
            "config": {
                "title": "Send it?",
                "data": {"score": "${steps.research.output.score}"},
                "approvers": ["role:approver", "group:board", "user:dan@example.com"],
                "quorum": 2,
                "answers": [
                    {"id": "now", "label": "Send now"},
                    {"id": "never", "counts_as": "reject", "needs_comment": True},
                ],
                "priority": "high",
                "remind_s": 3600,
                "escalate_s": 7200,
                "escalate_to": ["role:admin", "${steps.research.output}"],
                "revise": "research",
                "form": {
                    "type": "object",
                    "properties": {"why": {"type": "string", "default": "${steps.research.output.mood}"}},
                },
            },
        },
        {
            "id": "ask",
            "type": "input",
            "config": {
                "title": "Tell us",
                "form": {"type": "object", "properties": {"note": {"type": "string"}}},
            },
        },
        {"id": "both", "type": "parallel", "config": {"wait_for": {"first": 1}, "concurrency": 2}},
        {"id": "one", "type": "sequential", "parent": "both"},
        {"id": "each", "type": "loop", "config": {"items": [1, 2, 3], "result": "${item}"}},
        {
            "id": "until",
            "type": "loop",
            "config": {"mode": "until", "condition": {"path": "$.loop.number", "op": "gt", "value": 2}},
        },
        {
            "id": "shape",
            "type": "transform",
            "config": {
                "value": "${item}",
                "source": "${inputs.question}",
                "filter": {"path": "$.item", "op": "exists"},
            },
        },
        {"id": "pause", "type": "wait", "config": {"event": "order.paid", "expires_s": 3600}},
        {
            "id": "child",
            "type": "workflow",
            "config": {"workflow": "helper", "inputs": {"city": "Rome", "odd": 5}},
        },
    ],
    "edges": [
        {"source": "research", "target": "talk"},
        {"source": "talk", "target": "gate"},
        {"source": "gate", "port": "good", "target": "approve"},
        {"source": "research", "target": "approve"},
    ],
    "outputs": {"answer": "${steps.research.output}", "n": 5},
    "guardrails": {"max_cost": 2},
}
STEPS = [step["id"] for step in EVERY_TYPE["steps"]]


class Controls(HTMLParser):
    """The controls of the form in a page, as a browser would send them, and what is wrong with them."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: dict[str, str] = {}
        self.ids: list[str] = []
        self.described: list[str] = []
        self._area, self._select = "", ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        facts = {key: value or "" for key, value in attrs}
        self.ids += [facts["id"]] if "id" in facts else []
        self.described += facts.get("aria-describedby", "").split()
        name = facts.get("name", "")
        if tag == "input" and name and (facts.get("type") != "checkbox" or "checked" in facts):
            self.sent[name] = facts.get("value", "on")
        elif tag == "textarea":
            self._area = name
            self.sent[name] = ""
        elif tag == "select":
            self._select = name
            self.sent[name] = ""
        elif tag == "option" and "selected" in facts:
            self.sent[self._select] = facts["value"]

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self.sent[self._area] = self.sent[self._area].removeprefix("\n").replace("\n", "\r\n")
            self._area = ""

    def handle_data(self, data: str) -> None:
        if self._area:
            self.sent[self._area] += data


def controls(answer: Any) -> Controls:
    found = Controls()
    found.feed(answer.content.decode())
    return found


def form_of(answer: Any) -> dict[str, str]:
    """What a browser would post of the panel in an answer."""
    return controls(answer).sent


def address(step: str, slug: str = "every") -> str:
    return f"/workflows/{slug}/steps/{step}/panel/" if step else f"/workflows/{slug}/panel/"


def make_every(cast: Cast) -> Workflow:
    """Save the workflow, and a helper that it calls."""
    seed_agents(cast.workspace)
    helper = operations.create(name="Helper", slug="helper", by=cast.cleo.actor, definition=SMALL)
    operations.publish(helper, by=cast.cleo.actor)
    return operations.create(name="Every", slug="every", by=cast.cleo.actor, definition=EVERY_TYPE)


def opened(client: Client, step: str) -> Any:
    answer = client.get(address(step), headers=HTMX)
    assert answer.status_code == 200
    return answer


def send(client: Client, step: str, **changes: str) -> Any:
    """Open a panel, change some of its controls and send it."""
    form = form_of(opened(client, step)) | {name.replace("__", "."): text for name, text in changes.items()}
    return client.post(address(step), form, headers=HTMX)


def step_of(workflow: Workflow, step: str) -> dict[str, Any]:
    workflow.refresh_from_db()
    return next(one for one in workflow.draft["steps"] if one["id"] == step)
