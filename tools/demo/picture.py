"""A picture of the demo's screen, for pages: one frame as SVG."""

from __future__ import annotations

import io
import re
from pathlib import Path

from rich.console import Console

from tools.demo.screen import Screen

WIDTH, HEIGHT = 150, 32  # columns and lines
AFTER = 2 / 3  # of the demo's time: the shop is full, and much has been said
LATEST = 0.95  # where nobody's hand is to be seen before
_FONTS = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)


def canvas() -> Console:
    """What a screen draws on when nobody sits before it."""
    return Console(record=True, width=WIDTH, height=HEIGHT, file=io.StringIO(), force_terminal=True)


def paint(screen: Screen, canvas: Console, now_s: float, play_s: float, path: Path) -> None:
    """The screen at this moment, into `path`. Without rich's links to fonts: a picture calls nobody."""
    canvas.print(screen.draw(now_s, play_s, ()))
    path.write_text(_FONTS.sub("", canvas.export_svg(title="make demo")))
