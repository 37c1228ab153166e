"""How well the changes of the single cells fit what is said to have been taken or laid down.

Not here: how well the weight fits (explain.py).
"""

from __future__ import annotations

import math

from agent.fusion.evidence import Evidence
from agent.fusion.moves import Move
from agent.weighing.step import Step


def place(e: Evidence, moves: tuple[Move, ...]) -> float:
    """How well the changes of the single cells fit. A stray's place is known, own goods may stand on any cell."""
    cells = len(e.step.cells_g)
    if cells == 1:
        return 1.0
    came, went = parts(e.step)
    penalty = 0.0
    laid = sum(m.mean_g for m in moves if m.sign > 0)
    taken = sum(m.mean_g for m in moves if m.sign < 0)
    if not any(m.broad for m in moves):
        penalty += _hidden(came, laid) + _hidden(went, taken)
    elif min(came, went) > 0.0:
        penalty += 2.0
    bonus = _at_home(e, moves)
    if len(moves) == 1 and moves[0].stray is not None:
        stray = moves[0].stray
        shares = dict(stray.shares)
        off = sum(
            abs(d + stray.weight_g * shares.get(c, 0.0)) for d, c in zip(e.step.cells_g, e.stretch.cells, strict=True)
        )
        bonus += math.log(cells) - min(0.5 * (off / (0.2 * stray.weight_g + 2.0 * e.step.cell_sigma_g)) ** 2, 5.0)
    return math.exp(bonus - min(penalty, 8.0))


def _at_home(e: Evidence, moves: tuple[Move, ...]) -> float:
    """Goods across a border stand mostly where they belong (log of their share there, cubed)."""
    if len(e.stretch.borders) < 2:
        return 0.0
    log = 0.0
    for move in moves:
        columns = e.stretch.borders.get(move.lane, e.stretch.cells)
        mine = sum(abs(d) for d, c in zip(e.step.cells_g, e.stretch.cells, strict=True) if c in columns)
        share = mine / (sum(abs(d) for d in e.step.cells_g) or 1.0)
        log += 3.0 * math.log(max(share, 0.01))
    return log


def _hidden(seen_g: float, meant_g: float) -> float:
    """Half the squared distance between what should have shown on the cells and what did. Less may show where one
    thing stands where another stood; more may not."""
    if seen_g > meant_g:
        return float(0.5 * ((seen_g - meant_g) / (0.05 * meant_g + 8.0)) ** 2)
    return float(0.5 * ((meant_g - seen_g) / (0.3 * meant_g + 8.0)) ** 2)


def parts(step: Step) -> tuple[float, float]:
    """Grams that came and grams that went, by cells; a part within noise counts as none."""
    noise = 3.0 * step.cell_sigma_g + 0.03 * abs(step.delta_g) + 4.0
    came = sum(d for d in step.cells_g if d > 0)
    went = -sum(d for d in step.cells_g if d < 0)
    if min(came, went) > noise:
        return came, went
    return (step.delta_g, 0.0) if step.delta_g > 0 else (0.0, -step.delta_g)
