"""What stands where it does not belong: the planogram as it becomes.

An object laid into the wrong lane stays known there, with its weight and its place on the cells, until it is taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from agent.messages import Snapshot

MAX_STRAYS = 64  # of one stretch; the oldest are forgotten first
MAX_ON_SHELF = 256  # of all: `state/inventory` stays well within one message


@dataclass(frozen=True, slots=True)
class Stray:
    """An object out of its place. `shares`: (column of the cell, part of the weight that it carries)."""

    gtin: str | None
    weight_g: float
    shares: tuple[tuple[int, float], ...]
    probability: float  # that it is this product
    units: int | None = 1


class Contents:
    """Strays of every stretch."""

    def __init__(self, stretches: int) -> None:
        self._strays: list[list[Stray]] = [[] for _ in range(stretches)]

    def strays(self, stretch: int) -> tuple[Stray, ...]:
        """In the order they came."""
        return tuple(self._strays[stretch])

    def lay(self, stretch: int, stray: Stray) -> None:
        """An object came to lie here."""
        kept = self._strays[stretch]
        kept.append(stray)
        del kept[:-MAX_STRAYS]
        if sum(len(strays) for strays in self._strays) > MAX_ON_SHELF:
            del max(self._strays, key=len)[0]

    def take(self, stray: Stray) -> None:
        """It went away again."""
        for kept in self._strays:
            if stray in kept:
                kept.remove(stray)
                return

    def clear(self, stretch: int) -> None:
        """Staff put the stretch in order."""
        self._strays[stretch].clear()

    def snapshot(self) -> Snapshot:
        """Plain values."""
        return {"strays": [[asdict(s) for s in kept] for kept in self._strays]}

    def restore(self, state: Snapshot, now: Sequence[int | None]) -> None:
        """What `snapshot` gave; `now`: the stretch that each of then is now, None for one that is no more."""
        for stretch, kept in zip(now, state["strays"], strict=True):
            if stretch is not None:
                self._strays[stretch] = [
                    Stray(**{**s, "shares": tuple((int(c), float(x)) for c, x in s["shares"])}) for s in kept
                ]
