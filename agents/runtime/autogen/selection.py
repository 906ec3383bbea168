"""Who speaks next in a selector team: one short, constrained question to a model for each turn."""

from collections.abc import Sequence

from autogen_agentchat.messages import BaseAgentEvent, BaseChatMessage, BaseTextChatMessage
from autogen_core.models import UserMessage

from agents.providers.base import Call
from agents.runtime.autogen.colleagues import autogen_name
from agents.runtime.autogen.journaled import JournaledClient
from agents.runtime.loading import Colleague
from agents.runtime.output import extract
from agents.runtime.prompts import material

LONGEST_MESSAGE = 1_200
LATEST = 8
PROMPT = "Choose the colleague who should speak next to bring the task forward."


class Selector:
    """Chooses speakers. An answer that names nobody falls back on the next in turn."""

    def __init__(self, client: JournaledClient, agents: Sequence[Colleague], prompt: str) -> None:
        self.names = [autogen_name(agent.slug) for agent in agents]
        self.roles = "\n".join(
            f"- {name}: {agent.role}. {agent.description}"
            for name, agent in zip(self.names, agents, strict=True)
        )
        self.prompt = prompt or PROMPT
        self.client = client

    async def choose(self, thread: Sequence[BaseAgentEvent | BaseChatMessage]) -> str:
        """Return the name of the next speaker, never the one who just spoke."""
        said = [message for message in thread if isinstance(message, BaseTextChatMessage)]
        last = said[-1].source if said else ""
        able = [name for name in self.names if name != last]
        schema = {
            "type": "object",
            "properties": {"speaker": {"type": "string", "enum": able}},
            "required": ["speaker"],
            "additionalProperties": False,
        }
        self.client.call = Call(0.0, self.client.call.max_tokens, schema)
        answer = await self.client.create([UserMessage(content=self._question(said, able), source="user")])
        return self._named(str(answer.content), able) or self._next(last)

    def _question(self, said: Sequence[BaseTextChatMessage], able: Sequence[str]) -> str:
        talk = "\n".join(
            material(message.content[:LONGEST_MESSAGE], message.source) for message in said[-LATEST:]
        )
        return (
            f"{self._filled(talk, able)}\n\nColleagues:\n{self.roles}\n\nThe talk so far:\n{talk}\n\n"
            f'Answer with JSON such as {{"speaker": "{able[0]}"}}. Choose from: {", ".join(able)}.'
        )

    def _filled(self, talk: str, able: Sequence[str]) -> str:
        """Builders may use AutoGen's three placeholders; they are replaced as text, never formatted."""
        filled = self.prompt.replace("{roles}", "the colleagues below")
        return filled.replace("{participants}", ", ".join(able)).replace("{history}", "the talk below")

    def _named(self, answer: str, able: Sequence[str]) -> str:
        value, _ = extract(answer)
        chosen = value.get("speaker") if isinstance(value, dict) else None
        if chosen in able:
            return str(chosen)
        mentioned = [name for name in able if name in answer or name.replace("_", "-") in answer]
        return mentioned[0] if len(mentioned) == 1 else ""

    def _next(self, last: str) -> str:
        at = self.names.index(last) + 1 if last in self.names else 0
        return self.names[at % len(self.names)]
