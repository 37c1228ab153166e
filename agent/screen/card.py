"""Draws content that comes as words: a headline, a line, a code beside them.

Not here: content that comes as a file (clip.py), when it plays (playlist.py), what a coupon's code says (coupon.py).
"""

from __future__ import annotations

from agent.screen.geometry import Rect
from agent.screen.protocol import Picture
from agent.screen.qr import draw_code
from agent.screen.sheet import Sheet
from agent.screen.text import ASCENT, LINE, SMALLEST_PX, Lines, Pen
from agent.screen.theme import Theme

LARGEST_PX = 120
HEADLINE = 0.5  # of the height
BELOW = 0.6  # of the headline's size: the line below it


def draw_card(lines: tuple[str, str], code: str | None, width: int, height: int, theme: Theme, pen: Pen) -> Picture:
    """Headline and line ("" for none) in the middle of what the code leaves. CodeError where a code has no room."""
    sheet = Sheet(width, height, theme.accent, pen)
    room = Rect(0, 0, width, height)
    if code:
        square = height if height <= width else min(width, height // 2)
        sheet.paste(draw_code(code, square), width - square, height - square)
        room = Rect(0, 0, width - square, height) if height <= width else Rect(0, 0, width, height - square)
    pad = max(4, min(room.width, room.height) // 10)
    side = 2 * pad if room.width > room.height else pad
    inside = Rect(room.left + side, room.top + pad, room.width - 2 * side, room.height - 2 * pad)
    head, line = _fitted(lines, inside, pen)
    high = sum(part.height for part in (head, line) if part) + (0.35 * line.px if head and line else 0)
    top = inside.top + (inside.height - high) / 2
    for part, bold in ((head, True), (line, False)):
        if part is not None:
            _write(sheet, part, inside, top, theme, bold)
            top += part.height + 0.35 * (line.px if line else 0)
    return sheet.picture()


def _fitted(lines: tuple[str, str], inside: Rect, pen: Pen) -> tuple[Lines | None, Lines | None]:
    headline, line = lines
    if not headline or not line:
        only = pen.lines(headline or line, inside.width * 0.92, inside.height, LARGEST_PX, SMALLEST_PX, 3)
        return (only, None) if headline else (None, only)
    share = HEADLINE if inside.width > inside.height else 0.4
    head = pen.lines(headline, inside.width * 0.92, inside.height * share, LARGEST_PX, SMALLEST_PX, 3)
    left = inside.height - (head.height * 1.15 if head else 0)
    largest = int(BELOW * head.px) if head else LARGEST_PX
    return head, pen.lines(line, inside.width, left, max(largest, SMALLEST_PX), SMALLEST_PX, 3)


def _write(sheet: Sheet, part: Lines, inside: Rect, top: float, theme: Theme, bold: bool) -> None:
    baseline = top + ASCENT * part.px
    for text in part.lines:
        left = inside.left + max(0.0, (inside.width - sheet.pen.width(text, part.px, bold)) / 2)
        sheet.write(left, round(baseline), text, part.px, theme.on_accent, bold)
        baseline += LINE * part.px
