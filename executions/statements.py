"""The SQL of the hot path: each turn of a run is one of these. Everything else in the app is ORM.

Rows of a set travel as one JSON parameter; names in `%(…)s` are bound by the store.
"""

from functools import lru_cache

SUSPECT = "run.claims_without_progress BETWEEN %(trusted)s AND %(most)s - 1"
"""A run that was lost so often that it may be what kills its workers, but is not parked yet."""
_OWNER_LIVES = f"""EXISTS (
    SELECT FROM executions_worker AS worker
    WHERE worker.name = run.owner AND clock_timestamp() < worker.lease_until + make_interval(
        secs => CASE WHEN {SUSPECT} THEN
            %(first_wait)s * power(2, run.claims_without_progress - %(trusted)s)
            * (1 + get_byte(uuid_send(run.id), 10 + mod(run.fence, 6)::integer) / 256.0::float8)
        ELSE 0 END)
)"""
"""Whether a run has a worker, or had one so lately that it must still wait (see suspicion.py).

How much longer than another suspect it waits is drawn from the random end of its id, anew for each claim.
"""

CLAIM = f"""
WITH claimed AS (
    UPDATE executions_execution AS run
    SET owner = %(owner)s, fence = fence + 1, claims_without_progress = claims_without_progress + 1
    WHERE id = %(id)s AND (
        (owner = '' AND (
            status = 'queued'
            OR next_due_at <= clock_timestamp()
            OR EXISTS (SELECT FROM executions_command AS command WHERE command.execution_id = run.id)
        ))
        OR (owner <> '' AND (%(suspects)s OR NOT {SUSPECT}) AND NOT {_OWNER_LIVES})
    )
    RETURNING id, workspace_id, workflow_id, version_id, number, status, inputs, outputs, error, state, trigger,
        started_by_id, parent_id, parent_path, parent_round, forked_from_id, depth, seq, last_hash,
        fence, claims_without_progress, requests, prompt_tokens, completion_tokens, tool_calls, cost, started_at,
        ended_at
)
SELECT claimed.*, before.owner AS owner_before, before.seq AS seq_before,
    (SELECT json_agg(step) FROM executions_steprun AS step
     WHERE step.execution_id = claimed.id AND step.is_open) AS steps,
    (SELECT json_agg(command ORDER BY command.id) FROM executions_command AS command
     WHERE command.execution_id = claimed.id) AS commands
FROM claimed JOIN executions_execution AS before ON before.id = claimed.id
"""  # noqa: S608 - only our own conditions are put in
"""Take a run that has something to do and that no living worker owns; with its open step runs and its inbox.

`suspects` says whether this worker may take one now.

`before` is the run as the rest of the statement sees it: when a stalled owner wrote at this very moment, its `seq` is
not the one we claimed, and the step runs are too old to go on with.
"""

STEP_COLUMNS = {
    "id": "uuid",
    "path": "text",
    "round": "integer",
    "step_id": "text",
    "kind": "text",
    "scope": "text",
    "status": "text",
    "is_open": "boolean",
    "attempt": "smallint",
    "port": "text",
    "input": "json",
    "output": "json",
    "error": "json",
    "feedback": "json",
    "state": "json",
    "served_by": "text",
    "due_at": "timestamptz",
    "created_seq": "bigint",
    "started_at": "timestamptz",
    "ended_at": "timestamptz",
    "requests": "integer",
    "prompt_tokens": "bigint",
    "completion_tokens": "bigint",
    "tool_calls": "integer",
    "cost": "numeric",
}
CALL_COLUMNS = {
    "id": "uuid",
    "workspace_id": "uuid",
    "path": "text",
    "round": "integer",
    "kind": "text",
    "actor": "text",
    "ordinal": "integer",
    "digest": "text",
    "name": "text",
    "served_by": "text",
    "status": "text",
    "request": "json",
    "response": "json",
    "error": "json",
    "idempotency_key": "text",
    "started_at": "timestamptz",
    "ended_at": "timestamptz",
}
ANSWER_COLUMNS = {"id": "uuid", "response": "json", "served_by": "text", "prompt_tokens": "bigint"} | {
    "completion_tokens": "bigint",
    "cost": "numeric",
    "ended_at": "timestamptz",
}
EVENT_COLUMNS = {
    "seq": "bigint",
    "at": "timestamptz",
    "type": "text",
    "path": "text",
    "data": "json",
    "hash": "text",
}
_KEPT = ("id", "path", "round", "step_id", "kind", "scope", "created_seq")
"""What never changes in a step run once it exists."""


