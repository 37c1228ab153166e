"""A second recording beside the ring, for a while: the core hands each observation to both.

Not here: who asks for it (errands/record.py), files (disk.py).
"""

from __future__ import annotations

from collections.abc import Callable

from agent.messages import Observation, Snapshot
from agent.recording.writer import Recorder

Record = Callable[[Observation, Callable[[], Snapshot]], None]


class Aside:
    """`record` belongs to the core's thread, `begin` and `end` to any other."""

    def __init__(self, first: Record | None = None) -> None:
        """`first`: the recorder of the ring, where there is one."""
        self._first = first
        self._second: Recorder | None = None

    def record(self, observation: Observation, snapshot: Callable[[], Snapshot]) -> None:
        """See Recorder.record."""
        if self._first is not None:
            self._first(observation, snapshot)
        second = self._second  # once: it may be taken away meanwhile
        if second is not None:
            second.record(observation, snapshot)

    def begin(self, recorder: Recorder) -> None:
        """From the next observation on it gets all of them."""
        self._second = recorder

    def end(self) -> None:
        """It gets no more, but for one that is on its way."""
        self._second = None
