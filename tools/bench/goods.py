"""One item and what its weight does to the cells under it when a hand takes it, sets it down or leans on it.

The shapes are those of the recordings: a press before the fall, an overshoot after the rise.
Not here: when and by whom (stage.py), curves over time (loads.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tools.bench.loads import Curve

Rng = np.random.Generator
MOST_OVERSHOOT_G = 600.0  # a hand that sets a heavy bottle down does not slam it
Points = list[tuple[float, float]]  # (moment, level)


@dataclass(slots=True, eq=False)
class Item:
    """One thing one can hold. `gtin` None: foreign to this shop. `cells` and `shares`: where its weight rests."""

    gtin: str | None
    weight_g: float
    width_m: float
    lane: str = ""
    u_m: float = 0.0
    cells: tuple[int, ...] = ()
    shares: tuple[float, ...] = ()

    def curve(self, points: Sequence[tuple[float, float]], grams: float | None = None) -> Curve:
        """A change of load where this item stands: `(moment, level)` of its weight, or of `grams`."""
        total_g = self.weight_g if grams is None else grams
        times, levels = zip(*points, strict=True)
        return Curve(times, levels, self.cells, tuple(total_g * share for share in self.shares))


def press_before(rng: Rng, item: Item, t_s: float) -> list[Curve]:
    """The hand bears down on what it is about to lift."""
    lasts_s = float(rng.uniform(0.3, 0.6))
    bump = [(t_s - lasts_s, 0.0), (t_s - 0.4 * lasts_s, 1.0), (t_s + 0.05, 0.0)]
    return [item.curve(bump, float(rng.uniform(30, 250)))]


def fall(rng: Rng, item: Item, t_s: float) -> list[Curve]:
    """The weight leaves within 0.1-0.25 s, half of it at `t_s`."""
    half_s = float(rng.uniform(0.1, 0.25)) / 2
    return [item.curve([(t_s - half_s, 0.0), (t_s + half_s, -1.0)])]


def rise(rng: Rng, item: Item, t_s: float) -> list[Curve]:
    """The weight comes within 0.1-0.2 s and overshoots by 10-150 %. It rests 0.55-0.8 s after `t_s`: recorded puts do
    after 0.5-0.75 s."""
    half_s, decay_s = float(rng.uniform(0.1, 0.2)) / 2, float(rng.uniform(0.35, 0.6))
    over_g = min(MOST_OVERSHOOT_G, item.weight_g * float(rng.uniform(0.1, 1.5)))
    comes = item.curve([(t_s - half_s, 0.0), (t_s + half_s, 1.0)])
    return [comes, item.curve([(t_s - half_s, 0.0), (t_s + 0.2, 1.0), (t_s + 0.2 + decay_s, 0.0)], over_g)]


def brushes(rng: Rng, item: Item, t_s: float, linger_s: float) -> list[Curve]:
    """While it is held over the plate, item or hand touch down now and then."""
    curves = []
    for begin in np.arange(t_s + 1.0, t_s + linger_s - 1.0, 1.8):
        lasts_s, grams = float(rng.uniform(0.3, 0.8)), item.weight_g * float(rng.uniform(0.05, 0.35))
        curves.append(item.curve([(begin, 0.0), (begin + 0.15, 1.0), (begin + 0.15 + lasts_s, 0.0)], grams))
    return curves


def pressure(rng: Rng, begin_s: float, end_s: float, slope_s: float) -> Points:
    """No hand and no hip presses evenly: a new level about three times a second between two slopes."""
    times = [*np.arange(begin_s + slope_s, end_s - 0.15, 0.35), end_s]
    held = [(float(t), float(rng.uniform(0.75, 1.1))) for t in times]
    return [(begin_s, 0.0), *held, (end_s + slope_s, 0.0)]
