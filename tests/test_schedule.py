"""When the eyes look for what: scenes of a shelf, picture by picture."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest

from agent.config.schema import Cell, Scale
from agent.messages import Counts, Tick
from agent.vision.schedule import HAND_HOLD_S, HOLD_S, OBJECTS_S, PRESENT_S, RECHECK_S, Schedule
from agent.vision.stir import LASTS_S, Stir

KINDS = ("hand", "person", "container")
RATE_HZ = 15.0


@dataclass
class Shelf:
    """Pictures at 15 Hz; what the models would find is told. `looks` keeps what was looked for, by time."""

    schedule: Schedule = field(default_factory=Schedule)
    t: float = 0.0
    looks: dict[float, tuple[str, ...]] = field(default_factory=dict)

    def passes(self, seconds: float, moves: bool = False, found: tuple[str, ...] = (), lanes: float = -1.0) -> None:
        for _ in range(round(seconds * RATE_HZ)):
            self.t += 1 / RATE_HZ
            looked = self.schedule.look(self.t, KINDS, moves, lanes)
            self.looks[self.t] = looked
            if looked:
                self.schedule.found(self.t, looked, [kind for kind in found if kind in looked])

    def since(self, t: float, kind: str) -> list[float]:
        return [at for at, looked in self.looks.items() if at > t and kind in looked]


@pytest.fixture
def shelf() -> Shelf:
    """Where nobody has been for a while."""
    quiet = Shelf()
    quiet.passes(20)
    return quiet


def test_nobody_there_is_looked_at_every_few_seconds_for_everything(shelf: Shelf) -> None:
    begun = shelf.t
    shelf.passes(60)
    assert shelf.since(begun, "hand") == shelf.since(begun, "container")
    assert len(shelf.since(begun, "container")) == 60 / RECHECK_S


def test_at_the_first_picture_everything_is_looked_for() -> None:
    shelf = Shelf()
    shelf.passes(1 / RATE_HZ)
    assert list(shelf.looks.values()) == [KINDS]


def test_motion_opens_the_eyes_for_hands_at_once(shelf: Shelf) -> None:
    begun = shelf.t
    shelf.passes(2, moves=True)
    assert len(shelf.since(begun, "hand")) == 2 * RATE_HZ
    between = np.diff(shelf.since(begun, "container"))
    assert between.max() <= OBJECTS_S + 1 / RATE_HZ + 1e-9 and between.min() >= OBJECTS_S - 1e-9


def test_a_lane_in_motion_opens_them_too(shelf: Shelf) -> None:
    begun = shelf.t
    shelf.passes(1, lanes=begun + 0.5)
    assert len(shelf.since(begun, "hand")) == RATE_HZ


def test_they_stay_open_a_moment_longer_and_then_close(shelf: Shelf) -> None:
    shelf.passes(1, moves=True)
    ended = shelf.t
    shelf.passes(4)
    hands = shelf.since(ended, "hand")
    assert hands[-1] - ended == pytest.approx(HOLD_S, abs=0.1)


def test_when_the_hand_has_left_containers_are_counted_within_a_third_of_a_second(shelf: Shelf) -> None:
    for seconds in (0.7, 0.8, 0.9, 1.0):
        shelf.passes(seconds, moves=True, found=("hand",))
        left = shelf.t
        shelf.passes(0.35)
        assert 0 < shelf.since(left, "container")[0] - left <= 0.3
        shelf.passes(10)


def test_the_last_look_at_containers_is_after_everything_is_still(shelf: Shelf) -> None:
    shelf.passes(1, moves=True)
    still = shelf.t
    shelf.passes(4)
    assert shelf.since(still, "container")[-1] - still > HOLD_S


def test_a_still_hand_keeps_them_open_but_a_poster_does_not_forever(shelf: Shelf) -> None:
    shelf.passes(0.5, moves=True, found=("hand",))
    still = shelf.t
    shelf.passes(60, found=("hand",))
    each_picture = [t for t in shelf.since(still, "hand") if t - still < HAND_HOLD_S]
    assert len(each_picture) >= HAND_HOLD_S * RATE_HZ - 1
    assert len(shelf.since(still + HAND_HOLD_S + 1, "hand")) < 49 / PRESENT_S + 1


def test_a_person_who_stands_still_is_looked_at_each_second(shelf: Shelf) -> None:
    shelf.passes(1, moves=True, found=("person",))
    still = shelf.t + HOLD_S + 1
    shelf.passes(20, found=("person",))
    assert np.diff(shelf.since(still, "person")).max() <= 1.1
    shelf.passes(2 * RECHECK_S)
    gone = shelf.t
    shelf.passes(20)
    assert len(shelf.since(gone, "person")) == 20 / RECHECK_S


def test_nobody_at_all_costs_little(shelf: Shelf) -> None:
    begun = shelf.t
    shelf.passes(600)
    assert len([t for t, looked in shelf.looks.items() if t > begun and looked]) / (600 * RATE_HZ) < 0.02


def test_a_recording_that_begins_again_is_looked_at_as_a_new_one(shelf: Shelf) -> None:
    shelf.passes(1)
    assert shelf.schedule.look(0.0, KINDS, False) == KINDS


def test_a_model_of_hands_alone_is_enough() -> None:
    schedule = Schedule()
    assert schedule.look(0.0, ("hand",), True) == ("hand",)
    schedule.found(0.0, ("hand",), ())
    assert schedule.look(0.1, ("hand",), True) == ("hand",)
    assert schedule.look(0.2, (), True) == ()


# -- lanes in motion


def stir() -> Stir:
    return Stir(
        [
            Scale(
                name="main", driver="openscale", port="p", cells=(Cell(name="a"), Cell(name="b", counts_per_gram=-20.0))
            )
        ]
    )


def hears(stirs: Stir, t: float, a: float, b: float, scale: str = "main") -> float:
    stirs.hear(Counts(t, scale, np.array([a, b])))
    return stirs.until_s


def test_a_unit_taken_from_any_cell_is_motion_for_a_while() -> None:
    stirs = stir()
    assert hears(stirs, 0.0, 5000, 0) == hears(stirs, 0.1, 5002, 60) == float("-inf")
    assert hears(stirs, 0.2, 5000, -2000) == 0.2 + LASTS_S  # 100 g
    for i in range(60):
        last = hears(stirs, 0.3 + 0.1 * i, 5000, -2000)
    assert 0.2 + LASTS_S < last < 6.0  # the comparison has followed


def test_drift_missing_cells_and_other_scales_are_no_motion() -> None:
    stirs = stir()
    for i in range(100):
        hears(stirs, 0.1 * i, 5000 + 0.2 * i, float("nan") if i % 2 else 0)
    hears(stirs, 10.0, 9000, 0, scale="other")
    stirs.hear(Counts(10.1, "main", np.array([1.0])))
    stirs.hear(Tick(10.2, None, False))
    assert stirs.until_s == float("-inf")
