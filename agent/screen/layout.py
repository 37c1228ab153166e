"""Metres on the shelf's edge to pixels on the strip: where each label, the content and the code stand.

Each label stands exactly above its lane. Lanes that share a stretch of the edge, or lie above one another, share it:
side by side or one below the other, none covered. Neighbours whose boxes overlap a little, as tapes measure, part in
the middle. A panel that is higher than wide stands beside the shelf: its labels are a list.
Not here: what a label shows in its place (label.py), how wide text is (text.py), pixels (face.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from agent.config.schema import Screen
from agent.screen.geometry import Rect
from agent.screen.rows import Span, arranged

LEAST_CONTENT_PX = 48  # narrower or lower, nothing that plays there can be seen
LEAST_MODULE_PX = 2  # of a code; half a millimetre a pixel makes a module of 1 mm
LIST_ASPECT = 1.1  # of a label in a list: no higher than this part of its width


@dataclass(frozen=True, slots=True)
class Place:
    """A lane's stretch of the shelf's edge; both 0: it has none."""

    lane: str
    left_m: float
    right_m: float

    @property
    def known(self) -> bool:
        """Is there any?"""
        return self.right_m > self.left_m


@dataclass(frozen=True, slots=True)
class Layout:
    """Rectangles of one strip, none of which covers another. `labels` in the order asked for, None where there is no
    room above the lane; `complaints` say why, and what to do."""

    labels: tuple[Rect | None, ...]
    content: Rect | None
    code: Rect | None
    complaints: tuple[str, ...]


def lay_out(places: Sequence[Place], width: int, height: int, screen: Screen, modules: int = 0) -> Layout:
    """`modules`: of the code's side with its quiet zone; 0: no code is wanted."""
    strip = Rect(0, 0, width, height)
    if height > width:
        return _list(places, strip, screen, modules)
    content, band = _areas(strip, screen, has_labels=bool(places))
    spans, complaints = _spans(places, band, screen, strip)
    labels = arranged(spans, band.top, band.height)
    for place, span, rect in zip(places, spans, labels, strict=True):
        if span is not None and rect is None:
            complaints.append(f'lane "{place.lane}" has no pixel left among so many: name fewer in screen.labels')
    if screen.content in ("left", "right") and content is not None:
        content = _beside(content, [rect for rect in labels if rect is not None], screen.content)
        if content is None:
            complaints.append(f'screen.content: no room {screen.content} of the labels: write content = "above"')
    laid = Layout(tuple(labels), content, None, tuple(complaints))
    return _with_code(laid, strip, modules) if modules else laid


def _areas(strip: Rect, screen: Screen, has_labels: bool) -> tuple[Rect | None, Rect]:
    """Of content, and of labels."""
    share = screen.content_share
    if not has_labels and screen.content != "none":
        return strip, strip
    if screen.content == "above":
        high = round(strip.height * share)
        return replace(strip, height=high), Rect(0, high, strip.width, strip.height - high)
    wide = round(strip.width * share)
    if screen.content == "left":
        return replace(strip, width=wide), Rect(wide, 0, strip.width - wide, strip.height)
    if screen.content == "right":
        return Rect(strip.width - wide, 0, wide, strip.height), replace(strip, width=strip.width - wide)
    return None, strip


def _spans(places: Sequence[Place], band: Rect, screen: Screen, strip: Rect) -> tuple[list[Span | None], list[str]]:
    """Each label's stretch in pixels. Where the strip's own metres are known they alone count; where they are not, the
    labels' area reaches from the first lane to the last."""
    known = [place for place in places if place.known]
    if places and not known:
        step = band.width / len(places)
        return [Span(band.left + i * step, band.left + (i + 1) * step) for i in range(len(places))], []
    fixed = screen.right_m > screen.left_m
    left_m = screen.left_m if fixed else min((place.left_m for place in known), default=0.0)
    right_m = screen.right_m if fixed else max((place.right_m for place in known), default=1.0)
    on = strip if fixed else band
    scale = on.width / (right_m - left_m)
    spans: list[Span | None] = []
    complaints = []
    for place in places:
        left, right = (on.left + (m - left_m) * scale for m in (place.left_m, place.right_m))
        span = Span(max(left, on.left), min(right, on.right))
        seen = place.known and span.right - span.left >= 1
        spans.append(span if seen else None)
        if not place.known:
            complaints.append(f'lane "{place.lane}" has no box: give it left_m and right_m, so that it has a label')
        elif not seen:
            complaints.append(f'lane "{place.lane}" is not beneath the strip: mend screen.left_m, right_m or the lane')
    return spans, complaints


