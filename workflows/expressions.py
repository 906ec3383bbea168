"""Template variables: `${inputs.market}`, `${steps.research.output.rows[0]}`, `${item}`. Pure.

Nothing is ever evaluated: a variable is a root and a list of names and indices that are looked up in turn.
`$${` stands for a literal `${`. Fields whose names are no plain words are quoted: `${item['Total sales']}`.
"""

import difflib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from convergio.checks import nests_deeper
from convergio.errors import InvalidInput
from workflows.schema.base import Json
from workflows.schema.inputs import InputField, InputType

ROOTS: Final = ("user_input", "inputs", "steps", "context", "item", "loop")
MAX_DEPTH: Final = 64
MAX_PARTS: Final = 32
MAX_RESULT: Final = 2_000_000
"""Characters of JSON that one resolved template may have."""
MAX_LEVELS: Final = 200

ABSENT: Final[Any] = type("Absent", (), {"__repr__": lambda self: "ABSENT", "__bool__": lambda self: False})()
"""There is no such value (None is a value)."""

type Part = str | int
type Outputs = Mapping[str, Json] | Callable[[str], Json]


class ExpressionError(InvalidInput):
    """A `${...}` cannot be read."""

    code = "bad_expression"


class MissingVariable(InvalidInput):
    """A `${...}` names something that is not there."""

    code = "missing_variable"


class TemplateTooLarge(InvalidInput):
    """A template became too large when its variables were filled in."""

    code = "template_too_large"


@dataclass(frozen=True, slots=True)
class Variable:
    """One `${...}`: its root, the names and indices after it, and how it was written."""

    root: str
    parts: tuple[Part, ...]
    text: str

    @property
    def name(self) -> str | None:
        """The input's name, the context key, or the step's id; None for user_input, item and loop."""
        named = self.root in {"inputs", "context", "steps"} and self.parts
        return str(self.parts[0]) if named else None

    @property
    def fields(self) -> tuple[Part, ...]:
        """What is looked up inside the named value: for a step, what comes after `.output`."""
        skipped = {"steps": 2, "inputs": 1, "context": 1}.get(self.root, 0)
        return self.parts[skipped:]


@dataclass(frozen=True, slots=True)
class Scope:
    """What variables may see. `outputs` maps a step id to its output, or is a function that raises KeyError.

    `fields` are the workflow's declared inputs (they tell what `user_input` means); `loop` holds `index`
    (from 0) and `number` (from 1); `step` is the id of the step that asks, for the sentence of an error.
    """

    inputs: Mapping[str, Json] = field(default_factory=dict)
    outputs: Outputs = field(default_factory=dict)
    context: Mapping[str, Json] = field(default_factory=dict)
    item: Json = ABSENT
    loop: Mapping[str, Json] | None = None
    fields: Sequence[InputField] = ()
    step: str = ""

    def output(self, step_id: str) -> Json:
        """A step's output, ABSENT when it has none here."""
        try:
            return self.outputs(step_id) if callable(self.outputs) else self.outputs[step_id]
        except KeyError:
            return ABSENT


def variables_in(value: Json) -> tuple[Variable, ...]:
    """Every variable in a string, list or object, in order. Raises ExpressionError."""
    return tuple(part for text in _texts(value) for part in parse(text) if isinstance(part, Variable))


def resolve(value: Json, scope: Scope) -> Json:
    """Fill in the variables of a JSON value.

    A string that is exactly one variable gives the value with its type; inside other text it becomes text.
    Raises ExpressionError, MissingVariable, or TemplateTooLarge past MAX_RESULT characters.
    """
    return _resolve(value, scope, _Budget(MAX_RESULT), 0)


def lookup(variable: Variable, scope: Scope) -> Json:
    """The value of one variable. Raises MissingVariable with what there is instead."""
    value, rest = _ROOT_VALUES[variable.root](variable, scope)
    for depth, part in enumerate(rest):
        value = _descend(value, part, variable, rest[:depth], scope)
    return value


def user_input(inputs: Mapping[str, Json], fields: Sequence[InputField] = ()) -> Json:
    """What `${user_input}` means: the input of that name, else the first text given, else ABSENT."""
    if "user_input" in inputs:
        return inputs["user_input"]
    wanted = (
        [one.name for one in fields if one.type in {InputType.STRING, InputType.TEXT}] if fields else inputs
    )
    return next((inputs[name] for name in wanted if isinstance(inputs.get(name), str)), ABSENT)


def as_text(value: Json) -> str:
    """A value as people read it: None is nothing, 3.0 is 3, a list of texts has a line for each, others are JSON."""
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if value and isinstance(value, list) and all(isinstance(one, str) for one in value):
        return "\n".join(value)
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


# Reading.

