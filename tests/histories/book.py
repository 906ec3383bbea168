"""How a history is recorded, written and read."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from executions.engine import (
    Plan,
    Rejection,
    RunState,
    Transition,
    Usage,
    advance,
    apply,
    compile_plan,
    state_from_json,
    state_to_json,
    usage_from_json,
    usage_to_json,
)
from executions.engine import commands as all_commands
from executions.engine.commands import Clock, Command
from executions.engine.events import Event, EventType
from tests.unit.engine.world import World
from workflows.schema import parse_definition

FOLDER = Path(__file__).parent
FORMAT = 1

type Turn = dict[str, Any]
"""A command with its time, and what the engine of that day made of it."""


@dataclass
class Recorded(World):
    """A world that keeps every turn."""

    turns: list[Turn] = field(default_factory=list)

    def offer(self, command: Command, random: float = 0.5) -> Transition | Rejection:
        answer = super().offer(command, random)
        if isinstance(answer, Transition):
            self.turns.append(self._turn(command, random, answer))
        return answer

    def _turn(self, command: Command, random: float, done: Transition) -> Turn:
        turn = {
            "command": command_to_json(command),
            "at": done.at.isoformat(),
            "random": random,
            "events": [{"type": str(one.type), "path": one.path, "data": one.data} for one in done.events],
            "run": {name: value for name, value in state_to_json(self.state).items() if name != "steps"},
            "rows": [self.rows[run.path, run.round] for run in done.changed],
            "closed": [list(key) for key in done.closed],
        }
        copied: Turn = json.loads(json.dumps(turn))
        return copied


@dataclass(frozen=True)
class History:
    """One file. A point is a number of turns that have been made."""

    name: str
    document: dict[str, Any]

    @property
    def plan(self) -> Plan:
        """Its definition, as today's engine reads it."""
        return compile_plan(parse_definition(self.document["definition"]))

    @property
    def turns(self) -> list[Turn]:
        found: list[Turn] = self.document["turns"]
        return found

    @property
    def end(self) -> dict[str, Any]:
        found: dict[str, Any] = self.document["end"]
        return found

    def from_log(self, point: int) -> RunState:
        """The run at a point, from its events."""
        state = RunState()
        for turn in self.turns[:point]:
            for one in turn["events"]:
                fact = Event(EventType(one["type"]), one["path"], one["data"])
                apply(state, fact, datetime.fromisoformat(turn["at"]))
        return state

    def from_rows(self, point: int) -> RunState:
        """The run at a point, as a worker loads it: its row, and the step runs that are still open."""
        rows: dict[tuple[str, int], dict[str, Any]] = {}
        for turn in self.turns[:point]:
            rows |= {(row["path"], row["round"]): row for row in turn["rows"]}
            for path, round in turn["closed"]:
                rows.pop((path, round), None)
        run = self.turns[point - 1]["run"] if point else {}
        return state_from_json(run | {"steps": list(rows.values())})

    def go_on(self, state: RunState, point: int) -> Iterator[Transition | Rejection]:
        """Give today's engine the commands that followed."""
        for turn in self.turns[point:]:
            clock = Clock(datetime.fromisoformat(turn["at"]), turn["random"])
            yield advance(self.plan, state, command_from_json(turn["command"]), clock)


def end_of(state: RunState) -> dict[str, Any]:
    """What must not change about how a run ends."""
    phases = {path: str(run.phase) for path, run in sorted(state.steps.items())}
    return {
        "status": str(state.status),
        "outputs": state.outputs,
        "error": state.error,
        "context": state.context,
        "usage": usage_to_json(state.usage),
        "steps": phases,
    }


def histories() -> list[History]:
    """All files."""
    return [History(path.stem, json.loads(path.read_text())) for path in sorted(FOLDER.glob("*.json"))]


def document_of(definition: dict[str, Any], about: str, world: Recorded) -> dict[str, Any]:
    """What is written of a run that was recorded."""
    head = {"format": FORMAT, "about": about, "definition": definition}
    return head | {"turns": world.turns, "end": end_of(world.state)}


def command_to_json(command: Command) -> dict[str, Any]:
    """A command with its kind."""
    data = asdict(command)
    if isinstance(used := getattr(command, "usage", None), Usage):
        data["usage"] = usage_to_json(used)
    return {"kind": type(command).__name__, **data}


def command_from_json(data: dict[str, Any]) -> Command:
    """The other way."""
    given = {name: value for name, value in data.items() if name != "kind"}
    if "usage" in given:
        given["usage"] = usage_from_json(given["usage"])
    for name in ("decided_by", "taken", "by"):
        if name in given:
            given[name] = tuple(given[name])
    made: Command = getattr(all_commands, data["kind"])(**given)
    return made
