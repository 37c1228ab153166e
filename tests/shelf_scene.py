"""A shelf at the moment when a step is to be explained: lanes, goods, hands, what was taken before.

shelf = Shelf(lane("cola", "a"), lane("chips", "b"))
shelf.hand("ann", shelf.middle("cola"))
assert shelf.judged("cola", -345.0).ruling is Ruling.TOLD
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from agent.config.schema import Cell, Config, Device, Lane, Product, Scale
from agent.fusion.baskets import Held
from agent.fusion.evidence import Around, gather
from agent.fusion.explain import Explanation, normalise, weigh
from agent.fusion.hands import Hands
from agent.fusion.judge import Ruling, Said, Verdict, judge
from agent.fusion.ledger import Ledger
from agent.fusion.moves import Move
from agent.messages import Part, Tracks
from agent.shelf.contents import Stray
from agent.shelf.planogram import Planogram, Stretch
from agent.weighing.step import Step

COLA, CHIPS, SOAP, TEA = "06901234567892", "04006381333931", "00000000000017", "05000159484695"
PLATE_M, BOARD_M = 0.1, 0.25
FRAME_HZ = 15
AT_S = 100.0  # when the weight changed
BEGAN_S = AT_S - 0.1
BLOCK_S = 0.05


def lane(
    name: str, *cells: str, gtin: str = COLA, unit_g: float | None = 345.0, left_m: float | None = None, **about: Any
) -> Lane:
    """On plates 0.1 m wide, named by letters from the left ("a" begins at 0 m), all on one board."""
    left = PLATE_M * (ord(cells[0]) - ord("a")) if left_m is None else left_m
    box = {"left_m": left, "right_m": left + PLATE_M * len(cells), "bottom_m": 0.0, "top_m": BOARD_M}
    return Lane(**{"name": name, "cells": cells, "gtin": gtin, "unit_g": unit_g, **box, **about})


class Shelf:
    """Books, hands and planogram as the core keeps them; steps are made up."""

    def __init__(self, *lanes: Lane, goods: Sequence[Product] = (), spare: Sequence[str] = ()) -> None:
        names = sorted({c for x in lanes for c in x.cells} | set(spare))
        scale = Scale(name="main", driver="shelfd-lines", port="", cells=tuple(Cell(name=c) for c in names))
        config = Config(device=Device(store="s1", id="d1"), scales=(scale,), lanes=lanes, products=tuple(goods))
        self.planogram = Planogram.of(config)
        self.ledger = Ledger(self.planogram)
        self.hands = Hands()
        self.crosstalk_g = 0.0
        self.leaning = 0
        self.lean_g = 0.0
        self.just_told_g = 0.0
        self.levelled_g = 0.0
        self.seen: int | None = None

    def stretch(self, lane: str) -> Stretch:
        """The one that carries this lane; "" is the first spare cell."""
        return next(s for s in self.planogram.stretches if lane in (s.name, *(x.name for x in s.lanes)))

    def middle(self, lane: str) -> float:
        """Where on the edge, metres."""
        box = self.stretch(lane).box
        assert box is not None
        return 0.5 * (box.left + box.right)

    # -- what people do ------------------------------------------------------------------------------------------------

    def hand(self, visitor: str, u_m: float, *, v_m: float = 0.12, d_m: float = 0.0, stays_s: float = 0.0) -> None:
        """Comes as close as `d_m` to the shelf as the weight changes and is then seen in front of it; or stays there
        for so long."""
        for i in range(-6, round(max(stays_s, 1.5) * FRAME_HZ)):
            self.glimpse(visitor, u_m, v_m=v_m, d_m=d_m if stays_s or i < 5 else 0.5, at_s=AT_S + i / FRAME_HZ)

    def glimpse(self, visitor: str, u_m: float, *, v_m: float = 0.12, d_m: float = 0.0, at_s: float = AT_S) -> None:
        """A hand in a single frame."""
        self.hands.see(Tracks(at_s, (Part(visitor, "hand", u_m, v_m, d_m, 0.9),)))

    def look(self) -> None:
        """A tracker is there, and sees nobody."""
        self.hands.see(Tracks(AT_S + 0.5, ()))

    def holds(self, visitor: str | None, gtin: str | None, weight_g: float, units: int = 1) -> Held:
        """Taken before."""
        held = Held(gtin, weight_g, 2.0, units)
        self.ledger.baskets.take(visitor, held)
        return held

    def lies(self, lane: str, gtin: str | None, weight_g: float, **shares: float) -> Stray:
        """Put there before; `shares`: cell name -> part of the weight on it."""
        stretch = self.stretch(lane)
        placed = tuple((c, shares.get(chr(ord("a") + c), 0.0)) for c in stretch.cells)
        stray = Stray(gtin, weight_g, placed if shares else ((stretch.cells[0], 1.0),), 0.9)
        self.ledger.contents.lay(stretch.index, stray)
        return stray

    # -- what is made of it --------------------------------------------------------------------------------------------

    def step(
        self, lane: str, delta_g: float, *cells_g: float, flat_s: float = 0.6, sigma_g: float = 0.7, **about: Any
    ) -> Step:
        """A weight that changed at AT_S and has been at rest since soon after. `cells_g`: on which cells; left out, the
        first cell of the lane."""
        stretch = self.stretch(lane)
        cells = cells_g or (delta_g, *(0.0 for _ in stretch.cells[1:]))
        settled = AT_S + 0.05
        step = Step(
            stretch=stretch.index,
            delta_g=delta_g,
            sigma_g=sigma_g,
            cells_g=cells,
            cell_sigma_g=sigma_g,
            rough_g=0.7 * sigma_g,
            rest_g=sigma_g,
            blocks=max(round(flat_s / 0.05), 1),
            began=BEGAN_S,
            fell=AT_S if delta_g < 0 or min(cells) < 0 else BEGAN_S,
            rose=AT_S if delta_g > 0 or max(cells) > 0 else BEGAN_S,
            settled=settled,
            now=settled + flat_s,
            across_gap=False,
        )
        return replace(step, **about)

    def around(self, *stretches: Stretch) -> Around:
        strays = tuple(s for stretch in stretches for s in self.ledger.contents.strays(stretch.index))
        state = self.ledger.state(watched=self.hands.watched)
        felt = (self.crosstalk_g, self.crosstalk_g, self.leaning, self.lean_g, self.just_told_g)
        return Around(self.hands, state, strays, *felt, self.levelled_g, self.seen)

    def told(self, lane: str, delta_g: float, *cells_g: float, **about: Any) -> list[Explanation]:
        """All explanations of such a step, with their probabilities."""
        step, stretch = self.step(lane, delta_g, *cells_g, **about), self.stretch(lane)
        return normalise(weigh(gather(step, stretch, self.around(stretch))))

    def verdict(self, step: Step, *beside: Step) -> Verdict:
        stretches = self.planogram.stretches
        mine = stretches[step.stretch]
        others = [(s, stretches[s.stretch], self.around(mine, stretches[s.stretch])) for s in beside]
        return judge(step, mine, self.around(mine), others)

    def judged(self, lane: str, delta_g: float, *cells_g: float, **about: Any) -> Verdict:
        return self.verdict(self.step(lane, delta_g, *cells_g, **about))

    def book(self, verdict: Verdict) -> None:
        self.ledger.book(verdict.step, verdict.stretch, verdict.said)


def chance(told: Sequence[Explanation], **what: Any) -> float:
    """Probability that one of the moves is as described, e.g. `gtin=COLA, units=2, visitor="ann"`."""
    return sum(e.probability for e in told if any(fits(move, **what) for move in e.moves))


def nothing(told: Sequence[Explanation]) -> float:
    """Probability that nothing was taken or put: noise, or a touch that passes."""
    return sum(e.probability for e in told if not e.moves)


def fits(move: Move, **what: Any) -> bool:
    return all(getattr(move, name) == value for name, value in what.items())


def words(said: Sequence[Said]) -> list[tuple[int, str, str | None, int | None, str | None]]:
    """What is told, as (sign, lane, gtin, units, visitor)."""
    return sorted((x.move.sign, x.move.lane, x.move.gtin, x.move.units, x.move.visitor) for x in said)


def row(**cola: object) -> Shelf:
    """Cola (345 g) on two plates between chips (150 g) and soap (90 g), and a spare plate at the end."""
    return Shelf(
        lane("chips", "a", gtin=CHIPS, unit_g=150.0),
        lane("cola", "b", "c", **cola),
        lane("soap", "d", gtin=SOAP, unit_g=90.0),
        goods=(Product(gtin=TEA, unit_g=420.0),),
        spare="e",
    )


def course(
    shelf: Shelf, lane: str, delta_g: float, *cells_g: float, until_s: float = 8.0, **about: Any
) -> tuple[float, Verdict]:
    """The step is offered every block while its level holds: seconds from the change to the first verdict that is
    not WAIT, and the verdict."""
    for blocks in range(1, round(until_s / BLOCK_S)):
        verdict = shelf.judged(lane, delta_g, *cells_g, flat_s=blocks * BLOCK_S, **about)
        if verdict.ruling is not Ruling.WAIT:
            return verdict.step.now - AT_S, verdict
    raise AssertionError("nothing was decided")
