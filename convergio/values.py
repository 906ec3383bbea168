"""Any JSON value as HTML that a person can read: text as Markdown, rows as a table, files as links."""

import json
import re
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from convergio.markdown import to_html

MOST_ROWS = 200
MOST_COLUMNS = 12
MOST_DEPTH = 4
MOST_INLINE = 120
NAMING = ("name", "title", "id", "label", "key", "column", "type", "kind", "value")
_TOKEN = re.compile(
    r'(?P<str>"(?:[^"\\]|\\.)*")(?P<colon>\s*:)?|(?P<lit>\b(?:true|false|null)\b)|(?P<num>-?\d[\d.eE+-]*)'
)


def label(key: str) -> str:
    """Return a key as people write it: `net_revenue` is “Net revenue”."""
    words = re.sub(r"[_\-]+", " ", str(key)).strip()
    return words[:1].upper() + words[1:]


def is_file(value: Any) -> bool:
    """Tell whether a value refers to a file of a run."""
    return isinstance(value, Mapping) and "file" in value and "name" in value and "size" in value


def render_value(value: Any, depth: int = 0) -> SafeString:
    """Return a value as HTML."""
    match value:
        case None | "":
            return format_html('<span class="text-faint">{}</span>', "nothing")
        case bool():
            return format_html("<span>{}</span>", "yes" if value else "no")
        case int() | float():
            return format_html('<span class="num">{}</span>', _number(value))
        case str():
            return format_html('<div class="prose">{}</div>', to_html(value))
        case _ if is_file(value):
            return _file(value)
        case _ if depth >= MOST_DEPTH:
            return render_json(value)
        case Mapping():
            return _mapping(value, depth)
        case Sequence():
            return _sequence(value, depth)
        case _:
            return format_html("<span>{}</span>", str(value))


def render_json(value: Any, most: int = 60_000) -> SafeString:
    """Return a value as indented JSON with its parts coloured."""
    text = json.dumps(value, ensure_ascii=False, indent=2, default=str)
    cut = "\n… shortened" if len(text) > most else ""
    return format_html('<pre class="code-block" tabindex="0">{}{}</pre>', _coloured(text[:most]), cut)


def _coloured(text: str) -> SafeString:
    parts: list[str] = []
    last = 0
    for found in _TOKEN.finditer(text):
        parts.append(escape(text[last : found.start()]))
        kind = "key" if found["colon"] else found.lastgroup
        token = found["str"] if found["str"] is not None else found.group()
        parts.append(f'<span class="j-{kind}">{escape(token)}</span>{found["colon"] or ""}')
        last = found.end()
    return mark_safe("".join([*parts, escape(text[last:])]))  # noqa: S308 - every part is escaped


def _number(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:,.6g}"


def _file(value: Mapping[str, Any]) -> SafeString:
    try:
        url = reverse("run_file", args=[str(value["file"])])
    except NoReverseMatch:
        return format_html("<span>{}</span>", value["name"])
    return format_html(
        '<a class="file-card" href="{}"><svg class="icon" aria-hidden="true"><use href="{}#file-text"></use></svg>'
        '<span class="min-w-0"><span class="block truncate font-medium">{}</span>'
        '<span class="block text-xs text-muted">{}</span></span></a>',
        url,
        _sprite(),
        value["name"],
        size(value.get("size") or 0),
    )


def _sprite() -> str:
    from django.templatetags.static import static

    return static("dist/icons.svg")


