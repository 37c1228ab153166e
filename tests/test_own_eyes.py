"""The core with a camera of its own: who is there, when the eyes are lost, and that nobody is known again."""

from __future__ import annotations

import json

import pytest

from agent.config.schema import Camera, Cell, Config, Device, Lane, Mark, Scale
from agent.core import Core
from agent.fusion.baskets import Held
from agent.fusion.hands import CAMERA, TRACKER
from agent.messages import Detection, Detections, Restored, SensorLost

MARKS = ((0, 330, 0.0, 0.0), (640, 330, 1.0, 0.0), (640, 100, 1.0, 0.36), (0, 100, 0.0, 0.36))
COLA = "05449000000996"
LOOKED = ("hand", "person", "container")
HZ = 15


def config(driver: str = "file", marks: int = 4) -> Config:
    lane = Lane(name="cola", cells=("a",), gtin=COLA, unit_g=518.0, right_m=0.5, top_m=0.36)
    return Config(
        device=Device(store="s1", id="d1"),
        scales=(Scale(name="main", driver="shelfd-lines", port="", cells=(Cell(name="a"),)),),
        lanes=(lane,),
        camera=Camera(driver=driver, marks=tuple(Mark(x_px=x, y_px=y, u_m=u, v_m=v) for x, y, u, v in MARKS[:marks])),
    )


def hand_at(x: float, y: float) -> Detection:
    return Detection("hand", 0.9, x - 32, y - 32, x + 32, y + 32)


def watch(core: Core, *found: Detection, since: float, seconds: float = 1.0) -> float:
    """The camera sees this for a while; gives the time of the last picture."""
    for i in range(round(seconds * HZ)):
        core.step(Detections(since + i / HZ, "camera", LOOKED, found))
    return since + i / HZ


def inside(core: Core, t: float) -> set[str]:
    return core.attendant.hands.inside(core.attendant.planogram.stretches[0], t)


def again(core: Core, t: float) -> Core:
    """Another process goes on from what this one wrote down."""
    fresh = Core.restore(core.config, json.loads(json.dumps(core.snapshot(), allow_nan=False)))
    fresh.step(Restored(t, 60.0))
    return fresh


def test_a_hand_in_the_picture_is_a_visitors_hand_in_the_lane() -> None:
    core = Core(config())
    t = watch(core, hand_at(100, 200), since=10.0)
    assert inside(core, t) == {"v1"}
    assert core.attendant.hands.eyes == CAMERA
    assert Core(config(driver="")).attendant.hands.eyes == TRACKER


@pytest.mark.parametrize("stream", ["camera", "vision"])
def test_without_eyes_nobody_is_thought_to_be_absent(stream: str) -> None:
    core = Core(config())
    t = watch(core, since=10.0)
    assert core.attendant.hands.watched
    core.step(SensorLost(t, stream, "unplugged", "plug it in"))
    assert not core.attendant.hands.watched


def test_a_camera_without_marks_leaves_everything_to_the_weights() -> None:
    core = Core(config(marks=0))
    watch(core, hand_at(100, 200), since=10.0)
    assert not core.attendant.hands.watched


def test_nobody_is_known_again_after_a_restart() -> None:
    """The same hand in the same place is v1 of this boot; what v1 of the last one holds is not in its basket."""
    core = Core(config())
    t = watch(core, hand_at(100, 200), since=10.0)
    held = Held(COLA, 518.0, 2.0, 1)
    core.attendant.ledger.baskets.take("v1", held)
    fresh = again(core, 3.0)
    assert inside(fresh, 3.0) == set()
    assert fresh.attendant.hands.present(3.0, within_s=60.0) == []
    t = watch(fresh, hand_at(100, 200), since=3.1)
    assert inside(fresh, t) == {"v1"}
    assert fresh.attendant.ledger.baskets.of("v1") == ()
    assert fresh.attendant.ledger.baskets.of(None) == (held,)


def test_an_outside_trackers_names_are_its_own_and_outlive_a_restart() -> None:
    core = Core(config(driver=""))
    core.attendant.ledger.baskets.take("0007", Held(COLA, 518.0, 2.0, 1))
    assert len(again(core, 3.0).attendant.ledger.baskets.of("0007")) == 1
