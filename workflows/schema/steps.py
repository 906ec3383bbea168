"""The step types: what is common to all, then one config and one class a type."""

from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from workflows.schema.asking import ApprovalConfig, InputConfig
from workflows.schema.base import Frozen, Json, PortName, Position, Seconds, Slug, StepId
from workflows.schema.conditions import Condition
from workflows.schema.policies import Guardrails, Join, OnError, OnErrorFail, Retry, Sla

Prompt = Annotated[str, Field(max_length=50_000)]
JsonSchema = dict[str, Any]


class StepType(StrEnum):
    """Every kind of step there is."""

    AGENT = "agent"
    TEAM = "team"
    TOOL = "tool"
    CONDITION = "condition"
    APPROVAL = "approval"
    INPUT = "input"
    PARALLEL = "parallel"
    SEQUENTIAL = "sequential"
    LOOP = "loop"
    TRANSFORM = "transform"
    WAIT = "wait"
    WORKFLOW = "workflow"


CONTAINER_TYPES = frozenset({StepType.PARALLEL, StepType.SEQUENTIAL, StepType.LOOP})


class StepBase(Frozen):
    """What every step has. `parent` names the container it lies in."""

    id: StepId
    name: Annotated[str, Field(max_length=200)] = ""
    notes: Annotated[str, Field(max_length=5000)] = ""
    parent: StepId | None = None
    position: Position = Position()
    join: Join = "all"
    timeout_s: Seconds | None = None
    retry: Retry = Retry()
    on_error: OnError = OnErrorFail()
    guardrails: Guardrails = Guardrails()
    sla: Sla | None = None
    output_schema: JsonSchema | None = None
    set_context: dict[str, str] = Field(
        default_factory=dict, description="context key -> template, set on success"
    )

    @property
    def title(self) -> str:
        """What people read: the name, else the id made readable."""
        return self.name or self.id.replace("_", " ").capitalize()


class Handoff(Frozen):
    """What an agent hands to the agents after it: named context keys, and why. Recorded in the run."""

    keys: tuple[str, ...] = ()
    reason: Annotated[str, Field(max_length=500)] = ""


class AgentConfig(Frozen):
    """One agent, named by slug or found by capability, answers a prompt."""

    agent: Slug | None = None
    capability: Annotated[str, Field(max_length=100)] | None = None
    prompt: Prompt = "${user_input}"
    tools: tuple[str, ...] | None = Field(default=None, description="None: the agent's own tools")
    ask_first: tuple[str, ...] = Field(
        default=(), description="tools that a person must allow before each call"
    )
    model: Annotated[str, Field(max_length=200)] | None = None
    max_tokens: Annotated[int, Field(ge=1, le=200_000)] | None = None
    conversation: bool = Field(default=False, description="see what earlier agents of this run said")
    handoff: Handoff | None = None


class AgentStep(StepBase):
    """An agent works on a prompt; output is its text, or an object when output_schema is set."""

    type: Literal["agent"]
    config: AgentConfig


class TeamConfig(Frozen):
    """Several agents talk until max_turns or until one says `stop_word`."""

    mode: Literal["round_robin", "selector"] = "round_robin"
    members: Annotated[tuple[Slug, ...], Field(min_length=1, max_length=20)]
    prompt: Prompt = "${user_input}"
    max_turns: Annotated[int, Field(ge=1, le=100)] = 6
    stop_word: Annotated[str, Field(max_length=100)] = ""
    selector_prompt: Annotated[str, Field(max_length=5000)] = ""
    max_tokens: Annotated[int, Field(ge=1, le=200_000)] | None = None
    ask_first: tuple[str, ...] = Field(
        default=(), description="tools that a person must allow before each call"
    )


class TeamStep(StepBase):
    """A group chat; output is {"text": last message, "messages": [{"agent", "text"}], "stop_reason"}."""

    type: Literal["team"]
    config: TeamConfig


class ToolConfig(Frozen):
    """A tool by slug; its arguments may hold variables."""

    tool: Annotated[str, Field(min_length=1, max_length=200)]
    arguments: dict[str, Json] = {}
    ask_first: bool = Field(default=False, description="a person must allow the call")


class ToolStep(StepBase):
    """A tool is called once, with no model; output is what it returns."""

    type: Literal["tool"]
    config: ToolConfig


class Branch(Frozen):
    """One way out of a condition."""

    port: PortName
    label: Annotated[str, Field(max_length=100)] = ""
    when: Condition


