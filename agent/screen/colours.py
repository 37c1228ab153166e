"""Colours of the strip: from "#rrggbb" to numbers, mixed, and held against each other as the eye does.

Not here: which colours (config [screen]), where they are used (theme.py).
"""

from __future__ import annotations

RGB = tuple[int, int, int]
WHITE: RGB = (255, 255, 255)
BLACK: RGB = (0, 0, 0)
LEAST_CONTRAST = 4.5  # WCAG 2.2, success criterion 1.4.3, level AA, text
LEAST_LARGE_CONTRAST = 3.0  # the same, large text


def rgb(colour: str) -> RGB:
    """Of "#rrggbb"."""
    return (int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16))


def contrast(one: RGB, other: RGB) -> float:
    """1 (none) to 21 (black on white). Source: WCAG 2.2, contrast ratio."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def mixed(one: RGB, other: RGB, share: float) -> RGB:
    """`share` of `other` in it."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return (red, green, blue)


def readable_on(background: RGB, *wishes: RGB) -> RGB:
    """The first of the wishes that can be read there; else black or white, one of which always can."""
    for wish in wishes:
        if contrast(wish, background) >= LEAST_CONTRAST:
            return wish
    return max((BLACK, WHITE), key=lambda colour: contrast(colour, background))


def _luminance(colour: RGB) -> float:
    red, green, blue = (_linear(channel / 255) for channel in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else float(((channel + 0.055) / 1.055) ** 2.4)
