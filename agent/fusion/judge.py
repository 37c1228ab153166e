"""Decides when a step is believed, and what is said of it.

A step is offered again and again while its level holds. Each time all explanations are weighed; it is believed as soon
as something real is far more probable than a passing touch, so a well-fitting bottle is told early and an odd weight
late. Not here: the explanations themselves (explain.py), what becomes of shelf and baskets (ledger.py).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from agent.fusion.evidence import Around, gather, trembles
from agent.fusion.explain import Explanation, Weighted, normalise, parts, tail_g, weigh
from agent.fusion.hands import Hands
from agent.fusion.moves import Move
from agent.fusion.straddle import may_be_one, one_step, one_stretch
from agent.shelf.planogram import Stretch
from agent.weighing.step import Step

EARLIEST_S, LATE_S = 0.18, 0.8  # flat for less says little; three blocks must do when the step is older than this
FEWEST_BLOCKS = 3  # a slow scale: two wild samples in a row do happen
SOONEST_S, STEADY_S = 0.5, 0.35  # after the steepest moment, unless at rest for so long: late enough for a good weight
VAGUE, VAGUE_G = 0.06, 1.0  # a level more uncertain than this waits, unless it is sure what it means
SURE = 0.95  # that something real happened: then it is told
LIKELY = 0.5  # ... or this, once it has been at rest for long
CLEAR = 0.8  # ... and it is clear what; otherwise a moment more may tell
CLEAR_WAIT_S = 0.4
WAIT_MOST_S = 0.85  # after the steepest moment
HAND_WAIT_S = 3.0  # a hand that stays longer does not lift and set back any more
LATEST_S = 1.0  # no touch stays this flat: whatever is more probable than not is told
LEVEL_S = 3.0  # a level that holds this long and means nothing is the new level all the same
LEANT_S = 20.0  # ... unless the whole board bears a load that trembles, as bodies do
MOST_TAIL, TAIL_S = 0.3, 0.3  # of what was just told: a hand's last grams leave it
MOST_CROSSTALK = 0.05  # of a neighbour's step (measured: 1.7 %)
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
    if not _due(step):
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
    if verdict is None and _real(told) <= LIKELY and step.flat_s >= _settled_s(step, around):
        return level
    return verdict or wait


def _settled_s(step: Step, around: Around) -> float:
    """How long a level without meaning must hold before it is the level."""
    if 0.0 < step.delta_g * around.next_door_g < MOST_CROSSTALK * around.next_door_g**2:
        return LATEST_S  # felt from next door: it stays so
    if 0.0 < -step.delta_g * around.just_told_g < MOST_TAIL * around.just_told_g**2:
        return TAIL_S  # what was told comes to rest: the next step must find the right level
    if (around.lean_g != 0.0 or around.leaning) and trembles(step):
        return LEANT_S  # a body: the load goes again, and then the old level must still be known
    return LEVEL_S


def _due(step: Step) -> bool:
    """Late enough to say something, and not too often for a level that stays unclear?"""
    age = step.now - _moment(step)
    soon = age < SOONEST_S - 1e-9 and step.flat_s < STEADY_S
    if step.blocks < FEWEST_BLOCKS or soon or (step.flat_s < EARLIEST_S and age < LATE_S):
        return False
    return step.flat_s < LATEST_S or step.blocks % 2 == 0


def _rule(
    step: Step, stretch: Stretch, resolved: tuple[int, ...], hands: Hands, told: list[Explanation]
) -> Verdict | None:
    """TOLD, or None while it is too early or nothing."""
    best = _best(told)
    if best is None or not _ripe(step, _real(told), best[1]) or _still_at_it(step, stretch, hands, best[0]):
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


def _ripe(step: Step, real: float, clear: float) -> bool:
    age = step.now - _moment(step)
    if _vague(step) and clear < SURE and age < WAIT_MOST_S:
        return False
    if real >= SURE:
        return clear >= CLEAR or step.flat_s >= CLEAR_WAIT_S or age >= WAIT_MOST_S
    return real > LIKELY and step.flat_s >= LATEST_S


def _vague(step: Step) -> bool:
    return step.sigma_g + tail_g(step) > VAGUE * abs(step.delta_g) + VAGUE_G


def _still_at_it(step: Step, stretch: Stretch, hands: Hands, moves: tuple[Move, ...]) -> bool:
    """The hand that is said to have done it is still there: it may be pressing, or lift and set back."""
    if step.now - _moment(step) >= HAND_WAIT_S:
        return False
    inside = hands.inside(stretch, step.now)
    return any(move.visitor in inside for move in moves)


def _moment(step: Step) -> float:
    return max(step.fell if step.delta_g < 0 else step.rose, step.began)


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
