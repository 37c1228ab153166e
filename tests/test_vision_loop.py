"""The thread that looks: pictures in, Detections out, whatever a model does."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pytest
from vision_scene import picture

from agent.config.schema import Config, Device
from agent.messages import Detections, Observation, SensorBack, SensorLost
from agent.vision.eyes import Eyes, build_vision
from agent.vision.fake import FakeDetector, box
from agent.vision.frame import Frame
from agent.vision.loop import AGAIN_S, LOAD_AGAIN_S, VisionLoop
from agent.vision.protocol import Detector, VisionError
from agent.vision.slot import Slot

HAND = box("hand", 100, 100)
BOTTLE = box("container", 300, 100, score=0.95)


@dataclass
class Room:
    """A loop whose models are fakes and whose clock stands with the pictures'. `told`: all it has put."""

    detectors: list[Detector]
    build: Callable[[], tuple[Detector, ...]] | None = None
    told: list[Observation] = field(default_factory=list)
    t: float = 0.0
    beats: int = 0

    def __post_init__(self) -> None:
        self.slot = Slot()
        eyes = Eyes(self.build or (lambda: tuple(self.detectors)))
        self.lanes_until_s = -1.0
        self.loop = VisionLoop(
            self.slot,
            eyes,
            self.told.append,
            lanes_until_s=lambda: self.lanes_until_s,
            beat=self._beat,
            clock=lambda: self.t,
        )
        self.loop._load()

    def _beat(self) -> None:
        self.beats += 1

    def shows(self, seconds: float = 1 / 15, moving: bool = False) -> None:
        for i in range(round(seconds * 15)):
            self.t += 1 / 15
            self.loop.see(picture((40 * (i % 5), 100, 60), t=self.t) if moving else picture(t=self.t))

    def detections(self) -> list[Detections]:
        return [o for o in self.told if isinstance(o, Detections)]

    def troubles(self) -> list[tuple[str, str]]:
        lost = [(type(o).__name__, getattr(o, "code", "")) for o in self.told if isinstance(o, SensorLost | SensorBack)]
        assert all(o.stream == "vision" for o in self.told if isinstance(o, SensorLost | SensorBack))
        return lost


def hands() -> FakeDetector:
    return FakeDetector(("hand",), lambda frame: (HAND,))


def objects() -> FakeDetector:
    return FakeDetector(("person", "container"), lambda frame: (BOTTLE,))


def test_what_both_models_find_is_told_together_best_first() -> None:
    room = Room([hands(), objects()])
    room.shows()
    assert room.told == [Detections(1 / 15, "camera", ("hand", "person", "container"), (BOTTLE, HAND))]


def test_hands_are_looked_for_in_each_picture_and_objects_now_and_then() -> None:
    room = Room([hand := hands(), other := objects()])
    room.shows(3, moving=True)
    assert len(hand.seen_t) == 45 and 8 <= len(other.seen_t) <= 12
    assert {d.looked for d in room.detections()} == {("hand",), ("hand", "person", "container")}
    assert all((BOTTLE in d.found) == ("container" in d.looked) for d in room.detections())


def test_where_nobody_is_a_sign_of_life_comes_once_a_second() -> None:
    room = Room([FakeDetector(), FakeDetector(("person", "container"))])
    room.shows(60)
    room.told.clear()
    room.shows(60)
    assert len([d for d in room.detections() if not d.looked and not d.found]) in range(47, 61)
    assert len([d for d in room.detections() if d.looked]) == 12


def test_a_lane_in_motion_opens_the_eyes() -> None:
    room = Room([hand := FakeDetector()])
    room.shows(20)
    seen, room.lanes_until_s = len(hand.seen_t), room.t + 1
    room.shows(1)
    assert len(hand.seen_t) - seen >= 15


def test_a_model_that_cannot_look_is_told_once_and_tried_again_while_the_other_goes_on() -> None:
    room = Room([hand := hands(), objects()])
    hand.fails = VisionError("inference_failed", "hand.tflite could not look")
    room.shows(2 * AGAIN_S + 1, moving=True)
    assert room.troubles() == [("SensorLost", "inference_failed")]
    assert len(hand.seen_t) == 3
    assert all(d.looked in ((), ("person", "container")) for d in room.detections())
    hand.fails = None
    room.shows(AGAIN_S, moving=True)
    assert room.troubles()[1:] == [("SensorBack", "")]
    assert "hand" in room.detections()[-1].looked


def test_a_bug_of_ours_ends_the_thread() -> None:
    def mistaken(frame: Frame) -> tuple[()]:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        Room([FakeDetector(told=mistaken)]).shows()


def test_without_models_pictures_go_by_and_the_models_are_asked_for_again() -> None:
    refusals = [VisionError("manifest_missing", "no manifest")] * 2

    def build() -> tuple[Detector, ...]:
        if refusals:
            raise refusals.pop()
        return (hands(),)

    room = Room([], build)
    room.shows(1)
    assert room.troubles() == [("SensorLost", "manifest_missing")]
    assert [d.looked for d in room.detections()] == [()]
    for _ in range(2):
        room.t += LOAD_AGAIN_S
        room.loop._load()
    assert room.troubles() == [("SensorLost", "manifest_missing"), ("SensorBack", "")]
    room.shows(1)
    assert room.detections()[-1].found == (HAND,)


def test_new_models_that_are_refused_leave_the_old_ones_at_work() -> None:
    offers: list[tuple[Detector, ...]] = [(hands(),)]

    def build() -> tuple[Detector, ...]:
        if not offers:
            raise VisionError("model_refused", "sha256 differs")
        return offers.pop()

    room = Room([], build)
    room.loop.reload()
    room.loop._load()
    room.shows()
    assert room.troubles() == [] and room.detections()[-1].found == (HAND,)
    offers.append((objects(),))
    room.loop.reload()
    room.loop._load()
    room.shows(6)
    assert room.detections()[-1].looked in ((), ("person", "container"))


def test_the_thread_takes_pictures_beats_while_there_are_none_and_stops_when_told() -> None:
    room = Room([hands()])
    thread = threading.Thread(target=room.loop.run)
    thread.start()
    room.slot.put(picture(t=1.0))
    assert _within(lambda: bool(room.detections()) and room.beats > 2)
    room.loop.stop()
    thread.join(5)
    assert not thread.is_alive()


def test_no_picture_outlives_its_look() -> None:
    room = Room([hands(), objects()])
    kept = []
    for i in range(3):
        pixels = np.zeros((36, 64, 3), np.uint8)
        kept.append(weakref.ref(pixels))
        room.loop.see(Frame(float(i), pixels))
        del pixels
    gc.collect()
    assert [ref() for ref in kept] == [None] * 3


def test_the_wiring_reads_nothing_before_it_is_asked() -> None:
    eyes = build_vision(Config(device=Device(store="s", id="d")))
    assert eyes.detectors == ()
    with pytest.raises(VisionError, match=r"correct vision\.manifest"):
        eyes.load()


def _within(holds: Callable[[], bool], limit: int = 500) -> bool:
    waits = threading.Event()
    return any(holds() or waits.wait(0.01) for _ in range(limit))
