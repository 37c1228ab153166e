"""A play that grows: the shelf of a seed as `simulate` has it, and deeds that are written into it while it runs.

`play` is an ordinary Play whose truth, visitors and stands are the stage's own lists, so that whoever paints or judges
it sees what has been added. Cells, hands and noise are those of a play known beforehand; only the order in which
chance is drawn differs. Not here: who does what (people.py), bytes and the clock (shop.py).
"""

from __future__ import annotations

import heapq
import threading
from collections.abc import Iterator

import numpy as np

from agent.messages import Part, Tracks
from tools.bench.hands import FRAME_HZ, LOST_FRAMES, LOST_HAND_PER_MIN, LOST_HAND_S, NOISE_M, body
from tools.bench.layouts import LAYOUTS
from tools.bench.live.loads import Loads
from tools.bench.loads import Floats
from tools.bench.stage import Stage
from tools.bench.world import GAPS_PER_MIN, MISSING, Play

LEAD_S = 1.0  # nothing that has to be planned begins sooner: a hand sets out up to 0.9 s before its deed's first moment
GAP_S = (0.2, 1.3)  # as in world.py


class LivePlay:
    """See the module. Whoever adds deeds, or reads people's paths, holds `lock`."""

    def __init__(self, layout: str, seed: int, until_s: float) -> None:
        shape, deeds, cells, eyes, _ = (np.random.default_rng(s) for s in np.random.SeedSequence(seed).spawn(5))
        self.layout = LAYOUTS[layout](shape)
        self.stage = Stage(self.layout, deeds)
        self.lock = threading.RLock()
        self._cells, self._eyes = cells, eyes
        self._loads = Loads(self.layout.physics.n)
        self._shakes: list[tuple[float, int, float, float]] = []
        self._last_s = 0.0
        self._hidden_until_s: dict[tuple[str, int], float] = {}
        self.play = Play(
            config=self.layout.config,
            layout=self.layout,
            t_s=np.empty(0),
            counts=np.empty((0, self.layout.physics.n)),
            tracks=[],
            truth=self.stage.truth,
            visitors=self.stage.visitors,
            until_s=until_s,
            stands=self.stage.stands,
            held=self.stage.held,
        )

    def sample_times(self) -> Iterator[float]:
        """When the box sends: evenly for the plates' bus; for an HX711 on a Pi jittered, with gaps."""
        period_s, rng, k, gap_until_s = 1.0 / self.layout.rate_hz, self._cells, 0, 0.0
        while True:
            t_s = k * period_s
            k += 1
            if not self.layout.steady:
                t_s += float(rng.uniform(0.0, 0.01))
                if rng.random() < GAPS_PER_MIN * period_s / 60:
                    gap_until_s = t_s + float(rng.uniform(*GAP_S))
            if t_s >= gap_until_s:
                yield round(t_s, 4)

    def counts(self, t_s: float) -> Floats:
        """What the cells say at `t_s`, which only grows; NaN where a reading failed."""
        with self.lock:
            self._loads.add(self.stage.curves)
            for shake in self.stage.shakes:
                heapq.heappush(self._shakes, (shake.t_s, shake.row, shake.grams, shake.lasts_s))
            self.stage.curves, self.stage.shakes = [], []
        physics = self.layout.physics
        while self._shakes and self._shakes[0][0] <= t_s:
            physics.shake(*heapq.heappop(self._shakes)[1:])
        counts = physics.step(self._loads.at(t_s), t_s - self._last_s)
        self._last_s = t_s
        counts[self._cells.random(len(counts)) < MISSING] = np.nan
        return counts

    def frame(self, t_s: float) -> Tracks | None:
        """Heads and hands as an outside tracker reports them; None: this frame got lost."""
        if self._eyes.random() < LOST_FRAMES:
            return None
        parts: list[Part] = []
        with self.lock:
            here = [x for x in self.stage.visitors if x.enters_s <= t_s and (x.present or t_s < x.leaves_s)]
            places = [(visitor.name, body(visitor, np.array([t_s]), _sways(visitor.name))) for visitor in here]
        for name, where in places:
            for number, (part, metres) in enumerate(where):
                if number and self._hides(name, number, t_s):
                    continue
                u, v, d = (round(float(x), 3) for x in metres[0] + NOISE_M * self._eyes.standard_normal(3))
                parts.append(Part(name, part, u, v, d, 0.85 if number else 0.9))
        return Tracks(round(t_s, 3), tuple(parts))

    def _hides(self, name: str, hand: int, t_s: float) -> bool:
        """Behind goods or a body, now and then."""
        if self._eyes.random() < LOST_HAND_PER_MIN / 60 / FRAME_HZ:
            self._hidden_until_s[name, hand] = t_s + float(self._eyes.uniform(0.1, LOST_HAND_S))
        return t_s < self._hidden_until_s.get((name, hand), 0.0)


def _sways(name: str) -> float:
    return sum(map(ord, name)) % 63 / 10
