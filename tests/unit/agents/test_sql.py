"""Which statements may run."""

import pytest

from agents.tools.sql import fault

REAL = {"executions_execution", "workspaces_user", "agents_provider", "pg_class", "public", "runs"}
EXPOSED = {"runs", "workflows"}


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT count(*) FROM runs",
        "select r.status, sum(r.cost) total from runs r group by 1 order by 2 desc limit 5",
        "SELECT * FROM runs JOIN workflows w ON w.slug = runs.workflow WHERE runs.cost > 0.5 AND w.name LIKE 'A%'",
        "WITH late AS (SELECT * FROM runs WHERE duration_s > 10) SELECT avg(duration_s) FROM late",
        "WITH late (a, b) AS (SELECT id, cost FROM runs) SELECT * FROM late",
        "WITH a AS (SELECT 1), b (c) AS (SELECT id FROM runs), d AS (SELECT 2) SELECT * FROM a, b, d",
        "SELECT date_trunc('day', created_at)::date AS d, count(*) FILTER (WHERE status = 'x') FROM runs GROUP BY 1",
        "SELECT row_number() OVER (PARTITION BY workflow ORDER BY cost) FROM runs",
        "SELECT 'it''s' AS \"A Name\", cast(cost AS numeric(10, 2)) FROM runs WHERE id IN ('a', 'b')",
        "SELECT created_at + interval '1 day' FROM runs WHERE EXISTS (SELECT 1 FROM workflows)",
        "SELECT percentile_cont(0.95) WITHIN GROUP (ORDER BY duration_s) FROM runs",
    ],
)
def test_plain_questions_may_run(statement: str) -> None:
    assert fault(statement, REAL, EXPOSED) == ""


@pytest.mark.parametrize(
    "statement",
    [
        "",
        "DELETE FROM runs",
        "SELECT 1; DROP TABLE x",
        "SELECT * FROM executions_execution",
        'SELECT * FROM "executions_execution"',
        "SELECT * FROM public.runs",
        "SELECT * FROM Workspaces_User",
        "SELECT * FROM pg_catalog.pg_class",
        "SELECT * FROM pg_stat_activity",
        "SELECT * FROM information_schema.tables",
        "TABLE workspaces_user",
        "SELECT * FROM (TABLE runs) x",
        "SELECT * INTO x FROM runs",
        "WITH x AS (DELETE FROM runs RETURNING *) SELECT * FROM x",
        "SELECT query_to_xml('select * from workspaces_user', true, true, '')",
        "SELECT pg_read_file('/etc/passwd')",
        "SELECT pg_sleep(10)",
        'SELECT "pg_sleep"(10)',
        "SELECT query_to_xml ('x')",
        "SELECT set_config('a', 'b', false)",
        "SELECT current_setting('data_directory')",
        "SELECT lo_import('/etc/passwd')",
        "SELECT dblink('x')",
        "SELECT repeat('x', 1000000000)",
        "SELECT * FROM generate_series(1, 1000000000)",
        "SELECT 1 -- comment",
        "SELECT /* comment */ 1",
        "SELECT $$text$$",
        "SELECT E'\\x41'",
        "SELECT U&'\\0041'",
        "SELECT 'a\\' FROM runs",
        "SELECT * FROM runs FOR UPDATE; COMMIT",
        "EXPLAIN SELECT 1",
        "SELECT ''::agents_provider",
        "SELECT " + "1," * 4_000 + "1",
        "SELECT evil(a) FROM runs",
        "SELECT x.evil(1) AS a FROM runs x",
        "SELECT 1, evil (a, b)",
        "WITH q AS (SELECT 'select 1' AS t) SELECT 1, evil(t) AS x FROM q",
        "WITH q AS (SELECT 'select 1' AS t) SELECT w.word FROM q, evil(t) AS w",
        "WITH q AS (SELECT 'select 1' AS t) SELECT w.a FROM q, evil(t) AS w (a text)",
        "WITH q AS (SELECT 'select 1' AS t) SELECT a FROM q, evil(t) AS (a text)",
        "WITH q AS (SELECT 'select 1' AS t) SELECT a FROM q, evil(t) AS (\"select\" text)",
        "SELECT 1 AS evil (a) AS (SELECT 1)",
        "SELECT 1) x UNION SELECT (2",
        "SELECT (1",
        "SELECT \x00",
    ],
)
def test_anything_more_is_refused_with_a_sentence(statement: str) -> None:
    assert fault(statement, REAL, EXPOSED).endswith(".")
