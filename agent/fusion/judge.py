"""Decides when a step is believed, and what is said of it.

A step is offered again and again while its level holds. Each time all explanations are weighed; it is believed as soon
as something real is far more probable than a passing touch, so a well-fitting bottle is told early and an odd weight
late. Not here: the explanations themselves (explain.py), what becomes of shelf and baskets (ledger.py).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from agent.fusion.explain import TOUCH_HAND_IN, TOUCH_HAND_OUT, TOUCH_UNKNOWN, Evidence, Explanation, explain, parts
from agent.fusion.hands import UNSEEN_LIKELIHOOD, Hands
from agent.fusion.moves import Move, ShelfState
from agent.shelf.planogram import Stretch
from agent.weighing.step import Step

EARLIEST_S = 0.13  # flat for less says nothing: three blocks
FEWEST_BLOCKS = 3  # a slow scale: two wild samples in a row do happen
SOONEST_S = 0.5  # after the steepest moment: soon enough for a screen, late enough for a good weight
SURE = 0.95  # that something real happened: then it is told
CLEAR = 0.8  # ... and it is clear what; otherwise a moment more may tell
CLEAR_WAIT_S = 0.4
LATEST_S = 1.0  # no touch stays this flat: whatever is more probable than not is told
LEVEL_S = 3.0  # a level that holds this long and means nothing is the new level all the same
BEFORE_S, AFTER_S = 0.4, 0.3  # around the steepest moment: a hand arrives before and leaves after
GAP_TOUCH = 10.0  # behind a hole in the stream a step is trusted that much less


class Ruling(Enum):
    """What to do with a step now."""

    WAIT = "wait"
    NOTHING = "nothing"  # the old level is back
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
    """`said` is empty unless the ruling is TOLD."""

    ruling: Ruling
    said: tuple[Said, ...] = ()


WAIT, LEVEL = Verdict(Ruling.WAIT), Verdict(Ruling.LEVEL)


def judge(step: Step, stretch: Stretch, hands: Hands, shelf: ShelfState, crosstalk_g: float) -> Verdict:
    """The verdict on `step` as it stands now."""
    if step.flat_s < EARLIEST_S or step.blocks < FEWEST_BLOCKS:
        return WAIT
    if max(parts(step)) < min(lane.min_step_g for lane in stretch.lanes):
        return LEVEL if step.flat_s >= LATEST_S else WAIT
    told = explain(gather(step, stretch, hands, crosstalk_g), shelf)
    real = 1.0 - sum(e.probability for e in told if not e.moves)
    best = _best(told)
    if best is None or not _ripe(step, real, best[1]):
        return LEVEL if step.flat_s >= LEVEL_S else WAIT
    return Verdict(Ruling.TOLD, tuple(_say(move, told) for move in best[0]))


def gather(step: Step, stretch: Stretch, hands: Hands, crosstalk_g: float) -> Evidence:
    """Step and hands side by side."""
    watched = hands.watched(step.now)
    nobody = {None: UNSEEN_LIKELIHOOD if watched else 1.0}

    def fits(moment: float, weight: Callable[[float], float]) -> dict[str | None, float]:
        if step.across_gap:
            since, until = step.began - BEFORE_S, step.settled
        else:
            since, until = moment - BEFORE_S, moment + AFTER_S
        position = _centre(step, weight)
        found = hands.likelihoods(stretch, position, since, until)
        return {v: p for v, p in sorted(found.items()) if p > 1e-4} | nobody

    everyone = hands.likelihoods(stretch, _centre(step, abs), step.began - AFTER_S, step.settled)
    hand_in = watched and hands.inside(stretch, step.now)
    touch = TOUCH_HAND_IN if hand_in else TOUCH_HAND_OUT if watched else TOUCH_UNKNOWN
    return Evidence(
        step=step,
        stretch=stretch,
        took=fits(step.fell, lambda g: max(-g, 0.0)),
        laid=fits(step.rose, lambda g: max(g, 0.0)),
        both={v: p for v, p in sorted(everyone.items()) if p > 1e-4} | nobody,
        touch=touch * (GAP_TOUCH if step.across_gap else 1.0),
        hand_in=hand_in,
        crosstalk_g=crosstalk_g,
    )


def _centre(step: Step, weight: Callable[[float], float]) -> float:
    """Middle of the change, in cells."""
    weights = [weight(g) for g in step.cells_g]
    total = sum(weights)
    if total <= 0.0:
        return 0.5 * (len(weights) - 1)
    return sum(i * w for i, w in enumerate(weights)) / total


def _ripe(step: Step, real: float, clear: float) -> bool:
    if step.now - max(step.fell if step.delta_g < 0 else step.rose, step.began) < SOONEST_S:
        return False
    if real >= SURE:
        return clear >= CLEAR or step.flat_s >= CLEAR_WAIT_S
    return real > 0.5 and step.flat_s >= LATEST_S


Key = tuple[int, str, str | None, int | None, str | None]


def _key(move: Move) -> Key:
    return move.sign, move.lane, move.gtin, move.units, move.visitor


def _best(told: list[Explanation]) -> tuple[tuple[Move, ...], float] | None:
    """The most probable set of events: explanations that say the same (a stray or an own unit of one product) add up."""
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
    """Confidence of one event: all explanations that contain it. Alternatives: the rest of what could have been said."""
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
