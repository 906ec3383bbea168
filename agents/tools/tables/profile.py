"""What a table holds: types, gaps, spread, frequent values and what goes together. Pure."""

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

from agents.tools.tables.numbers import mean, quantile, rounded, stdev, tidy
from agents.tools.tables.reading import Column, Table

TOP = 5
MOST_CORRELATED = 20
STRONG = 0.5
LONGEST_VALUE = 60
SUMMARY_COLUMNS = 40


def profile(table: Table) -> dict[str, Any]:
    """Return a table's profile; `summary` is the same for reading, a line a column."""
    columns = [profile_column(column, table.rows) for column in table.columns]
    pairs = correlations(table)
    facts: dict[str, Any] = {
        "rows": table.rows,
        "format": table.format,
        "encoding": table.encoding,
        "columns": columns,
        "correlations": pairs,
        "duplicate_rows": _duplicates(table),
        "notes": list(table.notes),
    }
    return facts | {"summary": summary(facts)}


def _duplicates(table: Table) -> int:
    seen = Counter(zip(*(column.cells for column in table.columns), strict=True))
    return table.rows - len(seen)


def profile_column(column: Column, rows: int) -> dict[str, Any]:
    """Return one column's type, gaps, distinct and frequent values, and its spread when it has one."""
    present = [value for value in column.values if value is not None]
    counts = Counter(present)
    facts: dict[str, Any] = {
        "name": column.name,
        "type": column.type,
        "missing": rows - len(present),
        "distinct": len(counts),
        "top": [{"value": shown(value), "count": count} for value, count in _top(counts)],
    }
    if column.is_numeric and present:
        facts |= _spread(present)
    elif column.type == "date":
        facts |= {"min": min(map(shown, counts)), "max": max(map(shown, counts))}
    elif column.type == "text":
        lengths = [len(value) for value in present]
        facts |= {"shortest": min(lengths), "longest": max(lengths)}
    return facts


def _top(counts: Counter[Any]) -> list[tuple[Any, int]]:
    """The most frequent values; equally frequent ones by their text, so that a profile is always the same."""
    return sorted(counts.items(), key=lambda item: (-item[1], str(item[0])))[:TOP]


def shown(value: Any) -> Any:
    """Return a value as JSON takes it."""
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if isinstance(value, str):
        return value if len(value) <= LONGEST_VALUE else value[: LONGEST_VALUE - 1] + "…"
    return value


def _spread(numbers: Sequence[float]) -> dict[str, Any]:
    ordered = sorted(numbers)
    low, high = quantile(ordered, 0.25), quantile(ordered, 0.75)
    fence = 1.5 * (high - low)
    outliers = sum(number < low - fence or number > high + fence for number in ordered)
    return {
        "min": tidy(ordered[0]),
        "q1": tidy(low),
        "median": tidy(quantile(ordered, 0.5)),
        "q3": tidy(high),
        "max": tidy(ordered[-1]),
        "mean": rounded(mean(ordered)),
        "stdev": rounded(stdev(ordered)),
        "sum": tidy(math.fsum(ordered)),
        "zeros": sum(number == 0 for number in ordered),
        "outliers": outliers,
    }


def correlations(table: Table) -> list[dict[str, Any]]:
    """Return the pairs of numeric columns that go together (Pearson's r of at least STRONG), strongest first."""
    numeric = [column for column in table.columns if column.is_numeric][:MOST_CORRELATED]
    found = [
        (r, one.name, other.name)
        for at, one in enumerate(numeric)
        for other in numeric[at + 1 :]
        if (r := pearson(one.values, other.values)) is not None and abs(r) >= STRONG
    ]
    strongest = sorted(found, key=lambda pair: -abs(pair[0]))[:10]
    return [{"a": one, "b": other, "r": r} for r, one, other in strongest]


def pearson(xs: Sequence[float | None], ys: Sequence[float | None]) -> float | None:
    """Return Pearson's correlation over the rows where both are known, to three places; None when undefined."""
    if None in xs or None in ys:
        known = [(x, y) for x, y in zip(xs, ys, strict=True) if x is not None and y is not None]
        xs, ys = [x for x, _ in known], [y for _, y in known]
    if len(xs) < 3:
        return None
    across_x, across_y = _centred(xs), _centred(ys)
    wide, high = math.sumprod(across_x, across_x), math.sumprod(across_y, across_y)
    return round(math.sumprod(across_x, across_y) / math.sqrt(wide * high), 3) if wide and high else None


def _centred(numbers: Sequence[Any]) -> list[float]:
    middle = mean(numbers)
    return [number - middle for number in numbers]


def summary(facts: dict[str, Any]) -> str:
    """Return a profile as short lines for people and small models."""
    columns = facts["columns"]
    lines = [f"{facts['rows']:,} rows, {len(columns)} columns, {facts['format']}."]
    lines += [_line(column, facts["rows"]) for column in columns[:SUMMARY_COLUMNS]]
    if len(columns) > SUMMARY_COLUMNS:
        lines.append(f"… and {len(columns) - SUMMARY_COLUMNS} more columns")
    if facts["duplicate_rows"]:
        lines.append(f"{facts['duplicate_rows']:,} rows are exact repetitions of others.")
    if facts["correlations"]:
        pairs = ", ".join(f"{pair['a']} & {pair['b']} {pair['r']:+}" for pair in facts["correlations"][:5])
        lines.append(f"Go together (correlation): {pairs}.")
    return "\n".join([*lines, *facts["notes"]])


def _line(column: dict[str, Any], rows: int) -> str:
    parts = [f"- {column['name']} ({column['type']})"]
    if column["type"] in ("integer", "number") and "mean" in column:
        parts.append(
            f"from {column['min']} to {column['max']}, mean {column['mean']}, median {column['median']}"
        )
    elif column["type"] == "date" and "min" in column:
        parts.append(f"from {column['min']} to {column['max']}")
    elif column["top"]:
        parts.append(_frequent(column))
    if column["missing"]:
        parts.append(f"{column['missing']:,} of {rows:,} missing")
    if column.get("outliers"):
        parts.append(f"{column['outliers']:,} outliers")
    return f"{parts[0]}: {'; '.join(parts[1:])}" if parts[1:] else parts[0]


def _frequent(column: dict[str, Any]) -> str:
    values = ", ".join(f"{item['value']} ({item['count']})" for item in column["top"][:3])
    if column["top"][0]["count"] == 1:
        return f"{column['distinct']:,} values, all different, such as {column['top'][0]['value']}"
    return f"{column['distinct']:,} different values, most often {values}"
