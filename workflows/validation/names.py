"""Checks of names: step ids, inputs, outputs, context keys."""

import re
from collections import Counter
from collections.abc import Iterator

from workflows.conditions import RESERVED
from workflows.inputs import check_value
from workflows.schema import InputField, InputType
from workflows.validation.findings import Finding, finding
from workflows.validation.subject import Subject, title

_CONTEXT_KEY = re.compile(r"[^\W\d_][\w-]{0,99}")


def check_names(subject: Subject) -> Iterator[Finding]:
    """Ids that are used twice or reserved, and names that cannot be used."""
    yield from _step_ids(subject)
    yield from _inputs(subject)
    for name in subject.definition.outputs:
        if not 1 <= len(name) <= 100 or name != name.strip():
            yield finding("bad_output_name", field="outputs", name=name[:100])
    for step in subject.definition.steps:
        for key in step.set_context:
            if not _CONTEXT_KEY.fullmatch(key):
                yield finding("bad_context_key", step.id, "set_context", step=title(step), key=key[:100])


def _step_ids(subject: Subject) -> Iterator[Finding]:
    counts = Counter(step.id for step in subject.definition.steps)
    if not counts:
        yield finding("no_steps")
    for step_id, count in counts.items():
        if count > 1:
            yield finding("duplicate_step_id", step_id, "id", id=step_id, count=count)
        if step_id in RESERVED:
            yield finding("reserved_step_id", step_id, "id", id=step_id, reserved=", ".join(RESERVED))


def _inputs(subject: Subject) -> Iterator[Finding]:
    counts = Counter(field.name for field in subject.definition.inputs)
    for name, count in counts.items():
        if count > 1:
            yield finding("duplicate_input", field=f"inputs.{name}", name=name, count=count)
    for field in subject.inputs.values():
        yield from _input(field)


def _input(field: InputField) -> Iterator[Finding]:
    place = f"inputs.{field.name}"
    if field.type is InputType.CHOICE and not field.choices:
        yield finding("choices_missing", field=place, name=field.name)
        return
    try:
        if field.default is not None:
            check_value(field, field.default)
    except ValueError as error:
        yield finding("bad_default", field=place, name=field.name, reason=error)
