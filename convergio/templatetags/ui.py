"""Small pieces of the design: icons, badges, numbers and times as people read them."""

import json
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any

from django import template
from django.conf import settings
from django.templatetags.static import static
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.html import format_html
from django.utils.safestring import SafeString

from convergio import values
from convergio.markdown import to_html

register = template.Library()

STATUS: dict[str, tuple[str, str]] = {
    "queued": ("circle-dashed", "Queued"),
    "pending": ("circle-dashed", "Pending"),
    "running": ("loader", "Running"),
    "waiting": ("hourglass", "Waiting"),
    "retrying": ("rotate-ccw", "Retrying"),
    "paused": ("circle-pause", "Paused"),
    "completed": ("circle-check", "Completed"),
    "succeeded": ("circle-check", "Done"),
    "failed": ("circle-x", "Failed"),
    "cancelled": ("ban", "Cancelled"),
    "skipped": ("skip-forward", "Skipped"),
    "timed_out": ("timer", "Timed out"),
    "approved": ("circle-check", "Approved"),
    "rejected": ("circle-x", "Rejected"),
    "changes_requested": ("message-square-reply", "Changes requested"),
    "submitted": ("send", "Submitted"),
    "active": ("circle-check", "Active"),
    "published": ("circle-check", "Published"),
    "draft": ("circle-dashed", "Draft"),
    "retired": ("archive", "Retired"),
    "archived": ("archive", "Archived"),
}

STEP_ICONS = {
    "agent": "bot",
    "team": "users",
    "tool": "wrench",
    "condition": "split",
    "approval": "user-check",
    "input": "text-cursor-input",
    "parallel": "layers",
    "sequential": "list-checks",
    "loop": "repeat",
    "iteration": "repeat",
    "transform": "braces",
    "wait": "hourglass",
    "workflow": "workflow",
}

TONES = {
    "data": "teal",
    "engineering": "slate",
    "finance": "green",
    "leadership": "blue",
    "legal": "slate",
    "marketing": "pink",
    "operations": "orange",
    "people": "amber",
    "product": "violet",
    "research": "teal",
    "sales": "orange",
    "strategy": "blue",
    "support": "red",
    "customer": "red",
}


@register.simple_tag
@lru_cache(maxsize=2000)
def icon(name: str, extra: str = "") -> SafeString:
    """Return an icon of the sprite; decoration only, so it is hidden from screen readers.

    A page shows hundreds, of a few kinds.
    """
    return format_html(
        '<svg class="icon {}" aria-hidden="true"><use href="{}#{}"></use></svg>',
        extra,
        _sprite(),
        name,
    )


@cache
def _sprite() -> str:
    """The address of all icons, which holds for as long as the process: a large page shows hundreds."""
    return static("dist/icons.svg")


@register.simple_tag
def status(name: str, kind: str = "", text: str = "") -> SafeString:
    """Return a state as a badge with its icon."""
    symbol, word = STATUS.get(name, ("circle-dot", values.label(name)))
    group = f"status-{kind}" if kind else ""
    return format_html('<span class="status st-{} {}">{}{}</span>', name, group, icon(symbol), text or word)


@register.filter
def step_icon(kind: str) -> str:
    """Return the icon of a step type."""
    return STEP_ICONS.get(kind, "circle-dot")


@register.filter
def tone(category: str) -> str:
    """Return the colour class of a category; the same word always has the same colour."""
    palette = ("blue", "teal", "green", "amber", "orange", "pink", "violet", "slate")
    word = (category or "").lower()
    known = next((TONES[part] for part in word.replace("-", " ").split() if part in TONES), None)
    return f"tone-{known or palette[sum(map(ord, word)) % len(palette)]}"


@register.simple_tag
def agent_mark(agent: Any, size: str = "") -> SafeString:
    """Return an agent's picture: its icon in the colour of its category."""
    return _agent_mark(getattr(agent, "category", ""), getattr(agent, "icon", "") or "bot", size)


@lru_cache(maxsize=2000)
def _agent_mark(category: str, symbol: str, size: str) -> SafeString:
    kind = f"is-{size}" if size else ""
    return format_html('<span class="avatar-mark {} {}">{}</span>', tone(category), kind, icon(symbol))


