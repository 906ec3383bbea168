"""The shapes that runs have: each a definition and what happens in it, told in a sentence.

Add a scene for a new kind of step, command or event, and for every way to run that an older engine may leave behind.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from executions.engine import Usage
from executions.engine.commands import Cancel, Fork, Pause, Received, Resume, RetryFailed, Used
from tests.histories.book import Recorded
from tests.unit.engine.build import agent, approval, condition, edges, step

PAID = Usage(1, 120, 40, 0, 0.0021)

type Scene = tuple[str, dict[str, Any], Callable[[Recorded], None]]
SCENES: dict[str, Scene] = {}


def scene(
    *steps: dict[str, Any], flow: str = "", **more: Any
) -> Callable[[Callable[[Recorded], None]], None]:
    """Name a scene after its function, whose docstring tells what it is about."""
    definition = {"format": 1, "steps": list(steps), "edges": edges(flow)} | more

    def keep(play: Callable[[Recorded], None]) -> None:
        SCENES[play.__name__] = ((play.__doc__ or "").strip(), definition, play)

    return keep


def done(world: Recorded, *paths: str) -> None:
    """Steps succeed, one after the other, and time passes."""
    for path in paths:
        world.now += timedelta(seconds=0.2)
        world.succeed(path, {"text": f"{path} is done"}, PAID)


@scene(
    agent("research", prompt="About ${inputs.topic}", set_context={"found": "${steps.research.output.text}"}),
    agent(
        "draft", prompt="From ${context.found}", config={"handoff": {"keys": ["found"], "reason": "facts"}}
    ),
    {
        "id": "send",
        "type": "tool",
        "config": {"tool": "notify", "arguments": {"text": "${steps.draft.output.text}"}},
    },
    flow="research > draft, draft > send",
    inputs=[{"name": "topic", "required": True}],
    outputs={"text": "${steps.draft.output.text}"},
)
def chain(world: Recorded) -> None:
    """Three steps in a row that hand on what they found."""
    world.start({"topic": "trains"}, language="en")
    done(world, "research", "draft", "send")


@scene(
    agent("plan"), *(agent(f"part{n}") for n in range(5)), agent("last", join="any"), agent("all"),
    flow=", ".join(f"plan > part{n}, part{n} > last, part{n} > all" for n in range(5)),
)  # fmt: skip
def fan_out_and_join(world: Recorded) -> None:
    """Five at once; one step waits for the first of them, another for all."""
    world.start()
    done(world, "plan", "part3", "last", "part0", "part1", "part2", "part4", "all")


@scene(
    condition("check", much=("${inputs.amount}", "gt", 100)), agent("look"), agent("pay"), agent("file"),
    flow="check.much > look, check.else > pay, look > file, pay > file",
    inputs=[{"name": "amount", "type": "integer"}],
)  # fmt: skip
def untaken_branch(world: Recorded) -> None:
    """A condition takes one way; the other is skipped and the join goes on."""
    world.start({"amount": 7})
    done(world, "pay", "file")


@scene(
    step("loop", "each", items="${inputs.names}", concurrency=2, on_item_error="skip", result="${steps.write.output}"),
    agent("read", parent="each", prompt="${item}"), agent("write", parent="each"),
    flow="read > write", inputs=[{"name": "names", "type": "list"}], outputs={"all": "${steps.each.output}"},
)  # fmt: skip
def loop(world: Recorded) -> None:
    """Two passes at a time through a list; one of them fails and is left out."""
    world.start({"names": ["a", "b", "c", "d"]})
    done(world, "each[0].read", "each[1].read", "each[1].write", "each[2].read")
    world.fail("each[0].write", retryable=False, usage=PAID)
    done(world, "each[3].read", "each[2].write", "each[3].write")


@scene(
    step(
        "loop", "again", mode="while", max_iterations=5, condition={"path": "$.loop.index", "op": "lt", "value": 2}
    ),
    agent("try", parent="again"), agent("after"), flow="again > after",
)  # fmt: skip
def while_loop(world: Recorded) -> None:
    """Passes for as long as a condition holds."""
    world.start()
    done(world, "again[0].try", "again[1].try", "after")


@scene(
    step("parallel", "both", wait_for={"first": 2}), agent("x", parent="both"), agent("y", parent="both"),
    agent("z", parent="both"), step("sequential", "row"), agent("one", parent="row"), agent("two", parent="row"),
    flow="both > row",
)  # fmt: skip
def parallel(world: Recorded) -> None:
    """The first two of three are enough, and the third is stopped; then a row of two. What it had paid comes late."""
    world.start()
    done(world, "both.y", "both.x")
    world.send(Used("both.z", 0, PAID))
    done(world, "row.one", "row.two")


@scene(
    agent("research"), agent("draft"), agent("audit"),
    approval("gate", revise="draft", data="${steps.draft.output.text}", quorum="all"), agent("publish"),
    flow="research > draft, draft > gate, research > audit, gate.approved > publish",
)  # fmt: skip
def approval_with_revision(world: Recorded) -> None:
    """A draft is sent back once and then approved."""
    world.start()
    done(world, "research", "draft", "audit")
    world.wait(3600)
    world.decide("gate", "changes_requested", "shorter", form={"words": 200})
    done(world, "draft")
    world.decide("gate")
    done(world, "publish")


@scene(
    step("input", "tell", title="Tell us", form={"type": "object", "properties": {"note": {"type": "string"}}}),
    agent("use", prompt="${steps.tell.output.note}"), flow="tell.submitted > use",
)  # fmt: skip
def form(world: Recorded) -> None:
    """Somebody fills a form."""
    world.start()
    world.wait(60)
    world.submit("tell", note="by noon")
    done(world, "use")


@scene(
    step("wait", "paid", event="order.paid", expires_s=86_400), step("wait", "rest", seconds=30), agent("ship"),
    flow="paid > rest, rest > ship",
)  # fmt: skip
def wait_for_event(world: Recorded) -> None:
    """An event from outside, then a pause."""
    world.start()
    world.wait(5)
    world.send(Received("order.paid", {"order": 17}))
    world.wait(30)
    done(world, "ship")


@scene(
    step("workflow", "call", workflow="child", inputs={"topic": "trains"}), agent("after"), flow="call > after",
    outputs={"answer": "${steps.call.output.answer}"},
)  # fmt: skip
def sub_workflow(world: Recorded) -> None:
    """Another workflow's run ends, and its cost is counted here."""
    world.start()
    world.end_child("call", outputs={"answer": 42}, usage=PAID)
    done(world, "after")


