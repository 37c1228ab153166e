"""Where things belong: stretches of cells, the lanes on them, the products of each lane.

A *stretch* is a set of cells weighed together; a *lane* is one product's place on it. Mostly that is one lane a
stretch; two lanes with the same cells share their stretch. Not here: what stands there now (contents.py, stock.py).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, replace

from agent.config import schema


@dataclass(frozen=True, slots=True)
class Product:
    """One kind of goods. `unit_g` None: no fixed weight."""

    gtin: str
    unit_g: float | None
    tolerance: float  # 1 sigma of a unit's weight, fraction


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on the shelf plane, metres."""

    left: float
    right: float
    bottom: float
    top: float

    def beside(self, other: Box, gap_m: float) -> bool:
        """On the same board and less than `gap_m` apart?"""
        overlap = min(self.top, other.top) - max(self.bottom, other.bottom)
        same_board = overlap > 0.5 * min(self.top - self.bottom, other.top - other.bottom)
        return same_board and max(self.left - other.right, other.left - self.right) < gap_m


@dataclass(frozen=True, slots=True)
class Lane:
    """One product's place."""

    name: str
    product: Product
    min_step_g: float
    units: int | None  # at the first start
    facing_units: int
    low_units: int
    cells: tuple[int, ...]  # columns of the scale's Counts; those of its stretch


@dataclass(frozen=True, slots=True)
class Stretch:
    """Cells weighed together and the lanes that share them; a spare cell has no lane, and nothing on it is an event."""

    index: int
    scale: str
    cells: tuple[int, ...]  # columns of the scale's Counts, left to right
    lanes: tuple[Lane, ...]
    box: Box | None
    neighbours: tuple[int, ...]  # stretches on the same board right beside this one
    board: tuple[int, ...]  # all stretches whose cells feel what happens here (crosstalk), this one left out

    @property
    def name(self) -> str:
        """The lane that speaks for goods of no lane; empty for spare cells."""
        return self.lanes[0].name if self.lanes else ""

    @property
    def borders(self) -> Mapping[str, tuple[int, ...]]:
        """Lane -> columns of its own cells."""
        return {lane.name: lane.cells for lane in self.lanes}

    def cell_u_m(self, position: float) -> float | None:
        """Where on the shelf's edge lies `position` (0 = middle of the first cell, 1 = of the second ...), metres."""
        if self.box is None:
            return None
        return self.box.left + (position + 0.5) * (self.box.right - self.box.left) / len(self.cells)


@dataclass(frozen=True, slots=True)
class Planogram:
    """All stretches of the shelf and the further goods of the shop."""

    stretches: tuple[Stretch, ...]
    goods: tuple[Product, ...]  # everything with a weight, of this shelf and the rest of the shop, by weight
    _weights_g: tuple[float, ...]

    @classmethod
    def of(cls, config: schema.Config) -> Planogram:
        """From a checked configuration (check.py has refused unknown cells and the like)."""
        columns = {cell.name: (scale.name, i) for scale in config.scales for i, cell in enumerate(scale.cells)}
        shared: dict[tuple[str, ...], list[schema.Lane]] = {}
        for lane in config.lanes:
            shared.setdefault(lane.cells, []).append(lane)
        boxes = [_box(lanes) for lanes in shared.values()]
        stretches = []
        for index, (cells, lanes) in enumerate(shared.items()):
            scale = columns[cells[0]][0]
            stretches.append(
                Stretch(
                    index=index,
                    scale=scale,
                    cells=tuple(columns[c][1] for c in cells),
                    lanes=tuple(_lane(lane, tuple(columns[c][1] for c in cells)) for lane in lanes),
                    box=boxes[index],
                    neighbours=_beside(index, boxes, gap_m=0.05),
                    board=_beside(index, boxes, gap_m=10.0),
                )
            )
        stretches = _with_spare_cells(stretches, config)
        everything: list[schema.Product | schema.Lane] = [*config.products, *config.lanes]
        goods = {x.gtin: _product(x) for x in everything if x.unit_g is not None}
        ordered = sorted(goods.values(), key=lambda p: (p.unit_g or 0.0, p.gtin))
        return cls(tuple(stretches), tuple(ordered), tuple(p.unit_g or 0.0 for p in ordered))

    def by_scale(self, scale: str) -> tuple[Stretch, ...]:
        """The stretches of one scale, in index order."""
        return tuple(s for s in self.stretches if s.scale == scale)

    def near(self, weight_g: float, slack: float, slack_g: float) -> tuple[Product, ...]:
        """Goods of which one unit weighs about `weight_g`: within the fraction `slack` and `slack_g` grams."""
        low = bisect_left(self._weights_g, (weight_g - slack_g) / (1.0 + slack))
        high = bisect_right(self._weights_g, (weight_g + slack_g) / (1.0 - slack))
        return self.goods[low:high]

    def home(self, gtin: str | None) -> str | None:
        """Name of the first lane where this product belongs."""
        return next((lane.name for s in self.stretches for lane in s.lanes if lane.product.gtin == gtin), None)


def _product(item: schema.Lane | schema.Product) -> Product:
    return Product(item.gtin, item.unit_g, item.unit_tolerance)


def _lane(lane: schema.Lane, cells: tuple[int, ...]) -> Lane:
    return Lane(lane.name, _product(lane), lane.min_step_g, lane.units, lane.facing_units, lane.low_units, cells)


def _box(lanes: list[schema.Lane]) -> Box | None:
    """Around all lanes of a stretch; None when none has a box."""
    boxed = [x for x in lanes if x.right_m > x.left_m and x.top_m > x.bottom_m]
    if not boxed:
        return None
    return Box(
        min(x.left_m for x in boxed),
        max(x.right_m for x in boxed),
        min(x.bottom_m for x in boxed),
        max(x.top_m for x in boxed),
    )


def _with_spare_cells(stretches: list[Stretch], config: schema.Config) -> list[Stretch]:
    """Cells without a lane become stretches of their own beside the lanes they adjoin on the wire: goods that stand
    half on a spare plate are weighed whole."""
    grown = list(stretches)
    for scale in config.scales:
        ends = {c: s.index for s in stretches if s.scale == scale.name for c in (s.cells[0], s.cells[-1])}
        used = {c for s in stretches if s.scale == scale.name for c in s.cells}
        for column in (c for c in range(len(scale.cells)) if c not in used):
            beside = tuple(ends[c] for c in (column - 1, column + 1) if c in ends)
            for index in beside:
                grown[index] = replace(grown[index], neighbours=(*grown[index].neighbours, len(grown)))
            if beside:
                grown.append(Stretch(len(grown), scale.name, (column,), (), None, beside, ()))
    return grown


def _beside(index: int, boxes: list[Box | None], gap_m: float) -> tuple[int, ...]:
    mine = boxes[index]
    if mine is None:
        return ()
    return tuple(i for i, box in enumerate(boxes) if i != index and box is not None and mine.beside(box, gap_m))
