"""What happened, as a rule can answer it, and which rules fit.

Not here: what may be shown (candidates.py), who chooses (bandit.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from agent.triggers.features import Trigger
from wire.documents import Rule
from wire.events import Dwell, EventPayload, Hesitation, Pick, Put

TIMED = ("dwell", "hesitation")


def fits(rule: Rule, trigger: Trigger) -> bool:
    """Does the rule answer it? Where the lane or the product of a trigger is not known, one of those that it may be
    about suffices."""
    if trigger.kind not in rule.on:
        return False
    if rule.reason is not None and trigger.kind == "hesitation" and rule.reason != trigger.reason:
        return False
    if rule.lanes and set(rule.lanes).isdisjoint(trigger.lanes):
        return False
    if rule.gtins and set(rule.gtins).isdisjoint(trigger.goods):
        return False
    return trigger.kind not in TIMED or trigger.lasted_s >= rule.least_s


def triggers(told: Iterable[EventPayload], t: float, goods: Mapping[str, tuple[str, ...]]) -> Iterator[Trigger]:
    """Of what was just told, what a rule may answer. `goods`: lane -> its products."""
    for payload in told:
        match payload:
            case Hesitation(visitor=visitor, lane=lane, gtin=gtin, reason=reason):
                lasted_s = payload.decided_s - payload.began_s
                lanes = payload.before if lane is None else (lane,)
                yield Trigger("hesitation", t, visitor, lane, gtin, reason, lasted_s, lanes, _goods(gtin, lanes, goods))
            case Dwell(visitor=visitor, lane=lane, dwell_s=lasted_s):
                lanes = payload.before if lane is None else (lane,)
                about = _goods(None, lanes, goods)
                gtin = about[0] if lane is not None and len(about) == 1 else None
                yield Trigger("dwell", t, visitor, lane, gtin, None, lasted_s, lanes, about)
            case Pick(visitor=visitor, lane=lane, gtin=gtin):
                yield Trigger("pick", t, visitor, lane, gtin, None, 0.0, (lane,), _goods(gtin, (lane,), goods))
            case Put(visitor=visitor, lane=lane, gtin=gtin):
                yield Trigger("put", t, visitor, lane, gtin, None, 0.0, (lane,), _goods(gtin, (lane,), goods))
            case _:
                pass


def _goods(gtin: str | None, lanes: Iterable[str], goods: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    if gtin is not None:
        return (gtin,)
    return tuple(dict.fromkeys(one for lane in lanes for one in goods.get(lane, ())))
