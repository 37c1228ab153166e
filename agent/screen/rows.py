"""Shares out the labels' band among lanes whose stretches of the edge overlap, so that no label covers another.

Not here: from metres to pixels, content and code (layout.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agent.screen.geometry import Rect

SMALL_OVERLAP = 0.2  # of the narrower: tapes measure to a few centimetres; as in config/planogram_check.py
SAME = 0.8  # of the wider in common: one stretch, whatever the tape said
PRICE_ASPECT = 2.6  # width over height of a price, about


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of the strip, in pixels."""

    left: float
    right: float

    @property
    def width(self) -> float:
        """How many."""
        return self.right - self.left

    def common(self, other: Span) -> float:
        """What both have, 0 or more."""
        return max(0.0, min(self.right, other.right) - max(self.left, other.left))


def arranged(spans: Sequence[Span | None], top: int, height: int) -> list[Rect | None]:
    """A rectangle for each span, none over another; None where there is no span, or not a pixel is left."""
    found: list[Rect | None] = [None] * len(spans)
    slots = _slots(spans)
    parted = _parted([span for span, _ in slots])
    for (span, count), row, (_, members) in zip(_rows([span for span, _ in slots]), parted, slots, strict=True):
        upper, lower = top + height * span // count, top + height * (span + 1) // count
        left, right = round(row.left), round(row.right)
        if right > left and lower > upper:
            cells = _grid(Rect(left, upper, right - left, lower - upper), len(members))
            for member, cell in zip(members, cells, strict=True):
                found[member] = cell
    return found


def _slots(spans: Sequence[Span | None]) -> list[tuple[Span, list[int]]]:
    """Spans that are the same stretch together, each with the numbers of its members, from left to right."""
    slots: list[tuple[Span, list[int]]] = []
    for i, span in sorted(((i, s) for i, s in enumerate(spans) if s is not None), key=lambda x: (x[1].left, x[0])):
        for slot, members in slots:
            if slot.common(span) >= SAME * max(slot.width, span.width):
                members.append(i)
                break
        else:
            slots.append((span, [i]))
    return [(span, sorted(members)) for span, members in slots]


def _parted(spans: list[Span]) -> list[Span]:
    """Neighbours that overlap a little part in the middle of it."""
    left, right = [s.left for s in spans], [s.right for s in spans]
    for i, one in enumerate(spans):
        for j, other in enumerate(spans[:i]):
            if one.common(other) > 0 and not _conflict(one, other):
                middle = (max(one.left, other.left) + min(one.right, other.right)) / 2
                first, second = (i, j) if one.left + one.right < other.left + other.right else (j, i)
                right[first], left[second] = min(right[first], middle), max(left[second], middle)
    return [Span(a, b) for a, b in zip(left, right, strict=True)]


def _rows(spans: list[Span]) -> list[tuple[int, int]]:
    """Row of each span, and how many rows there are where it stands: as many as its neighbourhood needs."""
    rows: list[int] = []
    group = list(range(len(spans)))
    for i, one in enumerate(spans):
        beside = [j for j in range(i) if _conflict(one, spans[j])]
        taken = {rows[j] for j in beside}
        rows.append(next(row for row in range(i + 1) if row not in taken))
        joined = {group[j] for j in beside}
        group = [i if g in joined else g for g in group]
    count = {g: 1 + max(row for row, other in zip(rows, group, strict=True) if other == g) for g in set(group)}
    return [(row, count[g]) for row, g in zip(rows, group, strict=True)]


def _conflict(one: Span, other: Span) -> bool:
    return one.common(other) > SMALL_OVERLAP * min(one.width, other.width)


def _grid(area: Rect, count: int) -> list[Rect | None]:
    """`count` equal cells, as many columns as give prices the most height."""
    columns = max(range(1, count + 1), key=lambda n: (_price_px(area, n, -(-count // n)), -n))
    lines = -(-count // columns)
    cells: list[Rect | None] = []
    for i in range(count):
        line, column = divmod(i, columns)
        in_line = min(columns, count - line * columns)
        left, right = (area.left + area.width * (column + n) // in_line for n in (0, 1))
        upper, lower = (area.top + area.height * (line + n) // lines for n in (0, 1))
        cells.append(Rect(left, upper, right - left, lower - upper) if right > left and lower > upper else None)
    return cells


def _price_px(area: Rect, columns: int, lines: int) -> float:
    return min(area.height / lines, area.width / columns / PRICE_ASPECT)
