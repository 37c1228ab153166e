"""Draws one price label into its rectangle.

Low stock and sold out are a word, or a bar at the foot where no word fits.
Not here: what it says (saying.py), where it stands on the label (plan.py) and the label on the strip (layout.py), which
labels changed (face.py).
"""

from __future__ import annotations

from dataclasses import dataclass

from agent.screen.foot import draw_foot
from agent.screen.geometry import Rect
from agent.screen.plan import CARD_PX, Plan, inset, planned
from agent.screen.protocol import Picture
from agent.screen.saying import Text
from agent.screen.sheet import Sheet
from agent.screen.tag import draw_price
from agent.screen.text import ASCENT, LINE, Pen
from agent.screen.theme import Theme


@dataclass(frozen=True, slots=True)
class Drawn:
    """A label's pixels, and what has no room on it. `empty`: not even the price has."""

    picture: Picture
    complaints: tuple[str, ...]
    empty: bool = False


def draw_label(text: Text, width: int, height: int, theme: Theme, pen: Pen) -> Drawn:
    """The label, exactly this large."""
    sheet = Sheet(width, height, theme.ground, pen)
    _card(sheet, theme)
    plan, without, complaints = planned(text, width, height, pen)
    if plan is not None:
        _draw(sheet, text, plan, theme)
        if without:
            _bar(sheet, text.level, theme)
    return Drawn(sheet.picture(), complaints, empty=plan is None)


def _card(sheet: Sheet, theme: Theme) -> None:
    """The label's face."""
    if min(sheet.width, sheet.height) < CARD_PX:
        sheet.field(Rect(0, 0, sheet.width, sheet.height), 0, theme.face)
        sheet.field(Rect(sheet.width - 1, 0, 1, sheet.height), 0, theme.edge)
        return
    radius = max(4, min(12, sheet.height // 9))
    card = Rect(2, 2, sheet.width - 4, sheet.height - 4)
    sheet.field(card, radius, theme.edge)
    sheet.field(inset(card, 1, 1), radius - 1, theme.face)


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
