"""What counts as motion in a picture, and what does not."""

from __future__ import annotations

import numpy as np
import pytest

from agent.vision.motion import Motion

RATE_HZ = 15.0


class Scene:
    """A shelf with some texture and a camera with noise; `shows` gives the next picture to the gate."""

    def __init__(self, noise: float = 3.0, size: tuple[int, int] = (320, 180)) -> None:
        self._chance = np.random.default_rng(7)
        width, height = size
        blocks = self._chance.integers(40, 200, (height // 20 + 1, width // 20 + 1))
        self._shelf = blocks.repeat(20, 0).repeat(20, 1)[:height, :width].astype(np.float64)
        self._noise, self.t, self.gate = noise, 0.0, Motion()

    def shows(
        self, *, hand: tuple[int, int, int] | None = None, screen: float = 0.0, gain: float = 1.0, term: float = 0.0
    ) -> bool:
        """`hand`: left, top, side of a bright patch; `screen`: levels by which a part of the picture is brighter."""
        picture = self._shelf.copy()
        if hand is not None:
            left, top, side = hand
            picture[top : top + side, left : left + side] = 230
        picture[20:80, 250:310] += screen
        picture = picture * gain + term + self._chance.normal(0, self._noise, picture.shape)
        self.t += 1 / RATE_HZ
        return self.gate.seen(self.t, np.clip(np.round(picture), 0, 255).astype(np.uint8))

    def settles(self, seconds: float = 8.0) -> None:
        for _ in range(int(seconds * RATE_HZ)):
            self.shows()


@pytest.fixture
def scene() -> Scene:
    settled = Scene()
    settled.settles()
    return settled


def test_of_the_first_picture_nothing_is_known() -> None:
    assert Scene().shows()


@pytest.mark.parametrize("noise", [0.0, 3.0, 6.0])
def test_noise_is_no_motion(noise: float) -> None:
    scene = Scene(noise)
    scene.settles()
    assert not any(scene.shows() for _ in range(300))


def test_a_hand_of_thirty_pixels_is_motion(scene: Scene) -> None:
    assert scene.shows(hand=(200, 100, 30))


def test_a_slow_hand_stays_motion(scene: Scene) -> None:
    assert all(scene.shows(hand=(int(100 + 10 * i / RATE_HZ), 100, 60)) for i in range(int(10 * RATE_HZ)))


def test_a_thing_put_down_becomes_background(scene: Scene) -> None:
    moved = [scene.shows(hand=(200, 100, 60)) for _ in range(int(12 * RATE_HZ))]
    assert moved[0] and not any(moved[-15:])


def test_light_that_changes_everywhere_is_no_motion(scene: Scene) -> None:
    assert not any(scene.shows(gain=1 - 0.3 * i / 30) for i in range(30))
    assert not any(scene.shows(gain=0.7, term=2.0 * i / 10) for i in range(10))


def test_a_cloud_at_once_is_no_motion_either(scene: Scene) -> None:
    assert not scene.shows(gain=0.8)


def test_a_hand_is_seen_while_the_light_changes(scene: Scene) -> None:
    assert scene.shows(gain=0.85, hand=(200, 100, 60))


def test_a_screen_that_always_flickers_becomes_quiet_and_hands_are_still_seen() -> None:
    scene = Scene()
    flickers = [scene.shows(screen=40.0 * (i % 3 == 0)) for i in range(int(20 * RATE_HZ))]
    assert flickers[1] and not any(flickers[-30:])
    assert scene.shows(hand=(50, 100, 60))


def test_another_size_and_an_older_picture_begin_anew(scene: Scene) -> None:
    assert scene.gate.seen(scene.t + 1, np.zeros((100, 100), np.uint8))
    assert scene.gate.seen(0.0, np.zeros((100, 100), np.uint8))
    assert not scene.gate.seen(0.1, np.zeros((100, 100), np.uint8))


@pytest.mark.parametrize("shape", [(1, 1), (3, 700), (8, 8)])
def test_tiny_pictures_do_no_harm(shape: tuple[int, int]) -> None:
    gate = Motion()
    for t in (0.0, 0.1):
        gate.seen(t, np.zeros(shape, np.uint8))
