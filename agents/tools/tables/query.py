"""Filtering, grouping, aggregating and sorting a table. Pure."""

import math
from collections.abc import Callable, Sequence
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from agents.tools.base import ToolError
from agents.tools.tables.numbers import mean, quantile, rounded, stdev, tidy
from agents.tools.tables.profile import shown
from agents.tools.tables.reading import Column, Table
from agents.tools.tables.values import typed

MOST_ROWS = 200


class Where(BaseModel):
    """One condition on a column. All conditions must hold."""

    model_config = ConfigDict(extra="forbid")

    column: str
    op: Literal["eq", "ne", "gt", "gte", "lt", "lte", "contains", "in", "missing", "present"] = "eq"
    value: str | float | bool | list[str | float] | None = None


class Aggregate(BaseModel):
    """One figure over each group; `count` needs no column."""

    model_config = ConfigDict(extra="forbid")

    function: Literal["count", "sum", "mean", "median", "min", "max", "stdev", "distinct"]
    column: str = ""


class Query(BaseModel):
    """What is asked of a table."""

    where: list[Where] = []
    group_by: list[str] = []
    aggregate: list[Aggregate] = []
    columns: list[str] = []
    sort: str = ""
    descending: bool = False
    limit: Annotated[int, Field(ge=1, le=MOST_ROWS)] = 50


type Row = list[Any]


def run(table: Table, query: Query) -> dict[str, Any]:
    """Return {"columns", "rows", "matched", "is_cut"}. Raises ToolError for an unknown column or a sum of texts."""
    matched = _matching(table, query.where)
    if query.aggregate or query.group_by:
        names, rows = _grouped(table, matched, query)
    else:
        chosen = [table.column(name) for name in query.columns] or list(table.columns)
        rank = _picked(table, matched, query)
        names, rows = (
            [column.name for column in chosen],
            [[column.values[at] for column in chosen] for at in rank],
        )
        return _answer(names, rows, len(matched), len(matched) > query.limit)
    rows = _sorted(names, rows, query)
    return _answer(names, rows[: query.limit], len(matched), len(rows) > query.limit)


def _answer(names: list[str], rows: list[Row], matched: int, is_cut: bool) -> dict[str, Any]:
    shown_rows = [[shown(value) for value in row] for row in rows]
    return {"columns": names, "rows": shown_rows, "matched": matched, "is_cut": is_cut}


def _picked(table: Table, matched: list[int], query: Query) -> list[int]:
    if query.sort:
        values = table.column(query.sort).values
        known = sorted((at for at in matched if values[at] is not None), key=lambda at: _key(values[at]))
        known = known[::-1] if query.descending else known
        matched = known + [at for at in matched if values[at] is None]
    return matched[: query.limit]


def _key(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _matching(table: Table, conditions: Sequence[Where]) -> list[int]:
    kept = list(range(table.rows))
    for condition in conditions:
        column = table.column(condition.column)
        test, values = _test(column, condition), column.values
        kept = [at for at in kept if test(values[at])]
    return kept


def _test(column: Column, condition: Where) -> Callable[[Any], bool]:
    if condition.op in ("missing", "present"):
        return lambda value: (value is None) == (condition.op == "missing")
    if condition.op == "contains":
        part = str(condition.value).lower()
        return lambda value: value is not None and part in str(shown(value)).lower()
    if condition.op == "in":
        given = condition.value if isinstance(condition.value, list) else [condition.value]
        wanted = {_like(column, value) for value in given}
        return lambda value: value is not None and _folded(value) in wanted
    return _comparison(condition.op, _like(column, condition.value))


def _like(column: Column, value: Any) -> Any:
    """Return a given value as the column's values are. Raises ToolError when it cannot be one."""
    if column.is_numeric and isinstance(value, (int, float)) and not isinstance(value, bool):
        return value
    if column.type in ("text", "empty"):
        return str(value).lower()
    kind, values = typed([str(value)])
    fits = kind == column.type or (column.is_numeric and kind in ("integer", "number"))
    if not fits or values[0] is None:
        raise ToolError(
            f"“{value}” cannot be compared with the column “{column.name}”, which is {column.type}."
        )
    return _key(values[0])


def _folded(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else _key(value)


def _comparison(op: str, wanted: Any) -> Callable[[Any], bool]:
    tests: dict[str, Callable[[Any], bool]] = {
        "eq": lambda value: value is not None and _folded(value) == wanted,
        "ne": lambda value: value is None or _folded(value) != wanted,
        "gt": lambda value: value is not None and _folded(value) > wanted,
        "gte": lambda value: value is not None and _folded(value) >= wanted,
        "lt": lambda value: value is not None and _folded(value) < wanted,
        "lte": lambda value: value is not None and _folded(value) <= wanted,
    }
    return tests[op]


def _grouped(table: Table, matched: list[int], query: Query) -> tuple[list[str], list[Row]]:
    by = [table.column(name) for name in query.group_by]
    figures = [_figure(table, wanted) for wanted in query.aggregate or [Aggregate(function="count")]]
    groups: dict[tuple[Any, ...], list[int]] = {} if by else {(): matched}
    keys = [column.values for column in by]
    for at in matched if by else ():
        groups.setdefault(tuple(values[at] for values in keys), []).append(at)
    names = [column.name for column in by] + [name for name, _ in figures]
    return names, [[*key, *(compute(rows) for _, compute in figures)] for key, rows in groups.items()]


def _figure(table: Table, wanted: Aggregate) -> tuple[str, Callable[[list[int]], Any]]:
    if wanted.function == "count" and not wanted.column:
        return "count", len
    column = table.column(wanted.column)
    if wanted.function not in ("count", "distinct", "min", "max") and not column.is_numeric:
        raise ToolError(f"“{column.name}” is {column.type}, so it has no {wanted.function}.")
    values = column.values

    def compute(rows: list[int]) -> Any:
        return _reduced(wanted.function, [values[at] for at in rows if values[at] is not None])

    return f"{wanted.function}_{column.name}", compute


def _reduced(function: str, present: list[Any]) -> Any:
    if function == "count":
        return len(present)
    if function == "distinct":
        return len(set(present))
    if not present:
        return None
    if function in ("min", "max"):
        return (min if function == "min" else max)(present, key=_key)
    figures: dict[str, Callable[[Sequence[float]], float]] = {
        "sum": _sum,
        "mean": mean,
        "median": lambda numbers: quantile(sorted(numbers), 0.5),
        "stdev": stdev,
    }
    figure = figures[function](present)
    return tidy(figure) if function in ("sum", "median") else rounded(figure)


def _sum(numbers: Sequence[float]) -> float:
    return sum(numbers) if all(isinstance(number, int) for number in numbers) else math.fsum(numbers)


def _sorted(names: list[str], rows: list[Row], query: Query) -> list[Row]:
    by = query.sort or names[0]
    folded = [name.lower() for name in names]
    if by.lower() not in folded:
        raise ToolError(f"The answer has no column “{by}” to sort by; it has: {', '.join(names)}.")
    at = folded.index(by.lower())
    known = sorted((row for row in rows if row[at] is not None), key=lambda row: _key(row[at]))
    return (known[::-1] if query.descending else known) + [row for row in rows if row[at] is None]
