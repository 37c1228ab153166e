"""A plain file is a panel: what is shown lies there as the viewer sees it, whatever its geometry, however mounted."""

from __future__ import annotations

import errno
import json
import os
import random
import resource
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.config import schema
from agent.screen.driver import open_panel
from agent.screen.fbinfo import VSCREENINFO, beside_of, geometry_of
from agent.screen.framebuffer import AGAIN_S, BLANK, Framebuffer, make_file, read_picture
from agent.screen.geometry import MOST_BYTES, Geometry, Rect, Turn
from agent.screen.pixels import pack, unpack
from agent.screen.protocol import Picture, ScreenError
from agent.sensors.scale.fake import SimulatedTime

BARS = [(1920, 158), (1920, 360), (480, 128), (158, 1920)]
ROTATIONS = ("0", "90", "180", "270")


def noise(width: int, height: int, seed: int = 1) -> Picture:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def coarse(picture: Picture) -> Picture:
    """As RGB565 has it."""
    return unpack(pack(picture, 16), 16)


@pytest.fixture
def strip(tmp_path: Path) -> Iterator[Framebuffer]:
    panel = Framebuffer(make_file(tmp_path / "fb", 48, 16))
    yield panel
    panel.close()


def code_of(opening: Any) -> str:
    with pytest.raises(ScreenError) as caught:
        opening()
    assert str(caught.value).count(":") >= 1, "a sentence that says what to do"
    return caught.value.code


