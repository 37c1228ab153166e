"""What simulated eyes see in a hand: whether it holds something, and which product, as wrong as real eyes are.

A look errs in two ways: for a whole stay, because of the angle or a sleeve, and from frame to frame.
Not here: where hands are (hands.py).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from tools.bench.hands import Floats, Look, Visitor

BEFORE_S, AFTER_S = 0.4, 0.6  # a thing is in the hand this long before the reach begins and after it ends


@dataclass(frozen=True, slots=True)
class Sight:
    """How good the eyes are. Errors `_of_stays` last for one stay, the others for one frame."""

    held_wrong_of_stays: float = 0.10
    held_wrong: float = 0.12
    product_read: float = 0.6  # of the frames with something in the hand; 0: there is no product model
    product_wrong_of_stays: float = 0.12

    def looker(self, gtins: Iterable[str], rng: np.random.Generator) -> Look:
        """What `tracks` asks; `gtins`: the products that the model knows."""
        known = sorted(gtins)

        def look(visitor: Visitor, hand: int, t_s: Floats) -> list[tuple[float | None, str | None]]:
            holds = _holds(visitor, hand, t_s)
            misread = {gtin: known[int(rng.integers(len(known)))] for gtin in {h for h in holds if h}}
            wrong = self._wrong(visitor, hand, t_s, rng)
            seen: list[tuple[float | None, str | None]] = []
            for holding, (full_wrong, read_wrong) in zip(holds, wrong, strict=True):
                full = (holding is not None) ^ full_wrong ^ (rng.random() < self.held_wrong)
                reads = full and holding and rng.random() < self.product_read
                gtin = (misread[holding] if read_wrong else holding) if reads and holding else None
                seen.append((0.85 if full else 0.1, gtin))
            return seen

        return look

    def _wrong(self, visitor: Visitor, hand: int, t_s: Floats, rng: np.random.Generator) -> list[tuple[bool, bool]]:
        """For each frame: is the look wrong for the whole stay, and is the reading?"""
        wrong = [(False, False)] * len(t_s)
        for reach in visitor.reaches:
            middle = 0.5 * (reach.times_s[1] + reach.times_s[2])
            for since, until in ((reach.times_s[0] - BEFORE_S, middle), (middle, reach.times_s[3] + AFTER_S)):
                full, read = rng.random() < self.held_wrong_of_stays, rng.random() < self.product_wrong_of_stays
                if reach.hand == hand:
                    for i in range(*np.searchsorted(t_s, (since, until))):
                        wrong[i] = (full, read)
        return wrong


def _holds(visitor: Visitor, hand: int, t_s: Floats) -> list[str | None]:
    """What is in the hand at each time: None for nothing."""
    holds: list[str | None] = [None] * len(t_s)
    for reach in visitor.reaches:
        if reach.hand != hand:
            continue
        moment = 0.5 * (reach.times_s[1] + reach.times_s[2]) if reach.takes is None else reach.times_s[2] - 0.1
        spans = ((reach.times_s[0] - BEFORE_S, moment, reach.brings), (moment, reach.times_s[3] + AFTER_S, reach.takes))
        for since, until, what in spans:
            if what is not None:
                begin, end = np.searchsorted(t_s, (since, until))
                holds[begin:end] = [what] * (end - begin)
    return holds
