"""One step's work while it goes on: what was spent, what is still allowed, and the first failure.

Failures are kept here because AutoGen turns whatever is raised inside a team or a tool into text.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from agents.pricing import Prices, affordable_completion, cost
from agents.runtime.contract import (
    Limits,
    PersonsAnswer,
    Question,
    Result,
    Spent,
    StepAsks,
    StepContext,
    StepFailed,
)

LEAST_ANSWER_TOKENS = 16
"""An answer shorter than this is of no use, so a limit that leaves less counts as reached."""


@dataclass(slots=True)
class Session:
    """The meter and the memory of one step's work.

    `spent` counts every call once, replayed ones too; limits are what is left, so they are checked against `fresh`,
    which counts what was really asked now.
    """

    context: StepContext
    limits: Limits
    spent: Spent = field(default_factory=Spent)
    fresh: Spent = field(default_factory=Spent)
    served_by: str = ""
    failure: StepFailed | None = None
    outage: Exception | None = None
    """The database went away in the middle: no failure of the step, which is done again."""
    asks: StepAsks | None = None
    """The first question that nobody has answered yet."""
    asked: Counter[str] = field(default_factory=Counter)
    """How often each question has come up."""

    @property
    def stop(self) -> Exception | None:
        """Why nothing more is to be done, if so."""
        return self.failure or self.outage or self.asks

    def answer(self, make: Callable[[int], Question]) -> PersonsAnswer:
        """Return a person's answer; `make` words the question, told how often the step has asked just this before.

        A no to the same question holds from then on. Raises StepAsks.
        """
        first = make(0).key
        before = self.asked[first]
        self.asked[first] += 1
        known = [self.context.answers.get(make(number).key) for number in range(before + 1)]
        refused = next((one for one in known if one is not None and not one.is_yes), None)
        found = refused or known[-1]
        if found is None:
            asks = StepAsks(make(before), served_by=self.served_by)
            self.asks = self.asks or asks
            raise asks
        return found

    @property
    def tokens(self) -> int:
        """Prompt and completion tokens that count against the limit."""
        return self.fresh.prompt_tokens + self.fresh.completion_tokens

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
        if most is not None and self.fresh.requests >= most:
            raise self.breach(
                "requests",
                f"The limit of model requests is reached: {most} were left for this step, "
                f"{self.fresh.requests} were made.",
            )

    def _token_room(self, prompt_tokens: int) -> int:
        most = self.limits.max_tokens
        if most is None:
            return 1_000_000
        room = most - self.tokens - prompt_tokens
        if room < LEAST_ANSWER_TOKENS:
            raise self.breach(
                "tokens",
                f"The limit of tokens is reached: {most:,} were left for this step, {self.tokens:,} were used, "
                f"and the next request alone needs about {prompt_tokens:,}.",
            )
        return room

    def _cost_room(self, prompt_tokens: int, prices: Prices) -> int:
        most = self.limits.max_cost
        if most is None or prices.free:
            return 1_000_000
        room = affordable_completion(most - self.fresh.cost, prompt_tokens, prices)
        if room is not None and room < LEAST_ANSWER_TOKENS:
            raise self._too_dear(most, cost(prompt_tokens, LEAST_ANSWER_TOKENS, prices))
        return 1_000_000 if room is None else room

    def _too_dear(self, most: float, price: float) -> StepFailed:
        return self.breach(
            "cost",
            f"The limit of cost would be passed: ${most:.4f} were left for this step, ${self.fresh.cost:.4f} were "
            f"spent, and the next call costs at least ${price:.4f}.",
        )

    def check_tool(self, price: float) -> None:
        """Raise StepFailed when a limit forbids another tool call."""
        most = self.limits.max_tool_calls
        if most is not None and self.fresh.tool_calls >= most:
            raise self.breach(
                "tool_calls",
                f"The limit of tool calls is reached: {most} were left for this step, "
                f"{self.fresh.tool_calls} were made.",
            )
        ceiling = self.limits.max_cost
        if ceiling is not None and price and self.fresh.cost + price > ceiling:
            raise self._too_dear(ceiling, price)

    def count_model(
        self, served_by: str, prompt_tokens: int, completion_tokens: int, price: float, *, fresh: bool
    ) -> None:
        """Count an answered model call, recorded or fresh."""
        for meter in self._meters(fresh):
            meter.requests += 1
            meter.prompt_tokens += prompt_tokens
            meter.completion_tokens += completion_tokens
            meter.cost += price
        self.served_by = served_by

    def count_tool(self, price: float, *, fresh: bool) -> None:
        """Count a tool call, recorded or fresh."""
        for meter in self._meters(fresh):
            meter.tool_calls += 1
            meter.cost += price

    def _meters(self, fresh: bool) -> list[Spent]:
        return [self.spent, self.fresh] if fresh else [self.spent]

    def result(self, output: object) -> Result:
        """Return the step's result."""
        return Result(output, self.spent, self.served_by)