_OPENING = re.compile(r"\$?\$\{")
_ROOT = re.compile(r"\s*([A-Za-z_]\w*)")
_PART = re.compile(
    r"\.([^\W\d][\w-]*)|\[\s*(-?\d{1,9})\s*\]|\[\s*'([^'\\\]]{1,200})'\s*\]|\[\s*\"([^\"\\\]]{1,200})\"\s*\]"
)
_END = re.compile(r"\s*\}")


def parse(text: str) -> list[str | Variable]:
    """Split a template into literal text and variables. Raises ExpressionError with the position."""
    pieces: list[str | Variable] = []
    at = 0
    for opening in _OPENING.finditer(text):
        if opening.start() < at:
            continue
        pieces.append(text[at : opening.start()])
        if opening.group().startswith("$$"):
            pieces.append("${")
            at = opening.end()
        else:
            variable, at = _variable(text, opening.start())
            pieces.append(variable)
    return [piece for piece in (*pieces, text[at:]) if piece != ""]


def _variable(text: str, start: int) -> tuple[Variable, int]:
    root = _ROOT.match(text, start + 2)
    if root is None:
        raise _unreadable(text, start, start + 2)
    parts: list[Part] = []
    at = root.end()
    while part := _PART.match(text, at):
        parts.append(_part(part))
        at = part.end()
    end = _END.match(text, at)
    if end is None:
        raise _unreadable(text, start, at)
    variable = Variable(root[1], tuple(parts), text[start : end.end()])
    _check_shape(variable, start)
    return variable, end.end()


def _part(match: re.Match[str]) -> Part:
    name, index, single, double = match.groups()
    return int(index) if index is not None else name or single or double


def _unreadable(text: str, start: int, at: int) -> ExpressionError:
    close = text.find("}", start)
    shown = text[start : close + 1] if 0 <= close < start + 120 else text[start : start + 60]
    if close < 0:
        return ExpressionError(
            f"The variable that begins at position {start + 1} has no closing brace: {shown!r}. "
            "To write a literal ${, double the dollar sign: $${."
        )
    return ExpressionError(
        f"{shown!r} cannot be read at position {at + 1}: a variable is a name with fields and indices "
        "(like ${steps.research.output.rows[0]}); calls, operators and other code are never run."
    )


def _check_shape(variable: Variable, start: int) -> None:
    fault = _shape_fault(variable)
    if fault:
        raise ExpressionError(f"{variable.text!r} at position {start + 1}: {fault}")


def _shape_fault(variable: Variable) -> str:
    root, parts = variable.root, variable.parts
    if root not in ROOTS:
        near = difflib.get_close_matches(root, ROOTS, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        return f"a variable begins with one of {', '.join(ROOTS)}.{hint}"
    if any(isinstance(part, str) and part.startswith("__") for part in parts):
        return "names that begin with two underscores are not allowed."
    if len(parts) > MAX_PARTS:
        return f"a variable has at most {MAX_PARTS} fields and indices."
    return _SHAPES[root](parts)


def _steps_shape(parts: Sequence[Part]) -> str:
    if len(parts) >= 2 and isinstance(parts[0], str) and parts[1] == "output":
        return ""
    return "a step's result is written ${steps.STEP_ID.output}."


def _named_shape(parts: Sequence[Part]) -> str:
    return "" if parts and isinstance(parts[0], str) else "the name is missing, as in ${inputs.market}."


def _loop_shape(parts: Sequence[Part]) -> str:
    return "" if tuple(parts) in {("index",), ("number",)} else "a loop has ${loop.index} and ${loop.number}."


def _user_input_shape(parts: Sequence[Part]) -> str:
    return "${user_input} has no fields." if parts else ""


_SHAPES: Final[dict[str, Callable[[Sequence[Part]], str]]] = {
    "user_input": _user_input_shape,
    "inputs": _named_shape,
    "context": _named_shape,
    "steps": _steps_shape,
    "item": lambda parts: "",
    "loop": _loop_shape,
}


def _texts(value: Json, depth: int = 0) -> Iterator[str]:
    _check_depth(depth)
    if isinstance(value, str):
        if "${" in value:
            yield value
    elif isinstance(value, Mapping | list | tuple):
        for inner in value.values() if isinstance(value, Mapping) else value:
            yield from _texts(inner, depth + 1)


def _check_depth(depth: int) -> None:
    if depth > MAX_DEPTH:
        raise ExpressionError(f"A template is nested more than {MAX_DEPTH} levels deep.")


# Looking up.


class _Budget:
    """How many characters a result may still have."""

    def __init__(self, characters: int) -> None:
        self.left = characters

    def spend(self, characters: int) -> None:
        self.left -= characters
        if self.left < 0:
            raise TemplateTooLarge(
                f"The template grew past {MAX_RESULT:,} characters when its variables were filled in; "
                "name the fields that are needed instead of whole outputs."
            )


def _resolve(value: Json, scope: Scope, budget: _Budget, depth: int) -> Json:
    _check_depth(depth)
    if isinstance(value, str):
        return _resolve_text(value, scope, budget, depth)
    if isinstance(value, Mapping):
        return {key: _resolve(inner, scope, budget, depth + 1) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_resolve(inner, scope, budget, depth + 1) for inner in value]
    return value


def _resolve_text(text: str, scope: Scope, budget: _Budget, depth: int) -> Json:
    if "${" not in text:
        budget.spend(len(text))
        return text
    pieces = parse(text)
    if len(pieces) == 1 and isinstance(pieces[0], Variable):
        value = lookup(pieces[0], scope)
        if nests_deeper(value, MAX_LEVELS - depth):
            raise TemplateTooLarge(f"The result would be nested more than {MAX_LEVELS} levels deep.")
        budget.spend(len(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)))
        return value
    return "".join(_rendered(pieces, scope, budget))


