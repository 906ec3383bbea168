"""What a tool is: a typed function whose signature is its JSON Schema, as AutoGen's FunctionTool has it.

    @tool(slug="word_count", permissions=(), idempotent=True)
    async def word_count(text: Annotated[str, "Text to count"]) -> int:
        '''Count the words of a text.'''

A parameter annotated `ToolContext` is not part of the schema: it receives what the run lends to the call.
"""

import inspect
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model

from agents.runtime.contract import Files, StartWorkflow
from convergio.errors import InvalidInput


class ToolError(InvalidInput):
    """The tool cannot do that."""

    code = "tool_failed"


@dataclass(frozen=True, slots=True)
class ToolContext:
    """What a call may use besides its arguments. `options` is what the workspace set for the tool.

    `idempotency_key` stays the same whenever this very call is tried again.
    """

    workspace_id: uuid.UUID
    execution_id: str
    path: str
    title: str
    files: Files
    start_workflow: StartWorkflow
    idempotency_key: str
    options: Mapping[str, Any] = field(default_factory=dict)
    answer: Mapping[str, Any] | None = None
    """What a person said, for the tool that asks one."""


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool of the catalogue. `cost` in US dollars per call, `permissions` say what it touches."""

    slug: str
    title: str
    description: str
    parameters: dict[str, Any]
    permissions: tuple[str, ...]
    idempotent: bool
    timeout_s: int
    cost: float
    options: Mapping[str, Any]
    function: Callable[..., Any]
    arguments: type[BaseModel]
    context_parameter: str | None

    async def call(self, arguments: Mapping[str, Any], context: ToolContext) -> Any:
        """Return the tool's answer. Raises ToolError or another ConvergioError with a sentence."""
        try:
            parsed = self.arguments.model_validate(dict(arguments))
        except ValidationError as error:
            problem = error.errors(include_url=False, include_input=False)[0]
            where = ".".join(str(part) for part in problem["loc"])
            raise ToolError(f"Argument {where}: {problem['msg']}.") from error
        given = {name: getattr(parsed, name) for name in self.arguments.model_fields}
        if self.context_parameter:
            given[self.context_parameter] = context
        answer = self.function(**given)
        return await answer if inspect.isawaitable(answer) else answer


def tool(
    *,
    slug: str,
    title: str = "",
    permissions: tuple[str, ...] = (),
    idempotent: bool = True,
    timeout_s: int = 30,
    cost: float = 0.0,
    options: Mapping[str, Any] | None = None,
) -> Callable[[Callable[..., Any]], Tool]:
    """Make a tool of a typed function. Its docstring is what models and people read; defaults are optional."""

    def make(function: Callable[..., Any]) -> Tool:
        hints = get_type_hints(function, include_extras=True)
        arguments = _arguments(slug, function, hints)
        return Tool(
            slug=slug,
            title=title or slug.replace("_", " ").capitalize(),
            description=inspect.cleandoc(function.__doc__ or ""),
            parameters=schema_of(arguments),
            permissions=permissions,
            idempotent=idempotent,
            timeout_s=timeout_s,
            cost=cost,
            options=dict(options or {}),
            function=function,
            arguments=arguments,
            context_parameter=next((name for name, hint in hints.items() if hint is ToolContext), None),
        )

    return make


def _arguments(slug: str, function: Callable[..., Any], hints: dict[str, Any]) -> type[BaseModel]:
    fields: dict[str, Any] = {}
    for name, parameter in inspect.signature(function).parameters.items():
        if hints[name] is ToolContext:
            continue
        required = parameter.default is inspect.Parameter.empty
        fields[name] = (_described(hints[name]), ... if required else parameter.default)
    return create_model(f"{slug}_arguments", __config__=ConfigDict(extra="forbid"), **fields)


def _described(hint: Any) -> Any:
    if get_origin(hint) is not Annotated:
        return hint
    kind, *notes = get_args(hint)
    turned = [Field(description=note) if isinstance(note, str) else note for note in notes]
    return Annotated[kind, *turned]


def schema_of(model: type[BaseModel]) -> dict[str, Any]:
    """Return a model's JSON Schema without the titles that pydantic adds, which only cost tokens."""
    return dict(_untitled(model.model_json_schema()))


def _untitled(value: Any, *, names: bool = False) -> Any:
    if isinstance(value, dict):
        kept = {key: part for key, part in value.items() if names or key != "title"}
        return {key: _untitled(part, names=key == "properties") for key, part in kept.items()}
    if isinstance(value, list):
        return [_untitled(part) for part in value]
    return value
