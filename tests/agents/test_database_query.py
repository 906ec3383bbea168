"""Asking the records: own workspace, read-only, in bounds."""

from typing import Any

import pytest
from django.db import connection, transaction

from agents import operations
from agents.runtime import run_tool
from agents.runtime.contract import ToolTask
from agents.tools import database_query
from agents.tools.base import ToolError
from agents.tools.database_query import MOST_ROWS, TABLES, ask
from tests.agents.ports import Ports
from tests.people import Cast
from workflows.models import Workflow

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def records(committed_cast: Cast) -> Cast:
    """Three workflows in the cast's workspace and one elsewhere."""
    for slug in ("a", "b", "c"):
        Workflow.objects.create(
            workspace=committed_cast.workspace, slug=slug, name=slug.upper(), category="x"
        )
    Workflow.objects.create(workspace=committed_cast.elsewhere, slug="secret", name="Secret")
    return committed_cast


def rows(cast: Cast, query: str) -> list[list[Any]]:
    return list(ask(cast.workspace.pk, query, list(TABLES))["rows"])


def test_only_the_own_workspace_is_seen(records: Cast) -> None:
    assert rows(records, "SELECT slug FROM workflows ORDER BY slug") == [["a"], ["b"], ["c"]]
    assert rows(records, "SELECT count(*) FROM workflows WHERE slug LIKE '%secret%'") == [[0]]


def test_every_table_can_be_asked(records: Cast) -> None:
    for table in TABLES:
        assert ask(records.workspace.pk, f"SELECT * FROM {table}", list(TABLES))["columns"]


def test_joins_groups_and_own_tables_work(records: Cast) -> None:
    query = "WITH few AS (SELECT * FROM workflows WHERE slug < 'c') SELECT category, count(*) FROM few GROUP BY 1;"
    assert rows(records, query) == [["x", 2]]


REFUSED = (
    "SELECT * FROM workflows_workflow",
    'SELECT * FROM "workspaces_user"',
    "SELECT * FROM workflows UNION SELECT * FROM workflows_workflow",
    "SELECT query_to_xml('select 1', true, true, '')",
    "SELECT 1) AS answer; DELETE FROM workflows_workflow; SELECT (1",
    "SELECT 1) x UNION SELECT (2",
    "SELECT nonsense FROM workflows",
    "SELECT 1 FROM",
    "SELECT ''::regclass FROM workflows",
    "SELECT %(workspace)s",
    "SELECT ${x}",
)


def test_what_is_not_allowed_or_wrong_is_a_sentence(records: Cast, subtests: pytest.Subtests) -> None:
    for query in REFUSED:
        with subtests.test(query), pytest.raises(ToolError) as caught:
            rows(records, query)
        assert caught.value.sentence
    assert Workflow.objects.count() == 4


def test_the_allow_list_of_the_workspace_holds(records: Cast) -> None:
    with pytest.raises(ToolError, match=r"refuses|no table"):
        ask(records.workspace.pk, "SELECT * FROM runs", ["workflows"])


def test_the_allow_list_cannot_name_more_than_there_is(records: Cast) -> None:
    with pytest.raises(ToolError):
        ask(records.workspace.pk, "SELECT * FROM workspaces_user", ["workspaces_user"])


def test_many_rows_are_cut(records: Cast) -> None:
    query = "SELECT a.slug FROM workflows a, workflows b, workflows c, workflows d, workflows e"
    answer = ask(records.workspace.pk, query, list(TABLES))
    assert len(answer["rows"]) == MOST_ROWS
    assert answer["is_cut"]


def doubled(levels: int) -> str:
    query = "SELECT name AS t FROM workflows"
    for _ in range(levels):
        query = f"SELECT t || t AS t FROM ({query}) AS x"
    return query


def test_a_long_cell_is_cut_by_the_database(records: Cast) -> None:
    long = ask(records.workspace.pk, doubled(12), list(TABLES))["rows"]
    assert sorted(long) == [["A" * 2_000], ["B" * 2_000], ["C" * 2_000]]
    grown = ask(records.workspace.pk, "SELECT array_agg(t) FROM (" + doubled(11) + ") AS y", list(TABLES))
    assert len(grown["rows"][0][0]) == 2_000


def test_what_comes_back_in_all_is_bounded(records: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database_query, "MOST_CHARACTERS", 5_000)
    answer = ask(records.workspace.pk, doubled(12), list(TABLES))
    assert (len(answer["rows"]), answer["is_cut"]) == (2, True)
    with pytest.raises(ToolError, match="at most 50"):
        rows(records, "SELECT " + ", ".join(["1"] * 51))


def test_texts_cannot_grow_without_end(records: Cast, subtests: pytest.Subtests) -> None:
    endless = "WITH RECURSIVE r(t) AS (SELECT 'x' UNION ALL SELECT t || t FROM r) SELECT t FROM r"
    for query in (doubled(30), endless, "SELECT " + "concat('a', " * 13 + "'b'" + ")" * 13):
        with subtests.test(query[:80]), pytest.raises(ToolError):
            rows(records, query)


def test_values_of_any_type_are_plain(records: Cast) -> None:
    query = """SELECT 1, 1.5, 10.0, true, NULL, 'x', date '2026-01-02', array_agg(slug ORDER BY slug),
        interval '2 seconds', power(10::numeric, 400), 1.0::float FROM workflows"""
    (row,) = rows(records, query)
    assert row[:9] == [1, 1.5, 10, True, None, "x", "2026-01-02", ["a", "b", "c"], 2.0]
    assert (row[9][:3], len(row[9]), row[10]) == ("100", 300, 1.0)


def test_a_long_query_is_stopped(records: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database_query, "TIMEOUT_MS", 100)
    tens = " CROSS JOIN ".join(f"(VALUES {', '.join(['(1)'] * 10)}) AS v{n}" for n in range(12))
    endless = f"SELECT count(*) FROM {tens}"
    with pytest.raises(ToolError, match="timeout"):
        rows(records, endless)


def test_the_connection_is_as_before_afterwards(records: Cast) -> None:
    rows(records, "SELECT 1")
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone() == ("0",)
    operations.create_agent(
        {"slug": "x", "name": "X", "role": "r", "system_prompt": "p"}, by=records.cleo.actor
    )


async def test_a_step_asks_from_its_own_thread(records: Cast) -> None:
    task = ToolTask("database_query", {"query": "SELECT count(*) AS n FROM workflows"})
    result = await run_tool(task, Ports(records.workspace.pk).context())
    assert result.output == {"columns": ["n"], "rows": [[3]], "is_cut": False}


def test_a_superuser_asks_as_one_who_may_only_read(records: Cast) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        database_query._protect(cursor)
        cursor.execute("SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user")
        assert cursor.fetchone() == (False,)
