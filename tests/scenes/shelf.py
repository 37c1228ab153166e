"""The shelf of a scene as it really is: plates, goods, loads, and the counts that its cells give.

Lanes stand side by side on a board, each on one or more plates whose cells misbehave as those of the recordings do
(agent/sensors/scale/physics.py). Not here: people and time (store.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agent.config import schema
from agent.sensors.scale.physics import FULL_SCALE_COUNTS, HX711_PI, CellPhysics
from agent.shelf.gtin import check_digit
from tools.bench.hands import FRAME_HZ
from tools.bench.layouts import BOARD_M, CALIBRATION_ERROR, FIRST_BOARD_M, PLATE_M, PLATES
from tools.bench.loads import Curve, Shake, render

Floats = NDArray[np.float64]


@dataclass(slots=True)
class Plate:
    """One cell. `board` counts from the lowest."""

    name: str
    board: int
    left_m: float


@dataclass(slots=True)
class Goods:
    """One product as it really is: its mean differs from what the catalogue says."""

    gtin: str
    mean_g: float


class Shelf:
    """What stands where, and what presses on it."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.model, self.rate_hz, self.tared = PLATES, 60.0, False
        self.upside_down = False
        self.plates: list[Plate] = []
        self.lanes: dict[str, schema.Lane] = {}
        self.shared: list[schema.Lane] = []
        self.spares: dict[str, str] = {}
        self.goods: dict[str, Goods] = {}
        self.elsewhere: list[schema.Product] = []
        self.curves: list[Curve] = []
        self.shakes: list[Shake] = []
        self._strays: dict[tuple[str, str], list[float]] = {}  # lane and goods that do not belong there: their weights
        self._taken: dict[str, list[float]] = {}  # goods: weights of what people hold
        self.wild: list[tuple[float, float, int, float]] = []  # from, to, cell, counts (NaN: no reading)
        self._seed = seed
        self._mounted: tuple[CellPhysics, schema.Config] | None = None
        self._weighed_s = 0.0

    def on_a_pi(self) -> None:
        """HX711 cells at 10 Hz, one a lane, tared, with their glitches; else plates of a gondola at 60 Hz."""
        self.model, self.rate_hz, self.tared = replace(HX711_PI, glitch_rate=0.003), 10.0, True

    def lane(
        self,
        name: str,
        *,
        unit_g: float | None = None,
        gtin: str = "",
        units: int | None = None,
        plates: int = 1,
        board: int = 0,
        stands: int | None = None,
        **more: Any,
    ) -> None:
        """The next lane to the right on its board. `units` is what the configuration says, `stands` what is there."""
        cells = tuple(self._plate(board) for _ in range(plates))
        goods = self._new_goods(name, unit_g, gtin)
        left_m = next(p.left_m for p in self.plates if p.name == cells[0])
        bottom_m = FIRST_BOARD_M + board * BOARD_M
        box = {"left_m": round(left_m, 4), "right_m": round(left_m + plates * PLATE_M, 4)}
        box |= {"bottom_m": bottom_m, "top_m": bottom_m + BOARD_M}
        self.lanes[name] = schema.Lane(
            name=name, cells=cells, gtin=goods.gtin, unit_g=unit_g, units=units, **{**box, **more}
        )
        for i in range((units or 4) if stands is None else stands):
            self.load(name, self.heavy(name), i % plates, (-2.0, -1.0), (0.0, 1.0))

    def also(self, name: str, goods: str, *, unit_g: float, units: int | None = None) -> None:
        """A second product in the lane `name`."""
        self.shared.append(
            replace(self.lanes[name], gtin=self._new_goods(goods, unit_g).gtin, unit_g=unit_g, units=units)
        )
        for i in range(units or 4):
            self.load(name, self.heavy(goods), i % len(self.lanes[name].cells), (-2.0, -1.0), (0.0, 1.0))

    def spare(self, name: str, board: int = 0) -> None:
        """A plate without a lane, to the right of the last; weights can be laid on it by its name."""
        self.spares[name] = self._plate(board)

    def product(self, goods: str, *, unit_g: float) -> None:
        """Goods of the shop that have no lane here."""
        self.elsewhere.append(schema.Product(gtin=self._new_goods(goods, unit_g).gtin, unit_g=unit_g))

    # -- as the agent finds it ----------------------------------------------------------------------------------------

    @property
    def config(self) -> schema.Config:
        """What the agent is told; from its first use on no lane can be added."""
        return self._mount()[1]

    def counts(self, since: float, until: float) -> Iterator[tuple[float, Floats]]:
        """Moments and the counts of all cells, one sample after the other; each moment can be had once."""
        physics, _ = self._mount()
        times = np.arange(np.ceil(since * self.rate_hz), np.ceil(until * self.rate_hz)) / self.rate_hz
        load_g = render(self.curves, times, len(self.plates))
        for t, grams in zip(map(float, times), load_g, strict=True):
            for shake in (s for s in self.shakes if self._weighed_s <= s.t_s < t):
                physics.shake(shake.row, shake.grams, shake.lasts_s)
            counts = physics.step(grams, t - self._weighed_s)
            self._weighed_s = t
            for _, _, cell, value in (w for w in self.wild if w[0] <= t < w[1]):
                counts[cell] = value
            yield t, counts

    def heavy(self, goods: str) -> float:
        """The weight of one item more."""
        return self.goods[goods].mean_g * (1 + 0.005 * float(self.rng.standard_normal()))

    def take_off(self, lane: str, goods: str) -> float:
        """The weight of an item that leaves the lane: of what does not belong there, the one that came last."""
        strays = self._strays.get((lane, goods))
        grams = strays.pop() if strays else self.heavy(goods)
        self._taken.setdefault(goods, []).append(grams)
        return grams

    def lay_down(self, lane: str, goods: str) -> float:
        """The weight of an item that comes: the one that was taken last, where one was."""
        taken = self._taken.get(goods)
        grams = taken.pop() if taken else self.heavy(goods)
        if goods != lane:
            self._strays.setdefault((lane, goods), []).append(grams)
        return grams

    def cell(self, lane: str, plate: int = 0) -> int:
        """Column of a plate of the lane, or of a spare plate."""
        name = self.spares.get(lane) or self.lanes[lane].cells[plate]
        return [plate.name for plate in self.plates].index(name)

    def load(self, lane: str, grams: float, plate: int, times: Sequence[float], levels: Sequence[float]) -> None:
        """`grams` on one plate, times a level that runs through `levels` at `times` and stays on the last."""
        self.curves.append(Curve(tuple(times), tuple(levels), (self.cell(lane, plate),), (grams,)))

    def _mount(self) -> tuple[CellPhysics, schema.Config]:
        if self._mounted is None:
            rows = [plate.board for plate in self.plates]
            physics = CellPhysics(len(rows), self.model, seed=self._seed, rows=rows)
            physics.counts_per_gram *= [-1.0 if self.upside_down else 1.0] * len(rows)
            self._mounted = physics, self._config(physics)
        return self._mounted

    def _config(self, physics: CellPhysics) -> schema.Config:
        gains = physics.counts_per_gram * (1 + CALIBRATION_ERROR * self.rng.standard_normal(physics.n))
        tares = physics.tare_counts if self.tared else np.zeros(physics.n)
        cells = tuple(
            schema.Cell(
                name=plate.name,
                tare_counts=float(tare),
                counts_per_gram=float(gain),
                saturation_counts=float(FULL_SCALE_COUNTS),
            )
            for plate, tare, gain in zip(self.plates, tares, gains, strict=True)
        )
        scale = schema.Scale(name="main", driver="shelfd-lines", port="/dev/null", rate_hz=self.rate_hz, cells=cells)
        return schema.Config(
            device=schema.Device(store="scenes", id="shelf"),
            scales=(scale,),
            lanes=(*self.lanes.values(), *self.shared),
            products=tuple(self.elsewhere),
            tracks=schema.Tracks(socket="/run/tracks", rate_hz=FRAME_HZ),
        )

    def _plate(self, board: int) -> str:
        assert self._mounted is None, "the shelf is built before time passes"
        right_m = sum(PLATE_M for plate in self.plates if plate.board == board)
        self.plates.append(Plate(f"p{len(self.plates) + 1}", board, right_m))
        return self.plates[-1].name

    def _new_goods(self, name: str, unit_g: float | None, gtin: str = "") -> Goods:
        body = f"0690123{len(self.goods):06d}"
        off = float(np.clip(self.rng.normal(0.0, 0.01), -0.02, 0.02))  # the catalogue is never right
        self.goods[name] = Goods(gtin.zfill(14) if gtin else body + check_digit(body), (unit_g or 0.0) * (1 + off))
        return self.goods[name]
