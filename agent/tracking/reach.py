"""Which lane a hand is in, and how often and how long one visitor's hands were in each.

A reach is a hand in the box of a lane for at least two frames; a hand that hides for a moment is still in it.
Not here: whose hand moved the weight (fusion/hands.py), where people stand (stance.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from agent.fusion.hands import AWAY_M, FEWEST_FRAMES, HIDDEN_S, INSIDE_M
from agent.messages import Part, Snapshot
from agent.shelf.planogram import Box, Planogram

STICKS_M = 0.04  # a hand is in the lane it was in until it is so far outside: 1.5 sigma of a tracked hand (2.5 cm)
ASIDE_M = 0.3  # people stand so far beside what they look at and reach for
GLANCE_M = 0.1  # people look so far beside where their head is, at the least: what is nearer may be meant as well
MOST_BEFORE = 8  # lanes named of those that somebody stands before


class Front:
    """The lanes as seen by who stands before them; those without a box cannot be seen."""

    def __init__(self, planogram: Planogram) -> None:
        self._lanes = [(s.name, s.box) for s in planogram.stretches if s.lanes and s.box is not None]
        self._left = min((box.left for _, box in self._lanes), default=None)
        self._right = max((box.right for _, box in self._lanes), default=None)
        self._gtins = {s.name: {lane.product.gtin for lane in s.lanes} for s in planogram.stretches if s.lanes}

    def covers(self, u_m: float) -> bool:
        """Does who stands there stand before the shelf? Without any box nobody can tell, and everybody does."""
        if self._left is None or self._right is None:
            return True
        return self._left - ASIDE_M <= u_m <= self._right + ASIDE_M

    def before(self, u_m: float) -> tuple[str, ...]:
        """The lanes that somebody at `u_m` stands before, the nearest first."""
        away = [(max(box.left - u_m, u_m - box.right, 0.0), name) for name, box in self._lanes]
        return tuple(name for metres, name in sorted(away) if metres <= ASIDE_M)[:MOST_BEFORE]

    def single(self, u_m: float) -> str | None:
        """The lane that somebody at `u_m` must be looking at; None where there are several (boards, narrow lanes)."""
        seen = [name for name, box in self._lanes if box.left - GLANCE_M <= u_m < box.right + GLANCE_M]
        return seen[0] if len(seen) == 1 else None

    def gtin(self, lane: str | None) -> str | None:
        """Of the lane's product; None where it has several."""
        gtins = self._gtins.get(lane or "", set())
        return next(iter(gtins)) if len(gtins) == 1 else None

    def lane_of(self, hand: Part, last: Sequence[str] = ()) -> str | None:
        """The lane that this hand is in. `last`: those it may have been in a moment ago, which hold it longer."""
        if hand.d_m >= AWAY_M or not self._lanes:
            return None
        if last:
            for name, box in self._lanes:
                if name in last and _inside(hand, box, STICKS_M):
                    return name
        if hand.d_m >= INSIDE_M:
            return None
        return next((name for name, box in self._lanes if _inside(hand, box, 0.0)), None)


def _inside(hand: Part, box: Box, margin_m: float) -> bool:
    along = box.left - margin_m <= hand.u_m < box.right + margin_m
    return along and box.bottom - margin_m <= hand.v_m < box.top + margin_m


@dataclass(slots=True)
class Going:
    """A reach that may go on."""

    began_s: float
    seen_s: float
    frames: int = 1


@dataclass(slots=True)
class Reaches:
    """Of one visitor: those that are over, by lane, and those that go on."""

    hand_s: dict[str, float] = field(default_factory=dict)
    times: dict[str, int] = field(default_factory=dict)
    going: dict[str, Going] = field(default_factory=dict)

    def see(self, t: float, lanes: Sequence[str]) -> None:
        """The lanes that hands are in, in this frame."""
        for lane in lanes:
            going = self.going.get(lane)
            if going is not None and t - going.seen_s <= HIDDEN_S:
                going.frames += t > going.seen_s
                going.seen_s = t
            else:
                self._over(lane)
                self.going[lane] = Going(t, t)
        for lane in [name for name, going in self.going.items() if t - going.seen_s > HIDDEN_S]:
            self._over(lane)

    def newest_s(self) -> float | None:
        """Since when the newest of the reaches that go on does so; None where none does."""
        return max((g.began_s for g in self.going.values() if g.frames >= FEWEST_FRAMES), default=None)

    def finish(self) -> None:
        """Nothing goes on."""
        for lane in list(self.going):
            self._over(lane)

    def _over(self, lane: str) -> None:
        going = self.going.pop(lane, None)
        if going is not None and going.frames >= FEWEST_FRAMES:
            self.times[lane] = self.times.get(lane, 0) + 1
            self.hand_s[lane] = self.hand_s.get(lane, 0.0) + going.seen_s - going.began_s

    def snapshot(self) -> Snapshot:
        """Plain values."""
        going = {lane: [g.began_s, g.seen_s, g.frames] for lane, g in self.going.items()}
        return {"hand_s": dict(self.hand_s), "times": dict(self.times), "going": going}

    @classmethod
    def restore(cls, state: Snapshot) -> Reaches:
        """What `snapshot` gave."""
        going = {lane: Going(*values) for lane, values in state["going"].items()}
        return cls(dict(state["hand_s"]), dict(state["times"]), going)
