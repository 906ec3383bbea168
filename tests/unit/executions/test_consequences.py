"""What each answer to a request leads to, read off definitions: branches, joins, containers, own answers, failures."""

from types import SimpleNamespace
from typing import Any

import pytest

from agents.tools.catalogue import catalogue
from approvals.queries import AnswerOption
from executions.engine import compile_plan
from executions.packets.answers import Situation, consequences, is_final
from tests.unit.engine.build import agent, approval, condition, edges, step
from workflows.expressions import Scope
from workflows.schema import Definition

BUTTONS = {
    "approve": AnswerOption("approve", "Approve", "approve", "good"),
    "reject": AnswerOption("reject", "Reject", "reject", "bad"),
    "request_changes": AnswerOption("request_changes", "Request changes", "request_changes"),
    "submit": AnswerOption("submit", "Submit", "submit", "good"),
    "go": AnswerOption("go", "Go", "approve"),
    "later": AnswerOption("later", "Later", "approve"),
    "never": AnswerOption("never", "Never", "reject"),
}
CASUAL = {"writer": SimpleNamespace(name="Writer", tools=["calculator"])}


def post(id: str = "post", to: str = "https://example.com/hook", **more: Any) -> dict[str, Any]:
    arguments = {"method": "POST", "url": to} | more
    return step("tool", id, tool="http_request", arguments=arguments)


def inside(parent: str, made: dict[str, Any]) -> dict[str, Any]:
    return made | {"parent": parent}


def situation(*steps: dict[str, Any], flow: str, **more: Any) -> Situation:
    definition = Definition.model_validate({"steps": list(steps), "edges": edges(flow)})
    known: dict[str, Any] = {
        "step_id": "gate",
        "kind": "approval",
        "ended": frozenset(),
        "busy": 0,
        "revisions": 0,
        "agents": CASUAL,
        "tools": catalogue(),
        "scope": Scope(inputs={"boss": "ada@example.com"}),
    }
    return Situation(plan=compile_plan(definition), **known | more)


def told(of: Situation, answer: str) -> dict[str, Any]:
    return consequences(of, [BUTTONS[answer]])[0]


def shortly(entry: dict[str, Any]) -> tuple[str, str, list[str], list[str]]:
    return (
        entry["result"],
        entry["sentence"],
        [one["step"] for one in entry["asks"]],
        [one["step"] for one in entry["cannot_undo"]],
    )


STRAIGHT = situation(
    agent(),
    approval(revise="draft"),
    agent("polish"),
    post(),
    approval("board"),
    post("late"),
    step("tool", "sorry", tool="notify", arguments={"title": "No", "to": "${inputs.boss}"}),
    flow="draft > gate, gate.approved > polish, polish > post, post > board, "
    "board.approved > late, gate.rejected > sorry",
)
BARE = situation(agent(), approval(), flow="draft > gate")
JOINED = situation(
    agent(),
    agent("audit"),
    approval(),
    agent("publish"),
    flow="draft > gate, gate.approved > publish, audit > publish",
)
CHOICE = situation(
    approval(),
    condition("check", good=("$.gate.form.n", "gte", 1)),
    agent("happy"),
    post(),
    approval("second"),
    flow="gate.approved > check, check.good > happy, check.else > second, second.approved > post",
)
LOOPED = situation(
    step("loop", "each", items=[1, 2]),
    inside("each", agent()),
    inside("each", approval()),
    agent("after"),
    flow="draft > gate, each > after",
)
SKIPPING = situation(
    step("loop", "each", items=[1, 2], on_item_error="skip"),
    inside("each", approval()),
    agent("after"),
    flow="each > after",
)
FENCED = situation(
    step("sequential", "box") | {"on_error": {"action": "port"}},
    inside("box", approval()),
    agent("well"),
    agent("badly"),
    flow="box > well, box.error > badly",
)
WALLED = situation(
    approval(),
    step("sequential", "box"),
    inside("box", agent("one")),
    inside("box", approval("inner")),
    post(),
    flow="gate.approved > box, one > inner, box > post",
)
OWN = situation(
    approval(answers=[{"id": "go"}, {"id": "later"}, {"id": "never", "counts_as": "reject"}]),
    agent("now"),
    agent("wait"),
    flow="gate.go > now, gate.later > wait",
)
REPAIRED = situation(approval() | {"on_error": {"action": "ask"}}, flow="")


