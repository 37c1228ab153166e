"""The picamera2 driver on the real library, with libcamera's virtual camera: `make test-camera`.

The virtual camera knows NV12 in one size, keeps no pace and has no sensor; modes, RGB, cables and clocks of a Pi are
not shown here.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from agent.config import schema
from agent.messages import Observation, SensorBack, SensorLost
from agent.sensors.camera import pi
from agent.sensors.camera.aside import AsideCamera, Place
from agent.sensors.camera.protocol import CameraError
from agent.sensors.camera.reader import CameraReader
from agent.vision.frame import Frame
from agent.vision.slot import Slot

pytest.importorskip("picamera2", reason="runs inside tools/picamera2.sh")
CONFIG = schema.Camera(driver="picamera2", device="0", width=640, height=480, rate_hz=15)
LIMIT_S = 10.0


def on_virtual(library: ModuleType, number: int) -> Any:
    """What the virtual camera lacks: raw modes, and buffers of a Pi's heap."""
    from picamera2.allocators import LibcameraAllocator

    library.Picamera2._get_raw_modes = lambda self: [{"format": "NV12", "size": (640, 480)}]
    camera = library.Picamera2(number)
    camera.allocator = LibcameraAllocator(camera.camera)
    return camera


@pytest.fixture(autouse=True)
def virtual(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pi, "_make", on_virtual)


@pytest.fixture
def camera() -> Iterator[AsideCamera]:
    camera = pi.open_pi(CONFIG, place=Place())
    yield camera
    camera.close()


def next_frame(camera: AsideCamera) -> Frame:
    until = time.monotonic() + LIMIT_S
    while time.monotonic() < until:
        frame = camera.read()
        if frame is not None:
            return frame
    raise AssertionError("no picture came")


def test_pictures_come_in_the_form_that_the_pipeline_really_gives(camera: AsideCamera) -> None:
    frame = next_frame(camera)
    assert (frame.form, frame.width, frame.height) == ("nv12", 640, 480)  # asked for: RGB
    assert 40 < frame.luma.mean() < 220 and frame.luma.std() > 10


def test_pictures_are_stamped_by_the_sensor_on_the_monotonic_clock(camera: AsideCamera) -> None:
    frames = [next_frame(camera) for _ in range(10)]
    t = np.array([frame.t for frame in frames])
    assert (np.diff(t) > 0).all()
    assert 0 <= time.monotonic() - t[-1] < 0.5


def test_a_pipeline_without_a_pace_is_throttled(camera: AsideCamera) -> None:
    next_frame(camera)
    began = time.monotonic()
    count = sum(camera.read() is not None for _ in iter(lambda: time.monotonic() - began < 2.0, False))
    assert 24 <= count <= 32


def test_pictures_differ_and_none_is_kept_by_the_library(camera: AsideCamera) -> None:
    """Were requests not released, four buffers would be the end of it."""
    samples = {next_frame(camera).luma[::8, ::8].tobytes() for _ in range(40)}
    assert len(samples) > 5


def test_the_camera_is_given_back_and_opened_again() -> None:
    place = Place()
    for _ in range(3):
        camera = pi.open_pi(CONFIG, place=place)
        next_frame(camera)
        camera.close()
        assert place.thread is not None and not place.thread.is_alive()


def test_a_camera_number_that_is_not_there() -> None:
    camera = pi.open_pi(schema.Camera(driver="picamera2", device="7", width=640, height=480), place=Place())
    with pytest.raises(CameraError) as refused:
        next_frame(camera)
    assert refused.value.code == "not_found"
    camera.close()


def test_a_camera_that_is_held_is_busy(camera: AsideCamera) -> None:
    next_frame(camera)
    second = pi.open_pi(CONFIG, place=Place())
    with pytest.raises(CameraError) as refused:
        next_frame(second)
    assert refused.value.code in ("busy", "refused")
    second.close()
    next_frame(camera)  # and the first goes on


def test_a_size_that_the_camera_does_not_have_is_seen() -> None:
    camera = pi.open_pi(schema.Camera(driver="picamera2", width=320, height=240), place=Place())
    with pytest.raises(CameraError):
        frame = next_frame(camera)
        if (frame.width, frame.height) != (320, 240):
            raise CameraError("wrong_size", "the reader's watch would say so")
    camera.close()


def test_a_library_that_stops_giving_pictures_is_lost_opened_again_and_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """The stall of a moved cable: the captures stay under way for ever."""
    place, heard, slot, stalled = Place(), list[Observation](), Slot(), threading.Event()
    real = pi.PiSource.grab

    def grab(self: pi.PiSource, stopping: threading.Event) -> Frame | None:
        if stalled.is_set():
            stopping.wait(0.1)
            return None
        return real(self, stopping)

    monkeypatch.setattr(pi.PiSource, "grab", grab)
    reader = CameraReader(CONFIG, slot, heard.append, open_camera=lambda c, clock: pi.open_pi(c, clock, place))
    thread = threading.Thread(target=reader.run)
    thread.start()
    assert slot.take(LIMIT_S) is not None
    stalled.set()
    wait_for(lambda: any(isinstance(o, SensorLost) for o in heard))
    stalled.clear()
    since = time.monotonic()
    wait_for(lambda: any(isinstance(o, SensorBack) for o in heard))
    assert time.monotonic() - since <= 5.0
    reader.stop()
    thread.join(LIMIT_S)
    assert [type(o) for o in heard] == [SensorLost, SensorBack]


def wait_for(condition: Any) -> None:
    until = time.monotonic() + LIMIT_S
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.01)
