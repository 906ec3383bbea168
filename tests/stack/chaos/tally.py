"""What is printed for each seed."""

from collections import Counter
from dataclasses import dataclass, field

from tests.stack.chaos.checker import INVARIANTS, Violation
from tests.stack.chaos.evidence import Evidence
from tests.stack.chaos.watch import Watch, percentile

SHOWN = 10
"""Violations of one invariant that are printed in full."""


@dataclass
class Tally:
    """One seed's day."""

    seed: int
    evidence: Evidence
    violations: list[Violation]
    faults: Counter[str]
    died_at: Counter[str]
    watch: Watch
    seconds: float
    troubles: list[str] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        """Whether everything that was promised held."""
        return not self.violations and not self.troubles

    def lines(self) -> list[str]:
        """The tally as people read it."""
        broken = Counter(one.invariant for one in self.violations)
        seen, kinds = self.evidence, Counter(run.shape for run in self.evidence.runs)
        again = self.watch.seconds
        return [
            f"seed {self.seed}: {len(seen.starts)} runs in {self.seconds:.0f} s "
            f"({', '.join(f'{count} {shape}' for shape, count in sorted(kinds.items()))})",
            f"  {len(seen.events)} events, {len(seen.calls)} calls, {len(seen.effects)} effects, "
            f"{len(seen.requests)} questions",
            f"  {broken['no start is lost'] + broken['every run ends as it may']} lost · "
            f"{broken['results are recorded once']} recorded twice · "
            f"{broken['effects happen once']} effects done twice · "
            f"{len(self.violations)} violations of {len(INVARIANTS)} invariants",
            f"  faults: {', '.join(f'{name} {count}' for name, count in sorted(self.faults.items()))}",
            f"  died at: {', '.join(f'{name} {count}' for name, count in sorted(self.died_at.items()))}",
            f"  a killed step runs again after {percentile(again, 0.5):.1f} s (p50), "
            f"{percentile(again, 0.95):.1f} s (p95) of {len(again)} steps",
            *self._complaints(broken),
        ]

    def _complaints(self, broken: Counter[str]) -> list[str]:
        lines = [f"  TROUBLE: {trouble}" for trouble in self.troubles[:SHOWN]]
        for name in broken:
            found = [one.sentence for one in self.violations if one.invariant == name]
            lines.append(f"  VIOLATED: {name} ({len(found)})")
            lines += [f"    {sentence[:600]}" for sentence in found[:SHOWN]]
        return lines
