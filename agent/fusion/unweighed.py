"""Tells of lanes whose scale is silent what the camera saw of them: containers gone or come while a hand was there.

Less sure than with the weight, and slower: goods hide behind arms, bodies and each other, so a new count must last, its
change must fall into the stay of a hand, and several lanes that change at once have something before them, or no light.
Not here: counting (sights.py), what the weight says (judge.py).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from agent.fusion.hands import Hands
from agent.fusion.judge import Said
from agent.fusion.moves import ITEM_SIGMA, Move
from agent.fusion.sights import Level, Sights
from agent.messages import Snapshot
from agent.shelf.planogram import Planogram, Stretch
from agent.weighing.step import Step

SURE = 0.75  # that a count which changed after a hand was there means goods taken or laid down
SURE_OF_SEVERAL = 0.5  # ... and as many as that
LASTS_S, LOOKED_S = 1.5, 0.8  # a new count is believed, looked at for so long: arms and passers-by hide goods for less
HAND_SLACK_S = 0.4  # a hand was there between the last look at the old count and the first at the new, give or take
AT_ONCE_S = 0.8  # two lanes that change within this time: something stands before both
FRESH_S = 10.0  # a count last confirmed longer ago says nothing; an empty shelf is looked at every 5 s
MOST_UNITS = 2  # of one hand; when more vanish or appear, something went before them
HIDDEN_S = 30.0  # whatever stands in the way for longer than this is how it is now
LEAST_OF_VISITOR = 0.01  # less is no alternative


@dataclass(frozen=True, slots=True)
class Sighting:
    """One change that was seen. `step` carries its times, and the weight it should have had."""

    stretch: Stretch
    step: Step
    said: Said


class Unweighed:
    """The count of every silent stretch that is accounted for, and until when the scale has spoken for it."""

    def __init__(self, planogram: Planogram) -> None:
        self._stretches = [s for s in planogram.stretches if _countable(s)]
        self._counts: dict[int, int] = {}
        self._weighed: dict[int, float] = {}

    def look(self, t: float, sights: Sights, hands: Hands, silent: Callable[[Stretch], bool]) -> Iterator[Sighting]:
        """What has become clear with the frame at `t`, on stretches that are `silent`."""
        changed: list[tuple[Stretch, Level]] = []
        for stretch in self._stretches:
            level = self._known(stretch.index, t, sights)
            if level is None or not silent(stretch):
                self._counts.pop(stretch.index, None)
            elif level.count != self._counts.setdefault(stretch.index, level.count):
                changed.append((stretch, level))
        for stretch, level in changed:
            if t - level.since >= HIDDEN_S:
                self._counts[stretch.index] = level.count
                continue
            change = level.count - self._counts[stretch.index]
            if abs(change) <= MOST_UNITS and _lasts(level, t) and not _hidden(level, changed):
                self._counts[stretch.index] = level.count
                yield from _sighting(stretch, change, level, t, hands)

    def weighed(self, stretch: int, t: float) -> None:
        """The scale has told of this stretch: what was seen before says nothing about how many stand there now."""
        self._weighed[stretch] = t
        self._counts.pop(stretch, None)

    def forget(self) -> None:
        """What stands there now is how it is: the eyes were away, or somebody else worked on the shelf."""
        self._counts.clear()

    def _known(self, stretch: int, t: float, sights: Sights) -> Level | None:
        level = sights.level(stretch)
        if level is None or t - level.seen > FRESH_S or level.seen <= self._weighed.get(stretch, -math.inf):
            return None
        return level

    def snapshot(self) -> Snapshot:
        """Plain values."""
        counts = [[index, count] for index, count in self._counts.items()]
        return {"counts": counts, "weighed": [[index, t] for index, t in self._weighed.items()]}

    def restore(self, state: Snapshot) -> None:
        """What `snapshot` gave for the same planogram."""
        self._counts = {index: count for index, count in state["counts"]}
        self._weighed = {index: t for index, t in state["weighed"]}


def _countable(stretch: Stretch) -> bool:
    """One product of a known weight: what is gone must be expected to be missing when the scale speaks again, and of
    two products nobody would know which it was."""
    return stretch.box is not None and len(stretch.lanes) == 1 and stretch.lanes[0].product.unit_g is not None


def _lasts(level: Level, t: float) -> bool:
    return t - level.since >= LASTS_S and level.seen - level.since >= LOOKED_S


def _hidden(mine: Level, changed: Sequence[tuple[Stretch, Level]]) -> bool:
    """Did another stretch change at the same time?"""
    return sum(abs(level.since - mine.since) <= AT_ONCE_S for _, level in changed) > 1


def _sighting(stretch: Stretch, change: int, level: Level, now: float, hands: Hands) -> Iterator[Sighting]:
    """Nothing where no hand was there while it changed: then something stood in the way, or does no more."""
    begin, end = level.before - HAND_SLACK_S, level.since + HAND_SLACK_S
    stays = {v: stays for v in hands.present(now, now - begin) if (stays := hands.visits(stretch, v, begin, end))}
    if not stays:
        return
    last = max(max(times) for times in stays.values())
    sign, units = (1 if change > 0 else -1), abs(change)
    shares = _shares(stretch, sign, stays, hands, now)
    sure = SURE if units == 1 else SURE_OF_SEVERAL
    moves = sorted(((_move(stretch, sign, units, v), sure * share) for v, share in shares.items()), key=lambda m: -m[1])
    others = tuple((move, p) for move, p in moves[1:] if p >= LEAST_OF_VISITOR)
    step = _step(stretch, moves[0][0], last, level.since, now)
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
    lane = stretch.lanes[0]
    mean_g = units * (lane.product.unit_g or 0.0)
    return Move(sign, lane.name, lane.product.gtin, units, mean_g, ITEM_SIGMA * mean_g, SURE, visitor)


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
