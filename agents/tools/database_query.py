"""Asking the workspace's own records, read-only.

The statement sees a few tables that exist only for it, each holding the rows of its own workspace. It runs in a
read-only transaction of its own with a time limit, and `sql.fault` has made sure that it names nothing else.
"""

import json
import uuid
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any

from django.db import DatabaseError, connection, transaction
from django.db.backends.utils import CursorWrapper

from agents.tools import sql
from agents.tools.base import ToolContext, ToolError, tool
from convergio.threads import in_database

MOST_ROWS = 200
TIMEOUT_MS = 5_000
LONGEST_TEXT = 2_000

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
            cursor.execute(_wrapped(statement, exposed), {"workspace": workspace_id})
            columns = [column.name for column in cursor.description or ()]
            rows = cursor.fetchmany(MOST_ROWS + 1)
    except DatabaseError as error:
        raise ToolError(f"The database refuses the query: {_first_line(error)}") from error
    shown = [[_plain(value) for value in row] for row in rows[:MOST_ROWS]]
    return {"columns": columns, "rows": shown, "is_cut": len(rows) > MOST_ROWS}


def _protect(cursor: CursorWrapper) -> None:
    cursor.execute("SET TRANSACTION READ ONLY")
    cursor.execute(f"SET LOCAL statement_timeout = {TIMEOUT_MS}")


def _relations(cursor: CursorWrapper) -> frozenset[str]:
    cursor.execute(
        "SELECT relname FROM pg_catalog.pg_class UNION SELECT nspname FROM pg_catalog.pg_namespace"
    )
    return frozenset(row[0] for row in cursor.fetchall())


def _wrapped(statement: str, exposed: dict[str, str]) -> str:
    """A statement in brackets cannot change data in its WITH, and what it does not use is never computed."""
    tables = ", ".join(f"{name} AS NOT MATERIALIZED ({query})" for name, query in exposed.items())
    # `fault` has judged the statement word by word; names cannot be parameters.
    return f"WITH {tables} SELECT * FROM ({statement.replace('%', '%%')}) AS answer LIMIT {MOST_ROWS + 1}"  # noqa: S608


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or ["unknown reason"])[0]


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, str):
        return value[:LONGEST_TEXT]
    return (
        value
        if value is None or isinstance(value, (bool, int, float))
        else json.loads(json.dumps(value, default=str))
    )


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
    completion_tokens, cost). At most 200 rows come back.
    """
    allowed = [str(name) for name in context.options.get("tables", ())]
    return await in_database(ask, context.workspace_id, query, allowed)
