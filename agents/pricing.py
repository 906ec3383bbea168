"""What model calls cost. Prices are US dollars per million tokens, costs US dollars."""

from dataclasses import dataclass

MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Prices:
    """What a model charges for a million tokens."""

    prompt: float = 0.0
    completion: float = 0.0

    @property
    def free(self) -> bool:
        """Whether nothing is ever charged."""
        return not self.prompt and not self.completion


def cost(prompt_tokens: int, completion_tokens: int, prices: Prices) -> float:
    """Return what a call costs in US dollars."""
    return (prompt_tokens * prices.prompt + completion_tokens * prices.completion) / MILLION


def affordable_completion(budget: float, prompt_tokens: int, prices: Prices) -> int | None:
    """Return how many answer tokens `budget` still buys after the prompt is paid; None means any number."""
    left = budget - cost(prompt_tokens, 0, prices)
    if left < 0:
        return 0
    return int(left * MILLION / prices.completion) if prices.completion else None
