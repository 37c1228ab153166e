"""Pictures of recordings are scaled to the configured size, where their shape is the same. Pure."""

from __future__ import annotations

from agent.config import schema
from agent.sensors.camera.protocol import CameraError

SHAPE_TOLERANCE = 0.02  # of the width: 854x480 is 16:9 too


def demand_shape(width: int, height: int, config: schema.Camera, what: str) -> None:
    """CameraError where a picture of this size would be squeezed: people would be, and marks would miss."""
    if abs(width * config.height - height * config.width) > SHAPE_TOLERANCE * height * config.width:
        raise CameraError(
            "wrong_size",
            f"{what} has pictures of {width}x{height}, camera.width and camera.height say "
            f"{config.width}x{config.height}: write a size of the same shape",
        )