@pytest.mark.parametrize(
    ("of", "answer", "wanted"),
    [
        (STRAIGHT, "approve", ("on", "Polish begins.", ["board"], ["post"])),
        (
            STRAIGHT,
            "reject",
            ("on", "Sorry begins. Then the run ends, nobody is asked again.", [], ["sorry"]),
        ),
        (
            STRAIGHT,
            "request_changes",
            (
                "again",
                "Draft is done again with your comment and its earlier work. "
                "You are asked again: round 2 of at most 6.",
                [],
                [],
            ),
        ),
        (BARE, "approve", ("ends", "The run ends well.", [], [])),
        (BARE, "reject", ("fails", "The run fails.", [], [])),
        (
            JOINED,
            "approve",
            (
                "on",
                "Publish begins once Audit is done as well. Then the run ends, nobody is asked again.",
                [],
                [],
            ),
        ),
        (CHOICE, "approve", ("on", "Check begins.", ["second"], [])),
        (
            LOOPED,
            "approve",
            (
                "on",
                "Draft begins for the next pass of Each, if there is one. When Each is done: After begins.",
                ["gate"],
                [],
            ),
        ),
        (LOOPED, "reject", ("fails", "The run fails.", [], [])),
        (
            SKIPPING,
            "reject",
            (
                "on",
                "Gate begins for the next pass of Each, if there is one. When Each is done: After begins.",
                ["gate"],
                [],
            ),
        ),
        (
            FENCED,
            "approve",
            ("on", "When Box is done: Well begins. Then the run ends, nobody is asked again.", [], []),
        ),
        (FENCED, "reject", ("on", "Badly begins. Then the run ends, nobody is asked again.", [], [])),
        (WALLED, "approve", ("on", "Box begins.", ["inner"], [])),
        (OWN, "later", ("on", "Wait begins. Then the run ends, nobody is asked again.", [], [])),
        (OWN, "go", ("on", "Now begins. Then the run ends, nobody is asked again.", [], [])),
        (OWN, "never", ("fails", "The run fails.", [], [])),
        (OWN, "request_changes", ("fails", "The run fails.", [], [])),
        (REPAIRED, "reject", ("repair", "Gate fails, and the role builder is asked to repair it.", [], [])),
    ],
)
def test_each_answer_says_what_it_leads_to(of: Situation, answer: str, wanted: Any) -> None:
    assert shortly(told(of, answer)) == wanted


def test_further_rounds_are_counted_and_the_last_one_counts_as_a_rejection() -> None:
    steps = [agent(), agent("check"), approval(revise="draft", max_revisions=2)]
    flow = "draft > check, check > gate"
    second = told(situation(*steps, flow=flow, revisions=1), "request_changes")
    assert "then Check. You are asked again: round 3 of at most 3." in second["sentence"]
    last = told(situation(*steps, flow=flow, revisions=2), "request_changes")
    assert (last["result"], last["note"]) == (
        "fails",
        "No further round is left: this counts as a rejection.",
    )


def test_what_still_works_beside_is_named() -> None:
    beside = situation(agent(), approval(), flow="draft > gate", busy=2)
    assert told(beside, "approve")["result"] == "on"
    assert (
        told(beside, "approve")["sentence"]
        == "This branch ends well; 2 other steps that work are not touched."
    )
    assert told(beside, "reject")["sentence"] == "The run fails; 2 other steps that work are stopped."


def test_a_source_that_has_ended_is_not_waited_for() -> None:
    steps = [agent(), agent("audit"), approval(), agent("publish")]
    flow = "draft > gate, gate.approved > publish, audit > publish"
    assert told(situation(*steps, flow=flow, ended=frozenset({"audit"})), "approve")["sentence"].startswith(
        "Publish begins."
    )


def test_who_does_it_and_whom_it_reaches_is_said() -> None:
    approve, reject = (told(STRAIGHT, answer) for answer in ("approve", "reject"))
    assert [(one["title"], one["who"]) for one in approve["next"]] == [
        ("Polish", "Writer"),
        ("Post", "HTTP request"),
    ]
    assert [one["who"] for one in approve["asks"]] == ["the role approver"]
    assert [(one["tool"], one["to"], one["may"]) for one in approve["cannot_undo"]] == [
        ("HTTP request", "example.com", False)
    ]
    assert [one["to"] for one in reject["cannot_undo"]] == ["ada@example.com"]


def test_a_tool_that_an_agent_may_use_is_named_as_possible() -> None:
    bold = {"writer": SimpleNamespace(name="Writer", tools=["calculator", "http_request"])}
    of = situation(approval(), agent("tell"), flow="gate.approved > tell", agents=bold)
    assert [(one["tool"], one["may"]) for one in told(of, "approve")["cannot_undo"]] == [
        ("HTTP request", True)
    ]


