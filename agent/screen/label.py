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
from agent.screen.tag import draw_price, fit_price, price_width
from agent.screen.text import ASCENT, DIGIT, LINE, SMALLEST_PX, Lines, Pen
from agent.screen.theme import Theme

WIDE = 2.4  # heights: a label so wide has its price beside the name, not below it
BESIDE = 0.56  # of the width, for a price beside a name
NAME_SHARE = 0.23  # of the height: the largest name, so that the names of a shelf are of one size
LARGEST_NAME_PX = 44
PRICE_LEAST = 0.55  # of the size it could have: more it does not give way to the notes beside it
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
    for planned, without in ((_full, ()), (_short, text.notes), (_bare, text.notes)):
        plan = planned(text, inner, pen)
        if plan is not None:
            _draw(sheet, text, plan, theme)
            if without:
                _bar(sheet, text.level, theme)
            return Drawn(sheet.picture(), tuple(_left_out(without, planned is _bare)))
    price = "" if text.price is None else f" of {text.price}"
    return Drawn(sheet.picture(), (f"its {width}x{height} pixels are too few for the price{price}: it stays empty",))


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


def _full(text: Text, inner: Rect, pen: Pen) -> Plan | None:
    if text.price is None:
        return _nameplate(text, inner, pen)
    return (_beside if inner.width >= WIDE * inner.height else _below)(text, inner, pen, text.notes)


def _short(text: Text, inner: Rect, pen: Pen) -> Plan | None:
    """Name and price."""
    if text.price is None:
        return None
    wide = inner.width >= WIDE * inner.height
    return _beside(text, inner, pen, ()) or (None if wide else _below(text, inner, pen, ()))


def _bare(text: Text, inner: Rect, pen: Pen) -> Plan | None:
    """The price, in the middle."""
    if text.price is None:
        return None
    px = fit_price(pen, text.price, inner.width, int(inner.height / DIGIT), SMALLEST_PX)
    if px is None:
        return None
    spare = inner.width - price_width(pen, text.price, px)
    field = Rect(inner.left - 1, inner.top, inner.width + 2, inner.height) if text.offer else None
    return Plan(px, inner.right - spare / 2, inner.top + (inner.height + DIGIT * px) / 2, field)


def _nameplate(text: Text, inner: Rect, pen: Pen) -> Plan | None:
    """A label without a price."""
    foot = fit_foot(pen, text.notes, inner.width, _note_px(inner))
    if foot is None:
        return None
    room = Rect(inner.left, inner.top, inner.width, inner.height - foot.height)
    name = pen.lines(text.name, room.width, room.height, _name_px(inner) * 2, SMALLEST_PX, 2)
    return None if name is None else Plan(name=name, name_at=room, foot=foot, foot_at=inner)


def _beside(text: Text, inner: Rect, pen: Pen, notes: Sequence[Note]) -> Plan | None:
    """Name and notes to the left, the price to the right, over all the height."""
    assert text.price is not None
    pad = _field_pad(inner) if text.offer else 0
    high = inner.height - (pad if text.offer else 0)
    px = fit_price(pen, text.price, inner.width * BESIDE - 2 * pad, int(high * 0.86 / DIGIT), SMALLEST_PX + 1)
    if px is None:
        return None
    wide = round(price_width(pen, text.price, px)) + 2 * pad
    gap = max(4, inner.height // 10)
    left = Rect(inner.left, inner.top, inner.width - wide - gap, inner.height)
    foot = fit_foot(pen, notes, left.width, _note_px(inner))
    if foot is None:
        return None
    room = Rect(left.left, left.top, left.width, left.height - foot.height)
    name = pen.lines(text.name, room.width, room.height, _name_px(inner), SMALLEST_PX, 3 if inner.height > 100 else 2)
    if name is None:
        return None
    field = Rect(inner.right - wide, inner.top, wide, inner.height) if text.offer else None
    return Plan(px, inner.right - pad, inner.top + (inner.height + DIGIT * px) / 2, field, name, room, foot, left)


def _below(text: Text, inner: Rect, pen: Pen, notes: Sequence[Note]) -> Plan | None:
    """The name above, the price below at the right, the notes at its left or, in a narrow label, between."""
    assert text.price is not None
    pad = _field_pad(inner) if text.offer else 0
    largest = fit_price(pen, text.price, inner.width - 2 * pad, int(inner.height * 0.46 / DIGIT), SMALLEST_PX + 1)
    if largest is None:
        return None
    px, foot, between = largest, fit_foot(pen, notes, inner.width, _note_px(inner)), True
    if foot is None:
        return None
    for size in range(largest, max(SMALLEST_PX, int(largest * PRICE_LEAST)), -1):
        left = inner.width - price_width(pen, text.price, size) - 2 * pad - _gap(inner)
        high = DIGIT * size + 2 * pad
        side = fit_foot(pen, notes, left, _note_px(inner))
        if side is not None and side.height <= max(high, inner.height * 0.5):
            px, foot, between = size, side, False
            break
    wide = round(price_width(pen, text.price, px)) + 2 * pad
    high = round(DIGIT * px) + 2 * pad
    below = high + foot.height + 2 if between else max(high, foot.height)
    room = Rect(inner.left, inner.top, inner.width, inner.height - round(below) - 2)
    name = pen.lines(text.name, room.width, room.height, _name_px(inner), SMALLEST_PX, 3 if between else 2)
    if name is None:
        return None
    field = Rect(inner.right - wide, inner.bottom - high, wide, high) if text.offer else None
    at = Rect(inner.left, inner.top, inner.width, inner.height - high - 2) if between else inner
    return Plan(px, inner.right - pad, inner.bottom - pad, field, name, room, foot, at)


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
    names = {"was": "the price that was", "unit": "the unit price"}
    left_out = [names[note.kind] for note in notes if note.kind in names]
    return [f"no room for {' and '.join([*left_out, *(['the name'] if bare else [])])}"] if left_out or bare else []


def _inset(area: Rect, x: int, y: int) -> Rect:
    return Rect(area.left + x, area.top + y, max(area.width - 2 * x, 0), max(area.height - 2 * y, 0))


def _name_px(inner: Rect) -> int:
    wide = inner.width >= WIDE * inner.height
    return max(
        SMALLEST_PX, min(LARGEST_NAME_PX, round(inner.height * (NAME_SHARE + 0.1 if wide else NAME_SHARE - 0.05)))
    )


def _note_px(inner: Rect) -> int:
    return max(SMALLEST_PX, min(26, round(inner.height * (0.21 if inner.width >= WIDE * inner.height else 0.13))))


def _field_pad(inner: Rect) -> int:
    return max(3, min(12, inner.height // 9))


def _gap(inner: Rect) -> int:
    return max(4, inner.height // 14)
