"""What happens when a step fails: retries, and each on_error policy."""

from hypothesis import given
from hypothesis import strategies as st

from executions.engine import Rejection, Usage, next_due
from executions.engine.commands import Succeeded
from executions.engine.events import EventType
from executions.engine.retry import delay
from tests.unit.engine.build import agent, condition, started, step
from workflows.schema import Retry


def test_a_failure_that_nobody_catches_fails_the_run_and_stops_what_still_runs() -> None:
    world = started(agent("a"), agent("b"), agent("c"), flow="a > c")
    world.fail("a", "broken")
    assert world.status == "failed"
    assert world.state.error == {"code": "broken", "message": "a broke.", "step": "a"}
    assert world.phases() == {"a": "failed", "b": "cancelled"}
    assert world.told_parent == 1


def test_a_step_is_tried_again_after_its_backoff_with_the_same_input() -> None:
    world = started(agent("a", retry={"attempts": 3, "backoff_s": 10, "factor": 2, "jitter": 0}))
    world.fail("a")
    assert (world.status, world.phase("a")) == ("waiting", "retrying")
    assert world.step("a").error is not None
    world.wait(9.9)
    assert world.running == []
    world.wait(0.1)
    job = world.job("a")
    assert (job.attempt, job.input["prompt"]) == (2, "Write.")
    world.fail("a")
    world.wait(19)
    assert world.running == []
    world.wait(1)
    assert world.job("a").attempt == 3
    world.fail("a")
    assert world.status == "failed"


def test_a_late_result_of_an_earlier_attempt_is_refused() -> None:
    world = started(agent("a", retry={"attempts": 2, "backoff_s": 0}))
    world.fail("a")
    world.settle()
    answer = world.offer(Succeeded("a", 0, 1, "late"))
    assert isinstance(answer, Rejection) and answer.kind == "stale"
    world.succeed("a", "good")
    assert world.state.outputs == {"a": "good"}


def test_what_cannot_pass_is_not_tried_again() -> None:
    world = started(agent("a", retry={"attempts": 3}))
    world.fail("a", retryable=False)
    assert world.status == "failed"


def test_usage_of_failed_attempts_counts() -> None:
    world = started(agent("a", retry={"attempts": 2, "backoff_s": 0}))
    world.fail("a", usage=Usage(1, 10, 0, 0, 0.1))
    world.settle()
    world.succeed("a", usage=Usage(1, 10, 5, 0, 0.2))
    assert world.step("a").usage == Usage(2, 20, 5, 0, 0.1 + 0.2)
    assert world.state.usage.requests == 2


@given(
    policy=st.builds(
        Retry, attempts=st.integers(1, 20), backoff_s=st.floats(0, 3600), factor=st.floats(1, 10),
        max_s=st.floats(0.1, 86400), jitter=st.floats(0, 1),
    ),
    tries=st.integers(1, 20),
    random=st.floats(0, 1, exclude_max=True),
)  # fmt: skip
def test_a_delay_lies_within_its_jitter_of_the_plain_backoff(
    policy: Retry, tries: int, random: float
) -> None:
    plain = min(policy.backoff_s * policy.factor ** (tries - 1), policy.max_s)
    assert 0 <= delay(policy, tries, random) <= plain * (1 + policy.jitter) + 1e-9
    assert delay(policy, tries, random) >= plain * (1 - policy.jitter) - 1e-9


def test_continue_goes_on_with_the_default_and_keeps_the_error() -> None:
    default = {"action": "continue", "default": {"text": "none"}}
    world = started(agent("a", on_error=default), agent("b", prompt="${steps.a.output.text}"), flow="a > b")
    world.fail("a")
    assert world.phase("a") == "succeeded"
    assert world.step("a").error == {"code": "broken", "message": "a broke.", "step": "a"}
    assert world.job("b").input["prompt"] == "none"


def test_the_error_port_takes_the_error_along() -> None:
    world = started(
        agent("a", on_error={"action": "port"}),
        agent("good"),
        agent("mend", prompt="${steps.a.output.error.message}"),
        flow="a > good, a.error > mend",
    )
    world.fail("a")
    assert world.job("mend").input["prompt"] == "a broke."
    assert world.phases() == {"a": "failed", "good": "skipped", "mend": "running"}
    world.succeed("mend")
    assert world.status == "completed"


def test_a_condition_that_fails_may_go_on_along_its_default() -> None:
    check = condition("check", same=("$.inputs.n", "eq", "${inputs.nope}"))
    world = started(
        check | {"on_error": {"action": "continue"}}, agent("b"), flow="check.else > b", inputs={"n": 1}
    )
    assert world.running == ["b"]


def test_another_agent_does_the_work_when_the_first_has_failed_for_good() -> None:
    world = started(
        agent("a", retry={"attempts": 2, "backoff_s": 0}, on_error={"action": "fallback", "agent": "helper"})
    )
    world.fail("a")
    world.settle()
    assert world.job("a").input["agent"] == "writer"
    world.fail("a")
    world.settle()
    job = world.job("a")
    assert (job.attempt, job.input["agent"], job.input["capability"]) == (3, "helper", None)
    assert world.step("a").input["agent"] == "helper"
    world.succeed("a")
    assert world.status == "completed"


def test_when_the_other_agent_fails_too_the_run_fails() -> None:
    world = started(agent("a", retry={"attempts": 3}, on_error={"action": "fallback", "agent": "helper"}))
    world.fail("a", retryable=False)
    world.settle()
    world.fail("a")
    assert world.status == "failed"


def test_nobody_else_is_asked_when_the_prompt_cannot_be_resolved() -> None:
    world = started(agent("a", prompt="${inputs.x}", on_error={"action": "fallback", "agent": "helper"}))
    assert world.status == "failed"


def test_a_failure_climbs_until_somebody_catches_it() -> None:
    world = started(
        step("loop", "each", items=[1, 2], on_item_error="skip"),
        step("parallel", "fan", "each"),
        step("sequential", "seq", "fan"),
        agent("work", parent="seq"),
    )
    world.fail("each[0].fan.seq.work")
    assert world.running == ["each[1].fan.seq.work"]
    failed = [event.path for event in world.events(EventType.STEP_FAILED)]
    assert failed == ["each[0].fan.seq.work", "each[0].fan.seq", "each[0].fan"]
    world.succeed("each[1].fan.seq.work", "W")
    assert world.state.outputs == {"each": [None, {"seq": "W"}]}


def test_a_retry_while_others_work_leaves_the_run_running() -> None:
    world = started(agent("a", retry={"attempts": 2, "backoff_s": 5}), agent("b"))
    world.fail("a")
    assert world.status == "running"
    assert next_due(world.state) is not None
