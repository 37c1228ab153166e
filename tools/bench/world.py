"""Whole plays of the simulated shop: `simulate(seed, scenario)` gives observations and the truth beside them.

The same seed and scenario give the same play. Everything is planned first (stage.py, shopper.py); then the load of
all cells is one array, and the cells' physics turns it into counts. Not here: playing it live (shop.py).
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from agent.config.schema import Config
from agent.messages import Counts, Tick, Tracks
from tools.bench.hands import Visitor, tracks
from tools.bench.layouts import LAYOUTS, Layout, gondola
from tools.bench.loads import Shake, render
from tools.bench.looks import Sight
from tools.bench.shopper import BOTTLES, EVERYDAY, LAST_DEED_S, NOTHING, Habits, play, shopper, staff
from tools.bench.stage import Stage, Truth
from tools.bench.standing import Held, Stand

Floats = NDArray[np.float64]
Rng = np.random.Generator
Observed = Counts | Tracks | Tick
WALL_S = 1_800_000_000.0  # an agreed-on beginning for every play
MISSING = 0.0002  # share of single readings that fail
VANISH_PER_MIN = 0.1  # a cell is gone for 2-6 s while nothing happens on it
EMPTY_S = 2.0  # between the last visitor and the staff
BOTTLES_RESTOCK_S = 35.0  # a shelf of seven bottles is soon bare
GAPS_PER_MIN = 1.0  # an HX711 on a Pi leaves gaps of up to 1.3 s


@dataclass(frozen=True, slots=True, eq=False)
class Play:
    """One play: what the agent is told, what its sensors say, what is true."""

    config: Config
    layout: Layout
    t_s: Floats  # (samples,)
    counts: Floats  # (samples, cells), NaN where a reading is missing
    tracks: list[Tracks]
    truth: list[Truth]
    visitors: list[Visitor]
    until_s: float
    stands: list[Stand] = field(default_factory=list)  # what a camera would see
    held: list[Held] = field(default_factory=list)

    def observations(self, ticks: bool = True) -> Iterator[Observed]:
        """Everything in time order: Counts, Tracks and, once a second, a Tick with a good clock."""
        scale = self.config.scales[0].name
        counts: Iterator[Observed] = (
            Counts(float(t), scale, values) for t, values in zip(self.t_s, self.counts, strict=True)
        )
        seconds = range(int(self.until_s)) if ticks else range(0)
        clock: Iterator[Observed] = (Tick(float(t), WALL_S + t, True, 5.0) for t in seconds)
        yield from heapq.merge(counts, iter(self.tracks), clock, key=lambda observation: observation.t)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A kind of play."""

    habits: Habits = field(default_factory=Habits)
    shoppers: int = 2
    minutes: float = 3.0
    layout: Callable[[Rng], Layout] = gondola
    crowded: bool = False
    sight: Sight | None = None  # what is seen in hands; None: only where they are
    restock_every_s: float = 90.0  # 0: never


def random_shop(n_shoppers: int = 2, minutes: float = 3.0, layout: str = "gondola") -> Scenario:
    """Everything that shoppers do, in sensible proportions. ValueError for an unknown layout."""
    if layout not in LAYOUTS:
        raise ValueError(f"layout {layout!r}: use one of {', '.join(LAYOUTS)}")
    return Scenario(shoppers=n_shoppers, minutes=minutes, layout=LAYOUTS[layout])


def everyday_shop(n_shoppers: int = 2, minutes: float = 3.0, layout: str = "gondola") -> Scenario:
    """What people mostly do. ValueError for an unknown layout."""
    shop = random_shop(n_shoppers, minutes, layout)
    if layout == "bottles":
        return replace(shop, habits=BOTTLES, restock_every_s=BOTTLES_RESTOCK_S)
    return replace(shop, habits=EVERYDAY)


_EVENTS = replace(NOTHING, pick=6.0, put_back=2.0)
SCENARIOS: dict[str, Scenario] = {
    "random_shop": random_shop(),
    "everyday_shop": everyday_shop(),
    "small_shop": random_shop(2, 3.0, "small"),
    "alone": random_shop(1),
    "three": random_shop(3),
    "equal_weights": Scenario(
        habits=replace(_EVENTS, misplace_like=4.0, misplace=1.0, retake=2.0), layout=lambda rng: gondola(rng, same=0.8)
    ),
    "handover": Scenario(habits=replace(_EVENTS, hand_over=6.0)),
    "same_instant": Scenario(habits=replace(_EVENTS, together=6.0), shoppers=3),
    "misplaced": Scenario(habits=replace(_EVENTS, misplace=5.0, retake=4.0, foreign=1.0)),
    "held_long": Scenario(habits=replace(_EVENTS, hold=4.0, hold_and_return=4.0)),
    "chaos": Scenario(habits=Habits(together=2.0, browse=2.0, lean=1.5, pause_s=0.6), shoppers=3, crowded=True),
    "presses": Scenario(
        habits=replace(NOTHING, press=3.0, lift=2.0, touch=2.0, browse=1.0, lean=2.0), restock_every_s=0.0
    ),
    "quiet": Scenario(habits=NOTHING, shoppers=0, restock_every_s=0.0),
}