# -- what is shown -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", BARS, ids=lambda size: "x".join(map(str, size)))
@pytest.mark.parametrize("bits", [16, 32])
def test_a_bar_of_any_size_shows_what_it_is_given(tmp_path: Path, size: tuple[int, int], bits: int) -> None:
    path, picture = make_file(tmp_path / "fb", *size, bits, stride=size[0] * bits // 8 + 12), noise(*size)
    panel = open_panel(schema.Screen(driver="framebuffer", device=str(path)))
    panel.show(picture)
    assert (panel.width, panel.height) == size
    assert np.array_equal(read_picture(path), coarse(picture) if bits == 16 else picture)
    panel.close()


@pytest.mark.parametrize("rotate", ROTATIONS)
def test_a_panel_mounted_turned_shows_it_upright_and_a_part_in_its_place(tmp_path: Path, rotate: str) -> None:
    path = make_file(tmp_path / "fb", 40, 24)
    panel = Framebuffer(path, rotate)
    assert (panel.width, panel.height) == ((24, 40) if rotate in ("90", "270") else (40, 24))
    wanted = noise(panel.width, panel.height)
    panel.show(wanted)
    panel.show(noise(7, 5, seed=2), left=3, top=11)
    wanted[11:16, 3:10] = noise(7, 5, seed=2)
    assert np.array_equal(read_picture(path, rotate), wanted)
    panel.close()


@pytest.mark.parametrize(("rotate", "corner"), [("0", (0, 0)), ("90", (2, 0)), ("180", (2, 3)), ("270", (0, 3))])
def test_turned_clockwise_means_that_the_viewer_s_corner_is_this_one_of_the_panel(
    tmp_path: Path, rotate: str, corner: tuple[int, int]
) -> None:
    """A panel turned clockwise by a quarter has its own lower left corner at the viewer's upper left."""
    panel = Framebuffer(make_file(tmp_path / "fb", 4, 3), rotate)
    panel.show(np.full((1, 1, 3), 255, np.uint8), 0, 0)
    row, column = np.argwhere(read_picture(tmp_path / "fb")[..., 0] == 255)[0]
    assert (row, column) == corner
    panel.close()


def test_pixels_lie_in_the_file_as_the_kernel_has_them(tmp_path: Path) -> None:
    orange = np.array([[[0xFF, 0x80, 0x08]]], np.uint8)
    for bits, wanted in ((32, bytes([0x08, 0x80, 0xFF, 0])), (16, struct.pack("<H", 0b11111_100000_00001))):
        panel = Framebuffer(make_file(tmp_path / "fb", 1, 1, bits))
        panel.show(orange)
        panel.close()
        assert (tmp_path / "fb").read_bytes() == wanted


def test_what_is_between_the_rows_is_not_touched(tmp_path: Path) -> None:
    path = make_file(tmp_path / "fb", 3, 2, 16, stride=10)
    path.write_bytes(b"\xaa" * 20)
    panel = Framebuffer(path)
    panel.show(np.zeros((2, 3, 3), np.uint8))
    panel.close()
    assert path.read_bytes() == (bytes(6) + b"\xaa" * 4) * 2


def test_the_same_picture_is_not_written_again_and_a_spoilt_one_is_repaired_in_time(tmp_path: Path) -> None:
    now, path, picture = SimulatedTime(), make_file(tmp_path / "fb", 8, 4), noise(8, 4)
    panel = Framebuffer(path, clock=now)
    panel.show(picture)
    with path.open("r+b") as file:
        file.write(b"\xff" * 16)  # somebody else writes there
    panel.show(picture)
    assert not np.array_equal(read_picture(path), picture)
    now.wait(AGAIN_S)
    panel.show(picture[:1, :1])
    assert np.array_equal(read_picture(path), picture)
    panel.close()


def test_the_first_part_clears_what_stood_there_before(tmp_path: Path) -> None:
    path = make_file(tmp_path / "fb", 8, 4)
    path.write_bytes(b"\x77" * 8 * 4 * 4)  # a login prompt
    panel = Framebuffer(path)
    assert path.read_bytes() == b"\x77" * 8 * 4 * 4  # nobody has shown anything yet
    panel.show(np.full((1, 1, 3), 9, np.uint8), 2, 2)
    assert read_picture(path).sum() == 27
    panel.close()


@pytest.mark.parametrize(
    ("shape", "left", "top"), [((4, 9), 0, 0), ((1, 1), 8, 0), ((1, 1), -1, 0), ((5, 1), 0, 0), ((0, 3), 0, 0)]
)
def test_a_picture_beyond_the_panel_is_a_mistake_of_the_caller(
    tmp_path: Path, shape: tuple[int, int], left: int, top: int
) -> None:
    panel = Framebuffer(make_file(tmp_path / "fb", 8, 4))
    with pytest.raises(ValueError, match="not inside"):
        panel.show(np.zeros((*shape, 3), np.uint8), left, top)
    with pytest.raises(ValueError, match="uint8"):
        panel.show(np.zeros((4, 8, 3)))  # type: ignore[arg-type]
    panel.close()


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.integers(0, 3), st.tuples(st.integers(1, 9), st.integers(1, 9)), st.data())
def test_a_turned_part_is_where_the_turned_whole_has_it(quarters: int, size: tuple[int, int], data: Any) -> None:
    turn, panel = Turn(quarters), Rect(0, 0, *size)
    viewed = turn.viewed(panel)
    left, top = data.draw(st.integers(0, viewed.width - 1)), data.draw(st.integers(0, viewed.height - 1))
    width, height = data.draw(st.integers(1, viewed.width - left)), data.draw(st.integers(1, viewed.height - top))
    whole = np.arange(viewed.width * viewed.height).reshape(viewed.height, viewed.width)
    area = whole[top : top + height, left : left + width]
    place = turn.on_panel(Rect(left, top, width, height), panel)
    turned = np.rot90(whole, quarters)
    assert turned.shape == (panel.height, panel.width)
    assert np.array_equal(turned[place.top : place.bottom, place.left : place.right], np.rot90(area, quarters))


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.lists(st.integers(0, 255), min_size=3, max_size=3))
def test_a_colour_survives_packing(colour: list[int]) -> None:
    pixel = np.array([[colour]], np.uint8)
    assert np.array_equal(unpack(pack(pixel, 32), 32), pixel)
    off = np.abs(unpack(pack(pixel, 16), 16).astype(int) - pixel)
    assert off.max() <= 7 and off[..., 1].max() <= 3
    assert np.array_equal(coarse(coarse(pixel)), coarse(pixel))


