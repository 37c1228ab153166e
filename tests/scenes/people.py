"""The visitors of a scene: where their heads and hands are at any moment, as a tracker would see them.

Not here: what their hands do to the weight (store.py).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from agent.messages import Part, Tracks
from tools.bench.hands import HEAD_D_M, HEAD_V_M, IDLE_D_M, IDLE_U_M, IDLE_V_M, NOISE_M

Point = NDArray[np.float64]  # u, v, d in metres
ENTERS_BEFORE_S = 1.5  # the first reach
TRAVEL_S = 0.5  # of a hand between the body and the shelf


@dataclass(slots=True)
class Visitor:
    """One person. `ways`: for each hand, when it is where; None: beside the body."""

    name: str
    enters_s: float
    leaves_s: float = np.inf
    stands: list[tuple[float, float]] = field(default_factory=list)  # since when, u_m
    ways: tuple[list[tuple[float, Point | None]], ...] = field(default_factory=lambda: ([], []))
    hidden: list[tuple[float, float]] = field(default_factory=list)  # hands out of sight


class People:
    """Everybody in front of the shelf."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self.visitors: dict[str, Visitor] = {}

    def visitor(self, name: str, at: float) -> Visitor:
        """Who is known by this name; comes in before `at` if not yet there."""
        return self.visitors.setdefault(name, Visitor(name, at - ENTERS_BEFORE_S))

    def reach(self, name: str, at: float, where: Point, hand: int) -> None:
        """The hand is at `where` from `at` on."""
        visitor = self.visitor(name, at)
        way = visitor.ways[hand]
        came_from = way[-1][1] if way and way[-1][0] < at else None
        way += [(at - TRAVEL_S, came_from), (at, where)]
        visitor.stands.append((at - 1.0, float(where[0])))

    def withdraw(self, name: str, at: float, hand: int) -> None:
        """The hand leaves the shelf at `at`."""
        way = self.visitors[name].ways[hand]
        assert way, f"{name} has no hand in the shelf to take out"
        way += [(at, way[-1][1]), (at + TRAVEL_S, None)]

    def stands_at(self, name: str, t: float) -> float:
        """Where the body is, metres along the edge."""
        return self._body_u(self.visitors[name], t)

    def frame(self, t: float, dated: float) -> Tracks:
        """Who is seen at `t`, in a frame stamped `dated`."""
        parts: list[Part] = []
        for visitor in self.visitors.values():
            if visitor.enters_s <= t < visitor.leaves_s:
                body_u = self._body_u(visitor, t)
                parts.append(self._part(visitor, "head", np.array((body_u, HEAD_V_M, HEAD_D_M))))
                if not any(begin <= t < end for begin, end in visitor.hidden):
                    parts += [self._part(visitor, "hand", _hand(visitor, h, t, body_u)) for h in (0, 1)]
        return Tracks(dated, tuple(parts))

    def _part(self, visitor: Visitor, part: str, where: Point) -> Part:
        u, v, d = (round(float(x), 3) for x in where + NOISE_M * self._rng.standard_normal(3))
        return Part(visitor.name, part, u, v, d, 0.9)

    def _body_u(self, visitor: Visitor, t: float) -> float:
        stood = sorted(visitor.stands, key=lambda since: since[0]) or [(0.0, 0.0)]
        return float(np.interp(t, [since for since, _ in stood], [u for _, u in stood]))


def _hand(visitor: Visitor, hand: int, t: float, body_u: float) -> Point:
    """Smooth between the points of its way."""
    beside = np.array((body_u + (IDLE_U_M if hand == 0 else -IDLE_U_M), IDLE_V_M, IDLE_D_M))
    way = sorted(visitor.ways[hand], key=lambda point: point[0])
    times = [at for at, _ in way]
    after = int(np.searchsorted(times, t, side="right"))
    if after == 0:
        return beside
    (began, one), (ended, other) = way[after - 1], way[min(after, len(way) - 1)]
    x = min((t - began) / (ended - began), 1.0) if ended > began else 1.0
    share = x * x * (3 - 2 * x)
    return (beside if one is None else one) * (1 - share) + (beside if other is None else other) * share
