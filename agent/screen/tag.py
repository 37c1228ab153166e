"""A price as shelf labels set it: the whole part large, currency and cents smaller, the cents raised.

Small prices are set in one size: a cent of five pixels can be read by nobody.
Not here: how the number is written (shelf/price.py), where it stands (label.py).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from agent.screen.colours import RGB
from agent.screen.sheet import Sheet
from agent.screen.text import DIGIT, Pen, sizes
from agent.shelf.price import PriceText

ONE_SIZE_PX = 26  # below it all parts are of one size
SMALL = 0.56  # of the whole part's size: cents and currency
KERN = 0.02  # of the size, between parts
LEAST_HEIGHT = 0.6  # of the size: no font's digits are lower
MOST_PX = 400
ROUNDED = 0.5  # of a pixel, that a line's height is moved by to stand on one


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a price: `raised`: its top is level with the whole part's."""

    text: str
    px: int
    raised: bool


def price_width(pen: Pen, price: PriceText, px: int) -> float:
    """In pixels."""
    parts = list(_parts(price, px))
    return sum(pen.width(part.text, part.px, bold=True) for part in parts) + _kern(px) * (len(parts) - 1)


def about_price_width(pen: Pen, price: PriceText, px: int) -> float:
    """The same, without opening the font in this size."""
    parts = list(_parts(price, px))
    return sum(pen.about(part.text, part.px, bold=True) for part in parts) + _kern(px) * (len(parts) - 1)


def fit_price(pen: Pen, price: PriceText, width: float, height: float, smallest: int) -> int | None:
    """The largest size in which it is no wider and no higher; None where even the smallest is."""
    for px in sizes(min(height / LEAST_HEIGHT, MOST_PX), smallest):
        high = sum(price_extent(pen, price, px))
        if high <= height and about_price_width(pen, price, px) <= width and price_width(pen, price, px) <= width:
            return px
    return None


def price_extent(pen: Pen, price: PriceText, px: int) -> tuple[int, int]:
    """How far its ink reaches above and below the line, in pixels."""
    above = below = 0.0
    for part in _parts(price, px):
        high, low = pen.extent(part.text, bold=True)
        lift = DIGIT * (px - part.px) if part.raised else 0.0
        above, below = max(above, lift + high * part.px), max(below, low * part.px - lift)
    return math.ceil(above + ROUNDED), math.ceil(below + ROUNDED)


def draw_price(sheet: Sheet, price: PriceText, right: float, baseline: float, px: int, ink: RGB) -> None:
    """Flush right."""
    left = right - price_width(sheet.pen, price, px)
    for part in _parts(price, px):
        lift = DIGIT * (px - part.px) if part.raised else 0.0
        sheet.write(left, round(baseline - lift), part.text, part.px, ink, bold=True)
        left += sheet.pen.width(part.text, part.px, bold=True) + _kern(px)


def _kern(px: int) -> float:
    return round(KERN * px) if px >= ONE_SIZE_PX else 0


def _parts(price: PriceText, px: int) -> Iterator[Part]:
    if px < ONE_SIZE_PX:
        yield Part(str(price), px, raised=False)
        return
    small = next(sizes(round(SMALL * px), 1))
    point, cents = price.fraction[:1], price.fraction[1:]
    if price.before.strip():
        yield Part(price.before.strip(), small, raised=True)
    yield Part(price.whole + point, px, raised=False)
    if cents:
        yield Part(cents, small, raised=True)
    if price.after.strip():
        yield Part(price.after.strip(), small, raised=False)