@pytest.mark.parametrize(
    ("slug", "arguments", "final"),
    [
        ("calculator", {}, False),
        ("web_fetch", {"url": "https://example.com"}, False),
        ("http_request", {"method": "GET"}, False),
        ("http_request", {"method": "${inputs.verb}"}, True),
        ("http_request", {}, True),
        ("notify", {}, True),
        ("start_workflow", {}, True),
        ("not_known_here", {}, True),
    ],
)
def test_what_cannot_be_undone(slug: str, arguments: dict[str, str], final: bool) -> None:
    assert is_final(catalogue().get(slug), arguments) is final


def test_nobody_answering_is_an_answer_too() -> None:
    last = consequences(BARE, list(BUTTONS.values())[:1], lapses="timed_out")[-1]
    assert (last["id"], last["result"]) == ("timeout", "fails")
    last = consequences(BARE, list(BUTTONS.values())[:1], lapses="approved")[-1]
    assert (last["id"], last["label"], last["result"]) == ("timeout", "Nobody answers", "ends")


@pytest.mark.parametrize(
    ("kind", "answer", "result", "words"),
    [
        ("tool", BUTTONS["approve"], "on", "exactly these arguments"),
        ("tool", BUTTONS["reject"], "on", "not made"),
        ("question", BUTTONS["submit"], "on", "with your answer"),
        ("limit", AnswerOption("top_up", "Allow more", "approve"), "on", "The limit grows"),
        ("limit", AnswerOption("stop", "Stop", "reject"), "fails", "The run fails"),
        ("repair", AnswerOption("retry_edited", "Retry", "approve"), "on", "as you changed it"),
        ("repair", AnswerOption("skip", "Skip", "approve"), "on", "Publish begins"),
        ("repair", AnswerOption("give_up", "Give up", "reject"), "fails", "The run fails"),
    ],
)
def test_what_comes_up_in_the_middle_of_a_step_has_consequences_of_its_own(
    kind: str, answer: AnswerOption, result: str, words: str
) -> None:
    of = situation(agent(), agent("publish"), flow="draft > publish", step_id="draft", kind=kind)
    entry = consequences(of, [answer])[0]
    assert entry["result"] == result
    assert words in entry["sentence"]


def test_a_call_that_waits_says_whom_it_reaches_and_what_its_refusal_means() -> None:
    call = {"tool": "http_request", "arguments": {"method": "POST", "url": "https://cms.example/x"}}
    by_agent = situation(agent(), flow="", step_id="draft", kind="tool", facts=call)
    assert [one["to"] for one in told(by_agent, "approve")["cannot_undo"]] == ["cms.example"]
    assert told(by_agent, "reject")["result"] == "on"
    alone = situation(post(), flow="", step_id="post", kind="tool", facts=call)
    assert told(alone, "reject")["sentence"] == "The call is not made and Post fails. The run fails."


def test_giving_up_is_not_asked_about_again_and_a_limit_of_the_run_ends_it() -> None:
    saved = agent() | {"on_error": {"action": "ask"}, "parent": "each"}
    steps = [step("loop", "each", items=[1], on_item_error="skip"), saved]
    of = situation(*steps, flow="", step_id="draft", kind="repair")
    assert told(of, "reject")["sentence"].startswith("Draft begins for the next pass of Each")
    forgiving = agent() | {"on_error": {"action": "port"}}
    limited = situation(forgiving, flow="", step_id="draft", kind="limit", facts={"of": "run"})
    assert told(limited, "reject")["result"] == "fails"


def test_what_a_choice_may_leave_out_is_told_from_what_comes_for_sure() -> None:
    of = situation(
        approval(),
        condition("check", good=("$.gate.form.n", "gte", 1)),
        agent("happy"),
        post(),
        agent("last"),
        flow="gate.approved > check, check.good > happy, check.else > post, happy > last, post > last",
    )
    entry = told(of, "approve")
    assert [(one["step"], one["perhaps"]) for one in entry["next"]] == [
        ("check", False),
        ("happy", True),
        ("post", True),
        ("last", False),
    ]
    assert entry["cannot_undo"][0]["may"]


def test_a_quorum_is_said() -> None:
    steps = [approval(), agent("publish")]
    of = situation(*steps, flow="gate.approved > publish", quorum="2")
    assert told(of, "approve")["note"] == "As soon as 2 people have approved."