def _names(columns: dict[str, str]) -> str:
    return ", ".join(columns)


def _typed(columns: dict[str, str]) -> str:
    return ", ".join(f"{name} {kind}" for name, kind in columns.items())


USAGE_COLUMNS = ("requests", "prompt_tokens", "completion_tokens", "tool_calls", "cost")
_MORE = ", ".join(f"{name} = step.{name} + late.{name}" for name in USAGE_COLUMNS)
_LATE = "path text, round integer, " + ", ".join(f"{name} {STEP_COLUMNS[name]}" for name in USAGE_COLUMNS)

_CHANGES = ", ".join(f"{name} = EXCLUDED.{name}" for name in STEP_COLUMNS if name not in _KEPT)

WRITE = """
WITH moved AS (
    UPDATE executions_execution
    SET seq = %(seq)s, last_hash = %(last_hash)s, status = %(status)s, claims_without_progress = 0,
        state = coalesce(%(state)s::json, state),
        outputs = CASE WHEN %(has_end)s THEN %(outputs)s::json ELSE outputs END,
        error = CASE WHEN %(has_end)s THEN %(error)s::json ELSE error END,
        requests = %(requests)s, prompt_tokens = %(prompt_tokens)s, completion_tokens = %(completion_tokens)s,
        tool_calls = %(tool_calls)s, cost = %(cost)s,
        started_at = %(started_at)s, ended_at = %(ended_at)s,
        owner = CASE WHEN %(release)s THEN '' ELSE owner END,
        next_due_at = CASE WHEN %(release)s THEN NULL ELSE next_due_at END
    WHERE id = %(id)s AND fence = %(fence)s AND seq = %(was)s AND owner = %(owner)s
    RETURNING id
)"""
"""How each writing of a transition begins (see `write_of`)."""

_PARTS = {
    "steps": f"""
    INSERT INTO executions_steprun (execution_id, {_names(STEP_COLUMNS)})
    SELECT moved.id, {", ".join(f"step.{name}" for name in STEP_COLUMNS)}
    FROM moved, json_to_recordset(%(steps)s::json) AS step({_typed(STEP_COLUMNS)})
    ON CONFLICT (execution_id, path, round) DO UPDATE SET {_CHANGES}""",  # noqa: S608 - only names of columns are put in, here and below
    "closed": """
    UPDATE executions_steprun AS step SET is_open = false
    FROM moved, json_to_recordset(%(closed)s::json) AS gone(path text, round integer)
    WHERE step.execution_id = moved.id AND step.path = gone.path AND step.round = gone.round""",
    "late": f"""
    UPDATE executions_steprun AS step SET {_MORE}
    FROM moved, json_to_recordset(%(late)s::json) AS late({_LATE})
    WHERE step.execution_id = moved.id AND step.path = late.path AND step.round = late.round""",  # noqa: S608
    "events": f"""
    INSERT INTO executions_event (execution_id, {_names(EVENT_COLUMNS)})
    SELECT moved.id, {", ".join(f"event.{name}" for name in EVENT_COLUMNS)}
    FROM moved, json_to_recordset(%(events)s::json) AS event({_typed(EVENT_COLUMNS)})""",  # noqa: S608
    "calls": f"""
    INSERT INTO executions_call AS call (execution_id, prompt_tokens, completion_tokens, cost, {_names(CALL_COLUMNS)})
    SELECT moved.id, 0, 0, 0, {", ".join(f"made.{name}" for name in CALL_COLUMNS)}
    FROM moved, json_to_recordset(%(calls)s::json) AS made({_typed(CALL_COLUMNS)})
    ON CONFLICT (execution_id, path, round, kind, actor, digest, ordinal) WHERE NOT (status = 'superseded')
    DO UPDATE SET status = EXCLUDED.status, response = EXCLUDED.response, error = EXCLUDED.error,
        served_by = EXCLUDED.served_by, ended_at = EXCLUDED.ended_at
    WHERE call.status <> 'finished'""",  # noqa: S608
    "answers": f"""
    UPDATE executions_call AS call
    SET status = 'finished', response = answer.response, served_by = answer.served_by,
        prompt_tokens = answer.prompt_tokens, completion_tokens = answer.completion_tokens, cost = answer.cost,
        ended_at = answer.ended_at
    FROM moved, json_to_recordset(%(answers)s::json) AS answer({_typed(ANSWER_COLUMNS)})
    WHERE call.id = answer.id AND call.execution_id = moved.id AND call.status <> 'superseded'""",  # noqa: S608
    "commands": """
    DELETE FROM executions_command AS command USING moved
    WHERE command.execution_id = moved.id AND command.id = ANY(%(commands)s)""",
}
"""What a transition may write besides the run's own row, by the name of the parameter that holds it."""


