"""What a scene expects to be told, in one line each: `pick("cola", 1, by="ann")`."""

from __future__ import annotations

from typing import Any, NamedTuple
from unittest.mock import ANY

import pytest

from wire.events import Pick, Put, Restock

Movement = Pick | Put | Restock
AT_S = 0.4  # how near to the truth's moment an event must be dated, where a scene asks
FOREIGN = None  # goods that no product list knows
OWN = "own"


class Told(NamedTuple):
    """One event as people would say it."""

    what: str  # pick, put, or restock with its reason
    lane: str
    units: int | None
    goods: str | None  # None: no known product
    by: str | None  # None: nobody seen
    at: Any  # seconds of the scene


def pick(lane: str, units: int | None = 1, *, by: str | None = None, goods: str | None = OWN, at: float = -1.0) -> Told:
    """`goods` only where they are not the lane's own, `at` only where the moment matters."""
    return _told("pick", lane, units, goods, by, at)


def put(lane: str, units: int | None = 1, *, by: str | None = None, goods: str | None = OWN, at: float = -1.0) -> Told:
    """See `pick`; a foreign object has no units: `put("cola", None, goods=FOREIGN)`."""
    return _told("put", lane, units, goods, by, at)


def restock(lane: str, units: int | None, why: str, *, goods: str | None = OWN, at: float = -1.0) -> Told:
    """`why`: staff, facing_filled or while_off."""
    return _told(f"restock: {why}", lane, units, goods, None, at)


def told(movement: Movement, names: dict[str, str], began_s: float) -> Told:
    """An event in a scene's words. `names`: gtin -> goods; `began_s`: the scene's time when the clock of this boot
    began."""
    what = f"restock: {movement.reason}" if isinstance(movement, Restock) else movement.kind
    goods = None if movement.gtin is None else names[movement.gtin]
    at = round(movement.ended_s + began_s, 3)
    return Told(what, movement.lane, movement.units, goods, movement.visitor, at)


def _told(what: str, lane: str, units: int | None, goods: str | None, by: str | None, at: float) -> Told:
    moment = ANY if at < 0 else pytest.approx(at, abs=AT_S)
    return Told(what, lane, units, lane if goods == OWN else goods, by, moment)
