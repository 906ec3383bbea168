"""A container that repeats. Each pass is a step run `each[3]` of kind iteration, with its steps in that scope.

| mode | another pass when |
| --- | --- |
| for_each | the list has a further item and fewer than `concurrency` passes run |
| while | the condition holds, before the first pass and after each; `loop` is the pass that would begin |
| until | first always, then as long as the condition does not hold after a pass; `loop` is the pass that ended |

A while or until loop that has made `max_iterations` passes ends; a longer list than that fails the loop before it
begins. A pass that ends leaves the state; its row keeps its result until the loop ends.
"""

from dataclasses import replace
from typing import Any

from executions.engine.address import iteration_path
from executions.engine.events import EventType
from executions.engine.scope import loop_facts, reading_scope
from executions.engine.state import ITERATION, StepRun
from executions.engine.steps.kind import Broken, Inside, Kind, Outcome
from executions.engine.steps.sequential import last_output
from executions.engine.turn import Turn
from workflows.conditions import holds
from workflows.expressions import Scope, kind_of, resolve
from workflows.schema import LoopStep


def prepare(step: LoopStep, scope: Scope) -> dict[str, Any]:
    """The items of a for_each loop."""
    return {"items": resolve(step.config.items, scope)} if step.config.mode == "for_each" else {}


def begin(turn: Turn, run: StepRun) -> Outcome:
    """Check the list and go inside."""
    step, items = config_step(turn, run), run.input.get("items")
    if step.config.mode != "for_each":
        return Inside()
    if not isinstance(items, list):
        return Broken(
            "not_a_list", f"“{step.title}” goes through a list, but its items are {kind_of(items)}."
        )
    most = step.config.max_iterations
    if len(items) > most:
        return Broken(
            "too_many_items", f"“{step.title}” allows at most {most} items, but its list has {len(items)}."
        )
    return Inside()


def wants_pass(turn: Turn, run: StepRun) -> bool:
    """Whether another pass should begin now."""
    config = config_step(turn, run).config
    index = turn.index
    made, working = len(index.children[run.path]), index.working[run.path]
    if config.mode == "for_each":
        return made < len(run.input["items"]) and working < config.concurrency
    if working or made >= config.max_iterations:
        return False
    return _first_pass(turn, run) if not made else _asked_again(turn, run, made)


def start_pass(turn: Turn, run: StepRun) -> str:
    """Begin the next pass; gives its scope."""
    number = len(turn.index.children[run.path])
    path = iteration_path(run.path, number)
    item = {"item": run.input["items"][number]} if "items" in run.input else {}
    known = {"step_id": run.step_id, "kind": ITERATION, "scope": run.path, "round": base_round(run)}
    turn.emit(EventType.ITERATION_STARTED, path, index=number, **known, **item)
    return path


def pass_result(turn: Turn, iteration: StepRun) -> tuple[Any, bool]:
    """What a pass gives, and whether its condition asks for another. Raises InvalidInput."""
    step = config_step(turn, iteration)
    scope = reading_scope(turn.plan, turn.state, iteration.path, step.id)
    template = step.config.result
    output = last_output(turn, iteration.path) if template is None else resolve(template, scope)
    return output, _asks_on(step, scope, iteration.input["index"] + 1)


def is_over(turn: Turn, run: StepRun) -> bool:
    """Whether every pass that was begun has ended and no other begins."""
    return not turn.index.working[run.path] and not wants_pass(turn, run)


def result(turn: Turn, run: StepRun) -> list[Any]:
    """The results of all passes in order; None for one that failed and was skipped."""
    count = len(turn.index.children[run.path])
    return [turn.state.steps[iteration_path(run.path, number)].output for number in range(count)]


def base_round(run: StepRun) -> int:
    """The round with which the steps inside begin: above every round that an earlier round of the loop has used."""
    return int(run.state.get("base", run.round))


def highest_round(turn: Turn, run: StepRun) -> int:
    """The highest round that a step run, or anything that is or was in it, has used."""
    inside = (highest_round(turn, turn.state.steps[path]) for path in turn.index.children.get(run.path, ()))
    return max(run.round, int(run.state.get("top", 0)), int(run.state.get("base", 0)), *inside)


def config_step(turn: Turn, run: StepRun) -> LoopStep:
    """The loop's step, for the loop itself or one of its passes."""
    return turn.step_as(run, LoopStep)


def _first_pass(turn: Turn, run: StepRun) -> bool:
    step = config_step(turn, run)
    if step.config.mode == "until":
        return True
    return _asks_on(step, reading_scope(turn.plan, turn.state, run.scope, step.id), 0)


def _asked_again(turn: Turn, run: StepRun, made: int) -> bool:
    last = turn.state.steps[iteration_path(run.path, made - 1)]
    return bool(last.state.get("again"))


def _asks_on(step: LoopStep, scope: Scope, coming: int) -> bool:
    """Whether the condition wants the pass with the index `coming`. A `while` speaks of that pass."""
    condition = step.config.condition
    if step.config.mode == "for_each" or condition is None:
        return False
    if step.config.mode == "until":
        return not holds(condition, scope)
    return holds(condition, replace(scope, loop=loop_facts(coming)))


KIND = Kind(prepare, begin)
