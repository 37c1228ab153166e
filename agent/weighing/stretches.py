"""Which cells each stretch of the shelf sums, and which names stretches have outside.

Channels are the cells and, behind them, one sum a stretch. Not here: what lies on them (weigher.py).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from agent.messages import Floats


class Stretches:
    """Constant. A cell is in at most one stretch."""

    def __init__(self, cells: int, stretches: Sequence[Sequence[int]], names: Sequence[int]) -> None:
        self.cells_of = [list(s) for s in stretches]
        self.names, self.at = list(names), {name: i for i, name in enumerate(names)}
        m = len(stretches)
        width = max((len(s) for s in stretches), default=0)
        # summed column by column: a fixed order gives the same bits everywhere
        self._columns = [
            np.array([s[k] if k < len(s) else cells for s in stretches], dtype=np.intp) for k in range(width)
        ]
        self.owner = np.full(cells, m, dtype=np.intp)  # stretch of each cell; m: none
        for i, s in enumerate(stretches):
            self.owner[list(s)] = i

    def __len__(self) -> int:
        return len(self.cells_of)

    def channels(self, i: int) -> list[int]:
        """Those of one stretch: its cells, then its sum."""
        return [*self.cells_of[i], len(self.owner) + i]

    def sums(self, cells: Floats) -> Floats:
        """`(n,)` a cell -> `(m,)` a stretch."""
        padded = np.append(cells, 0.0)
        total = np.zeros(len(self.cells_of))
        for column in self._columns:
            total = total + padded[column]
        return total

    def spread(self, marked: NDArray[np.bool_], *, others: bool) -> NDArray[np.bool_]:
        """`(m,)` a stretch -> `(n + m,)` a channel; `others`: of cells in no stretch."""
        found: NDArray[np.bool_] = np.append(marked, others)[np.append(self.owner, np.arange(len(self.cells_of)))]
        return found

    def gathered(self, cells: NDArray[np.bool_]) -> NDArray[np.intp]:
        """The stretches with a marked cell."""
        owners: NDArray[np.intp] = self.owner[cells]
        return owners[owners < len(self.cells_of)]