# -- what a geometry may say -------------------------------------------------------------------------------------------

GOOD = {"width": 8, "height": 4, "bits_per_pixel": 32, "stride": 32}
HOSTILE = [
    ({"width": 0}, "wrong_size"),
    ({"width": -8}, "wrong_size"),
    ({"width": 8193}, "wrong_size"),
    ({"height": 10**30}, "wrong_size"),
    ({"width": True}, "wrong_size"),
    ({"width": "8"}, "wrong_size"),
    ({"width": 8.0}, "wrong_size"),
    ({"height": None}, "wrong_size"),
    ({"stride": 31}, "wrong_size"),
    ({"stride": MOST_BYTES}, "wrong_size"),
    ({"stride": -32}, "wrong_size"),
    ({"bits_per_pixel": 24}, "wrong_format"),
    ({"bits_per_pixel": 8}, "wrong_format"),
    ({"bits_per_pixel": 0}, "wrong_format"),
    ({"height": 5}, "too_short"),
]


@pytest.mark.parametrize(("change", "code"), HOSTILE, ids=lambda value: str(value)[:40])
def test_a_geometry_that_cannot_be_is_refused(tmp_path: Path, change: dict[str, Any], code: str) -> None:
    path = make_file(tmp_path / "fb", 8, 4)
    beside_of(path).write_text(json.dumps({**GOOD, **change}))
    assert code_of(lambda: Framebuffer(path)) == code
    assert code_of(lambda: read_picture(path)) == code


@pytest.mark.parametrize("text", ["", "[]", "7", "null", "{", "[" * 4000, '{"width":' + "9" * 4000 + "}", "\0\xff"])
def test_a_geometry_that_is_no_object_is_refused(tmp_path: Path, text: str) -> None:
    path = make_file(tmp_path / "fb", 8, 4)
    beside_of(path).write_text(text, "latin-1")
    assert code_of(lambda: Framebuffer(path)) == "wrong_size"


def test_damaged_geometries_are_refused_or_fit(tmp_path: Path) -> None:
    path, chance = make_file(tmp_path / "fb", 8, 4), random.Random(4)
    good = json.dumps(GOOD).encode()
    before_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    opened = 0
    for _ in range(2000):
        bad = bytearray(good)
        for _ in range(chance.randint(1, 3)):
            bad[chance.randrange(len(bad))] = chance.choice(b'0123456789"{}[]:,-.eE \x00\xff')
        beside_of(path).write_bytes(bad)
        try:
            panel = Framebuffer(path)
        except ScreenError:
            continue
        panel.show(np.zeros((panel.height, panel.width, 3), np.uint8))
        assert panel.geometry.end <= 8 * 4 * 4
        panel.close()
        opened += 1
    assert 10 < opened < 1000
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kb < 20_000


# -- /dev/fbN ----------------------------------------------------------------------------------------------------------


class Kernel:
    """Answers the calls of a framebuffer driver for a file that stands in for /dev/fb0."""

    def __init__(self, tmp_path: Path, width: int = 8, height: int = 4, bits: int = 32, stride: int = 32) -> None:
        self.device, self.sysfs = tmp_path / "fb0", tmp_path / "graphics"
        (self.sysfs / "fb0").mkdir(parents=True)
        self.says(virtual_size=f"{width},{height}\n", bits_per_pixel=f"{bits}\n", stride=f"{stride}\n")
        self.device.write_bytes(bytes(stride * height))
        self.visible = [width, height, width, height, 0, 0, bits, 0]
        order = (11, 5, 0, 5, 6, 0, 0, 5, 0) if bits == 16 else (16, 8, 0, 8, 8, 0, 0, 8, 0)
        self.order = list(order)
        self.calls: list[int] = []

    def says(self, **files: str) -> None:
        for name, text in files.items():
            (self.sysfs / "fb0" / name).write_text(text)

    def ioctl(self, handle: int, request: int, argument: Any, mutate: bool = True) -> int:
        self.calls.append(request)
        if request == VSCREENINFO:
            struct.pack_into("=17I", argument, 0, *self.visible, *self.order)
        return 0

    def open(self) -> Framebuffer:
        return Framebuffer(self.device, sysfs=self.sysfs, ioctl=self.ioctl)


