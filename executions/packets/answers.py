"""What each answer to a request leads to, in words: what begins, who is asked next, what cannot be undone."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from agents.models import Agent
from agents.tools.base import Tool
from approvals.policy import addressed_to
from approvals.queries import AnswerOption
from convergio.errors import InvalidInput
from executions.engine.plan import Plan
from executions.packets.prospects import End, Prospect, after, after_failure, after_giving_up, perhaps
from executions.packets.reading import cast_of
from workflows.expressions import Scope, as_text, resolve
from workflows.schema import ApprovalStep, Step, StepId

MOST_NAMED = 12
READING = frozenset({"GET", "HEAD", "OPTIONS"})
REACHING_OUT = frozenset({"notify", "start"})
"""Permissions of tools whose effect is out in the world, however often they are called."""
USUAL = {"approve": "approved", "reject": "rejected", "submit": "submitted"}
"""The ports of a step without answers of its own."""
TIMEOUT = AnswerOption("timeout", "Nobody answers", "", "plain")


@dataclass(frozen=True)
class Situation:
    """What the consequences of an answer are read from. `revisions` were asked for so far, `busy` other steps work.

    `facts` is what the request is about, as whoever opened it knows it.
    """

    plan: Plan
    step_id: StepId
    kind: str
    ended: frozenset[StepId]
    busy: int
    revisions: int
    agents: Mapping[str, Agent]
    tools: Mapping[str, Tool]
    scope: Scope
    quorum: str = "any"
    facts: Mapping[str, Any] = field(default_factory=dict)

    def title(self, step_id: StepId) -> str:
        """What people call a step."""
        return self.plan.steps[step_id].title


def consequences(of: Situation, options: Sequence[AnswerOption], *, lapses: str = "") -> list[dict[str, Any]]:
    """One entry for each answer, and one for none at all where the request `lapses` (approves, or times out)."""
    if of.step_id not in of.plan.steps:
        return []
    found = [_entry(of, option) for option in options]
    if lapses == "approved":
        approve = next((one for one in options if one.counts_as == "approve"), TIMEOUT)
        by_itself = {"id": TIMEOUT.id, "label": TIMEOUT.label, "tone": TIMEOUT.tone}
        found.append(_entry(of, approve) | by_itself)
    elif lapses:
        found.append(_entry(of, TIMEOUT))
    return found


def _entry(of: Situation, option: AnswerOption) -> dict[str, Any]:
    known = {"id": option.id, "label": option.label, "tone": option.tone}
    return known | _CONSEQUENCES.get(of.kind, _of_a_gate)(of, option)


# approvals and forms


def _of_a_gate(of: Situation, option: AnswerOption) -> dict[str, Any]:
    step = of.plan.steps[of.step_id]
    if option.counts_as == "request_changes" and isinstance(step, ApprovalStep) and step.config.revise:
        if of.revisions < step.config.max_revisions:
            return _again(of, step)
        return _told(of, _prospect(of, option)) | {
            "note": "No further round is left: this counts as a rejection."
        }
    note = _quorum_note(of.quorum) if option.counts_as == "approve" else ""
    return _told(of, _prospect(of, option)) | ({"note": note} if note else {})


def _prospect(of: Situation, option: AnswerOption) -> Prospect:
    """An approval without a way on is fine; any other end without one makes the step fail."""
    port = _port(of, option)
    if option.counts_as in ("approve", "submit") or of.plan.leads_on(of.step_id, port):
        return after(of.plan, of.step_id, port, of.ended)
    return after_failure(of.plan, of.step_id, of.ended)


def _port(of: Situation, option: AnswerOption) -> str:
    """The port of an answer: with answers of its own a step has one for each of them."""
    step = of.plan.steps[of.step_id]
    own = step.config.answers if isinstance(step, ApprovalStep) else ()
    if option.id in {answer.id for answer in own}:
        return option.id
    if option.counts_as == "request_changes":
        return next((answer.id for answer in own if answer.counts_as == "reject"), "rejected")
    return USUAL.get(option.counts_as, "timeout")


def _quorum_note(quorum: str) -> str:
    if quorum == "any":
        return ""
    return (
        f"As soon as {'everybody who is asked has' if quorum == 'all' else f'{quorum} people have'} approved."
    )


def _again(of: Situation, step: ApprovalStep) -> dict[str, Any]:
    """A new round."""
    revised = step.config.revise or ""
    level = revised if of.plan.steps[revised].parent == step.parent else ""
    between = of.plan.graph.between(level, step.id) - {level, step.id} if level else frozenset()
    after_it = of.plan.in_order(between)
    found = Prospect(End.ON, works=(revised, *after_it), perhaps=_left_out(of, revised, between))
    return {
        "result": "again",
        "sentence": (
            f"{of.title(revised)} is done again with your comment and its earlier work{_then(of, after_it)}. "
            f"You are asked again: round {of.revisions + 2} of at most {step.config.max_revisions + 1}."
        ),
        "next": [_described(of, one, found) for one in found.works[:MOST_NAMED]],
        "asks": [],
        "cannot_undo": [entry for one in found.works for entry in _harm(of, one, found)],
    }


def _left_out(of: Situation, revised: StepId, between: frozenset[StepId]) -> frozenset[StepId]:
    """Which of the steps up to the one that asks may not be needed this time."""
    return perhaps(of.plan, [revised, *between]) & between


def _then(of: Situation, step_ids: Sequence[StepId]) -> str:
    if not step_ids:
        return ""
    return (
        f", then {_names(of, step_ids)}"
        if len(step_ids) < 3
        else f", then the {len(step_ids)} steps after it"
    )


# what comes up in the middle of a step


def _of_a_tool(of: Situation, option: AnswerOption) -> dict[str, Any]:
    title = of.title(of.step_id)
    if option.counts_as == "approve":
        made = _plain("on", f"The call is made once, with exactly these arguments, and {title} goes on.")
        return made | {"cannot_undo": list(_this_call(of))}
    if of.plan.steps[of.step_id].type == "tool":
        found = _told(of, after_failure(of.plan, of.step_id, of.ended))
        return found | {"sentence": f"The call is not made and {title} fails. {found['sentence']}"}
    return _plain("on", f"The call is not made. {title} is told so and goes on without it.")


def _this_call(of: Situation) -> Iterator[dict[str, Any]]:
    """The call that waits, if it cannot be taken back."""
    slug, arguments = str(of.facts.get("tool", "")), of.facts.get("arguments")
    given = arguments if isinstance(arguments, Mapping) else {}
    if slug and is_final(of.tools.get(slug), given):
        known = {"step": of.step_id, "title": of.title(of.step_id), "tool": _tool_title(of, slug)}
        yield known | {"to": _recipient(of, given), "may": False, "asks_first": False}


def _of_a_question(of: Situation, option: AnswerOption) -> dict[str, Any]:
    said = "with your answer" if option.id != "timeout" else "without an answer"
    return _plain("on", f"{of.title(of.step_id)} goes on where it stopped, {said}.")


def _of_a_limit(of: Situation, option: AnswerOption) -> dict[str, Any]:
    if option.counts_as == "approve":
        return _plain(
            "on", f"The limit grows by what you fill in; {of.title(of.step_id)} goes on where it stopped."
        )
    if of.facts.get("of") == "run":
        return _told(of, Prospect(End.FAILS))
    return _told(of, after_failure(of.plan, of.step_id, of.ended))


def _of_a_repair(of: Situation, option: AnswerOption) -> dict[str, Any]:
    title = of.title(of.step_id)
    if option.id == "skip":
        return _told(of, after(of.plan, of.step_id, of.plan.way_on(of.step_id), of.ended))
    if option.counts_as == "approve":
        changed = " with the input as you changed it" if option.id == "retry_edited" else ""
        return _plain("on", f"{title} is tried again{changed}.")
    return _told(of, after_giving_up(of.plan, of.step_id, of.ended))


def _plain(result: str, sentence: str) -> dict[str, Any]:
    return {"result": result, "sentence": sentence, "next": [], "asks": [], "cannot_undo": []}


_CONSEQUENCES = {
    "tool": _of_a_tool,
    "question": _of_a_question,
    "limit": _of_a_limit,
    "repair": _of_a_repair,
}

# in words


def _told(of: Situation, found: Prospect) -> dict[str, Any]:
    gates = [one for one in found.asks if one in of.plan.steps]
    return {
        "result": _result(of, found),
        "sentence": _sentence(of, found),
        "next": [_described(of, one, found) for one in _work(found)[:MOST_NAMED]],
        "asks": [_described(of, one, found) for one in gates[:MOST_NAMED]]
        if found.end is not End.REPAIR
        else [],
        "cannot_undo": [entry for one in found.works for entry in _harm(of, one, found)][:MOST_NAMED],
    }


def _result(of: Situation, found: Prospect) -> str:
    if found.end is End.BRANCH:
        return "on" if of.busy else "ends"
    return str(found.end)


def _work(found: Prospect) -> list[StepId]:
    """What begins at once comes first."""
    first = [one for one in (*found.passes, *found.first) if one in found.works]
    return [*first, *(one for one in found.works if one not in first)]


def _sentence(of: Situation, found: Prospect) -> str:
    match found.end:
        case End.FAILS:
            return "The run fails" + (f"; {_others(of.busy)} stopped." if of.busy else ".")
        case End.REPAIR:
            failed = of.plan.steps[found.asks[0]]
            asked = addressed_to(getattr(failed.on_error, "assignees", ()))
            return f"{failed.title} fails, and {asked} is asked to repair it."
        case End.BRANCH:
            still = f"This branch ends well; {_others(of.busy)} not touched."
            return still if of.busy else "The run ends well."
        case _:
            return " ".join(_going_on(of, found))


def _going_on(of: Situation, found: Prospect) -> Iterator[str]:
    waiting = dict(found.missing)
    if found.passes:
        loop = next(
            one for one in found.around if one in of.plan.roots and found.passes[0] in of.plan.roots[one]
        )
        yield f"{_beginning(of, found.passes)} for the next pass of {of.title(loop)}, if there is one."
    inside = f"When {_names(of, found.around)} is done: " if found.around else ""
    first = [one for one in found.first if one not in waiting]
    work = [one for one in first if one in found.works]
    if work:
        yield f"{inside}{_beginning(of, work)}."
    for target, missing in waiting.items():
        are = "is" if len(missing) == 1 else "are"
        yield f"{of.title(target)} begins once {_names(of, missing)} {are} done as well."
    asked = [one for one in first if one in found.asks]
    if asked:
        yield f"{inside}{_names(of, asked)} {'comes' if len(asked) == 1 else 'come'} next."
    if found.ends and not found.asks:
        yield "Then the run ends, nobody is asked again."


def _beginning(of: Situation, step_ids: Sequence[StepId]) -> str:
    return f"{_names(of, step_ids)} {'begins' if len(step_ids) == 1 else 'begin'}"


def _others(count: int) -> str:
    return "another step that works is" if count == 1 else f"{count} other steps that work are"


def _names(of: Situation, step_ids: Sequence[StepId]) -> str:
    titles = [of.title(one) for one in step_ids[:MOST_NAMED]]
    return titles[0] if len(titles) == 1 else f"{', '.join(titles[:-1])} and {titles[-1]}"


def _described(of: Situation, step_id: StepId, found: Prospect) -> dict[str, Any]:
    step = of.plan.steps[step_id]
    return {
        "step": step_id,
        "title": step.title,
        "type": step.type,
        "who": _who(of, step),
        "perhaps": step_id in found.perhaps,
        "waits_for": [of.title(one) for one in dict(found.missing).get(step_id, ())],
    }


def _who(of: Situation, step: Step) -> str:
    """Who or what a step is about."""
    match step.type:
        case "approval":
            return _asked(step.config.approvers)
        case "input":
            return _asked(step.config.assignees)
        case "agent" | "team":
            return ", ".join(of.agents[one].name for one in cast_of(step) if one in of.agents)
        case "tool":
            return _tool_title(of, step.config.tool)
        case "workflow":
            return f"the workflow {step.config.workflow}"
        case _:
            return ""


def _asked(named: Sequence[str]) -> str:
    """Who will be asked, as far as the definition says before the run has come there."""
    sure = [one for one in named if "${" not in one]
    if len(sure) == len(named):
        return addressed_to(named)
    return f"{addressed_to(sure)} and whom the run works out" if sure else "whom the run works out"


# what cannot be undone


def _harm(of: Situation, step_id: StepId, found: Prospect) -> Iterator[dict[str, Any]]:
    """The calls of a step that reach out into the world: sure ones of a tool step, possible ones of agents."""
    step = of.plan.steps[step_id]
    if step.type == "tool":
        if is_final(of.tools.get(step.config.tool), step.config.arguments):
            known = {"step": step_id, "title": step.title, "tool": _tool_title(of, step.config.tool)}
            asks = {"may": step_id in found.perhaps, "asks_first": step.config.ask_first}
            yield known | {"to": _recipient(of, step.config.arguments)} | asks
    elif step.type in ("agent", "team"):
        for slug in _tools_of(of, step):
            if is_final(of.tools.get(slug), {}):
                yield {
                    "step": step_id,
                    "title": step.title,
                    "tool": _tool_title(of, slug),
                    "to": "",
                    "may": True,
                }


def is_final(tool: Tool | None, arguments: Mapping[str, Any]) -> bool:
    """Whether a call cannot be taken back: not one that may be repeated, or one that tells people or starts runs."""
    if tool is None:
        return True
    reads_only = str(arguments.get("method", "")).upper() in READING
    return (not tool.idempotent and not reads_only) or not REACHING_OUT.isdisjoint(tool.permissions)


def _tools_of(of: Situation, step: Any) -> Sequence[str]:
    own = getattr(step.config, "tools", None)
    if own is not None:
        return list(own)
    return list(
        dict.fromkeys(slug for one in cast_of(step) if one in of.agents for slug in of.agents[one].tools)
    )


def _tool_title(of: Situation, slug: str) -> str:
    return of.tools[slug].title if slug in of.tools else slug


def _recipient(of: Situation, arguments: Mapping[str, Any]) -> str:
    """Whom or what a call goes to, as far as its arguments say before it is made."""
    for key in ("to", "url", "workflow"):
        if arguments.get(key):
            said = _resolved(of, arguments[key])
            return (urlsplit(said).netloc or said) if key == "url" and "${" not in said else said
    return "everybody in the workspace" if "title" in arguments else ""


def _resolved(of: Situation, value: Any) -> str:
    try:
        return as_text(resolve(value, of.scope))[:200]
    except InvalidInput:
        return (
            "what the run works out"
            if isinstance(value, str) and value.startswith("${")
            else str(value)[:200]
        )
