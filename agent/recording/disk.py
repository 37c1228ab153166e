"""The recording on its disk: begins, fills and ends segments, and copes with a disk that refuses.

A disk that is full or broken stops the recording, says so once as `SensorLost("recording")`, and is tried again; the
rest of the agent does not notice. Used by the recorder's thread alone.
Not here: the queue before it (writer.py), the form of a line (codec.py), names of files and their deletion (ring.py).
"""

from __future__ import annotations

import errno
import logging
import os
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec

from agent.config.load import to_dict
from agent.messages import ConfigSet, Observation, SensorBack, SensorLost
from agent.recording import ring
from agent.recording.codec import encode_observation
from agent.recording.protocol import Header
from agent.recording.segment import SegmentFile

STREAM = "recording"
SEGMENTS = 8  # a full ring holds about this many, so that dropping the oldest loses an eighth
FLUSH_S = 10.0  # what a power cut may cost; shorter wears the card

log = logging.getLogger(__name__)


def free_bytes(folder: Path) -> int:
    """What the disk of `folder` has left for a process without privileges."""
    disk = os.statvfs(folder)
    return disk.f_bavail * disk.f_frsize


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much a recording may take."""

    max_bytes: int
    retry_s: float = 30.0  # pause before a full or broken disk is tried again
    reserve_bytes: int = 32 << 20  # left free for the outbox, which may share the disk and must not lose anything

    @property
    def segment_bytes(self) -> int:
        return self.max_bytes // SEGMENTS


class RecordingDisk:
    """`ask` is called when the next observation should bring a snapshot for a new segment."""

    def __init__(
        self,
        folder: Path,
        header: Header,
        limits: Limits,
        *,
        ask: Callable[[], None],
        report: Callable[[SensorLost | SensorBack], None],
        free: Callable[[Path], int] = free_bytes,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._folder = folder
        self._header = header
        self._limits = limits
        self._ask = ask
        self._report = report
        self._free = free
        self._clock = clock
        self._file: SegmentFile | None = None
        self._flushed_s = 0.0
        self._failed_s: float | None = None  # when the disk refused; None while it does not
        self._reported = False

    def begin(self, t: float, snapshot: bytes) -> None:
        """Ends the present segment and starts the next with `snapshot`; nothing while the disk is given a rest."""
        self.end()
        if self._failed_s is not None:
            return
        try:
            self._open(t, snapshot)
        except OSError as error:
            self._fail(error)
            return
        if self._reported:
            self._reported = False
            self._report(SensorBack(self._clock(), STREAM))

    def write(self, observation: Observation) -> None:
        """Adds a line. Without a segment (the disk refused, or a hole) the observation is dropped."""
        if isinstance(observation, ConfigSet):  # later segments begin under it
            self._header = msgspec.structs.replace(self._header, config=to_dict(observation.config))
        if self._file is None:
            return
        try:
            self._file.write_line(encode_observation(observation))
        except OSError as error:
            self._fail(error)
            return
        if self._file.written_bytes >= self._limits.segment_bytes:
            self._ask()  # and go on here until the snapshot comes: no hole

    def tend(self) -> None:
        """To be called about once a second: flushes, and tries a disk that refused again."""
        now_s = self._clock()
        if self._failed_s is not None and now_s - self._failed_s >= self._limits.retry_s:
            self._failed_s = None
            self._ask()
        if self._file is None or now_s - self._flushed_s < FLUSH_S:
            return
        try:
            self._need_free(self._limits.reserve_bytes)
            self._file.flush()
        except OSError as error:
            self._fail(error)
        self._flushed_s = now_s

    def end(self) -> None:
        """Gives the present segment its proper end, where the disk lets us."""
        file, self._file = self._file, None
        if file is None:
            return
        try:
            file.flush()
        except OSError as error:
            log.warning("%s has no proper end (%s); it replays up to its last flush", file.path, error.strerror)
        with suppress(OSError):
            file.close()

    def _open(self, t: float, snapshot: bytes) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        ring.trim(self._folder, self._limits.max_bytes - self._limits.segment_bytes)
        self._need_free(self._limits.reserve_bytes + self._limits.segment_bytes)
        self._file = SegmentFile(ring.next_segment(self._folder))
        self._file.write_line(msgspec.json.encode(msgspec.structs.replace(self._header, began_s=t)))
        self._file.write_line(snapshot)
        self._file.flush()
        self._flushed_s = self._clock()

    def _need_free(self, wanted_bytes: int) -> None:
        if self._free(self._folder) < wanted_bytes:
            raise OSError(errno.ENOSPC, f"less than {wanted_bytes >> 20} MB are free on the disk")

    def _fail(self, error: OSError) -> None:
        """Gives the segment up; what is on the disk of it stays readable."""
        file, self._file = self._file, None
        if file is not None:
            with suppress(OSError):
                file.close()
        self._failed_s = self._clock()
        if not self._reported:
            self._reported = True
            self._report(SensorLost(self._clock(), STREAM, *self._diagnosis(error)))

    def _diagnosis(self, error: OSError) -> tuple[str, str]:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        what_to_do = "free some or lower recording.max_mb" if full else "check the disk and the rights of recording.dir"
        again = f"tried again every {self._limits.retry_s:.0f} s"
        return (
            "disk_full" if full else "disk_failed",
            f"recording to {self._folder} stopped: {error.strerror}; {what_to_do}; {again}",
        )