@lru_cache(maxsize=128)
def write_of(*parts: str) -> str:
    """The statement for a whole transition, or nothing when the run is no longer ours or has moved.

    `parts` are those of _PARTS that hold something, in their order: PostgreSQL makes ready for each that is named, so
    naming all of them costs it a sixth more. `steps`, `closed` and `late` hold no step run twice, `calls` and `answers`
    no call: one statement cannot change a row two times.
    """
    more = (f", {name}_ AS ({text}\n)" for name, text in _PARTS.items() if name in parts)
    return f"{WRITE}{''.join(more)}\nSELECT count(*) FROM moved\n"


PARTS = tuple(_PARTS)

COUNT = f"""
WITH moved AS (
    UPDATE executions_execution AS run
    SET seq = %(seq)s, last_hash = %(last_hash)s,
        {", ".join(f"{name} = run.{name} + more.{name}" for name in USAGE_COLUMNS)}
    FROM (SELECT {", ".join(f"sum({name}) AS {name}" for name in USAGE_COLUMNS)}
          FROM json_to_recordset(%(late)s::json) AS late({_LATE})) AS more
    WHERE id = %(id)s AND fence = %(fence)s AND seq = %(was)s AND owner = %(owner)s
    RETURNING id
), late AS (
    UPDATE executions_steprun AS step SET {_MORE}
    FROM moved, json_to_recordset(%(late)s::json) AS late({_LATE})
    WHERE step.execution_id = moved.id AND step.path = late.path AND step.round = late.round
)
INSERT INTO executions_event (execution_id, {_names(EVENT_COLUMNS)})
SELECT moved.id, {", ".join(f"event.{name}" for name in EVENT_COLUMNS)}
FROM moved, json_to_recordset(%(events)s::json) AS event({_typed(EVENT_COLUMNS)})
"""  # noqa: S608 - only names of columns are put in
"""Count what was paid in a run that the engine may be unable to read."""

ACTIVE = """
SELECT path, round, state FROM executions_steprun
WHERE execution_id = %(id)s AND is_open AND status IN ('running', 'waiting', 'retrying')
"""

PARK = f"""
WITH moved AS (
    UPDATE executions_execution
    SET seq = %(seq)s, last_hash = %(last_hash)s, status = 'failed', error = %(error)s::json, ended_at = %(at)s
    WHERE id = %(id)s AND fence = %(fence)s AND seq = %(was)s AND owner = %(owner)s
    RETURNING id
), steps AS (
    UPDATE executions_steprun AS step
    SET status = 'cancelled', ended_at = %(at)s, due_at = NULL, state = stopped.state
    FROM moved, json_to_recordset(%(steps)s::json) AS stopped(path text, round integer, state json)
    WHERE step.execution_id = moved.id AND step.path = stopped.path AND step.round = stopped.round
)
INSERT INTO executions_event (execution_id, {_names(EVENT_COLUMNS)})
SELECT moved.id, {", ".join(f"event.{name}" for name in EVENT_COLUMNS)}
FROM moved, json_to_recordset(%(events)s::json) AS event({_typed(EVENT_COLUMNS)})
"""  # noqa: S608 - only names of columns are put in
"""End a run that cannot go on; what was active in it (`steps`) is cancelled, so that a retry revives it.

It stays ours until those who wait for it were told: should we be lost before, another worker claims it and tells them.
"""

LET_GO = """
WITH moved AS (
    UPDATE executions_execution SET owner = '', next_due_at = NULL, claims_without_progress = 0
    WHERE id = %(id)s AND fence = %(fence)s AND owner = %(owner)s
    RETURNING id
)
DELETE FROM executions_command AS command USING moved
WHERE command.execution_id = moved.id AND command.id = ANY(%(commands)s)
"""
"""Let a parked run go, without the orders that it could not take: they would have it claimed again for ever."""

