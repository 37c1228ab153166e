"""Plays through the very pipeline of a device, as fast as it goes: straight into the core, or as bytes with faults.

With faults, the real reader, driver and decoder read a line whose clock is the play's.
Not here: judging what came out (tools/score/match.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np

from agent.config.schema import Scale
from agent.core import Core
from agent.messages import Event, Observation, Output
from agent.sensors.scale.boxes import box_for
from agent.sensors.scale.driver import SerialScale
from agent.sensors.scale.protocol import ScaleError
from agent.sensors.scale.reader import FIRST_BACKOFF_S, ScaleReader
from tools.bench.cable import Fault, cable
from tools.bench.stage import Truth
from tools.bench.world import Play
from tools.score.match import Matches, match
from wire.events import Fault as FaultEvent
from wire.events import Pick, Put


@dataclass(slots=True)
class Outcome:
    """What the core said about one play."""

    truth: list[Truth]
    outputs: list[Output] = field(default_factory=list)

    @property
    def moves(self) -> list[Pick | Put]:
        return [o.payload for o in self.outputs if isinstance(o, Event) and isinstance(o.payload, Pick | Put)]

    @property
    def faults(self) -> list[FaultEvent]:
        return [o.payload for o in self.outputs if isinstance(o, Event) and isinstance(o.payload, FaultEvent)]

    def matches(self, *, with_visitor: bool = True) -> Matches:
        """Restocks are no part of the score; a put said in their place is wrong."""
        asked = [entry for entry in self.truth if entry["type"] != "restock"]
        return match(self.moves, asked, with_visitor=with_visitor)


def f1(matches: Matches) -> float:
    """1 where nothing happened and nothing was said."""
    right, all_of_them = 2 * len(matches.pairs), len(matches.missed) + len(matches.wrong)
    return right / (right + all_of_them) if right + all_of_them else 1.0


def run(play: Play, faults: Sequence[Fault] | None = None, seed: int = 0) -> Outcome:
    """All that the core says. `faults`: the play comes as bytes over a line that has these."""
    core, outcome = Core(play.config), Outcome(play.truth)
    observations = play.observations() if faults is None else over_the_line(play, faults, seed)
    for observation in observations:
        outcome.outputs += core.step(observation)
    return outcome


def over_the_line(play: Play, faults: Sequence[Fault], seed: int) -> list[Observation]:
    """The play's observations with its Counts as the real reader hears them."""
    heard: list[Observation] = []
    line = _Line(play, faults, seed, lambda: reader.stop())
    reader = ScaleReader(play.config.scales[0], heard.append, open_scale=line.open, clock=line.clock)
    reader.run()
    rest = (o for o in replace(play, t_s=play.t_s[:0], counts=play.counts[:0]).observations())
    merged = sorted([*heard, *rest], key=lambda observation: observation.t)
    assert all(a.t <= b.t for a, b in pairwise(heard)), "the line's clock went back"
    return merged


class _Line:
    """A `Port` over the play's cable: to read is to let time pass up to the next bytes."""

    def __init__(self, play: Play, faults: Sequence[Fault], seed: int, at_end: Callable[[], None]) -> None:
        self._at_end = at_end
        self._items: Iterator[tuple[float, bytes | None]] = cable(play, faults, np.random.default_rng(seed))
        self._unplugged = [fault for fault in faults if fault.kind == "unplug"]
        self._now_s = 0.0
        self._tries = 0

    def clock(self) -> float:
        return self._now_s

    def open(self, config: Scale, clock: object) -> SerialScale:
        """As `open_scale` does; the reader has waited its back-off before all but the first time."""
        if self._tries:
            self._now_s += FIRST_BACKOFF_S * 2 ** (self._tries - 1)
        self._tries += 1
        if any(fault.begin_s <= self._now_s < fault.end_s for fault in self._unplugged):
            raise ScaleError("not_found", "the play has the cable out")
        return SerialScale(config, box_for(config), self, self.clock)

    def read(self) -> bytes:
        """The next line. What came while nobody had the port open is gone."""
        for t_s, data in self._items:
            if t_s < self._now_s:
                continue
            self._now_s = t_s
            if data is None:
                raise ScaleError("unplugged", "the play pulls the cable out")
            if data:
                self._tries = 1
            return data
        self._at_end()
        return b""

    def write(self, data: bytes) -> None:
        """The board streams; nothing is asked."""

    def forget(self) -> None:
        """Nothing waits."""

    def wait(self, seconds: float) -> None:
        """The board streams; nothing is waited for."""

    def close(self) -> None:
        """May be opened again."""
