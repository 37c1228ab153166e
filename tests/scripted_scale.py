"""A scale for tests: a person loads its cells, its clock moves only when it is read, each fault is said in one line.

The noise is a fixed pattern without chance. Not here: how real cells misbehave (agent/sensors/scale/fake.py).
"""

from __future__ import annotations

import itertools
import math
import threading
from collections.abc import Callable

import numpy as np

from agent.config import schema
from agent.messages import Counts
from agent.sensors.scale.protocol import ScaleError

FULL_SCALE = 8_388_607.0


class ScriptedScale:
    """Cells of 365 counts/g, 0.5 g of noise and a tare of 12,000 counts unless the scene says otherwise."""

    def __init__(self, config: schema.Scale, *, rate_hz: float | None = None, noise_g: float = 0.5) -> None:
        self.now_s = 100.0
        self.grams = {cell.name: 0.0 for cell in config.cells}
        self.factor = {cell.name: 365.0 for cell in config.cells}
        self.tare = {cell.name: 12_000.0 for cell in config.cells}
        self.noise_g = noise_g
        self.closed = False
        self.lost = 0
        self._step_s = 1.0 / (rate_hz or config.rate_hz)
        self._name = config.name
        self._samples = itertools.count()
        self._faults: list[Callable[[int, Counts], Counts | None]] = []
        self._lock = threading.Lock()

    def clock(self) -> float:
        return self.now_s

    def open(self, config: schema.Scale, clock: Callable[[], float]) -> ScriptedScale:
        """Stands in for `open_scale`."""
        return self

    def put(self, **grams: float) -> None:
        """What lies on the named cells from now on."""
        with self._lock:
            self.grams.update(grams)

    def fault(self, change: Callable[[int, Counts], Counts | None]) -> None:
        """`change(number of the sample, sample)` gives what comes out instead; None is a read that timed out."""
        self._faults.append(change)

    def read(self) -> Counts | None:
        with self._lock:
            if self.closed:
                raise ScaleError("closed", "the scale was closed")
            self.now_s += self._step_s
            k = next(self._samples)
            wobble_g = self.noise_g * math.sqrt(2.0) * math.sin(2.4 * k)
            counts = [self.tare[name] + self.factor[name] * (grams + wobble_g) for name, grams in self.grams.items()]
            sample: Counts | None = Counts(self.now_s, self._name, np.clip(np.round(counts), -FULL_SCALE, FULL_SCALE))
            for change in self._faults:
                sample = None if sample is None else change(k, sample)
            return sample

    def close(self) -> None:
        self.closed = True


def one_scale(*cells: str, rate_hz: float = 10.0, **cell_keys: float) -> schema.Scale:
    """A configured scale that speaks our lines."""
    return schema.Scale(
        name="main",
        driver="shelfd-lines",
        port="/dev/ttyUSB0",
        rate_hz=rate_hz,
        cells=tuple(schema.Cell(name=cell, **cell_keys) for cell in cells),
    )