UNCOUNTED = f"""
WITH paid AS (
    SELECT path, round, count(*) FILTER (WHERE kind = 'model') AS requests, sum(prompt_tokens) AS prompt_tokens,
        sum(completion_tokens) AS completion_tokens, count(*) FILTER (WHERE kind = 'tool') AS tool_calls,
        sum(cost) AS cost
    FROM executions_call WHERE execution_id = %(id)s AND status IN ('finished', 'superseded')
    GROUP BY path, round
    UNION ALL
    SELECT parent_path, parent_round, {", ".join(f"sum({name})" for name in USAGE_COLUMNS)}
    FROM executions_execution
    WHERE parent_id = %(id)s AND trigger = 'workflow' AND status IN ('completed', 'failed', 'cancelled', 'timed_out')
    GROUP BY parent_path, parent_round
)
SELECT step.path, step.round,
    {", ".join(f"greatest(paid.{name} - step.{name}, 0)::{STEP_COLUMNS[name]} AS {name}" for name in USAGE_COLUMNS)}
FROM paid JOIN executions_steprun AS step
    ON step.execution_id = %(id)s AND step.path = paid.path AND step.round = paid.round
WHERE {" OR ".join(f"paid.{name} > step.{name}" for name in USAGE_COLUMNS)}
ORDER BY step.path, step.round
"""  # noqa: S608 - only names of columns are put in
"""What the journal and the ended sub-workflows say was paid beyond what the step runs say."""

LOCK_NUMBERS = "SELECT id FROM workflows_workflow WHERE id = %(workflow)s FOR NO KEY UPDATE"
NEXT_NUMBER = "SELECT coalesce(max(number), 0) + 1 FROM executions_execution WHERE workflow_id = %(workflow)s"
"""The number of a workflow's next run, once its numbers are locked: a statement sees what was there when it began."""

POSITION = "SELECT owner, fence, seq, last_hash, status FROM executions_execution WHERE id = %(id)s"

RELEASE = """
UPDATE executions_execution AS run
SET owner = '', next_due_at = %(due)s, claims_without_progress = 0
WHERE id = %(id)s AND fence = %(fence)s AND owner = %(owner)s
    AND NOT EXISTS (SELECT FROM executions_command AS command WHERE command.execution_id = run.id)
"""
"""Let a run go that has nothing left to do; not while its inbox holds something."""

DISOWN = """
UPDATE executions_execution
SET owner = 'nobody', claims_without_progress = greatest(claims_without_progress - %(back)s, 0)
WHERE id = %(id)s AND fence = %(fence)s AND owner = %(owner)s
"""
"""Give a run up with work left: it is as free as that of a dead worker."""

INBOX = "SELECT id, kind, data FROM executions_command WHERE execution_id = %(id)s ORDER BY id"

DEFINITION = "SELECT definition FROM workflows_workflowversion WHERE id = %(id)s"

RENEW = """
INSERT INTO executions_worker (name, lease_until, started_at)
VALUES (%(name)s, clock_timestamp() + make_interval(secs => %(lease)s), clock_timestamp())
ON CONFLICT (name) DO UPDATE SET lease_until = EXCLUDED.lease_until
RETURNING clock_timestamp() AS now
"""
OWNED = """
SELECT run.id, run.fence,
    EXISTS (SELECT FROM executions_command AS command WHERE command.execution_id = run.id) AS has_commands
FROM executions_execution AS run WHERE run.owner = %(name)s
"""
RETIRE = """
WITH gone AS (DELETE FROM executions_worker WHERE name = %(name)s RETURNING name)
UPDATE executions_execution AS run
SET owner = 'nobody', claims_without_progress = greatest(claims_without_progress - 1, 0)
FROM gone WHERE run.owner = gone.name
"""
"""End a worker's lease. Runs that it could not hand over are not to blame for that."""

