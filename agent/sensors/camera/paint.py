"""Paints what a camera before a shelf would see: boards, coloured goods, a hand; the same picture for the same moment.

Simple on purpose: motion, colour and noise are there, likeness is not; models are tried on photographs.
Not here: time and faults (fake.py).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from agent.vision.frame import Pixels

WALL, BOARD, SKIN = (196, 192, 184), (120, 84, 52), (224, 172, 140)
GOODS = ((200, 30, 40), (30, 110, 190), (240, 190, 40), (60, 150, 70), (150, 70, 160), (235, 235, 230))
NOISE = 3  # of 255, to either side; a small sensor's by day


@dataclass(frozen=True, slots=True)
class Hand:
    """A blob of skin: its middle and its half width, in pixels."""

    x_px: float
    y_px: float
    half_px: float = 28.0


def shelf(width: int, height: int) -> Pixels:
    """(height, width, 3): three boards with goods on them, each facing of its own colour."""
    picture = np.empty((height, width, 3), np.uint8)
    picture[:] = WALL
    row_px, facing_px = height // 3, width // 8
    for row in range(3):
        floor = (row + 1) * row_px
        picture[floor - max(3, row_px // 12) : floor] = BOARD
        for facing in range(8):
            left = facing * facing_px + facing_px // 8
            top = floor - row_px * (6 + (facing + row) % 3) // 10
            colour = GOODS[(facing + 2 * row) % len(GOODS)]
            picture[top : floor - max(3, row_px // 12), left : left + facing_px * 3 // 4] = colour
    return picture


def with_hand(picture: Pixels, hand: Hand) -> Pixels:
    """A copy with the hand painted over it; parts outside are cut off."""
    made = picture.copy()
    height, width = made.shape[:2]
    y, x = np.ogrid[:height, :width]
    inside = ((x - hand.x_px) / hand.half_px) ** 2 + ((y - hand.y_px) / (1.4 * hand.half_px)) ** 2 <= 1.0
    made[inside] = SKIN
    return made


def noise(width: int, height: int, seed: int = 0) -> Pixels:
    """(height, width, 1) of 0 .. 2 * NOISE; rolled by the picture's number it never repeats at once."""
    return np.random.default_rng(seed).integers(0, 2 * NOISE + 1, (height, width, 1), dtype=np.uint8)


def noisy(picture: Pixels, grain: Pixels, number: int) -> Pixels:
    """The picture as a sensor would give it; `grain` from `noise`, another shift of it for each `number`."""
    moved = np.roll(grain, number * 7919 % grain.size)
    return (np.clip(picture, NOISE, 255 - NOISE) + moved - NOISE).astype(np.uint8)
