"""Keeps the observation stream without ever holding up the core.

The core's thread hands over each observation before it steps; a thread of its own looks twice a second and writes what
has gathered, since waking it for each reading would cost more than the writing. A queue that is full (a slow disk) is a
hole: the segment ends there and a new one begins with a fresh snapshot, so that every segment replays without gaps.
Not here: files and a disk that refuses (disk.py).
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from agent.messages import Observation, Snapshot
from agent.recording.disk import RecordingDisk

QUEUE = 2048  # half a minute of one scale at 60 Hz: longer than an SD card's worst pause
LOOK_S = 0.5


@dataclass(frozen=True, slots=True)
class _Item:
    observation: Observation
    snapshot: bytes | None  # not None: a new segment begins here


class Recorder:
    """`record` belongs to the core's thread, `run` to the recorder's own; `stop` ends `run` after what is queued."""

    def __init__(self, segment_s: float, queue_size: int = QUEUE) -> None:
        self._segment_s = segment_s
        self._queue_size = queue_size
        self._queue: deque[_Item] = deque()  # one thread appends, one takes: needs no lock
        self._due = threading.Event()
        self._due.set()
        self._began_s = 0.0
        self._hole = False
        self._stopping = threading.Event()

    def ask(self) -> None:
        """The next observation begins a new segment. From any thread."""
        self._due.set()

    def record(self, observation: Observation, snapshot: Callable[[], Snapshot]) -> None:
        """Keeps `observation`; `snapshot` gives the core as it is before it sees it, and is called only when needed.

        The snapshot becomes bytes here, in the thread that owns the core: what it is made of may change at once."""
        if len(self._queue) >= self._queue_size:
            self._hole = True
            return
        head: bytes | None = None
        if self._hole or self._due.is_set() or observation.t - self._began_s >= self._segment_s:
            self._due.clear()
            self._hole = False
            self._began_s = observation.t
            head = msgspec.json.encode(snapshot())
        self._queue.append(_Item(observation, head))

    def run(self, disk: RecordingDisk, beat: Callable[[], None] = lambda: None) -> None:
        """Writes to `disk` until `stop`, and then what is still queued. `beat` says that this thread lives."""
        while not self._stopping.wait(LOOK_S):
            self.write(disk, beat)
        self.write(disk, beat)
        disk.end()

    def stop(self) -> None:
        """Wakes `run`. Nothing may be recorded afterwards."""
        self._stopping.set()

    def write(self, disk: RecordingDisk, beat: Callable[[], None] = lambda: None) -> None:
        """Everything that is queued, and what the disk has to do from time to time."""
        beat()
        while self._queue:
            item = self._queue.popleft()
            if item.snapshot is not None:
                disk.begin(item.observation.t, item.snapshot)
            disk.write(item.observation)
        disk.tend()
