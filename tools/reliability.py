"""Is a confidence of 0.9 right nine times in ten? Measured on simulated events, drawn into docs/reliability.svg.

`python -m tools.reliability [--events N] [--out FILE]`. Seeds are counted up, scenarios taken in turn. While something
is being improved, use `--first 10001`: nothing is tuned on the seeds counted by default.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.bench.run import run
from tools.bench.world import SCENARIOS, simulate
from tools.score.match import calibration_error

MIXED = ("random_shop", "small_shop", "three", "equal_weights", "misplaced", "same_instant", "chaos")
BINS = 10
FIRST_SEED = 17_001  # held out, and apart from the seeds of tools/soak
Said = tuple[float, bool]  # confidence, was right


@dataclass(frozen=True, slots=True)
class Bin:
    """All events said with a confidence in `(low, high]`."""

    low: float
    high: float
    events: int
    confidence: float
    right: float


def collect(events: int, scenarios: Sequence[str] = MIXED, first_seed: int = FIRST_SEED) -> Iterator[list[Said]]:
    """Play after play, until `events` have been said in all."""
    total, seed = 0, first_seed
    while total < events:
        matches = run(simulate(seed, scenarios[(seed - first_seed) % len(scenarios)])).matches()
        said = [(event.confidence, True) for event, _ in matches.pairs]
        said += [(event.confidence, False) for event in matches.wrong]
        if not said:
            raise SystemExit(
                f"tools.reliability: the core said nothing in {scenarios}, seed {seed}: nothing to measure"
            )
        total, seed = total + len(said), seed + 1
        yield said


def binned(said: Sequence[Said]) -> list[Bin]:
    """Bins of equal width that hold anything."""
    bins = []
    for k in range(BINS):
        inside = [(p, right) for p, right in said if k / BINS < p <= (k + 1) / BINS or (k == 0 and p <= 0)]
        if inside:
            mean, share = sum(p for p, _ in inside) / len(inside), sum(right for _, right in inside) / len(inside)
            bins.append(Bin(k / BINS, (k + 1) / BINS, len(inside), mean, share))
    return bins


def draw(said: Sequence[Said], out: Path) -> None:
    """The plot: what was said against what was so, and how often each was said. The same data give the same file."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams.update({"svg.hashsalt": "shelfd", "svg.fonttype": "none"})
    from matplotlib import pyplot

    bins = binned(said)
    figure, (upper, lower) = pyplot.subplots(2, 1, figsize=(5, 6), height_ratios=(3, 1), sharex=True)
    upper.plot((0, 1), (0, 1), color="0.6", linestyle="--", linewidth=1)
    upper.errorbar(
        [b.confidence for b in bins],
        [b.right for b in bins],
        yerr=_two_sigma(bins),
        fmt="o-",
        capsize=2,
    )
    upper.set(ylabel="share that was right (bars: 2 sigma)", xlim=(0, 1), ylim=(0, 1.02))
    upper.set_title(f"{len(said)} simulated events, calibration error {calibration_error(said):.3f}", fontsize=10)
    lower.bar([(b.low + b.high) / 2 for b in bins], [b.events for b in bins], width=0.08)
    lower.set(xlabel="confidence", ylabel="events (log)", yscale="log")
    figure.tight_layout()
    figure.savefig(out, metadata={"Date": None})
    pyplot.close(figure)


def _two_sigma(bins: Sequence[Bin]) -> list[list[float]]:
    """Down and up from each share, within 0..1 (Wilson: it stays honest where all or none were right)."""
    spans = []
    for b in bins:
        middle, n = (b.right + 2 / b.events) / (1 + 4 / b.events), b.events
        half = 2 * ((b.right * (1 - b.right) + 1 / n) / n) ** 0.5 / (1 + 4 / n)
        spans.append((b.right - (middle - half), middle + half - b.right))
    return [[max(0.0, down) for down, _ in spans], [max(0.0, up) for _, up in spans]]


def main(arguments: list[str] | None = None) -> int:
    """Exit code 64 for bad usage."""
    parser = argparse.ArgumentParser("python -m tools.reliability", description=__doc__, exit_on_error=False)
    parser.add_argument("--events", type=int, default=2000, help="at least so many (default 2000)")
    parser.add_argument("--scenario", choices=sorted(SCENARIOS), help="only this one instead of the mixture")
    parser.add_argument("--first", type=int, default=FIRST_SEED, help=f"seed to count from (default {FIRST_SEED})")
    parser.add_argument("--out", type=Path, default=Path("docs/reliability.svg"))
    try:
        asked = parser.parse_args(arguments)
    except argparse.ArgumentError as error:
        print(f"tools.reliability: {error}", file=sys.stderr)
        return 64
    said: list[Said] = []
    for play in collect(asked.events, (asked.scenario,) if asked.scenario else MIXED, asked.first):
        said += play
        if sys.stderr.isatty():
            print(f"\r{len(said)} events ", end="", file=sys.stderr, flush=True)
    for b in binned(said):
        print(f"said {b.low:.1f}-{b.high:.1f}: mean {b.confidence:.3f}, right {b.right:.3f} of {b.events}")
    print(f"expected calibration error {calibration_error(said):.4f} over {len(said)} events")
    draw(said, asked.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
