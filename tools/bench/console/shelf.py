"""The shelf as the page draws it: lanes in metres, products with their looks, the strip's place. Plain JSON.

Not here: what stands in the lanes (the broker tells), how it is drawn (page/shelf.js).
"""

from __future__ import annotations

from typing import Any

from agent.config.schema import Config, Lane
from tools.bench.camera.sprites import LOOKS, Look
from tools.bench.console.ear import titles
from tools.bench.layouts import Layout


def described(config: Config, layout: Layout, models: tuple[str, ...]) -> dict[str, Any]:
    """Of this configuration; `layout` knows where single things stand, and which kind each product is."""
    kinds = {lane.gtin: lane.title[3:] for lane in layout.config.lanes}
    names = titles(config)
    goods = {gtin: {"title": names[gtin], "look": _look(LOOKS.get(kinds.get(gtin, "")))} for gtin in names}
    edges = [(lane.left_m, lane.right_m) for lane in config.lanes]
    screen = config.screen
    whole = (min(left for left, _ in edges), max(right for _, right in edges))
    strip = (screen.left_m, screen.right_m) if (screen.left_m, screen.right_m) != (0.0, 0.0) else whole
    return {
        "store": config.device.store,
        "device": config.device.id,
        "currency": config.store.currency,
        "lanes": [_lane(lane, layout) for lane in _one_each(config.lanes)],
        "goods": goods,
        "strip": {"left_m": strip[0], "right_m": strip[1]} if screen.driver else None,
        "eyes": bool(config.camera.driver),
        "models": list(models),
    }


def _one_each(lanes: tuple[Lane, ...]) -> list[Lane]:
    return list({lane.name: lane for lane in reversed(lanes)}.values())[::-1]


def _lane(lane: Lane, layout: Layout) -> dict[str, Any]:
    return {
        "name": lane.name,
        "gtin": lane.gtin,
        "left_m": lane.left_m,
        "right_m": lane.right_m,
        "bottom_m": lane.bottom_m,
        "top_m": lane.top_m,
        "facing": lane.facing_units,
        "price": lane.price or None,
        "promotion_price": lane.promotion_price or None,
        "places": list(layout.places.get(lane.name, ())),
    }


def _look(look: Look | None) -> dict[str, Any] | None:
    if look is None:
        return None
    colours = {name: "rgb({},{},{})".format(*getattr(look, name)) for name in ("glass", "cap", "paper", "print")}
    return {**colours, "neck": look.neck, "shoulder": look.shoulder, "label": list(look.label)}