def _beside(content: Rect, labels: Sequence[Rect], side: str) -> Rect | None:
    """What the labels leave of the content's area: they are never covered."""
    if side == "left":
        right = min([content.right, *(rect.left for rect in labels)])
        content = replace(content, width=right - content.left)
    else:
        left = max([content.left, *(rect.right for rect in labels)])
        content = replace(content, left=left, width=content.right - left)
    return content if content.width >= LEAST_CONTENT_PX else None


def _list(places: Sequence[Place], strip: Rect, screen: Screen, modules: int) -> Layout:
    """Content above, labels below one another, the code at the foot where the labels leave room."""
    above = screen.content != "none"
    top = round(strip.height * screen.content_share) if above else 0
    if not places and above:
        top = strip.height
    content = Rect(0, 0, strip.width, top) if top else None
    count = len(places)
    step = min((strip.height - top) / count, strip.width * LIST_ASPECT) if count else 0.0
    edges = [top + round(i * step) for i in range(count + 1)]
    labels = [Rect(0, a, strip.width, b - a) if b > a else None for a, b in pairwise(edges)]
    complaints = [
        f'lane "{place.lane}": {count} labels are too many for {strip.height} pixels: name fewer in screen.labels'
        for place, rect in zip(places, labels, strict=True)
        if rect is None
    ]
    free = Rect(0, edges[-1], strip.width, strip.height - edges[-1])
    laid = Layout(tuple(labels), content, None, tuple(complaints))
    if not modules:
        return laid
    side = min(free.width, free.height)
    if side >= modules * LEAST_MODULE_PX:
        return replace(laid, code=Rect(0, strip.height - side, side, side))
    return _with_code(laid, strip, modules)


def _with_code(laid: Layout, strip: Rect, modules: int) -> Layout:
    """The code where nothing else is: as high as the strip at one of its ends, else at the content's right end, else
    in the widest gap between labels."""
    least = modules * LEAST_MODULE_PX
    rects = [rect for rect in laid.labels if rect is not None]
    ends = (strip.right - max([0, *(r.right for r in rects)]), min([strip.width, *(r.left for r in rects)]))
    content = laid.content
    if content is None or content.width == strip.width:
        for free, at_right in zip(ends, (True, False), strict=True):
            side = strip.height
            if least <= side <= free and (content is None or content.width - side >= 2 * LEAST_CONTENT_PX):
                code = Rect(strip.right - side if at_right else 0, 0, side, side)
                if content is not None:
                    content = replace(content, left=0 if at_right else side, width=content.width - side)
                return replace(laid, content=content, code=code)
    if content is not None:
        side = min(content.height, content.width // 3)
        if side >= least:
            shorter = replace(content, width=content.width - side)
            code = Rect(shorter.right, content.top + (content.height - side) // 2, side, side)
            return replace(laid, content=shorter, code=code)
    gap = _widest_gap(rects, strip)
    if content is None and gap is not None and min(gap.width, gap.height) >= least:
        side = min(gap.width, gap.height)
        return replace(
            laid, code=Rect(gap.left + (gap.width - side) // 2, gap.top + (gap.height - side) // 2, side, side)
        )
    missing = f"screen.link: no room for its code of {least} by {least} pixels: shorten the link, or give content more"
    return replace(laid, complaints=(*laid.complaints, missing))


def _widest_gap(rects: Sequence[Rect], strip: Rect) -> Rect | None:
    """The widest stretch of the strip, all its height, without a label."""
    edges = sorted((rect.left, rect.right) for rect in rects)
    best, at = Rect(0, 0, 0, 0), 0
    for left, right in [*edges, (strip.width, strip.width)]:
        if left - at > best.width:
            best = Rect(at, 0, left - at, strip.height)
        at = max(at, right)
    return best if best.width else None
