"""QR codes as pixels: whole pixels a module, the quiet zone that the standard wants, or a refusal.

Always black on white, whatever the theme: readers count on it. Error correction L, raised by itself where it costs no
larger code: a screen has neither dirt nor scratches, and larger modules help a phone more.
Not here: what the code says (coupon.py, config screen.link), where it stands (layout.py).
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import segno
from numpy.typing import NDArray

from agent.screen.layout import LEAST_MODULE_PX
from agent.screen.protocol import Picture

QUIET_MODULES = 4  # ISO/IEC 18004, on each side
MOST_TEXT = 1000  # characters; a strip has no room for the code of so many anyway


class CodeError(ValueError):
    """No code that a phone can read; the message says why and what to do."""


def code_modules(text: str) -> int:
    """Modules along a side with the quiet zone. CodeError for text that is none or too long."""
    return len(_matrix(text)) + 2 * QUIET_MODULES


def draw_code(text: str, side_px: int) -> Picture:
    """A white square of `side_px` with the code in its middle. CodeError where its modules would be too small."""
    matrix = _matrix(text)
    modules = len(matrix) + 2 * QUIET_MODULES
    scale = side_px // modules
    if scale < LEAST_MODULE_PX:
        need = modules * LEAST_MODULE_PX
        raise CodeError(f"a code of {len(text)} characters needs {need} pixels and has {side_px}: shorten its text")
    picture = np.full((side_px, side_px, 3), 255, np.uint8)
    code = np.kron(matrix, np.ones((scale, scale), np.uint8)).astype(bool)
    start = (side_px - len(code)) // 2
    picture[start : start + len(code), start : start + len(code)][code] = 0
    return picture


@lru_cache(maxsize=64)  # finding a code costs dozens of times what drawing it does
def _matrix(text: str) -> NDArray[np.uint8]:
    """Of 0 and 1, without the quiet zone."""
    if not text or len(text) > MOST_TEXT:
        raise CodeError(f"a code says 1 to {MOST_TEXT} characters, this one {len(text)}")
    try:
        code = segno.make(text, error="l", micro=False)
    except segno.DataOverflowError as error:
        raise CodeError(f"{len(text)} characters are too many for a code: shorten the text") from error
    return np.array([bytes(row) for row in code.matrix]).view(np.uint8).reshape(len(code.matrix), -1)
