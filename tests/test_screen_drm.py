"""A panel on a graphics card: shown whole, never torn, given back; tried on a kernel that can fail at every call."""

from __future__ import annotations

import errno
import random
from ctypes import sizeof
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.config import schema
from agent.screen import drm, drm_uapi
from agent.screen import drm_uapi as uapi
from agent.screen.driver import open_panel
from agent.screen.drm import FLIP_S, LOOK_S, DrmPanel, open_drm
from agent.screen.protocol import Picture, ScreenError
from tests.drm_kernel import Connector, FakeKernel, flipped, mode

WIDTH, HEIGHT = 48, 16
# as the compiler computes them from the kernel's drm.h and drm_mode.h, on x86-64 and arm64 alike
NUMBERS = {
    "SET_MASTER": 0x641E,
    "GET_CAP": 0xC010640C,
    "GET_RESOURCES": 0xC04064A0,
    "SET_CRTC": 0xC06864A2,
    "GET_ENCODER": 0xC01464A6,
    "GET_CONNECTOR": 0xC05064A7,
    "ADD_FB": 0xC01C64AE,
    "REMOVE_FB": 0xC00464AF,
    "PAGE_FLIP": 0xC01864B0,
    "CREATE_DUMB": 0xC02064B2,
    "MAP_DUMB": 0xC01064B3,
    "DESTROY_DUMB": 0xC00464B4,
}


def noise(width: int = WIDTH, height: int = HEIGHT, seed: int = 1) -> Picture:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def panel(kernel: FakeKernel, rotate: str = "0") -> DrmPanel:
    return DrmPanel("/dev/dri/card0", rotate, clock=kernel.clock, kernel=kernel)


def code_of(call: Any) -> str:
    with pytest.raises(ScreenError) as caught:
        call()
    assert ":" in str(caught.value), "a sentence that says what to do"
    return caught.value.code


def test_the_numbers_of_the_calls_are_the_kernel_s() -> None:
    assert {name: getattr(drm_uapi, name) for name in NUMBERS} == NUMBERS
    assert (sizeof(uapi.Mode), sizeof(uapi.Event)) == (68, 32)


# -- what is shown ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rotate", ["0", "90", "180", "270"])
@pytest.mark.parametrize("depth", [16, 24])
def test_a_picture_is_shown_upright(rotate: str, depth: int) -> None:
    kernel = FakeKernel(padding=12)
    kernel.capabilities[uapi.PREFERRED_DEPTH] = depth
    strip = panel(kernel, rotate)
    picture = noise(strip.width, strip.height)
    strip.show(picture)
    seen = np.rot90(kernel.seen(), -int(rotate) // 90)
    assert np.abs(seen.astype(int) - picture).max() <= (7 if depth == 16 else 0)
    strip.close()
    assert kernel.nothing_is_left()


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.data())
def test_whatever_parts_are_drawn_the_panel_shows_them_all_and_never_half(data: Any) -> None:
    kernel = FakeKernel()
    strip, wanted = panel(kernel), np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    for seed in range(data.draw(st.integers(1, 8))):
        left, top = data.draw(st.integers(0, WIDTH - 1)), data.draw(st.integers(0, HEIGHT - 1))
        part = noise(data.draw(st.integers(1, WIDTH - left)), data.draw(st.integers(1, HEIGHT - top)), seed)
        wanted[top : top + part.shape[0], left : left + part.shape[1]] = part
        strip.show(part, left, top)
        assert np.array_equal(kernel.seen(), wanted)
    strip.close()
    assert kernel.torn == 0 and kernel.nothing_is_left()


def test_drawing_into_what_is_shown_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    kernel = FakeKernel()
    strip = panel(kernel)
    strip.show(noise())
    front = next(buffer for buffer in strip._buffers if buffer.fb_id == kernel.scanning)
    assert front.pixels is not None
    front.pixels[0, 0] ^= 1
    strip.show(noise(seed=2))
    assert kernel.torn == 1
    strip.close()


def test_the_same_picture_costs_no_flip() -> None:
    kernel = FakeKernel()
    strip = panel(kernel)
    for _ in range(3):
        strip.show(noise())
    strip.show(noise()[3:5, 4:9], 4, 3)
    assert (kernel.calls["SET_CRTC"], kernel.calls["PAGE_FLIP"]) == (1, 0)
    strip.close()


