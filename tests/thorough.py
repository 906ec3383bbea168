"""How much of a table is asked: its borders each time, all of it with HYPOTHESIS_PROFILE=thorough."""

from collections.abc import Sequence

from hypothesis import settings

THOROUGH = settings.get_current_profile_name() == "thorough"


def in_turn[Value](values: Sequence[Value], turn: int, count: int = 1) -> Sequence[Value]:
    """Some of the values, other ones at the next turn, so that each meets many others; all of them if thorough."""
    if THOROUGH or count >= len(values):
        return values
    return [values[(turn * count + place) % len(values)] for place in range(count)]
