"""How the agent does just now, for whoever watches a change (agent/documents/probation.py).

Looks at what the core says of its streams, at the broker and at memory. Not here: what follows from it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from agent.documents.opening import sha256
from agent.documents.protocol import Signs
from agent.documents.signing import from_base64
from agent.messages import Output, State
from wire.codec import WireError, decode_signed
from wire.state import Health

ANSWERS_S = 4.0  # a Tick comes each second, and `state/health` changes seldom
PAGE_BYTES = 4096


class Line(Protocol):
    """The way to the broker, see Courier."""

    @property
    def connected(self) -> bool: ...
    @property
    def accepted(self) -> bool: ...
    @property
    def heard(self) -> bytes: ...


class Watch:
    """`told` belongs to the core's thread, `signs` to any. `line`: the way to the broker as it is now; `shows`: does
    the panel show, None where there is none."""

    def __init__(
        self,
        line: Callable[[], Line],
        shows: Callable[[], bool | None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._line, self._shows, self._clock = line, shows, clock
        self._heard = b"", ""  # the newest message, and what the document in it is called
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
        line = self._line()
        return Signs(
            alive=alive | {"screen"} if self._shows() else alive,
            connected=line.connected,
            core_answers=self._clock() - self._ticked_s < ANSWERS_S,
            rss_mb=resident_mb(),
            accepted=line.accepted,
            heard=self._called(line.heard),
        )

    def _called(self, message: bytes) -> str:
        """Read once: a document may be long, and signs are asked for each second."""
        known, called = self._heard
        if message is not known:
            called = payload_hash(message)
            self._heard = message, called
        return called


def payload_hash(message: bytes) -> str:
    """What the document in a message is called, whoever signed it; empty where there is none to be read."""
    try:
        return sha256(from_base64(decode_signed(message).payload))
    except (WireError, ValueError):
        return ""


def resident_mb() -> float | None:
    """Memory of this process; None where /proc does not tell."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE_BYTES / 1e6
    except (OSError, ValueError, IndexError):
        return None
