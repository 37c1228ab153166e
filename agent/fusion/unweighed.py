"""Tells of lanes whose scale is silent what the camera saw of them: containers gone or come after a hand was there.

Less sure than with the weight: goods hide behind one another, and what was taken is only known by its place.
Not here: counting (sights.py), what the weight says (judge.py).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from agent.fusion.hands import Hands
from agent.fusion.judge import Said
from agent.fusion.moves import ITEM_SIGMA, Move
from agent.fusion.sights import Sights
from agent.messages import Snapshot
from agent.shelf.planogram import Planogram, Stretch
from agent.weighing.step import Step

SURE = 0.75  # that a count which changed after a hand was there means goods taken or laid down
SURE_OF_SEVERAL = 0.5  # ... and as many as that
HAND_BEFORE_S, HAND_AFTER_S = 5.0, 0.5  # of the first look at the new count: the hand was there
LEAST_OF_VISITOR = 0.01  # less is no alternative


@dataclass(frozen=True, slots=True)
class Sighting:
    """One change that was seen. `step` carries its times, and the weight it should have had."""

    stretch: Stretch
    step: Step
    said: Said


class Unweighed:
    """The last count of every silent stretch that is accounted for."""

    def __init__(self, planogram: Planogram) -> None:
        self._stretches = [s for s in planogram.stretches if s.box is not None and s.lanes]
        self._counts: dict[int, int] = {}

    def look(self, t: float, sights: Sights, hands: Hands, silent: Callable[[Stretch], bool]) -> Iterator[Sighting]:
        """What has become clear with the frame at `t`, on stretches that are `silent`."""
        for stretch in self._stretches:
            level = sights.level(stretch.index)
            if not silent(stretch) or level is None:
                self._counts.pop(stretch.index, None)
                continue
            count, since = level
            change = count - self._counts.setdefault(stretch.index, count)
            if change:
                self._counts[stretch.index] = count
                yield from _sighting(stretch, change, since, t, hands)

    def snapshot(self) -> Snapshot:
        """Plain values."""
        return {"counts": [[index, count] for index, count in self._counts.items()]}

    def restore(self, state: Snapshot) -> None:
        """What `snapshot` gave for the same planogram."""
        self._counts = {index: count for index, count in state["counts"]}


def _sighting(stretch: Stretch, change: int, since: float, now: float, hands: Hands) -> Iterator[Sighting]:
    """Nothing where no hand was: then something stood in the way, or does no more."""
    begin, end = since - HAND_BEFORE_S, since + HAND_AFTER_S
    stays = {v: stays for v in hands.present(now, now - begin) if (stays := hands.visits(stretch, v, begin, end))}
    if not stays:
        return
    last = max(max(times) for times in stays.values())
    sign, units = (1 if change > 0 else -1), abs(change)
    shares = _shares(stretch, sign, stays, hands, now)
    sure = SURE if units == 1 else SURE_OF_SEVERAL
    moves = sorted(((_move(stretch, sign, units, v), sure * share) for v, share in shares.items()), key=lambda m: -m[1])
    others = tuple((move, p) for move, p in moves[1:] if p >= LEAST_OF_VISITOR)
    step = _step(stretch, moves[0][0], last, since, now)
    yield Sighting(stretch, step, Said(moves[0][0], moves[0][1], others))


def _shares(
    stretch: Stretch, sign: int, stays: Mapping[str, list[float]], hands: Hands, now: float
) -> Mapping[str, float]:
    """Whose it was: every hand that was there alike, but for what was seen in it."""
    weights = {}
    for visitor in sorted(stays):
        grip = hands.grips.around(stretch, max(stays[visitor]), now).get(visitor)
        weights[visitor] = 1.0 if grip is None else grip.fits(sign, None)
    total = math.fsum(weights.values())
    return {visitor: weight / total for visitor, weight in weights.items()}


def _move(stretch: Stretch, sign: int, units: int, visitor: str) -> Move:
    """Of a stretch that two products share, nobody knows which it was."""
    lane = stretch.lanes[0]
    gtin = lane.product.gtin if len(stretch.lanes) == 1 else None
    unit_g = lane.product.unit_g or 0.0
    mean_g = units * unit_g
    known = units if lane.product.unit_g is not None else None
    return Move(sign, lane.name, gtin, known, mean_g, ITEM_SIGMA * mean_g, SURE, visitor)


def _step(stretch: Stretch, move: Move, moment: float, since: float, now: float) -> Step:
    cells = tuple(move.sign * move.mean_g / len(stretch.cells) for _ in stretch.cells)
    return Step(
        stretch=stretch.index,
        delta_g=move.sign * move.mean_g,
        sigma_g=move.sigma_g,
        cells_g=cells,
        cell_sigma_g=move.sigma_g,
        rough_g=0.0,
        rest_g=0.0,
        blocks=1,
        began=moment,
        fell=moment,
        rose=moment,
        settled=since,
        now=now,
        across_gap=False,
    )
