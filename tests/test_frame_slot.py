"""A picture's forms, and the place where the newest one waits."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from agent.vision.frame import Form, Frame
from agent.vision.slot import Slot


def frame(t: float) -> Frame:
    return Frame(t, np.zeros((4, 6, 3), np.uint8))


def test_both_forms_tell_the_size_of_the_picture() -> None:
    for form, shape in (("rgb", (360, 640, 3)), ("nv12", (540, 640))):
        picture = Frame(1.0, np.zeros(shape, np.uint8), form)  # type: ignore[arg-type]
        assert (picture.width, picture.height, picture.luma.shape) == (640, 360, (360, 640))


def test_padded_rows_are_a_view() -> None:
    picture = Frame(1.0, np.zeros((540, 704), np.uint8)[:, :640], "nv12")
    assert picture.width == 640 and picture.luma.base is not None


@pytest.mark.parametrize(
    ("form", "shape"),
    [("rgb", (4, 6)), ("rgb", (4, 6, 4)), ("rgb", (0, 6, 3)), ("nv12", (4, 6)), ("nv12", (6, 5)), ("yuyv", (6, 6))],
)
def test_what_is_no_picture_is_refused(form: Form, shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="picture: uint8"):
        Frame(1.0, np.zeros(shape, np.uint8), form)


def test_other_numbers_are_no_pixels() -> None:
    with pytest.raises(ValueError, match="float64"):
        Frame(1.0, np.zeros((4, 6, 3)))  # type: ignore[arg-type]


def test_a_newer_picture_takes_the_place() -> None:
    slot = Slot()
    for t in (1.0, 2.0, 3.0):
        slot.put(frame(t))
    taken = slot.take(0)
    assert taken is not None and taken.t == 3.0
    assert slot.take(0) is None
    assert (slot.put_count, slot.replaced_count) == (3, 2)


def test_a_closed_slot_keeps_nothing_and_wakes_who_waits() -> None:
    slot, got = Slot(), [frame(0.0)]
    waiting = threading.Thread(target=lambda: got.append(slot.take(60)))  # type: ignore[arg-type]
    waiting.start()
    slot.close()
    waiting.join(5)
    assert not waiting.is_alive() and got[1] is None
    slot.put(frame(1.0))
    assert slot.take(60) is None and slot.put_count == 0
