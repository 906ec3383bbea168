"""Runs that older engines wrote are loaded and end as they would have, from whatever point they had come to."""

from typing import get_args

import pytest

from executions.engine import Plan, RunState, Transition, compile_plan, pending_effects, state_to_json
from executions.engine import commands as all_commands
from executions.engine.commands import Due
from executions.engine.events import EventType
from executions.engine.state import ENDED_RUNS, RunStatus
from tests.histories.book import History, Recorded, end_of, histories
from tests.histories.scenes import SCENES
from tests.unit.engine.fate import Fate, live
from tests.unit.engine.world import World
from workflows.schema import StepType, parse_definition

NEVER_WRITTEN = {EventType.CHILD_STARTED}
ALL = histories()


def points(history: History) -> range:
    """Every number of turns after which the worker may have been replaced by a newer one."""
    return range(1, len(history.turns) + 1)


@pytest.fixture(params=ALL, ids=lambda history: history.name)
def history(request: pytest.FixtureRequest) -> History:
    found: History = request.param
    return found


def test_the_log_and_the_rows_tell_the_same_run(history: History) -> None:
    for point in points(history):
        log, rows = (_plain(state) for state in (history.from_log(point), history.from_rows(point)))
        assert log == rows, point


def _plain(state: RunState) -> dict[str, object]:
    data = state_to_json(state)
    return data | {"steps": {one["path"]: one for one in data["steps"]}}


def test_the_whole_log_tells_the_end(history: History) -> None:
    assert end_of(history.from_log(len(history.turns))) == history.end


@pytest.mark.parametrize("load", [History.from_log, History.from_rows])
def test_todays_engine_goes_on_from_any_point_to_the_same_end(history: History, load: object) -> None:
    for point in (0, *points(history)):
        state = load(history, point)  # type: ignore[operator]
        for number, answer in enumerate(history.go_on(state, point), start=point):
            assert isinstance(answer, Transition), (number, answer)
        assert end_of(state) == history.end, point


def test_a_run_that_is_left_to_kind_people_ends_from_any_point(history: History) -> None:
    """Whatever was in hand is asked for again, and once it is done the run comes to an end."""
    for point in points(history):
        world = taken_up(history.plan, history.from_rows(point))
        live(world, Fate(1, kind=True), 200)
        assert world.state.status in ENDED_RUNS, (point, world.phases())


def taken_up(plan: Plan, state: RunState) -> World:
    """A world around a run that was just loaded."""
    world = World(plan, state)
    moments = [run.started_at for run in state.steps.values() if run.started_at]
    world.now = max([world.now, *moments])
    for effect in pending_effects(plan, state):
        world._do(effect)
    if state.status not in ENDED_RUNS | {RunStatus.PAUSED}:
        world.send(Due())
    return world


def test_every_kind_of_event_has_a_history() -> None:
    written = {one["type"] for history in ALL for turn in history.turns for one in turn["events"]}
    assert set(EventType) - NEVER_WRITTEN - written == set()


def test_every_command_has_a_history() -> None:
    given = {turn["command"]["kind"] for history in ALL for turn in history.turns}
    assert {kind.__name__ for kind in get_args(all_commands.Command.__value__)} - given == set()


def test_every_kind_of_step_has_a_history() -> None:
    used = {step["type"] for history in ALL for step in history.document["definition"]["steps"]}
    assert {str(kind) for kind in StepType} - used == set()


def test_every_scene_has_its_file_and_todays_engine_still_ends_it_so() -> None:
    files = {history.name: history for history in ALL}
    assert set(SCENES) <= set(files), "write the missing ones with: python -m tests.histories"
    for name, (_about, definition, play) in SCENES.items():
        world = Recorded(compile_plan(parse_definition(definition)))
        play(world)
        assert end_of(world.state) == files[name].end, name
