"""`python -m tests.histories`: write the histories that are missing; those that are there stay as they are."""

import json

from executions.engine import compile_plan
from executions.engine.state import ENDED_RUNS
from tests.histories.book import FOLDER, Recorded, document_of
from tests.histories.scenes import SCENES
from workflows.schema import parse_definition


def main() -> None:
    """Play every scene that has no file."""
    for name, (about, definition, play) in SCENES.items():
        path = FOLDER / f"{name}.json"
        if path.exists():
            continue
        world = Recorded(compile_plan(parse_definition(definition)))
        play(world)
        assert world.state.status in ENDED_RUNS, f"{name} has no end: {world.phases()}"
        path.write_text(json.dumps(document_of(definition, about, world), indent=1) + "\n")
        print(f"{name}: {world.status} after {len(world.turns)} turns and {len(world.log)} events")


if __name__ == "__main__":
    main()
