"""What the obedient shopper can be told to do: deeds of the stage with a chosen lane instead of a random one.

Not here: when, and who (people.py); how a deed looks to scale and camera (stage.py).
"""

from __future__ import annotations

from collections.abc import Callable

from agent.config.schema import Lane
from tools.bench.goods import Item
from tools.bench.hands import Visitor
from tools.bench.stage import Stage

HOLD_S = 9.0  # over the plate, touching it now and then: the pick is known after 1-5 s, a hesitation after 3-5 s
LINGER_S = 12.0  # the agent calls 8 s undecided


class UnwillingError(Exception):
    """It cannot be done now; the message says why."""


def take(stage: Stage, visitor: Visitor, lane: str, t_s: float) -> None:
    stage.pick(visitor, [_goods(stage, lane)], t_s)


def hesitate(stage: Stage, visitor: Visitor, lane: str, t_s: float) -> None:
    """Takes something and holds it long where it stood."""
    stage.pick(visitor, [_goods(stage, lane)], t_s, linger_s=HOLD_S)


def put_back(stage: Stage, visitor: Visitor, lane: str, t_s: float) -> None:
    """The last thing taken, or what belongs to `lane`, to where it belongs."""
    item = _held(stage, visitor, lane)
    stage.put(visitor, item, _with_room(stage, _home(stage, item)), t_s)


def misplace(stage: Stage, visitor: Visitor, lane: str, t_s: float) -> None:
    """Something into a lane where it does not belong, if possible of another weight than what does: else not even a
    person could tell by it. Where all is full, that lane gives way first."""
    if not stage.baskets[visitor.name]:
        others = [x for x in stage.lanes if x != lane and stage.shelf[x]]
        if not others:
            raise UnwillingError("there is nothing to take and misplace")
        target = stage.lanes.get(lane)
        outermost = [stage.shelf[x][-1] for x in others]
        taken = outermost[0] if target is None else max(outermost, key=lambda x: _unlike_g(x, target))
        t_s = stage.pick(visitor, [taken], t_s)
    item = _held(stage, visitor, "")
    strange = [x for name, x in stage.lanes.items() if item.gtin not in stage.gtins(x) and lane in ("", name)]
    if not strange:
        raise UnwillingError("there it belongs: choose another lane")
    strange.sort(key=lambda x: _unlike_g(item, x), reverse=True)
    roomy = [x for x in strange if stage.room(x) > 0]
    if not roomy:
        t_s = stage.pick(visitor, [_goods(stage, strange[0].name)], t_s)
    stage.put(visitor, item, (roomy or strange)[0], t_s)


def linger(stage: Stage, visitor: Visitor, lane: str, t_s: float) -> None:
    """A hand among the goods for long, and nothing taken."""
    stage.touch(visitor, _lane(stage, lane), t_s, LINGER_S)


def lean(stage: Stage, visitor: Visitor, lane: str, t_s: float) -> None:
    stage.lean(visitor, _lane(stage, lane), t_s)


def press(stage: Stage, visitor: Visitor, lane: str, t_s: float) -> None:
    stage.press(visitor, _lane(stage, lane), t_s)


ORDERS: dict[str, Callable[[Stage, Visitor, str, float], None]] = {
    "take": take,
    "put_back": put_back,
    "hesitate": hesitate,
    "linger": linger,
    "misplace": misplace,
    "lean": lean,
    "press": press,
}


def _lane(stage: Stage, name: str) -> Lane:
    return stage.lanes[name] if name else stage.layout.config.lanes[0]


def _goods(stage: Stage, name: str) -> Item:
    """The outermost thing of this lane, or of the fullest."""
    lane = name or max(stage.lanes, key=lambda x: len(stage.shelf[x]))
    if not stage.shelf[lane]:
        raise UnwillingError("nothing stands there any more: let the staff refill")
    return stage.shelf[lane][-1]


def _unlike_g(item: Item, lane: Lane) -> float:
    """How far this weighs from what belongs there; what is loose weighs anything."""
    return 0.0 if lane.unit_g is None else abs(item.weight_g - lane.unit_g)


def _held(stage: Stage, visitor: Visitor, lane: str) -> Item:
    basket = [x for x in stage.baskets[visitor.name] if not lane or x.gtin in stage.gtins(stage.lanes[lane])]
    if not basket:
        raise UnwillingError("the shopper holds nothing of that kind" if lane else "the shopper has taken nothing yet")
    return basket[-1]


def _home(stage: Stage, item: Item) -> Lane:
    homes = [lane for lane in stage.layout.config.lanes if lane.gtin == item.gtin]
    if not homes:
        raise UnwillingError("it belongs nowhere here")
    return homes[0]


def _with_room(stage: Stage, lane: Lane) -> Lane:
    if stage.room(lane) <= 0:
        raise UnwillingError("there is no room where it belongs")
    return lane