def size(count: float) -> str:
    """Return a number of bytes as people write it."""
    for unit in ("bytes", "kB", "MB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "bytes" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"


def _mapping(value: Mapping[str, Any], depth: int) -> SafeString:
    """Short values as a list of facts, then every longer one under a heading of its own."""
    given = {key: one for key, one in value.items() if one not in (None, "", [], {})}
    if not given:
        return format_html('<span class="text-faint">{}</span>', "nothing")
    left_out = len(given) - MOST_ROWS
    given = dict(islice(given.items(), MOST_ROWS))
    short = [(label(key), _short(one)) for key, one in given.items() if _is_short(one)]
    long = [(label(key), render_value(one, depth + 1)) for key, one in given.items() if not _is_short(one)]
    if left_out > 0:
        short.append(("…", format_html("<span>and {} more fields</span>", f"{left_out:,}")))
    facts = format_html_join("", "<dt>{}</dt><dd>{}</dd>", short)
    sections = format_html_join("", '<section><h4 class="value-name">{}</h4>{}</section>', long)
    if not long:
        return format_html('<dl class="facts">{}</dl>', facts)
    head = format_html('<dl class="facts">{}</dl>', facts) if short else ""
    return format_html('<div class="value-list">{}{}</div>', head, sections)


def _sequence(value: Sequence[Any], depth: int) -> SafeString:
    if not value:
        return format_html('<span class="text-faint">{}</span>', "an empty list")
    if all(isinstance(one, Mapping) and not is_file(one) and _is_row(one) for one in value):
        return _table(value)
    shown, left_out = value[:MOST_ROWS], len(value) - MOST_ROWS
    more = format_html("<li>and {} more</li>", f"{left_out:,}") if left_out > 0 else ""
    if all(_is_short(one) for one in value):
        items = format_html_join("", "<li>{}</li>", ((_short(one),) for one in shown))
        return format_html('<div class="prose"><ul>{}{}</ul></div>', items, more)
    items = format_html_join("", "<li>{}</li>", ((render_value(one, depth + 1),) for one in shown))
    return format_html('<ol class="value-list">{}{}</ol>', items, more)


def _is_row(value: Mapping[str, Any]) -> bool:
    """Whether most of a mapping fits into cells."""
    short = sum(_is_short(one) for one in value.values())
    return short >= len(value) - 2 and not any(
        isinstance(one, str) and len(one) > 400 for one in value.values()
    )


def _table(rows: Sequence[Mapping[str, Any]]) -> SafeString:
    shown = rows[:MOST_ROWS]
    columns = _columns(shown)
    head = format_html_join("", '<th scope="col">{}</th>', ((label(one),) for one in columns))
    body = format_html_join("", "<tr>{}</tr>", ((_cells(row, columns),) for row in shown))
    more = f"and {len(rows) - MOST_ROWS:,} more rows" if len(rows) > MOST_ROWS else ""
    return format_html(
        '<div class="prose max-w-none"><table><thead><tr>{}</tr></thead><tbody>{}</tbody></table>{}</div>',
        head,
        body,
        more,
    )


def _columns(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """What names a row comes first, the rest in the order in which it was written."""
    keys = dict.fromkeys(key for row in rows for key in row)
    return sorted(keys, key=lambda key: NAMING.index(key) if key in NAMING else len(NAMING))[:MOST_COLUMNS]


def _cells(row: Mapping[str, Any], columns: Sequence[str]) -> SafeString:
    return format_html_join("", "<td>{}</td>", ((_short(row.get(one)),) for one in columns))


def _is_short(value: Any) -> bool:
    return (
        value is None
        or isinstance(value, int | float)
        or (isinstance(value, str) and len(value) <= 140 and "\n" not in value)
    )


def _short(value: Any) -> str | SafeString:
    match value:
        case None:
            return "–"
        case bool():
            return "yes" if value else "no"
        case int() | float():
            return format_html('<span class="num">{}</span>', _number(value))
        case list() | dict():
            return _inline(value)
        case _:
            return str(value)


def _inline(value: list[Any] | dict[str, Any]) -> str:
    """A nested value within a cell, as far as it fits."""
    if isinstance(value, list) and all(_is_short(one) for one in value):
        text = ", ".join(str(one) for one in value)
    else:
        text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= MOST_INLINE else f"{text[:MOST_INLINE]}…"
