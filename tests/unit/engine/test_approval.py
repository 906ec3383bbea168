"""Approval steps: what people are shown, and where each decision leads."""

from typing import Any

import pytest

from executions.engine import Rejection
from executions.engine.commands import Decided
from executions.engine.effects import OpenRequest, TellParent, WithdrawRequest
from tests.unit.engine.build import agent, approval, started, step
from tests.unit.engine.world import World

FLOW = "draft > gate, gate.approved > publish, gate.rejected > apologise, gate.timeout > remind"


def gated(flow: str = FLOW, **config: object) -> World:
    world = started(
        agent("draft"),
        approval("gate", data={"text": "${steps.draft.output}"}, description="By ${inputs.who}", **config),
        agent("publish"),
        agent("apologise"),
        agent("remind"),
        flow=flow,
        inputs={"who": "Cleo"},
    )
    world.succeed("draft", "Hello")
    return world


def test_the_request_shows_the_data_as_it_is_now() -> None:
    world = gated(approvers=["group:board"], quorum=2, due_s=60)
    [request] = world.requests.values()
    assert (request.path, request.round, request.step_id, request.kind) == ("gate", 0, "gate", "approval")
    expected = {
        "title": "Publish?",
        "description": "By Cleo",
        "data": {"text": "Hello"},
        "approvers": ["group:board"],
        "quorum": 2,
        "due_s": 60.0,
        "round": 0,
        "feedback": None,
    }
    assert {key: request.input[key] for key in expected} == expected


def test_a_run_that_only_waits_for_people_is_waiting() -> None:
    world = gated()
    assert world.status == "waiting"
    assert world.phase("gate") == "waiting"


@pytest.mark.parametrize(
    ("status", "next_step"), [("approved", "publish"), ("rejected", "apologise"), ("timed_out", "remind")]
)
def test_each_decision_takes_its_port(status: str, next_step: str) -> None:
    world = gated()
    world.decide("gate", status, "because", form={"n": 1})
    assert world.running == [next_step]
    assert world.step("gate").output == {
        "decision": status,
        "answer": "",
        "comment": "because",
        "form": {"n": 1},
        "data": {"text": "Hello"},
        "decided_by": ["Dan"],
    }


OWN = [
    {"id": "now", "label": "Publish now"},
    {"id": "later"},
    {"id": "drop", "counts_as": "reject"},
    {"id": "redo", "counts_as": "reject"},
]
BRANCHES = "draft > gate, gate.now > publish, gate.later > remind, gate.drop > apologise"


@pytest.mark.parametrize(
    ("status", "answer", "next_step"),
    [
        ("approved", "now", "publish"),
        ("approved", "later", "remind"),
        ("approved", "", "publish"),
        ("rejected", "drop", "apologise"),
        ("changes_requested", "request_changes", "apologise"),
    ],
)
def test_each_answer_of_a_steps_own_is_a_branch(status: str, answer: str, next_step: str) -> None:
    world = gated(answers=OWN, flow=BRANCHES)
    world.decide("gate", status, "because", answer=answer)
    assert world.running == [next_step]
    assert world.step("gate").output["answer"] == answer


def test_an_answer_that_counts_as_rejection_and_leads_nowhere_fails() -> None:
    world = gated(answers=OWN, flow=BRANCHES)
    world.decide("gate", "rejected", "no", answer="redo")
    assert world.state.error == {
        "code": "rejected",
        "message": "“Publish?” was rejected by Dan: no",
        "step": "gate",
    }


def test_what_was_edited_and_approved_is_what_goes_on() -> None:
    world = started(
        approval("gate", data="Helo", can_edit=True),
        agent("publish", prompt="${steps.gate.output.data}"),
        flow="gate.approved > publish",
    )
    world.decide("gate", data="Hello")
    assert world.job("publish").input["prompt"] == "Hello"


@pytest.mark.parametrize(
    ("given", "tokens"),
    [
        ("dan@example.com", ["user:dan@example.com"]),
        (["group:board", "dan@example.com", "group:board"], ["group:board", "user:dan@example.com"]),
        ([{"email": "dan@example.com", "name": "Dan"}, "role:admin"], ["user:dan@example.com", "role:admin"]),
        ([], []),
        ("", []),
        (None, []),
    ],
)
def test_an_earlier_step_says_who_is_asked(given: Any, tokens: list[str]) -> None:
    [request] = computed(given).requests.values()
    assert request.input["approvers"] == ["group:board", *(one for one in tokens if one != "group:board")]


