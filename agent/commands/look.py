"""What `shelfd doctor` finds out about the camera: which are plugged in, whether pictures come, how many, how bright.

Also whether the models can look. Looks at pictures as the agent does and keeps none. Not here: what is wrong with a
picture (sensors/camera/watch.py), the marks (calibrate_camera.py).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from agent.config.schema import Camera, Vision
from agent.sensors.camera.protocol import Camera as OpenCamera
from agent.sensors.camera.protocol import CameraError
from agent.sensors.camera.watch import Watch
from agent.vision.eyes import build_detectors
from agent.vision.protocol import VisionError
from agent.weighing.diagnose import Finding

BY_ID = Path("/dev/v4l/by-id")
START_S = 8.0  # until the first picture
SLOW = 0.8  # of rate_hz: fewer pictures miss hands
DARK = 40  # of 255, mean: models find little
Open = Callable[[Camera, Callable[[], float]], OpenCamera]


@dataclass(frozen=True, slots=True)
class CameraReport:
    """What was seen of the configured camera. `rate_hz` and `brightness` (0..255) None: too few pictures."""

    camera: Camera
    pictures: int
    rate_hz: float | None
    brightness: float | None
    findings: tuple[Finding, ...]


def plugged_in_cameras(by_id: Path = BY_ID) -> list[str]:
    """USB cameras under the names that survive replugging; of the devices of one camera the one that has pictures."""
    return [str(link) for link in sorted(by_id.glob("*-video-index0"))]


def examine_camera(
    camera: Camera, seconds: float, plugged_in: list[str], open_camera: Open, clock: Callable[[], float]
) -> CameraReport:
    """Takes pictures for `seconds`. A camera that cannot be read is a finding, not an end."""
    try:
        times, brightness = _taken(camera, seconds, open_camera, clock)
    except CameraError as error:
        return CameraReport(camera, 0, None, None, (Finding("wrong", "camera", error.code, str(error)),))
    rate_hz = (len(times) - 1) / (times[-1] - times[0]) if len(times) > 1 and times[-1] > times[0] else None
    findings = tuple(_judged(camera, plugged_in, rate_hz, brightness))
    return CameraReport(camera, len(times), rate_hz, brightness, findings)


def examine_models(config: Vision) -> list[Finding]:
    """Loads the models as the agent does: a camera without them sees nothing."""
    try:
        build_detectors(Path(config.manifest), config.threads)
    except VisionError as error:
        return [Finding("wrong", "vision", error.code, str(error))]
    return []


def _taken(
    camera: Camera, seconds: float, open_camera: Open, clock: Callable[[], float]
) -> tuple[list[float], float | None]:
    """Times of the pictures and the brightness of the last. CameraError as the driver and the watch say."""
    opened, watch = open_camera(camera, clock), Watch(camera)
    times: list[float] = []
    brightness: float | None = None
    until_s = clock() + START_S
    try:
        while clock() < until_s:
            frame = opened.read()
            if frame is None:
                continue
            if not times:
                until_s = clock() + seconds
            wrong = watch.judge(frame)
            if wrong is not None:
                raise wrong
            times.append(frame.t)
            brightness = float(frame.luma[::8, ::8].mean())
    finally:
        opened.close()
    if not times:
        raise CameraError("silent", f"no picture came in {START_S:.0f} s: check its cable at both ends and its power")
    return times, brightness


def _judged(camera: Camera, plugged_in: list[str], rate_hz: float | None, brightness: float | None) -> list[Finding]:
    found = []
    if rate_hz is None or rate_hz < SLOW * camera.rate_hz:
        got = "a single one" if rate_hz is None else f"{rate_hz:.1f} a second"
        sentence = f"{got} of {camera.rate_hz:g} pictures a second came: more light, or a lower rate_hz or size"
        found.append(Finding("wrong", "camera", "rate", sentence))
    if brightness is not None and brightness < DARK:
        sentence = f"the picture is dark ({brightness:.0f} of 255): models find little, switch the light on"
        found.append(Finding("note", "camera", "dark", sentence))
    if not camera.marks:
        sentence = "it has no marks: shelfd calibrate camera FILE finds where on the shelf a pixel lies"
        found.append(Finding("note", "camera", "no_marks", sentence))
    stable = {str(Path(link).resolve()): link for link in plugged_in}
    if camera.driver == "v4l2" and camera.device in stable:
        sentence = f'{camera.device} may be another after replugging: write device = "{stable[camera.device]}"'
        found.append(Finding("note", "camera", "wandering_name", sentence))
    return found
