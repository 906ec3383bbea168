"""Changes requested: what is done again, what stays, and with what feedback."""

from executions.engine.events import EventType
from tests.unit.engine.build import agent, approval, condition, started, step
from tests.unit.engine.world import World


def chain(**config: object) -> World:
    """research > draft > gate, with audit beside draft."""
    world = started(
        agent("research"),
        agent("draft", prompt="From ${steps.research.output}"),
        agent("audit"),
        approval("gate", revise="research", data="${steps.draft.output}", **config),
        agent("publish"),
        flow="research > draft, draft > gate, research > audit, gate.approved > publish",
    )
    world.succeed("research", "facts")
    world.succeed("audit", "fine")
    world.succeed("draft", "text")
    return world


def test_everything_from_the_revised_step_up_to_the_gate_runs_a_new_round() -> None:
    world = chain()
    world.decide("gate", "changes_requested", "more facts", form={"n": 3})
    assert {path: world.step(path).round for path in ("research", "draft", "gate", "audit")} == {
        "research": 1,
        "draft": 1,
        "gate": 1,
        "audit": 0,
    }
    assert world.running == ["research"]
    world.succeed("research", "more facts")
    assert world.running == ["draft"]
    assert world.job("draft").input["prompt"] == "From more facts"
    world.succeed("draft", "better")
    assert world.requests["gate", 1].input["data"] == "better"
    world.decide("gate")
    assert world.running == ["publish"]


def test_the_revised_step_gets_the_feedback_with_what_it_had_made() -> None:
    world = chain()
    world.decide("gate", "changes_requested", "more facts", form={"n": 3})
    feedback = {"comment": "more facts", "form": {"n": 3}, "by": ["Dan"], "previous_output": "facts"}
    assert world.job("research").input["feedback"] == feedback
    assert world.step("research").feedback == feedback
    world.succeed("research")
    assert "feedback" not in world.job("draft").input


def test_the_next_request_tells_its_round_and_what_was_asked_for() -> None:
    world = chain()
    world.decide("gate", "changes_requested", "more facts")
    world.succeed("research")
    world.succeed("draft")
    asked = world.requests["gate", 1].input
    assert asked["round"] == 1
    assert asked["feedback"] == {"comment": "more facts", "form": None, "by": ["Dan"]}


def test_earlier_rounds_stay_in_the_history() -> None:
    world = chain()
    world.decide("gate", "changes_requested", "more")
    assert world.rows["research", 0]["output"] == "facts"
    assert world.rows["gate", 0]["output"]["decision"] == "changes_requested"
    assert world.rows["gate", 0]["port"] == "changes_requested"
    assert ("research", 0) not in world.open_rows
    assert ("audit", 0) in world.open_rows


def test_another_branch_reads_the_earlier_output_until_the_new_one_is_there() -> None:
    world = started(
        agent("research"), agent("slow"), agent("other", prompt="${steps.research.output}"),
        approval("gate", revise="research"),
        flow="research > gate, slow > other, research > other",
    )  # fmt: skip
    world.succeed("research", "old facts")
    world.succeed("slow")
    assert world.job("other").input["prompt"] == "old facts"
    world.decide("gate", "changes_requested")
    assert world.step("research").output == "old facts"
    assert world.running == ["other", "research"]


def test_a_pending_join_on_another_branch_waits_for_the_new_round() -> None:
    world = started(
        agent("research"), agent("slow"), agent("other", prompt="${steps.research.output}"),
        approval("gate", revise="research"),
        flow="research > gate, slow > other, research > other",
    )  # fmt: skip
    world.succeed("research", "old")
    world.decide("gate", "changes_requested")
    world.succeed("slow")
    assert world.running == ["research"]
    world.succeed("research", "new")
    assert world.job("other").input["prompt"] == "new"


def test_after_as_many_revisions_as_allowed_the_next_is_a_refusal() -> None:
    world = chain(max_revisions=2)
    for _ in range(2):
        world.decide("gate", "changes_requested")
        world.succeed("research")
        world.succeed("draft")
    world.decide("gate", "changes_requested", "again")
    assert world.status == "failed"
    assert world.state.error == {
        "code": "revision_limit",
        "message": "“Publish?” was sent back more than 2 times.",
        "step": "gate",
    }


def test_a_branch_not_taken_before_may_be_taken_in_the_new_round() -> None:
    world = started(
        agent("draft"), condition("check", good=("$.draft", "eq", "good")), agent("polish"),
        approval("gate", revise="draft"),
        flow="draft > check, check.else > polish, check.good > gate, polish > gate",
    )  # fmt: skip
    world.succeed("draft", "good")
    assert world.phase("polish") == "skipped"
    world.decide("gate", "changes_requested")
    world.succeed("draft", "bad")
    assert world.running == ["polish"]
    world.succeed("polish")
    world.decide("gate")
    assert world.status == "completed"


