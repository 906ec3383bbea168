"""Asking the workspace's own records, read-only.

The statement sees a few tables that exist only for it, each holding the rows of its own workspace. It runs in a
read-only transaction of its own with a time limit, the database cuts what is long before it sends it, and `sql.fault`
has made sure that the statement names nothing else.
"""

import json
import math
import uuid
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Annotated, Any

from django.db import DatabaseError, connection, transaction
from django.db.backends.utils import CursorWrapper

from agents.tools import sql
from agents.tools.base import ToolContext, ToolError, tool
from convergio.threads import in_database

_ROLE_THAT_READS = """
    SELECT set_config('role', 'pg_read_all_data', true) FROM pg_catalog.pg_roles
    WHERE rolname = session_user AND rolsuper"""
"""A superuser lays down what lets it read files and run programs, should a statement ever slip through."""
MOST_ROWS = 200
TIMEOUT_MS = 5_000
LONGEST_TEXT = 2_000
LONGEST_NUMBER = 300
MOST_COLUMNS = 50
MOST_CHARACTERS = 500_000
"""Text in all cells together."""
ROWS_AT_ONCE = 20

_SHORT = frozenset({16, 20, 21, 23, 700, 701, 1082, 1083, 1114, 1184, 1186})
"""PostgreSQL's types of few bytes: true or false, whole and floating numbers, dates, times, spans."""
_TEXT = frozenset({19, 25, 705, 1042, 1043})
_NUMERIC = 1700

TABLES: dict[str, str] = {
    "workflows": """
        SELECT w.slug, w.name, w.description, w.category, w.is_active, w.created_at, w.updated_at,
               v.number AS published_version
        FROM workflows_workflow w LEFT JOIN workflows_workflowversion v ON v.id = w.published_id
        WHERE w.workspace_id = %(workspace)s""",
    "runs": """
        SELECT e.id::text AS id, w.slug AS workflow, e.number, e.status, e.trigger, e.created_at, e.started_at,
               e.ended_at, round(extract(epoch FROM e.ended_at - e.started_at)::numeric, 3) AS duration_s,
               e.requests, e.prompt_tokens, e.completion_tokens, e.tool_calls, e.cost,
               e.error->>'message' AS error
        FROM executions_execution e JOIN workflows_workflow w ON w.id = e.workflow_id
        WHERE e.workspace_id = %(workspace)s""",
    "steps": """
        SELECT s.execution_id::text AS run, w.slug AS workflow, s.path, s.round, s.kind, s.status, s.attempt,
               s.served_by, s.started_at, s.ended_at,
               round(extract(epoch FROM s.ended_at - s.started_at)::numeric, 3) AS duration_s,
               s.requests, s.prompt_tokens, s.completion_tokens, s.tool_calls, s.cost
        FROM executions_steprun s JOIN executions_execution e ON e.id = s.execution_id
             JOIN workflows_workflow w ON w.id = e.workflow_id
        WHERE e.workspace_id = %(workspace)s""",
    "approvals": """
        SELECT a.id::text AS id, a.kind, a.status, a.title, a.origin AS run, a.created_at, a.due_at, a.settled_at,
               round(extract(epoch FROM a.settled_at - a.created_at)::numeric, 3) AS waited_s
        FROM approvals_approvalrequest a
        WHERE a.workspace_id = %(workspace)s""",
    "costs": """
        SELECT c.started_at::date AS day, w.slug AS workflow, c.execution_id::text AS run, c.path AS step, c.kind,
               c.actor AS agent, c.served_by AS model, c.prompt_tokens, c.completion_tokens, c.cost
        FROM executions_call c JOIN executions_execution e ON e.id = c.execution_id
             JOIN workflows_workflow w ON w.id = e.workflow_id
        WHERE c.workspace_id = %(workspace)s""",
}
"""What may be asked, by name. A workspace may allow fewer by the option `tables`."""


def ask(workspace_id: uuid.UUID, statement: str, allowed: list[str]) -> dict[str, Any]:
    """Return {"columns", "rows", "is_cut"} of a SELECT. Raises ToolError."""
    exposed = {name: TABLES[name] for name in allowed if name in TABLES}
    statement = statement.strip().removesuffix(";").strip()
    try:
        with transaction.atomic(durable=False), connection.cursor() as cursor:
            _protect(cursor)
            if wrong := sql.fault(statement, _relations(cursor), exposed):
                raise ToolError(wrong)
            columns = _columns(cursor, _wrapped(statement, exposed), workspace_id)
            shapes = ", ".join(_shape(index, kind) for index, (_, kind) in enumerate(columns))
            cursor.execute(
                f"DECLARE rows_of_answer CURSOR FOR {_wrapped(statement, exposed, shapes, len(columns))}",
                {"workspace": workspace_id},
            )
            rows, is_cut = _fetched(cursor, [kind for _, kind in columns])
    except DatabaseError as error:
        raise ToolError(f"The database refuses the query: {_first_line(error)}") from error
    return {"columns": [name for name, _ in columns], "rows": rows, "is_cut": is_cut}


