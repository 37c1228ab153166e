"""What random shoppers do, one deed after the other, by the odds of their `Habits`; and the staff who refills.

A shopper is a generator: each deed done, it gives back when the next may begin, so that several go on side by side
and each sees the shelf as the others left it (`play`). Not here: the deeds themselves (deeds.py, stage.py).
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace

from tools.bench.deeds import DEEDS, half_full, own
from tools.bench.hands import Visitor
from tools.bench.stage import Stage

LAST_DEED_S = 8.0  # nothing is begun so shortly before the end


@dataclass(frozen=True, slots=True)
class Habits:
    """Odds of the deeds, relative to each other. A deed that cannot be done now (an empty basket) falls away."""

    pick: float = 8.0
    pick_several: float = 1.5  # 2-3 units in one grip
    pick_in_turn: float = 1.0  # 2-3 units, one after the other
    hold: float = 0.7  # taken, and held long over the plate
    hold_and_return: float = 0.5
    put_back: float = 4.0
    misplace: float = 2.0
    misplace_like: float = 0.7  # among goods of the same weight
    swap: float = 0.0  # for goods of the same weight, the one in the place of the other
    retake: float = 1.5  # something that lies in the wrong place
    foreign: float = 0.4
    hand_over: float = 0.8
    together: float = 0.7  # with another shopper, same lane, same instant
    side_by_side: float = 0.0  # with another shopper, another lane, same instant
    press: float = 1.2
    lift: float = 1.2
    touch: float = 1.5
    browse: float = 0.8
    lean: float = 0.6
    pause_s: float = 2.0  # mean, between deeds


# What people mostly do: the demo's and the soak's. `Habits` as it stands is harder than any shop: every fourth thing is
# laid in a wrong place, handed on or taken by two at once, so that accuracy can be told apart.
EVERYDAY = Habits(
    pick=10.0,
    pick_several=1.0,
    hold=0.4,
    hold_and_return=0.3,
    put_back=3.0,
    misplace=0.6,
    misplace_like=0.1,
    retake=0.6,
    foreign=0.2,
    hand_over=0.2,
    together=0.2,
)
# What hands do with single bottles, each in its own place, before a camera that sees hands and no bodies: nobody could
# tell whose two hands take from one lane at one instant, nor why a row swings on which somebody leans.
BOTTLES = Habits(
    pick=7.0,
    pick_several=0.0,
    pick_in_turn=0.0,
    hold=0.6,
    hold_and_return=0.8,
    put_back=7.0,
    misplace=0.4,
    misplace_like=0.0,
    retake=0.6,
    foreign=0.0,
    hand_over=0.0,
    together=0.0,
    side_by_side=2.0,
    press=0.4,
    lift=0.8,
    touch=1.0,
    browse=0.4,
    lean=0.0,
)
NOTHING = Habits(**{f.name: 0.0 for f in fields(Habits) if f.name != "pause_s"})
Turn = Iterator[float]


def shopper(stage: Stage, habits: Habits, begin_s: float, until_s: float) -> Turn:
    """Visit after visit: enters, does 3-12 deeds, leaves with what is in the basket; then another comes.

    The first deed is a pick, where picks are made at all: most people come for something."""
    t_s, first = begin_s, replace(NOTHING, pick=1.0) if habits.pick else habits
    while t_s < until_s - LAST_DEED_S:
        visitor = stage.enter(t_s)
        t_s += float(stage.rng.uniform(1.0, 3.0))
        for i in range(int(stage.rng.integers(3, 13))):
            yield t_s
            t_s = max(t_s, visitor.busy_until_s)
            if t_s > until_s - LAST_DEED_S:
                break
            t_s = deed(stage, habits if i else first, visitor, t_s) + float(stage.rng.exponential(habits.pause_s))
        yield max(t_s, visitor.busy_until_s)
        t_s = stage.leave(visitor, max(t_s, visitor.busy_until_s)) + float(stage.rng.uniform(0.5, 6.0))


def staff(stage: Stage, t_s: float) -> float:
    """Refills, a tray each, up to three lanes in which less than half a facing is left. Nobody else is there."""
    lanes = [lane for lane in stage.layout.config.lanes if lane.unit_g and not half_full(stage, lane)]
    for lane in lanes[:3]:
        units = min(lane.facing_units - len(own(stage, lane)), stage.room(lane))
        if not units:
            continue
        stage.restock(lane, lane.gtin, units, t_s)
        t_s += float(stage.rng.uniform(3.0, 5.0))
    return t_s


def play(turns: list[Turn]) -> None:
    """Lets everybody act, always the one whose time is earliest."""
    queue = [(t_s, i) for i, turn in enumerate(turns) if (t_s := next(turn, None)) is not None]
    heapq.heapify(queue)
    while queue:
        _, i = heapq.heappop(queue)
        if (t_s := next(turns[i], None)) is not None:
            heapq.heappush(queue, (t_s, i))


def deed(stage: Stage, habits: Habits, visitor: Visitor, t_s: float) -> float:
    """Draws one deed by the odds and does it; gives back when the visitor is free again."""
    names = [f.name for f in fields(Habits) if f.name != "pause_s" and getattr(habits, f.name) > 0]
    while names:
        odds = [getattr(habits, name) for name in names]
        name = str(stage.rng.choice(names, p=[x / sum(odds) for x in odds]))
        stage.deed = name
        done_s = DEEDS[name](stage, visitor, t_s)
        if done_s is not None:
            return done_s
        names.remove(name)
    return t_s + 1.0
