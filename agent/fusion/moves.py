"""All the ways in which one object, or several of a kind, can have left or come to a stretch.

Each way is a `Move` with the change of weight it would cause and how likely it is before the weight is known. The
numbers are prior odds against taking one unit of the lane's own product (1.0); reasons stand beside them, the model in
docs/decisions/inference.md. Not here: holding them against the measurement (explain.py).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from agent.fusion.baskets import Baskets, Held
from agent.shelf.contents import Stray
from agent.shelf.planogram import Lane, Planogram, Product, Stretch

UNITS_PRIOR = (1.0, 0.08, 0.02, 0.008)  # of taking 1, 2, 3, 4 at a grasp; each further one 0.7 of the one before
MOST_UNITS = 24  # a carton; more at once is no grasp
ITEM_SIGMA = 0.007  # spread between items of one product; the catalogue's own error is the lane's tolerance
STRAY_PICK = 0.4  # a known stray is taken again about as often as one facing's front unit
UNSEEN_STRAY_PICK = 0.004  # goods of other lanes that nobody saw coming, all together
UNKNOWN_PICK = 0.01  # an object of unknown weight that was there before us
OWN_RETURN = 1.0  # a visitor puts back what belongs here
HELD_ELSEWHERE = 0.12  # ... or lays it where it does not belong: one in four or so does, but in one of a dozen lanes
HANDED_ON = 0.04  # what another visitor was seen taking
HANDED_ELSEWHERE = 0.005
UNSEEN_OWN_PUT = 0.005  # the lane's product, taken when nobody was looking or brought from another shelf
UNWEIGHED_PUT = 0.9  # goods of no fixed weight: whatever comes to their lane is taken for them
KNOWN_AGAIN, DRUNK_FROM = 0.85, 0.08  # goods of no fixed weight: mostly the one seen before, somewhat lighter or fuller
SHOP_PUT = 0.01  # other goods of the shop, all together
RESTOCK = 0.5  # with nobody there, what comes is staff's, in any number of units
RESTOCK_AMONG = 0.02  # ... behind the tracker's back, among shoppers
UNSEEN_MISPLACES = 0.2  # somebody the tracker did not see is staff more often than a shopper
FOREIGN_PUT = 0.03  # an umbrella, a cup, a phone
BROAD_G = 1500.0  # objects of unknown weight: exponential with this mean
NEAR, NEAR_G = 0.1, 10.0  # of a unit's weight, and grams: further off, a product is not worth a look
UNWEIGHED_MIN_G = 15.0  # goods of no fixed weight: smaller changes are noise unless the lane says otherwise


@dataclass(frozen=True, slots=True)
class Move:
    """One object or several of a kind, leaving (`sign` -1) or coming (+1)."""

    sign: int
    lane: str
    gtin: str | None
    units: int | None
    mean_g: float  # magnitude; NaN: any weight
    sigma_g: float
    prior: float
    visitor: str | None
    stray: Stray | None = None
    owner: str | None = None  # whose basket `held` is in
    held: Held | None = None
    scale_g: float = BROAD_G  # of any weight: its mean

    @property
    def broad(self) -> bool:
        """Of no known weight?"""
        return math.isnan(self.mean_g)


@dataclass(frozen=True, slots=True)
class ShelfState:
    """What is known of the shelf when a step is explained."""

    planogram: Planogram
    baskets: Baskets
    units: Mapping[tuple[str, str], int | None]  # (lane, gtin) -> units standing there, None: not known
    watched: bool  # a tracker tells who is there
    seen_g: Mapping[str, float]  # gtin -> weight it last had, of goods of no fixed weight


def units_prior(n: int) -> float:
    """Of `n` units at a grasp, against one."""
    if n <= len(UNITS_PRIOR):
        return UNITS_PRIOR[n - 1]
    return float(UNITS_PRIOR[-1] * 0.7 ** (n - len(UNITS_PRIOR)))


def picks(
    stretch: Stretch, delta_g: float, visitor: str | None, shelf: ShelfState, strays: Sequence[Stray]
) -> Iterator[Move]:
    """Ways in which `delta_g` (magnitude) can have left."""
    name = stretch.name
    for lane in stretch.lanes:
        stock = shelf.units.get((lane.name, lane.product.gtin))
        if lane.product.unit_g is None:
            yield from _unweighed(lane, -1, delta_g, 1.0, visitor, shelf)
        else:
            yield from _own(lane, -1, delta_g, 1.0 / len(stretch.lanes), visitor, stock)
    for stray in strays:
        sigma = 0.01 * stray.weight_g + 1.5
        yield Move(-1, name, stray.gtin, stray.units, stray.weight_g, sigma, STRAY_PICK, visitor, stray=stray)
    share = UNSEEN_STRAY_PICK / max(len(shelf.planogram.goods), 1)
    for product in _others(stretch, shelf.planogram, delta_g):
        yield _single(product, -1, name, share, visitor)
    yield Move(-1, name, None, None, math.nan, 0.0, UNKNOWN_PICK, visitor)


def puts(stretch: Stretch, delta_g: float, visitor: str | None, shelf: ShelfState) -> Iterator[Move]:
    """Ways in which `delta_g` can have come."""
    name = stretch.name
    own = {lane.product.gtin: lane for lane in stretch.lanes}
    for held in shelf.baskets.of(visitor):
        yield from _returns(own, name, held, delta_g, visitor, visitor, OWN_RETURN, HELD_ELSEWHERE)
    for owner, held in shelf.baskets.others(visitor):
        yield from _returns(own, name, held, delta_g, visitor, owner, HANDED_ON, HANDED_ELSEWHERE)
    for lane in stretch.lanes:
        if lane.product.unit_g is None:
            yield from _unweighed(lane, +1, delta_g, UNWEIGHED_PUT, visitor, shelf)
        else:
            yield from _own(lane, +1, delta_g, UNSEEN_OWN_PUT / len(stretch.lanes), visitor, None)
    unseen = 1.0 if visitor is not None or not shelf.watched else UNSEEN_MISPLACES
    share = unseen * SHOP_PUT / max(len(shelf.planogram.goods), 1)
    for product in _others(stretch, shelf.planogram, delta_g):
        yield _single(product, +1, name, share, visitor)
    yield Move(+1, name, None, None, math.nan, 0.0, unseen * FOREIGN_PUT, visitor)


def restocks(stretch: Stretch, delta_g: float, prior: float) -> Iterator[Move]:
    """Ways in which staff, unseen, can have filled the stretch: any number of units is as likely."""
    for lane in stretch.lanes:
        if lane.product.unit_g is not None:
            for move in _own(lane, +1, delta_g, 1.0, None, None):
                yield replace(move, prior=prior / len(stretch.lanes))


def _own(lane: Lane, sign: int, delta_g: float, prior: float, visitor: str | None, stock: int | None) -> Iterator[Move]:
    """The lane's own product in the numbers of units that come near `delta_g`."""
    unit_g = lane.product.unit_g
    assert unit_g is not None
    if delta_g < lane.min_step_g:
        return
    for n in _near(delta_g, unit_g, MOST_UNITS):
        missing = 0.05 if stock is not None and sign < 0 and n > stock else 1.0
        sigma = unit_g * math.sqrt((n * lane.product.tolerance) ** 2 + n * ITEM_SIGMA**2)
        yield Move(sign, lane.name, lane.product.gtin, n, n * unit_g, sigma, prior * missing * units_prior(n), visitor)


