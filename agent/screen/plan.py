"""Where everything stands on a label of some size: made whole before anything is drawn.

In full: name, price, unit price, the price that was, what the stock is. Where that has no room: without a word on the
stock, then name and price, then the price alone. What was left out is said, and a price is never cut.
Not here: what the label says (saying.py), its colours and pixels (label.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agent.screen.foot import Foot, fit_foot
from agent.screen.geometry import Rect
from agent.screen.saying import Note, Text
from agent.screen.tag import about_price_width, fit_price, price_extent, price_width
from agent.screen.text import DIGIT, SMALLEST_PX, Lines, Pen, sizes
from agent.shelf.price import PriceText

WIDE = 2.4  # heights: a label so wide has its price beside the name, not below it
BESIDE = (0.52, 0.44, 0.36)  # of the width, for a price beside a name: the first with which the name is whole
PRICE_HIGH, PRICE_LOW = 0.94, 0.54  # of the height, for a price beside the name, or below it
FOOT = 0.6  # of the height, at most
NAME_SHARE = 0.23  # of the height: the largest name, so that the names of a shelf are of one size
LARGEST_NAME_PX = 44
PRICE_LEAST = 0.75  # of the size it could have: more it does not give way to the notes beside it
LEFT_OUT = {
    "was": "the price that was",
    "unit": "the unit price",
}  # what a rule may ask for is said, of stock a bar tells
NOWHERE = Rect(0, 0, 0, 0)
CARD_PX = 28  # a lower or narrower label has no edge of its own


@dataclass(frozen=True, slots=True)
class Plan:
    """Where everything stands; made whole before anything is drawn."""

    price_px: int = 0
    price_right: float = 0.0
    price_foot: float = 0.0  # baseline
    field: Rect | None = None  # behind a promotion's price
    name: Lines | None = None
    name_at: Rect = NOWHERE
    foot: Foot | None = None
    foot_at: Rect = NOWHERE


def planned(text: Text, width: int, height: int, pen: Pen) -> tuple[Plan | None, tuple[Note, ...], tuple[str, ...]]:
    """The first plan that has room, the notes it does without, and what is to be said of it."""
    inner = _inside(width, height)
    legal = tuple(note for note in text.notes if note.kind in LEFT_OUT)
    for kind, notes in ((_full, text.notes), (_full, legal), (_full, ()), (_bare, ())):
        plan = kind(text, inner, pen, notes)
        if plan is not None:
            without = tuple(note for note in text.notes if note not in notes)
            return plan, without, _left_out(without, kind is _bare)
    what = "the name" if text.price is None else f"the price {text.price}"
    return None, (), (f"{width}x{height} pixels are too few for {what}: it stays empty",)


def _inside(width: int, height: int) -> Rect:
    """The room inside a label's edge."""
    if min(width, height) < CARD_PX:
        return Rect(2, 1, max(width - 5, 0), max(height - 2, 0))
    x, y = max(4, min(14, round(height * 0.09))), max(3, min(12, round(height * 0.07)))
    return inset(Rect(2, 2, width - 4, height - 4), x, y)


def _full(text: Text, inner: Rect, pen: Pen, notes: Sequence[Note]) -> Plan | None:
    """Name, price and these notes."""
    if text.price is None:
        return _nameplate(text, inner, pen, notes)
    first, second = (_beside, _below) if inner.width >= WIDE * inner.height else (_below, _beside)
    return first(text, inner, pen, notes) or second(text, inner, pen, notes)


def _bare(text: Text, inner: Rect, pen: Pen, notes: Sequence[Note]) -> Plan | None:
    """The price alone, in the middle."""
    if text.price is None:
        return None
    px = fit_price(pen, text.price, inner.width, inner.height, SMALLEST_PX)
    if px is None:
        return None
    spare = inner.width - price_width(pen, text.price, px)
    field = Rect(inner.left - 1, inner.top, inner.width + 2, inner.height) if text.offer else None
    return Plan(px, inner.right - spare / 2, _middle(text.price, inner, px, pen), field)


def _nameplate(text: Text, inner: Rect, pen: Pen, notes: Sequence[Note]) -> Plan | None:
    """A label without a price."""
    foot = fit_foot(pen, notes, inner.width, inner.height * FOOT, _note_px(inner))
    if foot is None:
        return None
    room = Rect(inner.left, inner.top, inner.width, inner.height - foot.height)
    name = pen.lines(text.name, room.width, room.height, _name_px(inner) * 2, SMALLEST_PX, 2)
    return None if name is None else Plan(name=name, name_at=room, foot=foot, foot_at=inner)


def _beside(text: Text, inner: Rect, pen: Pen, notes: Sequence[Note]) -> Plan | None:
    """Name and notes to the left, the price to the right, over all the height; a name that would be cut gets more of
    the width."""
    plans = [plan for share in BESIDE if (plan := _beside_at(share, text, inner, pen, notes)) is not None]
    return next((plan for plan in plans if plan.name is not None and not plan.name.cut), plans[0] if plans else None)


