"""What may be shown to this visitor at this moment, of what a rule names.

Validity and daypart (shelf/airtime.py), segment, live stock, caps, one coupon a visitor; a coupon also needs a clock,
for nobody can date it otherwise. Not here: which of them (bandit.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from agent.shelf.airtime import playable
from agent.triggers.audience import Guest
from agent.triggers.cooldown import Cooldowns
from wire.documents import Item, Policy
from wire.state import LaneStock

RANK = {"empty": 0, "low": 1, "ok": 2}


@dataclass(frozen=True, slots=True)
class Now:
    """A moment on both clocks."""

    t: float
    wall_s: float | None  # unix time
    utc_offset_s: int | None  # of the store's clocks


class Goods:
    """What the shelf has got, as far as is known."""

    def __init__(self, lanes: Iterable[LaneStock]) -> None:
        self.level: dict[str, str] = {}  # of each product, the best of its lanes; "unknown" counts as there
        self.homes: dict[str, tuple[str, ...]] = {}  # product -> lanes
        self.of: dict[str, tuple[str, ...]] = {}  # lane -> products
        for lane in lanes:
            if lane.gtin is None:
                continue
            self.level[lane.gtin] = max(self.level.get(lane.gtin, "empty"), lane.level, key=lambda x: RANK.get(x, 3))
            self.homes[lane.gtin] = (*self.homes.get(lane.gtin, ()), lane.lane)
            self.of[lane.lane] = (*self.of.get(lane.lane, ()), lane.gtin)

    def got(self, item: Item) -> bool:
        """Is any of what it advertises here? Goods without a lane are not."""
        return not item.goods or any(self.level.get(gtin, "empty") != "empty" for gtin in item.goods)


def candidates(
    names: Iterable[str],
    items: Mapping[str, Item],
    now: Now,
    guest: Guest,
    goods: Goods,
    cooldowns: Cooldowns,
    policy: Policy,
) -> list[Item]:
    """Each once, in the rule's order."""
    known = (items[name] for name in dict.fromkeys(names) if name in items)
    return [
        item
        for item in known
        if _meant_for(item, guest)
        and _can_be_dated(item, now)
        and goods.got(item)
        and cooldowns.seldom(item.name, now.t, policy)
        and playable(item, now.wall_s, now.utc_offset_s)
    ]


def _meant_for(item: Item, guest: Guest) -> bool:
    if item.coupon is not None and guest.coupon:
        return False
    return not item.segments or not set(item.segments).isdisjoint(guest.segments)


def _can_be_dated(item: Item, now: Now) -> bool:
    return item.coupon is None or now.wall_s is not None
