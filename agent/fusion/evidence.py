"""Everything that speaks about one step, side by side: weight, cells, hands, strays, the neighbours' shaking.

Not here: what follows from it (explain.py).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from agent.fusion.grip import Grip
from agent.fusion.hands import MEMORY_S, Hands, Position
from agent.fusion.moves import ShelfState
from agent.shelf.contents import Stray
from agent.shelf.planogram import Stretch
from agent.weighing.step import Motion, Step

AT_ONCE_S = 0.2  # two who act at once are both there within this
BEFORE_S, AFTER_S = 0.4, 0.3  # around the steepest moment: a hand arrives before and leaves after
ALONE_S = 4.0  # nobody was seen for this long: what comes now is staff's, behind the camera's back
UNDER_HAND_CELLS, UNDER_HAND_SHARE, UNDER_HAND_LEAST = 1.0, 0.3, 0.1  # of the change, for one of two
MOST_VISITORS = 6  # hands at one lane that are thought of
LEAST = 1e-4  # a hand that fits worse was not there
TOUCH_HAND_IN, TOUCH_HAND_OUT = 1.5, 0.08  # touches for each pick: with a hand in the lane now, with none
TOUCH_UNKNOWN = 0.3  # ... where no tracker looks, or one that misses hands sees none
TOUCH_S, TOUCH_HELD_S = 0.12, 0.2  # a touch stays flat about this long; while a hand may still be in the lane
LEAN_LEAST_G = 4.0  # what a lane must feel to count
LEANING, TOGETHER_S = 2, 0.6  # two more lanes that begin to move within this time: no coincidence of hands
NO_HAND = 0.1  # ... one more will do where no hand fits better than this
TOUCH_LEANING, TOUCH_LEANING_S = 60.0, 5.0  # a body leaning on the board, for seconds
TREMBLES, TOUCH_STIFF_S = 1.5, 0.6  # times the roughness of a shelf that nobody touches; no body is stiffer for long
GAP_TOUCH = 10.0  # behind a hole in the stream a step is trusted that much less

Fits = Mapping[str | None, float]  # visitor -> likelihood of the hands; None: somebody who was not seen


@dataclass(frozen=True, slots=True)
class Around:
    """What is known when a step is explained."""

    hands: Hands
    shelf: ShelfState
    strays: tuple[Stray, ...]  # that lie on the stretch (and its neighbour, where both are seen as one)
    crosstalk_g: float  # largest change on the same board at the same time, negative when something left
    next_door_g: float  # the largest that was told of it
    leaning: int  # other stretches of the board that moved the same way at the same time
    lean_g: float  # what a body leaning on the board adds to each stretch right now
    just_told_g: float  # told of this very stretch a moment before
    levelled_g: float  # taken for its level without meaning, not long ago
    seen: int | None = None  # by how many containers the stretch is seen to have changed; None: nobody looked


@dataclass(frozen=True, slots=True)
class Evidence:
    """One step with all that speaks about it."""

    step: Step
    stretch: Stretch
    took: Fits  # had they taken
    laid: Fits  # had they laid something down
    both: Fits  # anywhere in the lane at the very moment
    grips: Mapping[str, Grip]  # what their hands held before and after, where somebody looked
    lingering: frozenset[str]  # of those, whose hand was there long before or still is
    touch: float  # prior of a passing touch
    touch_s: float  # how long a touch stays flat
    alone: bool  # a tracker is there and has seen nobody for a while
    around: Around


def shares_load(step: Step, other: Motion) -> bool:
    """Is another stretch pushed the same way since the same moment, as when somebody leans on both? Behind a hole in
    the stream all that happened in it seems to have begun at once: that says nothing."""
    if step.across_gap or abs(other.away_g) < LEAN_LEAST_G or other.away_g * step.delta_g <= 0.0:
        return False  # a step of 0 g, as scales that speak whole grams give, shares nothing
    if not 0.1 < other.away_g / step.delta_g < 10.0:
        return False
    moments = (step.fell, other.fell) if step.delta_g < 0 else (step.rose, other.rose)
    return any(abs(mine - its) < TOGETHER_S for mine, its in ((step.began, other.began), moments))


def common_load(away_g: Sequence[float]) -> float:
    """Grams that at least three stretches of a board feel alike: the median of those in motion, 0 where they differ."""
    felt = sorted(g for g in away_g if abs(g) >= LEAN_LEAST_G)
    if len(felt) <= LEANING or felt[0] * felt[-1] <= 0.0:
        return 0.0
    return felt[len(felt) // 2]


def gather(step: Step, stretch: Stretch, around: Around) -> Evidence:
    """Step and hands side by side."""
    hands = around.hands
    both = _both(step, stretch, hands)
    lingering = frozenset(v for v in both if v is not None and hands.lingers(stretch, v, step.moment, step.now))
    took = _fits(step, stretch, hands, step.fell, lambda g: max(-g, 0.0))
    laid = _fits(step, stretch, hands, step.rose, lambda g: max(g, 0.0))
    no_hand = hands.watched and hands.eyes.all_hands and max((took if step.delta_g < 0 else laid).values()) < NO_HAND
    leans = around.leaning >= (1 if no_hand else LEANING)
    touch, touch_s = _touch(hands, bool(hands.inside(stretch, step.now)), leans, trembles(step))
    return Evidence(
        step=step,
        stretch=stretch,
        took=took,
        laid=laid,
        both=both,
        grips=hands.grips.around(stretch, step.moment, step.now),
        lingering=lingering,
        touch=touch * (GAP_TOUCH if step.across_gap else 1.0),
        touch_s=touch_s,
        alone=hands.watched and not hands.present(step.now, within_s=ALONE_S),
        around=around,
    )


def trembles(step: Step) -> bool:
    """Is the level as restless as a body is, and goods are not?"""
    return step.rough_g > TREMBLES * step.rest_g


def _touch(hands: Hands, hand_in: bool, leans: bool, trembling: bool) -> tuple[float, float]:
    """Prior of a passing touch, and how long one stays flat."""
    if leans:
        return TOUCH_LEANING, TOUCH_LEANING_S if trembling else TOUCH_STIFF_S
    if hand_in:
        return TOUCH_HAND_IN, TOUCH_HELD_S
    known = hands.watched and hands.eyes.all_hands
    return (TOUCH_HAND_OUT, TOUCH_S) if known else (TOUCH_UNKNOWN, TOUCH_HELD_S)


def _fits(step: Step, stretch: Stretch, hands: Hands, moment: float, weight: Callable[[float], float]) -> Fits:
    """Of every visitor, around `moment`; behind a hole in the stream, during all of it."""
    if step.across_gap:
        since, until = step.began - AFTER_S, step.settled
    else:
        since, until = moment - BEFORE_S, moment + AFTER_S
    frames = hands.at(stretch, _centre(step, weight), since, until)
    return _known({v: _over_time(step, fits) for v, fits in frames.items()}, _nobody(step, hands))


def _both(step: Step, stretch: Stretch, hands: Hands) -> Fits:
    """Of every visitor, anywhere in the lane, right at the moment: two who act at once have each a place of its own.
    Squared, for to come near or by is not to take: one who takes is in the lane for most of this time."""
    since, until = step.moment - AT_ONCE_S, step.moment + AT_ONCE_S
    if step.across_gap:
        since, until = step.began, step.settled
    found: dict[str, float] = {}
    for v, fits in hands.inside_of(stretch, since, until).items():
        found[v] = _over_time(step, fits) ** 2 * _felt(step, stretch, hands.nearest(stretch, v, since, until))
    return _known(found, _nobody(step, hands))


def _over_time(step: Step, fits: Sequence[float]) -> float:
    """A hand that takes is there for most of the time, one that passes by is not. Behind a hole in the stream, which is
    longer than any reach, the best moment counts."""
    return max(fits) if step.across_gap else math.fsum(fits) / len(fits)


def _felt(step: Step, stretch: Stretch, hand: Position | None) -> float:
    """Did the cells near this hand change? Of two who take one each, each finds part of the change under the hand."""
    total = sum(abs(g) for g in step.cells_g)
    if hand is None or stretch.box is None or total <= 0.0:
        return 1.0
    plate_m = (stretch.box.right - stretch.box.left) / len(step.cells_g)
    at = (hand[1] - stretch.box.left) / plate_m - 0.5
    under = sum(abs(g) for i, g in enumerate(step.cells_g) if abs(i - at) <= UNDER_HAND_CELLS)
    return max(min(under / (UNDER_HAND_SHARE * total), 1.0), UNDER_HAND_LEAST)


def _nobody(step: Step, hands: Hands) -> float:
    """Likelihood of somebody who was not seen, or is not remembered: behind a hole that is longer than memory anybody
    may have been there."""
    forgotten = step.across_gap and step.settled - step.began > MEMORY_S
    return hands.eyes.unseen if hands.watched and not forgotten else 1.0


def _known(found: Mapping[str, float], nobody: float) -> Fits:
    nearest = sorted(sorted(found), key=lambda v: -found[v])[:MOST_VISITORS]
    return {v: found[v] for v in sorted(nearest) if found[v] > LEAST} | {None: nobody}


def _centre(step: Step, weight: Callable[[float], float]) -> float:
    """Middle of the change, in cells."""
    weights = [weight(g) for g in step.cells_g]
    total = sum(weights)
    if total <= 0.0:
        return 0.5 * (len(weights) - 1)
    return sum(i * w for i, w in enumerate(weights)) / total
