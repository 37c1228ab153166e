"""Opens the camera that the configuration names; a driver's library is imported only where that driver is used.

Not here: what each driver does, whether the keys fit together (config/camera_check.py).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from agent.config import schema
from agent.sensors.camera.protocol import Camera, CameraError


def open_camera(config: schema.Camera, clock: Callable[[], float] = time.monotonic) -> Camera:
    """CameraError when it cannot be, now or at the first `read`."""
    match config.driver:
        case "picamera2":
            from agent.sensors.camera.pi import open_pi

            return open_pi(config, clock)
        case "v4l2":
            from agent.sensors.camera.v4l2 import open_v4l2

            return open_v4l2(config, clock)
        case "file":
            from agent.sensors.camera.movie import MovieCamera

            return MovieCamera(config, clock)
        case "folder":
            from agent.sensors.camera.folder import FolderCamera

            return FolderCamera(config, clock)
    raise CameraError("no_camera", f"camera.driver is {config.driver!r}: name one, docs/cameras.md shows which")


def name_of(config: schema.Camera) -> str:
    """How sentences call the camera."""
    return f"{config.driver}:{Path(config.device).name or '0'}"
