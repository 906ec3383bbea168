"""How near the run and its steps are to their limits, and what a reviewer should know went amiss."""

from collections.abc import Iterator, Mapping
from typing import Any

from executions.engine.address import step_id_in
from executions.engine.guardrails import COUNTS, Breach
from executions.models import CallStatus, Event, Usage
from executions.packets.reading import Asked
from workflows.schema import Guardrails

type Finding = dict[str, str]
NEAR = 0.8
"""The share of a limit from which on it is worth a warning."""


def limits(asked: Asked) -> list[dict[str, Any]]:
    """Every limit that is set, with what was used of it: {of, name, used, allowed, share, tone, text}."""
    found = list(
        _limits_of("The run", asked.plan.definition.guardrails, asked.execution, asked.execution.state)
    )
    for step_id, runs in asked.made.items():
        rules = asked.plan.steps[step_id].guardrails
        found += _limits_of(asked.title(step_id), rules, runs[-1], runs[-1].state)
    return found


def _limits_of(of: str, rules: Guardrails, used: Usage, state: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for name, (count, unit) in COUNTS.items():
        allowed = getattr(rules, name)
        if allowed is None:
            continue
        allowed = float(allowed + _granted(state, name))
        value = float(_used(used, count))
        share = value / allowed if allowed else 1.0
        tone = "bad" if share > 1 else "waiting" if share >= NEAR else "idle"
        yield {
            "of": of,
            "name": name,
            "used": value,
            "allowed": allowed,
            "share": round(share, 3),
            "tone": tone,
            "text": _text(name, unit, value, allowed),
        }


def _text(name: str, unit: str, used: float, allowed: float) -> str:
    if name == "max_cost":
        return (
            f"${used:,.2f} of ${allowed:,.2f}"
            if used >= 0.01 or not used
            else f"${used:.4f} of ${allowed:,.2f}"
        )
    return f"{used:,.0f} of {allowed:,.0f} {unit}"


def _granted(state: Mapping[str, Any], name: str) -> float:
    """What people allowed on top."""
    found = state.get("granted") or (state.get("extra") or {}).get("granted") or {}
    return float(found.get(name, 0))


def _used(used: Usage, count: str) -> float:
    return used.prompt_tokens + used.completion_tokens if count == "tokens" else float(getattr(used, count))


# findings


def findings(asked: Asked) -> list[Finding]:
    """What went amiss on the way, as sentences: {tone, text}."""
    return [*_passed(asked), *_served_by_others(asked), *_tried_again(asked), *_failed_calls(asked)]


def _passed(asked: Asked) -> Iterator[Finding]:
    for event in asked.trouble:
        who = asked.title(step_id_in(event.path)) if event.path else "The run"
        tone = "bad" if event.type == "guardrail.breached" else "waiting"
        yield {"tone": tone, "text": _SENTENCES[event.type](who, event)}


def _breach(who: str, event: Event) -> str:
    limit = str(event.data.get("limit", ""))
    if limit not in COUNTS:
        return f"{who} passed a limit."
    return Breach(limit, event.data["value"], event.data["allowed"]).sentence(who)


def _late(who: str, event: Event) -> str:
    return f"{who} took longer than the {event.data.get('target_s', 0):g} seconds that it should."


_SENTENCES = {"guardrail.breached": _breach, "sla.breached": _late}


def _served_by_others(asked: Asked) -> Iterator[Finding]:
    """Another model answered than the one that was asked, because that one failed."""
    models = (call for call in asked.calls if call.kind == "model" and call.status == CallStatus.FINISHED)
    swapped = dict.fromkeys((call.path, call.name, call.served_by) for call in models if _is_other(call))
    for path, wanted, served in swapped:
        yield {
            "tone": "waiting",
            "text": f"{asked.title(step_id_in(path))} was answered by {served}, not by {wanted}.",
        }


def _is_other(call: Any) -> bool:
    return bool(call.served_by) and "/" in call.name and call.served_by != call.name


def _tried_again(asked: Asked) -> Iterator[Finding]:
    for step_id, runs in asked.made.items():
        tries = max(run.attempt for run in runs)
        if tries > 1:
            yield {"tone": "waiting", "text": f"{asked.title(step_id)} needed {tries} attempts."}


def _failed_calls(asked: Asked) -> Iterator[Finding]:
    failed = [call.name for call in asked.calls if call.kind == "tool" and call.status == CallStatus.FAILED]
    if failed:
        titles = dict.fromkeys(asked.tools[one].title if one in asked.tools else one for one in failed)
        times = "once" if len(failed) == 1 else f"{len(failed)} times"
        yield {"tone": "waiting", "text": f"A tool failed {times}: {', '.join(titles)}."}
