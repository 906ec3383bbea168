"""Reading, profiling and querying tables."""

import math
import statistics
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.tools.base import ToolError
from agents.tools.tables.numbers import quantile, tidy
from agents.tools.tables.profile import pearson, profile
from agents.tools.tables.query import Aggregate, Query, Where, run
from agents.tools.tables.reading import Table, read_table

SHOPS = """shop,day,units,price,open
North,2026-01-01,10,1.10,yes
South,2026-01-02,20,2.20,no
North,2026-01-03,30,3.30,yes
South,2026-01-04,,4.40,no
West,2026-01-05,50,n/a,yes
"""


def table(text: str) -> Table:
    return read_table(text.encode())


def ask(text: str, **query: Any) -> dict[str, Any]:
    return run(table(text), Query.model_validate(query))


def test_types_are_recognised() -> None:
    types = {column.name: column.type for column in table(SHOPS).columns}
    assert types == {"shop": "text", "day": "date", "units": "integer", "price": "number", "open": "boolean"}


@pytest.mark.parametrize(("mark", "name"), [(",", "comma"), (";", "semicolon"), ("\t", "tab"), ("|", "pipe")])
def test_delimiters_are_recognised(mark: str, name: str) -> None:
    found = table(SHOPS.replace(",", mark))
    assert found.format == f"{name}-separated"
    assert len(found.columns) == 5


@pytest.mark.parametrize(
    ("cells", "kind", "values"),
    [
        (["1", "2", ""], "integer", [1, 2, None]),
        (["1.5", "2"], "number", [1.5, 2]),
        (["1,234.50", "$2,000"], "number", [1234.5, 2000]),
        (["1.234,50", "12,5"], "number", [1234.5, 12.5]),
        (["12 %", "8%"], "integer", [12, 8]),
        (["2026-01-02", "NA"], "date", [date(2026, 1, 2), None]),
        (["31/12/2026", "01/02/2026"], "date", [date(2026, 12, 31), date(2026, 2, 1)]),
        (["12/31/2026", "02/01/2026"], "date", [date(2026, 12, 31), date(2026, 2, 1)]),
        (["yes", "No"], "boolean", [True, False]),
        (["00123x", "b"], "text", ["00123x", "b"]),
        (["", "n/a"], "empty", [None, None]),
        (["inf", "1"], "text", ["inf", "1"]),
        (["1_000", "2"], "text", ["1_000", "2"]),
    ],
)
def test_cells_are_read_as_what_they_are(cells: list[str], kind: str, values: list[Any]) -> None:
    column = table("v;w\n" + "\n".join(f'"{cell}";x' for cell in cells)).columns[0]
    assert (column.type, column.values) == (kind, values)


@pytest.mark.parametrize(
    ("encoding", "name"), [("utf-8-sig", "utf-8"), ("cp1252", "cp1252"), ("utf-16", "utf-16")]
)
def test_encodings_are_recognised(encoding: str, name: str) -> None:
    found = read_table("città,n\nForlì,1\n".encode(encoding))
    assert found.encoding == name
    assert found.columns[0].name == "città"
    assert found.columns[0].values == ["Forlì"]


def test_records_in_json_are_a_table() -> None:
    found = table('[{"a": 1, "b": "x"}, {"a": 2, "c": null}]')
    assert [column.name for column in found.columns] == ["a", "b", "c"]
    assert found.columns[0].values == [1, 2]


@pytest.mark.parametrize("content", [b"", b"  \n ", b"\x00\x01\x02", b"[1, 2]", b"[{]", b'{"a"'[:0], b"[]"])
def test_no_table_is_a_sentence(content: bytes) -> None:
    with pytest.raises(ToolError):
        read_table(content)


def test_ragged_rows_are_filled_and_said() -> None:
    found = table("a,b\n1\n2,3,4\n")
    assert found.column("b").cells == ["", "3"]
    assert "2 rows" in found.notes[0]


def test_double_and_empty_names_are_told_apart() -> None:
    assert [column.name for column in table("a,a,\n1,2,3\n").columns] == ["a", "a_2", "column_3"]


def test_a_table_of_names_alone_has_no_rows() -> None:
    assert profile(table("a,b\n"))["rows"] == 0


def test_a_profile_tells_gaps_spread_and_frequent_values() -> None:
    facts = profile(table(SHOPS))
    shop, _, units, price, _ = facts["columns"]
    assert shop["top"][0] == {"value": "North", "count": 2}
    assert (units["missing"], units["min"], units["max"], units["mean"], units["sum"]) == (
        1,
        10,
        50,
        27.5,
        110,
    )
    assert (price["missing"], price["sum"]) == (1, 11)
    assert facts["rows"] == 5
    assert "- units (integer): from 10 to 50, mean 27.5, median 25; 1 of 5 missing" in facts["summary"]


