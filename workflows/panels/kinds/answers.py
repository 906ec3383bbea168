"""The buttons of an approval, each a way on."""

import re
from collections.abc import Iterator
from typing import Any, Final

from workflows.panels.fields import Field, id_of
from workflows.panels.forms import Form, joined
from workflows.panels.kinds.kind import Kind
from workflows.schema import Json

COUNTS: Final = (("approve", "Counts as approval"), ("reject", "Counts as rejection"))
_PARTS: Final = ("id", "label", "counts_as", "needs_comment")
_LONGEST: Final = 40


def _write(field: Field, value: Json) -> dict[str, str]:
    rows = (_row(f"{field.name}.{number}", one) for number, one in enumerate(value or ()))
    return {field.name: "", **joined(rows)}


def _row(name: str, answer: Json) -> dict[str, str]:
    return {
        f"{name}.id": answer["id"],
        f"{name}.label": answer.get("label", ""),
        f"{name}.counts_as": answer.get("counts_as", "approve"),
        f"{name}.needs_comment": "on" if answer.get("needs_comment") else "off",
    }


def _read(field: Field, form: Form) -> Json:
    rows = [f"{field.name}.{row}" for row in form.rows(field.name)]
    taken = {form.text(f"{row}.id").strip() for row in rows}
    found: list[Json] = []
    for row in rows:
        id = form.text(f"{row}.id").strip() or _free(form.text(f"{row}.label"), taken)
        taken.add(id)
        found.append(_answer(row, id, form))
    return found


def _answer(row: str, id: str, form: Form) -> Json:
    if not (form.text(f"{row}.id").strip() or form.text(f"{row}.label").strip()):
        form.wait(f"{row}.label", "Not saved yet: say what the button reads.")
    return {
        "id": id,
        "label": form.text(f"{row}.label"),
        "counts_as": form.text(f"{row}.counts_as") or "approve",
        "needs_comment": form.text(f"{row}.needs_comment") == "on",
    }


def _free(label: str, taken: set[str]) -> str:
    """An id made of a button's words that no other has."""
    stem = re.sub(r"[^a-z0-9]+", "_", label.lower().encode("ascii", "ignore").decode()).strip("_")[:_LONGEST]
    stem = stem if stem[:1].isalpha() else "answer"
    return next(one for one in _numbered(stem) if one not in taken)


def _numbered(stem: str) -> Iterator[str]:
    yield stem
    yield from (f"{stem[: _LONGEST - 3]}_{number}" for number in range(2, 1_000))


def _view(field: Field, form: Form) -> dict[str, Any]:
    rows = form.rows(field.name)
    return {
        "counts": COUNTS,
        "rows": [
            {
                "at": f"{field.name}.{row}",
                "html_id": id_of(f"{field.name}.{row}"),
                "number": place + 1,
                "first": place == 0,
                "last": place == len(rows) - 1,
                **{part: form.text(f"{field.name}.{row}.{part}") for part in _PARTS},
            }
            for place, row in enumerate(rows)
        ],
    }


KINDS: Final[dict[str, Kind]] = {"answers": Kind(_write, _read, _view)}
