"""Who made what is under review: steps, agents, models, tool calls, sources, and what all that cost."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from django.utils import timezone

from convergio.values import label
from executions.engine.address import step_id_in
from executions.files import reference
from executions.models import Call, CallStatus, StepRun
from executions.packets.reading import Asked
from workflows.schema import StepId

MOST_TOOL_CALLS = 30
MOST_SOURCES = 30
LONGEST = 1_500
"""Characters of a value that are shown of a call."""
ADDRESSES = ("url", "uri", "href", "link")
QUERIES = ("query", "sql", "q", "search")
TITLES = ("title", "name", "headline")


def run_facts(asked: Asked) -> dict[str, Any]:
    """The run so far: which it is, what it cost, how long it has been going."""
    run = asked.execution
    seconds = (timezone.now() - run.started_at).total_seconds() if run.started_at else None
    return {
        "id": str(run.pk),
        "number": run.number,
        "workflow": run.workflow.name,
        "cost": float(run.cost),
        "tokens": run.prompt_tokens + run.completion_tokens,
        "requests": run.requests,
        "tool_calls": run.tool_calls,
        "took_s": seconds,
    }


def makers(asked: Asked) -> list[dict[str, Any]]:
    """One entry for each step that made it, with who worked in it."""
    return [_maker(asked, step_id, runs) for step_id, runs in asked.made.items()]


def _maker(asked: Asked, step_id: StepId, runs: Sequence[StepRun]) -> dict[str, Any]:
    paths = {run.path for run in runs}
    calls = [call for call in asked.calls if call.path in paths]
    actors = dict.fromkeys(call.actor for call in calls if call.kind == "model")
    return {
        "step": step_id,
        "path": runs[-1].path,
        "title": asked.title(step_id),
        "type": runs[-1].kind,
        "round": max(run.round for run in runs),
        "times": len(runs),
        "agents": [_agent(asked, slug) for slug in actors if slug in asked.agents],
        "models": list(dict.fromkeys(run.served_by for run in runs if run.served_by)),
        "cost": float(max(sum(one.cost for one in runs), sum(one.cost for one in calls))),
        "tokens": max(_tokens(runs), _tokens(calls)),
        "requests": sum(run.requests for run in runs),
        "tool_calls": sum(call.kind == "tool" for call in calls),
        "took_s": _seconds(runs),
    }


def _tokens(used: Iterable[StepRun | Call]) -> int:
    return sum(one.prompt_tokens + one.completion_tokens for one in used)


def _agent(asked: Asked, slug: str) -> dict[str, str]:
    agent = asked.agents[slug]
    return {"slug": slug, "name": agent.name, "icon": agent.icon, "category": agent.category}


def _seconds(runs: Iterable[StepRun]) -> float | None:
    spans = [run.ended_at - run.started_at for run in runs if run.ended_at and run.started_at]
    return sum(span.total_seconds() for span in spans) if spans else None


# what they called


def tool_calls(asked: Asked) -> dict[str, Any]:
    """The calls of tools, in order: {calls, left_out}."""
    calls = [call for call in asked.calls if call.kind == "tool"]
    shown = calls[-MOST_TOOL_CALLS:]
    return {"calls": [_tool_call(asked, call) for call in shown], "left_out": len(calls) - len(shown)}


def _tool_call(asked: Asked, call: Call) -> dict[str, Any]:
    tool = asked.tools.get(call.name)
    agent = asked.agents.get(call.actor)
    span = call.ended_at - call.started_at if call.ended_at else None
    return {
        "tool": call.name,
        "title": tool.title if tool else label(call.name),
        "step": asked.title(step_id_in(call.path)),
        "agent": agent.name if agent else "",
        "summary": _summary(_arguments(call)),
        "arguments": shortened(_arguments(call)),
        "result": shortened(_result(call)),
        "error": _error(call),
        "took_s": span.total_seconds() if span else None,
    }


def _arguments(call: Call) -> Mapping[str, Any]:
    asked = getattr(call, "asked", None)
    given = asked.get("arguments") if isinstance(asked, Mapping) else None
    return given if isinstance(given, Mapping) else {}


def _result(call: Call) -> Any:
    answer = getattr(call, "answer", None)
    return answer["value"] if isinstance(answer, Mapping) and set(answer) == {"value"} else answer


def _error(call: Call) -> str:
    if call.status == CallStatus.STARTED:
        return "It was started and has not reported."
    if not call.error:
        return ""
    return str(call.error.get("message", call.error)) if isinstance(call.error, Mapping) else str(call.error)


def _summary(arguments: Mapping[str, Any]) -> str:
    texts = [f"{key}: {value}" for key, value in arguments.items() if isinstance(value, str | int | float)]
    return ", ".join(one[:80] for one in texts)[:160]


def shortened(value: Any) -> Any:
    """Return a value as it is, or as text that ends early when it is long."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2, default=str)
    return value if len(text) <= LONGEST else f"{text[:LONGEST]}…"


# where it was found


def sources(asked: Asked) -> list[dict[str, str]]:
    """Addresses, files and queries behind the work, each once, in the order in which they were used."""
    found: dict[tuple[str, str], dict[str, str]] = {}
    for call in asked.calls:
        if call.kind == "tool" and call.status == CallStatus.FINISHED:
            for one in _sources_of(call):
                found.setdefault(
                    (one["kind"], one["where"]), one | {"step": asked.title(step_id_in(call.path))}
                )
    return list(found.values())[:MOST_SOURCES]


def _sources_of(call: Call) -> Iterator[dict[str, str]]:
    arguments, result = _arguments(call), _result(call)
    own = result if isinstance(result, Mapping) else {}
    for key in ADDRESSES:
        if is_address(arguments.get(key)):
            yield _address(arguments[key], own)
    for key in QUERIES:
        if isinstance(arguments.get(key), str) and not is_address(arguments[key]):
            yield {"kind": "query", "where": arguments[key][:LONGEST], "title": ""}
    if call.name != "file_write" and isinstance(arguments.get("file"), str):
        yield {"kind": "file", "where": arguments["file"][:200], "title": ""}
    for entry in _entries(result):
        address = next((entry[key] for key in ADDRESSES if is_address(entry.get(key))), None)
        if address:
            yield _address(address, entry)


def _entries(result: Any) -> Iterable[Mapping[str, Any]]:
    """What a search found: a list, or a list in a field of an object."""
    lists = [result, *result.values()] if isinstance(result, Mapping) else [result]
    return [
        one for entries in lists if isinstance(entries, list) for one in entries if isinstance(one, Mapping)
    ]


def _address(address: str, about: Mapping[str, Any]) -> dict[str, str]:
    title = next((str(about[key]) for key in TITLES if about.get(key)), "")
    return {"kind": "web", "where": address[:LONGEST], "title": title[:200]}


def is_address(value: Any) -> bool:
    """Whether a value is an address that a page may link to."""
    try:
        return isinstance(value, str) and urlsplit(value).scheme in ("http", "https")
    except ValueError:
        return False


def files(asked: Asked) -> list[dict[str, Any]]:
    """The files that belong to it, as references."""
    return [reference(one) for one in asked.files]