def _unweighed(
    lane: Lane, sign: int, delta_g: float, prior: float, visitor: str | None, shelf: ShelfState
) -> Iterator[Move]:
    """Goods of no fixed weight: like the one seen before, or of any weight the lane takes for an event."""
    if delta_g < max(lane.min_step_g, UNWEIGHED_MIN_G):
        return
    gtin, fresh = lane.product.gtin, 1.0
    known = shelf.seen_g.get(gtin)
    if known is not None:
        fresh = 1.0 - KNOWN_AGAIN
        yield Move(sign, lane.name, gtin, None, known, DRUNK_FROM * known, prior * KNOWN_AGAIN, visitor)
    scale = max(BROAD_G, 3.0 * lane.min_step_g)
    yield Move(sign, lane.name, gtin, None, math.nan, 0.0, prior * fresh, visitor, scale_g=scale)


def _returns(
    own: Mapping[str, Lane],
    name: str,
    held: Held,
    delta_g: float,
    visitor: str | None,
    owner: str | None,
    home: float,
    away: float,
) -> Iterator[Move]:
    """Goods out of a basket, in the numbers of units that come near `delta_g`."""
    lane = own.get(held.gtin or "")
    for n in _near(delta_g, held.weight_g, held.units or 1):
        drunk = 0.0 if held.units else DRUNK_FROM * held.weight_g
        prior = (home if lane else away) * units_prior(n)
        yield Move(
            +1,
            lane.name if lane else name,
            held.gtin,
            n if held.units else None,
            n * held.weight_g,
            n * held.sigma_g + drunk,
            prior,
            visitor,
            owner=owner,
            held=held,
        )


def _near(delta_g: float, unit_g: float, most: int) -> range:
    """The numbers of units, 1 to `most`, that come nearest to `delta_g` from below and above."""
    below = min(max(math.floor(delta_g / unit_g), 1), most) if unit_g > 0.0 else 1
    return range(below, min(below + 1, most) + 1)


def _single(product: Product, sign: int, name: str, prior: float, visitor: str | None) -> Move:
    assert product.unit_g is not None
    sigma = product.unit_g * math.sqrt(product.tolerance**2 + ITEM_SIGMA**2)
    return Move(sign, name, product.gtin, 1, product.unit_g, sigma, prior, visitor)


def _others(stretch: Stretch, planogram: Planogram, delta_g: float) -> list[Product]:
    """Goods of the shop that do not belong on this stretch, one unit of which comes near `delta_g`."""
    own = {lane.product.gtin for lane in stretch.lanes}
    return [p for p in planogram.near(delta_g, NEAR, NEAR_G) if p.gtin not in own]
