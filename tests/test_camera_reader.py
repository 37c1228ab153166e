"""The camera's thread as scenes: what the core hears when a camera goes, comes, stalls, freezes or shows nothing."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import numpy as np
import pytest

from agent.config import schema
from agent.messages import Observation, SensorBack, SensorLost
from agent.sensors.camera import aside
from agent.sensors.camera.aside import AsideCamera, Place
from agent.sensors.camera.fake import FakeCamera
from agent.sensors.camera.protocol import Camera, CameraError
from agent.sensors.camera.reader import CameraHangsError, CameraReader
from agent.sensors.scale.fake import SimulatedTime
from agent.vision.frame import Frame
from agent.vision.slot import Slot

CONFIG = schema.Camera(driver="v4l2", device="/dev/v4l/by-id/none", width=128, height=72, rate_hz=15)
LIMIT_S = 5.0
Opener = Callable[[schema.Camera, Callable[[], float]], Camera]


class Counting(Slot):
    """Where the scene sees each frame pass."""

    def __init__(self, passed: Callable[[Frame], None]) -> None:
        super().__init__()
        self._passed = passed

    def put(self, frame: Frame) -> None:
        super().put(frame)
        self._passed(frame)


class Scene:
    """A reader on a fake camera and a simulated clock; `at` does something at its time."""

    def __init__(self, opener: Opener | None = None, config: schema.Camera = CONFIG) -> None:
        self.now = SimulatedTime(100.0)
        self.camera = FakeCamera(config, self.now, self._pass)
        self.frames: list[Frame] = []
        self.heard: list[Observation] = []
        self.opened_s: list[float] = []
        self._script: list[tuple[float, Callable[[], object]]] = []
        self._opener = opener or self.camera.open
        slot = Counting(self.frames.append)
        self.reader = CameraReader(
            config, slot, self.heard.append, open_camera=self._open, clock=self.now, wait=self._pass
        )

    def at(self, second: float, action: Callable[[], object]) -> Scene:
        self._script.append((100.0 + second, action))
        return self

    def play(self, seconds: float) -> list[str]:
        """The words of what was heard, with the scene's second."""
        self.at(seconds, self.reader.stop)
        self._script.sort(key=lambda entry: entry[0])
        self.reader.run()
        return [told(o) for o in self.heard]

    def t(self, kind: type) -> float:
        return next(o.t for o in self.heard if isinstance(o, kind)) - 100.0

    def _open(self, config: schema.Camera, clock: Callable[[], float]) -> Camera:
        self.opened_s.append(clock())
        return self._opener(config, clock)

    def _pass(self, seconds: float) -> None:
        self.now.wait(seconds)
        while self._script and self._script[0][0] <= self.now():
            self._script.pop(0)[1]()


def told(observation: Observation) -> str:
    match observation:
        case SensorLost(stream="camera", code=code, reason=reason):
            assert len(reason) > 20
            return f"lost: {code}"
        case SensorBack(stream="camera"):
            return "back"
    return repr(observation)


def test_a_healthy_camera_is_only_frames_in_order() -> None:
    scene = Scene()
    assert scene.play(10) == []
    assert len(scene.frames) == pytest.approx(150, abs=2)
    assert (np.diff([frame.t for frame in scene.frames]) > 0).all()
    assert len(scene.opened_s) == 1


def test_a_stalled_camera_is_lost_within_two_seconds_and_back_within_five() -> None:
    scene = Scene()
    scene.at(5, scene.camera.stall).at(30, lambda: scene.camera.stall(0))
    assert scene.play(40) == ["lost: silent", "back"]
    assert scene.t(SensorLost) <= 5 + 2.3
    assert scene.t(SensorBack) <= 30 + 5


def test_a_pulled_cable_is_said_once_and_its_return_within_five_seconds() -> None:
    scene = Scene()
    scene.at(5, scene.camera.vanish).at(60, scene.camera.come_back)
    assert scene.play(70) == ["lost: unplugged", "back"]
    assert scene.t(SensorBack) <= 65
    assert max(np.diff(scene.opened_s)) <= 5 + 2.5


def test_a_camera_that_is_not_there_at_the_start_is_named_and_then_found() -> None:
    scene = Scene()
    scene.camera.vanish()
    scene.at(30, scene.camera.come_back)
    assert scene.play(40) == ["lost: not_found", "back"]


def test_a_black_picture_is_waited_out_without_opening_again() -> None:
    scene = Scene()
    scene.at(5, scene.camera.go_black).at(20, lambda: scene.camera.go_black(False))
    assert scene.play(30) == ["lost: black", "back"]
    assert scene.t(SensorLost) == pytest.approx(8, abs=0.2)
    assert scene.t(SensorBack) == pytest.approx(20, abs=0.2)
    assert len(scene.opened_s) == 1


def test_a_blink_is_no_loss() -> None:
    scene = Scene()
    scene.at(5, scene.camera.go_black).at(7, lambda: scene.camera.go_black(False))
    assert scene.play(10) == []


