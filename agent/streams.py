"""One table of the streams that feed the core, and the one queue in which they meet.

All observations pass one queue, so that the core, the recording and a replay see the same order. Each stream may have
only so many waiting: a scale that floods cannot push out the others. Within a stream `t` never goes back; across
streams it may by the milliseconds between a reader's stamp and its put.
Not here: who reads (sensors/), who judges rates (health.py).
"""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from agent.config.schema import Config
from agent.messages import (
    ButtonPressed,
    Command,
    Counts,
    Detections,
    Gap,
    LabelsShown,
    Observation,
    Shown,
    Tick,
    Tracks,
)

QUEUE_S = 5.0  # of a sensor's readings: more would only be decided too late
WhenFull = Literal["gap", "skip", "refuse", "fail"]


@dataclass(frozen=True, slots=True)
class Stream:
    """One row. `when_full`: "gap" drops the reading and tells how many went, "skip" drops it (the next says all again),
    "refuse" tells the sender, "fail" ends the process: it cannot happen while the core lives."""

    name: str
    nominal_hz: float | None  # None: now and then
    queue: int
    when_full: WhenFull
    recorded: bool = True


def table(config: Config) -> dict[str, Stream]:
    """Every stream of a device, by name."""
    rows = [_sensor(f"scale/{scale.name}", scale.rate_hz) for scale in config.scales]
    if config.tracks.socket:
        rows.append(_sensor("tracks", config.tracks.rate_hz))
    if config.camera.driver:
        rows.append(_sensor("camera", config.camera.rate_hz))
    rows += [
        Stream("tick", 1.0, 3, "skip"),
        Stream("command", None, 64, "refuse"),
        Stream("screen", None, 1000, "skip"),  # Shown, LabelsShown: the screen tells again what it shows
        Stream("status", None, 1000, "fail"),  # SensorLost, SensorBack, Gap, Restored; what was set, what was done
    ]
    return {row.name: row for row in rows}


def stream_of(observation: Observation) -> str:
    """The row an observation belongs to."""
    match observation:
        case Counts(scale=scale):
            return f"scale/{scale}"
        case Tracks():
            return "tracks"
        case Detections(camera=camera):
            return camera
        case Tick():
            return "tick"
        case Command() | ButtonPressed():
            return "command"
        case Shown() | LabelsShown():
            return "screen"
        case _:
            return "status"


class QueueError(Exception):
    """The core does not keep up with what cannot be dropped."""


class Intake:
    """The queue before the core: any thread puts, one takes."""

    def __init__(self, streams: Mapping[str, Stream]) -> None:
        self._streams = streams
        self._changed = threading.Condition()
        self._waiting: deque[tuple[str, Observation]] = deque()
        self._count: Counter[str] = Counter()
        self._lost: Counter[str] = Counter()
        self._closed = False

    def configure(self, streams: Mapping[str, Stream], first: Observation) -> bool:
        """From here on these streams, told by `first`: what a stream that is no more still has to say is dropped."""
        with self._changed:
            self._streams = streams
        return self.put(first)

    def put(self, observation: Observation) -> bool:
        """Never blocks. False when the observation was refused; QueueError when it must not be."""
        name = stream_of(observation)
        with self._changed:
            stream = self._streams.get(name)
            if self._closed or stream is None:
                return False
            if self._count[name] >= stream.queue:
                return self._overflow(stream)
            if lost := self._lost.pop(name, 0):
                self._append("status", Gap(observation.t, name, lost, "the core did not keep up"))
            self._append(name, observation)
            self._changed.notify()
        return True

    def take(self, timeout_s: float) -> Observation | None:
        """The oldest observation; None when none came in time, or when it is closed and empty."""
        with self._changed:
            if not self._waiting and not self._closed:
                self._changed.wait(timeout_s)
            if not self._waiting:
                return None
            name, observation = self._waiting.popleft()
            self._count[name] -= 1
            return observation

    def close(self) -> None:
        """Nothing more goes in; what is inside can still be taken."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    @property
    def drained(self) -> bool:
        """Closed and empty."""
        with self._changed:
            return self._closed and not self._waiting

    def _append(self, name: str, observation: Observation) -> None:
        self._waiting.append((name, observation))
        self._count[name] += 1

    def _overflow(self, stream: Stream) -> bool:
        if stream.when_full == "fail":
            raise QueueError(f"{stream.queue} observations of stream {stream.name} wait: the core does not take them")
        if stream.when_full == "gap":
            self._lost[stream.name] += 1
        return False


def _sensor(name: str, rate_hz: float) -> Stream:
    return Stream(name, rate_hz, max(2, round(QUEUE_S * rate_hz)), "gap")
