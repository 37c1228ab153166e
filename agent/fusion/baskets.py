"""What each visitor took from this shelf and still holds: put-backs are preferably of that."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from itertools import islice

from agent.messages import Snapshot

MOST_OTHERS = 50  # of what others hold is thought of
MAX_HELD = 64  # of one visitor; the oldest are forgotten first


@dataclass(frozen=True, slots=True)
class Held:
    """Goods in a visitor's hands: `weight_g` as measured when they left the shelf, for one unit."""

    gtin: str | None
    weight_g: float
    sigma_g: float
    units: int | None


class Baskets:
    """By visitor; None collects what nobody was seen taking."""

    def __init__(self) -> None:
        self._held: dict[str | None, list[Held]] = {}

    def of(self, visitor: str | None) -> tuple[Held, ...]:
        """What this visitor holds."""
        return tuple(self._held.get(visitor, ()))

    def others(self, visitor: str | None) -> tuple[tuple[str | None, Held], ...]:
        """What everybody else holds, the newest first and not without end: goods are handed on."""
        everything = ((v, held) for v, kept in reversed(self._held.items()) if v != visitor for held in reversed(kept))
        return tuple(islice(everything, MOST_OTHERS))

    def take(self, visitor: str | None, held: Held) -> None:
        """Into the basket."""
        kept = self._held.setdefault(visitor, [])
        kept.append(held)
        del kept[:-MAX_HELD]

    def give(self, owner: str | None, held: Held, units: int) -> None:
        """`units` of it go back to a shelf."""
        kept = self._held[owner]
        at = kept.index(held)
        if held.units is not None and held.units > units:
            kept[at] = replace(held, units=held.units - units)
        else:
            del kept[at]

    def forget(self, visitor: str) -> None:
        """The visitor left."""
        self._held.pop(visitor, None)

    def disown(self) -> None:
        """All visitors left, and nobody knows when: what they held may still be in the shop."""
        everything = [held for kept in self._held.values() for held in kept]
        self._held = {None: everything[-MAX_HELD:]} if everything else {}

    def snapshot(self) -> Snapshot:
        """Plain values (JSON has no None key)."""
        return {"held": [[v, [asdict(h) for h in kept]] for v, kept in self._held.items()]}

    def restore(self, state: Snapshot) -> None:
        """What `snapshot` gave."""
        self._held = {v: [Held(**h) for h in kept] for v, kept in state["held"]}
