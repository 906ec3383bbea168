"""The circuit breaker as a value."""

from agents.runtime.breaker import COOLDOWN_S, THRESHOLD, Breaker, admit, failed, is_open, succeeded


def broken(now: float = 0.0) -> Breaker:
    breaker = Breaker()
    for _ in range(THRESHOLD):
        breaker = failed(breaker, now)
    return breaker


def test_calls_are_made_until_the_last_allowed_failure() -> None:
    breaker = Breaker()
    for _ in range(THRESHOLD - 1):
        breaker = failed(breaker, 0)
        assert admit(breaker, 0)[0]
    assert not admit(failed(breaker, 0), 0)[0]


def test_a_success_forgets_the_failures() -> None:
    breaker = Breaker()
    for _ in range(THRESHOLD - 1):
        breaker = failed(breaker, 0)
    assert succeeded(breaker) == Breaker()


def test_after_the_cooldown_one_probe_is_let_through() -> None:
    breaker = broken()
    assert is_open(breaker, COOLDOWN_S - 0.1)
    admitted, breaker = admit(breaker, COOLDOWN_S)
    assert admitted
    assert not admit(breaker, COOLDOWN_S + 1)[0]


def test_a_probe_that_fails_opens_it_again_and_one_that_succeeds_closes_it() -> None:
    _, probing = admit(broken(), COOLDOWN_S)
    assert not admit(failed(probing, COOLDOWN_S + 1), COOLDOWN_S + 2)[0]
    assert admit(succeeded(probing), COOLDOWN_S + 2)[0]


def test_a_probe_that_never_reports_does_not_block_for_ever() -> None:
    _, probing = admit(broken(), COOLDOWN_S)
    assert admit(probing, 2 * COOLDOWN_S)[0]
