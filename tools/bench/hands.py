"""Heads and hands of the visitors as an outside tracker would report them: 15 frames a second, noisy, with holes.

Not here: where people go and what they do (stage.py, shopper.py).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from agent.messages import Part, Tracks

Floats = NDArray[np.float64]
FRAME_HZ = 15.0
NOISE_M = 0.025  # 1 sigma of each coordinate; 2-3 cm in the recordings
LOST_FRAMES = 0.02  # share of frames that never come
LOST_HAND_PER_MIN = 4.0  # a hand hides behind goods or a body
LOST_HAND_S = 0.5  # at most
HEAD_V_M, HEAD_D_M = 1.6, 0.55
IDLE_V_M, IDLE_D_M, IDLE_U_M = 0.98, 0.43, 0.17


@dataclass(frozen=True, slots=True)
class Reach:
    """One hand goes out at `times_s[0]`, is there between [1] and [2], and is back at [3]."""

    hand: int
    times_s: tuple[float, float, float, float]
    u_m: float
    v_m: float
    d_m: float
    brings: str | None = None  # GTIN of what the hand holds as it comes; "" for an object of no product
    takes: str | None = None  # ... as it leaves


@dataclass(slots=True)
class Visitor:
    """One person in front of the shelf. `path`: where the body stands when, `(t_s, u_m)`."""

    name: str
    enters_s: float
    leaves_s: float
    path: list[tuple[float, float]]
    reaches: list[Reach] = field(default_factory=list)
    busy_until_s: float = 0.0
    present: bool = True


Look = Callable[[Visitor, int, Floats], list[tuple[float | None, str | None]]]


def tracks(
    visitors: Sequence[Visitor], until_s: float, rng: np.random.Generator, look: Look | None = None
) -> list[Tracks]:
    """All frames in time order, also those in which nobody is seen. `look` tells what is seen in a visitor's hand (0 or
    1) at each of some times: how likely it is full, and the product."""
    t_s = np.arange(0.0, until_s, 1.0 / FRAME_HZ)
    t_s = t_s[rng.random(len(t_s)) >= LOST_FRAMES]
    frames: list[list[Part]] = [[] for _ in t_s]
    for visitor in visitors:
        begin, end = np.searchsorted(t_s, (visitor.enters_s, visitor.leaves_s))
        for number, (part, where, seen) in enumerate(_parts(visitor, t_s[begin:end], rng)):
            score = {"head": 0.9}.get(part, 0.85)
            looks = look(visitor, number - 1, t_s[begin:end]) if look and part == "hand" else None
            for i in np.flatnonzero(seen):
                u, v, d = (round(float(x), 3) for x in where[i])
                held, gtin = looks[i] if looks else (None, None)
                frames[begin + i].append(Part(visitor.name, part, u, v, d, score, held, gtin))
    return [Tracks(round(float(t), 3), tuple(parts)) for t, parts in zip(t_s, frames, strict=True)]


def _parts(visitor: Visitor, t_s: Floats, rng: np.random.Generator) -> list[tuple[str, Floats, NDArray[np.bool_]]]:
    """Head and two hands: `(name, (frames, 3) metres, seen in this frame)`."""
    parts = [
        (name, where, np.ones(len(t_s), dtype=np.bool_) if name == "head" else _seen(t_s, rng))
        for name, where in body(visitor, t_s, sways=float(rng.uniform(0, 6.3)))
    ]
    return [(name, where + NOISE_M * rng.standard_normal(where.shape), seen) for name, where, seen in parts]


def body(visitor: Visitor, t_s: Floats, sways: float) -> list[tuple[str, Floats]]:
    """Where head and both hands really are: `(name, (frames, 3) metres)`. `sways`: phase of the body's swaying."""
    body_u = np.interp(t_s, [t for t, _ in visitor.path], [u for _, u in visitor.path])
    body_u = body_u + 0.03 * np.sin(t_s * 0.9 + sways)
    head = np.stack((body_u, np.full_like(t_s, HEAD_V_M), np.full_like(t_s, HEAD_D_M)), axis=1)
    parts = [("head", head)]
    for hand, side in ((0, 1), (1, -1)):
        idle = np.stack((body_u + side * IDLE_U_M, np.full_like(t_s, IDLE_V_M), np.full_like(t_s, IDLE_D_M)), axis=1)
        for reach in visitor.reaches:
            if reach.hand == hand:
                share = _share(reach, t_s)[:, None]
                idle = idle + (np.array((reach.u_m, reach.v_m, reach.d_m)) - idle) * share
        parts.append(("hand", idle))
    return parts


def _share(reach: Reach, t_s: Floats) -> Floats:
    """How far on its way the hand is: 0 idle, 1 there."""
    x = np.interp(t_s, reach.times_s, (0.0, 1.0, 1.0, 0.0))
    return np.asarray(x * x * (3 - 2 * x), dtype=np.float64)


def _seen(t_s: Floats, rng: np.random.Generator) -> NDArray[np.bool_]:
    seen = np.ones(len(t_s), dtype=np.bool_)
    if len(t_s):
        for begin in rng.uniform(t_s[0], t_s[-1], rng.poisson(LOST_HAND_PER_MIN * (t_s[-1] - t_s[0]) / 60)):
            seen &= ~((t_s >= begin) & (t_s < begin + rng.uniform(0.1, LOST_HAND_S)))
    return seen
