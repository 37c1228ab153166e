"""What time it is, how far that can be trusted, and the thread that tells the core once a second.

A Pi has no clock battery: after a power cut its wall clock is somewhere in the past until a time server has answered.
The kernel knows (adjtimex: whoever disciplines the clock tells it, chrony, ntpd and systemd-timesyncd alike), and
systemd-timesyncd leaves a file for the rest of the boot. Once known in a boot, the clock stays known: crystals drift by
a second in half a day, and the kernel's own error bound says so.
Not here: dating events (the outbox's envelope).
"""

from __future__ import annotations

import ctypes
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from agent.messages import Observation, Tick
from agent.outbox.protocol import Stamp
from wire.events import Clock
from wire.state import ClockState

SYNCHRONIZED = Path("/run/systemd/timesync/synchronized")  # made at the first synchronisation of the boot
STA_UNSYNC = 0x40  # linux/timex.h
TICK_S = 1.0
OFFSET_MOVED_S = 0.05  # a step of the wall clock that is worth telling; slewing moves 0.5 ms a second


class _Timex(ctypes.Structure):
    """`struct timex` of a 64-bit Linux, as far as we read it."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_char * 256),
    )


@dataclass(frozen=True, slots=True)
class Discipline:
    """The kernel's opinion of its clock: is somebody steering it, and how wrong it may be at most."""

    synced: bool
    error_ms: float


def kernel_discipline() -> Discipline | None:
    """Asks adjtimex(2) without changing anything. None where it may not be asked."""
    timex = _Timex()
    if ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.byref(timex)) < 0:
        return None
    return Discipline(synced=not timex.status & STA_UNSYNC, error_ms=timex.maxerror / 1000.0)


class WallClock:
    """Monotonic and wall time together with their quality. Used by any thread."""

    def __init__(
        self,
        discipline: Callable[[], Discipline | None] = kernel_discipline,
        synchronized: Path = SYNCHRONIZED,
        monotonic: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._discipline, self._synchronized = discipline, synchronized
        self._monotonic, self._wall = monotonic, wall
        self._known = False  # in this boot, by anyone

    def tick(self) -> Tick:
        """Now, as the core is told."""
        discipline = self._discipline()
        synced = discipline is not None and discipline.synced
        self._known = self._known or synced or self._synchronized.exists()
        t, wall_s = self._monotonic(), self._wall()
        if discipline is None or not self._known:
            return Tick(t, wall_s if self._known else None, synced)
        return Tick(t, wall_s, synced, round(discipline.error_ms, 1))

    def stamp(self) -> Stamp:
        """Now, for what the outbox has to tell itself."""
        tick = self.tick()
        return Stamp(tick.t, tick.wall_s, Clock(tick.synced, tick.uncertainty_ms))


class OffsetNews:
    """Says when `state/clock` has to be told: once at the start, and whenever what it says has changed."""

    def __init__(self, boot: str) -> None:
        self._boot = boot
        self._told: ClockState | None = None

    def look(self, tick: Tick) -> ClockState | None:
        """The new state, or None while the old one holds."""
        offset_s = None if tick.wall_s is None else round(tick.wall_s - tick.t, 3)
        told = self._told
        if told is not None and told.synced == tick.synced and not _moved(told.offset_s, offset_s):
            return None
        self._told = ClockState(
            boot=self._boot, synced=tick.synced, offset_s=offset_s, uncertainty_ms=tick.uncertainty_ms
        )
        return self._told


def utc_offset_s(wall_s: float, timezone: str) -> int | None:
    """What the store's clocks show, in seconds before or behind UTC; None for a zone that this device does not know.
    "": as the device is set."""
    if not timezone:
        return time.localtime(wall_s).tm_gmtoff
    try:
        offset = datetime.fromtimestamp(wall_s, ZoneInfo(timezone)).utcoffset()
    except (ZoneInfoNotFoundError, ValueError, OSError, OverflowError):
        return None
    return None if offset is None else int(offset.total_seconds())


class Ticker:
    """The thread `clock`: a Tick a second, in step with the seconds of the monotonic clock."""

    def __init__(self, now: Callable[[], Tick], put: Callable[[Observation], None], beat: Callable[[], None]) -> None:
        self._now, self._put, self._beat = now, put, beat
        self._stopping = threading.Event()

    def run(self) -> None:
        while not self._stopping.wait(TICK_S - time.monotonic() % TICK_S):
            self._beat()
            self._put(self._now())

    def stop(self) -> None:
        self._stopping.set()


def _moved(before_s: float | None, now_s: float | None) -> bool:
    if before_s is None or now_s is None:
        return before_s is not now_s
    return abs(now_s - before_s) >= OFFSET_MOVED_S
