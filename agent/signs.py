"""How the agent does just now, for whoever watches a change (agent/documents/probation.py).

Looks at what the core says of its streams, at the broker and at memory. Not here: what follows from it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

from agent.documents.protocol import Signs
from agent.messages import Output, State
from wire.state import Health

ANSWERS_S = 4.0  # a Tick comes each second, and `state/health` changes seldom
PAGE_BYTES = 4096


class Watch:
    """`told` belongs to the core's thread, `signs` to any. `connected`: has the broker taken us; `shows`: does the
    panel show, None where there is none."""

    def __init__(
        self,
        connected: Callable[[], bool],
        shows: Callable[[], bool | None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._connected, self._shows, self._clock = connected, shows, clock
        self._lock = threading.Lock()
        self._alive: frozenset[str] = frozenset()
        self._ticked_s = -ANSWERS_S

    def ticked(self) -> None:
        """The core has taken a Tick."""
        self._ticked_s = self._clock()

    def told(self, output: Output) -> None:
        """The core has said this."""
        if isinstance(output, State) and isinstance(output.payload, Health):
            alive = frozenset(s.stream for s in output.payload.streams if s.alive and s.rate_right and s.valid)
            with self._lock:
                self._alive = alive

    def signs(self) -> Signs:
        """Now."""
        with self._lock:
            alive = self._alive
        return Signs(
            alive=alive | {"screen"} if self._shows() else alive,
            connected=self._connected(),
            core_answers=self._clock() - self._ticked_s < ANSWERS_S,
            rss_mb=resident_mb(),
        )


def resident_mb() -> float | None:
    """Memory of this process; None where /proc does not tell."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE_BYTES / 1e6
    except (OSError, ValueError, IndexError):
        return None
