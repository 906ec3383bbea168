"""What is one of several: how errors are met, what is waited for, how many are needed."""

from typing import Any, Final

from workflows.panels.fields import Field
from workflows.panels.forms import Form
from workflows.panels.kinds.kind import Kind
from workflows.panels.kinds.plain import duration_text, grouped, read_duration, read_number, with_value
from workflows.panels.kinds.rows import picks_view, read_picks, write_picks
from workflows.panels.kinds.values import read_value, text_of
from workflows.schema import Json


def _parts(field: Field, form: Form, *names: str) -> dict[str, str]:
    return {name: form.text(f"{field.name}.{name}") for name in names}


# All, any, or a number: joins, what a parallel container waits for, and how many must approve.


def _write_count(field: Field, value: Json) -> dict[str, str]:
    number = value["first"] if isinstance(value, dict) else value if isinstance(value, int) else None
    kind = "number" if number is not None else str(value)
    return {f"{field.name}.kind": kind, f"{field.name}.first": "" if number is None else str(number)}


def _read_count(field: Field, form: Form) -> Json:
    kind = form.text(f"{field.name}.kind")
    if kind != "number":
        return kind
    if not form.text(f"{field.name}.first").strip():
        form.wait(f"{field.name}.first", "Not saved yet: give a number.")
    number = read_number(f"{field.name}.first", form, whole=True, required=False)
    return {"first": number} if field.facts.get("as_object") else number


def _count_view(field: Field, form: Form) -> dict[str, Any]:
    return {**_parts(field, form, "kind", "first"), "choices": field.facts["choices"]}


# What happens when a step fails.


def _write_error(field: Field, value: Json) -> dict[str, str]:
    name, default = field.name, value.get("default")
    text = "" if default is None else text_of(default)
    return {
        f"{name}.action": value["action"],
        f"{name}.default": text,
        f"{name}.agent": value.get("agent") or "",
        f"{name}.expires_s": duration_text(value.get("expires_s", LONGEST_REPAIR_S)),
        **write_picks(f"{name}.assignees", value.get("assignees")),
    }


def _read_error(field: Field, form: Form) -> Json:
    action, name = form.text(f"{field.name}.action"), field.name
    if action == "continue":
        given = form.text(f"{name}.default").strip()
        return {"action": action, "default": read_value(f"{name}.default", form) if given else None}
    if action == "fallback":
        if not form.text(f"{name}.agent"):
            form.wait(f"{name}.agent", "Not saved yet: choose the other agent.")
        return {"action": action, "agent": form.text(f"{name}.agent")}
    if action == "ask":
        return {"action": action, **_asked(name, form)}
    return {"action": action}


def _asked(name: str, form: Form) -> dict[str, Json]:
    """Who repairs a failed step, and how long they have; nobody chosen means whoever is usual."""
    people = [one for one in read_picks(f"{name}.assignees", form) if one]
    expires = read_duration(Field(f"{name}.expires_s", ""), form)
    found: dict[str, Json] = {"assignees": people, "expires_s": expires}
    return {key: value for key, value in found.items() if value}


def _error_view(field: Field, form: Form) -> dict[str, Any]:
    parts = _parts(field, form, "action", "default", "agent", "expires_s")
    people = Field(field.name, "", options=field.facts.get("people", ()))
    actions = [one for one in ERROR_ACTIONS if one[0] != "fallback" or field.facts.get("fallback")]
    if parts["action"] and parts["action"] not in dict(actions):
        actions = list(ERROR_ACTIONS)
    return {
        **parts,
        "actions": actions,
        "groups": grouped(with_value(field.options, parts["agent"])),
        "people": picks_view(people, f"{field.name}.assignees", form),
    }


ERROR_ACTIONS: Final[tuple[tuple[str, str], ...]] = (
    ("fail", "The run fails"),
    ("continue", "Go on with another output"),
    ("port", "Leave by the port “error”"),
    ("fallback", "Another agent does it"),
    ("ask", "Somebody is asked to repair it"),
)
LONGEST_REPAIR_S: Final = 86_400
"""What a step has that does not say how long it waits for its repair."""

# What a wait waits for.

WAITS: Final = (("seconds", "A length of time"), ("until", "A date and time"), ("event", "An event"))


def _write_wait(field: Field, value: Json) -> dict[str, str]:
    given = value or {}
    kind = next((one for one, _ in WAITS if given.get(one) is not None), "seconds")
    return {
        f"{field.name}.kind": kind,
        f"{field.name}.seconds": duration_text(given.get("seconds")),
        f"{field.name}.until": given.get("until") or "",
        f"{field.name}.event": given.get("event") or "",
        f"{field.name}.expires_s": duration_text(given.get("expires_s")),
    }


def _read_wait(field: Field, form: Form) -> Json:
    kind = form.text(f"{field.name}.kind")
    found: dict[str, Json] = {"seconds": None, "until": None, "event": None}
    if kind in found and not form.text(f"{field.name}.{kind}").strip():
        form.wait(f"{field.name}.{kind}", "Not saved yet: say what is waited for.")
    elif kind == "seconds":
        found[kind] = read_duration(Field(f"{field.name}.seconds", ""), form)
    elif kind in found:
        found[kind] = form.text(f"{field.name}.{kind}").strip()
    return {**found, "expires_s": read_duration(Field(f"{field.name}.expires_s", ""), form)}


def _wait_view(field: Field, form: Form) -> dict[str, Any]:
    return {**_parts(field, form, "kind", "seconds", "until", "event", "expires_s"), "kinds": WAITS}


KINDS: Final[dict[str, Kind]] = {
    "count": Kind(_write_count, _read_count, _count_view),
    "on_error": Kind(_write_error, _read_error, _error_view),
    "wait": Kind(_write_wait, _read_wait, _wait_view),
}
