"""Proof of play: what was on the screen, from when to when, and how long it could be seen.

An answer is told when it ends; what plays in the loop is summed up by content and told every quarter of an hour and at
the end. Pure: moments in, `Shown` out. Not here: what plays (programme.py), who chose it and why (triggers/).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from agent.messages import Shown

SUM_S = 900.0


@dataclass(slots=True)
class Showing:
    """One content on the screen, from its first pixels."""

    content: str
    began_s: float
    decision: str | None  # None: the loop
    covered_s: float = 0.0
    covered_since_s: float | None = None

    def cover(self, t: float) -> None:
        """Something else stands in its place for a moment."""
        if self.covered_since_s is None:
            self.covered_since_s = max(t, self.began_s)

    def uncover(self, t: float) -> None:
        if self.covered_since_s is not None:
            self.covered_s += max(0.0, t - self.covered_since_s)
            self.covered_since_s = None

    def visible_s(self, t: float) -> float:
        """Up to `t`, without what covered it."""
        covered_s = self.covered_s + (0.0 if self.covered_since_s is None else max(0.0, t - self.covered_since_s))
        return max(0.0, t - self.began_s - covered_s)


class Proof:
    """At most one content is on the screen at a time."""

    def __init__(self, now_s: float) -> None:
        self.showing: Showing | None = None
        self._sums: dict[str, Shown] = {}
        self._sum_due_s = now_s + SUM_S

    def begin(self, content: str, decision: str | None, t: float) -> None:
        """Its first pixels are on the screen; what was there before must have ended."""
        self.showing = Showing(content, t, decision)

    def end(self, t: float) -> tuple[Shown, ...]:
        """It is on the screen no more: an answer is told at once."""
        showing, self.showing = self.showing, None
        if showing is None:
            return ()
        told = _shown(showing, t)
        if showing.decision is not None:
            return (told,)
        self._add(told)
        return ()

    def due(self, t: float) -> tuple[Shown, ...]:
        """The sums of the loop, where it is time for them. What plays now is told in the next."""
        if t < self._sum_due_s:
            return ()
        self._sum_due_s = t + SUM_S
        return self.sums(t)

    def sums(self, t: float) -> tuple[Shown, ...]:
        """All that the loop has shown since the last time, told at this one."""
        told, self._sums = tuple(replace(shown, t=t) for shown in self._sums.values()), {}
        return told

    def _add(self, told: Shown) -> None:
        before = self._sums.get(told.content)
        self._sums[told.content] = told if before is None else Shown(
            told.t, told.content, before.began_s, told.ended_s, round(before.visible_s + told.visible_s, 3),
            plays=before.plays + 1,
        )  # fmt: skip


def _shown(showing: Showing, t: float) -> Shown:
    began_s, ended_s = round(showing.began_s, 3), round(max(t, showing.began_s), 3)
    return Shown(t, showing.content, began_s, ended_s, round(showing.visible_s(t), 3), showing.decision)
