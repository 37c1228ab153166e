"""A Raspberry Pi camera through picamera2 and libcamera, in the thread aside: both hang when a cable moves.

One stream in the configured size, scaled by the Pi's own image processor from the whole field of view. Whatever format
the pipeline then really gives is handed on as it is: picamera2 names formats by libcamera's convention, its "RGB888"
lies in memory as B, G, R. Every request goes back, however the picture fared.
Raises CameraError `no_library`, `not_found`, `busy`, `refused`, `wrong_format`.
Not here: the thread (aside.py), silence and coming back (reader.py).
"""

from __future__ import annotations

import atexit
import threading
import time
from collections.abc import Callable
from importlib import import_module
from types import ModuleType
from typing import Any, TypeVar

from agent.config import schema
from agent.sensors.camera.aside import PLACE, AsideCamera, Place
from agent.sensors.camera.pace import Pace, sensor_time
from agent.sensors.camera.protocol import READ_TIMEOUT_S, CameraError
from agent.sensors.camera.unpack import UNPACK
from agent.vision.frame import Frame

T = TypeVar("T")
STREAM = "main"
ASKED = "BGR888"  # R, G, B in memory; the processor converts it at no cost to us
BUFFERS = 4
INSTALL = "sudo apt install python3-picamera2, and make the environment with --system-site-packages"


def open_pi(config: schema.Camera, clock: Callable[[], float] = time.monotonic, place: Place = PLACE) -> AsideCamera:
    """See AsideCamera; what is wrong with the camera is said by the first read."""
    return AsideCamera(f"{config.device or 0}", lambda: PiSource(config, clock), place)


class PiSource:
    """A `Source` of one camera of libcamera."""

    def __init__(
        self,
        config: schema.Camera,
        clock: Callable[[], float] = time.monotonic,
        *,
        make: Callable[[ModuleType, int], Any] | None = None,
    ) -> None:
        """`make` builds the Picamera2; tests on a virtual pipeline have one of their own."""
        self._config, self._clock, self._pace = config, clock, Pace(config.rate_hz)
        self._number = int(config.device or 0)
        self._job: Any = None  # the one capture that is under way: one given up on would hold its picture for ever
        library = _library()
        self._camera = self._explained(lambda: (make or _make)(library, self._number))
        atexit.unregister(self._camera.close)  # a library that hangs would hold the end of the process as well
        try:
            self._explained(self._start)
        except CameraError:
            self.release()
            raise

    def grab(self, stopping: threading.Event) -> Frame | None:
        """See Source."""
        stopping.wait(self._pace.wait_s(self._clock()))  # a pipeline without a sensor makes hundreds a second
        return self._explained(self._grab)

    def _grab(self) -> Frame | None:
        if self._job is None:
            self._job = self._camera.capture_request(wait=False)
        try:
            request = self._job.get_result(timeout=READ_TIMEOUT_S)
        except TimeoutError:
            return None
        self._job = None
        try:
            t = self._time(request.get_metadata())
            return self._frame(request, t) if self._pace.passes(t) else None
        finally:
            request.release()

    def release(self) -> None:
        """See Source. A capture under way would block `stop`, so it is called off first."""
        if self._job is not None:
            self._camera.cancel_all_and_flush()
        self._camera.stop()
        self._camera.close()

    def _start(self) -> None:
        period_us = round(1e6 / self._config.rate_hz)
        asked: dict[str, Any] = {
            "main": {"size": (self._config.width, self._config.height), "format": ASKED},
            "controls": {"FrameDurationLimits": (period_us, period_us)},
            "buffer_count": BUFFERS,
            "queue": False,  # a picture that waited is an old picture
        }
        mode = _full_view(self._camera, self._config)
        if mode is not None:
            asked["sensor"] = {"output_size": mode["size"], "bit_depth": mode["bit_depth"]}
        self._camera.configure(self._camera.create_preview_configuration(**asked))  # full range, BT.601
        self._stream = dict(self._camera.camera_configuration()[STREAM])
        if self._stream["format"] not in UNPACK:
            raise CameraError(
                "wrong_format",
                f"camera {self._number} gives {self._stream['format']} and nothing else: "
                f"only {', '.join(UNPACK)} are understood",
            )
        self._camera.start()

    def _time(self, metadata: dict[str, Any]) -> float:
        """SensorTimestamp counts nanoseconds of CLOCK_BOOTTIME, which goes on while the machine is suspended."""
        now, boot = self._clock(), time.clock_gettime(time.CLOCK_BOOTTIME)
        stamp_ns = metadata.get("SensorTimestamp")
        return sensor_time(None if not stamp_ns else now - (boot - stamp_ns * 1e-9), now)

    def _frame(self, request: Any, t: float) -> Frame:
        width, height = self._stream["size"]
        pixels, form = UNPACK[self._stream["format"]](request.make_array(STREAM), width, height)
        return Frame(t, pixels, form)

    def _explained(self, what: Callable[[], T]) -> T:
        """What libcamera refuses is a RuntimeError whose text is all there is."""
        try:
            return what()
        except (RuntimeError, IndexError, OSError) as error:
            raise _explained(error, self._number) from error


def _library() -> ModuleType:
    try:
        return import_module("picamera2")
    except ImportError as error:
        raise CameraError("no_library", f"picamera2 cannot be imported ({error}): {INSTALL}") from error


def _make(library: ModuleType, number: int) -> Any:
    return library.Picamera2(number)


def _full_view(camera: Any, config: schema.Camera) -> dict[str, Any] | None:
    """The sensor's mode that sees most, of these the smallest that is quick enough; None where there are none to
    choose from. picamera2 by itself takes the nearest size, which on some sensors is a cut from the middle."""
    if "ColorFilterArrangement" not in camera.camera_properties:  # no sensor of a Pi's own
        return None
    modes = [mode for mode in camera.sensor_modes if mode["fps"] >= config.rate_hz and _reaches(mode, config)]
    return min(modes, key=lambda mode: (-_area(mode["crop_limits"][2:]), _area(mode["size"])), default=None)


def _reaches(mode: dict[str, Any], config: schema.Camera) -> bool:
    return bool(mode["size"][0] >= config.width and mode["size"][1] >= config.height)


def _area(size: Any) -> int:
    return int(size[0] * size[1])


def _explained(error: BaseException, number: int) -> CameraError:
    said = " ".join(str(e) for e in (error, error.__cause__, error.__context__) if e is not None)
    if "No camera number" in said or isinstance(error, IndexError):
        return CameraError(
            "not_found",
            f"libcamera knows no camera {number}: check the cable at both ends; `rpicam-hello --list-cameras` lists",
        )
    if "busy" in said.lower() or "acquire" in said.lower():
        return CameraError("busy", f"another program holds camera {number}: stop it (fuser -v /dev/media*)")
    return CameraError("refused", f"camera {number} does not start ({error}): check its cable, then restart the device")
