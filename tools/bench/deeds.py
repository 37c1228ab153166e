"""The deeds of shoppers: what each is done with and to, drawn at random from what the shelf holds now.

A deed gives back when the visitor is free again, None when it cannot be done (an empty basket, nobody else there).
Not here: how a deed looks to scale and camera (stage.py), which one comes next (shopper.py).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from agent.config.schema import Lane
from tools.bench.goods import Item
from tools.bench.hands import Visitor
from tools.bench.stage import Stage

NOTICE_S = 6.0  # a visitor is asked to a common deed only if free within this
T = TypeVar("T")


def _pick(stage: Stage, visitor: Visitor, t_s: float, units: int = 1) -> float | None:
    items = _some_goods(stage, units)
    return stage.pick(visitor, items, t_s) if items else None


def _pick_several(stage: Stage, visitor: Visitor, t_s: float) -> float | None:
    return _pick(stage, visitor, t_s, int(stage.rng.integers(2, 4)))


def _pick_in_turn(stage: Stage, visitor: Visitor, t_s: float) -> float | None:
    items = _some_goods(stage, int(stage.rng.integers(2, 4)))
    for item in items:
        t_s = stage.pick(visitor, [item], t_s)
    return t_s if items else None


def _hold(stage: Stage, visitor: Visitor, t_s: float) -> float | None:
    items = _some_goods(stage, 1)
    return stage.pick(visitor, items, t_s, linger_s=float(stage.rng.uniform(3.0, 8.0))) if items else None


def _hold_and_return(stage: Stage, visitor: Visitor, t_s: float) -> float | None:
    items = _some_goods(stage, 1)
    if not items:
        return None
    t_s = stage.pick(visitor, items, t_s, linger_s=float(stage.rng.uniform(3.5, 6.0)))
    return stage.put(visitor, items[0], stage.lanes[items[0].lane], t_s, again=True)


def _put_back(stage: Stage, visitor: Visitor, t_s: float) -> float | None:
    item = _from_basket(stage, visitor)
    return stage.put(visitor, item, _home(stage, item), t_s) if item and stage.room(_home(stage, item)) else None


def _misplace(stage: Stage, visitor: Visitor, t_s: float) -> float | None:
    item = _from_basket(stage, visitor)
    lanes = [lane for lane in _roomy(stage) if item and item.gtin not in stage.gtins(lane)]
    return stage.put(visitor, item, _one(stage, lanes), t_s) if item and lanes else None


def _misplace_like(stage: Stage, visitor: Visitor, t_s: float) -> float | None:
    """To a lane whose goods weigh the same within 10 g."""
    item = _from_basket(stage, visitor)
    lanes = [
        lane
        for lane in stage.layout.config.lanes
        if item and item.gtin not in stage.gtins(lane) and lane.unit_g and abs(lane.unit_g - item.weight_g) < 10
        if stage.room(lane)
    ]
    return stage.put(visitor, item, _one(stage, lanes), t_s) if item and lanes else None


def _swap(stage: Stage, visitor: Visitor, t_s: float) -> float | None:
    """Something from the basket for something else that weighs the same within 10 g: laid beside it before that is
    taken, or on its very place after."""
    item = _from_basket(stage, visitor)
    others = [x for x in stage.items if item and x.gtin != item.gtin and abs(x.weight_g - item.weight_g) < 10]
    if item is None or not others:
        return None
    other = _one(stage, others)
    lane = stage.lanes[other.lane]
    if stage.rng.random() < 0.5 and stage.room(lane):
        return stage.pick(visitor, [other], stage.put(visitor, item, lane, t_s))
    t_s = stage.pick(visitor, [other], t_s)
    item.lane, item.u_m, item.cells, item.shares = lane.name, other.u_m, other.cells, other.shares
    return stage.put(visitor, item, lane, t_s, again=True)


def _retake(stage: Stage, visitor: Visitor, t_s: float) -> float | None:
    strangers = stage.strangers()
    return stage.pick(visitor, [_one(stage, strangers)], t_s) if strangers else None


def _foreign(stage: Stage, visitor: Visitor, t_s: float) -> float | None:
    lanes = _roomy(stage)
    item = Item(None, float(stage.rng.uniform(40, 900)), float(stage.rng.uniform(0.05, 0.2)))
    return stage.put(visitor, item, _one(stage, lanes), t_s) if lanes else None


def _hand_over(stage: Stage, visitor: Visitor, t_s: float) -> float | None:
    """Gives to another visitor, who puts it back."""
    item, other = _from_basket(stage, visitor), _company(stage, visitor, t_s)
    if item is None or other is None or not stage.room(_home(stage, item)):
        return None
    stage.hand_over(visitor, other, item)
    stage.put(other, item, _home(stage, item), max(t_s, other.busy_until_s) + 1.0)
    return t_s + 1.0


def _together(stage: Stage, visitor: Visitor, t_s: float) -> float | None:
    items, other = _some_goods(stage, 2), _company(stage, visitor, t_s)
    if len(items) < 2 or other is None:
        return None
    return stage.pick_together([(visitor, items[0]), (other, items[1])], max(t_s, other.busy_until_s))


def _side_by_side(stage: Stage, visitor: Visitor, t_s: float) -> float | None:
    """Takes from one lane while another visitor takes from another: two hands at once."""
    other = _company(stage, visitor, t_s)
    lanes = [lane for lane in stage.layout.config.lanes if own(stage, lane)]
    if other is None or len(lanes) < 2:
        return None
    first = _one(stage, lanes)
    second = _one(stage, [lane for lane in lanes if lane.name != first.name])
    pairs = [(visitor, _one(stage, own(stage, first))), (other, _one(stage, own(stage, second)))]
    return stage.pick_together(pairs, max(t_s, other.busy_until_s))


def _press(stage: Stage, visitor: Visitor, t_s: float) -> float:
    return stage.press(visitor, _any_lane(stage), t_s)


def _lift(stage: Stage, visitor: Visitor, t_s: float) -> float | None:
    items = _some_goods(stage, 1)
    return stage.lift(visitor, items[0], t_s) if items else None


def _touch(stage: Stage, visitor: Visitor, t_s: float) -> float:
    return stage.touch(visitor, _any_lane(stage), t_s, float(stage.rng.uniform(0.2, 1.0)))


def _browse(stage: Stage, visitor: Visitor, t_s: float) -> float:
    return stage.touch(visitor, _any_lane(stage), t_s, float(stage.rng.uniform(3.0, 10.0)))


def _lean(stage: Stage, visitor: Visitor, t_s: float) -> float:
    return stage.lean(visitor, _any_lane(stage), t_s)


DEEDS: dict[str, Callable[[Stage, Visitor, float], float | None]] = {
    "pick": _pick,
    "pick_several": _pick_several,
    "pick_in_turn": _pick_in_turn,
    "hold": _hold,
    "hold_and_return": _hold_and_return,
    "put_back": _put_back,
    "misplace": _misplace,
    "misplace_like": _misplace_like,
    "swap": _swap,
    "retake": _retake,
    "foreign": _foreign,
    "hand_over": _hand_over,
    "together": _together,
    "side_by_side": _side_by_side,
    "press": _press,
    "lift": _lift,
    "touch": _touch,
    "browse": _browse,
    "lean": _lean,
}


def _some_goods(stage: Stage, units: int) -> list[Item]:
    """Up to `units` items of one product from a lane that has more than that (so many, where each has its own place);
    none when the shelf is bare."""
    least = units if stage.layout.places else units + 1
    lanes = [lane for lane in stage.layout.config.lanes if len(own(stage, lane)) >= least]
    if not lanes:
        return []
    lane = _one(stage, lanes)
    return own(stage, lane)[: units if lane.unit_g else 1]


def _roomy(stage: Stage) -> list[Lane]:
    """The lanes into which one more fits."""
    return [lane for lane in stage.lanes.values() if stage.room(lane)]


def own(stage: Stage, lane: Lane) -> list[Item]:
    """The items of this entry's product in its lane."""
    return [item for item in stage.shelf[lane.name] if item.gtin == lane.gtin]


def half_full(stage: Stage, lane: Lane) -> bool:
    return 2 * len(own(stage, lane)) > lane.facing_units


def _from_basket(stage: Stage, visitor: Visitor) -> Item | None:
    known = [item for item in stage.baskets[visitor.name] if item.gtin is not None]
    return _one(stage, known) if known else None


def _home(stage: Stage, item: Item) -> Lane:
    return next(lane for lane in stage.layout.config.lanes if lane.gtin == item.gtin)


def _company(stage: Stage, visitor: Visitor, t_s: float) -> Visitor | None:
    """Another visitor who is in the shop and soon free."""
    others = [v for v in stage.visitors if v is not visitor and v.present]
    others = [v for v in others if v.enters_s <= t_s and v.busy_until_s < t_s + NOTICE_S]
    return _one(stage, others) if others else None


def _any_lane(stage: Stage) -> Lane:
    return _one(stage, list(stage.lanes.values()))


def _one(stage: Stage, things: Sequence[T]) -> T:
    return things[int(stage.rng.integers(len(things)))]
