"""A live play behind the same pty and socket as any other: what is sent is made up moment by moment.

Faults are switched on and off while it runs. Not here: the play (play.py), who acts in it (people.py), the camera's
picture (tools/bench/camera/live.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from agent.messages import Tracks
from agent.sensors.scale.lines import LinesDecoder
from tools.bench.cable import Fault, Sender
from tools.bench.hands import FRAME_HZ
from tools.bench.live.play import LivePlay
from tools.bench.loads import Floats
from tools.bench.shop import Shop

LINE_FAULTS = ("unplug", "stall", "garbage", "noise", "glitches")  # of several that are on, the first is felt
DEAD_CELL = "dead cell"
BLIND = "blind"  # the tracker says nothing; a painted camera is covered by its easel
Heard = Callable[[float, Floats | None], None]
Seen = Callable[[Tracks], None]


class LiveShop(Shop):
    """See the module. `heard` is told what a faultless reader makes of each sample: its counts, None for nothing;
    `seen` each frame that went out. Both may be set at any time."""

    def __init__(self, live: LivePlay, folder: Path, *, tracked: bool, seed: int) -> None:
        """`tracked`: heads and hands are told over the socket."""
        self.live, self._tracked = live, tracked
        self.heard: Heard = lambda t_s, counts: None
        self.seen: Seen = lambda frame: None
        self._on: frozenset[str] = frozenset()
        super().__init__(live.play, folder, (), seed)

    def switch(self, fault: str, on: bool) -> None:
        """ValueError for a fault that this shop does not know."""
        if fault not in (*LINE_FAULTS, DEAD_CELL, BLIND):
            raise ValueError(f"fault {fault!r} is not known")
        self._on = self._on | {fault} if on else self._on - {fault}

    @property
    def on(self) -> frozenset[str]:
        """The faults that are switched on."""
        return self._on

    def faults_now(self) -> list[Fault]:
        now_s = self.now_s()
        return [Fault(kind, now_s, now_s) for kind in sorted(self._on)]

    def _schedule(self) -> Iterator[tuple[float, bytes | Tracks | None]]:
        n = self.live.layout.physics.n
        sender, decoder, frame_s = Sender(self._rng), LinesDecoder(), 0.0
        for t_s in self.live.sample_times():
            while frame_s <= t_s:
                frame = self.live.frame(frame_s) if self._tracked and BLIND not in self._on else None
                if frame is not None:
                    yield frame_s, frame
                    self.seen(frame)
                frame_s += 1.0 / FRAME_HZ
            counts = self.live.counts(t_s)
            if DEAD_CELL in self._on:
                counts[len(counts) // 2] = np.nan
            sent = sender.send(counts, next((fault for fault in LINE_FAULTS if fault in self._on), ""))
            yield t_s, sent
            self.heard(t_s, _decoded(decoder, sent, n))


def _decoded(decoder: LinesDecoder, sent: bytes | None, n: int) -> Floats | None:
    readings = [reading for reading in decoder.feed(sent or b"") if len(reading.values) == n]
    return np.array([np.nan if x is None else x for x in readings[-1].values]) if readings else None
