"""Draws one price label into its rectangle, with as much as there is room for.

In full: name, price, unit price, the price that was, what the stock is. Where that has no room: name and price; then
the price alone. What was left out is said. A price is never cut: one that does not fit in the smallest size is not
drawn, and that is said too. Low stock and sold out are a word, or a bar at the foot where no word fits.
Not here: what it says (saying.py), where labels stand (layout.py), which ones changed (face.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agent.screen.foot import Foot, draw_foot, fit_foot
from agent.screen.geometry import Rect
from agent.screen.protocol import Picture
from agent.screen.saying import Note, Text
from agent.screen.sheet import Sheet
from agent.screen.tag import about_price_width, draw_price, fit_price, price_width
from agent.screen.text import ASCENT, DIGIT, LINE, SMALLEST_PX, Lines, Pen, sizes
from agent.screen.theme import Theme

WIDE = 2.4  # heights: a label so wide has its price beside the name, not below it
BESIDE = (0.52, 0.44, 0.36)  # of the width, for a price beside a name: the first with which the name is whole
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
class Drawn:
    """A label's pixels, and what has no room on it."""

    picture: Picture
    complaints: tuple[str, ...]


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


def draw_label(text: Text, width: int, height: int, theme: Theme, pen: Pen) -> Drawn:
    """The label, exactly this large."""
    sheet = Sheet(width, height, theme.ground, pen)
    inner = _card(sheet, theme)
    legal = tuple(note for note in text.notes if note.kind in LEFT_OUT)
    for planned, notes in ((_full, text.notes), (_full, legal), (_full, ()), (_bare, ())):
        plan = planned(text, inner, pen, notes)
        if plan is not None:
            _draw(sheet, text, plan, theme)
            without = [note for note in text.notes if note not in notes]
            if without:
                _bar(sheet, text.level, theme)
            return Drawn(sheet.picture(), tuple(_left_out(without, planned is _bare)))
    what = "the name" if text.price is None else f"the price {text.price}"
    return Drawn(sheet.picture(), (f"{width}x{height} pixels are too few for {what}: it stays empty",))


def _card(sheet: Sheet, theme: Theme) -> Rect:
    """The label's face, and the room inside."""
    if min(sheet.width, sheet.height) < CARD_PX:
        sheet.field(Rect(0, 0, sheet.width, sheet.height), 0, theme.face)
        sheet.field(Rect(sheet.width - 1, 0, 1, sheet.height), 0, theme.edge)
        return Rect(2, 1, max(sheet.width - 5, 0), max(sheet.height - 2, 0))
    radius = max(4, min(12, sheet.height // 9))
    card = Rect(2, 2, sheet.width - 4, sheet.height - 4)
    sheet.field(card, radius, theme.edge)
    sheet.field(_inset(card, 1, 1), radius - 1, theme.face)
    return _inset(card, max(4, min(14, round(sheet.height * 0.09))), max(3, min(12, round(sheet.height * 0.07))))


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
    px = fit_price(pen, text.price, inner.width, int(inner.height / DIGIT), SMALLEST_PX)
    if px is None:
        return None
    spare = inner.width - price_width(pen, text.price, px)
    field = Rect(inner.left - 1, inner.top, inner.width + 2, inner.height) if text.offer else None
    return Plan(px, inner.right - spare / 2, inner.top + (inner.height + DIGIT * px) / 2, field)


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
    largest = int((inner.height - pad) * 0.86 / DIGIT)
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
    return Plan(px, inner.right - pad, inner.top + (inner.height + DIGIT * px) / 2, field, name, left, foot, left)


def _below(text: Text, inner: Rect, pen: Pen, notes: Sequence[Note]) -> Plan | None:
    """The name above, the price below at the right, the notes at its left or, in a narrow label, between."""
    assert text.price is not None
    pad = _field_pad(inner) if text.offer else 0
    largest = fit_price(pen, text.price, inner.width - 2 * pad, int(inner.height * 0.46 / DIGIT), SMALLEST_PX + 1)
    if largest is None:
        return None
    beside = _beside_price(text, inner, pen, notes, largest, pad)
    px = largest if beside is None else beside[0]
    wide = round(price_width(pen, text.price, px)) + 2 * pad
    high = round(DIGIT * px) + (2 * pad or _descent(px))
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
    return Plan(px, inner.right - pad, inner.bottom - (pad or _descent(px)), field, both[0], upper, both[1], foot_at)


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


def _descent(px: int) -> int:
    """Below the baseline, for a comma."""
    return round(0.13 * px)


def _draw(sheet: Sheet, text: Text, plan: Plan, theme: Theme) -> None:
    sold_out = text.level == "empty"
    if plan.field is not None:
        sheet.field(plan.field, max(3, min(10, plan.field.height // 8)), theme.accent)
    if plan.name is not None:
        baseline = plan.name_at.top + ASCENT * plan.name.px
        for line in plan.name.lines:
            sheet.write(plan.name_at.left, round(baseline), line, plan.name.px, theme.pale if sold_out else theme.ink)
            baseline += LINE * plan.name.px
    if plan.foot is not None:
        draw_foot(sheet, plan.foot, plan.foot_at, theme)
    if text.price is not None:
        ink = theme.on_accent if plan.field else theme.offer if text.offer else theme.pale if sold_out else theme.ink
        draw_price(sheet, text.price, plan.price_right, plan.price_foot, plan.price_px, ink)


def _bar(sheet: Sheet, level: str, theme: Theme) -> None:
    """Low or sold out, where no word fits."""
    if level in ("low", "empty"):
        high = max(2, sheet.height // 20)
        sheet.field(Rect(0, sheet.height - high, sheet.width, high), 0, theme.offer if level == "low" else theme.ink)


def _left_out(notes: Sequence[Note], bare: bool) -> list[str]:
    names = [LEFT_OUT[note.kind] for note in notes if note.kind in LEFT_OUT] + (["the name"] if bare else [])
    return [f"no room for {' and '.join(names)}"] if names else []


def _inset(area: Rect, x: int, y: int) -> Rect:
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
