"""The governed workbench as AutoGen sees it."""

import asyncio
from collections.abc import Mapping
from typing import Any, cast

from autogen_core import CancellationToken
from autogen_core.tools import ParametersSchema, TextResultContent, ToolResult, ToolSchema, Workbench
from django.db import InterfaceError, OperationalError
from pydantic import BaseModel

from agents.runtime.contract import StepAsks, StepFailed
from agents.runtime.workbench import Outcome
from agents.runtime.workbench import Workbench as Governed


class Bench(Workbench):
    """One agent's tools in one step.

    Never raises: AutoGen waits for ever for a tool that does. A failure that must end the step is kept in the session,
    and the next model call raises it.
    """

    component_config_schema = BaseModel

    def __init__(self, governed: Governed, actor: str) -> None:
        self.governed = governed
        self.actor = actor

    async def list_tools(self) -> list[ToolSchema]:
        """Return the tools that the agent may use."""
        return [
            ToolSchema(
                name=tool.slug,
                description=tool.description,
                parameters=cast("ParametersSchema", {"type": "object", "properties": {}, **tool.parameters}),
            )
            for tool in self.governed.tools()
        ]

    async def call_tool(
        self,
        name: str,
        arguments: Mapping[str, Any] | None = None,
        cancellation_token: CancellationToken | None = None,
        call_id: str | None = None,
    ) -> ToolResult:
        """Return what the tool answers, or the sentence of its error."""
        call = asyncio.ensure_future(self.governed.call(self.actor, name, arguments or {}, call_id or ""))
        if cancellation_token is not None:
            cancellation_token.link_future(call)
        try:
            outcome = await call
        except StepAsks:
            outcome = Outcome(None, "A person is asked first.")
        except StepFailed as failure:
            self.governed.session.failure = self.governed.session.failure or failure
            outcome = Outcome(None, failure.sentence)
        except (OperationalError, InterfaceError) as error:
            self.governed.session.outage = error
            outcome = Outcome(None, "The call could not be recorded.")
        except asyncio.CancelledError:
            outcome = Outcome(None, "The step was stopped.")
        except Exception as error:
            failed = self.governed.session.failed("tool_failed", f"{name} failed ({type(error).__name__}).")
            outcome = Outcome(None, failed.sentence)
        content = TextResultContent(content=outcome.for_model())
        return ToolResult(name=name, result=[content], is_error=bool(outcome.error))

    async def start(self) -> None:
        """Do nothing: tools hold nothing open."""

    async def stop(self) -> None:
        """Do nothing: tools hold nothing open."""

    async def reset(self) -> None:
        """Do nothing: tools remember nothing."""

    async def save_state(self) -> Mapping[str, Any]:
        """Return nothing: the journal is the state."""
        return {}

    async def load_state(self, state: Mapping[str, Any]) -> None:
        """Do nothing: the journal is the state."""
