"""Painted bottles and hands as pictures with transparency, shaded like round things in light.

Likeness is measured, not meant: the models of models/manifest.toml find them (tests/test_bench_painter.py).
Not here: where they are in a picture (painter.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

Floats = NDArray[np.float64]
Colour = tuple[int, int, int]
FINER = 3  # painted so many times larger, then made smaller: smooth edges


@dataclass(frozen=True, slots=True)
class Look:
    """One kind of bottle. `neck`: its width as a share of the body's; `shoulder`: where the body is full, from the
    top, as a share of the height; `label`: from, to."""

    glass: Colour
    cap: Colour
    paper: Colour
    print: Colour
    neck: float
    shoulder: float
    label: tuple[float, float]


# Found by trying 40 shapes and shades of each colour: every bottle of a full shelf scores 0.3 or more (threshold 0.25).
LOOKS = {
    "cola": Look((36, 28, 0), (196, 24, 30), (206, 30, 34), (245, 240, 235), 0.44, 0.50, (0.57, 0.94)),
    "water": Look((172, 212, 196), (40, 90, 190), (40, 100, 200), (250, 250, 250), 0.48, 0.33, (0.58, 0.95)),
    "beer": Look((20, 103, 38), (210, 180, 60), (238, 232, 214), (30, 90, 50), 0.40, 0.37, (0.50, 0.72)),
    "tea": Look((76, 69, 36), (220, 190, 90), (244, 226, 170), (130, 20, 20), 0.47, 0.51, (0.57, 0.93)),
    "soda": Look((35, 121, 147), (30, 60, 170), (235, 235, 240), (200, 40, 40), 0.43, 0.48, (0.57, 0.95)),
    "lime": Look((192, 224, 211), (30, 120, 70), (240, 245, 240), (30, 140, 80), 0.47, 0.43, (0.57, 0.95)),
}


@lru_cache(maxsize=64)
def bottle(look: Look, width_px: int, height_px: int) -> Image.Image:
    """RGBA of this size."""
    w, h = width_px * FINER, height_px * FINER
    y = (np.arange(h) + 0.5) / h
    half = _profile(y, look)[:, None]
    x = ((np.arange(w) + 0.5) / w * 2 - 1)[None, :]
    across = np.divide(x, half)
    light = _light(np.clip(across, -1, 1))
    colour = np.asarray(_colours(y, look), dtype=np.float64)[:, None, :] * light[..., None]
    colour = _marked(colour, across, y, look)
    shine = np.exp(-(((across + 0.45) / 0.09) ** 2)) * ((y > 0.12) & (y < 0.96))[:, None]
    colour += 120.0 * shine[..., None]
    alpha = (np.abs(across) <= 1.0) * 255.0
    pixels = np.dstack((np.clip(colour, 0, 255), alpha)).astype(np.uint8)
    return Image.fromarray(pixels, "RGBA").resize((width_px, height_px), Image.Resampling.LANCZOS)


def _profile(y: Floats, look: Look) -> Floats:
    """Half width at each height, 1 is the body's: cap, neck, a smooth shoulder, body, a rounded foot."""
    rise = np.clip((y - 0.16) / (look.shoulder - 0.16), 0.0, 1.0)
    smooth = rise * rise * (3 - 2 * rise)
    half = look.neck + (0.97 - look.neck) * smooth
    half = np.where(y < 0.075, look.neck * 1.12, half)
    foot = np.clip((y - 0.965) / 0.035, 0.0, 1.0)
    return np.asarray(half * (1.0 - 0.14 * foot * foot), dtype=np.float64)


def _light(across: Floats) -> Floats:
    """Of a cylinder lit from the left front."""
    return np.asarray(0.42 + 0.75 * np.sqrt(np.clip(1.0 - (across + 0.25) ** 2 / 1.6, 0.0, 1.0)), dtype=np.float64)


def _colours(y: Floats, look: Look) -> Floats:
    colour = np.empty((len(y), 3))
    colour[:] = look.glass
    colour[y < 0.18] = np.asarray(look.glass) * 0.5 + 90.0  # nothing in the neck: light comes through
    colour[y < 0.075] = look.cap
    colour[(y >= look.label[0]) & (y <= look.label[1])] = look.paper
    return colour


