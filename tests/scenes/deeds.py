"""What the people of a scene do to its shelf: hands come and go, goods are taken and laid down, boards are leant on.

Not here: the shelf itself (shelf.py), where hands are between two moments (people.py), the core (store.py).
"""

from __future__ import annotations

import numpy as np
from people import People
from shelf import Shelf

from tools.bench.layouts import PLATE_M
from tools.bench.loads import Curve, Shake
from tools.bench.stage import WALK_M_PER_S


class Busy(Shelf):
    """A shelf with people before it. All times are the scene's."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.people = People(self.rng)

    def hand_in(self, lane: str, *, at: float, visitor: str, plate: int = 0, hand: int = 0) -> None:
        """The visitor's hand is in the lane's box from `at` on."""
        box = self.lanes[lane]
        where = (box.left_m + (plate + 0.5) * PLATE_M, 0.5 * (box.bottom_m + box.top_m), 0.03)
        self.people.reach(visitor, at, np.array(where), hand)

    def hand_out(self, *, at: float, visitor: str, hand: int = 0) -> None:
        """The hand leaves the shelf."""
        self.people.withdraw(visitor, at, hand)

    def enters(self, visitor: str, *, at: float) -> None:
        """Seen from `at` on; else 1.5 s before the first reach."""
        self.people.visitor(visitor, at).enters_s = at

    def leaves(self, visitor: str, *, at: float) -> None:
        """Not seen any more."""
        self.people.visitors[visitor].leaves_s = at

    def stands(self, visitor: str, u_m: float, *, at: float) -> None:
        """The body is there at this moment; between two of them it walks evenly."""
        self.people.visitor(visitor, at).stands.append((at, u_m))

    def walks(self, visitor: str, *, to_m: float, at: float) -> None:
        """From where the body is, at 0.8 m/s."""
        from_m = self.people.stands_at(visitor, at)
        self.stands(visitor, from_m, at=at)
        self.stands(visitor, to_m, at=at + abs(to_m - from_m) / WALK_M_PER_S)

    def weight(self, lane: str, *, by: float, at: float, plate: int = 0, lasts_s: float = 0.16) -> None:
        """The load on one plate of the lane changes by so many grams around `at`."""
        self.load(lane, by, plate, (at - lasts_s / 2, at + lasts_s / 2), (0.0, 1.0))

    def picks(
        self,
        visitor: str | None,
        lane: str,
        *,
        at: float,
        units: int = 1,
        plate: int = 0,
        goods: str = "",
        grams: float | None = None,
        stays_s: float = 0.2,
        hand: int = 0,
    ) -> None:
        """A hand comes, presses a little, takes, goes. Without `visitor` nobody is seen; `grams`: so much, and not
        what the goods weigh."""
        self._visit(visitor, lane, at, plate, stays_s, hand)
        self.press(lane, by=float(self.rng.uniform(30, 120)), at=at - 0.4, lasts_s=0.3, plate=plate)
        for i in range(units):
            self.weight(lane, by=-(grams or self.take_off(lane, goods or lane)), at=at + 0.1 * i, plate=plate)

    def puts(
        self,
        visitor: str | None,
        lane: str,
        *,
        at: float,
        units: int = 1,
        plate: int = 0,
        goods: str = "",
        grams: float | None = None,
        stays_s: float = 0.3,
        hand: int = 0,
    ) -> None:
        """A hand comes, sets down with a thump, goes. `grams`: so much, as of an object of no product."""
        self._visit(visitor, lane, at, plate, stays_s, hand)
        for i in range(units):
            by = grams or self.lay_down(lane, goods or lane)
            self.weight(lane, by=by, at=at + 0.1 * i, plate=plate)
            thump_g = min(300.0, by * float(self.rng.uniform(0.1, 0.8)))
            self.load(
                lane, thump_g, plate, (at + 0.1 * i - 0.05, at + 0.1 * i + 0.15, at + 0.1 * i + 0.7), (0.0, 1.0, 0.0)
            )

    def press(
        self, lane: str, *, by: float, at: float, lasts_s: float = 1.0, plate: int = 0, visitor: str | None = None
    ) -> None:
        """Down and up again, never evenly."""
        self._visit(visitor, lane, at, plate, lasts_s)
        self.load(lane, by, plate, *self._wobble(at, lasts_s))

    def lean(self, board: int = 0, *, at: float, lasts_s: float = 2.0, by: float = 30.0) -> None:
        """The whole board feels it and swings."""
        shape = self._wobble(at, lasts_s)
        for i, plate in enumerate(self.plates):
            if plate.board == board:
                self.curves.append(Curve(*shape, (i,), (by * float(self.rng.uniform(0.3, 1.0)),)))
        self.shake(board, at=at, lasts_s=lasts_s)

    def shake(self, board: int = 0, *, at: float, by: float = 12.0, lasts_s: float = 1.5) -> None:
        """The plates of a board swing."""
        self.shakes.append(Shake(at, board, by, lasts_s))

    def _wobble(self, at: float, lasts_s: float) -> tuple[tuple[float, ...], tuple[float, ...]]:
        times = [at, *np.arange(at + 0.15, at + lasts_s - 0.1, 0.35), at + lasts_s + 0.05]
        levels = [0.0, *self.rng.uniform(0.75, 1.1, len(times) - 2), 0.0]
        return tuple(map(float, times)), tuple(map(float, levels))

    def _visit(self, visitor: str | None, lane: str, at: float, plate: int, stays_s: float, hand: int = 0) -> None:
        if visitor is not None:
            self.hand_in(lane, at=at - float(self.rng.uniform(0.2, 0.5)), visitor=visitor, plate=plate, hand=hand)
            self.hand_out(at=at + stays_s, visitor=visitor, hand=hand)
