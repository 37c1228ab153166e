"""The reading thread as scenes on a simulated clock: what the core hears when a scale goes, comes, stalls or lies."""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np
import pytest

from agent.config import schema
from agent.messages import Counts, Gap, Observation, SensorBack, SensorLost
from agent.sensors.scale.fake import FakeScale, SimulatedTime
from agent.sensors.scale.physics import IDEAL
from agent.sensors.scale.protocol import Scale, ScaleError
from agent.sensors.scale.reader import ScaleReader

CONFIG = schema.Scale(
    name="main", driver="shelfd-lines", port="none", cells=(schema.Cell(name="a1"), schema.Cell(name="a2"))
)


class Scene:
    """A reader in its thread on a fake scale. Simulated time runs until `until` is true, then the scene asserts."""

    def __init__(self, opener: Callable[[schema.Scale, Callable[[], float]], Scale] | None = None) -> None:
        self.now = SimulatedTime(10.0)
        self.fake = FakeScale(CONFIG, IDEAL, clock=self.now, wait=self.now.wait)
        self.heard: list[Observation] = []
        self.script: list[tuple[Callable[[Scene], bool], Callable[[], object]]] = []
        self.reader = ScaleReader(CONFIG, self._put, open_scale=opener or self.fake.open, clock=self.now)
        self.reader._stopping.wait = self._pause  # type: ignore[method-assign]

    def when(self, condition: Callable[[Scene], bool], action: Callable[[], object]) -> Scene:
        self.script.append((condition, action))
        return self

    def play(self, until: Callable[[Scene], bool], limit_s: float = 120.0) -> list[str]:
        """Runs the reader; the words of the observations other than Counts."""
        end_s = self.now() + limit_s
        self._until = lambda: until(self) or self.now() > end_s
        self.reader.run()
        assert until(self), f"did not happen within {limit_s} s"
        return [told(o) for o in self.heard if not isinstance(o, Counts)]

    def counts(self) -> int:
        return sum(isinstance(o, Counts) for o in self.heard)

    def t(self, kind: type) -> float:
        return next(o.t for o in self.heard if isinstance(o, kind))

    def _put(self, observation: Observation) -> None:
        self.heard.append(observation)
        self._act()

    def _pause(self, seconds: float) -> None:
        self.now.wait(seconds)
        self._act()

    def _act(self) -> None:
        while self.script and self.script[0][0](self):
            self.script.pop(0)[1]()
        if not self.script and self._until():
            self.reader.stop()


def told(observation: Observation) -> str:
    match observation:
        case SensorLost(stream=stream, code=code):
            return f"{stream} lost: {code}"
        case SensorBack(stream=stream):
            return f"{stream} back"
        case Gap(stream=stream, lost=lost):
            return f"{stream} gap of {lost}"
    return repr(observation)


def test_a_healthy_scale_is_only_counts():
    scene = Scene()
    assert scene.play(until=lambda s: s.counts() == 50) == []


def test_a_pulled_cable_is_said_once_and_its_return_within_five_seconds():
    scene = Scene()
    returned: list[float] = []

    def plug_in() -> None:
        returned.append(scene.now())
        scene.fake.come_back()

    scene.when(lambda s: s.counts() == 10, scene.fake.vanish)
    scene.when(lambda s: s.now() > 60.0, plug_in)
    assert scene.play(until=lambda s: s.counts() >= 20) == ["scale/main lost: unplugged", "scale/main back"]
    assert scene.t(SensorBack) - returned[0] <= 5.0


def test_a_scale_that_is_not_there_at_the_start_is_named_and_then_found():
    scene = Scene()
    scene.fake.vanish()
    scene.when(lambda s: s.now() > 30.0, scene.fake.come_back)
    assert scene.play(until=lambda s: s.counts() >= 3) == ["scale/main lost: not_found", "scale/main back"]


def test_a_silent_box_is_lost_after_its_patience_and_opened_again():
    scene = Scene()
    scene.when(lambda s: s.counts() == 10, lambda: scene.fake.stall(60.0))
    assert scene.play(until=lambda s: s.counts() >= 20) == ["scale/main lost: silent", "scale/main back"]
    last = [o.t for o in scene.heard if isinstance(o, Counts)][9]
    assert 3.0 <= scene.t(SensorLost) - last <= 4.0


def test_a_pause_of_the_converter_is_no_loss():
    scene = Scene()
    scene.when(lambda s: s.counts() == 10, lambda: scene.fake.stall(1.3))
    assert scene.play(until=lambda s: s.counts() >= 20) == []


