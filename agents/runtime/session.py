"""One step's work while it goes on: what was spent, what is still allowed, and the first failure.

Failures are kept here because AutoGen turns whatever is raised inside a team or a tool into text.
"""

from dataclasses import dataclass, field

from agents.pricing import Prices, affordable_completion, cost
from agents.runtime.contract import Limits, Result, Spent, StepContext, StepFailed

LEAST_ANSWER_TOKENS = 16
"""An answer shorter than this is of no use, so a limit that leaves less counts as reached."""


@dataclass(slots=True)
class Session:
    """The meter and the memory of one step's work."""

    context: StepContext
    limits: Limits
    spent: Spent = field(default_factory=Spent)
    served_by: str = ""
    failure: StepFailed | None = None

    @property
    def tokens(self) -> int:
        """Prompt and completion tokens so far."""
        return self.spent.prompt_tokens + self.spent.completion_tokens

    def failed(self, code: str, sentence: str, *, retryable: bool = True) -> StepFailed:
        """Return a failure that carries what was spent, and remember the first one."""
        failure = StepFailed(code, sentence, retryable=retryable, spent=self.spent, served_by=self.served_by)
        self.failure = self.failure or failure
        return failure

    def breach(self, code: str, sentence: str) -> StepFailed:
        """Return the failure of a limit that is reached."""
        return self.failed(f"guardrail_{code}", sentence, retryable=False)

    def answer_room(self, wanted: int, prompt_tokens: int, prices: Prices) -> int:
        """Return how many tokens the next answer may have. Raises StepFailed when a limit forbids the call."""
        self._check_requests()
        room = min(wanted, self._token_room(prompt_tokens), self._cost_room(prompt_tokens, prices))
        return max(room, 1)

    def _check_requests(self) -> None:
        most = self.limits.max_requests
        if most is not None and self.spent.requests >= most:
            raise self.breach(
                "requests", f"The limit of {most} model requests is reached; {self.spent.requests} were made."
            )

    def _token_room(self, prompt_tokens: int) -> int:
        most = self.limits.max_tokens
        if most is None:
            return 1_000_000
        room = most - self.tokens - prompt_tokens
        if room < LEAST_ANSWER_TOKENS:
            raise self.breach(
                "tokens",
                f"The limit of {most:,} tokens is reached: {self.tokens:,} were used and the next request "
                f"alone needs about {prompt_tokens:,}.",
            )
        return room

    def _cost_room(self, prompt_tokens: int, prices: Prices) -> int:
        most = self.limits.max_cost
        if most is None:
            return 1_000_000
        if self.spent.cost > most or (self.spent.cost == most and not prices.free):
            raise self.breach(
                "cost", f"The limit of ${most:.4f} is reached; ${self.spent.cost:.4f} were spent."
            )
        room = affordable_completion(most - self.spent.cost, prompt_tokens, prices)
        if room is not None and room < LEAST_ANSWER_TOKENS:
            raise self.breach(
                "cost",
                f"The limit of ${most:.4f} would be passed: ${self.spent.cost:.4f} were spent and the next "
                f"request costs at least ${cost(prompt_tokens, LEAST_ANSWER_TOKENS, prices):.4f}.",
            )
        return 1_000_000 if room is None else room

    def check_tool(self, price: float) -> None:
        """Raise StepFailed when a limit forbids another tool call."""
        most = self.limits.max_tool_calls
        if most is not None and self.spent.tool_calls >= most:
            raise self.breach(
                "tool_calls", f"The limit of {most} tool calls is reached; {self.spent.tool_calls} were made."
            )
        ceiling = self.limits.max_cost
        if ceiling is not None and price and self.spent.cost + price > ceiling:
            raise self.breach(
                "cost",
                f"The limit of ${ceiling:.4f} would be passed: ${self.spent.cost:.4f} were spent and the tool "
                f"costs ${price:.4f}.",
            )

    def count_model(self, served_by: str, prompt_tokens: int, completion_tokens: int, price: float) -> None:
        """Count an answered model call, recorded or new."""
        self.spent.requests += 1
        self.spent.prompt_tokens += prompt_tokens
        self.spent.completion_tokens += completion_tokens
        self.spent.cost += price
        self.served_by = served_by

    def count_tool(self, price: float) -> None:
        """Count a tool call, recorded or new."""
        self.spent.tool_calls += 1
        self.spent.cost += price

    def result(self, output: object) -> Result:
        """Return the step's result."""
        return Result(output, self.spent, self.served_by)