@pytest.mark.parametrize(
    "given", ["Dan", 3, {"name": "Dan"}, ["group:"], "dan@x.org, eve@x.org", [["user:"]]]
)
def test_who_is_asked_must_be_somebody(given: Any) -> None:
    world = computed(given)
    assert world.status == "failed"
    assert world.state.error is not None
    assert "${steps.who.output}" in world.state.error["message"]
    assert "names nobody" in world.state.error["message"]


def computed(given: Any) -> World:
    who = step("transform", "who", value=given)
    gate = approval("gate", approvers=["group:board", "${steps.who.output}"])
    return started(who, gate, flow="who > gate")


def test_a_forms_defaults_are_filled_in() -> None:
    field = {"type": "string", "default": "${steps.draft.output}"}
    world = gated(
        form={"properties": {"text": field, "default": {"type": "array", "items": field}}, "default": "$${x}"}
    )
    [request] = world.requests.values()
    filled = {"type": "string", "default": "Hello"}
    assert request.input["form"] == {
        "properties": {"text": filled, "default": {"type": "array", "items": filled}},
        "default": "${x}",
    }


def test_changes_requested_without_a_step_to_revise_counts_as_rejected() -> None:
    world = gated()
    world.decide("gate", "changes_requested", "shorter")
    assert world.running == ["apologise"]


@pytest.mark.parametrize(
    ("status", "code", "sentence"),
    [
        ("rejected", "rejected", "“Publish?” was rejected by Dan: too long"),
        ("changes_requested", "rejected", "“Publish?” was sent back by Dan: too long"),
        ("timed_out", "approval_expired", "Nobody decided “Publish?” in time."),
    ],
)
def test_a_refusal_that_leads_nowhere_fails_the_run_and_says_who_and_why(
    status: str, code: str, sentence: str
) -> None:
    world = started(approval("gate"), agent("publish"), agent("other"), flow="gate.approved > publish")
    world.decide("gate", status, "too long")
    assert world.status == "failed"
    assert world.state.error == {"code": code, "message": sentence, "step": "gate"}
    assert world.phase("other") == "cancelled"


def test_an_approval_with_nothing_after_it_ends_well() -> None:
    world = started(approval("gate"))
    world.decide("gate")
    assert world.status == "completed"


def test_no_policy_turns_a_refusal_into_a_success() -> None:
    world = started(
        approval("gate", on_error={"action": "continue"}), agent("publish"), flow="gate.approved > publish"
    )
    world.decide("gate", "rejected")
    assert world.status == "failed"
    assert world.phase("publish") == "absent"


def test_a_refusal_may_take_the_error_port() -> None:
    world = started(approval("gate", on_error={"action": "port"}), agent("mend"), flow="gate.error > mend")
    world.decide("gate", "rejected", "no")
    assert world.running == ["mend"]


@pytest.mark.parametrize(("path", "round"), [("gate", 1), ("nope", 0), ("draft", 0)])
def test_a_decision_for_what_does_not_wait_is_refused(path: str, round: int) -> None:
    world = gated()
    answer = world.offer(Decided(path, round, "approved"))
    assert isinstance(answer, Rejection) and answer.kind == "stale"


def test_the_second_of_two_decisions_is_refused() -> None:
    world = gated()
    world.decide("gate")
    answer = world.offer(Decided("gate", 0, "rejected"))
    assert isinstance(answer, Rejection) and answer.kind == "stale"
    assert world.running == ["publish"]


def test_a_decision_of_an_unknown_kind_is_refused() -> None:
    world = gated()
    answer = world.offer(Decided("gate", 0, "maybe"))
    assert isinstance(answer, Rejection) and answer.kind == "not_allowed"
    assert world.phase("gate") == "waiting"


def test_a_step_timeout_on_an_approval_withdraws_the_request() -> None:
    world = started(approval("gate", timeout_s=10))
    world.wait(10)
    assert world.effects[-2:] == [WithdrawRequest("gate", 0), TellParent()]
    assert world.state.error is not None and world.state.error["code"] == "timeout"


def test_an_approval_tried_again_after_its_timeout_asks_anew() -> None:
    world = started(approval("gate", timeout_s=10, retry={"attempts": 2, "backoff_s": 5}))
    world.wait(10)
    assert world.requests == {}
    assert world.phase("gate") == "retrying"
    world.wait(5)
    assert list(world.requests) == [("gate", 1)]
    assert isinstance(world.effects[-1], OpenRequest)
    assert world.rows["gate", 0]["phase"] == "failed"
    world.decide("gate")
    assert world.status == "completed"
