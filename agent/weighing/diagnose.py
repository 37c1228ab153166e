"""Some seconds of a resting scale -> figures of its stream and cells, and findings that say what to do.

Pure: `shelfd doctor` and `shelfd calibrate` bring the readings and do the talking. Not here: judging a running stream
(health.py), repairing readings (glitch.py), finding a cell's two numbers (reference.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from agent.config.schema import Cell, Scale

Floats = NDArray[np.float64]

RATE_TOLERANCE = 0.1  # an HX711's clock is off by a few per cent; a busy Pi loses a fifth of its samples (recorded)
PAUSE_S = 1.5  # the longest on a healthy HX711 scale on a Pi was 1.3 s (recorded)
MISSING_SHARE = 0.05
SATURATED_SHARE = 0.05
LOST_SHARE = 0.01  # a line that loses more has a reason that will grow
GLITCH_SHARE = 0.05  # healthy HX711 scales on a Pi showed 0.006-0.016 (recorded)
NOISE_G = 6.3  # the noisiest of 278 plates in a real store (recorded)
GLITCH_SIGMA = 8.0  # a glitch stands this far from its neighbours; they are thousands of sigma off, hands are slower
STUCK_SAMPLES = 20  # so many equal readings in a row do not come from a live converter of counts


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to know. `subject` e.g. "scale/main" or "cell/a1"; `level` "wrong" wants a hand, "note" a glance."""

    level: Literal["wrong", "note"]
    subject: str
    code: str
    sentence: str


@dataclass(frozen=True, slots=True)
class StreamFigures:
    """How a scale delivers. `rate_hz` None: fewer than two samples."""

    samples: int
    seconds: float
    rate_hz: float | None
    longest_pause_s: float
    lost: int = 0  # known to be missing on the line, where the protocol counts


@dataclass(frozen=True, slots=True)
class CellFigures:
    """How one cell reads at rest. `level_counts`, `noise_counts`, `drift_counts` None: no usable sample."""

    samples: int
    missing: int
    saturated: int
    glitches: int
    unique_values: int
    level_counts: float | None
    noise_counts: float | None  # robust standard deviation about the level: hum and drift are in it, glitches not
    drift_counts: float | None  # last third's median less the first third's

    @property
    def usable(self) -> int:
        """Samples that say something about the weight."""
        return self.samples - self.missing - self.saturated


def measure_stream(t_s: Floats, seconds: float, lost: int = 0) -> StreamFigures:
    """Times of the samples `(n,)` and how long was listened -> rate and longest pause (the start's wait included)."""
    n = len(t_s)
    if n < 2:
        return StreamFigures(n, seconds, None, seconds, lost)
    steps = np.diff(t_s)
    span_s = float(t_s[-1] - t_s[0])
    rate_hz = (n - 1) / span_s if span_s > 0 else None
    return StreamFigures(n, seconds, rate_hz, max(float(steps.max()), seconds - span_s), lost)


