"""A tracker behind a Unix stream socket: connects, reads lines, stamps frames that carry no time.

Raises TracksError `not_found`, `permission_denied`, `refused`, `closed`, `wrong_clock`.
Not here: the form of a line (lines.py), silence and coming back (reader.py).
"""

from __future__ import annotations

import socket
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress

from agent.messages import Tracks
from agent.sensors.tracks.lines import Frame, FrameLines, tracks_of
from agent.sensors.tracks.protocol import TracksError

TIMEOUT_S = 0.5
LATEST_S = 5.0  # a frame older than this, or from the future, was stamped with another clock


def open_tracker(path: str, clock: Callable[[], float] = time.monotonic) -> SocketTracker:
    """Connects to the tracker that listens at `path`. TracksError when there is none."""
    channel = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
    channel.settimeout(TIMEOUT_S)
    try:
        channel.connect(path)
    except OSError as error:
        channel.close()
        raise _explained(error, path) from error
    return SocketTracker(channel, path, clock)


class SocketTracker:
    """A `Tracker` on a connected socket."""

    def __init__(self, channel: socket.socket, path: str, clock: Callable[[], float]) -> None:
        self._channel, self._path, self._clock = channel, path, clock
        self._lines = FrameLines()
        self._ready: deque[Tracks] = deque()
        self._newest_s = float("-inf")
        self._late = 0  # frames older than their predecessor

    @property
    def lost(self) -> int:
        """See Tracker."""
        return self._lines.dropped + self._late

    def read(self) -> Tracks | None:
        """See Tracker."""
        if not self._ready:
            for frame in self._lines.feed(self._receive()):
                self._accept(frame)
        return self._ready.popleft() if self._ready else None

    def close(self) -> None:
        """See Tracker."""
        with suppress(OSError):  # the other side has gone first
            self._channel.shutdown(socket.SHUT_RDWR)  # wakes a blocked read, which closing alone does not
        self._channel.close()

    def _receive(self) -> bytes:
        try:
            data = self._channel.recv(1 << 16)
        except TimeoutError:
            return b""
        except OSError as error:
            raise _explained(error, self._path) from error
        if not data:
            raise TracksError("closed", f"the tracker at {self._path} has hung up: start it again")
        return data

    def _accept(self, frame: Frame) -> None:
        now_s = self._clock()
        t = now_s if frame.t is None else frame.t
        if not now_s - LATEST_S <= t <= now_s + 0.1:
            raise TracksError(
                "wrong_clock",
                f"the tracker at {self._path} stamps frames {t - now_s:+.1f} s from now: "
                "`t` must be CLOCK_MONOTONIC of this machine, or null",
            )
        if t < self._newest_s:
            self._late += 1
            return
        self._newest_s = t
        self._ready.append(tracks_of(frame, t))


def _explained(error: OSError, path: str) -> TracksError:
    if isinstance(error, FileNotFoundError):
        return TracksError("not_found", f"no tracker listens at {path}: start it, or correct tracks.socket")
    if isinstance(error, PermissionError):
        return TracksError("permission_denied", f"{path} may not be opened: give the agent's user write access to it")
    if isinstance(error, ConnectionRefusedError | TimeoutError | BlockingIOError):
        return TracksError("refused", f"{path} is there but nobody answers: start the tracker")
    return TracksError("closed", f"the connection to {path} broke ({error.strerror}): look at the tracker")
