"""What is told of people, beside what they take: visits, dwells, hesitations.

Brings who is there (tracking/visits.py) and what follows (dwell.py, hesitation.py) together. Not here: whose hand it
was (fusion/), when staff is at work (core.py).
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from agent.config import schema
from agent.messages import Snapshot, Tracks
from agent.shelf.planogram import Planogram
from agent.tracking.reach import Front
from agent.tracking.visits import Change, Stayed, Visits, visit
from agent.triggers.dwell import dwell
from agent.triggers.hesitation import Hesitations
from wire.events import Clock, Dwell, Hesitation, Pick, Put, Visit

BACK_S = 1.0  # time that goes back by more is another clock, and nobody was seen on it
Shown = Visit | Dwell | Hesitation


class Shoppers:
    """Everybody in front of one shelf."""

    def __init__(self, planogram: Planogram, config: schema.Visits) -> None:
        self._config = config
        self._front = Front(planogram)
        self.visits = Visits(self._front, config)
        self.hesitations = Hesitations(self._front, config)
        self._now = -math.inf

    def see(self, tracks: Tracks, clock: Clock) -> list[Shown]:
        """One frame of heads and hands, and what became clear with it."""
        self._at(tracks.t)
        return self._tell(self.visits.see(tracks), tracks.t, clock)

    def pass_time(self, t: float, clock: Clock) -> list[Shown]:
        """Nobody looks, and people leave nevertheless."""
        self._at(t)
        return self._tell(self.visits.pass_time(t), t, clock)

    def moved(self, moves: Iterable[object]) -> None:
        """What the attendant told; restocks are nobody's."""
        for move in moves:
            if isinstance(move, Pick | Put):
                if isinstance(move, Put) or move.visitor in self.visits.people:
                    self.hesitations.moved(move)
                self.visits.moved(move)

    def forget(self) -> None:
        """Everybody, without a word: visitors have other names after a start, and staff is no shopper."""
        self.visits.forget()
        self.hesitations = Hesitations(self._front, self._config)
        self._now = -math.inf

    def _at(self, t: float) -> None:
        if t < self._now - BACK_S:
            self.forget()
        self._now = max(t, self._now)

    def _tell(self, changes: Iterable[Change], t: float, clock: Clock) -> list[Shown]:
        told: list[Shown | None] = []
        for change in changes:
            if isinstance(change, Stayed):
                told.append(dwell(change.visitor, change.stay, self._config.dwell_s, self._front, clock))
                self.hesitations.walked_on(change.visitor)
            else:
                told.append(visit(change, clock))
                self.hesitations.forget(change.visitor)
        for visitor, person in self.visits.people.items():
            if person.stay is not None:
                told.append(self.hesitations.stays(visitor, person, t, clock))
        return [payload for payload in told if payload is not None]

    # -- restart ----------------------------------------------------------------------------------------------------

    def snapshot(self) -> Snapshot:
        """Plain values."""
        return {"visits": self.visits.snapshot(), "hesitations": self.hesitations.snapshot(), "now": self._now}

    def restore(self, state: Snapshot) -> None:
        """What `snapshot` gave."""
        self.visits.restore(state["visits"])
        self.hesitations.restore(state["hesitations"])
        self._now = state["now"]


def moment(payload: Shown) -> float:
    """When it happened, on the device's clock."""
    match payload:
        case Visit(left_s=at_s) | Dwell(ended_s=at_s) | Hesitation(decided_s=at_s):
            return at_s
