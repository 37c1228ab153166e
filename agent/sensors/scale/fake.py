"""A scale that is not there: the cells of physics.py behind a box and a cable that can fail.

For tests, demonstrations and training: `fake.load("a1", 345.0)` puts goods down, each fault is one call. A shelf on a
simulated clock is as fast as the processor; on the real one it keeps its rate. Not here: bytes (the encoder of
lines.py makes them from counts), people (the simulator's shoppers).
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Sequence

import numpy as np

from agent.config import schema
from agent.messages import Counts
from agent.sensors.scale.physics import FULL_SCALE_COUNTS, STORE_PLATES, CellModel, CellPhysics
from agent.sensors.scale.protocol import ScaleError

TIMEOUT_S = 0.2  # a read that gets nothing returns after this, like the serial port's


class SimulatedTime:
    """A clock that moves only while somebody waits on it."""

    def __init__(self, now_s: float = 0.0) -> None:
        self.now_s = now_s

    def __call__(self) -> float:
        """Now."""
        return self.now_s

    def wait(self, seconds: float) -> None:
        """Lets time pass at once."""
        self.now_s += seconds


class FakeScale:
    """A `Scale` whose cells follow their configured calibration exactly, up to what `model` does to them."""

    def __init__(
        self,
        config: schema.Scale,
        model: CellModel = STORE_PLATES,
        *,
        seed: int = 0,
        rows: Sequence[int] | None = None,
        clock: Callable[[], float] = time.monotonic,
        wait: Callable[[float], object] | None = None,
    ) -> None:
        """`wait` passes the time of `clock`; left out, it is real and `close` wakes it."""
        names = [cell.name for cell in config.cells]
        self._index = {name: i for i, name in enumerate(names)}
        self._config, self._clock = config, clock
        self._closed, self._lock = threading.Event(), threading.Lock()
        self._wait = wait or self._closed.wait
        self.cells = CellPhysics(
            len(names),
            model,
            seed=seed,
            rows=rows,
            counts_per_gram=np.array([cell.counts_per_gram for cell in config.cells]),
            tare_counts=np.array([cell.tare_counts for cell in config.cells]),
        )
        self._load_g = np.zeros(len(names))
        self._stuck = np.full(len(names), math.inf)  # counts that a cell shows whatever lies on it; inf: it works
        self._astray: dict[int, float] = {}  # counts of the next sample alone
        self._present, self._stalled_until = True, -math.inf
        self._due_at: float | None = None
        self._lost, self._to_lose = 0, 0

    # -- the Scale ----------------------------------------------------------------------------------------------------

    def read(self) -> Counts | None:
        """See Scale. Samples are due at the configured rate, whenever they are fetched."""
        now = self._clock()
        with self._lock:
            self._check("unplugged")
            due_at = self._due_at if self._due_at is not None else now
        if due_at > now:
            self._wait(min(due_at - now, TIMEOUT_S))
        with self._lock:
            self._check("unplugged")
            if self._closed.is_set() or self._clock() < due_at:
                return None
            return self._sample(due_at)

    @property
    def lost(self) -> int:
        """See Scale."""
        return self._lost

    def close(self) -> None:
        """See Scale."""
        self._closed.set()

    def open(self, config: schema.Scale, clock: Callable[[], float]) -> FakeScale:
        """Stands in for `open_scale`: the same cells with their goods, opened again. ScaleError while it is away."""
        with self._lock:
            self._check("not_found")
            self._closed.clear()
            self._due_at = None
        return self

    # -- what a person does -------------------------------------------------------------------------------------------

    def load(self, cell: str, grams: float) -> None:
        """This much lies on the cell from now on."""
        with self._lock:
            self._load_g[self._index[cell]] = grams

    def add(self, cell: str, grams: float) -> None:
        """Goods put down, or with a minus taken."""
        with self._lock:
            self._load_g[self._index[cell]] += grams

    def shake(self, row: int = 0, grams: float = 15.0, seconds: float = 2.0) -> None:
        """Somebody leans on a shelf board."""
        with self._lock:
            self.cells.shake(row, grams, seconds)

    # -- what fails ---------------------------------------------------------------------------------------------------

    def glitch(self, cell: str, counts: float = FULL_SCALE_COUNTS) -> None:
        """The next sample of this cell, and no other, reads `counts`."""
        with self._lock:
            self._astray[self._index[cell]] = counts

    def pin(self, cell: str, counts: float = FULL_SCALE_COUNTS) -> None:
        """A torn wire: the cell stands at the end of its range until `mend`."""
        with self._lock:
            self._stuck[self._index[cell]] = counts

    def kill(self, cell: str) -> None:
        """The channel does not answer any more: its reading is missing until `mend`."""
        self.pin(cell, math.nan)

    def mend(self, cell: str) -> None:
        """The cell works again."""
        self.pin(cell, math.inf)

    def lose(self, samples: int) -> None:
        """The next `samples` are lost on the line; the box's sequence numbers show it."""
        with self._lock:
            self._to_lose += samples

    def stall(self, seconds: float = math.inf) -> None:
        """The box falls silent, with its port still there; `stall(0)` ends it."""
        with self._lock:
            self._stalled_until = self._clock() + seconds

    def vanish(self) -> None:
        """The cable is pulled."""
        with self._lock:
            self._present = False

    def come_back(self) -> None:
        """The cable is plugged in again; the scale must be opened anew."""
        with self._lock:
            self._present = True

    # -- inside -------------------------------------------------------------------------------------------------------

    def _check(self, code: str) -> None:
        if not self._present:
            raise ScaleError(code, f'scale "{self._config.name}": the fake cable is pulled: call come_back()')

    def _sample(self, due_at: float) -> Counts | None:
        """The sample of `due_at`; None when it is lost or the box is silent."""
        period_s = 1.0 / self._config.rate_hz
        counts = self.cells.step(self._load_g, period_s)
        counts = np.where(np.isinf(self._stuck), counts, self._stuck)
        for cell, astray in self._astray.items():
            counts[cell] = astray
        self._astray.clear()
        self._due_at = due_at + period_s
        if due_at < self._stalled_until:
            return None
        if self._to_lose:
            self._to_lose, self._lost = self._to_lose - 1, self._lost + 1
            return None
        return Counts(due_at, self._config.name, counts)
