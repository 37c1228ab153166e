"""Puts a verdict into words for the broker: pick, put or restock."""

from __future__ import annotations

from typing import Any, Literal

from agent.fusion.judge import Said
from agent.shelf.planogram import Stretch
from agent.weighing.step import Step
from wire.events import Alternative, Clock, Pick, Put, Restock

Mode = Literal["open", "staff", "maintenance"]
Reason = Literal["staff", "facing_filled", "while_off"]
FEWEST_FILLED = 2  # one unit is a shopper's, however small the facing
FACING_FILLED = 0.5  # of a full facing arriving with nobody there is no shopper's put-back


def restock_reason(one: Said, stretch: Stretch, mode: Mode, while_off: bool) -> Reason | None:
    """Why this is no shopper's doing; None when it is."""
    if while_off:
        return "while_off"
    if mode == "staff":
        return "staff"
    own = [x for x in stretch.lanes if (x.name, x.product.gtin) == (one.move.lane, one.move.gtin)]
    facing = own[0].facing_units if own else 0
    filled = (
        one.move.sign > 0
        and one.move.visitor is None
        and facing > 0
        and (one.move.units or 0) >= max(FACING_FILLED * facing, FEWEST_FILLED)
    )
    return "facing_filled" if filled else None


def tell(step: Step, one: Said, delta_g: float | None, clock: Clock, reason: Reason | None) -> Pick | Put | Restock:
    """The payload. Rounded: what is behind the rounding is noise."""
    move = one.move
    ended = step.fell if move.sign < 0 else step.rose
    common: dict[str, Any] = {
        "lane": move.lane,
        "gtin": move.gtin,
        "delta_g": None if delta_g is None else round(delta_g, 1),
        "confidence": round(min(one.confidence, 0.999), 3),
        "began_s": round(step.began, 3),
        "ended_s": round(ended, 3),
        "decided_s": round(step.now, 3),
        "clock": clock,
        "alternatives": tuple(
            Alternative(lane=m.lane, gtin=m.gtin, units=m.units, visitor=m.visitor, probability=round(p, 3))
            for m, p in one.alternatives
        ),
    }
    if reason is not None:
        units = None if move.units is None else move.sign * move.units
        return Restock(**common, units=units, visitor=None, reason=reason)
    kind = Pick if move.sign < 0 else Put
    return kind(**common, units=move.units, visitor=move.visitor)
