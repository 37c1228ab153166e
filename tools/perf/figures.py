"""One measured figure: ours, the bare loop's, and their ratio, as medians over rounds that were taken in turn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Line:
    """`ratio` is the median of the rounds' own ratios: what slows the machine down slows both sides of a round."""

    name: str
    unit: str
    ours: float
    bare: float
    ratio: float
    ratio_range: tuple[float, float]

    def __str__(self) -> str:
        low, high = self.ratio_range
        return (
            f"{self.name:<38} {self.ours:>10.4g} {self.unit:<9} bare {self.bare:>10.4g}"
            f"   ratio {self.ratio:.2f} ({low:.2f} .. {high:.2f})"
        )

    def as_json(self) -> dict[str, object]:
        return {
            "name": self.name,
            "unit": self.unit,
            "ours": self.ours,
            "bare": self.bare,
            "ratio": self.ratio,
            "ratio_range": self.ratio_range,
        }


def compare(name: str, unit: str, rounds: int, ours: Callable[[], float], bare: Callable[[], float]) -> Line:
    """Runs both in turn, `rounds` times, after one round that does not count."""
    pairs = [(ours(), bare()) for _ in range(rounds + 1)][1:]
    return _line(name, unit, pairs)


def _line(name: str, unit: str, pairs: Sequence[tuple[float, float]]) -> Line:
    ratios = sorted(ours / bare for ours, bare in pairs)
    return Line(
        name=name,
        unit=unit,
        ours=median(ours for ours, _ in pairs),
        bare=median(bare for _, bare in pairs),
        ratio=median(ratios),
        ratio_range=(ratios[0], ratios[-1]),
    )
