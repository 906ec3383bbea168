"""A table out of bytes: CSV, TSV and their relatives, or a JSON list of records. Pure."""

import csv
import io
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from agents.tools.base import ToolError
from agents.tools.tables.values import typed

MOST_COLUMNS = 500
MOST_ROWS = 2_000_000
_DELIMITERS = ",;\t|"
_CHARACTERS = 64_000


@dataclass(frozen=True)
class Column:
    """One column: its cells as text, read on demand as what they are."""

    name: str
    cells: list[str]

    @cached_property
    def _typed(self) -> tuple[str, list[Any]]:
        return typed(self.cells)

    @property
    def type(self) -> str:
        """integer, number, boolean, date, text or empty."""
        return self._typed[0]

    @property
    def values(self) -> list[Any]:
        """The cells as values, None where one is missing."""
        return self._typed[1]

    @property
    def is_numeric(self) -> bool:
        """Whether it can be calculated with."""
        return self.type in ("integer", "number")


@dataclass(frozen=True)
class Table:
    """A table, and how it was found in the file."""

    columns: tuple[Column, ...]
    rows: int
    format: str
    encoding: str
    notes: tuple[str, ...] = ()

    def column(self, name: str) -> Column:
        """Return a column by its name, in any case. Raises ToolError, which lists the columns."""
        for column in self.columns:
            if column.name == name:
                return column
        for column in self.columns:
            if column.name.lower() == name.strip().lower():
                return column
        names = ", ".join(column.name for column in self.columns[:40])
        raise ToolError(f"There is no column “{name}”; there are: {names}.")


def decoded(content: bytes) -> tuple[str, str]:
    """Return a file's text and its encoding. Raises ToolError for a file that is no text."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace"), "utf-16"
    if b"\x00" in content[:8192]:
        raise ToolError("The file is not a text table (CSV, TSV or JSON records).")
    try:
        return content.decode("utf-8-sig"), "utf-8"
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace"), "cp1252"


def read_table(content: bytes) -> Table:
    """Return the table in a file. Raises ToolError when there is none."""
    text, encoding = decoded(content)
    if not text.strip():
        raise ToolError("The file is empty.")
    if text.lstrip()[:1] == "[":
        return _from_records(text, encoding)
    delimiter = _delimiter(text[:_CHARACTERS])
    try:
        rows = [row for row in _rows(text, delimiter) if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise ToolError(f"The file cannot be read as a table: {error}.") from error
    return _from_rows(rows, delimiter, encoding)


def _rows(text: str, delimiter: str) -> Iterator[list[str]]:
    csv.field_size_limit(1_000_000)
    for number, row in enumerate(
        csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True)
    ):
        if number > MOST_ROWS:
            raise ToolError(f"The table has more than {MOST_ROWS:,} rows.")
        yield row


def _delimiter(head: str) -> str:
    """Return what splits the first lines into the same number of parts most often; a comma when nothing does."""
    lines = [line for line in head.splitlines()[:60] if line.strip()][: 50 if "\n" in head else 1]
    scored = [(_evenness(lines, delimiter), delimiter) for delimiter in _DELIMITERS]
    best = max(scored, key=lambda pair: pair[0])
    return best[1] if best[0] > 0 else ","


def _evenness(lines: Sequence[str], delimiter: str) -> float:
    widths = [len(row) for row in csv.reader(lines, delimiter=delimiter, skipinitialspace=True)]
    width, times = Counter(widths).most_common(1)[0]
    return 0.0 if width < 2 else times / len(widths) + width / 1000


def _from_rows(rows: list[list[str]], delimiter: str, encoding: str) -> Table:
    if not rows:
        raise ToolError("The file holds no table.")
    names, notes = _names(rows[0])
    width = len(names)
    if width > MOST_COLUMNS:
        raise ToolError(f"The table has {width:,} columns; at most {MOST_COLUMNS} can be read.")
    body = rows[1:]
    odd = sum(len(row) != width for row in body)
    if odd:
        notes.append(f"{odd:,} rows do not have {width} cells like the first line; they were filled or cut.")
        body = [row[:width] + [""] * (width - len(row)) for row in body]
    cells = [list(column) for column in zip(*body, strict=True)] or [[] for _ in names]
    columns = tuple(Column(name, part) for name, part in zip(names, cells, strict=True))
    return Table(columns, len(body), _format(delimiter), encoding, tuple(notes))


def _format(delimiter: str) -> str:
    return {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe"}[delimiter] + "-separated"


def _names(first: Sequence[str]) -> tuple[list[str], list[str]]:
    notes: list[str] = []
    if all(_is_number(cell) for cell in first):
        notes.append("The first line holds only numbers; is a line with column names missing?")
    names: list[str] = []
    for at, cell in enumerate(first):
        name = cell.strip() or f"column_{at + 1}"
        names.append(name if name not in names else f"{name}_{at + 1}")
    return names, notes


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _from_records(text: str, encoding: str) -> Table:
    try:
        records = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ToolError(f"The file begins like JSON but is not: {error}.") from error
    if not records or not all(isinstance(record, dict) for record in records):
        raise ToolError("A JSON table is a list of objects.")
    names = list(dict.fromkeys(name for record in records for name in record))[:MOST_COLUMNS]
    cells = [[_cell(record.get(name)) for record in records] for name in names]
    columns = tuple(Column(str(name), part) for name, part in zip(names, cells, strict=True))
    return Table(columns, len(records), "JSON records", encoding)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
