"""The regret curves as docs/regret.svg; the same data give the same file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tools.bench.bandit.regret import Regret

NAMES = (("random", "by chance", "0.55"), ("fixed", "best fixed content", "C1"), ("agent", "the agent", "C0"))


def draw(found: Sequence[Regret], out: Path) -> None:
    """Means over all truths, and the band that holds the middle four fifths of them."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams.update({"svg.hashsalt": "shelfd", "svg.fonttype": "none"})
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(6, 4))
    for field, label, colour in NAMES:
        runs = [getattr(regret, field) for regret in found]
        places = range(0, len(runs[0]), max(1, len(runs[0]) // 150))
        columns = [sorted(run[i] for run in runs) for i in places]
        n = len(runs)
        axes.plot(places, [sum(column) / n for column in columns], label=label, color=colour)
        low = [column[n // 10] for column in columns]
        high = [column[n - 1 - n // 10] for column in columns]
        axes.fill_between(places, low, high, color=colour, alpha=0.15, linewidth=0)
    axes.set(
        xlabel="shoppers who hesitated", ylabel="picks lost to who knows the truth", xlim=(0, None), ylim=(0, None)
    )
    axes.legend(frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
    figure.tight_layout()
    figure.savefig(out, metadata={"Date": None})
    pyplot.close(figure)