def _rendered(pieces: Iterable[str | Variable], scope: Scope, budget: _Budget) -> Iterator[str]:
    for piece in pieces:
        text = as_text(lookup(piece, scope)) if isinstance(piece, Variable) else piece
        budget.spend(len(text))
        yield text


def _input(variable: Variable, scope: Scope) -> tuple[Json, Sequence[Part]]:
    return _named(variable, scope, scope.inputs, "input"), variable.fields


def _context(variable: Variable, scope: Scope) -> tuple[Json, Sequence[Part]]:
    return _named(variable, scope, scope.context, "context key"), variable.fields


def _step(variable: Variable, scope: Scope) -> tuple[Json, Sequence[Part]]:
    step_id = str(variable.parts[0])
    value = scope.output(step_id)
    if value is ABSENT:
        known = [] if callable(scope.outputs) else list(scope.outputs)
        raise _missing(variable, scope, f"step {step_id!r} has no output here", known, "Steps with an output")
    return value, variable.fields


def _item(variable: Variable, scope: Scope) -> tuple[Json, Sequence[Part]]:
    if scope.item is ABSENT:
        raise _missing(variable, scope, "there is no item, because this is not inside a for_each loop")
    return scope.item, variable.parts


def _loop(variable: Variable, scope: Scope) -> tuple[Json, Sequence[Part]]:
    if scope.loop is None:
        raise _missing(variable, scope, "there is no loop around this")
    return scope.loop[str(variable.parts[0])], ()


def _user_input(variable: Variable, scope: Scope) -> tuple[Json, Sequence[Part]]:
    value = user_input(scope.inputs, scope.fields)
    if value is ABSENT:
        raise _missing(variable, scope, "the run was given no text", list(scope.inputs), "Inputs")
    return value, ()


_ROOT_VALUES: Final[dict[str, Callable[[Variable, Scope], tuple[Json, Sequence[Part]]]]] = {
    "user_input": _user_input,
    "inputs": _input,
    "context": _context,
    "steps": _step,
    "item": _item,
    "loop": _loop,
}


def _named(variable: Variable, scope: Scope, values: Mapping[str, Json], kind: str) -> Json:
    name = str(variable.name)
    if name not in values:
        raise _missing(variable, scope, f"there is no {kind} {name!r}", list(values))
    return values[name]


def _descend(value: Json, part: Part, variable: Variable, before: Sequence[Part], scope: Scope) -> Json:
    where = "".join(f"[{one}]" if isinstance(one, int) else f".{one}" for one in before) or "it"
    if isinstance(part, int):
        if not isinstance(value, list | tuple):
            raise _missing(variable, scope, f"{where} is {kind_of(value)}, so it has no index [{part}]")
        if not -len(value) <= part < len(value):
            raise _missing(variable, scope, f"{where} has {len(value)} entries, so there is no [{part}]")
        return value[part]
    if not isinstance(value, Mapping):
        raise _missing(variable, scope, f"{where} is {kind_of(value)}, so it has no field {part!r}")
    if part not in value:
        raise _missing(variable, scope, f"there is no field {part!r}", list(value), "Fields")
    return value[part]


def kind_of(value: Json) -> str:
    """The kind of a JSON value in plain words, with its article."""
    kinds = ((bool, "true or false"), (str, "text"), (int | float, "a number"), (Mapping, "an object"))
    if value is None:
        return "empty"
    return next((words for kind, words in kinds if isinstance(value, kind)), "a list")


def _missing(
    variable: Variable, scope: Scope, reason: str, known: Iterable[object] = (), label: str = "Available"
) -> MissingVariable:
    where = f"Step {scope.step!r}: " if scope.step else ""
    names = sorted(map(str, known))
    listed = f" {label}: {', '.join(names[:20])}{', …' if len(names) > 20 else ''}." if names else ""
    return MissingVariable(
        f"{where}{variable.text} is missing: {reason}.{listed}",
        details=[{"step": scope.step or None, "variable": variable.text, "message": reason}],
    )
