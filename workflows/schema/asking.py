"""What a step says when it asks people: whom, until when, and what may be answered."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Discriminator, Field, Tag

from workflows.schema.base import Frozen, Json, Seconds, StepId

Title = Annotated[str, Field(min_length=1, max_length=200)]
Asked = Annotated[
    str,
    Field(
        pattern=r"^(user:.+@.+|group:[a-zA-Z0-9_-]+|role:(owner|admin|builder|approver|viewer)|.*\$\{.+\}.*)$",
        max_length=500,
    ),
]
"""Who is asked: a person, a group or a role by name, or a text with variables.

Such a text gives, when it is resolved, one or several (a list, or an object for each person with `email`) of: user:…,
group:…, role:…, or an e-mail address.
"""
Priority = Literal["low", "normal", "high", "urgent"]


def _quorum_kind(value: Any) -> str:
    return "<name>" if isinstance(value, str) else "<number>"


type Quorum = Annotated[
    Annotated[Literal["any", "all"], Tag("<name>")] | Annotated[int, Field(ge=1, le=50), Tag("<number>")],
    Discriminator(_quorum_kind),
]


class OwnAnswer(Frozen):
    """A button of a step's own. It is also the port that the step ends on."""

    id: Annotated[str, Field(pattern=r"^[a-zA-Z][a-zA-Z0-9_]{0,39}$")]
    label: Annotated[str, Field(max_length=100)] = ""
    counts_as: Literal["approve", "reject"] = "approve"
    needs_comment: bool = False


def _none_or_several(answers: tuple[OwnAnswer, ...]) -> tuple[OwnAnswer, ...]:
    if len(answers) == 1:
        raise ValueError("give at least two answers, or none")
    return answers


class Asking(Frozen):
    """What approvals and forms have in common. Times count from the moment of asking, remind_s back from what is due.

    `follow_up_s` is when somebody should have begun with it; `escalate_to` is asked too once `escalate_s` has passed.
    """

    title: Title
    description: Annotated[str, Field(max_length=5000)] = ""
    priority: Priority = "normal"
    due_s: Seconds | None = None
    follow_up_s: Seconds | None = None
    remind_s: Seconds | None = Field(default=None, description="before it is due, or else expires")
    escalate_s: Seconds | None = None
    escalate_to: tuple[Asked, ...] = ()


class ApprovalConfig(Asking):
    """A person decides. `data` is what they look at; `revise` names the upstream step to be done anew.

    With `answers` these are the buttons, instead of approve and reject, and the ports.
    """

    data: Json = None
    can_edit: bool = Field(default=False, description="may `data` be changed and then approved?")
    answers: Annotated[tuple[OwnAnswer, ...], Field(max_length=8), AfterValidator(_none_or_several)] = ()
    approvers: tuple[Asked, ...] = ("role:approver",)
    quorum: Quorum = "any"
    expires_s: Seconds = 86_400
    auto_approve_s: Seconds | None = None
    separation_of_duties: bool = False
    revise: StepId | None = None
    max_revisions: Annotated[int, Field(ge=1, le=20)] = 5
    form: dict[str, Any] | None = Field(default=None, description="JSON Schema; defaults may hold variables")


class InputConfig(Asking):
    """A form from JSON Schema that a named person or group fills."""

    form: dict[str, Any]
    assignees: tuple[Asked, ...] = ("role:builder",)
    expires_s: Seconds | None = None
