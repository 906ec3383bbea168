"""Making long prompts fit a model: estimating tokens and cutting out of the middle, visibly. Pure."""

import re
from collections.abc import Sequence
from functools import lru_cache

_PIECES = re.compile(r"[A-Za-z]+|\d|[^\sA-Za-z\d]")
LETTERS_PER_TOKEN = 5
LONGEST_KEPT = 10_000
"""Characters of a text whose size is remembered."""
MESSAGE_TOKENS = 6
"""What a message costs besides its text."""


def estimate(text: str) -> int:
    """Return about how many tokens a text has; rather too many than too few."""
    return _known(text) if len(text) <= LONGEST_KEPT else _estimate(text)


def _estimate(text: str) -> int:
    return sum(_tokens(piece) for piece in _PIECES.findall(text))


_known = lru_cache(maxsize=256)(_estimate)
"""An agent's instructions are the same in every call."""


def _tokens(piece: str) -> int:
    if piece.isascii():
        return -(-len(piece) // LETTERS_PER_TOKEN)
    return max(1, len(piece.encode("utf-8", "replace")) - 1)


def caps(sizes: Sequence[int], budget: int) -> list[int]:
    """Return how large each part may be so that all together fit: the largest give first, equally."""
    if sum(sizes) <= budget:
        return list(sizes)
    left, waiting, level = budget, len(sizes), 0
    for size in sorted(sizes):
        level = max(left, 0) // waiting
        if size > level:
            break
        left, waiting = left - size, waiting - 1
    return [min(size, level) for size in sizes]


def cut(text: str, tokens: int) -> str:
    """Return a text of at most about `tokens`: beginning and end stay, a note tells what was left out."""
    size = estimate(text)
    if size <= tokens:
        return text
    share = tokens / size
    while True:
        kept = _without_middle(text, int(len(text) * share))
        if estimate(kept) <= tokens or share < 0.01:
            return kept
        share *= 0.85


def _without_middle(text: str, characters: int) -> str:
    note = f"\n[… {len(text) - characters:,} characters left out here to fit the model …]\n"
    room = max(characters - len(note), 0)
    head = room * 2 // 3
    tail = room - head
    return text[:head] + note + (text[-tail:] if tail else "")
