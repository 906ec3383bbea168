"""Statistics that come out the same everywhere: sums are correctly rounded, results shown to 12 digits. Pure."""

import math
from collections.abc import Sequence


def tidy(number: float) -> float | int:
    """Return a number without the dust of binary fractions: 0.1 + 0.2 is 0.3, 4.0 is 4."""
    if isinstance(number, int):
        return number
    rounded = float(f"{number:.12g}")
    return int(rounded) if rounded.is_integer() and abs(rounded) < 1e15 else rounded


def rounded(number: float) -> float | int:
    """Return a mean or a spread as it is worth showing: four places, or six digits when it is below one."""
    return tidy(round(number, 4)) if abs(number) >= 1 else tidy(float(f"{number:.6g}"))


def mean(numbers: Sequence[float]) -> float:
    """Return the arithmetic mean."""
    return math.fsum(numbers) / len(numbers)


def stdev(numbers: Sequence[float]) -> float:
    """Return the sample's standard deviation (n - 1); 0 for a single number."""
    if len(numbers) < 2:
        return 0.0
    middle = mean(numbers)
    return math.sqrt(math.fsum((number - middle) ** 2 for number in numbers) / (len(numbers) - 1))


def quantile(ordered: Sequence[float], share: float) -> float:
    """Return a quantile of sorted numbers, interpolated linearly (as spreadsheets and NumPy do)."""
    place = (len(ordered) - 1) * share
    below = math.floor(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)
