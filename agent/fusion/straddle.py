"""Two neighbouring stretches seen as one: something may stand across the border between them.

Not here: whether that explains the two steps better than each alone (judge.py).
"""

from __future__ import annotations

import math
from dataclasses import replace

from agent.shelf.planogram import Box, Stretch
from agent.weighing.step import Step

LEAST_SHARE = 0.06  # of the larger part: less is crosstalk


def may_be_one(step: Step, beside: Step) -> bool:
    """Do both steps go the same way at the same time, the second more than crosstalk?"""
    same_way = step.delta_g * beside.delta_g > 0.0
    together = abs(step.moment - beside.moment) < 0.4
    felt = abs(beside.delta_g) > LEAST_SHARE * abs(step.delta_g) + 2.0 * beside.sigma_g
    return same_way and together and felt


def one_step(step: Step, beside: Step, joined: Stretch, main: Stretch) -> Step:
    """The sum of both, on the cells of `joined`."""
    first = joined.cells[: len(main.cells)] == main.cells
    cells = (*step.cells_g, *beside.cells_g) if first else (*beside.cells_g, *step.cells_g)
    return replace(
        step,
        delta_g=step.delta_g + beside.delta_g,
        sigma_g=math.sqrt(step.sigma_g**2 + beside.sigma_g**2),
        cells_g=cells,
        cell_sigma_g=max(step.cell_sigma_g, beside.cell_sigma_g),
        settled=max(step.settled, beside.settled),
        blocks=min(step.blocks, beside.blocks),
        across_gap=step.across_gap or beside.across_gap,
    )


def one_stretch(main: Stretch, beside: Stretch) -> Stretch:
    """Both stretches, cells from left to right, the lanes of the main one first."""
    if main.box is not None and beside.box is not None:
        left_first = main.box.left <= beside.box.left
        box: Box | None = _around(main.box, beside.box)
    else:  # a spare cell has no box of its own: one plate more
        left_first = main.cells[0] < beside.cells[0]
        box = main.box and _wider(main.box, len(beside.cells) / len(main.cells), to_the_right=left_first)
    cells = main.cells + beside.cells if left_first else beside.cells + main.cells
    return replace(main, cells=cells, lanes=main.lanes + beside.lanes, box=box)


def _wider(box: Box, share: float, *, to_the_right: bool) -> Box:
    more = share * (box.right - box.left)
    return replace(box, right=box.right + more) if to_the_right else replace(box, left=box.left - more)


def _around(one: Box, other: Box) -> Box:
    return Box(
        min(one.left, other.left), max(one.right, other.right), min(one.bottom, other.bottom), max(one.top, other.top)
    )
