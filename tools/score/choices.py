"""One hash of many tables of chances, to be compared between processors: `python -m tools.score.choices`.

What is chosen for the strip must be the same wherever a recording is replayed, and it hangs on square roots and on a
library's erf. The sums are drawn with whole numbers alone. Not here: whether the choices are good (tools/bench/bandit).
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator

from agent.triggers.bandit import Posterior, table
from agent.triggers.features import SIZE, Features

TABLES = 1_500
MOST_CANDIDATES = 8
SPREADS = (0.05, 0.2, 0.5, 2.0)
LEAST = 0.02


def numbers(seed: int) -> Iterator[int]:
    """Whole numbers below 2^31, the same everywhere. Source: MMIX's generator, D. E. Knuth."""
    state = seed
    while True:
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        yield state >> 33


def some_features(draw: Iterator[int]) -> Features:
    """`always`, and each of the others in one of three cases."""
    return (0, *(j for j in range(1, SIZE) if next(draw) % 3 == 0))


def sums(draw: Iterator[int]) -> tuple[list[int], list[int]]:
    """What a content may have gathered in up to 400 showings."""
    a, b = [0] * (SIZE * (SIZE + 1) // 2), [0] * SIZE
    for _ in range(next(draw) % 400):
        x, picked = some_features(draw), next(draw) % 5 == 0
        for i in x:
            b[i] += picked
            for j in (j for j in x if j <= i):
                a[i * (i + 1) // 2 + j] += 1
    return a, b


def digest(tables: int = TABLES) -> str:
    """Over all tables."""
    draw, said = numbers(1), hashlib.sha256()
    known = [Posterior.of(*sums(draw)) for _ in range(40)]
    for _ in range(tables):
        count = 1 + next(draw) % MOST_CANDIDATES
        chosen = [(known[next(draw) % len(known)], some_features(draw)) for _ in range(count)]
        said.update(repr(table(chosen, SPREADS[next(draw) % len(SPREADS)], LEAST)).encode())
    return said.hexdigest()


def main() -> int:
    """Prints the number of tables and the hash."""
    print(f"choices {TABLES} {digest()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