def test_repetitions_and_correlations_are_found() -> None:
    facts = profile(table("x,y,z\n" + "".join(f"{n},{2 * n},{(n * 7) % 5}\n" for n in range(20)) + "0,0,0\n"))
    assert facts["duplicate_rows"] == 1
    assert facts["correlations"][0] == {"a": "x", "b": "y", "r": 1.0}


@given(st.lists(st.tuples(st.integers(-1000, 1000), st.integers(-1000, 1000)), min_size=3, max_size=40))
def test_correlation_agrees_with_the_standard_library(pairs: list[tuple[int, int]]) -> None:
    xs, ys = [x for x, _ in pairs], [y for _, y in pairs]
    ours = pearson(xs, ys)
    if ours is None:
        assert len(set(xs)) == 1 or len(set(ys)) == 1
    else:
        assert ours == pytest.approx(statistics.correlation(xs, ys), abs=0.001)


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=50))
def test_quartiles_agree_with_the_standard_library(numbers: list[float]) -> None:
    expected = statistics.quantiles(numbers, n=4, method="inclusive")
    found = [quantile(sorted(numbers), share) for share in (0.25, 0.5, 0.75)]
    assert found == pytest.approx(expected, rel=1e-9, abs=1e-6)


@given(st.lists(st.integers(-10_000, 10_000), min_size=1, max_size=200))
def test_sums_of_cents_are_exact(cents: list[int]) -> None:
    text = "v\n" + "\n".join(f"{cent / 100:.2f}" for cent in cents)
    found = ask(text, aggregate=[{"function": "sum", "column": "v"}])
    assert found["rows"][0][0] == tidy(sum(cents) / 100)


def test_groups_are_counted_and_summed() -> None:
    found = ask(
        SHOPS,
        group_by=["shop"],
        aggregate=[{"function": "sum", "column": "units"}, {"function": "count"}],
        sort="sum_units",
        descending=True,
    )
    assert found["columns"] == ["shop", "sum_units", "count"]
    assert found["rows"] == [["West", 50, 1], ["North", 40, 2], ["South", 20, 2]]


@pytest.mark.parametrize(
    ("where", "count"),
    [
        ({"column": "units", "op": "gt", "value": 10}, 3),
        ({"column": "units", "op": "lte", "value": "20"}, 2),
        ({"column": "SHOP", "op": "eq", "value": "north"}, 2),
        ({"column": "shop", "op": "ne", "value": "North"}, 3),
        ({"column": "shop", "op": "in", "value": ["North", "West"]}, 3),
        ({"column": "shop", "op": "contains", "value": "TH"}, 4),
        ({"column": "day", "op": "gte", "value": "2026-01-03"}, 3),
        ({"column": "units", "op": "missing"}, 1),
        ({"column": "price", "op": "present"}, 4),
        ({"column": "open", "op": "eq", "value": True}, 3),
    ],
)
def test_rows_are_filtered(where: dict[str, Any], count: int) -> None:
    assert ask(SHOPS, where=[where])["matched"] == count


def test_rows_are_sorted_with_gaps_last_and_cut() -> None:
    found = ask(SHOPS, columns=["units"], sort="units", descending=True, limit=4)
    assert found["rows"] == [[50], [30], [20], [10]]
    assert found["is_cut"]


@pytest.mark.parametrize(
    "query",
    [
        {"columns": ["nope"]},
        {"where": [{"column": "nope", "value": 1}]},
        {"where": [{"column": "units", "op": "gt", "value": "many"}]},
        {"aggregate": [{"function": "sum", "column": "shop"}]},
        {"aggregate": [{"function": "mean", "column": ""}]},
        {"group_by": ["shop"], "sort": "units"},
        {"sort": "nope"},
    ],
)
def test_a_wrong_question_is_a_sentence(query: dict[str, Any]) -> None:
    with pytest.raises(ToolError):
        ask(SHOPS, **query)


def test_figures_over_nothing_are_missing() -> None:
    found = ask(
        SHOPS,
        where=[{"column": "units", "op": "gt", "value": 999}],
        aggregate=[{"function": "mean", "column": "units"}],
    )
    assert found["rows"] == [[None]]


def test_every_figure_is_known() -> None:
    for function in ("count", "sum", "mean", "median", "min", "max", "stdev", "distinct"):
        figure = Aggregate(function=function, column="units")  # type: ignore[arg-type]
        value = run(table(SHOPS), Query(aggregate=[figure]))["rows"][0][0]
        assert math.isfinite(value)


def test_a_condition_on_days_takes_only_days() -> None:
    with pytest.raises(ToolError, match="which is date"):
        run(table(SHOPS), Query(where=[Where(column="day", op="gt", value="soon")]))