def test_a_step_that_still_runs_on_the_way_is_stopped_first() -> None:
    world = started(
        agent("draft"), agent("fast"), agent("slow"), approval("gate", revise="draft", join="any"),
        flow="draft > fast, draft > slow, fast > gate, slow > gate",
    )  # fmt: skip
    world.succeed("draft")
    world.succeed("fast")
    world.decide("gate", "changes_requested")
    assert world.running == ["draft"]
    assert world.rows["slow", 0]["phase"] == "cancelled"
    world.succeed("draft")
    assert world.running == ["fast", "slow"]


def test_a_container_on_the_way_is_done_again_whole() -> None:
    world = started(
        agent("draft"), step("parallel", "both"), agent("a", parent="both"), agent("b", parent="both"),
        approval("gate", revise="draft"), flow="draft > both, both > gate",
    )  # fmt: skip
    world.succeed("draft")
    world.succeed("both.a")
    world.succeed("both.b")
    world.decide("gate", "changes_requested")
    world.succeed("draft")
    assert world.running == ["both.a", "both.b"]
    assert world.step("both.a").round == 1
    world.succeed("both.a", "A2")
    world.succeed("both.b", "B2")
    assert world.step("both").output == {"a": "A2", "b": "B2"}


def test_of_the_container_around_the_revised_step_only_that_step_and_what_follows_is_done_again() -> None:
    world = started(
        step("parallel", "both"), agent("a", parent="both"), agent("a2", parent="both"), agent("b", parent="both"),
        approval("gate", revise="a"), flow="a > a2, both > gate",
    )  # fmt: skip
    for path in ("both.a", "both.b", "both.a2"):
        world.succeed(path, path)
    world.decide("gate", "changes_requested", "hm")
    assert world.running == ["both.a"]
    assert world.job("both.a").input["feedback"]["previous_output"] == "both.a"
    assert world.step("both.b").round == 0
    world.succeed("both.a")
    world.succeed("both.a2", "new")
    assert world.step("both").output == {"a2": "new", "b": "both.b"}
    assert world.phase("gate") == "waiting"


def test_a_revised_container_tells_its_first_steps() -> None:
    world = started(
        step("sequential", "work"), agent("one", parent="work"), agent("two", parent="work"),
        approval("gate", revise="work"), flow="work > gate",
    )  # fmt: skip
    world.succeed("work.one", "1")
    world.succeed("work.two", "2")
    world.decide("gate", "changes_requested", "hm")
    assert world.running == ["work.one"]
    assert world.job("work.one").input["feedback"]["previous_output"] == "1"
    world.succeed("work.one")
    assert "feedback" not in world.job("work.two").input


def test_a_gate_in_a_container_can_send_back_to_a_step_before_the_container() -> None:
    world = started(
        agent("draft"), step("parallel", "both"), approval("gate", parent="both", revise="draft"),
        agent("side", parent="both"), flow="draft > both",
    )  # fmt: skip
    world.succeed("draft")
    world.decide("both.gate", "changes_requested")
    assert world.running == ["draft"]
    assert world.rows["both.side", 0]["phase"] == "cancelled"
    world.succeed("draft")
    assert world.running == ["both.side"]
    assert list(world.requests) == [("both.gate", 1)]


def test_a_loop_on_the_way_begins_anew_and_no_row_of_the_first_time_is_touched() -> None:
    world = started(
        agent("draft"),
        step("loop", "each", items=[1, 2]),
        agent("work", parent="each"),
        approval("inner", parent="each", revise="work"),
        approval("gate", revise="draft"),
        flow="draft > each, work > inner, each > gate",
    )
    world.succeed("draft")
    world.succeed("each[0].work", "first")
    world.decide("each[0].inner", "changes_requested")
    world.succeed("each[0].work", "second")
    world.decide("each[0].inner")
    world.succeed("each[1].work")
    world.decide("each[1].inner")
    world.decide("gate", "changes_requested")
    before = dict(world.rows)
    world.succeed("draft")
    assert world.step("each[0].work").round == 2
    world.succeed("each[0].work")
    world.decide("each[0].inner")
    assert all(world.rows[key] == before[key] for key in before if key[0].startswith("each["))
    world.succeed("each[1].work")
    world.decide("each[1].inner")
    world.decide("gate")
    assert world.status == "completed"


def test_a_request_for_changes_while_paused_waits_for_the_resume() -> None:
    from executions.engine.commands import Pause, Resume

    world = chain()
    world.send(Pause())
    world.decide("gate", "changes_requested")
    assert world.running == []
    assert world.phase("research") == "pending"
    world.send(Resume())
    assert world.running == ["research"]


def test_a_new_round_is_a_fact_of_its_own() -> None:
    world = chain()
    world.decide("gate", "changes_requested")
    assert [event.path for event in world.events(EventType.STEP_REOPENED)] == ["research", "draft", "gate"]