@pytest.mark.parametrize("bits", [16, 32])
def test_a_device_s_geometry_comes_from_sysfs(tmp_path: Path, bits: int) -> None:
    kernel = Kernel(tmp_path, bits=bits, stride=40)
    panel = kernel.open()
    assert panel.geometry == Geometry(8, 4, bits, 40)
    panel.show(noise(8, 4))
    assert any(kernel.device.read_bytes())
    panel.close()


def test_a_buffer_higher_than_the_panel_is_written_where_the_panel_looks(tmp_path: Path) -> None:
    kernel = Kernel(tmp_path, width=8, height=8)
    kernel.visible[1], kernel.visible[5] = 4, 4  # the lower half is shown
    panel = kernel.open()
    assert (panel.height, panel.geometry.start) == (4, 4 * 32)
    panel.show(np.full((4, 8, 3), 255, np.uint8))
    told = kernel.device.read_bytes()
    assert not any(told[: 4 * 32]) and any(told[4 * 32 :])
    panel.close()


def test_a_driver_without_the_call_is_taken_by_its_sysfs_alone(tmp_path: Path) -> None:
    kernel = Kernel(tmp_path)

    def deaf(*_: Any) -> int:
        raise OSError(errno.ENOTTY, "Inappropriate ioctl for device")

    panel = Framebuffer(kernel.device, sysfs=kernel.sysfs, ioctl=deaf)
    assert panel.geometry == Geometry(8, 4, 32, 32)
    panel.close()


def test_colours_in_another_order_are_refused_and_not_shown_wrong(tmp_path: Path) -> None:
    kernel = Kernel(tmp_path)
    kernel.order[0], kernel.order[6] = 0, 16
    assert code_of(kernel.open) == "wrong_format"


@pytest.mark.parametrize(
    ("files", "code"),
    [
        ({"virtual_size": "8,99999"}, "wrong_size"),
        ({"virtual_size": "8"}, "wrong_size"),
        ({"virtual_size": "-8,4"}, "wrong_size"),
        ({"virtual_size": "٨,٤"}, "wrong_size"),
        ({"virtual_size": "8" * 5000}, "wrong_size"),
        ({"stride": ""}, "wrong_size"),
        ({"stride": "0"}, "wrong_size"),
        ({"bits_per_pixel": "1"}, "wrong_format"),
        ({"stride": "4000"}, "too_short"),
    ],
)
def test_a_sysfs_that_says_nonsense_is_refused(tmp_path: Path, files: dict[str, str], code: str) -> None:
    kernel = Kernel(tmp_path)
    kernel.says(**files)
    assert code_of(kernel.open) == code


def test_a_visible_part_beyond_the_buffer_is_refused(tmp_path: Path) -> None:
    kernel = Kernel(tmp_path)
    kernel.visible[5] = 2**31
    assert code_of(kernel.open) == "wrong_size"
    kernel.visible[5] = 1
    assert code_of(kernel.open) == "too_short"


def test_nobody_switches_a_plain_file_on(tmp_path: Path) -> None:
    kernel = Kernel(tmp_path)
    kernel.open().close()
    assert BLANK not in kernel.calls


# -- gone, busy, back --------------------------------------------------------------------------------------------------


def test_a_panel_that_is_pulled_is_missed_even_when_nothing_changes(tmp_path: Path, strip: Framebuffer) -> None:
    picture = noise(48, 16)
    strip.show(picture)
    (tmp_path / "fb").unlink()
    assert code_of(lambda: strip.show(picture)) == "unplugged"


