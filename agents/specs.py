"""What an agent is, as a document: the files of ready agents and the versions of every agent use it."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from convergio import checks
from convergio.errors import InvalidInput

Word = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)]
Capability = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
ToolName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class AgentSpec(BaseModel):
    """An agent, format 1. Unknown keys are refused by name."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: Literal[1] = 1
    slug: Annotated[str, Field(pattern=rf"^{checks.SLUG.pattern}$")]
    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
    role: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
    description: Annotated[str, Field(max_length=2000)] = ""
    category: Annotated[str, Field(max_length=64)] = ""
    system_prompt: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=20_000)]
    capabilities: tuple[Capability, ...] = ()
    tools: tuple[ToolName, ...] = ()
    tier: Literal["economy", "standard", "premium"] = "standard"
    temperature: Annotated[float, Field(ge=0, le=2)] = 0.3
    max_tokens: Annotated[int, Field(ge=16, le=200_000)] = 800
    icon: Annotated[str, Field(max_length=64)] = "bot"
    tags: tuple[Word, ...] = ()


def parse(document: Any) -> AgentSpec:
    """Return a document as a spec. Raises InvalidInput with one detail a field."""
    try:
        return AgentSpec.model_validate(document)
    except ValidationError as error:
        details = [
            {"field": ".".join(str(part) for part in problem["loc"]), "message": problem["msg"]}
            for problem in error.errors(include_url=False, include_input=False)
        ]
        first = details[0]
        sentence = f"The agent cannot be used: {first['field'] or 'document'}: {first['message']}."
        raise InvalidInput(sentence, details=details) from error
