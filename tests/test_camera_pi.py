"""The Pi's camera against a library that looks like picamera2 and hangs, refuses, lies about formats and times."""

from __future__ import annotations

import threading
import time
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from agent.config import schema
from agent.sensors.camera import pi
from agent.sensors.camera.pi import PiSource
from agent.sensors.camera.protocol import CameraError

CONFIG = schema.Camera(driver="picamera2", device="0", width=64, height=48, rate_hz=15)
SHAPES = {"BGR888": (48, 64, 3), "RGB888": (48, 64, 3), "NV12": (72, 64), "YUV420": (72, 64), "MJPEG": (1,)}
MODES = [  # of an IMX219: the second is a cut from the middle
    {"size": (3280, 2464), "fps": 21.2, "bit_depth": 10, "crop_limits": (0, 0, 3280, 2464)},
    {"size": (640, 480), "fps": 206.0, "bit_depth": 10, "crop_limits": (1000, 752, 1280, 960)},
    {"size": (1640, 1232), "fps": 41.8, "bit_depth": 10, "crop_limits": (0, 0, 3280, 2464)},
]


class Job:
    def __init__(self, camera: Library) -> None:
        self.camera = camera

    def get_result(self, timeout: float) -> Request:
        if self.camera.silent:
            raise TimeoutError
        return Request(self.camera)


class Request:
    def __init__(self, camera: Library) -> None:
        self.camera = camera
        camera.out += 1

    def get_metadata(self) -> dict[str, Any]:
        return {} if self.camera.age_s is None else {"SensorTimestamp": self.camera.stamp_ns()}

    def make_array(self, name: str) -> np.ndarray:
        if self.camera.broken:
            raise RuntimeError("buffer")
        array = np.zeros(SHAPES[self.camera.gives], np.uint8)
        array[..., 0] = 200
        return array

    def release(self) -> None:
        self.camera.out -= 1


class Library:
    """A Picamera2. `gives`: the format that comes whatever is asked for."""

    def __init__(self, gives: str = "BGR888", **properties: Any) -> None:
        self.gives, self.camera_properties, self.sensor_modes = gives, properties, MODES
        self.silent = self.broken = False
        self.age_s: float | None = 0.02
        self.out, self.calls, self.asked = 0, list[str](), dict[str, Any]()

    def stamp_ns(self) -> int:
        assert self.age_s is not None
        return int((time.clock_gettime(time.CLOCK_BOOTTIME) - self.age_s) * 1e9)

    def create_preview_configuration(self, **asked: Any) -> dict[str, Any]:
        self.asked = asked
        return asked

    def configure(self, asked: dict[str, Any]) -> None:
        self.calls.append("configure")

    def camera_configuration(self) -> dict[str, Any]:
        return {"main": {"format": self.gives, "size": (64, 48), "stride": 64}}

    def start(self) -> None:
        self.calls.append("start")

    def capture_request(self, wait: bool) -> Job:
        assert wait is False
        self.calls.append("capture")
        return Job(self)

    def cancel_all_and_flush(self) -> None:
        self.calls.append("cancel")

    def stop(self) -> None:
        self.calls.append("stop")

    def close(self) -> None:
        self.calls.append("close")


@pytest.fixture(autouse=True)
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pi, "_library", lambda: ModuleType("picamera2"))


def source(library: Library, config: schema.Camera = CONFIG) -> PiSource:
    return PiSource(config, make=lambda module, number: library)


def test_every_format_that_comes_is_understood_and_every_request_goes_back() -> None:
    for gives, form in (("BGR888", "rgb"), ("RGB888", "rgb"), ("NV12", "nv12"), ("YUV420", "nv12")):
        library = Library(gives)
        frame = source(library).grab(threading.Event())
        assert frame is not None and (frame.form, frame.width, frame.height) == (form, 64, 48)
        assert library.out == 0
        if form == "rgb":  # the first byte in memory is red, or blue where the name says RGB
            assert frame.pixels[0, 0].tolist() == ([200, 0, 0] if gives == "BGR888" else [0, 0, 200])


def test_a_format_that_nobody_understands_is_refused_and_the_camera_given_back() -> None:
    library = Library("MJPEG")
    with pytest.raises(CameraError, match="gives MJPEG") as refused:
        source(library)
    assert refused.value.code == "wrong_format"
    assert library.calls[-2:] == ["stop", "close"]


def test_a_picture_that_fails_gives_its_request_back_too() -> None:
    library = Library()
    opened = source(library)
    library.broken = True
    with pytest.raises(CameraError) as lost:
        opened.grab(threading.Event())
    assert (library.out, lost.value.code) == (0, "refused")


def test_a_silent_camera_has_one_capture_under_way_which_is_called_off_before_the_stop() -> None:
    library = Library()
    library.silent = True
    opened = source(library)
    assert [opened.grab(threading.Event()) for _ in range(5)] == [None] * 5
    assert library.calls.count("capture") == 1
    opened.release()
    assert library.calls[-3:] == ["cancel", "stop", "close"]


def test_the_sensors_boottime_becomes_monotonic() -> None:
    library = Library()
    now = time.monotonic()
    frame = PiSource(CONFIG, lambda: now, make=lambda module, number: library).grab(threading.Event())
    assert frame is not None and frame.t == pytest.approx(now - 0.02, abs=0.01)


@pytest.mark.parametrize("age_s", [None, 3600.0, -5.0])
def test_without_a_stamp_that_can_be_meant_the_moment_of_reading_counts(age_s: float | None) -> None:
    library = Library()
    library.age_s = age_s
    frame = PiSource(CONFIG, lambda: 50.0, make=lambda module, number: library).grab(threading.Event())
    assert frame is not None and frame.t == 50.0


def test_the_mode_with_the_whole_view_is_chosen() -> None:
    library = Library(ColorFilterArrangement=0)
    source(library)
    assert library.asked["sensor"] == {"output_size": (1640, 1232), "bit_depth": 10}
    webcam = Library()
    source(webcam)
    assert "sensor" not in webcam.asked
    assert webcam.asked["controls"] == {"FrameDurationLimits": (66667, 66667)}


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (RuntimeError("No camera number 1 found - use rpicam-hello"), "not_found"),
        (IndexError("list index out of range"), "not_found"),
        (RuntimeError("Failed to acquire camera: Device or resource busy"), "busy"),
        (RuntimeError("Camera __init__ sequence did not complete."), "refused"),
    ],
)
def test_what_the_library_says_becomes_a_sentence(said: Exception, code: str) -> None:
    def make(module: ModuleType, number: int) -> Any:
        raise said

    with pytest.raises(CameraError) as refused:
        PiSource(CONFIG, make=make)
    assert refused.value.code == code and "camera 0" in str(refused.value)


def test_the_reason_behind_a_library_error_is_looked_at() -> None:
    def make(module: ModuleType, number: int) -> Any:
        try:
            raise RuntimeError("Failed to acquire camera: Device or resource busy")
        except RuntimeError as error:
            raise RuntimeError("Camera __init__ sequence did not complete.") from error

    with pytest.raises(CameraError) as refused:
        PiSource(CONFIG, make=make)
    assert refused.value.code == "busy"


def test_without_the_library_the_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    monkeypatch.setattr(pi, "import_module", _missing)
    with pytest.raises(CameraError, match="apt install python3-picamera2") as refused:
        PiSource(CONFIG)
    assert refused.value.code == "no_library"


def _missing(name: str) -> SimpleNamespace:
    raise ImportError("No module named 'libcamera'")
