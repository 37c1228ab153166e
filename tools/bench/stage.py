"""The shop while a play is written: goods on the shelf, baskets, who stands where, and every deed's true record.

Each deed takes a visitor and the earliest moment, leaves load curves, hand paths and truth behind, and gives back
when the visitor is free again. Deeds on the same cells keep apart (`_moment`) as people's hands do.
Not here: who does what when (shopper.py), how load becomes counts (world.py).
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np

from agent.config.schema import Lane
from tools.bench.goods import Item, brushes, fall, press_before, pressure, rise
from tools.bench.hands import Reach, Visitor
from tools.bench.layouts import Layout
from tools.bench.loads import Curve, Shake
from tools.bench.standing import Held, Places, Stand

TOLERANCE_S = 2.5  # as in the recorded cases
APART_S = 0.8  # kept free on each side of a deed: two events of a lane are at least 1.6 s apart
WALK_M_PER_S = 0.8
ITEM_SPREAD = 0.005  # 1 sigma between items of one product
STRADDLE = 0.03  # share of items that stand across the border to the neighbour lane
LOOSE_PORTIONS = 8  # of goods of no fixed weight, at the beginning
Truth = dict[str, Any]


class Stage:
    """See the module. `crowded`: presses and leaning no longer keep clear of other people's deeds."""

    def __init__(self, layout: Layout, rng: np.random.Generator, *, crowded: bool = False) -> None:
        self.layout, self.rng, self.crowded = layout, rng, crowded
        self.lanes = {lane.name: lane for lane in layout.config.lanes}
        self.curves: list[Curve] = []
        self.shakes: list[Shake] = []
        self.truth: list[Truth] = []
        self.visitors: list[Visitor] = []
        self.baskets: dict[str, list[Item]] = {}
        self.shelf: dict[str, list[Item]] = defaultdict(list)
        self.deed = ""  # noted in the truth, so that what goes wrong can be told by what was done
        self.held: list[Held] = []
        self._places = Places(layout.places)
        self._busy: dict[int, list[tuple[float, float]]] = defaultdict(list)
        self._names = iter(rng.permutation(9000))
        for lane in layout.config.lanes:
            for _ in range(LOOSE_PORTIONS if lane.units is None else lane.units):
                self._lay(self.item(lane.gtin), lane, straddle=self.rng.random() < STRADDLE)
        for item in self.items:
            self._places.stand(item)
        begin = [Curve((-2.0, -1.0), (0.0, 1.0), x.cells, tuple(x.weight_g * s for s in x.shares)) for x in self.items]
        self.curves.extend(begin)

    @property
    def stands(self) -> list[Stand]:
        """What stood where, and from when until when."""
        return self._places.stands

    def room(self, lane: Lane) -> int:
        """How many more fit into this lane."""
        return self._places.room(lane.name, len(self.shelf[lane.name]))

    @property
    def items(self) -> list[Item]:
        return [item for items in self.shelf.values() for item in items]

    def item(self, gtin: str) -> Item:
        """A new item of this product, as heavy as items of it are."""
        good = self.layout.goods[gtin]
        mean_g = self.rng.uniform(80.0, 400.0) if good.mean_g is None else good.mean_g
        return Item(gtin, mean_g * (1 + ITEM_SPREAD * float(self.rng.standard_normal())), good.width_m)

    def own(self, lane: Lane) -> list[Item]:
        """The items in this lane that belong there."""
        return [item for item in self.shelf[lane.name] if item.gtin in self.gtins(lane)]

    def strangers(self) -> list[Item]:
        """Items that lie where they do not belong."""
        return [x for x in self.items if x.gtin not in self.gtins(self.lanes[x.lane])]

    def gtins(self, lane: Lane) -> set[str]:
        """The products whose place this lane is."""
        return {other.gtin for other in self.layout.config.lanes if other.name == lane.name}

    # -- people ------------------------------------------------------------------------------------------------------
    def enter(self, at_s: float) -> Visitor:
        name = f"{1000 + int(next(self._names)):04d}"
        u_m = float(self.rng.uniform(0.0, self.layout.spots[-1].right_m))
        visitor = Visitor(name, at_s, at_s + 1.0, [(at_s, u_m)], busy_until_s=at_s + 1.0)
        self.visitors.append(visitor)
        self.baskets[name] = []
        return visitor

    def leave(self, visitor: Visitor, at_s: float) -> float:
        visitor.present = False
        visitor.leaves_s = max(at_s, visitor.busy_until_s) + float(self.rng.uniform(0.5, 1.5))
        return visitor.leaves_s

    # -- deeds that move goods ---------------------------------------------------------------------------------------
    def pick(self, visitor: Visitor, items: list[Item], at_s: float, *, linger_s: float = 0.0) -> float:
        """Takes `items` (of one lane and product) together. `linger_s`: the hand stays over the plate that long."""
        lane, at_s = self.lanes[items[0].lane], max(at_s, *(self._places.there_s(item) for item in items))
        t_s = self._moment(self._cells(items), self._walk(visitor, lane, at_s), APART_S, APART_S + linger_s)
        self.curves += press_before(self.rng, items[0], t_s)
        for i, item in enumerate(items):
            self.curves += fall(self.rng, item, t_s + 0.12 * i)
        self.curves += brushes(self.rng, items[0], t_s, linger_s)
        self._record("pick", items, lane, t_s, visitor)
        self._shake(lane, t_s - 0.5)
        for item in items:
            self.shelf[lane.name].remove(item)
        self.baskets[visitor.name] += items
        self._reach(visitor, lane, items[0].u_m, t_s, stays_s=0.2 + linger_s, takes=items[0])
        self._taken(visitor, items, t_s)
        return visitor.busy_until_s

    def pick_together(self, pairs: Sequence[tuple[Visitor, Item]], at_s: float) -> float:
        """Two visitors take one item each at the same instant (within 0.3 s), mostly from the same lane."""
        lanes = [self.lanes[item.lane] for _, item in pairs]
        sides = zip(pairs, lanes, (-0.2, 0.2), strict=True)  # shoulder to shoulder
        at_s = max(at_s, *(self._places.there_s(item) for _, item in pairs))
        ready = max(self._walk(visitor, lane, at_s, side) for (visitor, _), lane, side in sides)
        moment = self._moment(self._cells([item for _, item in pairs]), ready, APART_S, APART_S + 0.3)
        for (visitor, item), lane in zip(pairs, lanes, strict=True):
            t_s = moment + float(self.rng.uniform(0.0, 0.3))
            self.curves += fall(self.rng, item, t_s)
            self._record("pick", [item], lane, t_s, visitor)
            self.shelf[lane.name].remove(item)
            self.baskets[visitor.name].append(item)
            self._reach(visitor, lane, item.u_m, t_s, stays_s=0.2, takes=item)
            self._taken(visitor, [item], t_s)
        self._shake(lanes[0], moment - 0.5)
        return max(visitor.busy_until_s for visitor, _ in pairs)

    def put(self, visitor: Visitor, item: Item, lane: Lane, at_s: float, *, again: bool = False) -> float:
        """Lays `item` into `lane`. `again`: on the very place where it stood."""
        if item in self.baskets[visitor.name]:
            self.baskets[visitor.name].remove(item)
        if not again:
            self._lay(item, lane, straddle=self.rng.random() < STRADDLE)
        else:
            self.shelf[lane.name].append(item)
        at_s = max(at_s, self._places.free_s(item))
        t_s = self._moment(self._cells([item]), self._walk(visitor, lane, at_s), APART_S, 1.2)
        self.curves += rise(self.rng, item, t_s)
        self._record("put", [item], lane, t_s, visitor)
        self._shake(lane, t_s - 0.3)
        self._reach(visitor, lane, item.u_m, t_s, stays_s=0.3, brings=item)
        self._places.stand(item, t_s)
        self.held.append(Held(visitor.reaches[-1], item.gtin, until_s=t_s))
        return visitor.busy_until_s

    def restock(self, lane: Lane, gtin: str, units: int, at_s: float) -> float:
        """Staff, seen by nobody, sets a tray of `units` down."""
        items = [self.item(gtin) for _ in range(units)]
        for item in items:
            self._lay(item, lane, straddle=False)
        t_s = self._moment(self._cells(items), at_s, APART_S, 1.6)
        for i, item in enumerate(items):
            self.curves += rise(self.rng, item, t_s + 0.3 * i / units)
            self._places.stand(item, t_s + 0.3 * i / units)
        self._record("restock", items, lane, t_s, None)
        self._shake(lane, t_s - 0.3)
        return t_s + 1.5

    def hand_over(self, giver: Visitor, taker: Visitor, item: Item) -> None:
        """From basket to basket; no scale feels it."""
        self.baskets[giver.name].remove(item)
        self.baskets[taker.name].append(item)

    # -- deeds that leave everything as it was -----------------------------------------------------------------------
    def press(self, visitor: Visitor, lane: Lane, at_s: float) -> float:
        """A hand presses +50..+500 g for 0.5-3 s."""
        lasts_s, grams = float(self.rng.uniform(0.5, 3.0)), float(self.rng.uniform(50, 500))
        where = Item(None, grams, 0.08)
        self._lay(where, lane, straddle=False, stays=False)
        t_s = self._transient(where.cells, self._walk(visitor, lane, at_s), lasts_s)
        self.curves.append(where.curve(pressure(self.rng, t_s, t_s + lasts_s, 0.2)))
        self._shake(lane, t_s)
        return self._reach(visitor, lane, where.u_m, t_s, stays_s=lasts_s)

    def lift(self, visitor: Visitor, item: Item, at_s: float) -> float:
        """Lifts an item and sets it back on its place: no event. Half as long again as the lifts of the recordings."""
        lane, lasts_s = self.lanes[item.lane], float(self.rng.uniform(0.4, 1.0))  # at half height; recorded: 0.4-0.7
        at_s = max(at_s, self._places.there_s(item))
        t_s = self._moment(self._cells([item]), self._walk(visitor, lane, at_s), APART_S, APART_S + lasts_s)
        over, back_s = float(self.rng.uniform(0.0, 0.3)), t_s + lasts_s
        up = [(t_s - 0.1, 0.0), (t_s + 0.1, -1.0), (back_s - 0.1, -1.0)]
        self.curves.append(item.curve([*up, (back_s + 0.1, over), (back_s + 0.5, 0.0)]))
        self._shake(lane, t_s - 0.3)
        self._reach(visitor, lane, item.u_m, t_s, stays_s=lasts_s)
        self._taken(visitor, [item], t_s, back_s)
        self._places.stand(item, back_s)
        return visitor.busy_until_s

    def touch(self, visitor: Visitor, lane: Lane, at_s: float, stays_s: float) -> float:
        """A hand in the lane's box and no weight: a short touch or a long browse."""
        u_m = float(self.rng.uniform(lane.left_m, lane.right_m))
        return self._reach(visitor, lane, u_m, self._walk(visitor, lane, at_s), stays_s=stays_s)

    def lean(self, visitor: Visitor, lane: Lane, at_s: float) -> float:
        """Leaning on the shelf: the whole row feels +5..+50 g for 1-5 s and swings."""
        row = self.layout.row(lane)
        cells = tuple(spot.cell for spot in self.layout.spots if spot.row == row)
        lasts_s = float(self.rng.uniform(1.0, 5.0))
        t_s = self._transient(cells, self._walk(visitor, lane, at_s), lasts_s)
        grams = self.rng.uniform(5, 50) * self.rng.uniform(0.3, 1.0, len(cells))
        times, levels = zip(*pressure(self.rng, t_s, t_s + lasts_s, 0.3), strict=True)
        self.curves.append(Curve(times, levels, cells, tuple(float(g) for g in grams)))
        self.shakes.append(Shake(t_s, row, float(self.rng.uniform(5, 15)), lasts_s))
        visitor.busy_until_s = t_s + lasts_s
        return visitor.busy_until_s

    def _taken(self, visitor: Visitor, items: Sequence[Item], t_s: float, back_s: float = math.inf) -> None:
        """They leave their places with the hand that has just been sent."""
        for item in items:
            self._places.leave(item, t_s)
            self.held.append(Held(visitor.reaches[-1], item.gtin, since_s=t_s, until_s=back_s))

    # -- places and moments -------------------------------------------------------------------------------------------
    def _shake(self, lane: Lane, t_s: float) -> None:
        most_g = 15.0 if self.layout.steady else 4.0  # cells of a small shelf stand each on its own
        grams, lasts_s = float(self.rng.uniform(most_g / 3, most_g)), float(self.rng.uniform(1.0, 2.0))
        self.shakes.append(Shake(t_s, self.layout.row(lane), grams, lasts_s))

    def _lay(self, item: Item, lane: Lane, *, straddle: bool, stays: bool = True) -> None:
        """Chooses a place in the lane. `straddle`: up to 40 % of the item stands on the neighbour's plates."""
        room_m = lane.right_m - lane.left_m
        half_m = min(item.width_m, room_m) / 2
        u_m = float(self.rng.uniform(lane.left_m + half_m, lane.right_m - half_m + 1e-9))
        if self.layout.places:
            u_m = self._places.choose(lane.name, u_m, [x.u_m for x in self.shelf[lane.name]])
        elif straddle and self.layout.steady:
            over_m = 2 * half_m * float(self.rng.uniform(0.15, 0.4))
            u_m = lane.right_m - half_m + over_m if self.rng.random() < 0.5 else lane.left_m + half_m - over_m
        row = self.layout.row(lane)
        spots = [spot for spot in self.layout.spots if spot.row == row]
        lies = [(s.cell, min(s.right_m, u_m + half_m) - max(s.left_m, u_m - half_m)) for s in spots]
        lies = [(cell, metres) for cell, metres in lies if metres > 0.004]  # a rim does not bear
        total_m = sum(metres for _, metres in lies)
        item.cells, item.u_m = tuple(cell for cell, _ in lies), u_m
        item.shares = tuple(metres / total_m for _, metres in lies)
        if stays:
            item.lane = lane.name
            self.shelf[lane.name].append(item)

    def _cells(self, items: Sequence[Item]) -> tuple[int, ...]:
        """All cells of the lanes that feel these items: events of one lane keep apart."""
        touched = {cell for item in items for cell in item.cells}
        lanes = [{self.layout.cell(name) for name in lane.cells} for lane in self.layout.config.lanes]
        return tuple(sorted(touched.union(*(lane for lane in lanes if lane & touched))))

    def _moment(self, cells: Sequence[int], ready_s: float, before_s: float, after_s: float) -> float:
        """The earliest moment from `ready_s` on with nothing else on these cells around it; reserves it."""
        taken = sorted(span for cell in set(cells) for span in self._busy[cell] if span[1] > ready_s - before_s)
        t_s = ready_s
        for begin, end in taken:
            if begin < t_s + after_s and end > t_s - before_s:
                t_s = end + before_s
        for cell in set(cells):
            self._busy[cell].append((t_s - before_s, t_s + after_s))
        return t_s

    def _transient(self, cells: Sequence[int], ready_s: float, lasts_s: float) -> float:
        return ready_s if self.crowded else self._moment(cells, ready_s, 0.1, lasts_s + 0.3)

    def _walk(self, visitor: Visitor, lane: Lane, at_s: float, side_m: float | None = None) -> float:
        """Goes and stands before the lane; gives back when a hand sent out at once can be there."""
        at_s = max(at_s, visitor.busy_until_s)
        since_s, u_m = visitor.path[-1]
        at_s = max(at_s, since_s)
        goal_m = (lane.left_m + lane.right_m) / 2 + (float(self.rng.uniform(-0.3, 0.3)) if side_m is None else side_m)
        there_s = at_s + abs(goal_m - u_m) / WALK_M_PER_S + 0.1
        visitor.path += [(at_s, u_m), (there_s, goal_m)]
        return there_s + 0.3

    def _reach(
        self,
        visitor: Visitor,
        lane: Lane,
        u_m: float,
        t_s: float,
        *,
        stays_s: float,
        brings: Item | None = None,
        takes: Item | None = None,
    ) -> float:
        """The hand is there from just before `t_s`; gives back when it is back."""
        rng = self.rng
        there, away = t_s - float(rng.uniform(0.15, 0.5)), t_s + stays_s + float(rng.uniform(0.0, 0.15))
        times = (there - float(rng.uniform(0.5, 0.8)), there, away, away + float(rng.uniform(0.5, 0.8)))
        u_m = float(np.clip(u_m, lane.left_m + 0.02, lane.right_m - 0.02)) + float(rng.normal(0, 0.015))
        v_m = (lane.bottom_m + lane.top_m) / 2 + float(rng.normal(0, 0.03))
        hand, d_m = int(rng.random() < 0.25), float(rng.uniform(0.01, 0.06))
        holds = [None if item is None else item.gtin or "" for item in (brings, takes)]
        visitor.reaches.append(Reach(hand, times, u_m, v_m, d_m, *holds))
        visitor.busy_until_s = max(visitor.busy_until_s, times[3])
        return visitor.busy_until_s

    def _record(self, what: str, items: Sequence[Item], lane: Lane, t_s: float, visitor: Visitor | None) -> None:
        gtin = items[0].gtin
        fixed = gtin is not None and self.layout.goods[gtin].mean_g is not None
        entry: Truth = {"type": what, "lane": lane.name, "gtin": gtin, "units": len(items) if fixed else None}
        entry |= {"t_s": round(t_s, 3), "tolerance_s": TOLERANCE_S, "deed": self.deed}
        self.truth.append(entry | ({} if visitor is None else {"visitor": visitor.name}))
