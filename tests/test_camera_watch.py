"""What a picture can be believed for, at which pace it passes, and what time it carries."""

from __future__ import annotations

import numpy as np
import pytest

from agent.config import schema
from agent.sensors.camera.pace import Pace, sensor_time
from agent.sensors.camera.paint import Hand, noise, noisy, shelf, with_hand
from agent.sensors.camera.unpack import UNPACK
from agent.sensors.camera.watch import Watch
from agent.vision.frame import Form, Frame

LIVE = schema.Camera(driver="picamera2", width=128, height=72)
PAINTED, GRAIN = shelf(128, 72), noise(128, 72)


def verdicts(watch: Watch, frames: list[Frame]) -> list[str | None]:
    return [None if (wrong := watch.judge(frame)) is None else wrong.code for frame in frames]


def scene(picture: np.ndarray, seconds: float, still: bool = False) -> list[Frame]:
    return [Frame(n / 15, noisy(picture, GRAIN, 0 if still else n)) for n in range(int(15 * seconds))]


def test_a_noisy_still_scene_is_believed() -> None:
    assert set(verdicts(Watch(LIVE), scene(PAINTED, 30))) == {None}


def test_the_same_picture_for_ten_seconds_is_frozen() -> None:
    said = verdicts(Watch(LIVE), scene(PAINTED, 12, still=True))
    assert said.index("frozen") == 150
    assert set(said[150:]) == {"frozen"}


def test_a_slow_camera_needs_more_than_seconds_to_be_frozen() -> None:
    slow = [Frame(float(2 * n), PAINTED) for n in range(12)]
    assert verdicts(Watch(LIVE), slow).index("frozen") == 10


@pytest.mark.parametrize("form", ["rgb", "nv12"])
def test_black_needs_three_seconds_and_some_light_ends_it(form: Form) -> None:
    black = np.full((72, 128, 3) if form == "rgb" else (108, 128), 16, np.uint8)
    lit = np.full_like(black, 90)
    frames = [Frame(n / 15, lit if n in (5, 90) else black, form) for n in range(95)]
    said = verdicts(Watch(schema.Camera(driver="file", width=128, height=72)), frames)
    assert said[:51] == [None] * 51  # from the sixth on, which was lit
    assert said[51:90] == ["black"] * 39
    assert said[90:] == [None] * 5


def test_a_bright_spot_that_flickers_at_the_limit_does_not_flap() -> None:
    def with_spot(share: float) -> np.ndarray:
        picture = np.full((72, 128, 3), 5, np.uint8)
        picture.reshape(-1, 3)[np.arange(0, 72 * 128) % 1000 < share * 1000] = 200
        return picture

    rng = [0.004, 0.01] * 60
    frames = [Frame(n / 15, with_spot(share)) for n, share in enumerate([0.0] * 50 + rng)]
    assert set(verdicts(Watch(LIVE), frames)[50:]) == {"black"}


def test_another_size_is_told_with_both_sizes() -> None:
    wrong = Watch(LIVE).judge(Frame(0.0, np.zeros((48, 64, 3), np.uint8)))
    assert wrong is not None and wrong.code == "wrong_size"
    assert "64x48" in str(wrong) and "128x72" in str(wrong)


def test_pictures_pass_evenly_whatever_their_rate() -> None:
    for source_hz, wanted in ((15.0, 150), (15.4, 150), (30.0, 150), (2000.0, 150), (10.0, 100), (14.0, 140)):
        pace = Pace(15.0)
        passed = [n / source_hz for n in range(int(10 * source_hz)) if pace.passes(n / source_hz)]
        assert len(passed) == pytest.approx(wanted, abs=4), source_hz


def test_after_a_pause_nothing_is_made_up_for() -> None:
    pace = Pace(10.0)
    assert pace.passes(0.0) and pace.passes(60.0)
    assert [pace.passes(60.0 + n / 100) for n in range(1, 12)].count(True) <= 2


@pytest.mark.parametrize(
    ("stamp_s", "t"),
    [(99.9, 99.9), (100.05, 100.0), (None, 100.0), (1.7e9, 100.0), (0.0, 100.0), (90.0, 100.0), (100.2, 100.0)],
)
def test_a_stamp_of_another_clock_is_not_believed(stamp_s: float | None, t: float) -> None:
    assert sensor_time(stamp_s, 100.0) == t


def test_libcameras_formats_become_red_green_blue() -> None:
    red = np.zeros((4, 8, 3), np.uint8)
    red[:, :, 0] = 250
    for name, array in (("BGR888", red), ("RGB888", red[:, :, ::-1]), ("XRGB8888", np.dstack([red[:, :, ::-1], red]))):
        pixels, form = UNPACK[name](np.ascontiguousarray(array), 8, 4)
        assert form == "rgb" and np.array_equal(pixels, red), name


def test_planes_become_pairs_and_padding_goes() -> None:
    y, u, v = np.full((4, 16), 90), np.arange(2 * 8).reshape(2, 8), np.arange(100, 116).reshape(2, 8)
    packed = np.vstack([y, u.reshape(1, 16), v.reshape(1, 16)]).astype(np.uint8)  # stride 16, width 12
    pixels, form = UNPACK["YUV420"](packed, 12, 4)
    assert form == "nv12" and pixels.shape == (6, 12)
    assert pixels[4].tolist() == [0, 100, 1, 101, 2, 102, 3, 103, 4, 104, 5, 105]
    interleaved = np.arange(6 * 16, dtype=np.uint8).reshape(6, 16)
    assert np.array_equal(UNPACK["NV12"](interleaved, 12, 4)[0], interleaved[:, :12])


def test_the_painted_hand_moves_and_the_same_moment_looks_the_same() -> None:
    one, other = with_hand(PAINTED, Hand(40, 30, 8)), with_hand(PAINTED, Hand(90, 30, 8))
    assert (one != other).any() and (one != PAINTED).any()
    assert np.array_equal(noisy(one, GRAIN, 7), noisy(one, GRAIN, 7))
    assert not np.array_equal(noisy(one, GRAIN, 7), noisy(one, GRAIN, 8))
    with_hand(PAINTED, Hand(-500, 4000))  # outside: nothing to paint, nothing to fail
