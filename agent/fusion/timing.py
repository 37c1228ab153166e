"""When a step is believed: how long its level must hold before it is told, or taken for the level.

Too early is wrong too often, too late is of no use at the shelf. Not here: what the step means (judge.py).
"""

from __future__ import annotations

from agent.fusion.evidence import Around, trembles
from agent.fusion.explain import tail_g
from agent.fusion.hands import Hands
from agent.fusion.moves import Move
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


def due(step: Step) -> bool:
    """Late enough to say something, and not too often for a level that stays unclear?"""
    age = step.now - step.moment
    soon = age < SOONEST_S - 1e-9 and step.flat_s < STEADY_S
    if step.blocks < FEWEST_BLOCKS or soon or (step.flat_s < EARLIEST_S and age < LATE_S):
        return False
    return step.flat_s < LATEST_S or step.blocks % 2 == 0


def ripe(step: Step, real: float, clear: float) -> bool:
    """Is it time to tell? `real`: the probability that something was taken or laid down; `clear`: that it was this."""
    age = step.now - step.moment
    if _vague(step) and clear < SURE and age < WAIT_MOST_S:
        return False
    if real >= SURE:
        return clear >= CLEAR or step.flat_s >= CLEAR_WAIT_S or age >= WAIT_MOST_S
    return real > LIKELY and step.flat_s >= LATEST_S


def _vague(step: Step) -> bool:
    return step.sigma_g + tail_g(step) > VAGUE * abs(step.delta_g) + VAGUE_G


def still_at_it(step: Step, stretch: Stretch, hands: Hands, moves: tuple[Move, ...]) -> bool:
    """The hand that is said to have done it is still there: it may be pressing, or lift and set back."""
    if step.now - step.moment >= HAND_WAIT_S:
        return False
    inside = hands.inside(stretch, step.now)
    return any(move.visitor in inside for move in moves)


def settled_s(step: Step, stretch: Stretch, around: Around) -> float:
    """How long a level without meaning must hold before it is the level."""
    if 0.0 < step.delta_g * around.next_door_g < MOST_CROSSTALK * around.next_door_g**2:
        return LATEST_S  # felt from next door: it stays so
    tail = 0.0 < -step.delta_g * around.just_told_g < MOST_TAIL * around.just_told_g**2
    if tail and not around.hands.inside(stretch, step.now):
        return TAIL_S  # what was told comes to rest: the next step must find the right level
    if (around.lean_g != 0.0 or around.leaning) and trembles(step):
        return LEANT_S  # a body: the load goes again, and then the old level must still be known
    return LEVEL_S
