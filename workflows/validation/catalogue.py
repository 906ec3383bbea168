"""Every finding there is: its code, how bad it is, what it says, and how to mend it.

An error forbids publishing; a warning is probably a mistake; an info is worth knowing. `{step}` is the step's title.
"""

from enum import StrEnum
from typing import Final, NamedTuple


class Severity(StrEnum):
    """How bad a finding is."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class Entry(NamedTuple):
    """What the catalogue says of a code."""

    severity: Severity
    sentence: str
    mend: str


def _error(sentence: str, mend: str) -> Entry:
    return Entry(Severity.ERROR, sentence, mend)


def _warning(sentence: str, mend: str) -> Entry:
    return Entry(Severity.WARNING, sentence, mend)


def _info(sentence: str, mend: str) -> Entry:
    return Entry(Severity.INFO, sentence, mend)


CATALOGUE: Final[dict[str, Entry]] = {
    # Reading
    "unreadable": _error("{reason}", "Correct the document at {place}."),
    # Names
    "no_steps": _error("The workflow has no steps.", "Add a step."),
    "duplicate_step_id": _error(
        "The step id “{id}” is used {count} times.", "Give each step an id of its own."
    ),
    "reserved_step_id": _error(
        "The step id “{id}” has a meaning of its own in conditions.", "Rename the step; not: {reserved}."
    ),
    "duplicate_input": _error(
        "The input “{name}” is declared {count} times.", "Give each input its own name."
    ),
    "choices_missing": _error("The input “{name}” is a choice with nothing to choose.", "Give it choices."),
    "bad_default": _error("The default of the input “{name}” {reason}", "Correct the default or the type."),
    "bad_output_name": _error(
        "“{name}” is no name for an output.", "Use a name of 1 to 100 characters without spaces around it."
    ),
    "bad_context_key": _error(
        "{step} sets the context key “{key}”, which no variable can name.",
        "Use letters, digits, hyphens and underscores, beginning with a letter.",
    ),
    # Structure
    "dangling_edge": _error(
        "The edge from “{source}” to “{target}” leads from or to a step that does not exist: {missing}.",
        "Delete the edge or connect it to a step that exists.",
    ),
    "edge_across_containers": _error(
        "The edge from “{source}” to “{target}” crosses the border of a container.",
        "Connect steps of the same container, or the containers themselves.",
    ),
    "duplicate_edge": _warning(
        "The edge from “{source}” to “{target}” is there twice.", "Delete one of them."
    ),
    "unknown_port": _error("{step} has no port “{port}”.", "Use one of its ports: {ports}."),
    "duplicate_port": _error(
        "{step} has two branches with the port “{port}”.", "Give each branch its own port."
    ),
    "reserved_port": _error(
        "{step} has a branch with the port “{port}”, which has a meaning of its own.",
        "Rename the branch's port.",
    ),
    "unknown_parent": _error(
        "{step} lies in “{parent}”, which does not exist.", "Move it to a container or out."
    ),
    "parent_not_container": _error(
        "{step} lies in “{parent}”, which is no container.", "Only loop, parallel and sequential hold steps."
    ),
    "parent_cycle": _error("{step} lies in itself: {path}.", "Move one of these steps out."),
    "empty_container": _error("{step} holds no steps.", "Put a step into it or delete it."),
    "nested_too_deep": _error(
        "{step} lies in {most} containers, and no container may lie that deep.",
        "Move it out, or make a workflow of its own of the inner steps and call that.",
    ),
    "path_too_long": _error(
        "The path of {step} in a run, made of its id and those of the containers around it, "
        "may have {length} characters; {most} can be kept.",
        "Shorten the ids of the step and of the containers around it, or nest fewer containers.",
    ),
    # Flow
    "cycle": _error(
        "These steps go round in a circle: {path}.",
        "Remove one of the edges; to repeat work use a loop, or an approval that sends it back.",
    ),
    "unreachable": _error(
        "{step} can never start.", "Connect it to a step that runs, by a port that exists."
    ),
    "unconnected": _warning(
        "{step} is connected to nothing, so it starts at once when the work around it starts.",
        "Connect it, or ignore this if it is meant so.",
    ),
    "join_never": _error(
        "{step} waits for {wanted} of its branches, but only {count} lead to it.", "Wait for at most {count}."
    ),
    "dead_port": _info(
        "Nothing follows when {step} ends on “{port}”.", "Connect the port if something should happen then."
    ),
    # Variables
    "bad_expression": _error("{step}, {field}: {reason}", "Write variables like ${{steps.research.output}}."),
    "unknown_step": _error(
        "{step} uses {variable}, but there is no step “{name}”.", "Name a step before it.{hint}"
    ),
    "not_upstream": _error(
        "{step} uses {variable}, but “{name}” does not come before it.",
        "Connect “{name}” so that it comes first.",
    ),
    "inside_container": _error(
        "{step} uses {variable}, but “{name}” lies inside “{container}”.",
        "Use the output of the container: ${{steps.{container}.output}}.",
    ),
    "unknown_input": _error(
        "{step} uses {variable}, but there is no input “{name}”.",
        "Declare the input or correct the name.{hint}",
    ),
    "no_text_input": _error(
        "{step} uses ${{user_input}}, but the workflow declares no text input.",
        "Declare an input of type string or text.",
    ),
    "unknown_context": _warning(
        "{step} uses the context key “{name}”, which no step sets.", "Set it in an earlier step.{hint}"
    ),
    "context_not_upstream": _warning(
        "{step} uses the context key “{name}”, which only later or other steps set ({setters}).",
        "Set it in a step that comes before.",
    ),
    "item_outside_loop": _error(
        "{step} uses {variable}, but the nearest loop around it goes over no items.",
        "Move it into a loop of the kind “for each”.",
    ),
    "loop_outside_loop": _error("{step} uses {variable}, but lies in no loop.", "Move it into a loop."),
    "unknown_output_field": _error(
        "{step} uses {variable}, but {reason}.",
        "Correct the name, or declare the field in the output schema of “{name}”.",
    ),
    # Conditions
    "bad_path": _error("{step}, {field}: {reason}", "Choose the value to compare from the list of steps."),
    "bad_pattern": _error("{step}, {field}: {reason}", "Correct the pattern; look-around is not supported."),
    "compare_needs_number": _error(
        "{step}, {field}: {value} cannot be ordered, so the comparison is never true.",
        "Compare with a number or a date.",
    ),
    "compare_needs_list": _error(
        "{step}, {field}: “is one of” needs a list to look in, not {value}.", "Give the values as a list."
    ),
    "compare_needs_value": _error("{step}, {field}: there is nothing to compare with.", "Give a value."),
    "compare_type_mismatch": _error(
        "{step}, {field}: {path} is {kind}, so this comparison is never true.",
        "Use another comparison or compare another value.",
    ),
    "empty_condition": _warning("{step}, {field}: the condition is {always} true.", "Add a comparison."),
    # Configuration
    "agent_missing": _error("{step} names no agent and no capability.", "Choose an agent."),
    "empty_prompt": _error("{step} has an empty prompt.", "Write what is to be done."),
    "fallback_not_agent": _error(
        "{step} falls back to another agent, but it is no agent step.", "Choose another way to handle errors."
    ),
    "nothing_to_raise": _warning(
        "{step} asks for more when a limit is reached, but it has no limit that can be raised.",
        "Set a limit of calls, tokens, tool calls or cost, or let a breach stop.",
    ),
    "asks_about_nothing": _warning(
        "{step} asks before each call of “{name}”, which is not among its tools.",
        "Add the tool, or take it off the list.{hint}",
    ),
    "fallback_same": _warning("{step} falls back to the same agent.", "Choose another agent."),
    "duplicate_member": _warning("{step} has “{name}” in its team twice.", "Remove one."),
    "bad_schema": _error("{step}, {field} is no usable JSON Schema: {reason}.", "Correct the schema."),
    "form_not_object": _error(
        "{step} has a form that describes no object with fields.",
        "Give the form the type object and properties.",
    ),
    "nobody_asked": _error("{step} asks nobody.", "Name at least one person, group or role."),
    "quorum_too_large": _error(
        "{step} wants {quorum} decisions from {count} people.", "Lower the number or name more people."
    ),
    "due_after_expiry": _warning(
        "{step} is due after it expires.", "Make the due time shorter than the expiry."
    ),
    "auto_approve_too_late": _warning(
        "{step} would approve itself only after it expires, so never.",
        "Shorten the time to approve by itself.",
    ),
    "duplicate_answer": _error(
        "{step} has two answers with the id “{name}”.", "Give each answer an id of its own."
    ),
    "reserved_answer": _error(
        "{step} has an answer with the id “{name}”, which has a meaning of its own.",
        "Call the answer something else.",
    ),
    "same_label": _warning(
        "{step} has two buttons that read “{name}”.", "Give each button words of its own."
    ),
    "no_approval": _warning(
        "Every answer of {step} counts as rejection, so nothing can be approved.",
        "Let one of the answers count as approval.",
    ),
    "auto_approve_nothing": _error(
        "{step} would approve itself, but none of its answers counts as approval.",
        "Let one of the answers count as approval, or do not let it approve itself.",
    ),
    "edit_with_quorum": _error(
        "{step} lets people change what several of them decide on, so they would decide on different things.",
        "Let one answer decide, or forbid changes.",
    ),
    "nothing_to_edit": _warning("{step} lets people change data, but shows none.", "Choose what to show."),
    "remind_without_due": _error(
        "{step} reminds people before it is due, but it is never due.", "Say when it is due or expires."
    ),
    "remind_too_early": _warning(
        "{step} would remind people before or when they are asked.",
        "Make the time of the reminder shorter than the time until it is due.",
    ),
    "follow_up_too_late": _warning(
        "{step} should be begun with only when it is due or has expired.",
        "Make that time shorter than the time until it is due.",
    ),
    "escalate_to_nobody": _error(
        "{step} asks others after some time, but names nobody.", "Say who is to be asked then."
    ),
    "escalate_never": _error(
        "{step} names who is asked when nobody answers, but not when.", "Say after how much time."
    ),
    "escalate_too_late": _warning(
        "{step} would ask others only after it expires, so never.", "Shorten the time until they are asked."
    ),
    "escalate_to_the_same": _warning(
        "{step} would ask after some time just those who are asked at first.", "Name somebody else."
    ),
    "unknown_revise": _error(
        "{step} sends work back to “{name}”, which does not exist.", "Choose a step before it."
    ),
    "revise_not_upstream": _error(
        "{step} sends work back to “{name}”, which does not come before it in the same container.",
        "Choose a step on the way to it.",
    ),
    "not_a_list": _error(
        "{step} goes over {field}, which is {kind}.", "Give a list, or a variable that holds one."
    ),
    "items_over_limit": _error(
        "{step} has {count} items but allows at most {limit}, so it fails.",
        "Raise the maximum or shorten the list.",
    ),
    "loop_never_changes": _warning(
        "The condition of {step} looks at nothing that the loop changes, so it runs {outcome}.",
        "Look at a step inside the loop, at the context or at the round's number.",
    ),
    "while_before_first": _warning(
        "The condition of {step} looks at “{name}” inside the loop, which has no output before the first round.",
        "Use “until”, which looks after each round.",
    ),
    "filter_without_source": _warning("{step} has a filter but no list to filter.", "Give it a source list."),
    "bad_time": _error(
        "{step} waits until {value}, which is no time.", "Write it like 2026-03-31T09:00:00Z."
    ),
    "sla_over_timeout": _warning(
        "{step} is stopped by its timeout before its service level could be breached.",
        "Make the target shorter than the timeout.",
    ),
    # What exists
    "unknown_agent": _error(
        "{step} names the agent “{name}”, which does not exist.", "Choose an agent.{hint}"
    ),
    "unknown_capability": _error(
        "{step} asks for the capability “{name}”, which no agent has.",
        "Choose an agent or a capability.{hint}",
    ),
    "unknown_tool": _error("{step} names the tool “{name}”, which does not exist.", "Choose a tool.{hint}"),
    "missing_argument": _error("{step} does not give the tool its “{name}”.", "Fill in the argument."),
    "unknown_argument": _error(
        "{step} gives the tool “{name}”, which it does not take.", "Use one of: {known}.{hint}"
    ),
    "bad_argument": _error("{step} gives the tool a wrong “{name}”: {reason}.", "Correct the argument."),
    "unknown_workflow": _error(
        "{step} calls the workflow “{name}”, which is not published here.",
        "Choose a published workflow.{hint}",
    ),
    "self_workflow": _error(
        "{step} calls the workflow that it is part of.", "Call another one, or use a loop."
    ),
    "missing_child_input": _error(
        "{step} does not give the workflow its input “{name}”.", "Fill in the input."
    ),
    "unknown_child_input": _error(
        "{step} gives the workflow “{name}”, which it does not ask for.", "Use one of: {known}.{hint}"
    ),
    "bad_child_input": _error(
        "{step} gives the workflow a wrong “{name}”, which {reason}", "Correct the value."
    ),
    "unknown_person": _error("{step} asks “{name}”, who is no member here.", "Choose a member.{hint}"),
    "unknown_group": _error("{step} asks the group “{name}”, which does not exist.", "Choose a group.{hint}"),
}
