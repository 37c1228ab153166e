"""Keeps reading a scale in a thread of its own and hands out stretches of its readings.

While a person thinks, the box goes on sending: were nobody reading, old samples would wait in the port's buffer and be
taken for what the shelf weighs now. Not here: what the readings mean (weighing/diagnose.py), opening (scale/driver.py).
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agent.config.schema import Scale as ScaleConfig
from agent.messages import Counts
from agent.sensors.scale.protocol import Scale, ScaleError

Clock = Callable[[], float]
Open = Callable[[ScaleConfig, Clock], Scale]

PATIENCE_S = 5.0  # a driver's read comes back within its time-out, far below this
STOP_S = 5.0


@dataclass(frozen=True, slots=True, eq=False)
class Stretch:
    """Samples of all cells: `t_s` (n,), `counts` (n, n_cells), NaN where a reading is missing; `seconds` listened;
    `lost` samples known to be missing meanwhile."""

    t_s: NDArray[np.float64]
    counts: NDArray[np.float64]
    seconds: float
    lost: int


class Listener:
    """Reads `scale` from construction to `close`. A lost scale is raised by the stretch that meets it."""

    def __init__(self, scale: Scale, cells: int, clock: Clock) -> None:
        self._scale, self._cells, self._clock = scale, cells, clock
        self._wake = threading.Condition()
        self._samples: list[Counts] | None = None  # None: nobody is asking
        self._until_s = 0.0
        self._lost: ScaleError | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="listen", daemon=True)
        self._thread.start()

    def stretch(self, seconds: float) -> Stretch:
        """The samples of the next `seconds`, none older. ScaleError when the device is lost meanwhile."""
        with self._wake:
            begin_s, lost = self._clock(), self._scale.lost
            self._samples, self._until_s = [], begin_s + seconds
            done = self._wake.wait_for(self._has_ended, timeout=seconds + PATIENCE_S)
            samples, self._samples = self._samples, None
            if self._lost is not None:
                raise self._lost
        if not done:
            raise ScaleError("hangs", f"the driver did not come back within {PATIENCE_S:.0f} s: replug the box")
        kept = [sample for sample in samples if sample.t > begin_s]
        counts = np.array([sample.values for sample in kept], dtype=np.float64).reshape(len(kept), self._cells)
        return Stretch(
            np.array([sample.t for sample in kept], dtype=np.float64), counts, seconds, self._scale.lost - lost
        )

    def close(self) -> None:
        """Lets go of the scale; may be called twice."""
        self._stop.set()
        self._scale.close()
        self._thread.join(STOP_S)

    def _has_ended(self) -> bool:
        return self._lost is not None or self._clock() >= self._until_s

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                sample = self._scale.read()
            except ScaleError as error:
                with self._wake:
                    self._lost = error
                    self._wake.notify_all()
                return
            with self._wake:
                if sample is not None and self._samples is not None and sample.t <= self._until_s:
                    self._samples.append(sample)
                if self._has_ended():
                    self._wake.notify_all()
