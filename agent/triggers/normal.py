"""How likely each of several independent normal variables is the largest of them: by integration, not by sampling.

P(i is the largest) is the integral over z of the product of all other distribution functions, by F_i. It is summed
over one grid for all: nodes of each variable in its own deviations, merged and thinned, so that a narrow one among
broad ones is resolved as well. Scalar arithmetic in a fixed order: the same bits in every process.
Not here: what the variables stand for (bandit.py).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

REACH = 6.0  # deviations; beyond them lie 1e-9 of a variable
MOST_NODES, MOST_VALUES = 64, 4096  # of the merged grid: so many, or as many as make so many values of all variables;
# docs/decisions/bandit.md has what more would cost and bring
NODES_EACH = (13, 61)  # of each variable: many have few, for most of them are thinned out again
ROOT2 = math.sqrt(2.0)


def best_of(means: Sequence[float], deviations: Sequence[float]) -> list[float]:
    """P(the i-th is the largest), in order; together 1. Deviations are above 0."""
    pairs = list(zip(means, deviations, strict=True))
    lowest = max(mean - REACH * deviation for mean, deviation in pairs)
    may = [i for i, (mean, deviation) in enumerate(pairs) if mean + REACH * deviation > lowest]
    chances = [0.0] * len(pairs)
    if len(may) == 1:
        chances[may[0]] = 1.0
        return chances
    for i, share in zip(may, _shares([pairs[i] for i in may], lowest), strict=True):
        chances[i] = share
    return chances


def grid(pairs: Sequence[tuple[float, float]], lowest: float) -> list[float]:
    """The places to sum over, ascending: below the first the largest is not, above the last neither."""
    most = max(MOST_NODES, MOST_VALUES // len(pairs))
    each = min(max(NODES_EACH[0], 4 * most // len(pairs)), NODES_EACH[1])
    steps = [REACH * (2.0 * k / (each - 1) - 1.0) for k in range(each)]
    nodes = {mean + step * deviation for mean, deviation in pairs for step in steps}
    highest = max(mean + REACH * deviation for mean, deviation in pairs)
    inner = sorted(z for z in nodes if lowest < z < highest)
    if len(inner) > most:
        inner = [inner[(2 * k + 1) * len(inner) // (2 * most)] for k in range(most)]
    return [lowest, *inner, highest]


def _shares(pairs: Sequence[tuple[float, float]], lowest: float) -> list[float]:
    places = grid(pairs, lowest)
    below = [_below(places, mean, deviation) for mean, deviation in pairs]
    together = [1.0] * len(places)
    for row in below:
        together = [product * value for product, value in zip(together, row, strict=True)]
    shares = [_share(row, together) for row in below]
    total = math.fsum(shares)
    return [share / total for share in shares]


def _share(row: Sequence[float], together: Sequence[float]) -> float:
    """Trapezoids over F_i. On the grid F_i is never 0, for no place lies more than REACH below any mean. math.fsum is
    exact, so Python's own sum, which has changed with 3.12, has no say."""
    others = [product / value for product, value in zip(together, row, strict=True)]
    return 0.5 * math.fsum(
        (left + right) * (after - before)
        for left, right, before, after in zip(others, others[1:], row, row[1:], strict=False)
    )


def _below(places: Sequence[float], mean: float, deviation: float) -> list[float]:
    """The distribution function at every place."""
    scale, erf = 1.0 / (deviation * ROOT2), math.erf
    return [0.5 + 0.5 * erf((z - mean) * scale) for z in places]
