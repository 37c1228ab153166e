"""How noisy each channel is, learned while it runs.

Two estimates: the slow one is what the channel does when nobody touches it (electronics, hum, air); the local one is
what it does right now (a shaken shelf). Channels are cells and lane sums alike. Units: grams of one block mean.
"""

from __future__ import annotations

import numpy as np

from agent.messages import Floats, Snapshot
from agent.weighing.arrays import put_back, take

START_G = 2.0  # before anything is learned; store plates have 0.5-1.2 g median, 4 g at the 95th percentile
FLOOR_G = 0.3  # below this the ADC's own steps and the wind decide
MOST_G = 10.0  # the noisiest lane of a store has 5 g; what creeps a little faster than drift must not teach deafness
MEMORY_BLOCKS = 200  # 10 s of blocks: long against hum (about 1 Hz), short against a change of the room
CLIP = 3.0  # a block counts at most this many sigmas, so that a touch does not teach noise
SHAKEN_G = 10.0  # a shelf is shaken by this much (store plates: bursts of +-20 g); more is a step or a hand
RECENT = 6  # blocks whose second differences make the local estimate


class Noise:
    """Noise of `n` channels."""

    def __init__(self, n: int) -> None:
        self._variance = np.full(n, START_G**2)
        self._recent = np.full((RECENT, n), np.nan)
        self._one_ago = np.full(n, np.nan)
        self._two_ago = np.full(n, np.nan)
        self._at = 0

    def slow(self) -> Floats:
        """`(n,)` sigma of a block mean of an untouched channel."""
        sigma: Floats = np.maximum(np.sqrt(self._variance), FLOOR_G)
        return sigma

    def learn(self, deviation: Floats, idle: np.ndarray) -> None:
        """`deviation` (n,) of this block's mean from the base; only `idle` channels learn."""
        bounded = np.minimum(deviation * deviation, CLIP * CLIP * self._variance)
        # shrinking is slower to come than growing is to believe: a quiet moment is no quiet cell
        updated = np.minimum(self._variance + (bounded - self._variance) / MEMORY_BLOCKS, MOST_G**2)
        self._variance = np.where(idle & ~np.isnan(deviation), updated, self._variance)

    def local(self, means: Floats) -> Floats:
        """Feeds this block's means `(n,)`, gives the sigma around any straight slope over the last blocks: second
        differences cancel level and slope, their median forgives the corner of a step."""
        second = np.abs(means - 2.0 * self._one_ago + self._two_ago)
        self._recent[self._at % RECENT] = second
        self._at += 1
        self._two_ago, self._one_ago = self._one_ago, means
        ordered = np.sort(self._recent, axis=0)  # NaN last
        sigma = ordered[RECENT // 2 - 1] * (1.4826 / 6.0**0.5)
        return np.where(np.isnan(sigma), 0.0, np.minimum(sigma, SHAKEN_G))

    _STATE = ("_variance", "_recent", "_one_ago", "_two_ago", "_at")

    def snapshot(self) -> Snapshot:
        """Arrays by name."""
        return take(self, self._STATE)

    def restore(self, state: Snapshot) -> None:
        """What `snapshot` gave."""
        put_back(self, self._STATE, state)