def test_the_flip_is_waited_for_and_other_events_are_passed_over() -> None:
    kernel = FakeKernel()
    strip = panel(kernel)
    strip.show(noise())
    real = kernel._page_flip

    def late(asked: uapi.PageFlip) -> None:
        real(asked)
        kernel.events.extendleft([flipped(99), flipped(asked.user_data, kind=1), b"\0" * 7, b""])
        kernel.events.append(kernel.events.popleft() + kernel.events.pop())  # two in one read

    kernel._page_flip = late  # type: ignore[method-assign]
    strip.show(noise(seed=2))
    assert not kernel.events and kernel.clock() == 0.0
    strip.close()


def test_a_panel_that_shows_no_further_picture_is_given_up_in_time() -> None:
    kernel = FakeKernel()
    strip = panel(kernel)
    strip.show(noise())
    kernel.mute = True
    assert code_of(lambda: strip.show(noise(seed=2))) == "silent"
    assert kernel.clock() == pytest.approx(FLIP_S)
    strip.close()
    assert kernel.nothing_is_left()


def test_damaged_events_are_passed_over() -> None:
    kernel, chance = FakeKernel(), random.Random(5)
    strip = panel(kernel)
    strip._flips = 7
    good = flipped(6) + flipped(7)
    assert strip._flipped(good)
    for _ in range(3000):
        bad = bytearray(good[: chance.randint(0, len(good))])
        for _ in range(chance.randint(1, 4) if bad else 0):
            bad[chance.randrange(len(bad))] = chance.randrange(256)
        strip._flipped(bytes(bad))
    strip.close()


# -- which output -----------------------------------------------------------------------------------------------------


def test_the_connected_output_is_taken_and_the_command_line_decides_its_mode() -> None:
    modes = [mode(640, 480), mode(800, 600, uapi.PREFERRED), mode(60, 20, uapi.FROM_COMMAND_LINE)]
    kernel = FakeKernel(
        Connector(30, uapi.DISCONNECTED, []), Connector(31, uapi.UNKNOWN), Connector(32, modes=modes, encoder=51)
    )
    strip = panel(kernel)
    strip.show(noise(60, 20))
    assert (strip.width, strip.height) == (60, 20)
    assert (strip._output.connector_id, strip._output.crtc_id) == (32, 41)
    strip.close()


@pytest.mark.parametrize(
    ("kinds", "wanted"), [((0, 0), 640), ((0, uapi.PREFERRED), 800), ((uapi.PREFERRED, uapi.FROM_COMMAND_LINE), 800)]
)
def test_the_panel_s_own_mode_is_taken(kinds: tuple[int, int], wanted: int) -> None:
    strip = panel(FakeKernel(Connector(30, modes=[mode(640, 480, kinds[0]), mode(800, 600, kinds[1])])))
    assert strip.width == wanted
    strip.close()


def test_a_panel_whose_driver_cannot_tell_is_taken_where_no_other_is() -> None:
    strip = panel(FakeKernel(Connector(30, uapi.UNKNOWN)))
    assert strip.width == WIDTH
    strip.close()


@pytest.mark.parametrize(
    ("connectors", "code"),
    [
        ([Connector(30, uapi.DISCONNECTED, [])], "unplugged"),
        ([Connector(30, modes=[])], "unplugged"),
        ([Connector(30, encoders=())], "unplugged"),
        ([Connector(30, modes=[mode(0, 16)])], "wrong_size"),
        ([Connector(30, modes=[mode(65535, 16)])], "wrong_size"),
        ([Connector(30, modes=[mode(8192, 8192)])], "wrong_size"),
        ([Connector(30, modes=[mode()] * 1025)], "refused"),
        ([Connector(30, encoders=(50,) * 65)], "refused"),
        ([Connector(number) for number in range(200, 265)], "refused"),
    ],
)
def test_outputs_that_cannot_be_are_refused(connectors: list[Connector], code: str) -> None:
    kernel = FakeKernel(*connectors)
    assert code_of(lambda: panel(kernel)) == code
    assert kernel.nothing_is_left()


def test_a_row_longer_than_any_panel_s_is_refused() -> None:
    kernel = FakeKernel(padding=8 * 1024 * 1024)
    assert code_of(lambda: panel(kernel)) == "wrong_size"
    assert kernel.nothing_is_left()


def test_modes_that_come_while_they_are_asked_for_are_waited_for_but_not_for_ever() -> None:
    kernel = FakeKernel()
    real, rounds = kernel._get_connector, iter(range(3))

    def growing(asked: uapi.Connector) -> None:
        if next(rounds, None) is not None:
            kernel.connectors[30].modes.append(mode())
        real(asked)

    kernel._get_connector = growing  # type: ignore[method-assign]
    panel(kernel).close()
    rounds = iter(range(99))
    assert code_of(lambda: panel(kernel)) == "refused"
    assert kernel.nothing_is_left()