def _protect(cursor: CursorWrapper) -> None:
    cursor.execute("SET TRANSACTION READ ONLY")
    cursor.execute(f"SET LOCAL statement_timeout = {TIMEOUT_MS}")
    cursor.execute("SET LOCAL work_mem = '8MB'")
    cursor.execute("SET LOCAL max_parallel_workers_per_gather = 0")
    cursor.execute(_ROLE_THAT_READS)


def _columns(cursor: CursorWrapper, query: str, workspace_id: uuid.UUID) -> list[tuple[str, int]]:
    """The columns' names and PostgreSQL's numbers of their types; no row is computed."""
    cursor.execute(f"{query} LIMIT 0", {"workspace": workspace_id})
    columns = [(column.name, column.type_code) for column in cursor.description or ()]
    if len(columns) > MOST_COLUMNS:
        raise ToolError(f"The query has {len(columns)} columns; at most {MOST_COLUMNS} can be returned.")
    return columns


def _shape(index: int, kind: int) -> str:
    """How a column leaves the database: cut there, so that no long value ever comes here."""
    name = f"c{index}"
    if kind in _SHORT:
        return name
    if kind in _TEXT or kind == _NUMERIC:
        return f"left({name}::text, {LONGEST_TEXT})"
    return f"left(to_json({name})::text, {LONGEST_TEXT})"


def _fetched(cursor: CursorWrapper, kinds: list[int]) -> tuple[list[list[Any]], bool]:
    """The rows, a few at a time, and whether there are more than may be returned."""
    rows: list[list[Any]] = []
    size = 0
    found: list[tuple[Any, ...]] | None = None
    while found is None or len(found) == ROWS_AT_ONCE:
        cursor.execute(f"FETCH {ROWS_AT_ONCE} FROM rows_of_answer")
        found = cursor.fetchall()
        for row in found:
            size += sum(len(value) for value in row if isinstance(value, str))
            if len(rows) == MOST_ROWS or size > MOST_CHARACTERS:
                return rows, True
            rows.append([_read(value, kind) for value, kind in zip(row, kinds, strict=True)])
    return rows, False


def _relations(cursor: CursorWrapper) -> frozenset[str]:
    cursor.execute(
        "SELECT relname FROM pg_catalog.pg_class UNION SELECT nspname FROM pg_catalog.pg_namespace"
    )
    return frozenset(row[0] for row in cursor.fetchall())


def _wrapped(statement: str, exposed: dict[str, str], shapes: str = "*", columns: int = 0) -> str:
    """A statement in brackets cannot change data in its WITH, and what it does not use is never computed."""
    tables = ", ".join(f"{name} AS NOT MATERIALIZED ({query})" for name, query in exposed.items())
    names = f"({', '.join(f'c{index}' for index in range(columns))})" if columns else ""
    # `fault` has judged the statement word by word; names cannot be parameters.
    return f"WITH {tables} SELECT {shapes} FROM ({statement.replace('%', '%%')}) AS answer {names}"  # noqa: S608


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or ["unknown reason"])[0]


def _read(value: Any, kind: int) -> Any:
    """A cell as JSON, from what `_shape` had the database send."""
    if value is None or kind in _TEXT:
        return value
    if kind == _NUMERIC:
        return _number(value)
    if kind in _SHORT:
        return _plain(value)
    try:
        return json.loads(value)
    except ValueError:
        return value


def _number(text: str) -> Any:
    """Numbers that no other program could read stay text."""
    value = Decimal(text)
    if len(text) > LONGEST_NUMBER or not value.is_finite():
        return text[:LONGEST_NUMBER]
    return int(value) if value == value.to_integral_value() else float(value)


def _plain(value: Any) -> Any:
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    is_number = isinstance(value, (bool, int, float))
    return value if is_number and math.isfinite(value) else str(value)


@tool(
    slug="database_query",
    title="Query the records",
    permissions=("database",),
    timeout_s=10,
    options={"tables": list(TABLES)},
)
async def database_query(
    context: ToolContext,
    query: Annotated[str, "One PostgreSQL SELECT over workflows, runs, steps, approvals, costs"],
) -> dict[str, Any]:
    """Ask this workspace's own records, read-only. Tables and columns:

    workflows(slug, name, description, category, is_active, created_at, updated_at, published_version),
    runs(id, workflow, number, status, trigger, created_at, started_at, ended_at, duration_s, requests,
    prompt_tokens, completion_tokens, tool_calls, cost, error), steps(run, workflow, path, round, kind, status,
    attempt, served_by, started_at, ended_at, duration_s, …), approvals(id, kind, status, title, run, created_at,
    due_at, settled_at, waited_s), costs(day, workflow, run, step, kind, agent, model, prompt_tokens,
    completion_tokens, cost). At most 200 rows of 50 columns come back; long texts are cut.
    """
    allowed = [str(name) for name in context.options.get("tables", ())]
    return await in_database(ask, context.workspace_id, query, allowed)
