"""How load cells under a shelf misbehave: true grams and passing time -> ADC counts, for all cells at once.

Pure and seeded: the same seed, loads and steps give the same counts; time is what the caller says has passed.
Shared by the fake scale and by the simulator. Not here: what a box or its cable does (stall, vanish, lost lines:
fake.py), and what people do to a shelf beyond the load they put on it (the simulator's shoppers).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
FULL_SCALE_COUNTS = 8_388_607  # 2^23-1: HX711 and ADS1232 are 24-bit two's complement


@dataclass(frozen=True, slots=True, kw_only=True)
class CellModel:
    """One kind of cell and mounting. The defaults are plates of a real store: 278 plates, 60 Hz, four gondolas.

    `*_spread` is the sigma of a log-normal spread between cells: a store has quiet plates and bad ones. Figures are
    measured on the recordings except where the comment says assumed."""

    counts_per_gram: float = 365.0  # HX711 scale on a Pi, exact
    gain_spread: float = 0.05  # assumed: cells of one batch, and how they are screwed down
    zero_low_g: float = -5_600.0  # plates are never zeroed: -5,632 .. +9,566 g seen
    zero_high_g: float = 9_600.0
    noise_g: float = 0.7  # white, median plate; differences of successive samples give 0.9-1.0 with the hum in it
    noise_spread: float = 0.7
    hum_g: float = (
        0.5  # amplitude of the building's ~1.5 Hz sine: 0.4-1.5 g at the median, 1-9 g at the 95th percentile
    )
    hum_spread: float = 0.8
    hum_hz: float = 1.5
    drift_g_per_sqrt_s: float = 0.061  # median |drift| of 0.17 g in 17 s; gives 0.6 g in 8 min, where 0.8 g was seen
    drift_spread: float = 1.0  # 95th percentile 1.6 g in 17 s
    drift_tau_s: float = 600.0  # assumed: drift wanders, it does not run away
    creep: float = 0.0005  # assumed: share of a load that arrives late
    creep_tau_s: float = 120.0  # assumed
    crosstalk: float = 0.015  # largest share of a load seen by a plate up to two places away: 10.4 g of 621 g
    ring_hz: float = 8.0  # plates swing at 7-9 Hz while somebody leans on the gondola
    ring_damping: float = 0.35  # assumed: a pick of 621 g has left within 0.2 s
    glitch_rate: float = 0.0  # share of samples, per cell; the store's wired plates showed none
    glitch_low_counts: float = 32_000.0  # smallest seen on the Pi; sizes are log-uniform up to full scale
    burst_per_min: float = 0.0  # shaking of a whole row, 10-20 g for 1-3 s
    burst_low_g: float = 10.0
    burst_high_g: float = 20.0


STORE_PLATES = CellModel()
HX711_PI = CellModel(  # four HX711 on a Raspberry Pi, 10 Hz: one platform, so little swing between the cells
    noise_g=0.35,
    noise_spread=0.4,
    hum_g=0.05,
    drift_g_per_sqrt_s=0.036,
    drift_spread=0.3,
    glitch_rate=0.006,
    crosstalk=0.005,
)
IDEAL = CellModel(  # for scenes that look at one fault alone: exact grams, whole counts
    gain_spread=0.0,
    zero_low_g=0.0,
    zero_high_g=0.0,
    noise_g=0.0,
    hum_g=0.0,
    drift_g_per_sqrt_s=0.0,
    creep=0.0,
    crosstalk=0.0,
    ring_hz=0.0,
)


class CellPhysics:
    """`step(load_g, dt_s) -> counts` for `n` cells; state is what the cells remember."""

    def __init__(
        self,
        n: int,
        model: CellModel = STORE_PLATES,
        *,
        seed: int = 0,
        rows: Sequence[int] | None = None,
        counts_per_gram: Floats | None = None,
        tare_counts: Floats | None = None,
    ) -> None:
        """`rows` names the shelf board of each cell: neighbours in one row feel each other and shake together;
        left out, all cells lie in one row in their order. `counts_per_gram` and `tare_counts`, both `(n,)`: cells of a
        known calibration; left out, they are drawn as the model spreads them."""
        if rows is not None and len(rows) != n:
            raise ValueError(f"rows names {len(rows)} cells, there are {n}: give one row number for each cell")
        rng = self._rng = np.random.default_rng(seed)
        self.n, self.model = n, model
        self.rows = np.asarray(rows if rows is not None else [0] * n, dtype=np.int64)
        self.counts_per_gram: Floats = model.counts_per_gram * np.exp(model.gain_spread * rng.standard_normal(n))
        self.zero_g: Floats = rng.uniform(model.zero_low_g, model.zero_high_g, n)
        if counts_per_gram is not None:
            self.counts_per_gram = np.asarray(counts_per_gram, dtype=np.float64)
        if tare_counts is not None:
            self.zero_g = np.asarray(tare_counts, dtype=np.float64) / self.counts_per_gram
        self.noise_g: Floats = model.noise_g * np.exp(model.noise_spread * rng.standard_normal(n))
        self._hum_g: Floats = model.hum_g * np.exp(model.hum_spread * rng.standard_normal(n))
        self._hum_phase: Floats = rng.uniform(0.0, 2 * np.pi, n)
        self._hum_hz: Floats = model.hum_hz * rng.uniform(0.9, 1.1, n)
        self._drift_sd: Floats = model.drift_g_per_sqrt_s * np.exp(model.drift_spread * rng.standard_normal(n))
        self._mixing = _crosstalk(self.rows, model.crosstalk, rng)
        self._t_s = 0.0
        self._drift_g = np.zeros(n)
        self._crept_g = np.zeros(n)
        self._swing: tuple[Floats, Floats] | None = None  # deviation from rest (g) and its speed (g/s)
        self._load_g = np.zeros(n)
        self._bursts: list[_Burst] = []

    @property
    def tare_counts(self) -> Floats:
        """What a perfect tare finds: the reading of each empty cell without noise, `(n,)`."""
        return np.asarray(np.rint(self.zero_g * self.counts_per_gram), dtype=np.float64)

    def step(self, load_g: Floats, dt_s: float) -> Floats:
        """Counts `(n,)` float64, whole numbers within full scale, `dt_s` after the step before, under `load_g` `(n,)`.

        The first step finds the shelf at rest under its load; a change of load between two steps is felt as a blow."""
        self._t_s += dt_s
        felt_g = self._mixing @ np.asarray(load_g, dtype=np.float64)
        grams = (
            felt_g
            + self._ring(felt_g, dt_s)
            + self._creep(felt_g, dt_s)
            + self._drift(dt_s)
            + self._hum()
            + self._shaking(dt_s)
        )
        grams = grams + self.noise_g * self._rng.standard_normal(self.n) + self.zero_g
        counts = np.rint(grams * self.counts_per_gram)
        return np.asarray(np.clip(self._glitch(counts), -FULL_SCALE_COUNTS - 1, FULL_SCALE_COUNTS), dtype=np.float64)

    def shake(self, row: int, grams: float, seconds: float) -> None:
        """Somebody leans on or knocks against this row: every plate of it swings by up to `grams` for `seconds`."""
        gain = np.where(self.rows == row, self._rng.uniform(0.3, 1.0, self.n), 0.0)
        hz = self._rng.uniform(7.0, 9.0)
        self._bursts.append(_Burst(self._t_s, seconds, grams * gain, hz, self._rng.uniform(0.0, 2 * np.pi, self.n)))

    def _ring(self, felt_g: Floats, dt_s: float) -> Floats:
        """Damped swing after a blow, solved exactly over `dt_s`, so that 10 Hz and 80 Hz see the same plate."""
        model = self.model
        if self._swing is None:  # at rest
            self._swing = (np.zeros(self.n), np.zeros(self.n))
            self._load_g = felt_g
        place, speed = self._swing
        place = place + self._load_g - felt_g
        self._load_g = felt_g
        if model.ring_hz == 0.0:
            self._swing = (np.zeros(self.n), np.zeros(self.n))
            return self._swing[0]
        natural = 2 * np.pi * model.ring_hz
        decay, turn = model.ring_damping * natural, natural * np.sqrt(1 - model.ring_damping**2)
        fade, cos, sin = np.exp(-decay * dt_s), np.cos(turn * dt_s), np.sin(turn * dt_s)
        lead = (speed + decay * place) / turn
        moved: Floats = fade * (place * cos + lead * sin)
        self._swing = (moved, fade * (lead * turn * cos - place * turn * sin) - decay * moved)
        return moved

    def _creep(self, felt_g: Floats, dt_s: float) -> Floats:
        """The late share of a load, first order: what rests long reads a little more, and leaves a little behind."""
        self._crept_g = self._crept_g + (felt_g - self._crept_g) * -np.expm1(-dt_s / self.model.creep_tau_s)
        return self.model.creep * self._crept_g

    def _drift(self, dt_s: float) -> Floats:
        """Ornstein-Uhlenbeck: a random walk in the short run that comes home in the long."""
        keep = np.exp(-dt_s / self.model.drift_tau_s)
        kick = self._drift_sd * np.sqrt(self.model.drift_tau_s / 2 * (1 - keep**2))
        self._drift_g = self._drift_g * keep + kick * self._rng.standard_normal(self.n)
        return self._drift_g

    def _hum(self) -> Floats:
        return np.asarray(
            self._hum_g * np.sin(2 * np.pi * self._hum_hz * self._t_s + self._hum_phase), dtype=np.float64
        )

    def _shaking(self, dt_s: float) -> Floats:
        model = self.model
        if model.burst_per_min and self._rng.random() < 1 - np.exp(-model.burst_per_min * dt_s / 60):
            row = int(self._rng.choice(np.unique(self.rows)))
            self.shake(row, self._rng.uniform(model.burst_low_g, model.burst_high_g), self._rng.uniform(1.0, 3.0))
        self._bursts = [burst for burst in self._bursts if self._t_s <= burst.began_s + burst.lasts_s]
        return sum((burst.grams_at(self._t_s) for burst in self._bursts), np.zeros(self.n))

    def _glitch(self, counts: Floats) -> Floats:
        """One sample of one channel gone astray; sizes log-uniform, either sign, a third of them full scale."""
        if self.model.glitch_rate == 0.0:
            return counts
        hit = self._rng.random(self.n) < self.model.glitch_rate
        low, high = np.log(self.model.glitch_low_counts), np.log(2.0 * FULL_SCALE_COUNTS)
        size = np.exp(self._rng.uniform(low, high, self.n)) * self._rng.choice((-1.0, 1.0), self.n)
        return np.where(hit, np.rint(counts + size), counts)


@dataclass(frozen=True, slots=True)
class _Burst:
    began_s: float
    lasts_s: float
    peak_g: Floats
    hz: float
    phase: Floats

    def grams_at(self, t_s: float) -> Floats:
        """Swells and fades like a half sine over its length."""
        age_s = t_s - self.began_s
        if not 0.0 <= age_s <= self.lasts_s:
            return np.zeros(len(self.peak_g))
        swell = np.sin(np.pi * age_s / self.lasts_s)
        return np.asarray(self.peak_g * swell * np.sin(2 * np.pi * self.hz * age_s + self.phase), dtype=np.float64)


def _crosstalk(rows: NDArray[np.int64], largest: float, rng: np.random.Generator) -> Floats:
    """Mixing `(n, n)`: a cell feels its own load whole and a little of what lies up to two places away in its row."""
    n = len(rows)
    mixing = np.eye(n)
    place = np.array([int((rows[:i] == rows[i]).sum()) for i in range(n)], dtype=np.int64)
    apart = np.abs(place[:, None] - place[None, :])
    near = (rows[:, None] == rows[None, :]) & (apart > 0) & (apart <= 2)
    mixing[near] = rng.uniform(0.0, largest, (n, n))[near]
    return mixing
