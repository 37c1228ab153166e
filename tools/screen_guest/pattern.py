"""Pictures that both sides can make: what the guest shows, and what is then on its display."""

from __future__ import annotations

import numpy as np

from agent.screen.protocol import Picture

WIDTH, HEIGHT = 1920, 158


def pattern(number: int, width: int = WIDTH, height: int = HEIGHT) -> Picture:
    """Slanted stripes in many colours, another for each number; no pixel is like its mirror image's."""
    x, y = np.meshgrid(np.arange(width), np.arange(height))
    channels = (x * (number + 1) + y * 3, x + y * (number + 2), x * 7 + y * 5 + number * 40)
    return np.stack([(channel % 251).astype(np.uint8) for channel in channels], axis=-1)
