"""Where one visitor stands and whether they go: from the head, or, where no head is seen, from the hands.

A *stay* is the time in one place: in front of the shelf, seen, and no further from where it began than a step aside.
Not here: what is made of a stay (visits.py, triggers/).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from agent.messages import Part

UNSEEN_S = 1.0  # hands and heads hide for up to half a second; longer, and nobody knows who stands there
FAST_S, SLOW_S = 0.1, 0.35  # two running means; what lies between them, over the difference, is the pace: a walk is
# seen after 0.3 s, and a tracker's 2.5 cm of noise looks like 0.05 m/s
GOING_M_PER_S = 0.3  # people sway at 0.03 and walk at 0.7 (recorded), who looks along a shelf moves at about 0.2
COME_TO_REST_S = 1.0  # until where somebody stands is known: the slow mean has followed by then
ROOM_M = 0.35  # of one place, to each side: a step aside, and half of a shopper's width


@dataclass(slots=True)
class Stance:
    """The place of one visitor, smoothed: `u_m` along, `d_m` out; `of_head`: else of the hands."""

    t: float
    u_m: float
    d_m: float
    of_head: bool
    head_s: float | None
    slow_u_m: float
    slow_d_m: float

    @classmethod
    def at(cls, t: float, u_m: float, d_m: float, of_head: bool) -> Stance:
        """First seen there."""
        return cls(t, u_m, d_m, of_head, t if of_head else None, u_m, d_m)

    def see(self, t: float, u_m: float, d_m: float, of_head: bool) -> bool:
        """One frame; False where it says nothing new: hands, while the head was seen a moment ago."""
        if of_head:
            self.head_s = t
        elif self.head_s is not None and t - self.head_s <= UNSEEN_S:
            return False
        if of_head != self.of_head or t - self.t > UNSEEN_S:
            self.of_head, self.u_m, self.d_m, self.slow_u_m, self.slow_d_m = of_head, u_m, d_m, u_m, d_m
        passed_s = max(0.0, t - self.t)
        fast, slow = passed_s / (passed_s + FAST_S), passed_s / (passed_s + SLOW_S)
        self.u_m += fast * (u_m - self.u_m)
        self.d_m += fast * (d_m - self.d_m)
        self.slow_u_m += slow * (u_m - self.slow_u_m)
        self.slow_d_m += slow * (d_m - self.slow_d_m)
        self.t = t
        return True

    @property
    def going(self) -> bool:
        """On the way along the shelf, or away from it. Hands come and go with nobody walking: of them, never."""
        far_m = GOING_M_PER_S * (SLOW_S - FAST_S)
        return self.of_head and (abs(self.u_m - self.slow_u_m) > far_m or self.d_m - self.slow_d_m > far_m)


def place(parts: Sequence[Part]) -> tuple[float, float, float, bool]:
    """u, v and d of one visitor in one frame, at least one part: of the head, else the middle of the hands, as far out
    as the nearer one; and whether it is a head's."""
    for part in parts:
        if part.part == "head":
            return part.u_m, part.v_m, part.d_m, True
    n = len(parts)
    return sum(p.u_m for p in parts) / n, sum(p.v_m for p in parts) / n, min(p.d_m for p in parts), False


@dataclass(slots=True)
class Stay:
    """One visitor in one place. `still_s`: last there and not on the way; `hand_s`: lane -> seconds of a hand in it;
    `since_s`: nothing was taken or put since; `holds`: picks less puts, since the stay began."""

    began_s: float
    still_s: float
    u_m: float
    since_s: float
    hand_s: dict[str, float] = field(default_factory=dict)
    holds: int = 0

    def rest(self, t: float, stance: Stance) -> None:
        """Still there, and not on the way."""
        self.still_s = t
        if t - self.began_s <= COME_TO_REST_S:
            self.u_m = stance.slow_u_m

    @property
    def lasted_s(self) -> float:
        return self.still_s - self.began_s
