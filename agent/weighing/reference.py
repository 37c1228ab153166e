"""A cell's two numbers from a reference mass: empty, loaded, empty again; or a refusal that says what to do.

The refusals follow Klipper's guided load-cell calibration: equal readings, saturation, odd capacity, a tare that moved.
Not here: asking for the mass and reading the scale (commands/calibrate.py), measuring a stretch (diagnose.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from agent.weighing.diagnose import CellFigures, StreamFigures

MIN_SAMPLES = 20  # the mean of 20 is known to a fifth of the noise
EQUAL_SHARE = 0.01  # of full scale; less and wiring, not weight, is what was measured (Klipper)
TARE_SHARE = 0.02  # of the load's change; the empty reading has to come back this well
NOISE_SHARE = 0.02  # of the load's change: with 20 samples or more the factor is then good to 0.5 %
RATE_SHARE = 0.3  # a busy Pi loses a fifth of an HX711's samples (recorded); a wrong switch is a factor of 8
MISSING_SHARE = 0.2
MOVED_SIGMA = 50.0  # a mass is hundreds of sigma, drift a few
SATURATED_SHARE = 0.05  # single samples at full scale are glitches, more is an overload
CAPACITY_LOW_KG, CAPACITY_HIGH_KG = 1.0, 25.0  # what is left above the tare (Klipper); outside: wiring or gain


class CalibrationError(Exception):
    """The readings do not make a calibration. `code` is one word, the message a sentence that says what to do."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Limits:
    """What a calibration may be."""

    capacity_low_kg: float = CAPACITY_LOW_KG
    capacity_high_kg: float = CAPACITY_HIGH_KG


@dataclass(frozen=True, slots=True)
class Reference:
    """The two numbers found, and what they mean. `capacity_kg` None: the cell has no full scale."""

    tare_counts: float
    counts_per_gram: float  # negative: mounted upside down
    noise_g: float
    capacity_kg: float | None


def accept_stream(figures: StreamFigures, rate_hz: float) -> None:
    """Refuses a box that does not deliver as configured: its numbers would be of another channel or filter."""
    if figures.samples < MIN_SAMPLES or figures.rate_hz is None:
        raise CalibrationError(
            "too_few_samples",
            f"{figures.samples} samples in {figures.seconds:.0f} s, {MIN_SAMPLES} are needed: try --seconds"
            f" {max(10, 2 * MIN_SAMPLES / rate_hz):.0f}, or see what shelfd doctor says",
        )
    if abs(figures.rate_hz / rate_hz - 1) > RATE_SHARE:
        raise CalibrationError(
            "rate",
            f"the scale sends {figures.rate_hz:.1f} samples/s, the configuration says {rate_hz:g}: correct rate_hz or"
            " the box's rate switch first",
        )


def accept_cell(name: str, figures: CellFigures) -> None:
    """Refuses a stretch in which the cell did not read."""
    if figures.saturated > SATURATED_SHARE * figures.samples:
        raise CalibrationError(
            "saturated",
            f"cell {name!r} is at full scale in {figures.saturated} of {figures.samples} samples: use less mass; if it"
            " is empty, check its wiring",
        )
    if figures.usable < MIN_SAMPLES or figures.missing > MISSING_SHARE * figures.samples:
        raise CalibrationError(
            "too_few_samples",
            f"cell {name!r} gave {figures.usable} readings of {figures.samples}: check its plug, then try again",
        )


def counts_per_gram(
    name: str, empty: CellFigures, loaded: CellFigures, again: CellFigures, mass_g: float, full_scale_counts: float
) -> float:
    """The signed factor, or a CalibrationError. `full_scale_counts` 0: the scale speaks grams and has none."""
    for figures in (empty, loaded, again):
        accept_cell(name, figures)
    change = _level(loaded) - _level(empty)
    least = EQUAL_SHARE * (full_scale_counts or mass_g)
    if abs(change) < least:
        raise CalibrationError(
            "equal",
            f"cell {name!r} reads the same with and without the mass ({change:+.0f} counts, {least:.0f} are needed):"
            " check wiring, or use more mass",
        )
    moved = _level(again) - _level(empty)
    if abs(moved) > TARE_SHARE * abs(change):
        raise CalibrationError(
            "tare_moved",
            f"cell {name!r} did not come back to empty ({moved:+.0f} counts, {100 * abs(moved / change):.1f} % of the"
            " mass): was everything taken off? does the plate rub? then try again",
        )
    noise = max(figures.noise_counts or 0.0 for figures in (empty, loaded, again))
    if noise > NOISE_SHARE * abs(change):
        raise CalibrationError(
            "noisy",
            f"cell {name!r} wanders by {noise:.0f} counts, {100 * noise / abs(change):.1f} % of the mass: keep hands"
            " off the shelf while it measures, or use more mass",
        )
    return change / mass_g


def moved_instead(empty: Mapping[str, CellFigures], loaded: Mapping[str, CellFigures]) -> str | None:
    """The cell that changed most in units of its noise, None where none changed as a mass makes it."""
    changes = {}
    for name, before in empty.items():
        after = loaded[name].level_counts
        if before.level_counts is not None and after is not None:
            changes[name] = abs(after - before.level_counts) / max(before.noise_counts or 0.0, 1.0)
    most = max(changes, key=lambda name: changes[name], default=None)
    return most if most is not None and changes[most] > MOVED_SIGMA else None


def reference(name: str, empty: CellFigures, factor: float, full_scale_counts: float, limits: Limits) -> Reference:
    """Tare and factor together; refuses a capacity that no shelf's load cell has."""
    tare = _level(empty)
    capacity_kg = None
    if full_scale_counts > 0:
        capacity_kg = (full_scale_counts - abs(tare)) / abs(factor) / 1000.0
        if not limits.capacity_low_kg <= capacity_kg <= limits.capacity_high_kg:
            more_or_less = "more than" if capacity_kg > limits.capacity_high_kg else "less than"
            bound = limits.capacity_high_kg if capacity_kg > limits.capacity_high_kg else limits.capacity_low_kg
            raise CalibrationError(
                "capacity",
                f"cell {name!r} could then weigh {capacity_kg:.2f} kg, {more_or_less} {bound:g}: is the mass really"
                " what was said? is the gain right? if so, give --capacity-kg LOW HIGH",
            )
    return Reference(tare, factor, (empty.noise_counts or 0.0) / abs(factor), capacity_kg)


def _level(figures: CellFigures) -> float:
    if figures.level_counts is None:
        raise ValueError("accept_cell lets no cell without a level pass")
    return figures.level_counts