def test_a_frozen_picture_is_lost_and_not_back_until_it_changes() -> None:
    scene = Scene()
    scene.at(5, scene.camera.freeze).at(60, lambda: scene.camera.freeze(False))
    assert scene.play(70) == ["lost: frozen", "back"]
    assert scene.t(SensorLost) == pytest.approx(15, abs=0.2)
    assert 60 <= scene.t(SensorBack) <= 65


def test_a_recording_may_stand_still() -> None:
    scene = Scene(config=schema.Camera(driver="folder", device="/x", width=128, height=72))
    scene.at(5, scene.camera.freeze)
    assert scene.play(60) == []


def test_another_size_is_said_at_once_and_no_such_picture_is_handed_on() -> None:
    scene = Scene()
    scene.at(5, lambda: scene.camera.resize(64, 48)).at(20, lambda: scene.camera.resize(128, 72))
    assert scene.play(30) == ["lost: wrong_size", "back"]
    assert {(frame.width, frame.height) for frame in scene.frames} == {(128, 72)}


def failing(*codes: str) -> Opener:
    """An opener that fails once for each code, then for the last one for ever."""
    left = list(codes)

    def opener(config: schema.Camera, clock: Callable[[], float]) -> Camera:
        raise CameraError(left.pop(0) if len(left) > 1 else left[0], "do something about this camera")

    return opener


def test_each_new_reason_is_said_once_and_attempts_back_off() -> None:
    scene = Scene(failing("permission_denied", "permission_denied", "busy", "not_found", "garbage"))
    assert scene.play(30) == ["lost: permission_denied", "lost: busy", "lost: garbage"]
    assert np.diff(scene.opened_s)[:3] == pytest.approx([0.5, 1.0, 2.0])
    assert np.diff(scene.opened_s)[3:] == pytest.approx(2.0)


def test_a_library_that_hangs_after_pictures_ends_the_process_once() -> None:
    scene = Scene()
    scene.at(5, lambda: setattr(scene, "_opener", failing("stuck"))).at(5, scene.camera.vanish)
    with pytest.raises(CameraHangsError, match="starts anew"):
        scene.play(300)
    assert [told(o) for o in scene.heard] == ["lost: unplugged", "lost: stuck"]
    assert 30 <= scene.now() - 105 <= 40


def test_a_library_that_hung_from_the_start_never_takes_the_weighing_down() -> None:
    assert Scene(failing("stuck")).play(600) == ["lost: stuck"]


def test_an_unexpected_exception_is_not_swallowed() -> None:
    def broken(config: schema.Camera, clock: Callable[[], float]) -> Camera:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        Scene(broken).play(10)


# -- real threads -----------------------------------------------------------------------------------------------------


def wait_for(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + LIMIT_S
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.005)


def test_a_real_thread_hears_stall_and_return_and_stops_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent.sensors.camera.reader.SILENCE_S", 0.3)
    fake, slot, heard, beats = FakeCamera(CONFIG), Slot(), list[Observation](), list[None]()
    reader = CameraReader(CONFIG, slot, heard.append, open_camera=fake.open, beat=lambda: beats.append(None))
    thread = threading.Thread(target=reader.run)
    thread.start()
    assert slot.take(LIMIT_S) is not None
    fake.stall()
    wait_for(lambda: [told(o) for o in heard] == ["lost: silent"])
    fake.stall(0)
    wait_for(lambda: [told(o) for o in heard] == ["lost: silent", "back"])
    fake.stall()
    reader.stop()
    thread.join(1.0)
    assert not thread.is_alive()
    assert len(beats) > 3


class Hanging:
    """A library whose calls never return until they are let go."""

    def __init__(self) -> None:
        self.let_go, self.entered = threading.Event(), 0

    def open(self) -> Hanging:
        self.entered += 1
        return self

    def grab(self, stopping: threading.Event) -> Frame | None:
        self.let_go.wait()
        return None

    def release(self) -> None:
        pass


def test_at_most_one_thread_is_ever_stuck(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aside, "LEAVE_S", 0.02)
    library, place = Hanging(), Place()
    before = threading.active_count()
    AsideCamera("0", library.open, place).close()
    for _ in range(20):
        with pytest.raises(CameraError, match="restart the agent") as refused:
            AsideCamera("0", library.open, place)
        assert refused.value.code == "stuck"
    assert (library.entered, threading.active_count()) == (1, before + 1)
    library.let_go.set()
    wait_for(lambda: threading.active_count() == before)
    AsideCamera("0", library.open, place).close()
    assert library.entered == 2


def test_what_the_library_thread_meets_comes_out_of_read(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> Hanging:
        raise CameraError("busy", "another program holds it")

    camera = AsideCamera("0", refuse, Place())
    with pytest.raises(CameraError, match="another program"):
        for _ in range(50):
            camera.read()
    camera.close()
    camera.close()


def test_closing_wakes_a_read_that_waits() -> None:
    library = Hanging()
    camera = AsideCamera("0", library.open, Place())
    library.let_go.set()
    camera.close()
    assert camera.read() is None
