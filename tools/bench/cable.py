"""What goes over the cable: a play's counts as lines of our protocol, with the faults that boxes and cables have.

The same bytes serve the live shop (over a pty) and the soak (straight into the decoder).
Not here: the faults of single cells, which belong to the play itself (world.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agent.sensors.scale.lines import Status, encode_line
from agent.sensors.scale.physics import FULL_SCALE_COUNTS
from tools.bench.world import Play

KINDS: dict[str, tuple[float, float]] = {  # kind: shortest and longest, seconds
    "unplug": (1.0, 4.0),  # the port is gone, then the board starts anew
    "garbage": (0.5, 2.0),  # a wrong baud rate: as many bytes, none of them right
    "noise": (2.0, 6.0),  # single bytes are hit
    "stall": (0.5, 3.0),  # the board is silent and counts on
    "glitches": (10.0, 30.0),  # one channel of one sample jumps
}
HIT_LINES, HIT_SAMPLES = 0.1, 0.02


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of one of the KINDS."""

    kind: str
    begin_s: float
    end_s: float


def random_faults(rng: np.random.Generator, until_s: float, every_s: float = 60.0) -> list[Fault]:
    """About one fault every `every_s`, one after the other, each kind as likely; the first 10 s are spared."""
    faults, t_s = [], 10.0 + float(rng.exponential(every_s / 2))
    while t_s < until_s - 10.0:
        kind = str(rng.choice(list(KINDS)))
        lasts_s = float(rng.uniform(*KINDS[kind]))
        faults.append(Fault(kind, t_s, t_s + lasts_s))
        t_s += lasts_s + 5.0 + float(rng.exponential(max(0.0, every_s - 5.0)))
    return faults


def cable(play: Play, faults: Sequence[Fault], rng: np.random.Generator) -> Iterator[tuple[float, bytes | None]]:
    """`(t_s, bytes)` in time order, one entry a sample; None instead of bytes: the port is gone."""
    sender = Sender(rng)
    for t_s, values in zip(play.t_s, play.counts, strict=True):
        kind = next((fault.kind for fault in faults if fault.begin_s <= t_s < fault.end_s), "")
        yield float(t_s), sender.send(values, kind)


class Sender:
    """The box at the far end: numbers its lines, and begins anew after it was unplugged."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng, self._sequence = rng, 0

    def send(self, values: NDArray[np.float64], kind: str = "") -> bytes | None:
        """One sample as it comes through with a fault of this kind, "" for none; None: the port is gone."""
        if kind == "unplug":
            self._sequence = 0
            return None
        counts = _glitched(values, self._rng) if kind == "glitches" else values
        line = encode_line(self._sequence, _whole(counts), Status(0) if self._sequence else Status.STARTED)
        self._sequence += 1
        return _spoilt(line, kind, self._rng)


def _whole(counts: NDArray[np.float64]) -> list[int | None]:
    return [None if np.isnan(count) else int(count) for count in counts]


def _glitched(counts: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    hit = rng.random(len(counts)) < HIT_SAMPLES
    wild = np.rint(rng.uniform(-FULL_SCALE_COUNTS - 1, FULL_SCALE_COUNTS, len(counts)))
    return np.where(hit & ~np.isnan(counts), wild, counts)


def _spoilt(line: bytes, kind: str, rng: np.random.Generator) -> bytes:
    if kind == "stall":
        return b""
    if kind == "garbage":
        return rng.bytes(len(line))
    if kind == "noise" and rng.random() < HIT_LINES:
        at = int(rng.integers(len(line)))
        return line[:at] + rng.bytes(1) + line[at + 1 :]
    return line
