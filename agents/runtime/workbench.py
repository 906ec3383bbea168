"""The one governed way to call a tool: allowed, valid, within limits, once, in time, and on record.

Knows no AutoGen: agents reach it through an adapter, tool steps directly.
"""

import asyncio
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from agents.runtime.asking import about_anything, about_call, refusal, reply
from agents.runtime.contract import PersonsAnswer, Recorded, StepFailed, Ticket
from agents.runtime.output import findings
from agents.runtime.prompts import material
from agents.runtime.session import Session
from agents.tools.ask_person import ask_person
from agents.tools.base import Tool, ToolContext, ToolError
from agents.tools.catalogue import catalogue
from convergio.errors import ConvergioError

log = logging.getLogger(__name__)

LONGEST_RESULT = 12_000
"""Characters of a tool's answer that a model gets to read; a tool step gets all of it."""


@dataclass(frozen=True, slots=True)
class ToolPolicy:
    """What a workspace decided about a tool; cost in US dollars a call."""

    enabled: bool = True
    timeout_s: int | None = None
    cost: float | None = None
    ask_first: bool = False
    """A person must allow each call."""
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a call gave: a JSON value, or the sentence of an error."""

    value: Any
    error: str = ""
    refused: bool = False
    """The call was not even tried, and trying again will not help."""

    def for_model(self) -> str:
        """Return it as a model reads it: marked as material, cut when it is very long."""
        if self.error:
            return f"The call failed: {self.error}"
        text = (
            self.value
            if isinstance(self.value, str)
            else json.dumps(self.value, ensure_ascii=False, default=str)
        )
        if len(text) > LONGEST_RESULT:
            text = f"{text[:LONGEST_RESULT]}\n[… {len(text) - LONGEST_RESULT:,} characters left out …]"
        return material(text, "tool")


class Refused(Exception):
    """The call is not made; the sentence tells why."""


class Workbench:
    """The tools that one step may use."""

    def __init__(
        self,
        session: Session,
        policies: Mapping[str, ToolPolicy],
        offered: Sequence[str] | None = None,
        ask_first: Sequence[str] = (),
    ) -> None:
        self.session = session
        self.policies = policies
        self.offered = None if offered is None else tuple(dict.fromkeys(offered))
        self.ask_first = frozenset(ask_first)

    def tools(self) -> list[Tool]:
        """Return the tools that are offered, known and switched on."""
        known = catalogue()
        names = known if self.offered is None else self.offered
        return [known[name] for name in names if name in known and self._policy(name).enabled]

    def _policy(self, name: str) -> ToolPolicy:
        return self.policies.get(name, ToolPolicy())

    def find(self, name: str) -> Tool:
        """Return a tool that may be called. Raises Refused."""
        tool = catalogue().get(name)
        if tool is None or (self.offered is not None and name not in self.offered):
            raise Refused(f"There is no tool “{name}” here.")
        if not self._policy(name).enabled:
            raise Refused(f"The tool “{name}” is switched off in this workspace.")
        return tool

    async def call(self, actor: str, name: str, arguments: Mapping[str, Any], call_id: str = "") -> Outcome:
        """Return what a tool answers; a failing tool is an outcome too.

        Raises StepFailed for a limit, and when an earlier try of a tool that must not run twice never reported;
        StepAsks when a person must say something first.
        """
        try:
            tool = self.find(name)
            self._validate(tool, arguments)
        except Refused as refusal:
            return await self._tell(
                actor, name, arguments, call_id, Outcome(None, str(refusal), refused=True)
            )
        await self._emit_call(actor, name, arguments, call_id)
        outcome = await self._governed(actor, tool, dict(arguments))
        await self._emit_result(call_id or name, outcome)
        return outcome

    @staticmethod
    def _validate(tool: Tool, arguments: Mapping[str, Any]) -> None:
        wrong = findings(tool.parameters, dict(arguments))
        if wrong:
            raise Refused(f"The arguments do not fit: {'; '.join(wrong)}.")

    async def _governed(self, actor: str, tool: Tool, arguments: dict[str, Any]) -> Outcome:
        said = self._said(actor, tool, arguments)
        if said is not None and tool is not ask_person and not said.is_yes:
            return Outcome(None, refusal(said), refused=True)
        journal = self.session.context.journal
        request = {"tool": tool.slug, "arguments": arguments}
        repeatable = tool.idempotent and not self._cost(tool)
        answer = await journal.begin("tool", actor, tool.slug, request, repeatable=repeatable)
        if isinstance(answer, Recorded):
            self.session.count_tool(answer.cost, fresh=False)
            return Outcome(**answer.response)
        try:
            self._check(tool, answer)
        except StepFailed as failure:
            if not answer.started_before:
                await journal.fail(answer, failure.sentence)
            raise
        return await self._run(tool, arguments, answer, said)

    def _said(self, actor: str, tool: Tool, arguments: dict[str, Any]) -> PersonsAnswer | None:
        """What a person said about this call; None when nobody is to be asked. Raises StepAsks."""
        if tool is ask_person:
            return self.session.answer(lambda before: about_anything(actor, arguments, before))
        if not (self._policy(tool.slug).ask_first or tool.slug in self.ask_first):
            return None
        cost = self._cost(tool)
        return self.session.answer(lambda before: about_call(tool, actor, arguments, before, cost))

    def _check(self, tool: Tool, ticket: Ticket) -> None:
        if ticket.started_before and not tool.idempotent:
            raise self._unknown(tool)
        self.session.check_tool(self._cost(tool))

    def _unknown(self, tool: Tool) -> StepFailed:
        return self.session.failed(
            "tool_outcome_unknown",
            f"“{tool.title}” was started and never reported, so it may have happened or not. "
            "It must not be repeated blindly: check what it did, then retry, or run again from this step.",
            retryable=False,
        )

    def _cost(self, tool: Tool) -> float:
        cost = self._policy(tool.slug).cost
        return tool.cost if cost is None else cost

    async def _run(
        self, tool: Tool, arguments: dict[str, Any], ticket: Ticket, said: PersonsAnswer | None
    ) -> Outcome:
        journal, cost = self.session.context.journal, self._cost(tool)
        outcome = await self._attempt(tool, arguments, ticket, said)
        if outcome.error:
            await journal.fail(ticket, outcome.error)
        else:
            await journal.finish(ticket, {"value": outcome.value}, served_by=tool.slug, cost=cost)
        self.session.count_tool(cost, fresh=True)
        return outcome

    async def _attempt(
        self, tool: Tool, arguments: dict[str, Any], ticket: Ticket, said: PersonsAnswer | None
    ) -> Outcome:
        seconds = self._policy(tool.slug).timeout_s or tool.timeout_s
        try:
            async with asyncio.timeout(seconds):
                return Outcome(_json(await tool.call(arguments, self._context(tool, ticket, said))))
        except TimeoutError:
            if not tool.idempotent:
                raise self._unknown(tool) from None
            return Outcome(None, f"{tool.title} took longer than {seconds} seconds and was stopped.")
        except StepFailed:
            raise
        except ConvergioError as error:
            return Outcome(None, error.sentence)
        except Exception as error:
            log.exception("tool %s failed", tool.slug)
            return Outcome(None, f"{tool.title} failed unexpectedly ({type(error).__name__}).")

    def _context(self, tool: Tool, ticket: Ticket, said: PersonsAnswer | None) -> ToolContext:
        lent = self.session.context
        return ToolContext(
            workspace_id=lent.workspace_id,
            execution_id=lent.execution_id,
            path=lent.path,
            title=lent.title,
            files=lent.files,
            start_workflow=lent.start_workflow,
            idempotency_key=ticket.idempotency_key,
            options={**tool.options, **self._policy(tool.slug).options},
            answer=reply(said) if said is not None and tool is ask_person else None,
        )

    async def _tell(
        self, actor: str, name: str, arguments: Mapping[str, Any], call_id: str, outcome: Outcome
    ) -> Outcome:
        await self._emit_call(actor, name, arguments, call_id)
        await self._emit_result(call_id or name, outcome)
        return outcome

    async def _emit_call(self, actor: str, name: str, arguments: Mapping[str, Any], call_id: str) -> None:
        if not self.session.context.watched():
            return
        call = {"type": "tool_call", "agent": actor, "call": call_id or name, "tool": name}
        await self.session.context.emit(call | {"arguments": dict(arguments)})

    async def _emit_result(self, call_id: str, outcome: Outcome) -> None:
        if not self.session.context.watched():
            return
        shown = (
            outcome.value
            if len(json.dumps(outcome.value, default=str)) <= LONGEST_RESULT
            else outcome.for_model()
        )
        await self.session.context.emit(
            {"type": "tool_result", "call": call_id, "result": shown, "error": outcome.error}
        )


def _json(value: Any) -> Any:
    try:
        return json.loads(json.dumps(value, allow_nan=False))
    except (TypeError, ValueError) as error:
        raise ToolError(f"The tool answered with something that is not JSON: {error}.") from error