@register.filter
def duration(value: timedelta | float | None) -> str:
    """Return a length of time: 0.4 s, 12 s, 3 min 20 s, 2 h 5 min, 3 d 4 h."""
    if value is None or value == "":
        return "–"
    seconds = value.total_seconds() if isinstance(value, timedelta) else float(value)
    if seconds < 10:
        return f"{max(seconds, 0):.1f} s"
    for unit, size, inner, inner_size in (
        ("d", 86400, "h", 3600),
        ("h", 3600, "min", 60),
        ("min", 60, "s", 1),
    ):
        if seconds >= size:
            rest = int(seconds % size // inner_size)
            return f"{int(seconds // size)} {unit}" + (f" {rest} {inner}" if rest else "")
    return f"{seconds:.0f} s"


@register.filter
def money(value: Decimal | float | None) -> str:
    """Return US dollars with the digits that matter."""
    amount = float(value or 0)
    if amount == 0:
        return "$0"
    if amount < 0.0001:
        return "< $0.0001"
    return f"${amount:,.4f}" if amount < 0.1 else f"${amount:,.2f}"


@register.filter
def compact(value: float | None) -> str:
    """Return a count shortly: 950, 1.2k, 3.4M."""
    number = float(value or 0)
    for unit, size in (("M", 1e6), ("k", 1e3)):
        if number >= size:
            return f"{number / size:.1f}".removesuffix(".0") + unit
    return f"{number:.0f}"


@register.filter
def size(value: float | None) -> str:
    """Return a number of bytes."""
    return values.size(value or 0)


@register.filter
def percent(value: float | None) -> str:
    """Return a share between 0 and 1."""
    return "–" if value is None else f"{value * 100:.0f} %"


@register.simple_tag
def ago(moment: datetime | None) -> SafeString | str:
    """Return how long ago something happened (or when it will); the exact time shows on hover."""
    if moment is None:
        return "–"
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        moment.isoformat(),
        timezone.localtime(moment).strftime("%d %B %Y, %H:%M:%S %Z"),
        relative(moment, timezone.now()),
    )


@register.filter
def moment(text: str | None) -> datetime | None:
    """Return the time that a JSON value holds as text."""
    return parse_datetime(text) if text else None


def relative(moment: datetime, now: datetime) -> str:
    """Return “just now”, “5 min ago”, “in 2 h”, or the date when it is far away."""
    seconds = (now - moment).total_seconds()
    past, distance = seconds >= 0, abs(seconds)
    if distance < 45:
        return "just now" if past else "in a moment"
    for most, size, unit in ((3600, 60, "min"), (86400, 3600, "h"), (7 * 86400, 86400, "d")):
        if distance < most:
            count = max(1, round(distance / size))
            return f"{count} {unit} ago" if past else f"in {count} {unit}"
    local = timezone.localtime(moment)
    return f"{local.day} {local:%b %Y}" if local.year != now.year else f"{local.day} {local:%b}"


@register.filter
def markdown(text: str | None) -> SafeString:
    """Return Markdown as safe HTML."""
    return to_html(text or "")


@register.filter
def value(anything: Any) -> SafeString:
    """Return any JSON value so that a person can read it."""
    return values.render_value(anything)


@register.filter
def pretty(anything: Any) -> SafeString:
    """Return any value as coloured JSON."""
    return values.render_json(anything)


@register.filter
def as_json(anything: Any) -> str:
    """Return any value as indented JSON text."""
    return json.dumps(anything, ensure_ascii=False, indent=2, default=str)


@register.filter
def as_data(anything: Any) -> str:
    """Return any value as JSON text for a script of the page; htmx leaves out script elements of fragments."""
    return json.dumps(anything, ensure_ascii=False, default=str)


@register.filter
def label(key: str) -> str:
    """Return a key as people write it."""
    return values.label(key)


@register.filter
def may(actor: Any, permission: str) -> bool:
    """Tell whether the actor's role allows it: {% if actor|may:"build" %}."""
    return bool(actor and actor.may(permission))


@register.filter
def get(mapping: Any, key: Any) -> Any:
    """Return the value of a key that a template holds in a variable."""
    return mapping.get(key) if mapping else None


@register.simple_tag(takes_context=True)
def here(context: template.Context, *names: str) -> SafeString | str:
    """Return aria-current when the page shown is one of the named ones (name* is a prefix)."""
    match = getattr(context.get("request"), "resolver_match", None)
    current = (match and match.url_name) or ""
    hit = any(current == one or (one.endswith("*") and current.startswith(one[:-1])) for one in names)
    return format_html('aria-current="{}"', "page") if hit else ""


@register.simple_tag(takes_context=True)
def query(context: template.Context, **changes: Any) -> str:
    """Return the address's query with some values changed: ?page=2&q=market."""
    values_now = context["request"].GET.copy()
    for key, one in changes.items():
        if one in (None, ""):
            values_now.pop(key, None)
        else:
            values_now[key] = str(one)
    return f"?{values_now.urlencode()}"


@register.simple_tag
def max_upload() -> str:
    """Return the largest file that may be sent."""
    return values.size(settings.MAX_UPLOAD_BYTES)


@register.filter
def took(thing: Any) -> timedelta | None:
    """Return how long a run, a step or a call took."""
    return thing.ended_at - thing.started_at if thing.started_at and thing.ended_at else None


@register.filter
def tokens(thing: Any) -> int:
    """Return prompt and completion tokens together."""
    return int(thing.prompt_tokens + thing.completion_tokens)


@register.filter
def lines(entries: Any) -> str:
    """Return a list as text, one entry a line; lists of anything but texts and numbers as JSON."""
    if not entries:
        return ""
    if all(isinstance(one, str | int | float) for one in entries):
        return "\n".join(map(str, entries))
    return as_json(entries)
