"""The simulated shop live: a play at the pace of the clock, its scale behind a pty, its tracks behind a socket.

An agent cannot tell it from a board with cells and an outside tracker. Lines that nobody reads in time are lost, as on
a real wire. Not here: the play (world.py), its faults (cable.py), the agent and the broker (tools/demo).
"""

from __future__ import annotations

import contextlib
import heapq
import os
import socket
import threading
import time
import tty
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from agent.messages import Tracks
from agent.sensors.tracks.lines import encode_frame
from tools.bench.cable import Fault, cable
from tools.bench.world import Play

JOIN_S = 5.0


class Shop:
    """Plays `play` from `begin()` on. `port` and `tracks_socket` lie in `folder` and stay the same after an unplug."""

    def __init__(self, play: Play, folder: Path, faults: Sequence[Fault] = (), seed: int = 0) -> None:
        self.play, self.port, self.tracks_socket = play, folder / "scale", folder / "tracks"
        self._faults, self._rng = list(faults), np.random.default_rng(seed)
        self._began_s: float | None = None
        self._begun, self._stop = threading.Event(), threading.Event()
        self._pty: tuple[int, int] | None = None
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(self.tracks_socket))
        self._listener.listen()
        self._listener.setblocking(False)
        self._listeners: list[socket.socket] = []
        self._plug_in()
        self._thread = threading.Thread(target=self._run, name="shop")
        self._thread.start()

    @property
    def began_s(self) -> float | None:
        """Monotonic moment of the play's 0, None before."""
        return self._began_s

    def now_s(self) -> float:
        """The play's clock; 0 before it runs."""
        return 0.0 if self._began_s is None else time.monotonic() - self._began_s

    def begin(self) -> None:
        """The clock runs."""
        if self._began_s is None:
            self._began_s = time.monotonic()
            self._begun.set()

    def faults_now(self) -> list[Fault]:
        """The faults that are on at this moment."""
        now_s = self.now_s()
        return [fault for fault in self._faults if fault.begin_s <= now_s < fault.end_s]

    def close(self) -> None:
        """Stops and takes port and socket away; may be called twice."""
        self._stop.set()
        self._begun.set()
        self._thread.join(JOIN_S)
        self._unplug()
        for open_socket in (self._listener, *self._listeners):
            open_socket.close()
        self.tracks_socket.unlink(missing_ok=True)

    def _run(self) -> None:
        self._begun.wait()
        for t_s, what in self._schedule():
            if self._stop.wait(max(0.0, t_s - self.now_s())):
                return
            if isinstance(what, Tracks):
                self._tell(what)
            elif what is None:
                self._unplug()
            else:
                self._plug_in()
                self._write(what)

    def _schedule(self) -> Iterator[tuple[float, bytes | Tracks | None]]:
        lines: Iterator[tuple[float, bytes | Tracks | None]] = cable(self.play, self._faults, self._rng)
        frames = ((frame.t, frame) for frame in self.play.tracks)
        return heapq.merge(lines, frames, key=lambda item: item[0])

    def _plug_in(self) -> None:
        if self._pty is None:
            self._pty = os.openpty()
            board, far_end = self._pty
            tty.setraw(far_end)
            os.set_blocking(board, False)
            self.port.unlink(missing_ok=True)
            self.port.symlink_to(os.ttyname(far_end))

    def _unplug(self) -> None:
        if self._pty is not None:
            self.port.unlink(missing_ok=True)
            for end in self._pty:
                os.close(end)
            self._pty = None

    def _write(self, line: bytes) -> None:
        if self._pty is not None:
            with contextlib.suppress(BlockingIOError):  # nobody reads: the wire does not wait
                os.write(self._pty[0], line)

    def _tell(self, frame: Tracks) -> None:
        """One JSON line to each listener; who does not read or went away is let go."""
        with contextlib.suppress(BlockingIOError):
            self._listeners.append(self._listener.accept()[0])
        line = encode_frame((self._began_s or 0.0) + frame.t, frame.parts, frame.goods)
        for listener in list(self._listeners):
            listener.setblocking(False)
            try:
                listener.sendall(line)
            except (BlockingIOError, BrokenPipeError, ConnectionResetError):
                listener.close()
                self._listeners.remove(listener)
