"""The tool whose effects the recorder writes down; it comes in as any package's tool does."""

import json
import os
from typing import Annotated, Any

from agents.tools.base import ToolContext, ToolError, tool
from convergio.http import fetch


@tool(slug="record", title="Record", idempotent=True, timeout_s=30, cost=0.001)
async def record(
    context: ToolContext,
    run: Annotated[str, "Key of the run"],
    note: Annotated[str, "What is done"],
    failures: Annotated[int, "How many tries are to fail"] = 0,
) -> dict[str, Any]:
    """Have the recorder do something once for each idempotency key."""
    headers = {"idempotency-key": context.idempotency_key, "content-type": "application/json"}
    body = json.dumps({"run": run, "note": note, "failures": failures}).encode()
    answer = await fetch(os.environ["CHAOS_RECORDER"], method="POST", headers=headers, content=body)
    if answer.status != 200:
        raise ToolError(f"The recorder answered {answer.status}.")
    return dict(json.loads(answer.content))
