"""From what was posted to what is saved: only what somebody touched, only what can be read, nothing lost. Pure.

A form carries what it showed when it was drawn (its base). A field is touched when what was posted differs from that;
everything else stays as it is in the draft now, whoever changed it. Where two people touched one field, neither wins
silently: both versions are shown, and the one who came later chooses.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from workflows.panels.fields import Field
from workflows.panels.forms import Form, joined, lies_in
from workflows.panels.kinds import KINDS
from workflows.schema import Json

type Document = dict[str, Any]
type Check = Callable[[Document], Iterable[tuple[str, str]]]
"""Gives the faults of a document: the place of each, like `config.prompt`, and a sentence."""

_INNER = re.compile(r"\.(?:all|any)(?=\.\d|$)")
_NOT = re.compile(r"\.not_(?=\.|$)")
_TRIES: Final = 8


@dataclass(slots=True)
class Outcome:
    """What came of a posted form. `document` holds what can be saved, `theirs` what others wrote into `clashes`."""

    document: Document
    posted: Form
    saved: list[str] = field(default_factory=list)
    theirs: dict[str, str] = field(default_factory=dict)

    @property
    def is_whole(self) -> bool:
        """Whether everything that was posted could be saved."""
        return not (self.posted.faults or self.posted.waits or self.theirs)

    def keeps(self, name: str) -> bool:
        """Whether a field goes on showing what was posted, because it could not be saved."""
        return name in self.theirs or self.posted.spoken(name)


def value_at(document: Mapping[str, Any], name: str) -> Json:
    """The value at a place, None when there is none."""
    value: Any = document
    for part in name.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def with_value(document: Document, name: str, value: Json) -> Document:
    """The document with another value at a place."""
    first, _, rest = name.partition(".")
    inner = document.get(first)
    return {**document, first: with_value(dict(inner or {}), rest, value) if rest else value}


def written(fields: Iterable[Field], document: Mapping[str, Any]) -> Form:
    """The form of a document, as it is first shown."""
    return Form(joined(KINDS[one.kind].write(one, value_at(document, one.name)) for one in fields))


def shown(fields: Iterable[Field], outcome: Outcome) -> Form:
    """The form after saving: what could not be saved stays as it was written."""
    form = Form({}, outcome.posted.faults, outcome.posted.waits)
    for one in fields:
        form.values |= _shown(one, outcome)
    return form


def _shown(one: Field, outcome: Outcome) -> dict[str, str]:
    if outcome.keeps(one.name) and outcome.posted.has(one.name):
        return outcome.posted.under(one.name)
    kind, value = KINDS[one.kind], value_at(outcome.document, one.name)
    return kind.write_like(one, value, outcome.posted) if kind.write_like else kind.write(one, value)


def work_out(
    fields: Iterable[Field],
    current: Document,
    *,
    base: Form,
    posted: Form,
    check: Check,
    held: frozenset[str] = frozenset(),
    forced: frozenset[str] = frozenset(),
) -> Outcome:
    """Read what was posted and judge it by the schema.

    `held` are fields in which somebody else's version was shown and that still wait for a choice; `forced` are those
    that shall be saved all the same.
    """
    outcome = Outcome(dict(current), posted)
    ready = dict(_readable(fields, outcome, base, held, forced))
    for _ in range(_TRIES):
        document = _filled(current, ready)
        faults = list(check(document)) if ready else []
        if not faults:
            break
        for name in _blamed(faults, ready, posted):
            del ready[name]
    else:
        for name in ready:
            posted.fault(
                name, "This could not be saved together with the rest; change one thing after the other."
            )
        document, ready = dict(current), {}
    outcome.document, outcome.saved = document, list(ready)
    return outcome


def _readable(
    fields: Iterable[Field], outcome: Outcome, base: Form, held: frozenset[str], forced: frozenset[str]
) -> Iterator[tuple[str, Json]]:
    for one in fields:
        if not _touched(one, outcome.posted, base, held | forced):
            continue
        mine = KINDS[one.kind].read(one, outcome.posted)
        clashes = one.name not in forced and _clashes(one, mine, outcome, base, held)
        if not clashes and not outcome.posted.spoken(one.name):
            yield one.name, mine


def _touched(one: Field, posted: Form, base: Form, chosen: frozenset[str]) -> bool:
    return posted.has(one.name) and (one.name in chosen or posted.under(one.name) != base.under(one.name))


def _clashes(one: Field, mine: Json, outcome: Outcome, base: Form, held: frozenset[str]) -> bool:
    """Whether somebody else changed the same field since the form was drawn, to something else."""
    kind, now = KINDS[one.kind], Form({})
    now.values = kind.write(one, value_at(outcome.document, one.name))
    before, theirs = kind.read(one, Form(base.under(one.name))), kind.read(one, now)
    if theirs == mine or (theirs == before and one.name not in held):
        return False
    texts = (text for name, text in now.values.items() if text and not name.endswith((".kind", ".was")))
    outcome.theirs[one.name] = "\n".join(texts)
    return True


def _filled(document: Document, values: Mapping[str, Json]) -> Document:
    for name, value in values.items():
        document = with_value(document, name, value)
    return document


def _blamed(faults: Iterable[tuple[str, str]], ready: Mapping[str, Json], posted: Form) -> set[str]:
    """The touched fields that the faults lie in; all of them when none is nearer."""
    blamed: set[str] = set()
    for place, sentence in faults:
        at = form_name(place)
        inside = [name for name in ready if lies_in(at, name)]
        around = [name for name in ready if lies_in(name, at)]
        for name in inside or around or list(ready):
            posted.fault(at if name in inside and posted.has(at) else name, sentence)
            blamed.add(name)
    return blamed


def form_name(place: str) -> str:
    """The name in a form of a place in a document: members of groups are called items."""
    return _NOT.sub(".items.0", _INNER.sub(".items", place))


def touched_keys(before: Document, after: Document) -> dict[str, Json]:
    """The keys at the top of a document that changed, with their new values."""
    return {key: value for key, value in after.items() if value != before.get(key)}
