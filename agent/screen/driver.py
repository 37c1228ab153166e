"""Opens the panel that the configuration names.

Not here: what each driver does, whether the keys fit together (config/screen_check.py).
"""

from __future__ import annotations

from pathlib import Path

from agent.config import schema
from agent.screen.protocol import Panel, ScreenError


def open_panel(screen: schema.Screen) -> Panel:
    """ScreenError when it cannot be."""
    match screen.driver:
        case "framebuffer":
            from agent.screen.framebuffer import Framebuffer

            return Framebuffer(Path(screen.device or "/dev/fb0"), screen.rotate)
        case "drm":
            from agent.screen.drm import open_drm

            return open_drm(screen.device, screen.rotate)
    raise ScreenError("no_screen", f"screen.driver is {screen.driver!r}: name one, docs/screens.md shows which")
