"""What the demo knows: the truth of the play, what the broker delivered, and how far the two agree.

Fed by the subscriber's thread, read by the screen's: one lock. Not here: MQTT (listen.py), the terminal (screen.py).
"""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass, field

from tools.bench.run import f1
from tools.bench.stage import Truth
from tools.score.match import Matches, match
from wire.codec import decode_event, decode_state
from wire.events import Cleared, Dwell, EventPayload, Fault, Hesitation, Pick, Put, Restock, Visit
from wire.state import Eyes, Online, StatePayload, StockState

LAST_S = 600.0  # what a screen looks back on
SETTLE_S = 3.5  # a truth younger than this is still awaited: 2.5 s of tolerance and 1 s to decide


Move = Pick | Put | Restock
Shown = Visit | Dwell | Hesitation


@dataclass(frozen=True, slots=True)
class Heard:
    """One event as received."""

    id: str
    payload: EventPayload
    at_s: float  # monotonic moment of its arrival


@dataclass(slots=True)
class Board:
    """All that was heard. Times of the truth are moved onto the device's monotonic clock by `began_s`. `named`: the
    agent was told the play's names; else it gives its own. `scored` false: nobody knows what is true."""

    truth: list[Truth]
    named: bool = True
    scored: bool = True
    began_s: float | None = None
    online: bool = False
    broken: str | None = None  # the first message that was against the contract of wire/
    events: list[Heard] = field(default_factory=list)
    stock: dict[tuple[str, str | None], int | None] = field(default_factory=dict)
    faults: dict[tuple[str, str], str] = field(default_factory=dict)
    eyes: tuple[Eyes, float] | None = None  # and the monotonic moment of its arrival
    _ids: set[str] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def hear(self, topic: str, body: bytes, at_s: float) -> None:
        """One message of the broker. Doubles are dropped by their id. WireError for what breaks the contract."""
        kind, name = topic.split("/")[-2:]
        with self._lock:
            if kind == "event":
                self._event(body, at_s)
            elif kind == "state" and body:  # an empty one only clears the topic
                self._state(decode_state(name, body), at_s)

    def now(self, now_s: float, last_s: float = math.inf) -> tuple[list[Truth], Matches, float | None]:
        """The truth up to `now_s` (monotonic), its matches, and F1 over what is settled by now; None: nothing is.
        `last_s`: only so far back, for those who ask often: the time it takes grows with the square of it."""
        since_s = now_s - last_s
        with self._lock:
            began_s, events = self._began(now_s), list(self.events)
        truth = [entry | {"t_s": entry["t_s"] + began_s} for entry in self.truth]
        past = [entry for entry in truth if since_s - SETTLE_S <= entry["t_s"] <= now_s]
        moves = [h.payload for h in events if isinstance(h.payload, Pick | Put) and h.payload.ended_s >= since_s]
        matches = match(moves, [entry for entry in past if entry["type"] != "restock"], with_visitor=self.named)
        settled = Matches(
            pairs=matches.pairs,
            missed=[entry for entry in matches.missed if since_s <= entry["t_s"] < now_s - SETTLE_S],
            wrong=matches.wrong,
        )
        return past, settled, _score(settled) if self.scored else None

    def without_visitor(self, now_s: float) -> float | None:
        """F1 when it does not matter who it was."""
        with self._lock:
            began_s, events = self._began(now_s), list(self.events)
        truth = [entry | {"t_s": entry["t_s"] + began_s} for entry in self.truth if entry["type"] != "restock"]
        moves = [heard.payload for heard in events if isinstance(heard.payload, Pick | Put)]
        matches = match(moves, [entry for entry in truth if entry["t_s"] <= now_s], with_visitor=False)
        return _score(matches) if self.scored else None

    def _began(self, now_s: float) -> float:
        return now_s if self.began_s is None else self.began_s

    def moves(self) -> list[tuple[Move, float]]:
        """Picks, puts and restocks, oldest first, each with the monotonic moment of its arrival."""
        with self._lock:
            return [(h.payload, h.at_s) for h in self.events if isinstance(h.payload, Pick | Put | Restock)]

    def heard(self) -> list[Heard]:
        """Every event, oldest first."""
        with self._lock:
            return list(self.events)

    def shown(self) -> list[Shown]:
        """What was told of people, oldest first."""
        with self._lock:
            return [h.payload for h in self.events if isinstance(h.payload, Visit | Dwell | Hesitation)]

    def _event(self, body: bytes, at_s: float) -> None:
        event = decode_event(body)
        if event.id in self._ids:
            return
        self._ids.add(event.id)
        self.events.append(Heard(event.id, event.data, at_s))
        if isinstance(event.data, Fault):
            self.faults[(event.data.part, event.data.code)] = event.data.message
        elif isinstance(event.data, Cleared):
            self.faults.pop((event.data.part, event.data.code), None)

    def _state(self, state: StatePayload, at_s: float) -> None:
        if isinstance(state, Online):
            self.online = state.online
        elif isinstance(state, StockState):
            self.stock = {(lane.lane, lane.gtin): lane.units for lane in state.lanes}
        elif isinstance(state, Eyes):
            self.eyes = (state, at_s)


def _score(matches: Matches) -> float | None:
    """F1; None before there is anything to judge, which is no perfect score."""
    return f1(matches) if matches.pairs or matches.missed or matches.wrong else None
