"""What is known of each visitor for as long as they are there: segments, answers they got, what they carry.

A visitor who opted in at the strip's code is introduced by the hub (wire.commands.Introduce); with the visitor goes
all that is known of them. Not here: who is there (tracking/visits.py).
"""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import asdict, dataclass

from agent.messages import Snapshot
from wire.documents import Policy

MOST_GUESTS = 128  # twice as many as are followed at a time (tracking/visits.py); who was met first goes first


@dataclass(slots=True)
class Guest:
    """One visitor."""

    segments: tuple[str, ...] = ()
    answers: int = 0
    answered_s: float = -math.inf
    coupon: bool = False  # had one
    held_out: bool | None = None  # None: not drawn yet
    picks: int = 0  # less what was put back


class Audience:
    """Everybody in front of the shelf."""

    def __init__(self) -> None:
        self._there: frozenset[str] = frozenset()
        self._guests: dict[str, Guest] = {}

    def see(self, there: Collection[str]) -> None:
        """Who is there now; everything about others is forgotten."""
        if len(there) == len(self._there) and all(visitor in self._there for visitor in there):
            return
        gone = self._there.difference(there)
        self._there = frozenset(there)
        for visitor in gone:
            self._guests.pop(visitor, None)

    def introduce(self, visitor: str, segments: tuple[str, ...]) -> tuple[bool, str]:
        """The hub knows them. False and a sentence where nobody of that name is there."""
        if visitor not in self._there:
            return False, f"visitor {visitor!r} is not in front of the shelf: introduce them while they are there"
        self._of(visitor).segments = segments
        said = ", ".join(segments) if segments else "no segment"
        return True, f"visitor {visitor!r} is introduced: {said}"

    def of(self, visitor: str | None) -> Guest:
        """What is known; of nobody and of a stranger nothing."""
        return self._guests.get(visitor or "", Guest()) if visitor is not None else Guest()

    def ready(self, visitor: str, t: float, policy: Policy) -> bool:
        """May they be answered again?"""
        guest = self.of(visitor)
        return guest.answers < policy.visitor_most and t - guest.answered_s >= policy.cooldown_s

    def answered(self, visitor: str, t: float, *, held_out: bool, coupon: bool) -> None:
        """They got an answer, or nothing on purpose."""
        guest = self._of(visitor)
        guest.answers += 1
        guest.answered_s = t
        guest.held_out = held_out
        guest.coupon = guest.coupon or coupon

    def moved(self, visitor: str | None, goods: int) -> None:
        """They took (1) something, or put it back (-1)."""
        if visitor is not None and (goods > 0 or visitor in self._guests):
            guest = self._of(visitor)
            guest.picks = max(0, guest.picks + goods)

    def forget(self) -> None:
        """Everybody."""
        self._there = frozenset()
        self._guests.clear()

    def _of(self, visitor: str) -> Guest:
        guest = self._guests.setdefault(visitor, Guest())
        while len(self._guests) > MOST_GUESTS:
            del self._guests[next(iter(self._guests))]
        return guest

    # -- restart ----------------------------------------------------------------------------------------------------

    def snapshot(self) -> Snapshot:
        """Plain values."""
        return {"there": sorted(self._there), "guests": [[name, asdict(guest)] for name, guest in self._guests.items()]}

    def restore(self, state: Snapshot) -> None:
        """What `snapshot` gave."""
        self._there = frozenset(state["there"])
        self._guests = {name: _guest(values) for name, values in state["guests"]}


def _guest(values: Snapshot) -> Guest:
    return Guest(**{**values, "segments": tuple(values["segments"])})
