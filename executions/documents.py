"""The result of a run as a document: sections, Markdown, PDF, JSON."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from django.conf import settings

from convergio.markdown import to_html
from convergio.values import is_file, label
from executions.models import Execution

INK, GREY, ACCENT = "#1a2033", "#5b6172", "#1d3fd8"
FONTS = Path(settings.BASE_DIR) / "static" / "dist" / "fonts"


def sections(execution: Execution) -> list[tuple[str, Any]]:
    """Return what a run gave, by name; the longest text first, as that is what people came for."""
    outputs = execution.outputs
    if not isinstance(outputs, Mapping):
        return [("result", outputs)] if outputs is not None else []
    given = [(name, value) for name, value in outputs.items() if value is not None]
    return sorted(given, key=lambda one: -len(one[1]) if isinstance(one[1], str) and len(one[1]) > 400 else 0)


def as_json(execution: Execution) -> bytes:
    """Return inputs and outputs as JSON."""
    document = {
        "workflow": execution.workflow.slug,
        "version": execution.version.number,
        "run": execution.number,
        "id": str(execution.id),
        "status": execution.status,
        "inputs": execution.inputs,
        "outputs": execution.outputs,
        "ended_at": execution.ended_at.isoformat() if execution.ended_at else None,
    }
    return json.dumps(document, ensure_ascii=False, indent=2, default=str).encode()


def as_markdown(execution: Execution) -> bytes:
    """Return the result as a Markdown text."""
    return markdown_of(execution).encode()


def markdown_of(execution: Execution) -> str:
    """Return the result as Markdown: a title, what it is from, one section for each output."""
    ended = f"{execution.ended_at:%d %B %Y, %H:%M} UTC" if execution.ended_at else "not ended yet"
    head = f"# {execution.workflow.name}\n\nRun #{execution.number}, {execution.version.label}, {ended}\n"
    given = sections(execution)
    alone = len(given) == 1
    parts = [_body(value) if alone else f"## {label(name)}\n\n{_body(value)}" for name, value in given]
    return "\n\n".join([head, *parts]) + "\n"


def _body(value: Any) -> str:
    match value:
        case str():
            return value.strip()
        case None | bool() | int() | float():
            return json.dumps(value)
        case _ if is_file(value):
            return f"File: {value['name']}"
        case list() if value and all(isinstance(one, dict) for one in value):
            return _table(value)
        case list() if all(isinstance(one, str | int | float) for one in value):
            return "\n".join(f"- {one}" for one in value)
        case dict() if all(not isinstance(one, dict | list) for one in value.values()):
            return "\n".join(f"- **{label(key)}:** {one}" for key, one in value.items())
        case _:
            return f"```json\n{json.dumps(value, ensure_ascii=False, indent=2, default=str)}\n```"


def _table(rows: Sequence[Mapping[str, Any]]) -> str:
    columns = list(dict.fromkeys(key for row in rows for key in row))[:12]
    head = f"| {' | '.join(map(label, columns))} |\n|{' --- |' * len(columns)}"
    body = (f"| {' | '.join(_cell(row.get(one)) for one in columns)} |" for row in rows)
    return "\n".join([head, *body])


def _cell(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text.replace("|", "\\|").replace("\n", " ")


def as_pdf(execution: Execution) -> bytes:
    """Return the result as a PDF."""
    from fpdf import FPDF

    pdf = FPDF(format="A4")
    pdf.set_title(f"{execution.workflow.name}, run {execution.number}")
    pdf.set_margins(22, 22, 22)
    pdf.set_auto_page_break(True, margin=22)
    pdf.add_page()
    family = _use_fonts(pdf)
    pdf.set_font(family, size=10)
    html = to_html(markdown_of(execution))
    pdf.write_html(
        html if family != "helvetica" else _latin(html),
        font_family=family,
        table_line_separators=True,
        li_prefix_color=INK,
        tag_styles=_styles(family),
    )
    return bytes(pdf.output())


def _styles(family: str) -> dict[str, Any]:
    """Headings in ink, each a little smaller than the one above."""
    from fpdf.fonts import FontFace, TextStyle

    sizes = {"h1": 19, "h2": 14.5, "h3": 12, "h4": 10.5, "h5": 10, "h6": 10}
    headings: dict[str, Any] = {
        tag: TextStyle(
            font_family=family, font_style="B", font_size_pt=size, color=INK, t_margin=size / 4, b_margin=1.5
        )
        for tag, size in sizes.items()
    }
    quote = TextStyle(font_family=family, color=GREY, t_margin=1, b_margin=1, l_margin=6)
    return {**headings, "blockquote": quote, "a": FontFace(color=ACCENT, emphasis="UNDERLINE")}


def _use_fonts(pdf: Any) -> str:
    """Use the font that knows most scripts; without built assets the one that every reader has."""
    if not (FONTS / "DejaVuSans.ttf").exists():
        return "helvetica"
    for style, name in (("", "DejaVuSans"), ("B", "DejaVuSans-Bold"), ("I", "DejaVuSans-Oblique")):
        pdf.add_font("DejaVu", style, FONTS / f"{name}.ttf")
    pdf.add_font("DejaVu", "BI", FONTS / "DejaVuSans-BoldOblique.ttf")
    return "DejaVu"


def _latin(text: str) -> str:
    return text.encode("latin-1", "replace").decode("latin-1")


type Writer = Callable[[Execution], bytes]
WRITERS: dict[str, tuple[str, Writer]] = {
    "md": ("text/markdown; charset=utf-8", as_markdown),
    "pdf": ("application/pdf", as_pdf),
    "json": ("application/json; charset=utf-8", as_json),
}
"""By file ending: the content type, and what writes it."""
