"""RGB pictures into a panel's own pixels, RGB565 or XRGB8888, and back.

In whole-array steps that stay in the processor's cache; docs/decisions/screens.md has the figures.
Not here: turning and placing (surface.py).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from agent.screen.protocol import Picture

Packed = NDArray[np.unsignedinteger[Any]]  # (height, width) uint16 or uint32, little-endian as panels are


def pack(picture: Picture, bits_per_pixel: int) -> Packed:
    """`(height, width, 3)` RGB -> `(height, width)`, 16 or 32 bits. Any strides; rows that lie together are faster."""
    return to_rgb565(picture) if bits_per_pixel == 16 else to_xrgb8888(picture)


def unpack(packed: Packed, bits_per_pixel: int) -> Picture:
    """The other way; of RGB565 the upper bits fill the lower, so that white is white again."""
    if bits_per_pixel == 16:
        red, green, blue = packed >> 11, (packed >> 5) & 0x3F, packed & 0x1F
        channels = (red << 3 | red >> 2, green << 2 | green >> 4, blue << 3 | blue >> 2)
    else:
        channels = ((packed >> 16) & 0xFF, (packed >> 8) & 0xFF, packed & 0xFF)
    return np.stack([channel.astype(np.uint8) for channel in channels], axis=-1)


def to_rgb565(picture: Picture) -> NDArray[np.uint16]:
    """5 bits red, 6 green, 5 blue."""
    packed = picture[..., 0].astype("<u2")
    packed &= 0xF8
    packed <<= 8
    channel = picture[..., 1].astype("<u2")
    channel &= 0xFC
    channel <<= 3
    packed |= channel
    np.copyto(channel, picture[..., 2])
    channel >>= 3
    packed |= channel
    return packed


def to_xrgb8888(picture: Picture) -> NDArray[np.uint32]:
    """8 bits each, the top byte 0. Every pixel is read as four bytes, one of them the next pixel's, which falls off."""
    height, width, _ = picture.shape
    padded = np.empty(picture.size + 1, np.uint8)
    padded[:-1].reshape(picture.shape)[...] = picture
    padded[-1] = 0
    packed = np.ndarray((height, width), "<u4", padded, 0, (3 * width, 3)).byteswap()
    packed >>= 8
    return packed
