"""Decides whether a step is told, and what is said of it.

A step is offered again and again while its level holds. Each time all explanations are weighed; it is believed as soon
as something real is far more probable than a passing touch, so a well-fitting bottle is told early and an odd weight
late. Not here: the explanations themselves (explain.py), how long a level must hold (timing.py), what becomes of shelf
and baskets (ledger.py).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from agent.fusion.evidence import Around, gather
from agent.fusion.explain import Explanation, Weighted, normalise, weigh
from agent.fusion.hands import Hands
from agent.fusion.moves import Move
from agent.fusion.place import parts
from agent.fusion.straddle import may_be_one, one_step, one_stretch
from agent.fusion.timing import LATEST_S, LEVEL_S, LIKELY, due, ripe, settled_s, still_at_it
from agent.shelf.planogram import Stretch
from agent.weighing.step import Step

STRADDLE = 0.04  # of goods stand across the border of two lanes
AT_ONCE, AT_ONCE_SAME = 0.1, 0.02  # two things on two lanes at one moment; by one visitor


class Ruling(Enum):
    """What to do with a step now."""

    WAIT = "wait"
    LEVEL = "level"  # a new level without meaning
    TOLD = "told"


@dataclass(frozen=True, slots=True)
class Said:
    """One event of a verdict: the move, how sure, and what else it may have been."""

    move: Move
    confidence: float
    alternatives: tuple[tuple[Move, float], ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """`said` is empty unless the ruling is TOLD. `step` and `stretch` are what was judged: of two stretches seen as
    one, the sum; `resolved` names the stretches whose new level is the base from now on."""

    ruling: Ruling
    step: Step
    stretch: Stretch
    resolved: tuple[int, ...] = ()
    said: tuple[Said, ...] = ()


Part = tuple[Step, Stretch]


def judge(step: Step, stretch: Stretch, around: Around, beside: Iterable[tuple[Step, Stretch, Around]] = ()) -> Verdict:
    """The verdict on `step` as it stands now. `beside`: steps on neighbouring stretches that are at rest too; `around`
    of each knows the strays of both stretches and what shook the board."""
    wait, level = Verdict(Ruling.WAIT, step, stretch), Verdict(Ruling.LEVEL, step, stretch, (stretch.index,))
    if not due(step):
        return wait
    if not stretch.lanes:  # a spare cell speaks only together with its neighbour
        return level if step.flat_s >= LEVEL_S else wait
    if max(parts(step)) < min(lane.min_step_g for lane in stretch.lanes):
        return level if step.flat_s >= LATEST_S else wait
    alone = weigh(gather(step, stretch, around))
    for other, neighbour, together in beside:
        if may_be_one(step, other):
            apart = _apart(alone, weigh(gather(other, neighbour, together), pairs=False))
            large, small = sorted(((step, stretch), (other, neighbour)), key=_place)
            one = _as_one(large, small, together, apart)
            if one is not None:
                return one
    told = normalise(alone)
    verdict = _rule(step, stretch, (stretch.index,), around.hands, told)
    if verdict is None and _real(told) <= LIKELY and step.flat_s >= settled_s(step, stretch, around):
        return level
    return verdict or wait


def _rule(
    step: Step, stretch: Stretch, resolved: tuple[int, ...], hands: Hands, told: list[Explanation]
) -> Verdict | None:
    """TOLD, or None while it is too early or nothing."""
    best = _best(told)
    if best is None or not ripe(step, _real(told), best[1]) or still_at_it(step, stretch, hands, best[0]):
        return None
    return Verdict(Ruling.TOLD, step, stretch, resolved, tuple(_say(move, told) for move in best[0]))


def _as_one(large: Part, small: Part, around: Around, apart: tuple[float, float]) -> Verdict | None:
    """One thing across the border explains both steps better than two (weight `apart`): the verdict on it, or WAIT
    while that is not ripe, or only a touch still speaks against it. None when two things do better. It lies where most
    of it lies."""
    (step, stretch), (other, neighbour) = large, small
    joined = one_stretch(stretch, neighbour)
    both = one_step(step, other, joined, stretch)
    single = [(m, w * STRADDLE / abs(both.delta_g)) for m, w in weigh(gather(both, joined, around)) if m]
    told = normalise([*single, ((), math.fsum(apart))])
    if _real(told) <= LIKELY:
        likelier = math.fsum(w for _, w in single) > apart[1]
        return Verdict(Ruling.WAIT, both, joined) if likelier and both.flat_s < LATEST_S else None
    resolved = (stretch.index, neighbour.index)
    return _rule(both, joined, resolved, around.hands, told) or Verdict(Ruling.WAIT, both, joined)


def _place(part: Part) -> tuple[bool, float]:
    """Something lies where most of it lies, but not on a cell without a lane."""
    step, stretch = part
    return not stretch.lanes, -abs(step.delta_g)


def _apart(one: list[Weighted], other: list[Weighted]) -> tuple[float, float]:
    """Weight of two things happening on two stretches at the same moment: at most one of them real, both real. That is
    rare, and rarer still by one visitor."""
    nothing, real = _by_visitor(one)
    other_nothing, other_real = _by_visitor(other)
    both = [
        (AT_ONCE_SAME if visitor == another else AT_ONCE) * weight * weight_there
        for visitor, weight in real.items()
        for another, weight_there in other_real.items()
    ]
    alone = nothing * (other_nothing + math.fsum(other_real.values())) + other_nothing * math.fsum(real.values())
    return alone, math.fsum(both)


def _by_visitor(weighted: list[Weighted]) -> tuple[float, dict[str | None, float]]:
    """Weight of nothing at all, and of what each visitor may have done."""
    real: dict[str | None, float] = {}
    for moves, weight in weighted:
        if moves:
            real[moves[0].visitor] = real.get(moves[0].visitor, 0.0) + weight
    return math.fsum(w for moves, w in weighted if not moves), real


def _real(told: list[Explanation]) -> float:
    """That something was taken or laid down, whatever it was."""
    return 1.0 - sum(e.probability for e in told if not e.moves)


Key = tuple[int, str, str | None, int | None, str | None]


def _key(move: Move) -> Key:
    return move.sign, move.lane, move.gtin, move.units, move.visitor


def _best(told: list[Explanation]) -> tuple[tuple[Move, ...], float] | None:
    """The most probable set of events: explanations that say the same (a stray, an own unit) add up."""
    mass: dict[tuple[Key, ...], float] = {}
    moves: dict[tuple[Key, ...], tuple[Move, ...]] = {}
    for explanation in told:
        if explanation.moves:
            keys = tuple(sorted((_key(m) for m in explanation.moves), key=repr))
            mass[keys] = mass.get(keys, 0.0) + explanation.probability
            moves.setdefault(keys, explanation.moves)
    if not mass:
        return None
    best = max(mass, key=lambda k: mass[k])
    return moves[best], mass[best]


def _say(move: Move, told: list[Explanation]) -> Said:
    """Confidence of one event: all explanations that contain it. Alternatives: what else could have been said."""
    mass: dict[Key, float] = {}
    seen: dict[Key, Move] = {}
    for explanation in told:
        for other in explanation.moves:
            key = _key(other)
            mass[key] = mass.get(key, 0.0) + explanation.probability
            seen.setdefault(key, other)
    mine = _key(move)
    rest = sorted(((p, k) for k, p in mass.items() if k != mine and k[0] == mine[0] and p >= 0.01), key=lambda x: -x[0])
    return Said(move, mass[mine], tuple((seen[k], p) for p, k in rest[:4]))
