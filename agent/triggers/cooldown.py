"""How often is enough: a rest between two answers to the same visitor, so many to one, so many of a content an hour.

Where nobody is seen the lane stands in for the visitor, for the rest alone. Not here: who is there (audience.py).
"""

from __future__ import annotations

import math

from agent.messages import Snapshot
from wire.documents import Policy

HOUR_S, BIN_S = 3600.0, 60.0  # shows are counted by the minute: an hour is 60 to 61 of them
MOST_PLACES = 1024  # lanes whose last answer is remembered


class Cooldowns:
    """Of places without a visitor, and of contents."""

    def __init__(self) -> None:
        self._rests: dict[str, float] = {}  # lane ("": none) -> last answered
        self._shows: dict[str, dict[int, int]] = {}  # content -> minute -> how often

    def rested(self, lane: str | None, t: float, policy: Policy) -> bool:
        """May this place be answered again, where nobody is seen?"""
        return t - self._rests.get(lane or "", -math.inf) >= policy.cooldown_s

    def seldom(self, content: str, t: float, policy: Policy) -> bool:
        """Was it shown less than `hour_most` times in the hour before `t`?"""
        return self._within(content, t) < policy.hour_most

    def answered(self, lane: str | None, t: float) -> None:
        """This place, without a visitor."""
        self._rests.pop(lane or "", None)
        self._rests[lane or ""] = t
        while len(self._rests) > MOST_PLACES:
            del self._rests[next(iter(self._rests))]

    def showed(self, content: str, t: float) -> None:
        """This content was chosen."""
        shows = self._shows.setdefault(content, {})
        minute = math.floor(t / BIN_S)
        shows[minute] = shows.get(minute, 0) + 1
        for old in [m for m in shows if m <= minute - HOUR_S / BIN_S - 1]:
            del shows[old]

    def keep(self, contents: set[str]) -> None:
        """Others are no more."""
        self._shows = {content: shows for content, shows in self._shows.items() if content in contents}

    def resume(self, t: float) -> None:
        """A new process: time may have begun anew, and what lies in its future is of another boot."""
        self._rests = {lane: at for lane, at in self._rests.items() if at <= t}
        now = math.floor(t / BIN_S)
        self._shows = {c: {m: n for m, n in shows.items() if m <= now} for c, shows in self._shows.items()}

    def _within(self, content: str, t: float) -> int:
        first = math.floor((t - HOUR_S) / BIN_S)
        return sum(times for minute, times in self._shows.get(content, {}).items() if minute >= first)

    # -- restart ----------------------------------------------------------------------------------------------------

    def snapshot(self) -> Snapshot:
        """Plain values."""
        shows = [[content, [[m, n] for m, n in shows.items()]] for content, shows in self._shows.items()]
        return {"rests": [[lane, at] for lane, at in self._rests.items()], "shows": shows}

    def restore(self, state: Snapshot) -> None:
        """What `snapshot` gave."""
        self._rests = {lane: at for lane, at in state["rests"]}
        self._shows = {content: {int(m): n for m, n in shows} for content, shows in state["shows"]}
