"""What the form of any step has besides what is special to its type."""

from typing import Final

from workflows.panels.fields import Field, Option, Section
from workflows.panels.offers import Offers
from workflows.schema import StepType

_WORKING: Final = frozenset({StepType.AGENT, StepType.TEAM, StepType.TOOL, StepType.WORKFLOW})
_LIMITED: Final = _WORKING | {StepType.LOOP, StepType.PARALLEL, StepType.SEQUENTIAL}
JOINS: Final = (
    ("all", "All steps before it have ended"),
    ("any", "The first of them has ended"),
    ("number", "A number of them have ended"),
)


def heading() -> Section:
    """The name that people read and the id that variables use."""
    return Section(
        "heading",
        "",
        (
            Field("name", "Title", nothing="", placeholder="As people call this step"),
            Field(
                "id", "Id", required=True, help="Variables name the step by it; renaming follows everywhere."
            ),
        ),
    )


def common(kind: StepType, offers: Offers, incoming: int) -> tuple[Section, ...]:
    """Sections that are folded until they are needed."""
    found = [_errors(kind, offers)]
    if kind in _LIMITED:
        found.append(guardrails("guardrails", "Limits of this step", offers))
    found += [_timing(), _join(), _output(), _context(), _notes()]
    return tuple(one for one in found if one.key != "join" or incoming > 1)


def _errors(kind: StepType, offers: Offers) -> Section:
    on_error = Field(
        "on_error",
        "When it fails for good",
        "on_error",
        scope="any",
        options=offers.agent_options,
        facts={"fallback": kind == StepType.AGENT, "people": offers.people_options},
    )
    return Section("errors", "When it fails", (*_retry(), on_error), "rotate-ccw")


def _retry() -> tuple[Field, ...]:
    return (
        Field(
            "retry.attempts",
            "Attempts",
            "integer",
            "The first one included; 1 means no retry.",
            required=True,
        ),
        Field("retry.backoff_s", "First pause", "duration", required=True),
        Field("retry.factor", "Each pause is longer by", "number", required=True, unit="times"),
        Field("retry.max_s", "Longest pause", "duration", required=True),
        Field("retry.jitter", "Random share of a pause", "number", "Between 0 and 1.", required=True),
    )


BREACHES: Final = (Option("stop", "Stop"), Option("ask", "Ask a person for more"))


def guardrails(name: str, title: str, offers: Offers) -> Section:
    """Limits of a step or of a whole run."""
    people = Field(
        f"{name}.assignees",
        "Who is asked",
        "picks",
        "Nobody: who started the run, and approvers.",
        options=offers.people_options,
        facts={"word": "person or group"},
    )
    return Section(
        "guardrails",
        title,
        (
            Field(f"{name}.max_requests", "Model calls at most", "integer"),
            Field(f"{name}.max_tokens", "Tokens at most", "integer"),
            Field(f"{name}.max_tool_calls", "Tool calls at most", "integer"),
            Field(f"{name}.max_cost", "Cost at most", "number", unit="US dollars"),
            Field(f"{name}.max_wall_s", "Time at most", "duration", "Waiting for people included."),
            Field(f"{name}.on_breach", "Then", "choice", options=BREACHES, required=True),
            people,
        ),
        "shield-check",
        "Nothing set means no limit. Work stops, or asks for more, when a limit is reached; time always stops it.",
    )


def _timing() -> Section:
    return Section(
        "timing",
        "Time",
        (
            Field("timeout_s", "Give up after", "duration", "Each attempt anew.", placeholder="no limit"),
            sla(),
        ),
        "timer",
    )


def sla() -> Field:
    """How long a step, or a run, should take."""
    help = "A breach is noted and told; nothing stops."
    return Field("sla", "Should take at most", "sla", help, placeholder="no target")


def _join() -> Section:
    join = Field("join", "Starts when", "count", facts={"choices": JOINS, "as_object": True})
    return Section("join", "Joining branches", (join,), "git-branch")


def _output() -> Section:
    schema = Field(
        "output_schema", "What the output looks like", "schema", facts={"none": "Free text, or as it comes"}
    )
    return Section(
        "output", "Output", (schema,), "braces", "An agent then answers with exactly these fields."
    )


def _context() -> Section:
    facts = {"texts": True, "key": "Key", "word": "text"}
    context = Field("set_context", "Remember for later steps", "mapping", scope="own", facts=facts)
    return Section(
        "context", "Context", (context,), "tag", "Read as ${context.key} by the steps after this one."
    )


def _notes() -> Section:
    notes = Field("notes", "Notes for colleagues", "area", nothing="")
    return Section("notes", "Notes", (notes,), "message-square")
