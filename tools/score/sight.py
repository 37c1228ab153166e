"""Looks at a case's video through the device's own detectors: frames in, Detections on the case's clock out.

The schedule decides as it does live, told by the case's weights when a lane is in motion. Pictures stay in memory.
Not here: reading the rest of the case (case.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from agent.config import schema
from agent.messages import Detections, Observation, SensorLost
from agent.sensors.camera.movie import frames
from agent.sensors.camera.protocol import CameraError
from agent.vision.eyes import Eyes, build_detectors
from agent.vision.loop import VisionLoop
from agent.vision.protocol import VisionError
from agent.vision.slot import Slot

MANIFEST = Path(__file__).resolve().parents[2] / "models" / "manifest.toml"


class SightError(Exception):
    """The video or the models cannot be used; the message says what to do."""


def camera_of(folder: Path, about: dict[str, Any]) -> schema.Camera:
    """The case's camera as a device is configured. SightError where its file is none."""
    path = folder / about["file"]
    try:
        _, first = next(frames(path))
    except (CameraError, StopIteration) as error:
        raise SightError(str(error) or f"{path} holds no picture") from error
    corners = zip(about["corners_px"], about["corners_m"], strict=True)
    marks = tuple(schema.Mark(x_px=x, y_px=y, u_m=u, v_m=v) for (x, y), (u, v) in corners)
    return schema.Camera(
        driver="file",
        device=str(path),
        width=first.width,
        height=first.height,
        rate_hz=float(about["fps"]),
        marks=marks,
    )


def detections(
    camera: schema.Camera, start_s: float, lanes_until_s: Callable[[], float], manifest: Path = MANIFEST
) -> Iterator[Detections]:
    """What the device's eyes tell of this video, whose first picture is taken at `start_s`. SightError as above."""
    told: list[Observation] = []
    eyes = Eyes(lambda: build_detectors(manifest, threads=1))
    loop = VisionLoop(Slot(), eyes, told.append, lanes_until_s=lanes_until_s)
    try:
        eyes.load()
        for t, frame in frames(Path(camera.device)):
            loop.see(replace(frame, t=start_s + t))
            yield from _seen(told)
    except VisionError as error:
        raise SightError(f"{error}; or build the models: make models") from error
    except CameraError as error:
        raise SightError(str(error)) from error


def _seen(told: list[Observation]) -> Iterator[Detections]:
    for observation in told:
        if isinstance(observation, SensorLost):
            raise SightError(observation.reason)
        if isinstance(observation, Detections):
            yield observation
    told.clear()
