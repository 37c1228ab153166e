"""What happened behind a hole in the stream: weight says how much in all, hands say when and how often.

Not here: what it was (judge.py).
"""

from __future__ import annotations

from dataclasses import replace

from agent.fusion.hands import Hands
from agent.fusion.judge import Said
from agent.shelf.planogram import Stretch
from agent.weighing.step import Step

AROUND_S = 0.3  # a hand is there a little before and after


def dated(step: Step, stretch: Stretch, said: tuple[Said, ...], hands: Hands) -> list[tuple[Step, Said]]:
    """Each event with the step at its moment: as it is, unless readings were missing in between."""
    if not step.across_gap:
        return [(step, one) for one in said]
    return [pair for one in said for pair in _behind(step, stretch, one, hands)]


def _behind(step: Step, stretch: Stretch, one: Said, hands: Hands) -> list[tuple[Step, Said]]:
    """Several units of a visitor who reached in as often are one each time."""
    visits = hands.visits(stretch, one.move.visitor, step.began - AROUND_S, step.settled)
    units = one.move.units or 1
    if units > 1 and len(visits) == units and one.move.stray is None and one.move.held is None:
        move = replace(one.move, units=1, mean_g=one.move.mean_g / units)
        return [(_at(step, visit), replace(one, move=move)) for visit in visits]
    nearest = hands.nearest(stretch, one.move.visitor, step.began, step.settled)
    return [(step if nearest is None else _at(step, nearest[0]), one)]


def _at(step: Step, moment: float) -> Step:
    return replace(step, fell=moment, rose=moment)