def _beside_at(share: float, text: Text, inner: Rect, pen: Pen, notes: Sequence[Note]) -> Plan | None:
    """With at most `share` of the width for the price."""
    assert text.price is not None
    pad = _field_pad(inner) if text.offer else 0
    largest = inner.height * PRICE_HIGH - pad
    px = fit_price(pen, text.price, inner.width * share - 2 * pad, largest, SMALLEST_PX + 1)
    if px is None:
        return None
    wide = round(price_width(pen, text.price, px)) + 2 * pad
    left = Rect(inner.left, inner.top, inner.width - wide - max(4, inner.height // 10), inner.height)
    both = _name_and_foot(text.name, notes, left, inner, pen)
    if both is None:
        return None
    name, foot = both
    field = Rect(inner.right - wide, inner.top, wide, inner.height) if text.offer else None
    return Plan(px, inner.right - pad, _middle(text.price, inner, px, pen), field, name, left, foot, left)


def _below(text: Text, inner: Rect, pen: Pen, notes: Sequence[Note]) -> Plan | None:
    """The name above, the price below at the right, the notes at its left or, in a narrow label, between."""
    assert text.price is not None
    pad = _field_pad(inner) if text.offer else 0
    largest = fit_price(pen, text.price, inner.width - 2 * pad, inner.height * PRICE_LOW - pad, SMALLEST_PX + 1)
    if largest is None:
        return None
    beside = _beside_price(text, inner, pen, notes, largest, pad)
    px = largest if beside is None else beside[0]
    wide = round(price_width(pen, text.price, px)) + 2 * pad
    above, below = price_extent(pen, text.price, px)
    high, below = above + pad + max(pad, below), max(pad, below)
    upper = Rect(inner.left, inner.top, inner.width, inner.height - high - _gap(inner))
    if beside is None:
        both = _name_and_foot(text.name, notes, upper, inner, pen)
    else:
        room = min(upper.height, inner.height - beside[1].height - 2)
        name = pen.lines(text.name, upper.width, room, _name_px(inner), SMALLEST_PX, 2)
        both = None if name is None else (name, beside[1])
    if both is None:
        return None
    field = Rect(inner.right - wide, inner.bottom - high, wide, high) if text.offer else None
    foot_at = upper if beside is None else inner
    return Plan(px, inner.right - pad, inner.bottom - below, field, both[0], upper, both[1], foot_at)


def _name_and_foot(text: str, notes: Sequence[Note], room: Rect, inner: Rect, pen: Pen) -> tuple[Lines, Foot] | None:
    """The name above the notes: these are no larger than the name, and do not cost it its end."""
    found = None
    for largest in range(_note_px(inner), SMALLEST_PX - 1, -1):
        foot = fit_foot(pen, notes, room.width, room.height, largest)
        if foot is None:
            return found
        most = 3 if inner.height > 100 else 2
        name = pen.lines(text, room.width, room.height - foot.height, _name_px(inner), SMALLEST_PX, most)
        if name is not None:
            found = (name, foot)
            if not name.cut and (name.px >= foot.px * 1.1 or not notes):
                return found
    return found


def _beside_price(
    text: Text, inner: Rect, pen: Pen, notes: Sequence[Note], largest: int, pad: int
) -> tuple[int, Foot] | None:
    """Size of the price and the notes at its left: the notes may cost the price some of its size, and grow smaller
    themselves only where that is not enough."""
    assert text.price is not None
    for least in range(max(round(0.85 * _note_px(inner)), SMALLEST_PX), SMALLEST_PX - 1, -1):
        for px in sizes(largest, max(SMALLEST_PX, int(largest * PRICE_LEAST))):
            left = inner.width - about_price_width(pen, text.price, px) - 2 * pad - _gap(inner)
            foot = fit_foot(pen, notes, left, inner.height * FOOT, _note_px(inner))
            if foot is not None and (foot.px >= least or not notes):
                return px, foot
    return None


def _middle(price: PriceText, inner: Rect, px: int, pen: Pen) -> float:
    """Baseline of a price in the middle of the height; what reaches below it, a comma, moves it as little as may be."""
    above, below = price_extent(pen, price, px)
    return (
        min(inner.top + (inner.height + DIGIT * px) / 2, inner.bottom - below)
        if above + below < inner.height
        else inner.top + above
    )


def _left_out(notes: Sequence[Note], bare: bool) -> tuple[str, ...]:
    names = [LEFT_OUT[note.kind] for note in notes if note.kind in LEFT_OUT] + (["the name"] if bare else [])
    return (f"no room for {' and '.join(names)}",) if names else ()


def inset(area: Rect, x: int, y: int) -> Rect:
    return Rect(area.left + x, area.top + y, max(area.width - 2 * x, 0), max(area.height - 2 * y, 0))


def _name_px(inner: Rect) -> int:
    wide = inner.width >= WIDE * inner.height
    return max(
        SMALLEST_PX, min(LARGEST_NAME_PX, round(inner.height * (NAME_SHARE + 0.1 if wide else NAME_SHARE - 0.05)))
    )


def _note_px(inner: Rect) -> int:
    return max(SMALLEST_PX, min(26, round(inner.height * (0.21 if inner.width >= WIDE * inner.height else 0.14))))


def _field_pad(inner: Rect) -> int:
    return max(3, min(12, inner.height // 9))


def _gap(inner: Rect) -> int:
    return max(4, inner.height // 14)
