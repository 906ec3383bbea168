"""What the cells of a column are: numbers, dates, truth values or text. Pure."""

import math
import re
from collections.abc import Callable, Sequence
from datetime import date, datetime
from itertools import islice
from typing import Any

MISSING = frozenset({"", "na", "n/a", "#n/a", "nan", "null", "none", "nil", "-", "--", "?", "."})
_TRUTH = {
    "true": True,
    "false": False,
    "yes": True,
    "no": False,
    "t": True,
    "f": False,
    "y": True,
    "n": False,
}
_GROUPED = re.compile(r"[-+]?\d{1,3}(,\d{3})+(\.\d+)?")
_CONTINENTAL = re.compile(r"[-+]?(\d{1,3}(\.\d{3})+|\d+)(,\d+)?")
_DECORATION = re.compile(r"^[\s€$£¥]+|[\s€$£¥%]+$")
_DATE_FORMS = ("%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%Y/%m/%d", "%b %d %Y", "%d %b %Y", "%d-%b-%Y", "%d-%m-%Y")
LONGEST_MISSING = 8
SAMPLE = 2_000

type Parser = Callable[[str], Any]


def is_missing(cell: str) -> bool:
    """Tell whether a cell says that nothing is known."""
    if len(cell) > LONGEST_MISSING:
        return cell.isspace()
    return cell.strip().lower() in MISSING


def plain_number(cell: str) -> float:
    """Return 1234.5, -3 or 1e6 as a number. Raises ValueError."""
    number = float(cell)
    if not math.isfinite(number) or "_" in cell:
        raise ValueError(cell)
    return int(cell) if number.is_integer() and cell.strip().lstrip("+-").isdigit() else number


def grouped_number(cell: str) -> float:
    """Return "$1,234.50" or "12 %" as a number, without its decoration. Raises ValueError."""
    bare = _DECORATION.sub("", cell)
    return plain_number(bare.replace(",", "") if _GROUPED.fullmatch(bare) else bare)


def continental_number(cell: str) -> float:
    """Return "1.234,50" or "12,5 €" as a number. Raises ValueError."""
    bare = _DECORATION.sub("", cell)
    if not _CONTINENTAL.fullmatch(bare):
        raise ValueError(cell)
    return plain_number(bare.replace(".", "").replace(",", "."))


def truth(cell: str) -> bool:
    """Return yes, no, true or false. Raises ValueError."""
    try:
        return _TRUTH[cell.strip().lower()]
    except KeyError as error:
        raise ValueError(cell) from error


def iso_date(cell: str) -> date | datetime:
    """Return a date, or a moment, in ISO 8601. Raises ValueError."""
    cell = cell.strip()
    if len(cell) < 8 or not cell[:4].isdigit() or cell.isdigit():
        raise ValueError(cell)
    moment = datetime.fromisoformat(cell)
    return moment.date() if len(cell) <= 10 else moment.replace(tzinfo=None)


def _date_parser(form: str) -> Parser:
    def parse(cell: str) -> date:
        return datetime.strptime(cell.strip(), form).date()

    return parse


def parsers() -> list[tuple[str, Parser]]:
    """Return the ways to read a column, the strictest first; the first that reads every cell is taken."""
    numbers: list[tuple[str, Parser]] = [
        ("number", plain_number),
        ("number", grouped_number),
        ("number", continental_number),
    ]
    dates = [("date", _date_parser(form)) for form in _DATE_FORMS]
    return [("boolean", truth), *numbers, ("date", iso_date), *dates]


def reads(parser: Parser, cells: Sequence[str]) -> bool:
    """Tell whether a parser understands every cell."""
    try:
        for cell in cells:
            parser(cell)
    except (ValueError, OverflowError):
        return False
    return True


def typed(cells: Sequence[str]) -> tuple[str, list[Any]]:
    """Return a column's type (integer, number, boolean, date, text, empty) and its values, None for missing.

    Each different cell is read once: real columns repeat themselves.
    """
    different = set(cells)
    missing = {cell for cell in different if is_missing(cell)}
    present = different - missing
    if not present:
        return "empty", [None] * len(cells)
    kind, known = _read(present)
    known.update(dict.fromkeys(missing))
    values = [known[cell] for cell in cells]
    return _narrowed(kind, values), values


def _read(present: set[str]) -> tuple[str, dict[str, Any]]:
    sample = list(islice(present, SAMPLE))
    for kind, parser in parsers():
        if reads(parser, sample):
            try:
                return kind, {cell: parser(cell) for cell in present}
            except (ValueError, OverflowError):
                continue
    return "text", {cell: cell.strip() for cell in present}


def _narrowed(kind: str, values: Sequence[Any]) -> str:
    if kind == "number" and all(value is None or isinstance(value, int) for value in values):
        return "integer"
    return kind
