"""What calls cost."""

import pytest

from agents.pricing import Prices, affordable_completion, cost


def test_cost_is_per_million_tokens() -> None:
    assert cost(1_000_000, 500_000, Prices(2.0, 8.0)) == 6.0


def test_a_free_model_costs_nothing() -> None:
    assert cost(10**9, 10**9, Prices()) == 0
    assert Prices().free


@pytest.mark.parametrize(
    ("budget", "prompt", "left"),
    [(1.0, 0, 500_000), (1.0, 1_000_000, 0), (0.5, 1_000_000, 0), (2.0, 1_000_000, 500_000)],
)
def test_the_prompt_is_paid_first(budget: float, prompt: int, left: int) -> None:
    assert affordable_completion(budget, prompt, Prices(1.0, 2.0)) == left


def test_free_answers_have_no_end() -> None:
    assert affordable_completion(0.0, 10, Prices()) is None
