"""How long to wait before another attempt."""

from workflows.schema import Retry


def delay(policy: Retry, tries: int, random: float) -> float:
    """Seconds after the n-th try: backoff_s * factor ** (n - 1), at most max_s, plus or minus the jitter's share.

    `random` in [0, 1) decides where in the jitter's range it lies.
    """
    plain = min(policy.backoff_s * policy.factor ** (tries - 1), policy.max_s)
    return max(0.0, plain * (1 + policy.jitter * (2 * random - 1)))