class ConditionConfig(Frozen):
    """The first branch that holds is taken, otherwise `else`."""

    branches: Annotated[tuple[Branch, ...], Field(min_length=1, max_length=20)]


class ConditionStep(StepBase):
    """A choice; output is {"port": name}."""

    type: Literal["condition"]
    config: ConditionConfig


class ApprovalStep(StepBase):
    """Waits for a decision; output is {"decision", "answer", "comment", "form", "data", "decided_by"}.

    `answer` is the button, `data` what was under review as it was left by whoever approved it.
    """

    type: Literal["approval"]
    config: ApprovalConfig


class InputStep(StepBase):
    """Waits for a filled form; output is the form's values."""

    type: Literal["input"]
    config: InputConfig


class ParallelConfig(Frozen):
    """Its steps start at once; it ends when all, any, or the first n of its branches have ended."""

    wait_for: Join = "all"
    concurrency: Annotated[int, Field(ge=1, le=100)] | None = None


class ParallelStep(StepBase):
    """A container; output is {child id: output} of the children that have no child after them."""

    type: Literal["parallel"]
    config: ParallelConfig = ParallelConfig()


class SequentialConfig(Frozen):
    """Its steps run in the order in which the definition lists them, unless edges say otherwise."""


class SequentialStep(StepBase):
    """A container; output is the output of its last step."""

    type: Literal["sequential"]
    config: SequentialConfig = SequentialConfig()


class LoopConfig(Frozen):
    """for_each takes `items`, while and until take `condition`; always at most `max_iterations`."""

    mode: Literal["for_each", "while", "until"] = "for_each"
    items: Json = Field(default=None, description="a list, or a variable that gives one")
    condition: Condition | None = None
    max_iterations: Annotated[int, Field(ge=1, le=100_000)] = 100
    concurrency: Annotated[int, Field(ge=1, le=100)] = 1
    on_item_error: Literal["fail", "skip"] = "fail"
    result: Json = Field(
        default=None, description="what an iteration gives; None: the output of its last step"
    )

    @model_validator(mode="after")
    def _needs_its_source(self) -> "LoopConfig":
        if self.mode == "for_each" and self.items is None:
            raise ValueError("a for_each loop needs `items`")
        if self.mode != "for_each" and self.condition is None:
            raise ValueError(f"a {self.mode} loop needs `condition`")
        return self


class LoopStep(StepBase):
    """A container that repeats; output is the list of its iterations' results (None for a skipped item)."""

    type: Literal["loop"]
    config: LoopConfig


class TransformConfig(Frozen):
    """`value` filled in; with `source` (a list) once for each item, kept where `filter` holds."""

    value: Json
    source: Json = None
    filter: Condition | None = None


class TransformStep(StepBase):
    """Reshapes data with no model."""

    type: Literal["transform"]
    config: TransformConfig


class WaitConfig(Frozen):
    """Exactly one of: seconds, until (ISO 8601 date and time, or a variable), event (a name)."""

    seconds: Annotated[float, Field(ge=0, le=366 * 86400)] | None = None
    until: Annotated[str, Field(max_length=200)] | None = None
    event: Annotated[str, Field(pattern=r"^[a-zA-Z][a-zA-Z0-9_.-]{0,99}$")] | None = None
    expires_s: Seconds | None = Field(default=None, description="an event not seen by then: port timeout")

    @model_validator(mode="after")
    def _exactly_one(self) -> "WaitConfig":
        if sum(value is not None for value in (self.seconds, self.until, self.event)) != 1:
            raise ValueError("a wait has exactly one of: seconds, until, event")
        return self


class WaitStep(StepBase):
    """Waits for a time or an event; output is the event's payload, or {"waited_until": time}."""

    type: Literal["wait"]
    config: WaitConfig


class WorkflowConfig(Frozen):
    """Another published workflow of the same workspace; its newest version unless one is named."""

    workflow: Slug
    version: Annotated[int, Field(ge=1)] | None = None
    inputs: dict[str, Json] = {}


class WorkflowStep(StepBase):
    """Runs another workflow; output is that run's outputs."""

    type: Literal["workflow"]
    config: WorkflowConfig


Step = Annotated[
    AgentStep
    | TeamStep
    | ToolStep
    | ConditionStep
    | ApprovalStep
    | InputStep
    | ParallelStep
    | SequentialStep
    | LoopStep
    | TransformStep
    | WaitStep
    | WorkflowStep,
    Field(discriminator="type"),
]
