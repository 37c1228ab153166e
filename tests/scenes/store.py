"""A store small enough to tell a story in: what people do, faults and orders, and what the real core says of them.

A scene builds its shelf (shelf.py), says who does what when (deeds.py), and `played(until)` lets time pass and gives
what was told since. Not here: the words of an expectation (told.py).
"""

from __future__ import annotations

import heapq
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import TypeVar

import msgspec
import numpy as np
from deeds import Busy
from told import Told, told

from agent.core import Core
from agent.messages import (
    Answer,
    Command,
    Counts,
    Errand,
    Event,
    Gap,
    Good,
    Observation,
    Output,
    Restored,
    SensorBack,
    SensorLost,
    State,
    Tick,
    Tracks,
)
from tools.bench.hands import FRAME_HZ
from wire.commands import CommandPayload, Result
from wire.events import Pick, Put, Restock
from wire.state import Health, Inventory, LaneStock, StockState

WALL_S = 1_800_000_000.0
T = TypeVar("T")


class Store(Busy):
    """See the module. Times are the scene's; `began_s` is when the clock of the present boot began."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.unheard: list[tuple[str, float, float]] = []  # stream, from, to
        self.told_of: list[Observation] = []  # in the scene's time
        self.outputs: list[Output] = []
        self.now = 0.0
        self.began_s = 0.0
        self.shown: dict[str, list[tuple[float, int]]] = {}  # lane: since when the camera sees how many in it
        self.wall: float | None = WALL_S  # None: the clock is unknown
        self._core: Core | None = None

    # -- what goes wrong ----------------------------------------------------------------------------------------------

    def no_reading(self, lane: str, *, since: float, until: float = np.inf, plate: int = 0) -> None:
        """A cell of the lane is dead."""
        self.reads(lane, np.nan, since=since, until=until, plate=plate)

    def reads(self, lane: str, counts: float, *, since: float, until: float, plate: int = 0) -> None:
        """A cell gives these counts, whatever lies on it."""
        self.wild.append((since, until, self.cell(lane, plate), counts))

    def scale_lost(self, *, since: float, until: float) -> None:
        """Its cable is out; the driver says so, and when it is back."""
        self.unheard.append(("scale/main", since, until))
        self.tell(SensorLost(since, "scale/main", "unplugged", "the cable is out: plug it in"))
        self.tell(SensorBack(until, "scale/main"))

    def samples_lost(self, *, since: float, until: float) -> None:
        """A full queue: the reader says how many are missing."""
        self.unheard.append(("scale/main", since, until))
        self.tell(Gap(until, "scale/main", int((until - since) * self.rate_hz), "the queue was full"))

    def tracker_lost(self, *, since: float, until: float) -> None:
        """The tracker is away; its driver says so, and when it is back."""
        self.unheard.append(("tracks", since, until))
        self.tell(SensorLost(since, "tracks", "unplugged", "the tracker is away: start it"))
        self.tell(SensorBack(until, "tracks"))

    def shows(self, lane: str, goods: int, *, since: float = 0.0) -> None:
        """The camera sees so many containers standing in the lane; what stands behind them it does not see."""
        self.shown.setdefault(lane, []).append((since, goods))

    def no_tracker(self) -> None:
        """Nobody looks."""
        self.unheard.append(("tracks", -np.inf, np.inf))

    def command(self, payload: CommandPayload, *, at: float, id: str = "") -> None:
        """An order arrives."""
        self.tell(Command(at, id or f"order-{at:g}", payload))

    def tell(self, observation: Observation) -> None:
        """Anything else that the core is told, in the scene's time."""
        self.told_of.append(observation)

    def restart(self, *, off_s: float, known: bool = True) -> None:
        """The power fails now and is back after `off_s`; a new process goes on from what the old one wrote down."""
        state = json.loads(json.dumps(self.core.snapshot(), allow_nan=False))
        self._core = Core.restore(self.config, state)
        self.now += off_s
        self.began_s = self.now - 20.0  # a boot takes a while
        self._step(Restored(self.now - self.began_s, off_s if known else None))

    # -- time passes --------------------------------------------------------------------------------------------------

    def played(self, until: float) -> list[Told]:
        """Lets time pass; gives the picks, puts and restocks told since the last call, by their moments."""
        before = len(self.outputs)
        for observation in self._observations(self.now, until):
            self._step(observation)
        self.now = until
        events = (o.payload for o in self.outputs[before:] if isinstance(o, Event))
        said = [payload for payload in events if isinstance(payload, Pick | Put | Restock)]
        names = {goods.gtin: name for name, goods in self.goods.items()}
        return sorted((told(m, names, self.began_s) for m in said), key=lambda event: float(event.at))

    @property
    def core(self) -> Core:
        """The core of this shelf; from its first use on no lane can be added."""
        if self._core is None:
            self._core = Core(self.config)
        return self._core

    def told(self, kind: type[T]) -> list[T]:
        """All payloads of one type so far: faults, answers, states."""
        payloads = [_payload(o) for o in self.outputs]
        return [payload for payload in payloads if isinstance(payload, kind)]

    @property
    def movements(self) -> list[Pick | Put | Restock]:
        """All picks, puts and restocks so far, as the broker gets them."""
        moves = [x for kind in (Pick, Put, Restock) for x in self.told(kind)]
        return sorted(moves, key=lambda move: move.decided_s)

    def probability(self, said: Pick | Put | Restock, *, goods: str | None) -> float:
        """How probable an event says that it was these goods, as itself or as alternatives."""
        gtin = None if goods is None else self.goods[goods].gtin
        mine = said.confidence if said.gtin == gtin else 0.0
        return mine + sum(other.probability for other in said.alternatives if other.gtin == gtin)

    @property
    def answers(self) -> list[Result]:
        return self.told(Result)

    @property
    def health(self) -> Health:
        return self.told(Health)[-1]

    def stock(self, lane: str, goods: str = "") -> LaneStock:
        """As last told to the broker."""
        gtin = self.goods[goods or lane].gtin
        return next(x for x in self.told(StockState)[-1].lanes if (x.lane, x.gtin) == (lane, gtin))

    def misplaced(self) -> list[tuple[str, str | None]]:
        """(lane, goods) as last told to the broker."""
        names: dict[str | None, str] = {goods.gtin: name for name, goods in self.goods.items()}
        return [(x.lane, names.get(x.gtin)) for x in self.told(Inventory)[-1].misplaced]

    # -- inside -----------------------------------------------------------------------------------------------------

    def _step(self, observation: Observation) -> None:
        for output in self.core.step(observation):
            payload = _payload(output)
            # whatever is told must be readable at the other end
            assert msgspec.json.decode(msgspec.json.encode(payload), type=type(payload)) == payload
            self.outputs.append(output)

    def _observations(self, since: float, until: float) -> Iterator[Observation]:
        boot = self.began_s
        frames = np.arange(np.ceil(since * FRAME_HZ), np.ceil(until * FRAME_HZ)) / FRAME_HZ
        seconds = np.arange(np.ceil(since), np.ceil(until))
        wall = self.wall
        tracks = (self._frame(t, t - boot) for t in map(float, frames) if self._heard("tracks", t))
        ticks = (
            Tick(t - boot, None if wall is None else wall + t, wall is not None, None if wall is None else 5.0)
            for t in map(float, seconds)
        )
        due = sorted((o for o in self.told_of if since <= o.t < until), key=lambda o: o.t)
        told_of = (replace(o, t=o.t - boot) for o in due)
        yield from heapq.merge(self._counts(since, until), tracks, ticks, told_of, key=lambda o: o.t)

    def _frame(self, t: float, dated: float) -> Tracks:
        seen = self.people.frame(t, dated)
        return replace(seen, goods=tuple(self._goods(t))) if self.shown else seen

    def _goods(self, t: float) -> Iterator[Good]:
        for name, known in self.shown.items():
            lane, standing = self.lanes[name], [n for since, n in known if since <= t]
            for i in range(standing[-1] if standing else 0):
                place = (i + 0.5) / standing[-1]
                yield Good(lane.left_m + place * (lane.right_m - lane.left_m), lane.bottom_m)

    def _counts(self, since: float, until: float) -> Iterator[Counts]:
        for t, counts in self.counts(since, until):
            if self._heard("scale/main", t):
                yield Counts(t - self.began_s, "main", counts)

    def _heard(self, stream: str, t: float) -> bool:
        return not any(name == stream and begin <= t < end for name, begin, end in self.unheard)


def _payload(output: Output) -> object:
    """What is told; of what stays on the device (labels, answers of the screen) itself."""
    match output:
        case Answer(result=result):
            return result
        case Event(payload=event):
            return event
        case State(payload=state):
            return state
        case Errand(payload=order):
            return order
        case _:
            return output