CALLS = """
SELECT id, kind, actor, digest, ordinal, status, response, served_by, prompt_tokens, completion_tokens, cost,
    idempotency_key
FROM executions_call WHERE execution_id = %(execution)s AND path = %(path)s AND round = %(round)s
"""
BEGIN_CALL = """
INSERT INTO executions_call AS call (id, workspace_id, execution_id, path, round, kind, actor, ordinal, digest, name,
    served_by, status, request, idempotency_key, prompt_tokens, completion_tokens, cost, started_at)
SELECT %(id)s, run.workspace_id, run.id, %(path)s, %(round)s, %(kind)s, %(actor)s, %(ordinal)s, %(digest)s, %(name)s,
    '', 'started', %(request)s::json, %(key)s, 0, 0, 0, clock_timestamp()
FROM executions_execution AS run
WHERE run.id = %(execution)s AND run.fence = %(fence)s AND run.owner = %(owner)s
ON CONFLICT (execution_id, path, round, kind, actor, digest, ordinal) WHERE NOT (status = 'superseded')
DO UPDATE SET status = CASE call.status WHEN 'finished' THEN 'finished' ELSE 'started' END, error = NULL
RETURNING id, idempotency_key, status, response, served_by, prompt_tokens, completion_tokens, cost
"""
"""Write that a call starts, unless the run is another's by now. What was recorded meanwhile is never taken back."""

_OURS = "run.id = call.execution_id AND run.fence = %(fence)s AND run.owner = %(owner)s"
"""Nobody writes into the journal of a run that another worker owns, or that was let go and counted."""

FINISH_CALL = f"""
WITH finished AS (
UPDATE executions_call AS call
SET status = 'finished', response = %(response)s::json, served_by = %(served_by)s, prompt_tokens = %(prompt_tokens)s,
    completion_tokens = %(completion_tokens)s, cost = %(cost)s, ended_at = clock_timestamp()
FROM executions_execution AS run
WHERE call.id = %(id)s AND call.status <> 'superseded' AND {_OURS}
RETURNING call.id, call.execution_id
), progress AS (
UPDATE executions_execution AS run SET claims_without_progress = 0 FROM finished
WHERE run.id = finished.execution_id AND run.claims_without_progress > 1 AND run.fence = %(fence)s
)
SELECT id FROM finished
"""  # noqa: S608 - only our own condition is put in
"""Record an answer. To a run that was lost before it is progress, as a transition is."""
FAIL_CALL = f"""
UPDATE executions_call AS call SET status = 'failed', error = %(error)s::json, ended_at = clock_timestamp()
FROM executions_execution AS run WHERE call.id = %(id)s AND call.status = 'started' AND {_OURS}
"""  # noqa: S608 - only our own condition is put in
ABANDON_CALLS = f"""
UPDATE executions_call AS call SET status = 'failed', error = %(error)s::json, ended_at = clock_timestamp()
FROM executions_execution AS run
WHERE call.id = ANY(%(ids)s) AND call.kind = 'model' AND call.status = 'started' AND {_OURS}
"""  # noqa: S608 - only our own condition is put in
"""Nobody waits for these answers. A tool's call stays started: nobody knows what it did, so it must not look failed."""
FORGET_MODELS = f"""
UPDATE executions_call AS call SET status = 'superseded' FROM executions_execution AS run
WHERE call.execution_id = %(execution)s AND call.path = %(path)s AND call.round = %(round)s AND call.kind = 'model'
    AND call.status = 'finished' AND {_OURS}
"""  # noqa: S608 - only our own condition is put in

FREE = f"""
SELECT run.id FROM executions_execution AS run
WHERE run.owner <> '' AND NOT {_OWNER_LIVES}
ORDER BY run.claims_without_progress, run.created_at LIMIT %(limit)s
"""  # noqa: S608 - only our own condition is put in
DUE = """
SELECT id FROM executions_execution
WHERE next_due_at <= clock_timestamp() AND owner = '' ORDER BY next_due_at LIMIT %(limit)s
"""
_JUST_NOW = "BETWEEN clock_timestamp() - make_interval(secs => %(patience)s) AND clock_timestamp()"
"""What is dated later than now comes from a machine whose clock is wrong, and counts as old."""
UNREAD = f"""
SELECT DISTINCT run.id FROM executions_command AS command
JOIN executions_execution AS run ON run.id = command.execution_id
WHERE run.owner = '' AND command.posted_at NOT {_JUST_NOW}
LIMIT %(limit)s
"""  # noqa: S608 - only a condition is put in
QUEUED = f"""
SELECT id FROM executions_execution
WHERE status = 'queued' AND owner = '' AND created_at NOT {_JUST_NOW}
ORDER BY created_at LIMIT %(limit)s
"""  # noqa: S608 - only a condition is put in
FORGET_WORKERS = "DELETE FROM executions_worker WHERE lease_until < clock_timestamp() - interval '1 hour'"
