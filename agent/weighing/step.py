"""A change of weight that has come to rest on one stretch of the shelf: what weighing hands on to fusion."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Step:
    """Grams against the level before. The same step is offered again, each time flatter, until fusion resolves it."""

    stretch: int  # index into the planogram's stretches
    delta_g: float  # sum over the stretch
    sigma_g: float  # of delta_g, from noise alone
    cells_g: tuple[float, ...]  # change of each cell, in the stretch's order
    cell_sigma_g: float  # of one cell's change
    rough_g: float  # how far the blocks of the present level lie from it
    rest_g: float  # ... and how far they would if nobody touched it
    blocks: int  # of the present level
    began: float  # the stretch left its old level
    fell: float  # steepest fall since then
    rose: float  # steepest rise since then
    settled: float  # the present plateau began
    now: float
    across_gap: bool  # readings were missing in between

    @property
    def flat_s(self) -> float:
        """How long the new level has held."""
        return self.now - self.settled

    @property
    def moment(self) -> float:
        """The steepest change toward the new level."""
        return max(self.fell if self.delta_g < 0 else self.rose, self.began)


@dataclass(frozen=True, slots=True)
class Motion:
    """Where a stretch stands that need not be at rest."""

    away_g: float  # off its level; 0: not in motion
    began: float
    fell: float  # steepest fall since then
    rose: float  # steepest rise since then
