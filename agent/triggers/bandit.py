"""Which of several contents: linear Thompson sampling, with the chance of each computed and not sampled.

Of each content the sums A (of x x^T) and b (of x where it ended in a pick) are known; its worth at x is normal with
mean x^T (A + I)^-1 b and deviation spread * sqrt(x^T (A + I)^-1 x). A content's chance is how likely it is the best
of all; a floor keeps every candidate possible. One draw out of that table chooses, so the chance that is logged is
the chance it had. Not here: the sums (learned.py), who draws (answers.py).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from agent.triggers.features import SIZE, Features
from agent.triggers.normal import best_of

PARTS = 1_000_000  # a table of chances is whole numbers that add up to this: nothing is lost in writing it down
LEAST_TOGETHER = 0.5  # of all choices, at most, are given to the floor: with 64 candidates 0.02 each would be all


@dataclass(frozen=True, slots=True)
class Posterior:
    """A + I = L L^T: `columns` of L^-1 (what lies above the diagonal left out), and `solved` = L^-1 b. As x is 0 or 1,
    L^-1 x is a sum of columns; its square is the variance, and can never come out below 0."""

    columns: tuple[tuple[float, ...], ...]
    solved: tuple[float, ...]

    @classmethod
    def of(cls, a: Sequence[int], b: Sequence[int]) -> Posterior:
        """From the sums, by Cholesky. Sums that no showings can give (no positive matrix) count as unknown."""
        rows: list[list[float]] = []
        for i in range(SIZE):
            row: list[float] = []
            for j in range(i):
                done = math.fsum(row[k] * rows[j][k] for k in range(j))
                row.append((a[i * (i + 1) // 2 + j] - done) / rows[j][j])
            left = a[i * (i + 1) // 2 + i] + 1.0 - math.fsum(value * value for value in row)
            if left < 0.5:  # of sums of x x^T it is never below 1
                return NOTHING
            rows.append([*row, math.sqrt(left)])
        columns = [_forward(rows, [0.0] * j + [1.0] + [0.0] * (SIZE - j - 1)) for j in range(SIZE)]
        return cls(tuple(tuple(column[j:]) for j, column in enumerate(columns)), tuple(_forward(rows, b)))

    def worth(self, x: Features) -> tuple[float, float]:
        """Mean, and deviation for a spread of 1."""
        y = [0.0] * SIZE
        for j in x:
            for i, value in enumerate(self.columns[j], j):
                y[i] += value
        mean = math.fsum(value * known for value, known in zip(y, self.solved, strict=True))
        return mean, math.sqrt(math.fsum(value * value for value in y))


def _forward(rows: Sequence[Sequence[float]], right: Sequence[float]) -> list[float]:
    """L y = right."""
    y: list[float] = []
    for i, row in enumerate(rows):
        y.append((right[i] - math.fsum(row[k] * y[k] for k in range(i))) / row[i])
    return y


NOTHING = Posterior(tuple((1.0,) + (0.0,) * (SIZE - j - 1) for j in range(SIZE)), (0.0,) * SIZE)


def table(known: Sequence[tuple[Posterior, Features]], spread: float, least: float) -> list[int]:
    """Chance of each candidate in millionths, together PARTS; none below `least` (or what is left of it)."""
    worths = [posterior.worth(x) for posterior, x in known]
    best = best_of([mean for mean, _ in worths], [spread * deviation for _, deviation in worths])
    floor = min(least, LEAST_TOGETHER / len(known))
    return millionths([floor + (1.0 - floor * len(known)) * chance for chance in best])


def millionths(chances: Sequence[float]) -> list[int]:
    """Rounded so that they add up: what is left goes to those that lost most by rounding down, the first among
    equals. The chances are rounded before: the last bits of a library's erf must not decide about equals."""
    whole = [int(round(chance * PARTS, 3)) for chance in chances]
    lost = [round(chance * PARTS, 3) - parts for chance, parts in zip(chances, whole, strict=True)]
    order = sorted(range(len(whole)), key=lambda i: (-lost[i], i))
    for i in order[: PARTS - sum(whole)]:
        whole[i] += 1
    return whole


def drawn(parts: Sequence[int], number: int) -> int:
    """The index that a whole number, evenly spread and far larger than PARTS, chooses."""
    left = number % PARTS
    for index, share in enumerate(parts):
        if left < share:
            return index
        left -= share
    raise ValueError(f"a table of chances adds up to {sum(parts)}, not {PARTS}")