@scene(
    agent("shaky", retry={"attempts": 3, "backoff_s": 2}, sla={"target_s": 1}),
    agent("after"),
    flow="shaky > after",
)
def retry(world: Recorded) -> None:
    """A step fails twice, later than it should, and is tried again."""
    world.start()
    world.wait(1.5)
    world.fail("shaky", usage=PAID)
    world.wait(5)
    world.fail("shaky")
    world.wait(10)
    done(world, "shaky", "after")


@scene(
    agent("risky", on_error={"action": "port"}), agent("rescue", prompt="${steps.risky.output}"),
    agent("spare", on_error={"action": "fallback", "agent": "other"}),
    agent("weak", on_error={"action": "continue", "default": "nothing"}),
    flow="risky.error > rescue, rescue > spare, spare > weak",
)  # fmt: skip
def caught_failures(world: Recorded) -> None:
    """An error port, another agent, and going on with a default."""
    world.start()
    world.fail("risky", retryable=False, usage=PAID)
    done(world, "rescue")
    world.fail("spare", retryable=False)
    world.wait(0)
    done(world, "spare")
    world.fail("weak", retryable=False)


@scene(agent("one"), approval("gate"), agent("two"), flow="one > two")
def cancel(world: Recorded) -> None:
    """A run is stopped while a step works and a person is asked."""
    world.start()
    world.wait(1)
    world.send(Cancel("not needed"))
    world.send(Used("one", 0, PAID))


@scene(agent("one"), agent("two"), agent("three"), flow="one > two, two > three")
def pause_and_resume(world: Recorded) -> None:
    """Paused while a step works: it may end, the next begins after the pause."""
    world.start()
    world.send(Pause())
    world.succeed("one", "done", PAID)
    world.now += timedelta(hours=2)
    world.send(Resume())
    done(world, "two", "three")


@scene(
    step("parallel", "both"), agent("good", parent="both"), agent("bad", parent="both"), agent("after"),
    flow="both > after",
)  # fmt: skip
def retry_failed(world: Recorded) -> None:
    """A run fails and is revived: what had succeeded stays."""
    world.start()
    done(world, "both.good")
    world.fail("both.bad", retryable=False, usage=PAID)
    world.send(RetryFailed())
    done(world, "both.bad", "after")


