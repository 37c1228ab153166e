"""Who is undecided, at the earliest moment at which that can honestly be said.

*held*: took something and still stands where they took it, neither going nor putting it back nor taking more.
*lingering*: stands in one place for long and takes nothing.
Each is told once: held of one pick, lingering of one place. A hand that has just gone into a lane may be deciding and
is waited for. Not here: what a screen answers.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

from agent.config import schema
from agent.messages import Snapshot
from agent.tracking.reach import Front
from agent.tracking.stance import ROOM_M, Stay
from agent.tracking.visits import Person
from agent.triggers.dwell import lane_of
from wire.events import Clock, Hesitation, Pick, Put

DECIDING_S = 2.0  # since a hand went in: it takes within 0.9 s (recorded), and the scale says so within 1.0 s
PRESENT_S = 0.3  # seen so lately, who is told of is there; a hand that hides for a moment is waited for
CAME_S = 1.5  # somebody may take while still coming to stand there
AGAIN_S = 60.0  # lingering in the same place is told again only after so long


@dataclass(frozen=True, slots=True)
class Held:
    """What a visitor took last."""

    lane: str
    gtin: str | None
    taken_s: float


@dataclass(frozen=True, slots=True)
class Lingered:
    """Told of this place at this time."""

    u_m: float
    at_s: float


class Hesitations:
    """By visitor: what is held and not yet told of, and where they were told to linger."""

    def __init__(self, front: Front, config: schema.Visits) -> None:
        self._front, self._config = front, config
        self._held: dict[str, Held] = {}
        self._lingered: dict[str, Lingered] = {}

    def moved(self, move: Pick | Put) -> None:
        """The last thing taken is what may be held undecided; whatever is put back ends that, whoever does it."""
        if isinstance(move, Put):
            same = [visitor for visitor, held in self._held.items() if held.gtin == move.gtin]
            for visitor in [move.visitor] if move.visitor in self._held else same:
                self._held.pop(visitor)
        elif move.visitor is not None:
            self._held[move.visitor] = Held(move.lane, move.gtin, move.ended_s)

    def stays(self, visitor: str, person: Person, t: float, clock: Clock) -> Hesitation | None:
        """What is to be told of this visitor at `t`."""
        stay = person.stay
        if stay is None or person.stance.going or t - person.seen_s > PRESENT_S:
            return None
        reached_s = person.reaches.newest_s()
        held = self._held.get(visitor)
        if held is not None and stay.began_s <= held.taken_s + CAME_S:
            if not self._undecided(held, reached_s, t):
                return None
            del self._held[visitor]
            return self._tell("held", visitor, stay, held.lane, held.gtin, held.taken_s, t, clock)
        if stay.holds or t - stay.since_s < self._config.linger_s or _deciding(reached_s, t):
            return None
        if not self._new(visitor, stay, t):
            return None
        self._lingered[visitor] = Lingered(stay.u_m, t)
        lane = lane_of(stay, self._front)
        return self._tell("lingering", visitor, stay, lane, self._front.gtin(lane), stay.since_s, t, clock)

    def walked_on(self, visitor: str) -> None:
        """Who leaves the place has decided."""
        self._held.pop(visitor, None)

    def forget(self, visitor: str) -> None:
        """The visitor left."""
        self._held.pop(visitor, None)
        self._lingered.pop(visitor, None)

    def _undecided(self, held: Held, reached_s: float | None, t: float) -> bool:
        if t - held.taken_s < self._config.hesitation_s:
            return False
        return reached_s is None or reached_s <= held.taken_s or not _deciding(reached_s, t)

    def _new(self, visitor: str, stay: Stay, t: float) -> bool:
        told = self._lingered.get(visitor)
        return told is None or t - told.at_s > AGAIN_S or abs(told.u_m - stay.u_m) > ROOM_M

    def _tell(
        self,
        reason: str,
        visitor: str,
        stay: Stay,
        lane: str | None,
        gtin: str | None,
        began_s: float,
        t: float,
        clock: Clock,
    ) -> Hesitation:
        return Hesitation(
            reason="held" if reason == "held" else "lingering",
            visitor=visitor,
            lane=lane,
            gtin=gtin,
            before=self._front.before(stay.u_m),
            began_s=round(began_s, 3),
            decided_s=round(t, 3),
            clock=clock,
        )

    # -- restart ----------------------------------------------------------------------------------------------------

    def snapshot(self) -> Snapshot:
        """Plain values."""
        return {
            "held": [[visitor, asdict(held)] for visitor, held in self._held.items()],
            "lingered": [[visitor, asdict(told)] for visitor, told in self._lingered.items()],
        }

    def restore(self, state: Snapshot) -> None:
        """What `snapshot` gave."""
        self._held = {visitor: Held(**values) for visitor, values in state["held"]}
        self._lingered = {visitor: Lingered(**values) for visitor, values in state["lingered"]}


def _deciding(reached_s: float | None, t: float) -> bool:
    """Has a hand just gone into a lane?"""
    return reached_s is not None and t - reached_s < DECIDING_S
