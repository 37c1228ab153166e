"""Draws a shelf: its cells, lanes and goods, as a `Config` and the truth behind it that the agent never sees.

Three kinds: a gondola of plates as in the store of the recordings, a small shelf with one HX711 cell a lane, and one
board of bottles that a camera sees whole.
Not here: where single items lie (stage.py), how cells misbehave (agent/sensors/scale/physics.py).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np

from agent.config.schema import Cell, Config, Device, Lane, Product, Scale
from agent.sensors.scale.physics import HX711_PI, STORE_PLATES, CellPhysics

Rng = np.random.Generator
PLATE_M = 0.1016  # width of a plate; gondolas of the recorded store
BOARD_M = 0.25  # height of a row
FIRST_BOARD_M = 0.27
PLATES = replace(STORE_PLATES, counts_per_gram=100.0)  # a plate carries 20 kg: 365 counts/g would leave the 24 bits
CALIBRATION_ERROR = 0.002  # 1 sigma: what a guided calibration with one reference mass leaves
SAME_WEIGHT, NEAR_WEIGHT = 0.2, 0.35  # share of neighbours; 61 % of the store's goods have one within 10 g
SHARED_LANES = 0.08
BOTTLE_M, BOTTLE_HIGH_M = 0.0875, 0.3125  # 1.5 litres
BOTTLES_HIGH_M = 0.36  # of a lane's box
STRETCHES = (3, 3, 4)  # plates a lane, in any order: two or three bottles, a hand's width apart


@dataclass(frozen=True, slots=True)
class Good:
    """One product as it really is: `mean_g` differs from what the catalogue says; None: no fixed weight."""

    gtin: str
    mean_g: float | None
    width_m: float


@dataclass(frozen=True, slots=True)
class Spot:
    """One cell on the shelf plane."""

    cell: int
    row: int
    left_m: float
    right_m: float


@dataclass(frozen=True, slots=True)
class Layout:
    """A shelf: what the agent is told (`config`) and what is so (`goods`, `spots`, `physics`)."""

    config: Config
    goods: dict[str, Good]
    spots: tuple[Spot, ...]
    physics: CellPhysics
    rate_hz: float
    steady: bool  # samples come evenly; an HX711 on a Pi leaves gaps of up to 1.3 s
    places: dict[str, tuple[float, ...]] = field(default_factory=dict)  # lane -> where one thing each may stand, metres

    def row(self, lane: Lane) -> int:
        return self.spots[self.cell(lane.cells[0])].row

    def cell(self, name: str) -> int:
        return [cell.name for cell in self.config.scales[0].cells].index(name)


def gondola(rng: Rng, *, same: float = SAME_WEIGHT) -> Layout:
    """4-6 rows of 9-12 plates at 60 Hz; 3-5 lanes of 1-4 plates a row. `same`: share of neighbours of equal weight."""
    rows, plates = int(rng.integers(4, 7)), int(rng.integers(9, 13))
    spots = tuple(Spot(r * plates + p, r, p * PLATE_M, (p + 1) * PLATE_M) for r in range(rows) for p in range(plates))
    names = [f"s{spot.row + 1}p{spot.cell % plates + 1}" for spot in spots]
    shelf = _Shelf(rng, same)
    for row in range(rows):
        low, high = ((30, 150), (60, 420), (250, 700), (400, 1600))[int(rng.integers(4))]
        for first, last in _stretches(rng, plates):
            cells = tuple(names[row * plates + first : row * plates + last])
            shelf.lane(cells, row, first * PLATE_M, last * PLATE_M, float(low), float(high))
    physics = CellPhysics(len(spots), PLATES, seed=int(rng.integers(2**31)), rows=[spot.row for spot in spots])
    return _layout(rng, shelf, spots, names, physics, rate_hz=60.0, tared=False)


def small_shelf(rng: Rng, *, same: float = SAME_WEIGHT) -> Layout:
    """3-6 lanes, each on one HX711 cell at 10 Hz, 365 counts/g; sometimes one of them with loose goods."""
    lanes = int(rng.integers(3, 7))
    edges = np.concatenate(([0.0], np.cumsum(rng.uniform(0.12, 0.3, lanes))))
    spots = tuple(Spot(i, 0, float(edges[i]), float(edges[i + 1])) for i in range(lanes))
    names = [f"c{i + 1}" for i in range(lanes)]
    shelf = _Shelf(rng, same)
    loose = int(rng.integers(lanes)) if rng.random() < 0.25 else -1
    for i, spot in enumerate(spots):
        shelf.lane((names[i],), 3, spot.left_m, spot.right_m, 80.0, 1200.0, loose=i == loose)
    physics = CellPhysics(lanes, HX711_PI, seed=int(rng.integers(2**31)))
    return _layout(rng, shelf, spots, names, physics, rate_hz=10.0, tared=True)


def bottles(rng: Rng, *, same: float = SAME_WEIGHT) -> Layout:
    """One board of 10 plates at 60 Hz: 3 lanes of 2-3 bottles side by side, never one behind another."""
    stretches = [int(n) for n in rng.permutation(STRETCHES)]
    spots = tuple(Spot(p, 0, p * PLATE_M, (p + 1) * PLATE_M) for p in range(sum(stretches)))
    names = [f"p{spot.cell + 1}" for spot in spots]
    shelf, places, first = _Shelf(rng, same), {}, 0
    for number, plates in enumerate(stretches):
        left_m, right_m = first * PLATE_M, (first + plates) * PLATE_M
        lane = shelf.bottles(tuple(names[first : first + plates]), left_m, right_m, plates - 1, BOTTLE_NAMES[number])
        step_m = (right_m - left_m) / (plates - 1)
        places[lane.name] = tuple(round(left_m + (i + 0.5) * step_m, 4) for i in range(plates - 1))
        first += plates
    physics = CellPhysics(len(spots), PLATES, seed=int(rng.integers(2**31)), rows=[0] * len(spots))
    return replace(_layout(rng, shelf, spots, names, physics, rate_hz=60.0, tared=False), places=places)


BOTTLE_NAMES = ("cola", "water", "beer")
LAYOUTS: dict[str, Callable[..., Layout]] = {"gondola": gondola, "small": small_shelf, "bottles": bottles}


def random_gtin(rng: Rng) -> str:
    """14 digits with a right check digit (GS1: weights 3 and 1 from the right)."""
    digits = [0, *(int(x) for x in rng.integers(0, 10, 12))]
    total = sum(digit * (3 if i % 2 == 0 else 1) for i, digit in enumerate(digits))
    return "".join(map(str, digits)) + str(-total % 10)


class _Shelf:
    """Collects lanes and goods while a layout is drawn."""

    def __init__(self, rng: Rng, same: float) -> None:
        self.rng, self.same = rng, same
        self.lanes: list[Lane] = []
        self.goods: dict[str, Good] = {}
        self._last_g = 0.0
        self._last_row = -1

    def lane(
        self,
        cells: tuple[str, ...],
        row: int,
        left_m: float,
        right_m: float,
        low_g: float,
        high_g: float,
        loose: bool = False,
    ) -> None:
        """One lane over `cells`; with some chance two products share it (never of like weight: nobody could tell)."""
        unit_g = self._weight(row, low_g, high_g)
        weights: list[float | None] = [None if loose else unit_g]
        if not loose and len(cells) > 1 and self.rng.random() < SHARED_LANES:
            weights.append(round(unit_g * float(self.rng.uniform(1.25, 1.75)), 1))
        bottom_m = FIRST_BOARD_M + row * BOARD_M
        for weight_g in weights:
            good = self._good(weight_g, right_m - left_m)
            facing = int(self.rng.integers(6, 13)) // len(weights)
            self.lanes.append(
                Lane(
                    name=cells[0],
                    cells=cells,
                    gtin=good.gtin,
                    title=f"{len(self.goods):02d} {_word(self.rng)}",
                    unit_g=weight_g,
                    min_step_g=40.0 if weight_g is None else 0.0,
                    left_m=round(left_m, 4),
                    right_m=round(right_m, 4),
                    bottom_m=round(bottom_m, 4),
                    top_m=round(bottom_m + BOARD_M, 4),
                    units=None if weight_g is None else facing - int(self.rng.integers(0, facing // 2)),
                    facing_units=0 if weight_g is None else facing,
                )
            )

    def bottles(self, cells: tuple[str, ...], left_m: float, right_m: float, units: int, what: str) -> Lane:
        """One full lane of one kind of bottle."""
        unit_g = self._weight(0, 500.0, 1600.0)
        good = replace(self._good(unit_g, right_m - left_m), width_m=BOTTLE_M)
        self.goods[good.gtin] = good
        lane = Lane(
            name=cells[0],
            cells=cells,
            gtin=good.gtin,
            title=f"{len(self.goods):02d} {what}",
            unit_g=unit_g,
            left_m=round(left_m, 4),
            right_m=round(right_m, 4),
            bottom_m=0.0,
            top_m=BOTTLES_HIGH_M,
            units=units,
            facing_units=units,
        )
        self.lanes.append(lane)
        return lane

    def _weight(self, row: int, low_g: float, high_g: float) -> float:
        """Often that of the neighbour, or nearly: weight alone must not identify."""
        draw = self.rng.random()
        if row != self._last_row or draw > self.same + NEAR_WEIGHT:
            self._last_g = float(np.exp(self.rng.uniform(np.log(low_g), np.log(high_g))))
        elif draw > self.same:
            self._last_g = max(30.0, self._last_g + float(self.rng.uniform(-10, 10)))
        self._last_row, self._last_g = row, round(self._last_g, 2)
        return self._last_g

    def _good(self, weight_g: float | None, room_m: float) -> Good:
        """The catalogue is off by about 1 % for each product; light goods are wide bags, heavy ones bottles."""
        gtin = random_gtin(self.rng)
        width_m = self.rng.uniform(0.10, 0.24) if (weight_g or 200.0) < 250 else self.rng.uniform(0.055, 0.1)
        off = float(np.clip(self.rng.normal(0.0, 0.01), -0.025, 0.025))
        mean_g = None if weight_g is None else weight_g * (1 + off)
        self.goods[gtin] = Good(gtin, mean_g, float(min(width_m, room_m)))
        return self.goods[gtin]


def _stretches(rng: Rng, plates: int) -> list[tuple[int, int]]:
    """3-5 lanes of 1-4 plates from the left; what is left over stays unused, as in real stores."""
    edges = [0]
    for _ in range(int(rng.integers(3, 6))):
        edges.append(min(plates, edges[-1] + int(rng.integers(1, 5))))
    return [(a, b) for a, b in pairwise(edges) if b > a]


def _word(rng: Rng) -> str:
    kinds = ("crisps", "cola", "water", "biscuits", "tea", "noodles", "chocolate", "juice", "nuts", "coffee")
    return str(rng.choice(kinds))


def _layout(
    rng: Rng,
    shelf: _Shelf,
    spots: tuple[Spot, ...],
    names: list[str],
    physics: CellPhysics,
    *,
    rate_hz: float,
    tared: bool,
) -> Layout:
    gains = physics.counts_per_gram * (1 + CALIBRATION_ERROR * rng.standard_normal(physics.n))
    cells = tuple(
        Cell(
            name=name,
            tare_counts=float(physics.tare_counts[i]) if tared else 0.0,
            counts_per_gram=round(float(gains[i]), 3),
        )
        for i, name in enumerate(names)
    )
    scale = Scale(name="main", driver="shelfd-lines", port="/dev/null", rate_hz=rate_hz, cells=cells)
    foreign = tuple(
        Product(gtin=random_gtin(rng), unit_g=round(float(np.exp(rng.uniform(3.5, 7.0))), 1)) for _ in range(20)
    )
    config = Config(
        device=Device(store="bench", id="shelf-1"), scales=(scale,), lanes=tuple(shelf.lanes), products=foreign
    )
    return Layout(config, shelf.goods, spots, physics, rate_hz, steady=rate_hz > 30)
