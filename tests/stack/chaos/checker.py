"""What must hold after any day of faults: one function an invariant, each yields a sentence for every violation."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import reduce

from executions import chain
from tests.stack.chaos.evidence import Event, Evidence, Run, Used

ENDED = frozenset({"completed", "failed", "cancelled", "timed_out"})
ENDS = frozenset({"run.completed", "run.failed", "run.cancelled", "run.timed_out"})
BEGINNINGS = frozenset({"run.started", "run.failed", "run.cancelled"})
"""A run that cannot be read, or is cancelled before it began, ends with its first event."""
AFTER_THE_END = frozenset({"usage.counted"})
"""What may be told of an ended run: what work that was stopped had cost."""
LAST = frozenset({"step.succeeded", "step.failed", "step.skipped", "step.cancelled", "iteration.ended"})
FIRST = frozenset({"step.started", "step.skipped", "iteration.started"})
LEGAL: dict[str, frozenset[str]] = {
    "": frozenset({"step.started", "step.skipped", "iteration.started"}),
    "step.started": frozenset({"step.waiting", "step.retrying"}) | LAST,
    "step.waiting": frozenset({"step.waiting", "step.retrying"}) | LAST,
    "step.retrying": frozenset({"step.started"}) | LAST,
    "iteration.started": frozenset({"iteration.ended", "step.failed", "step.cancelled"}),
}
"""What may follow what in the life of one step run and round; an end is followed by nothing."""

type Check = Callable[[Evidence], Iterator[str]]


@dataclass(frozen=True, slots=True)
class Violation:
    """An invariant that does not hold, and where."""

    invariant: str
    sentence: str


def check(evidence: Evidence) -> list[Violation]:
    """Look for violations of every invariant."""
    return [Violation(name, sentence) for name, find in INVARIANTS.items() for sentence in find(evidence)]


# Starts and ends


def no_start_is_lost(evidence: Evidence) -> Iterator[str]:
    """Every start is one run: the one whose id the caller was told. And nothing runs that nobody started."""
    by_key = _grouped((run for run in evidence.runs if run.parent is None), lambda run: run.key)
    for start in evidence.starts:
        ids = {str(run.id) for run in by_key.pop(start.key, ())}
        if len(ids) != 1:
            yield f"{start.key} was started once and is {len(ids)} runs"
        if not start.told <= ids:
            yield f"{start.key} was told to be {start.told}, but is {ids}"
    yield from (f"{key} was never started" for key in by_key)


def every_run_ends(evidence: Evidence) -> Iterator[str]:
    """Every run has ended, in one of the ways it may, with the outputs of a run without faults."""
    expected = {start.key: start.ends for start in evidence.starts}
    for run in evidence.runs:
        ends = expected.get(run.key, ()) if run.parent is None else ()
        if run.status not in ENDED:
            yield f"{_name(run)} has not ended: it is {run.status}, owner “{run.owner}”"
        elif ends and not any(end.fits(run) for end in ends):
            yield f"{_name(run)} is {run.status} with {run.outputs}, error {run.error}"


def nobody_holds_an_ended_run(evidence: Evidence) -> Iterator[str]:
    """An ended run has no owner and nothing in its inbox."""
    for run in evidence.runs:
        if run.status in ENDED and run.owner:
            yield f"{_name(run)} has ended and belongs to {run.owner}"
    yield from (f"a command for {run} was never taken" for run in evidence.commands)


# Logs


def logs_are_whole(evidence: Evidence) -> Iterator[str]:
    """Events are numbered without gap, chained, and as many as the run says."""
    logs = _grouped(evidence.events, lambda event: event.run)
    for run in evidence.runs:
        before, seqs = "", [event.seq for event in logs[run.id]]
        if seqs != list(range(1, run.seq + 1)):
            yield f"{_name(run)} wrote {run.seq} events, and there are {seqs}"
        for event in logs[run.id]:
            before = chain.link(before, run.id, event.seq, event.at, (event.type, event.path), event.data)
            if event.hash != before:
                yield f"{_name(run)}: event {event.seq} is not as it was written"
                break
        if before != run.last_hash:
            yield f"{_name(run)}: its log ends otherwise than the run says"


def logs_are_in_order(evidence: Evidence) -> Iterator[str]:
    """A log begins with the start, each step run lives as it may, and nothing comes after the end."""
    for run, log in _grouped(evidence.events, lambda event: event.run).items():
        kinds = [event.type for event in log]
        if kinds[0] not in BEGINNINGS:
            yield f"{run} begins with {kinds[0]}"
        ends = [at for at, kind in enumerate(kinds) if kind in ENDS]
        late = [kind for kind in kinds[ends[0] + 1 :] if kind not in AFTER_THE_END] if ends else []
        if late:
            yield f"{run} has {late} after its end"
        yield from _lives_in_order(log)


def _lives_in_order(log: list[Event]) -> Iterator[str]:
    state: dict[tuple[str, int], str] = defaultdict(str)
    for event in log:
        if not event.type.startswith(("step.", "iteration.")) or event.type in AFTER_THE_END:
            continue
        address = (event.path, event.data.get("round", 0))
        if event.type not in LEGAL.get(state[address], frozenset()):
            yield f"{event.run}: {event.type} of {address} after “{state[address]}”"
        state[address] = event.type


def parents_come_first(evidence: Evidence) -> Iterator[str]:
    """No step begins before every step that leads to it has ended, nor before the container that it lies in."""
    shapes = {run.id: run.shape for run in evidence.runs}
    for run, log in _grouped(evidence.events, lambda event: event.run).items():
        incoming = _grouped(evidence.edges.get(shapes.get(run, ""), ()), lambda edge: edge[2])
        begun: set[str] = set()
        ended: set[str] = set()
        for event in log:
            if event.type in FIRST:
                scope, _, step = event.path.rpartition(".")
                wanted = {f"{scope}.{edge[0]}".lstrip(".") for edge in incoming[step]}
                if not wanted <= ended or (scope and scope not in begun):
                    yield f"{run}: {event.path} began before {wanted - ended or scope}"
                begun.add(event.path)
            if event.type in LAST:
                ended.add(event.path)


# Results and what they cost


def results_are_recorded_once(evidence: Evidence) -> Iterator[str]:
    """A step run and round has one result, and its row says the same as its log."""
    ends = Counter(
        (event.run, event.path, event.data["round"]) for event in evidence.events if event.type in LAST
    )
    yield from (f"{address} has {count} results" for address, count in ends.items() if count > 1)
    for step in evidence.steps:
        over = step.status in ("succeeded", "failed", "skipped", "cancelled")
        if over and not ends[step.run, step.path, step.round]:
            yield f"{step.run}: {step.path} is {step.status}, and its log does not say so"


def costs_add_up(evidence: Evidence) -> Iterator[str]:
    """What the calls of a run cost is what its steps cost is what it costs."""
    calls = _summed((call.run, call.used) for call in evidence.calls)
    steps = _summed((step.run, step.used) for step in evidence.steps)
    children = _summed((run.parent, run.used) for run in evidence.runs if run.parent)
    for run in evidence.runs:
        paid = calls[run.id] + children[run.id]
        if not _alike(paid, steps[run.id]) or not _alike(steps[run.id], run.used):
            yield f"{_name(run)}: calls {paid}, steps {steps[run.id]}, run {run.used}"


def no_call_is_paid_twice(evidence: Evidence) -> Iterator[str]:
    """A model is not asked again for what the journal holds."""
    recorded = {
        call.prompt: call.ended_at.timestamp()
        for call in evidence.calls
        if call.kind == "model" and call.status == "finished" and call.ended_at
    }
    times = Counter(asked.prompt for asked in evidence.asked)
    for asked in evidence.asked:
        if times[asked.prompt] > 1 and asked.at > recorded.get(asked.prompt, asked.at):
            late = asked.at - recorded[asked.prompt]
            yield f"the model was asked “{asked.prompt}” {late:.3f} s after the answer was recorded"


# The world outside


def effects_happen_once(evidence: Evidence) -> Iterator[str]:
    """What a run does in the world, it does once: no more, and when it completes no less."""
    status = {run.key: run.status for run in evidence.runs if run.parent is None}
    done: dict[str, Counter[str]] = defaultdict(Counter)
    for effect in evidence.effects:
        done[effect.run][effect.note] += 1
    for start in evidence.starts:
        found = done[start.key]
        yield from (f"{start.key} did “{note}” {count} times" for note, count in found.items() if count > 1)
        yield from (
            f"{start.key} did “{note}”, which it should not" for note in set(found) - set(start.notes)
        )
        missing = set(start.notes) - set(found) - start.at_most_once
        if missing and status.get(start.key) == "completed":
            yield f"{start.key} is completed and never did {missing}"


# People


def questions_fit_runs(evidence: Evidence) -> Iterator[str]:
    """Somebody is asked exactly while a step of a run that has not ended waits for the answer."""
    waiting = {
        (step.run, step.path, step.round)
        for step in evidence.steps
        if step.kind in ("approval", "input") and step.status == "waiting"
    }
    asked = {(one.run, one.path, one.round) for one in evidence.requests if one.status == "pending"}
    yield from (f"{address} waits, and nobody is asked" for address in waiting - asked)
    yield from (f"{address} is asked for, and nobody waits" for address in asked - waiting)


def questions_are_settled_once(evidence: Evidence) -> Iterator[str]:
    """One answer settles a request, and whoever was told that they decided did."""
    for one in evidence.requests:
        wanted = int(one.status in ("approved", "rejected"))
        if one.decisions != wanted:
            yield f"{one.run}, {one.path}: {one.status} after {one.decisions} decisions"
    won = Counter(request for request, status in evidence.answered if status == 201)
    yield from (
        f"{count} people were told that they decided {one}" for one, count in won.items() if count > 1
    )


def nothing_is_missed(evidence: Evidence) -> Iterator[str]:
    """Open pages come back by themselves, and who follows a run gets every event once and in order."""
    yield from (f"a page on {topic} hears nothing any more" for topic, joined in evidence.pages if not joined)
    length = {str(run.id): run.seq for run in evidence.runs}
    for run, seqs, ended in evidence.followed:
        if not ended or seqs != tuple(range(1, length.get(run, 0) + 1)):
            yield f"who followed {run} ({length.get(run)} events) got {seqs}, end: {ended}"


INVARIANTS: dict[str, Check] = {
    "no start is lost": no_start_is_lost,
    "every run ends as it may": every_run_ends,
    "nobody holds an ended run": nobody_holds_an_ended_run,
    "logs are whole": logs_are_whole,
    "logs are in order": logs_are_in_order,
    "parents come first": parents_come_first,
    "results are recorded once": results_are_recorded_once,
    "costs add up": costs_add_up,
    "no call is paid twice": no_call_is_paid_twice,
    "effects happen once": effects_happen_once,
    "questions fit runs": questions_fit_runs,
    "questions are settled once": questions_are_settled_once,
    "nothing is missed": nothing_is_missed,
}
"""Everything that is promised."""


def _name(run: Run) -> str:
    return f"{run.shape} {run.key} ({run.id})"


def _alike(one: Used, two: Used) -> bool:
    counted = ("requests", "prompt_tokens", "completion_tokens", "tool_calls")
    same = all(getattr(one, name) == getattr(two, name) for name in counted)
    return same and abs(one.cost - two.cost) < Decimal("0.000001")


def _grouped[T, K](things: Iterable[T], key: Callable[[T], K]) -> defaultdict[K, list[T]]:
    found: defaultdict[K, list[T]] = defaultdict(list)
    for thing in things:
        found[key(thing)].append(thing)
    return found


def _summed[K](pairs: Iterable[tuple[K, Used]]) -> defaultdict[K, Used]:
    grouped = _grouped(pairs, lambda pair: pair[0])
    sums = {key: reduce(Used.__add__, (used for _, used in found)) for key, found in grouped.items()}
    return defaultdict(Used, sums)