@scene(
    agent("research"), agent("draft", prompt="From ${steps.research.output}"), agent("publish"),
    flow="research > draft, draft > publish",
)  # fmt: skip
def fork(world: Recorded) -> None:
    """A copy of another run up to a step, whose input was edited."""
    earlier = Recorded(world.plan)
    earlier.start()
    done(earlier, "research", "draft", "publish")
    taken = tuple(earlier.rows[key] for key in sorted(earlier.rows))
    world.send(Fork({}, "draft", taken, edited={"prompt": "Shorter"}))
    done(world, "draft", "publish")


@scene(agent("slow", timeout_s=10, on_error={"action": "continue"}), agent("slower"), flow="slow > slower",
       guardrails={"max_wall_s": 60})  # fmt: skip
def timeout(world: Recorded) -> None:
    """A step takes too long and is left; then the run does."""
    world.start()
    world.wait(10)
    world.wait(60)


@scene(agent("greedy", guardrails={"max_tokens": 100}), agent("after"), flow="greedy > after")
def limit(world: Recorded) -> None:
    """A step uses more than it may."""
    world.start()
    done(world, "greedy")


@scene(
    {"id": "talk", "type": "team", "config": {"members": ["analyst", "critic"], "prompt": "Talk."}},
    step("transform", "shape", source="${inputs.items}", value="${item}"), flow="talk > shape",
    inputs=[{"name": "items", "type": "list"}], outputs={"shaped": "${steps.shape.output}"},
)  # fmt: skip
def team_and_transform(world: Recorded) -> None:
    """Agents talk, then data is brought into another shape at once."""
    world.start({"items": [1, "two", None]})
    done(world, "talk")


@scene(
    agent("write", timeout_s=60, sla={"target_s": 3_600}), agent("beside"), agent("after"),
    flow="write > after",
)  # fmt: skip
def asked_in_the_middle(world: Recorded) -> None:
    """A step asks whether it may call a tool, then a question; the run is stopped meanwhile and goes on."""
    world.start()
    world.asks("write", "send", usage=PAID)
    done(world, "beside")
    world.wait(7_200)
    world.answer("write")
    world.asks("write", "who", "question")
    world.send(Cancel("wait"))
    world.send(RetryFailed())
    world.asks("write", "who", "question")
    world.answer("write", "submitted", answer="Ada")
    done(world, "write", "after")


@scene(
    agent("one", guardrails={"max_tokens": 100, "on_breach": "ask"}), agent("two"), agent("three"),
    flow="one > three", guardrails={"max_cost": 0.003, "on_breach": "ask", "assignees": ["group:board"]},
)  # fmt: skip
def limits_raised(world: Recorded) -> None:
    """A step and then the run reach a limit, and people allow more; another step waits for the same."""
    world.start()
    world.succeed("one", "done", PAID)
    world.answer("one", more=500)
    world.succeed("two", "done", PAID)
    world.fail("three", "guardrail_cost", retryable=False)
    world.answer("two", more=1)
    done(world, "three")


@scene(
    agent("first", on_error={"action": "ask"}), step("workflow", "call", workflow="child"), agent("last"),
    flow="first > call, call > last",
)  # fmt: skip
def repaired(world: Recorded) -> None:
    """A step fails; it is tried again, then with another input, and at last skipped."""
    world.start()
    world.fail("first", usage=PAID)
    world.answer("first", answer="retry")
    world.wait(0)
    world.fail("first")
    world.answer("first", answer="retry_edited", input={"prompt": "Shorter."})
    world.wait(0)
    world.fail("first")
    world.answer("first", answer="skip", value={"text": "made up"})
    world.end_child("call", outputs={"answer": 42}, usage=PAID)
    done(world, "last")


@scene(
    agent("write", sla={"target_s": 30}), approval(), flow="write > gate",
    sla={"target_s": 60, "escalate_to": ["group:board"], "start_workflow": "rescue"},
)  # fmt: skip
def late(world: Recorded) -> None:
    """A step, and then the run as a whole, take longer than they should; nothing stops."""
    world.start()
    world.wait(30)
    done(world, "write")
    world.wait(30)
    world.decide("gate")