def _marked(colour: Floats, across: Floats, y: Floats, look: Look) -> Floats:
    """A disc and two lines of print on the label."""
    low, high = look.label
    middle, tall = low + 0.42 * (high - low), high - low
    disc = (across / 0.55) ** 2 + ((y[:, None] - middle) / (0.27 * tall)) ** 2 <= 1.0
    lines = (np.abs(y[:, None] - (low + 0.84 * tall)) < 0.035 * tall) & (np.abs(across) < 0.6)
    colour[disc | lines] = np.asarray(look.print) * 0.92
    return colour


SKINS: tuple[Colour, ...] = ((224, 172, 140), (198, 140, 104), (212, 152, 116), (172, 116, 84))
SLEEVES: tuple[Colour, ...] = ((52, 66, 110), (120, 40, 50), (70, 74, 78), (46, 92, 80))
FINGERS = (
    (0.39, 0.34, 0.17, 0.075),
    (0.475, 0.465, 0.09, 0.08),
    (0.56, 0.585, 0.14, 0.075),
    (0.635, 0.69, 0.26, 0.065),
)
TIPS = (0.5, 0.16)  # where the finger tips are, as shares of the hand's size
ARM = 2.6  # so many sizes of the hand from the tips to where the sleeve is cut off; a picture's edge comes before


@dataclass(frozen=True, slots=True)
class Hand:
    """RGBA, and where in it the finger tips are, in pixels."""

    image: Image.Image
    tips_px: tuple[int, int]


@lru_cache(maxsize=64)
def hand(size_px: int, skin: Colour, sleeve: Colour, turned_deg: int) -> Hand:
    """An open hand with its arm, pointing up at 0 degrees."""
    straight = _straight(size_px, skin, sleeve)
    side = straight.width
    small = straight.rotate(turned_deg, Image.Resampling.BICUBIC).filter(ImageFilter.GaussianBlur(0.6))
    left, top, right, bottom = small.getbbox() or (0, 0, 1, 1)
    middle = side // 2
    return Hand(small.crop((left, top, right, bottom)), (middle - left, middle - top))


@lru_cache(maxsize=64)
def _straight(size_px: int, skin: Colour, sleeve: Colour) -> Image.Image:
    """The same, not turned: drawing it finely takes half a second, turning it a hundredth of that."""
    n = size_px * FINER
    side = int(2 * ARM * n)
    image = Image.new("RGBA", (side, side), (*sleeve, 0))
    _draw_hand(ImageDraw.Draw(image), side / 2 - TIPS[0] * n, side / 2 - TIPS[1] * n, n, skin, sleeve)
    return image.resize((side // FINER, side // FINER), Image.Resampling.LANCZOS)


def _draw_hand(draw: ImageDraw.ImageDraw, left: float, top: float, n: float, skin: Colour, sleeve: Colour) -> None:
    line, dark = _darker(skin, 0.65), _darker(skin, 0.82)

    def at(*shares: float) -> list[float]:
        return [(left if i % 2 == 0 else top) + share * n for i, share in enumerate(shares)]

    draw.polygon(at(0.36, 1.15, 0.64, 1.15, 0.62, 0.75, 0.38, 0.75), fill=(*skin, 255))
    draw.polygon(at(0.31, 1.12, 0.69, 1.12, 0.76, ARM, 0.24, ARM), fill=(*sleeve, 255))
    _finger(draw, at(0.36, 0.66, 0.17, 0.46), 0.085 * n, skin, line)
    for x0, x1, y1, width in FINGERS:
        _finger(draw, at(x0, 0.5, x1, y1), width * n, skin, line)
    draw.rounded_rectangle(at(0.345, 0.44, 0.675, 0.82), radius=0.1 * n, fill=(*skin, 255))
    draw.arc(at(0.3, 0.52, 0.55, 0.8), 280, 60, fill=(*dark, 255), width=max(1, int(0.012 * n)))
    draw.line(at(0.4, 0.56, 0.62, 0.54), fill=(*dark, 255), width=max(1, int(0.01 * n)))
    draw.line(at(0.41, 0.62, 0.6, 0.64), fill=(*dark, 255), width=max(1, int(0.01 * n)))


def _finger(draw: ImageDraw.ImageDraw, ends: list[float], width: float, skin: Colour, line: Colour) -> None:
    for colour, across in ((line, width * 1.12), (skin, width)):
        draw.line(ends, fill=(*colour, 255), width=int(across))
        for x, y in (ends[:2], ends[2:]):
            draw.ellipse((x - across / 2, y - across / 2, x + across / 2, y + across / 2), fill=(*colour, 255))


def _darker(colour: Colour, share: float) -> Colour:
    red, green, blue = (int(value * share) for value in colour)
    return red, green, blue