def test_a_card_without_outputs_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Pi's first card draws in three dimensions and has no outputs."""

    class Two(FakeKernel):
        def open(self, device: str) -> int:
            self.errors = {uapi.GET_RESOURCES: errno.EOPNOTSUPP} if device.endswith("0") else {}
            return super().open(device)

    kernel = Two()
    for name in ("card0", "card1", "renderD128"):
        (tmp_path / name).touch()
    strip = open_drm("", kernel=kernel, cards=tmp_path)
    strip.close()
    assert code_of(lambda: open_drm(str(tmp_path / "card0"), kernel=kernel)) == "not_found"
    kernel.connectors[30].connection = uapi.DISCONNECTED
    assert code_of(lambda: open_drm("", kernel=kernel, cards=tmp_path)) == "unplugged"
    assert code_of(lambda: open_drm("", kernel=kernel, cards=tmp_path / "none")) == "not_found"
    monkeypatch.setattr(drm, "CARDS", tmp_path)
    assert code_of(lambda: open_panel(schema.Screen(driver="drm", device=str(tmp_path / "none")))) == "not_found"
    assert kernel.nothing_is_left()


# -- gone, busy, back -------------------------------------------------------------------------------------------------


def test_a_card_that_somebody_else_has_is_busy_until_they_let_go() -> None:
    kernel = FakeKernel()
    first = panel(kernel)
    assert code_of(lambda: panel(kernel)) == "busy"
    first.close()
    second = panel(kernel)
    second.show(noise())
    assert np.array_equal(kernel.seen(), noise())
    second.close()


def test_a_card_that_is_taken_away_meanwhile_is_busy() -> None:
    kernel = FakeKernel()
    strip = panel(kernel)
    strip.show(noise())
    kernel.master = -1
    assert code_of(lambda: strip.show(noise(seed=2))) == "busy"
    strip.close()


def test_a_panel_that_is_pulled_is_missed_even_when_nothing_changes_and_its_data_are_not_read_again() -> None:
    kernel = FakeKernel()
    strip = panel(kernel)
    strip.show(noise())
    probes = kernel.calls["probe"]
    kernel.connectors[30].connection = uapi.DISCONNECTED
    strip.show(noise())  # looked at a moment ago
    kernel.clock.wait(LOOK_S)
    assert code_of(lambda: strip.show(noise())) == "unplugged"
    assert kernel.calls["probe"] == probes
    strip.close()
    kernel.connectors[30].connection = uapi.CONNECTED
    again = panel(kernel)
    again.show(noise())
    assert np.array_equal(kernel.seen(), noise())
    again.close()


def test_a_card_that_is_pulled_is_missed_and_can_be_opened_when_it_is_back() -> None:
    kernel = FakeKernel()
    strip = panel(kernel)
    strip.show(noise())
    kernel.present = False
    assert code_of(lambda: strip.show(noise(seed=2))) == "unplugged"
    strip.close()
    strip.close()
    assert code_of(lambda: panel(kernel)) == "not_found"
    kernel.present, kernel.dumbs, kernel.fbs, kernel.scanning = True, {}, {}, None
    panel(kernel).close()
    assert kernel.nothing_is_left()
    assert code_of(lambda: strip.show(noise(seed=3))) == "unplugged"


def test_wherever_the_kernel_fails_everything_is_given_back() -> None:
    smooth = FakeKernel()
    strip = panel(smooth)
    strip.show(noise())
    strip.show(noise(seed=2))
    asked = smooth.asked
    strip.close()
    failures = 0
    for fail_at in range(asked):
        kernel, strip = FakeKernel(), None
        kernel.fail_at = fail_at
        try:
            strip = panel(kernel)
            strip.show(noise())
            strip.show(noise(seed=2))
        except ScreenError:
            failures += 1
        if strip is not None:
            strip.close()
        assert kernel.nothing_is_left(), f"call {fail_at}"
    assert failures >= asked - 4  # capabilities may be unknown


def test_a_signal_in_the_middle_of_a_call_is_nothing() -> None:
    kernel = FakeKernel()
    kernel.interrupts = 3
    strip = panel(kernel)
    kernel.interrupts = 3
    strip.show(noise())
    strip.close()
    assert kernel.nothing_is_left()


def test_a_card_without_plain_buffers_is_refused() -> None:
    kernel = FakeKernel()
    kernel.capabilities[uapi.DUMB_BUFFER] = 0
    assert code_of(lambda: panel(kernel)) == "refused"
    assert kernel.nothing_is_left()
