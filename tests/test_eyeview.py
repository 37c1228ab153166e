"""What the eyes see, told for a screen: newest of each kind, not too often, on no disk."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from outbox_scene import TOPICS, picks

from agent.config.schema import Camera, Cell, Config, Device, Lane, Mark, Scale, Vision
from agent.core import Core
from agent.messages import Detection, Detections, State
from agent.outbox.outbox import Outbox
from agent.outbox.protocol import Batch, Receipt
from wire.codec import decode_state, encode
from wire.state import Eyes

MARKS = tuple(
    Mark(x_px=x, y_px=y, u_m=u, v_m=v)
    for x, y, u, v in ((0, 300, 0, 0), (600, 300, 1, 0), (600, 0, 1, 0.5), (0, 0, 0, 0.5))
)
LANES = (
    Lane(name="cola", cells=("a1",), gtin="06901234567892", right_m=0.5, top_m=0.4),
    Lane(name="sweets", cells=("a2",), gtin="09506000134352", left_m=0.5, right_m=1.0, top_m=0.4),
)
SCALE = Scale(name="main", driver="shelfd-lines", port="/dev/null", cells=(Cell(name="a1"), Cell(name="a2")))
SHELF = Config(
    device=Device(store="s", id="d"),
    scales=(SCALE,),
    camera=Camera(driver="folder", marks=MARKS),
    vision=Vision(tell_hz=5.0),
    lanes=LANES,
)


def bottle(left: float, score: float = 0.5) -> Detection:
    return Detection("container", score, left, 150.0, left + 50.0, 298.0)


def hand(left: float) -> Detection:
    return Detection("hand", 0.9, left, 100.0, left + 60.0, 160.0)


def told(core: Core, *seen: Detections) -> list[Eyes]:
    outputs = [output for one in seen for output in core.step(one)]
    return [x.payload for x in outputs if isinstance(x, State) and isinstance(x.payload, Eyes)]


def picture(t: float, *found: Detection, looked: tuple[str, ...] = ("hand", "person", "container")) -> Detections:
    return Detections(t, "camera", looked, found)


def test_boxes_hands_in_metres_and_counted_lanes_are_told() -> None:
    frames = [picture(0.25 * n, bottle(50), bottle(150), bottle(400), hand(420 + n)) for n in range(8)]
    eyes = told(Core(SHELF), *frames)[-1]
    assert (eyes.width_px, eyes.height_px, eyes.looked) == (640, 360, ("person", "hand", "container"))
    assert [box.kind for box in eyes.found] == ["hand", "container", "container", "container"]
    assert [(part.visitor, part.part) for part in eyes.parts] == [("v1", "hand")]
    assert eyes.parts[0].u_m == pytest.approx(0.75, abs=0.03)
    assert {lane.lane: lane.containers for lane in eyes.lanes} == {
        "cola": 2,
        "sweets": None,
    }  # a hand is over the other


def test_of_a_kind_that_was_not_looked_for_the_last_boxes_stay() -> None:
    frames = picture(0.0, bottle(50)), picture(0.5, hand(300), looked=("hand",)), picture(1.0, looked=("hand",))
    kinds = [[box.kind for box in eyes.found] for eyes in told(Core(SHELF), *frames)]
    assert kinds == [["container"], ["hand", "container"], ["container"]]


def test_it_is_told_at_most_so_many_times_a_second() -> None:
    assert len(told(Core(SHELF), *(picture(n / 30) for n in range(61)))) == 11


def test_where_nobody_asked_nothing_is_told_or_kept() -> None:
    core = Core(replace(SHELF, vision=Vision()))
    assert told(core, *(picture(n / 10, bottle(50)) for n in range(20))) == []
    assert core.snapshot()["view"] == {"found": {}, "told_s": None}


def test_it_goes_on_from_a_snapshot_as_if_nothing_had_been() -> None:
    before, after = (
        [picture(n / 10, bottle(50)) for n in range(9)],
        [picture(0.9 + n / 10, looked=()) for n in range(9)],
    )
    one = Core(SHELF)
    told(one, *before)
    other = Core.restore(SHELF, json.loads(json.dumps(one.snapshot())))
    assert told(other, *after) == told(one, *after) != []


def test_boxes_of_a_damaged_recording_are_left_out_and_a_crowd_fits_into_a_message() -> None:
    strange = Detection("hand", 0.9, float("nan"), 1.0, 2.0, 3.0), Detection("ghost", 0.9, 0.0, 1.0, 2.0, 3.0)
    eyes = told(Core(SHELF), picture(0.0, *strange, *(bottle(7.0 * n) for n in range(500))))[0]
    assert decode_state("eyes", encode(eyes)) == eyes
    assert {box.kind for box in eyes.found} == {"container"}
    assert len(encode(eyes)) < 20_000


def test_the_uplink_gets_it_and_the_disk_does_not(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "outbox.sqlite", TOPICS, "b1")
    woken: list[int] = []
    outbox.listen(lambda: woken.append(1))
    outbox.start()
    eyes = told(Core(SHELF), picture(0.0, bottle(50)))[0]
    assert outbox.commit(Batch(states=(State(eyes),))).result(0) == Receipt(None, None)  # nothing to wait for
    assert decode_state("eyes", outbox.states()["eyes"]) == eyes
    assert woken
    assert outbox.commit(replace(picks("cola"), states=(State(eyes),))).result(10) == Receipt(1, 1)
    outbox.stop()
    again = Outbox(tmp_path / "outbox.sqlite", TOPICS, "b2")
    again.start()
    assert "eyes" not in again.states() and again.last_sequence == 1
    again.stop()