def measure_cell(counts: Floats, saturation_counts: float) -> CellFigures:
    """Readings `(n,)` of one cell at rest, NaN where missing; `saturation_counts` 0: the cell has no full scale."""
    read = counts[~np.isnan(counts)]
    pinned = is_saturated(read, saturation_counts)
    glitches = find_glitches(read)
    good = read[~pinned & ~glitches]
    if len(good) == 0:
        return CellFigures(len(counts), len(counts) - len(read), int(pinned.sum()), 0, 0, None, None, None)
    level = robust_mean(good)
    third = max(1, len(good) // 3)
    drift = float(np.median(good[-third:]) - np.median(good[:third]))
    return CellFigures(
        samples=len(counts),
        missing=len(counts) - len(read),
        saturated=int(pinned.sum()),
        glitches=int(glitches.sum()),
        unique_values=len(np.unique(good)),
        level_counts=level,
        noise_counts=robust_sd(good),
        drift_counts=drift,
    )


def is_saturated(counts: Floats, saturation_counts: float) -> NDArray[np.bool_]:
    """Where the converter is at its end. An HX711 ends at -2^23 below and 2^23-1 above: one count of grace."""
    if saturation_counts <= 0:
        return np.zeros(counts.shape, dtype=np.bool_)
    return np.asarray(np.abs(counts) >= saturation_counts, dtype=np.bool_)


def find_glitches(counts: Floats) -> NDArray[np.bool_]:
    """Single samples that stand far from the median of the five around them; a step or a press is none."""
    n = len(counts)
    if n < 5:
        return np.zeros(n, dtype=np.bool_)
    around = np.lib.stride_tricks.sliding_window_view(np.pad(counts, 2, mode="reflect"), 5)
    apart = np.abs(counts - np.median(around, axis=1))
    white = robust_sd(np.diff(counts)) / np.sqrt(2.0)
    unique = np.unique(counts)
    resolution = float(np.diff(unique).min()) if len(unique) > 1 else 1.0
    return np.asarray(apart > GLITCH_SIGMA * max(white, resolution), dtype=np.bool_)


def robust_sd(values: Floats) -> float:
    """Half of the width that holds the middle 68.3 %: the standard deviation of a normal, deaf to 15 % of outliers."""
    low, high = np.percentile(values, [15.87, 84.13])
    return float(high - low) / 2.0


def robust_mean(values: Floats) -> float:
    """Mean of what lies within four robust sigma of the median: finer than the median where readings are coarse."""
    middle = float(np.median(values))
    kept = values[np.abs(values - middle) <= max(4.0 * robust_sd(values), 1.0)]
    return float(kept.mean())


def judge_stream(scale: Scale, figures: StreamFigures) -> list[Finding]:
    """What is wrong with the way the box delivers."""
    subject, rate_hz = f"scale/{scale.name}", figures.rate_hz
    if rate_hz is None:
        return [
            Finding(
                "wrong",
                subject,
                "silent",
                f"{figures.samples} samples in {figures.seconds:.0f} s from {scale.port}: is the box powered and its"
                f" output switched on, are driver {scale.driver!r} and {scale.baud} baud what it is set to?",
            )
        ]
    found = []
    if abs(rate_hz / scale.rate_hz - 1) > RATE_TOLERANCE:
        sentence = f"sends {rate_hz:.1f} samples/s, the configuration says {scale.rate_hz:g}"
        found.append(
            Finding("wrong", subject, "rate", f"{sentence}: set rate_hz = {rate_hz:.3g} or the box's rate switch")
        )
    if figures.lost > LOST_SHARE * figures.samples:
        sentence = (
            f"lost {figures.lost} samples on the line beside {figures.samples} that came: a shorter cable, or a baud"
            " that carries the rate with room to spare?"
        )
        found.append(Finding("wrong", subject, "lost", sentence))
    if figures.longest_pause_s > max(PAUSE_S, 10 / scale.rate_hz):
        sentence = f"was silent for {figures.longest_pause_s:.1f} s: a loose plug, or too little power on the USB port?"
        found.append(Finding("wrong", subject, "pause", sentence))
    return found


def judge_cell(scale: Scale, cell: Cell, figures: CellFigures) -> list[Finding]:
    """What is wrong with one cell; the first reason that explains everything else comes alone."""
    subject = f"cell/{cell.name}"
    if figures.missing == figures.samples:
        return [Finding("wrong", subject, "dead", "gives no reading: is it plugged into the board?")]
    if figures.saturated > SATURATED_SHARE * figures.samples or figures.level_counts is None:
        sentence = (
            f"is at full scale in {figures.saturated} of {figures.samples} samples: take load off; if it stays,"
            " a signal wire (A+ or A-, often green or white) is loose or the cell is bent"
        )
        return [Finding("wrong", subject, "saturated", sentence)]
    found = []
    if figures.missing > MISSING_SHARE * figures.samples:
        sentence = f"misses {figures.missing} of {figures.samples} readings: check its plug and its cable"
        found.append(Finding("wrong", subject, "missing", sentence))
    if figures.glitches > GLITCH_SHARE * figures.samples:
        sentence = f"jumps in {figures.glitches} of {figures.samples} samples: shorten its cable, check its ground"
        found.append(Finding("wrong", subject, "glitches", sentence))
    return found + _judge_noise(scale, cell, figures, subject)


def _judge_noise(scale: Scale, cell: Cell, figures: CellFigures, subject: str) -> list[Finding]:
    """Stuck, uncalibrated or restless: each makes the next question pointless."""
    if scale.driver == "shelfd-lines" and figures.unique_values == 1 and figures.usable >= STUCK_SAMPLES:
        sentence = f"reads {figures.level_counts:.0f} without the least noise: the converter hangs, replug the board"
        return [Finding("wrong", subject, "stuck", sentence)]
    if scale.driver == "shelfd-lines" and cell.counts_per_gram == 1.0:
        sentence = f"is not calibrated: run shelfd calibrate FILE --scale {scale.name} --cell {cell.name}"
        return [Finding("wrong", subject, "uncalibrated", sentence)]
    noise_g = (figures.noise_counts or 0.0) / abs(cell.counts_per_gram) if cell.counts_per_gram else 0.0
    if noise_g > NOISE_G:
        sentence = (
            f"wanders by {noise_g:.1f} g (1 sigma), a good one by 0.3-1.5 g: was the shelf touched? If not,"
            " look for a cable that pulls, a plate that rubs, or a fan and a fridge beside it"
        )
        return [Finding("wrong", subject, "noisy", sentence)]
    return []
