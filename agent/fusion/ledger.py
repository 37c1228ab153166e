"""Keeps the books: what an event changes in contents, baskets and stock."""

from __future__ import annotations

from collections.abc import Sequence

from agent.fusion.baskets import Baskets, Held
from agent.fusion.judge import Said
from agent.fusion.moves import Move, ShelfState
from agent.messages import Snapshot
from agent.shelf.contents import Contents, Stray
from agent.shelf.planogram import Planogram, Stretch
from agent.shelf.stock import Stock
from agent.weighing.step import Step
from wire.state import Inventory, Misplaced

MEASURED_SIGMA_G, MEASURED_SIGMA = 1.5, 0.01  # an object weighed twice on this shelf: corner load and linearity


class Ledger:
    """Contents, baskets and stock of one shelf."""

    def __init__(self, planogram: Planogram) -> None:
        self._planogram = planogram
        self.contents = Contents(len(planogram.stretches))
        self.baskets = Baskets()
        self.stock = Stock(planogram)
        self._seen_g: dict[str, float] = {}  # goods of no fixed weight, as they last weighed

    def state(self, *, watched: bool) -> ShelfState:
        """As an explanation needs it. `watched`: a tracker tells who is there."""
        return ShelfState(self._planogram, self.baskets, self.stock.units, watched, self._seen_g)

    def book(self, step: Step, stretch: Stretch, said: tuple[Said, ...]) -> None:
        """One verdict: all its moves. A single move is as heavy as was measured, each of several as it should be."""
        for one in said:
            alone = len(said) == 1 or one.move.broad
            weight = abs(step.delta_g) if alone else one.move.mean_g
            if one.move.sign < 0:
                self._take(one.move, stretch, weight, step.sigma_g)
            else:
                self._lay(one, step, stretch, weight)
            self._count(one, stretch)
            if alone and one.move.units is None and one.move.gtin is not None:
                self._seen_g[one.move.gtin] = weight

    def _take(self, move: Move, stretch: Stretch, weight_g: float, sigma_g: float) -> None:
        if move.stray is not None:
            self.contents.take(move.stray)
        units = move.units or 1
        sigma = MEASURED_SIGMA_G + MEASURED_SIGMA * weight_g / units + sigma_g
        self.baskets.take(move.visitor, Held(move.gtin, weight_g / units, sigma, move.units))

    def _lay(self, one: Said, step: Step, stretch: Stretch, weight_g: float) -> None:
        move = one.move
        if move.held is not None:
            self.baskets.give(move.owner, move.held, move.units or 1)
        if any(lane.product.gtin == move.gtin for lane in stretch.lanes):
            return
        came = [max(g, 0.0) for g in step.cells_g]
        total = sum(came) or 1.0
        shares = tuple((c, round(g / total, 4)) for c, g in zip(stretch.cells, came, strict=True))
        self.contents.lay(stretch.index, Stray(move.gtin, weight_g, shares, one.confidence, move.units))

    def _count(self, one: Said, stretch: Stretch) -> None:
        if one.move.units is None or one.move.stray is not None:
            return
        if one.move.gtin is not None:
            self.stock.move((one.move.lane, one.move.gtin), one.move.sign * one.move.units, one.confidence)

    def empty(self, stretch: Stretch) -> None:
        """Nothing stands there."""
        self.contents.clear(stretch.index)
        for lane in stretch.lanes:
            self.stock.count((lane.name, lane.product.gtin), 0)

    def inventory(self) -> Inventory:
        """What lies out of its place, for the broker."""
        found = []
        for stretch in self._planogram.stretches:
            for stray in self.contents.strays(stretch.index):
                found.append(
                    Misplaced(
                        lane=stretch.name,
                        gtin=stray.gtin,
                        weight_g=round(stray.weight_g, 1),
                        belongs_to=self._planogram.home(stray.gtin) if stray.gtin else None,
                        probability=round(stray.probability, 3),
                    )
                )
        return Inventory(misplaced=tuple(found))

    def snapshot(self) -> Snapshot:
        """Plain values."""
        return {
            "contents": self.contents.snapshot(),
            "baskets": self.baskets.snapshot(),
            "stock": self.stock.snapshot(),
            "seen_g": dict(self._seen_g),
        }

    def restore(self, state: Snapshot, now: Sequence[int | None]) -> None:
        """What `snapshot` gave; `now`: the stretch that each of then is now."""
        self.contents.restore(state["contents"], now)
        self.baskets.restore(state["baskets"])
        self.stock.restore(state["stock"])
        self._seen_g = dict(state["seen_g"])
