"""The conversation of a calibration: empty, known mass, empty again; cell by cell, or all cells under one platform.

A refusal is said, and the cell may be tried again or skipped. Not here: when to refuse
(weighing/reference.py), the command line and the file (calibrate.py).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import numpy as np

from agent.commands.listen import Listener
from agent.config.schema import Cell, Scale
from agent.weighing.diagnose import CellFigures, measure_cell, measure_stream
from agent.weighing.reference import (
    CalibrationError,
    Limits,
    Reference,
    accept_cell,
    accept_stream,
    counts_per_gram,
    moved_instead,
    reference,
)

T = TypeVar("T")
COUNTING = ("shelfd-lines", "modbus-rtu")  # the other boxes speak grams and have no converter to run full


class _SkippedError(Exception):
    """The person leaves this cell for another day."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One stretch: every cell of the scale by name, and the sum of the cells that are calibrated."""

    cells: dict[str, CellFigures]
    sum: CellFigures


@dataclass(frozen=True, slots=True)
class Guide:
    """One calibration of `cells` of `scale`. `mass_g` None: the person says it; `talk` says, `ask` waits for a line."""

    scale: Scale
    cells: tuple[Cell, ...]
    listener: Listener
    limits: Limits
    seconds: float
    mass_g: float | None
    talk: Callable[[str], None]
    ask: Callable[[str], str]

    def one_by_one(self) -> dict[str, Reference]:
        """Each cell with the mass on it alone. CalibrationError when the person gives up."""
        found: dict[str, Reference] = {}
        empty: Measured | None = None
        for cell in self.cells:
            try:
                found[cell.name], empty = self._until_accepted(partial(self._one, cell), empty)
                self._tell(cell.name, found[cell.name])
            except _SkippedError:
                empty = None
        if not found:
            raise CalibrationError("nothing", "every cell was skipped, so nothing was changed")
        return found

    def together(self) -> dict[str, Reference]:
        """One mass on the platform that all the cells carry: one factor, each cell its own tare."""
        found, _ = self._until_accepted(self._all, None)
        for name, numbers in found.items():
            self._tell(name, numbers)
        return found

    def _until_accepted(
        self, attempt: Callable[[Measured], tuple[T, Measured]], empty: Measured | None
    ) -> tuple[T, Measured]:
        """Tries until the readings are accepted or the person says q; the empty scale is measured anew each time."""
        while True:
            try:
                return attempt(empty or self._measure_empty())
            except CalibrationError as error:
                empty = None
                self.talk(f"Refused: {error}.")
                answer = self.ask("Enter: try again, s: skip this cell, q: stop and change nothing >").lower()
                if answer.startswith("s") and attempt != self._all:
                    raise _SkippedError from error
                if answer.startswith(("s", "q")):
                    raise

    def _one(self, cell: Cell, empty: Measured) -> tuple[Reference, Measured]:
        mass_g, loaded, again = self._load(f"cell {cell.name!r}")
        try:
            factor = counts_per_gram(
                cell.name,
                empty.cells[cell.name],
                loaded.cells[cell.name],
                again.cells[cell.name],
                mass_g,
                self._full_scale(cell),
            )
        except CalibrationError as error:
            other = moved_instead(empty.cells, loaded.cells)
            if error.code == "equal" and other is not None:
                raise CalibrationError(
                    "other_cell",
                    f"cell {other!r} felt the mass, not {cell.name!r}: was it put there? if not, the two are swapped on"
                    " the board or in the file",
                ) from error
            raise
        found = reference(cell.name, empty.cells[cell.name], factor, self._full_scale(cell), self.limits)
        return found, again

    def _all(self, empty: Measured) -> tuple[dict[str, Reference], Measured]:
        name = "+".join(cell.name for cell in self.cells)
        mass_g, loaded, again = self._load(f"the platform on cells {name}")
        full_scale = min(self._full_scale(cell) for cell in self.cells)
        factor = counts_per_gram(name, empty.sum, loaded.sum, again.sum, mass_g, full_scale)
        found = {
            cell.name: reference(cell.name, empty.cells[cell.name], factor, self._full_scale(cell), self.limits)
            for cell in self.cells
        }
        return found, again

    def _load(self, what: str) -> tuple[float, Measured, Measured]:
        """The mass, and the readings with it and after it."""
        mass_g = self._ask_mass(what)
        loaded = self._measure()
        self.ask(f"Take it off {what} again, then press Enter >")
        return mass_g, loaded, self._measure()

    def _ask_mass(self, what: str) -> float:
        if self.mass_g is not None:
            self.ask(f"Put {self.mass_g:g} g on {what} alone and let go, then press Enter >")
            return self.mass_g
        question = f"Put a known mass on {what} alone and let go. How many grams is it? >"
        while (mass_g := parse_grams(self.ask(question))) is None:
            question = "A number of grams is needed, for example 500 >"
        return mass_g

    def _measure_empty(self) -> Measured:
        self.ask(f"Take everything off scale {self.scale.name!r}, then press Enter >")
        return self._measure()

    def _measure(self) -> Measured:
        """The next seconds; refused at once where they are of no use, before more is asked of the person."""
        self.talk(f"measuring for {self.seconds:g} s, hands off ...")
        stretch = self.listener.stretch(self.seconds)
        accept_stream(measure_stream(stretch.t_s, stretch.seconds, stretch.lost), self.scale.rate_hz)
        figures = {
            cell.name: measure_cell(stretch.counts[:, i], cell.saturation_counts)
            for i, cell in enumerate(self.scale.cells)
        }
        for cell in self.cells:
            accept_cell(cell.name, figures[cell.name])
        columns = [i for i, cell in enumerate(self.scale.cells) if cell in self.cells]
        return Measured(figures, measure_cell(np.sum(stretch.counts[:, columns], axis=1), 0.0))

    def _full_scale(self, cell: Cell) -> float:
        return cell.saturation_counts if self.scale.driver in COUNTING else 0.0

    def _tell(self, name: str, found: Reference) -> None:
        room = "" if found.capacity_kg is None else f", room for {found.capacity_kg:.1f} kg"
        upside_down = " (mounted upside down)" if found.counts_per_gram < 0 else ""
        self.talk(
            f"{name}: {found.counts_per_gram:.6g} counts/g{upside_down}, tare {found.tare_counts:.1f} counts,"
            f" noise {found.noise_g:.2f} g{room}"
        )


def parse_grams(text: str) -> float | None:
    """`500`, `500 g` or `0.5 kg` -> grams; None for what is no mass above 0."""
    number, unit = text.strip().lower().replace(",", "."), 1.0
    if number.endswith("kg"):
        number, unit = number[:-2], 1000.0
    try:
        mass_g = float(number.removesuffix("g")) * unit
    except ValueError:
        return None
    return mass_g if math.isfinite(mass_g) and mass_g > 0 else None
