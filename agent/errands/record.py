"""A bounded recording of what the senses say, for the bench: never pictures, and it stays on the device.

Each has a folder of its own, and replays like the ring (`shelfd replay`); the oldest folders make room. It ends by
itself, in time or in size. Not here: the files (recording/), the observations (recording/aside.py).
"""

from __future__ import annotations

import re
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path

from agent.errands.protocol import ErrandError
from agent.messages import SensorBack, SensorLost
from agent.recording.aside import Aside
from agent.recording.disk import Limits, RecordingDisk
from agent.recording.protocol import Header
from agent.recording.ring import segments
from agent.recording.writer import LOOK_S, Recorder
from wire.commands import Record

MOST_BYTES = 16 << 20  # of one: 20 minutes of 74 cells at 60 Hz (0.8 MB a minute, measured), five hours of four
KEPT = 4  # folders, the new one included
NAME = re.compile(r"[A-Za-z0-9_-]{1,40}")
OURS = re.compile(r"[0-9]{6}-")
PATIENCE_S = 15.0  # of a slow card, beyond the time that was asked for


class RecordWork:
    """`folder`: where the recordings' folders are; `header` as of now."""

    def __init__(
        self,
        folder: Path,
        aside: Aside,
        header: Callable[[], Header],
        *,
        most_bytes: int = MOST_BYTES,
        clock: Callable[[], float] = time.monotonic,
        wait: Callable[[threading.Event, float], bool] = threading.Event.wait,
    ) -> None:
        self._folder, self._aside, self._header = folder, aside, header
        self._most_bytes, self._clock, self._wait = most_bytes, clock, wait

    def limit_s(self, payload: Record) -> float:
        """See Work."""
        return payload.seconds + PATIENCE_S

    def do(self, payload: Record, stop: threading.Event) -> str:
        """See Work."""
        if not NAME.fullmatch(payload.name):
            raise ErrandError(f"{payload.name!r} is no name for a recording: letters, digits, _ and -")
        folder = self._make_folder(payload.name)
        trouble: list[SensorLost] = []
        recorder = Recorder(segment_s=2 * payload.seconds)
        limits = Limits(max_bytes=2 * self._most_bytes)  # the ring must not turn: it ends before
        disk = RecordingDisk(folder, self._header(), limits, ask=recorder.ask, report=lambda x: _keep(x, trouble))
        began_s = self._clock()
        self._aside.begin(recorder)
        try:
            why = self._record(payload.seconds, stop, folder, trouble, lambda: recorder.write(disk))
        finally:
            self._aside.end()
        recorder.stop()
        recorder.run(disk)  # what is still queued
        if trouble:
            raise ErrandError(f"the recording failed: {trouble[0].reason.partition(';')[0]}")
        return f"{self._clock() - began_s:.0f} s are recorded{why}: {_size(folder) / 1e6:.2f} MB in {folder}"

    def _record(
        self,
        seconds: float,
        stop: threading.Event,
        folder: Path,
        trouble: list[SensorLost],
        write: Callable[[], None],
    ) -> str:
        """Writes until the time is over. Why it ended earlier, or nothing."""
        until_s = self._clock() + seconds
        while (left_s := until_s - self._clock()) > 0:
            if self._wait(stop, min(left_s, LOOK_S)):
                return ", then the agent stopped"
            write()
            if trouble:
                return ""
            if _size(folder) >= self._most_bytes:
                return f", then it had its {self._most_bytes / 1e6:.0f} MB"
        return ""

    def _make_folder(self, name: str) -> Path:
        """A new one; the oldest go. Numbers keep two of one name apart and say which came first."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            known = sorted(path for path in self._folder.iterdir() if path.is_dir() and OURS.match(path.name))
            for path in known[: max(0, len(known) - KEPT + 1)]:
                shutil.rmtree(path)
            number = int(known[-1].name[:6]) + 1 if known else 1
            folder = self._folder / f"{number:06d}-{name}"
            folder.mkdir()
        except OSError as error:
            raise ErrandError(f"no folder for it in {self._folder}: {error.strerror}: check the disk") from error
        return folder


def _keep(report: SensorLost | SensorBack, trouble: list[SensorLost]) -> None:
    """The ring's own recording is not ill because this one is."""
    if isinstance(report, SensorLost):
        trouble.append(report)


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in segments(folder))
