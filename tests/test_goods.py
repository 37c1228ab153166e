"""Containers in the picture: what stands, what is in a hand, and where on the shelf plane it is."""

from __future__ import annotations

import json
from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from agent.config.schema import Camera, Config, Device, Mark
from agent.messages import Detection, Detections, Good, Tracks
from agent.plain import plain, revive
from agent.tracking.goods import MOST, SEEN_EMPTY, SEEN_HELD, Goods, overlap, touches
from agent.tracking.scene import Scene

HZ = 15
MARKS = ((0, 330, 0.0, 0.0), (640, 330, 1.0, 0.0), (640, 100, 1.0, 0.36), (0, 100, 0.0, 0.36))
CONFIG = Config(
    device=Device(store="s1", id="d1"),
    camera=Camera(driver="file", marks=tuple(Mark(x_px=x, y_px=y, u_m=u, v_m=v) for x, y, u, v in MARKS)),
)
LOOKED = ("hand", "person", "container")


def bottle(x: float, foot: float = 318.0, gtin: str | None = None) -> Detection:
    return Detection("container", 0.5, x - 30, foot - 210, x + 30, foot, gtin)


def hand(x: float, y: float) -> Detection:
    return Detection("hand", 0.9, x - 32, y - 32, x + 32, y + 32)


class Watch:
    """A camera before the shelf, fifteen pictures a second."""

    def __init__(self) -> None:
        self.scene, self.t = Scene(CONFIG), 0.0

    def look(self, *found: Detection, seconds: float = 1 / HZ, looked: Sequence[str] = LOOKED) -> Tracks:
        for _ in range(max(round(seconds * HZ), 1)):
            self.t += 1 / HZ
            tracks = self.scene.see(Detections(self.t, "camera", tuple(looked), found))
        assert tracks is not None
        return tracks


# -- what stands -------------------------------------------------------------------------------------------------------


def test_a_bottle_stands_where_its_foot_is() -> None:
    assert Watch().look(bottle(320), seconds=0.6).goods == (Good(0.5, 0.019),)


def test_a_bottle_that_a_hand_is_about_to_take_still_stands() -> None:
    watch = Watch()
    watch.look(bottle(320), seconds=1.0)
    tracks = watch.look(bottle(320), hand(320, 90), seconds=0.3)
    assert tracks.goods == (Good(0.5, 0.019),)
    assert [part.held for part in tracks.parts] == [SEEN_EMPTY]


def test_a_bottle_that_moves_with_a_hand_is_held_and_does_not_stand() -> None:
    watch = Watch()
    watch.look(bottle(320), bottle(500), seconds=1.0)
    for lifted in range(0, 120, 12):
        tracks = watch.look(bottle(320, 318 - lifted), bottle(500), hand(320, 90 - lifted))
    assert tracks.goods == (Good(0.781, 0.019),)
    assert [part.held for part in tracks.parts] == [SEEN_HELD]


def test_set_down_it_stands_again_also_before_the_hand_has_left() -> None:
    watch = Watch()
    for above in range(120, 0, -12):
        watch.look(bottle(320, 318 - above), hand(320, 90 - above))
    assert watch.look(bottle(320), hand(320, 90), seconds=0.2).goods == ()
    assert watch.look(bottle(320), hand(320, 90), seconds=0.5).goods == (Good(0.5, 0.019),)


def test_what_is_read_on_it_is_in_the_hand() -> None:
    watch = Watch()
    for above in range(120, 0, -12):
        tracks = watch.look(bottle(320, 318 - above, "05449000000996"), hand(320, 90 - above))
    assert [part.gtin for part in tracks.parts] == ["05449000000996"]


def test_a_picture_in_which_nobody_looked_for_goods_says_nothing_of_them() -> None:
    watch = Watch()
    watch.look(hand(320, 90), bottle(320), seconds=0.5)
    tracks = watch.look(hand(320, 90), looked=("hand",))
    assert tracks.goods is None
    assert [(part.part, part.held) for part in tracks.parts] == [("hand", None)]
    assert watch.look(looked=()).goods is None


def test_without_marks_nothing_is_known_in_metres() -> None:
    scene = Scene(Config(device=Device(store="s1", id="d1")))
    assert scene.see(Detections(0.1, "camera", LOOKED, (bottle(320), hand(100, 100)))) is None


def test_pictures_that_no_model_looks_at_do_not_say_that_nobody_is_there() -> None:
    """Models that were refused: pictures still come, and nobody knows what is on them."""
    watch = Watch()
    assert watch.scene.see(Detections(0.05, "camera", (), ())) is None
    watch.look(seconds=0.5)
    beats = [watch.scene.see(Detections(watch.t + i, "camera", (), ())) for i in range(1, 20)]
    assert beats[4] == Tracks(watch.t + 5, ())
    assert beats[-1] is None


# -- arithmetic --------------------------------------------------------------------------------------------------------


def test_overlap_and_touch() -> None:
    assert overlap(bottle(100), bottle(100)) == 1.0
    assert overlap(bottle(100), bottle(200)) == 0.0
    assert touches(hand(320, 90), bottle(320))
    assert not touches(hand(320, 90), bottle(420))
    assert not touches(hand(320, 40), bottle(320, 340))


boxes = st.builds(
    lambda kind, score, x, y, w, h: Detection(kind, score, x, y, x + w, y + h),
    st.sampled_from(LOOKED),
    st.floats(0, 1),
    st.floats(-100, 700),
    st.floats(-100, 400),
    st.floats(0, 300),
    st.floats(0, 300),
)
frames = st.lists(
    st.tuples(st.floats(0, 3), st.sets(st.sampled_from(LOOKED)), st.lists(boxes, max_size=12)), max_size=30
)


@settings(max_examples=150, derandomize=True, deadline=None)
@given(frames, st.integers(0, 29))
def test_any_pictures_are_borne_and_a_snapshot_goes_on_the_same(
    pictures: list[tuple[float, set[str], list[Detection]]], cut: int
) -> None:
    one, other, t = Scene(CONFIG), Scene(CONFIG), 0.0
    for i, (pause_s, looked, found) in enumerate(pictures):
        t += pause_s
        if i == cut:
            other.restore(revive(json.loads(json.dumps(plain(one.snapshot()), allow_nan=False))))
        seen = Detections(t, "camera", tuple(sorted(looked)), tuple(found))
        told = one.see(seen)
        assert i < cut or told == other.see(seen)


def test_boxes_that_are_no_numbers_are_passed_over() -> None:
    watch = Watch()
    odd = [Detection("hand", 0.9, x, 0.0, 10.0, 10.0) for x in (float("nan"), float("inf"), -1e200)]
    assert watch.look(*odd, seconds=0.5).parts == ()
    json.dumps(plain(watch.scene.snapshot()), allow_nan=False)


def test_memory_is_bounded() -> None:
    goods = Goods()
    for i in range(50):
        goods.see(0.01 * i, [bottle(1000 * i + 70 * k) for k in range(200)])
    assert len(goods.snapshot()["things"]) <= MOST