def test_lines_lost_on_the_way_are_a_gap_before_the_next_counts():
    scene = Scene()
    scene.when(lambda s: s.counts() == 10, lambda: scene.fake.lose(4))
    assert scene.play(until=lambda s: s.counts() >= 12) == ["scale/main gap of 4"]
    kinds = [type(o) for o in scene.heard]
    assert kinds[9:12] == [Counts, Gap, Counts]


def test_a_dead_cell_stays_a_hole_in_the_counts_and_never_zero():
    scene = Scene()
    scene.fake.load("a2", 100.0)
    scene.fake.kill("a1")
    scene.play(until=lambda s: s.counts() == 5)
    for o in scene.heard:
        assert isinstance(o, Counts)
        assert np.array_equal(o.values, [np.nan, 100.0], equal_nan=True)


def failing(*codes: str) -> Callable[[schema.Scale, Callable[[], float]], Scale]:
    """An opener that fails once for each code, then for the last one for ever."""
    left = list(codes)

    def open_scale(config: schema.Scale, clock: Callable[[], float]) -> Scale:
        code = left.pop(0) if len(left) > 1 else left[0]
        raise ScaleError(code, f"{code}: do something")

    return open_scale


def test_each_new_reason_is_said_once():
    scene = Scene(failing("busy", "busy", "garbage", "garbage", "unplugged", "not_found", "not_found"))
    lost = scene.play(until=lambda s: s.now() > 60.0)
    assert lost == ["scale/main lost: busy", "scale/main lost: garbage", "scale/main lost: unplugged"]


def test_attempts_back_off_to_two_seconds():
    attempts: list[float] = []
    scene = Scene()

    def refuse(config: schema.Scale, clock: Callable[[], float]) -> Scale:
        attempts.append(clock())
        raise ScaleError("not_found", "plug it in")

    scene.reader._open = refuse
    scene.play(until=lambda s: s.now() > 40.0)
    pauses = np.diff(attempts)
    assert pauses[:4] == pytest.approx([0.2, 0.4, 0.8, 1.6])
    assert pauses[4:] == pytest.approx(2.0)


def test_a_scale_that_was_back_is_tried_at_once_when_it_goes_again():
    scene, attempts = Scene(), list[float]()

    def open_scale(config: schema.Scale, clock: Callable[[], float]) -> Scale:
        attempts.append(clock())
        return scene.fake.open(config, clock)

    scene.reader._open = open_scale
    scene.when(lambda s: s.counts() == 1, scene.fake.vanish)
    scene.when(lambda s: s.now() > 30.0, scene.fake.come_back)
    scene.when(lambda s: s.counts() == 5, scene.fake.vanish)
    scene.play(until=lambda s: s.now() > 60.0)
    second_loss = [o.t for o in scene.heard if isinstance(o, SensorLost)][1]
    assert min(t for t in attempts if t > second_loss) - second_loss == pytest.approx(0.2)


class Complaining:
    """A box that answers, but never with a weight."""

    def __init__(self, now: SimulatedTime) -> None:
        self.now, self.until_s, self.lost = now, now() + 3.0, 0

    def read(self) -> Counts | None:
        self.now.wait(0.1)
        if self.now() > self.until_s:
            raise ScaleError("box_error", "the balance is in its menu")
        return Counts(self.now(), "main", np.full(2, np.nan))

    def close(self) -> None:
        pass


def test_a_box_that_only_complains_does_not_flap():
    scene = Scene()
    scene.reader._open = lambda config, clock: Complaining(scene.now)
    assert scene.play(until=lambda s: s.now() > 60.0) == ["scale/main lost: box_error"]


def test_an_unexpected_exception_is_not_swallowed():
    scene = Scene()

    def broken(config: schema.Scale, clock: Callable[[], float]) -> Scale:
        raise ZeroDivisionError

    scene.reader._open = broken
    with pytest.raises(ZeroDivisionError):
        scene.play(until=lambda s: True)


def test_stop_wakes_the_thread_wherever_it_waits():
    slow = schema.Scale(name="slow", driver="shelfd-lines", port="none", rate_hz=0.1, cells=CONFIG.cells)
    for broken in (False, True):
        came = threading.Event()
        fake = FakeScale(slow, IDEAL)
        if broken:
            fake.vanish()
        reader = ScaleReader(slow, lambda observation, came=came: came.set(), open_scale=fake.open)
        thread = threading.Thread(target=reader.run)
        thread.start()
        assert came.wait(5.0)
        reader.stop()
        thread.join(2.0)
        assert not thread.is_alive()
