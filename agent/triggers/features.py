"""What a choice is made by: the features of one content in one situation, each true or not.

All are 0 or 1, so that sums over showings are whole numbers: those of several shelves add up exactly, in any order.
The order of FEATURES is the order of the sums (wire.documents.Arm); a new feature goes to the end, and sums of another
length are of another version and are not used. Not here: the sums (learned.py), what is made of them (bandit.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from wire.documents import Item, TriggerKind

FEATURES = (
    "always",  # 1 each time: how well the content does as such
    "held",  # the visitor holds something undecided
    "same_goods",  # it advertises what this is about
    "same_lane",  # it advertises what stands in that lane, or in the lanes the visitor stands before
    "long_dwell",  # the visitor has been in front for LONG_S
    "morning",  # by the store's clocks, see DAYTIMES
    "afternoon",
    "evening",
    "goods_low",  # of what it advertises little is left
    "picked_one",  # the visitor carries one thing of this shelf
    "picked_several",  # or more
)
SIZE = len(FEATURES)
TRIANGLE = SIZE * (SIZE + 1) // 2  # numbers in a lower triangle
LONG_S = 20.0  # chosen, not measured: past the time at which lingering is told (visits.linger_s)
DAY_S = 86_400.0
DAYTIMES = (("morning", 5, 11), ("afternoon", 11, 17), ("evening", 17, 23))  # hours; at night and unknown: none
Features = tuple[int, ...]  # indices into FEATURES that are true, ascending; "always" is the first


@dataclass(frozen=True, slots=True)
class Trigger:
    """Something happened that a rule may answer. `lanes`, `goods`: what it is about; several where nobody can tell
    which of them."""

    kind: TriggerKind
    t: float
    visitor: str | None = None
    lane: str | None = None
    gtin: str | None = None
    reason: str | None = None  # of a hesitation
    lasted_s: float = 0.0  # of a dwell or hesitation
    lanes: tuple[str, ...] = ()
    goods: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Situation:
    """What is known around a trigger. `level`: of each product of the shelf, the best of its lanes."""

    trigger: Trigger
    level: Mapping[str, str]
    homes: Mapping[str, tuple[str, ...]]  # product -> its lanes
    hour: float | None  # of the store's clocks
    dwell_s: float  # the visitor is in front for so long
    picks: int  # less what was put back


def features(item: Item, about: Situation) -> Features:
    """Which are true of this content now."""
    trigger = about.trigger
    lanes = {lane for gtin in item.goods for lane in about.homes.get(gtin, ())}
    levels = [about.level[gtin] for gtin in item.goods if gtin in about.level]
    true = {
        "same_goods": not set(item.goods).isdisjoint(trigger.goods),
        "same_lane": not lanes.isdisjoint(trigger.lanes),
        "goods_low": "low" in levels and "ok" not in levels,
    }
    return _indices(true | around(about))


def around(about: Situation) -> dict[str, bool]:
    """Those that are the same for every content."""
    hour = about.hour
    true = {name: hour is not None and begins <= hour < ends for name, begins, ends in DAYTIMES}
    return true | {
        "always": True,
        "held": about.trigger.reason == "held",
        "long_dwell": about.dwell_s >= LONG_S,
        "picked_one": about.picks == 1,
        "picked_several": about.picks > 1,
    }


def names(true: Features) -> tuple[str, ...]:
    """As `shown` tells them: "always" says nothing and is left out."""
    return tuple(FEATURES[index] for index in true if index)


def names_around(about: Situation) -> tuple[str, ...]:
    """Where no content was chosen: what is true whatever might have been shown."""
    return names(_indices(around(about)))


def local_hour(wall_s: float | None, utc_offset_s: int | None) -> float | None:
    """Of the store's clocks, 0 to 24; None while it is not known."""
    if wall_s is None or utc_offset_s is None:
        return None
    return (wall_s + utc_offset_s) % DAY_S / 3600.0


def _indices(true: Mapping[str, bool]) -> Features:
    return tuple(index for index, name in enumerate(FEATURES) if true.get(name))
