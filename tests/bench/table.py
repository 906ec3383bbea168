"""How figures are shown: one row each, with the target beside it."""

from collections.abc import Sequence
from dataclasses import dataclass

HEAD = ("what", "measured", "in F", "target", "")


@dataclass(frozen=True)
class Row:
    """A figure. `floors` is the same in F where that means something; `met` is None where nothing was promised."""

    what: str
    measured: str
    target: str = ""
    met: bool | None = None
    floors: float | None = None

    @property
    def cells(self) -> tuple[str, ...]:
        floors = "" if self.floors is None else f"{self.floors:.1f}"
        verdict = {True: "met", False: "MISSED", None: ""}[self.met]
        return (self.what, self.measured, floors, self.target, verdict)


def shown(rows: Sequence[Row]) -> str:
    """Return the rows as a Markdown table whose columns line up."""
    lines = [HEAD, *(row.cells for row in rows)]
    widths = [max(len(line[at]) for line in lines) for at in range(len(HEAD))]
    ruled = [tuple("-" * width for width in widths)]
    return "\n".join(_line(line, widths) for line in (*lines[:1], *ruled, *lines[1:]))


def _line(cells: tuple[str, ...], widths: Sequence[int]) -> str:
    return f"| {' | '.join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True))} |"


def ms(seconds: float) -> str:
    """Return a time in milliseconds."""
    return f"{seconds * 1000:.{1 if seconds >= 0.01 else 2}f} ms"


def quantile(values: Sequence[float], share: float) -> float:
    """Return the value below which this share of the values lies."""
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


def p50_p95(values: Sequence[float]) -> str:
    """Return both in milliseconds."""
    return f"p50 {ms(quantile(values, 0.5))}, p95 {ms(quantile(values, 0.95))}"
