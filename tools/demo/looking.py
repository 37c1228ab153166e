"""Whose eyes the demo's agent has: its own on painted pictures or on a camera of yours, or those of an outside tracker.

Not here: starting anything (house.py), what is painted (tools/bench/camera/).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from agent.config import schema
from agent.sensors.camera.folder import pictures
from agent.sensors.camera.movie import frames
from agent.sensors.camera.protocol import CameraError
from agent.vision.manifest import Manifest, read_manifest, read_model
from agent.vision.protocol import VisionError
from tools.bench.layouts import BOTTLES_HIGH_M
from tools.bench.world import Play

MANIFEST = Path(__file__).resolve().parents[2] / "models" / "manifest.toml"
TELL_HZ = 5.0
WEBCAM = (640, 480)  # every USB camera has it
_POINT = re.compile(r"(\d+(?:\.\d+)?),(\d+(?:\.\d+)?)")


class LookingError(Exception):
    """The camera that was asked for cannot be used; the message says why."""


@dataclass(frozen=True, slots=True)
class Looking:
    """The agent looks itself. `camera` None: at painted pictures of the play."""

    manifest: Path
    models: tuple[str, ...]  # their titles
    camera: schema.Camera | None = None

    @property
    def vision(self) -> schema.Vision:
        return schema.Vision(manifest=str(self.manifest), tell_hz=TELL_HZ)


def models(manifest: Path = MANIFEST) -> Looking:
    """Eyes for painted pictures. LookingError where a model is missing or not the one that is meant."""
    try:
        found: Manifest = read_manifest(manifest)
        for model in found.models:
            read_model(model, manifest.parent)
    except VisionError as error:
        raise LookingError(str(error)) from error
    return Looking(manifest, tuple(model.title for model in found.models))


def camera(source: str, marks: str, play: Play) -> schema.Camera:
    """A device, a video or a folder of pictures as the agent is told of it; `marks`: see `corners`. LookingError."""
    path = Path(source).resolve()
    try:
        if str(path).startswith("/dev/"):
            driver, (width, height), rate_hz = "v4l2", WEBCAM, 15.0
        elif path.is_dir():
            with Image.open(pictures(path)[0]) as picture:
                driver, (width, height), rate_hz = "folder", picture.size, 5.0
        else:
            _, frame = next(frames(path))
            driver, (width, height), rate_hz = "file", (frame.width, frame.height), 15.0
    except (CameraError, OSError, StopIteration) as error:
        raise LookingError(str(error) or f"{path} holds no picture") from error
    return schema.Camera(
        driver=driver,
        device=source if driver == "v4l2" else str(path),
        width=width - width % 2,
        height=height - height % 2,
        rate_hz=rate_hz,
        marks=corners(marks, play) if marks else (),
    )


def corners(marks: str, play: Play) -> tuple[schema.Mark, ...]:
    """`x,y x,y x,y x,y`: where in the picture the lower left, lower right, upper right and upper left corner of the
    lanes are. LookingError where it is anything else."""
    points = [(float(x), float(y)) for x, y in _POINT.findall(marks)]
    if len(points) != 4 or _POINT.sub("", marks).strip():
        raise LookingError("--marks: four corners x,y in pixels: lower left, lower right, upper right, upper left")
    right_m = round(play.layout.spots[-1].right_m, 4)
    places = ((0.0, 0.0), (right_m, 0.0), (right_m, BOTTLES_HIGH_M), (0.0, BOTTLES_HIGH_M))
    return tuple(schema.Mark(x_px=x, y_px=y, u_m=u, v_m=v) for (x, y), (u, v) in zip(points, places, strict=True))