def simulate(seed: int, scenario: str | Scenario = "random_shop") -> Play:
    """The play of this seed. ValueError for an unknown name."""
    if isinstance(scenario, str):
        if scenario not in SCENARIOS:
            raise ValueError(f"scenario {scenario!r}: use one of {', '.join(SCENARIOS)}")
        scenario = SCENARIOS[scenario]
    shape, deeds, cells, eyes, looks = (np.random.default_rng(s) for s in np.random.SeedSequence(seed).spawn(5))
    layout, until_s = scenario.layout(shape), scenario.minutes * 60.0
    stage = Stage(layout, deeds, crowded=scenario.crowded)
    _act(stage, scenario, until_s)
    until_s = max([until_s, *(float(entry["t_s"]) + 3.0 for entry in stage.truth)])
    t_s = _sample_times(layout, until_s, cells)
    counts = _missing(_readings(layout, stage, t_s), t_s, stage, cells)
    look = None if scenario.sight is None else scenario.sight.looker(layout.goods, looks)
    return Play(
        config=layout.config,
        layout=layout,
        t_s=t_s,
        counts=counts,
        tracks=tracks(stage.visitors, until_s, eyes, look),
        truth=sorted(stage.truth, key=lambda entry: float(entry["t_s"])),
        visitors=stage.visitors,
        until_s=until_s,
        stands=stage.stands,
        held=stage.held,
    )


def _act(stage: Stage, scenario: Scenario, until_s: float) -> None:
    """Shoppers come and go; now and then the shop is empty and the staff refills."""
    t_s = 0.0
    while t_s < until_s:
        close_s = min(until_s, t_s + (scenario.restock_every_s or until_s))
        play([shopper(stage, scenario.habits, t_s + 2.0 + 3.0 * i, close_s) for i in range(scenario.shoppers)])
        t_s = max([close_s, *(visitor.leaves_s + EMPTY_S for visitor in stage.visitors)])
        if t_s < until_s - LAST_DEED_S:
            t_s = staff(stage, t_s) + EMPTY_S


def _sample_times(layout: Layout, until_s: float, rng: Rng) -> Floats:
    """Even for the plates' bus; for an HX711 on a Pi jittered, with gaps."""
    t_s = np.arange(0.0, until_s, 1.0 / layout.rate_hz)
    if not layout.steady:
        t_s = t_s + rng.uniform(0.0, 0.01, len(t_s))
        for begin in rng.uniform(0.0, until_s, rng.poisson(GAPS_PER_MIN * until_s / 60)):
            t_s = t_s[(t_s < begin) | (t_s > begin + rng.uniform(0.2, 1.3))]
    return np.asarray(np.round(t_s, 4), dtype=np.float64)


def _readings(layout: Layout, stage: Stage, t_s: Floats) -> Floats:
    """Counts of all cells under the load of the whole play."""
    load_g = render(stage.curves, t_s, layout.physics.n)
    waiting: list[Shake] = sorted(stage.shakes, key=lambda shake: -shake.t_s)
    counts, last_s = np.empty_like(load_g), 0.0
    for i, t in enumerate(t_s):
        while waiting and waiting[-1].t_s <= t:
            shake = waiting.pop()
            layout.physics.shake(shake.row, shake.grams, shake.lasts_s)
        counts[i] = layout.physics.step(load_g[i], t - last_s)
        last_s = t
    return counts


def _missing(counts: Floats, t_s: Floats, stage: Stage, rng: Rng) -> Floats:
    """NaN where a reading failed, and while a cell vanishes: at times when nothing moves on it, for what nobody
    measures cannot be told in time."""
    counts[rng.random(counts.shape) < MISSING] = np.nan
    for begin in rng.uniform(0.0, t_s[-1], rng.poisson(VANISH_PER_MIN * t_s[-1] / 60)):
        cell, end = int(rng.integers(counts.shape[1])), begin + rng.uniform(2.0, 6.0)
        moved = [c for c in stage.curves if cell in c.cells and c.times_s[0] < end + 1 and c.times_s[-1] > begin - 1]
        if not moved:
            counts[(t_s >= begin) & (t_s < end), cell] = np.nan
    return counts
