"""The lines at a label's foot: the price that was, the unit price, the state of the stock, side by side where they fit.

Not here: what they say (saying.py), the rest of the label (label.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agent.screen.colours import readable_on
from agent.screen.geometry import Rect
from agent.screen.saying import Note
from agent.screen.sheet import Sheet
from agent.screen.text import ASCENT, SMALLEST_PX, Pen
from agent.screen.theme import Theme

ROW = 1.42  # of the size: height of a row
APART = 0.7  # of the size: between notes of a row
ROUND = 0.55  # of the size: space left and right in the field of a word about the stock


@dataclass(frozen=True, slots=True)
class Foot:
    """Notes in rows of one size."""

    px: int
    rows: tuple[tuple[Note, ...], ...]

    @property
    def height(self) -> int:
        """Of all rows."""
        return round(len(self.rows) * ROW * self.px)


def fit_foot(pen: Pen, notes: Sequence[Note], width: float, height: float, largest: int) -> Foot | None:
    """As large as fits, at most `largest`; None where not even the smallest size does."""
    if not notes:
        return Foot(SMALLEST_PX, ())
    for px in range(largest, SMALLEST_PX - 1, -1):
        rows = _rows(pen, notes, width, px)
        if rows is None or Foot(px, rows).height > height:
            continue
        if all(_row_width(pen, row, px) <= width for row in rows):
            return Foot(px, rows)
    return None


def draw_foot(sheet: Sheet, foot: Foot, area: Rect, theme: Theme) -> None:
    """Along the area's lower edge, from the left."""
    top = float(area.bottom - foot.height)
    for row in foot.rows:
        left = float(area.left)
        for note in row:
            _draw_note(sheet, note, left, top, foot.px, theme)
            left += _width(sheet.pen, note, foot.px) + APART * foot.px
        top += ROW * foot.px


def _draw_note(sheet: Sheet, note: Note, left: float, top: float, px: int, theme: Theme) -> None:
    high = ROW * px
    baseline = round(top + (high - px) / 2 + ASCENT * px)
    if note.kind in ("low", "empty"):
        ground = theme.ink if note.kind == "empty" else theme.accent
        box = Rect(round(left), round(top) + 1, round(_width(sheet.pen, note, px)), round(high) - 2)
        sheet.field(box, box.height // 2, ground)
        if note.kind == "low":
            sheet.field(Rect(box.left + 1, box.top + 1, box.width - 2, box.height - 2), box.height // 2 - 1, theme.face)
            ground = theme.face
        ink = readable_on(ground, theme.offer if note.kind == "low" else theme.face)
        sheet.write(left + ROUND * px, baseline, note.text, px, ink)
        return
    end = sheet.write(left, baseline, note.text, px, theme.pale)
    if note.kind == "was":
        sheet.stroke(left - 1, end + 1, baseline - 0.36 * px, max(1, px // 11), theme.offer)


def _rows(pen: Pen, notes: Sequence[Note], width: float, px: int) -> tuple[tuple[Note, ...], ...] | None:
    rows: list[list[Note]] = []
    used = 0.0
    for note in notes:
        wide = _about(pen, note, px)
        if wide > width:
            return None
        if rows and used + APART * px + wide <= width:
            rows[-1].append(note)
            used += APART * px + wide
        else:
            rows.append([note])
            used = wide
    return tuple(tuple(row) for row in rows)


def _width(pen: Pen, note: Note, px: int) -> float:
    return pen.width(note.text, px) + _field(note, px)


def _about(pen: Pen, note: Note, px: int) -> float:
    return pen.about(note.text, px) + _field(note, px)


def _row_width(pen: Pen, row: Sequence[Note], px: int) -> float:
    return sum(_width(pen, note, px) for note in row) + APART * px * (len(row) - 1)


def _field(note: Note, px: int) -> float:
    return 2 * ROUND * px if note.kind in ("low", "empty") else 0.0