def test_a_panel_that_came_back_is_opened_anew(tmp_path: Path, strip: Framebuffer) -> None:
    path, picture = tmp_path / "fb", noise(48, 16)
    strip.show(picture)
    path.rename(tmp_path / "old")
    make_file(path, 48, 16)
    assert code_of(lambda: strip.show(picture)) == "unplugged"
    strip.close()
    again = Framebuffer(path)
    again.show(picture)
    assert np.array_equal(read_picture(path), picture)
    again.close()


def test_a_file_that_was_cut_does_not_end_the_process(tmp_path: Path, strip: Framebuffer) -> None:
    os.truncate(tmp_path / "fb", 100)
    assert code_of(lambda: strip.show(noise(48, 16))) == "too_short"


def test_another_size_while_open_is_noticed(tmp_path: Path) -> None:
    now, path = SimulatedTime(), make_file(tmp_path / "fb", 8, 4)
    panel = Framebuffer(path, clock=now)
    beside_of(path).write_text(json.dumps({**GOOD, "height": 2}))
    now.wait(AGAIN_S)
    assert code_of(lambda: panel.show(noise(8, 4))) == "unplugged"
    panel.close()


def test_what_is_no_panel_is_refused_without_waiting_for_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    beside_of(tmp_path / "pipe").write_text(json.dumps(GOOD))
    (tmp_path / "bare").write_bytes(bytes(99))
    make_file(tmp_path / "piped", 8, 4)
    beside_of(tmp_path / "piped").unlink()
    os.mkfifo(beside_of(tmp_path / "piped"))
    for name, code in (("pipe", "not_found"), ("bare", "not_found"), ("none", "not_found"), ("piped", "wrong_size")):
        assert code_of(lambda name=name: Framebuffer(tmp_path / name)) == code
    assert code_of(lambda: Framebuffer(tmp_path)) == "refused"  # a folder


@pytest.mark.parametrize(
    ("number", "code"),
    [(errno.EBUSY, "busy"), (errno.EACCES, "permission_denied"), (errno.ENXIO, "unplugged"), (errno.EIO, "refused")],
)
def test_what_the_kernel_says_has_a_word_and_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, code: str
) -> None:
    def refuses(*_: Any, **__: Any) -> int:
        raise OSError(number, os.strerror(number))

    path = make_file(tmp_path / "fb", 8, 4)
    with monkeypatch.context() as patch:
        patch.setattr("agent.screen.framebuffer.os.open", refuses)
        assert code_of(lambda: Framebuffer(path)) == code
    with monkeypatch.context() as patch:
        patch.setattr("agent.screen.framebuffer.mmap.mmap", refuses)
        assert code_of(lambda: Framebuffer(path)) == code


def test_handles_are_given_back_also_when_opening_fails(tmp_path: Path) -> None:
    path = make_file(tmp_path / "fb", 8, 4)
    held = len(list(Path("/proc/self/fd").iterdir()))
    panel = Framebuffer(path)
    panel.close()
    panel.close()
    os.truncate(path, 3)
    for _ in range(3):
        code_of(lambda: Framebuffer(path))
        code_of(lambda: read_picture(path))
    assert len(list(Path("/proc/self/fd").iterdir())) == held
    assert code_of(lambda: panel.show(noise(8, 4))) in ("unplugged", "too_short")


def test_the_geometry_is_asked_of_the_name_behind_a_link(tmp_path: Path) -> None:
    kernel = Kernel(tmp_path)
    (tmp_path / "strip").symlink_to(kernel.device)
    assert geometry_of(tmp_path / "strip", -1, kernel.sysfs, kernel.ioctl).width == 8


def test_no_driver_is_no_screen() -> None:
    assert code_of(lambda: open_panel(schema.Screen())) == "no_screen"
