"""Laying out a graph from left to right: longest-path layers, median sweeps, straightening. Pure."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise
from statistics import median

SWEEPS = 8

type Size = tuple[float, float]
type Link = tuple[str, str]


def arrange(
    names: Sequence[str],
    links: Mapping[Link, float],
    sizes: Mapping[str, Size],
    *,
    gap_x: float,
    gap_y: float,
) -> dict[str, tuple[float, float]]:
    """Return the top left corner of each node, the first at the top left of (0, 0).

    Links have a rank from 0 to 1: how far down on their source they leave. Those of a cycle and to unknown nodes are
    harmless. Long links are given room of their own, so that lines run between cards and not through them.
    """
    known = set(names)
    kept = [(a, b) for a, b in links if a in known and b in known and a != b]
    layer = _layers(names, kept)
    rows, chains, ranks = _with_bends(names, {link: links[link] for link in kept}, layer)
    _sort_rows(rows, chains, ranks)
    tops = _tops(rows, chains, sizes, gap_y)
    lefts = _lefts(rows, sizes, gap_x)
    return {name: (lefts[layer[name]], tops[name]) for name in names}


def _layers(names: Sequence[str], links: Sequence[Link]) -> dict[str, int]:
    """The longest way from a start to each node; nodes of a cycle go behind what is known of them."""
    incoming, outgoing = defaultdict(set), defaultdict(list)
    for a, b in links:
        incoming[b].add(a)
        outgoing[a].append(b)
    layer = dict.fromkeys(names, 0)
    ready = [name for name in names if not incoming[name]]
    done: set[str] = set()
    while len(done) < len(names):
        one = ready.pop(0) if ready else next(name for name in names if name not in done)
        if one in done:
            continue
        done.add(one)
        for other in outgoing[one]:
            if other not in done:
                layer[other] = max(layer[other], layer[one] + 1)
                incoming[other].discard(one)
                if not incoming[other]:
                    ready.append(other)
    return layer


def _with_bends(
    names: Sequence[str], links: Mapping[Link, float], layer: Mapping[str, int]
) -> tuple[list[list[str]], list[Link], dict[Link, float]]:
    """Rows of each layer with a bend wherever a long link crosses one; the links from row to row with ranks."""
    rows: list[list[str]] = [[] for _ in range(max(layer.values(), default=-1) + 1)]
    for name in names:
        rows[layer[name]].append(name)
    chains: list[Link] = []
    ranks: dict[Link, float] = {}
    for number, ((a, b), rank) in enumerate(links.items()):
        before, first = a, len(chains)
        for crossed in range(layer[a] + 1, layer[b]):
            bend = f"\0{number}.{crossed}"
            rows[crossed].append(bend)
            chains.append((before, bend))
            before = bend
        if layer[b] > layer[a]:
            chains.append((before, b))
            ranks[chains[first]] = rank
    return rows, chains, ranks


def _sort_rows(rows: list[list[str]], chains: Sequence[Link], ranks: Mapping[Link, float]) -> None:
    """Sweep there and back, each row sorted by the median of its neighbours; keep what crosses least."""
    before, after = _neighbours(chains)
    best, fewest = [list(row) for row in rows], _crossings(rows, after, ranks)
    for sweep in range(SWEEPS):
        forward = sweep % 2 == 0
        near = before if forward else after
        for number in range(1, len(rows)) if forward else range(len(rows) - 2, -1, -1):
            fixed = {name: place for place, name in enumerate(rows[number - 1 if forward else number + 1])}
            own = {name: place for place, name in enumerate(rows[number])}
            places = {name: _middle(name, near[name], fixed, own[name], ranks) for name in rows[number]}
            rows[number].sort(key=places.__getitem__)
        crossings = _crossings(rows, after, ranks)
        if crossings < fewest:
            best, fewest = [list(row) for row in rows], crossings
    rows[:] = best


def _neighbours(chains: Sequence[Link]) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    before: dict[str, list[str]] = defaultdict(list)
    after: dict[str, list[str]] = defaultdict(list)
    for a, b in chains:
        before[b].append(a)
        after[a].append(b)
    return before, after


def _middle(
    name: str, near: Sequence[str], places: Mapping[str, int], own: int, ranks: Mapping[Link, float]
) -> float:
    return float(median(places[one] + ranks.get((one, name), 0.0) for one in near)) if near else float(own)


def _crossings(
    rows: Sequence[Sequence[str]], after: Mapping[str, Sequence[str]], ranks: Mapping[Link, float]
) -> int:
    total = 0
    for upper, lower in pairwise(rows):
        places = {name: place for place, name in enumerate(lower)}
        ends = [end for name in upper for end in _ends(name, after.get(name, ()), places, ranks)]
        total += sum(first > second for n, first in enumerate(ends) for second in ends[n + 1 :])
    return total


def _ends(
    name: str, others: Sequence[str], places: Mapping[str, int], ranks: Mapping[Link, float]
) -> list[int]:
    """Where the lines of a node end, from the one that leaves highest to the lowest."""
    leaving = sorted((ranks.get((name, one), 0.0), places[one]) for one in others if one in places)
    return [place for _, place in leaving]


def _tops(
    rows: Sequence[Sequence[str]], chains: Sequence[Link], sizes: Mapping[str, Size], gap: float
) -> dict[str, float]:
    """Heights: rows are packed, then pulled towards the middle of their neighbours as far as order allows."""
    tall = {name: sizes[name][1] if name in sizes else 16.0 for row in rows for name in row}
    tops: dict[str, float] = {}
    for row in rows:
        _pack(row, tops, tall, gap)
    before, after = _neighbours(chains)
    for sweep in range(SWEEPS):
        forward = sweep % 2 == 0
        near = before if forward else after
        for row in rows if forward else reversed(rows):
            _straighten(row, near, tops, tall, gap)
    least = min((tops[name] for name in tops if name in sizes), default=0.0)
    return {name: round(top - least) for name, top in tops.items()}


def _pack(row: Sequence[str], tops: dict[str, float], tall: Mapping[str, float], gap: float) -> None:
    whole = sum(tall[name] for name in row) + gap * (len(row) - 1)
    top = -whole / 2
    for name in row:
        tops[name] = top
        top += tall[name] + gap


def _anchor(name: str, tall: Mapping[str, float]) -> float:
    """Lines meet a card at its head, 30 pixels below its top."""
    return min(30.0, tall[name] / 2)


def _straighten(
    row: Sequence[str],
    near: Mapping[str, Sequence[str]],
    tops: dict[str, float],
    tall: Mapping[str, float],
    gap: float,
) -> None:
    wanted = {}
    for name in row:
        others = [tops[one] + _anchor(one, tall) for one in near.get(name, ())]
        wanted[name] = (sum(others) / len(others) - _anchor(name, tall)) if others else tops[name]
    blocks: list[tuple[list[str], float, int]] = []
    offset = 0.0
    starts: dict[str, float] = {}
    for name in row:
        starts[name] = offset
        blocks.append(([name], wanted[name] - offset, 1))
        offset += tall[name] + gap
        while len(blocks) > 1 and blocks[-2][1] > blocks[-1][1]:
            names, shift, count = blocks.pop()
            upper, upper_shift, upper_count = blocks.pop()
            mean = (shift * count + upper_shift * upper_count) / (count + upper_count)
            blocks.append((upper + names, mean, count + upper_count))
    for names, shift, _ in blocks:
        for name in names:
            tops[name] = starts[name] + shift


def _lefts(rows: Sequence[Sequence[str]], sizes: Mapping[str, Size], gap: float) -> list[float]:
    lefts, left = [], 0.0
    for row in rows:
        lefts.append(left)
        left += max((sizes[name][0] for name in row if name in sizes), default=0.0) + gap
    return lefts
