"""Buttons and their light: from pins to presses, from patterns to a light, and what happens where there are none."""

from __future__ import annotations

import math
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from gpiozero.pins.mock import MockFactory
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.buttons import HOLD_S
from agent.config.schema import Buttons
from agent.messages import ButtonPressed, Lamp, Observation, SensorBack, SensorLost
from agent.sensors.buttons import driver, reader
from agent.sensors.buttons.driver import open_pins
from agent.sensors.buttons.fake import FakePins
from agent.sensors.buttons.lamp import PATTERNS, SIGNALS, Light, lit
from agent.sensors.buttons.presses import SHORTEST_S, STUCK_S, Presses
from agent.sensors.buttons.protocol import ButtonsError
from agent.sensors.buttons.reader import ButtonsReader

SOON_S = 10.0  # nothing here waits for so long unless it is broken
PINS = Buttons(tare_pin=17, staff_pin=27, led_pin=22)
TARE, BOTH = frozenset({"tare"}), frozenset({"tare", "staff"})


# -- presses -----------------------------------------------------------------------------------------------------------


def test_a_short_press_is_told_when_it_ends() -> None:
    presses = Presses()
    assert presses.edge("staff", True, 10.0) is None
    assert presses.pass_time(10.2, frozenset({"staff"})) == []
    assert presses.edge("staff", False, 10.25) == ButtonPressed(10.25, "staff", 0.25)
    assert presses.next_s() == math.inf


def test_a_long_press_is_told_while_the_finger_is_still_there_and_once() -> None:
    presses = Presses()
    presses.edge("tare", True, 10.0)
    assert presses.next_s() == 10.0 + HOLD_S
    assert presses.pass_time(12.9, TARE) == []
    assert presses.pass_time(13.0, TARE) == [ButtonPressed(13.0, "tare", HOLD_S)]
    assert presses.pass_time(14.0, TARE) == []
    assert presses.edge("tare", False, 15.0) is None


def test_a_spike_on_the_wire_is_no_press() -> None:
    presses = Presses()
    presses.edge("tare", True, 10.0)
    assert presses.edge("tare", False, 10.0 + SHORTEST_S / 2) is None
    assert presses.edge("tare", False, 11.0) is None


def test_a_button_that_is_down_from_the_start_is_a_wire_and_works_again_when_it_is_up() -> None:
    presses = Presses()
    presses.found_down(TARE)
    assert presses.stuck == TARE
    assert presses.pass_time(100.0, TARE) == []
    assert presses.edge("tare", False, 101.0) is None
    assert presses.stuck == frozenset()
    presses.edge("tare", True, 102.0)
    assert presses.edge("tare", False, 102.5) == ButtonPressed(102.5, "tare", 0.5)


def test_half_a_minute_is_no_finger() -> None:
    presses = Presses()
    presses.edge("tare", True, 10.0)
    presses.pass_time(13.0, TARE)
    assert presses.next_s() == 10.0 + STUCK_S
    presses.pass_time(10.0 + STUCK_S, TARE)
    assert (presses.stuck, presses.next_s()) == (TARE, math.inf)


def test_an_edge_that_was_lost_does_not_make_a_press_long() -> None:
    presses = Presses()
    presses.edge("tare", True, 10.0)
    assert presses.pass_time(13.0, frozenset()) == [ButtonPressed(13.0, "tare", 3.0)]  # as it was seen: not for longer
    assert presses.pass_time(14.0, frozenset()) == []


EDGES = st.lists(st.tuples(st.sampled_from(["tare", "staff"]), st.booleans(), st.floats(0.0, 40.0)), max_size=30)


@given(EDGES)
@settings(derandomize=True, max_examples=60)
def test_whatever_the_wires_do_each_press_had_its_own_beginning(edges: list[tuple[str, bool, float]]) -> None:
    presses, t = Presses(), 0.0
    told: list[ButtonPressed] = []
    downs = 0
    down: set[str] = set()
    for button, is_down, wait_s in edges:
        t += wait_s
        told += presses.pass_time(t, frozenset(down))
        downs += is_down and button not in down
        (down.add if is_down else down.discard)(button)
        pressed = presses.edge(button, is_down, t)
        told += [pressed] if pressed else []
    assert len(told) <= downs
    assert all(press.held_s >= SHORTEST_S for press in told)
    assert presses.next_s() > 0.0


# -- light -------------------------------------------------------------------------------------------------------------


def course(light: Light, since_s: float, until_s: float) -> list[tuple[float, bool]]:
    """When it changes, and to what."""
    t, seen = since_s, []
    while t < until_s:
        on, until = light.at(t)
        if not seen or seen[-1][1] != on:
            seen.append((round(t - since_s, 3), on))
        t = max(until, t + 1e-6)
    return seen


class Dated(Light):
    """A light on a clock that the test moves."""

    def __init__(self) -> None:
        self.now_s = 50.0
        super().__init__(lambda: self.now_s)


def test_each_mode_has_a_pattern_of_its_own() -> None:
    light = Dated()
    seen = {}
    assert course(light, 50.0, 55.0) == [(0.0, False)]
    for name in ("on", "staff", "maintenance", "fault"):
        light.show(Lamp(name))  # type: ignore[arg-type]
        seen[name] = course(light, light.now_s, light.now_s + 2.2)
        light.now_s += 10.0
    assert seen == {
        "on": [(0.0, True)],
        "staff": [(0.0, True), (1.0, False), (2.0, True)],
        "maintenance": [(0.0, True), (0.1, False), (0.3, True), (0.4, False), (2.0, True), (2.1, False)],
        "fault": [(round(0.25 * i, 2), i % 2 == 0) for i in range(9)],
    }


def test_after_a_press_it_says_once_how_it_went_and_goes_on() -> None:
    light = Dated()
    light.show(Lamp("on"))
    light.now_s = 60.0
    light.show(Lamp("staff", "done", "button staff: mode is staff"))
    shown = course(light, 60.0, 63.0)
    assert shown == [(0.0, False), (0.3, True), (1.1, False), (1.4, True), (2.2, False), (2.5, True)]
    light.now_s = 70.0
    light.show(Lamp("staff", "refused", "hold it"))
    blinks = [on for _, on in course(light, 70.0, 71.5)]
    assert blinks.count(True) == 5


def test_here_i_am_goes_before_everything_and_ends() -> None:
    light = Dated()
    light.show(Lamp("on"))
    light.flash(2.0)
    assert len([on for _, on in course(light, 50.0, 52.0) if on]) == 16
    assert course(light, 52.0, 60.0) == [(0.0, True)]


def test_the_same_pattern_again_does_not_begin_anew() -> None:
    light = Dated()
    light.show(Lamp("staff"))
    light.now_s = 50.7
    light.show(Lamp("staff"))
    assert light.at(50.7) == (True, pytest.approx(51.0))


@given(st.sampled_from([*PATTERNS.values(), *SIGNALS.values()]), st.floats(0.0, 1e7))
@settings(derandomize=True, max_examples=100)
def test_a_pattern_is_known_at_every_moment(pattern: tuple[float, ...], since_s: float) -> None:
    on, left_s = lit(pattern, since_s)
    assert 0.0 <= left_s <= max(pattern)
    if math.isfinite(left_s) and left_s > 1e-6:
        assert lit(pattern, since_s + left_s / 2)[0] == on


# -- thread ------------------------------------------------------------------------------------------------------------


class Device:
    """The reader at work on fake pins; the clock is the test's."""

    def __init__(self, pins: FakePins) -> None:
        self.pins, self.now_s = pins, 100.0
        self.told: queue.Queue[Observation] = queue.Queue()
        self.light = Light(lambda: self.now_s)
        self.reader = ButtonsReader(PINS, self.told.put, self.light, open_pins=pins.open, clock=lambda: self.now_s)

    def answer(self) -> Observation:
        return self.told.get(timeout=SOON_S)

    def look(self) -> None:
        """The thread looks at its clock again."""
        self.reader._wake()


@contextmanager
def watched(pins: FakePins) -> Iterator[Device]:
    device = Device(pins)
    thread = threading.Thread(target=device.reader.run)
    thread.start()
    assert pins.opened.wait(SOON_S)
    try:
        yield device
    finally:
        device.reader.stop()
        thread.join(SOON_S)
        assert not thread.is_alive()


def test_presses_reach_the_core_and_lamps_the_light() -> None:
    pins = FakePins()
    with watched(pins) as device:
        pins.press("staff")
        device.now_s += 0.2
        pins.release("staff")
        assert device.answer() == ButtonPressed(pytest.approx(100.2), "staff", 0.2)  # type: ignore[arg-type]
        device.light.show(Lamp("staff", says="button staff: mode is staff"))
        assert pins.lit.wait(SOON_S)
        pins.press("tare")
        device.look()
        device.now_s += HOLD_S
        device.look()
        assert device.answer() == ButtonPressed(pytest.approx(103.2), "tare", HOLD_S)  # type: ignore[arg-type]
    assert not pins.on  # out, when the agent ends


def test_pins_that_cannot_be_had_are_a_fault_and_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "RETRY_S", 0.01)
    pins = FakePins()
    pins.fail("busy")
    device = Device(pins)
    thread = threading.Thread(target=device.reader.run)
    thread.start()
    lost = device.answer()
    assert isinstance(lost, SensorLost) and (lost.stream, lost.code) == ("buttons", "busy")
    pins.mend()
    assert device.answer() == SensorBack(100.0, "buttons")
    device.reader.stop()
    thread.join(SOON_S)
    assert device.told.empty()  # said once, however often it was tried


def test_a_button_that_stays_down_is_a_fault_until_it_is_up() -> None:
    pins = FakePins()
    pins.press("tare")
    with watched(pins) as device:
        lost = device.answer()
        assert isinstance(lost, SensorLost) and lost.code == "stuck" and "button tare is down" in lost.reason
        pins.release("tare")
        assert device.answer() == SensorBack(100.0, "buttons")
    assert device.told.empty()


# -- gpiozero ----------------------------------------------------------------------------------------------------------


def test_the_real_driver_on_pins_that_gpiozero_makes_up() -> None:
    factory, edges = MockFactory(), []
    pins = open_pins(PINS, lambda *edge: edges.append(edge), factory)
    factory.pin(17).drive_low()
    assert pins.down == TARE
    factory.pin(17).drive_high()
    factory.pin(27).drive_low()
    pins.light(True)
    assert factory.pin(22).state
    assert edges == [("tare", True), ("tare", False), ("staff", True)]
    assert (pins.down, factory.pin(17).bounce) == (frozenset({"staff"}), driver.BOUNCE_S)
    pins.close()
    pins.close()
    assert not any(thread.name.startswith("gpiozero") for thread in threading.enumerate())


def test_a_pin_of_which_there_is_none_is_left_alone() -> None:
    pins = open_pins(Buttons(led_pin=22), lambda *_: None, MockFactory())
    assert pins.down == frozenset()
    pins.light(True)
    pins.close()
    button = open_pins(Buttons(staff_pin=22), lambda *_: None, MockFactory())
    button.light(True)
    button.close()


class Closing(MockFactory):  # type: ignore[misc]
    """Counts how often it is let go."""

    closed = 0

    def close(self) -> None:
        self.closed += 1
        super().close()


@pytest.mark.parametrize(
    ("config", "code"), [(Buttons(tare_pin=17, led_pin=17), "busy"), (Buttons(tare_pin=99), "wrong_pin")]
)
def test_pins_that_do_not_go_are_a_sentence_and_leave_nothing_behind(config: Buttons, code: str) -> None:
    factory = Closing()
    with pytest.raises(ButtonsError) as refused:
        open_pins(config, lambda *_: None, factory)
    assert (refused.value.code, factory.closed) == (code, 1)  # each open chip is a handle of the kernel
    open_pins(Buttons(tare_pin=17), lambda *_: None, factory).close()


class LgpioError(Exception):
    """lgpio's own, which is none of gpiozero's."""


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (LgpioError("'GPIO busy'"), "busy"),
        (LgpioError("'can not open gpiochip'"), "no_chip"),
        (PermissionError(13, "Permission denied", "/dev/gpiochip0"), "no_chip"),
        (FileNotFoundError(2, "No such file or directory", "/proc/cpuinfo"), "unknown_board"),
        (FileNotFoundError(2, "No such file or directory", ".lgd-nfy-3"), "no_folder"),
    ],
)
def test_what_lgpio_says_becomes_a_sentence(monkeypatch: pytest.MonkeyPatch, error: Exception, code: str) -> None:
    class Lgpio:
        pass

    def refuse() -> None:
        raise error

    Lgpio.error = LgpioError  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "lgpio", Lgpio)
    monkeypatch.setattr(driver, "_factory", refuse)
    with pytest.raises(ButtonsError) as refused:
        open_pins(PINS, lambda *_: None)
    assert refused.value.code == code
    assert "gpio" in str(refused.value).lower() or "systemd/buttons.conf" in str(refused.value)


def test_without_lgpio_no_other_library_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GPIOZERO_PIN_FACTORY", raising=False)
    monkeypatch.setitem(sys.modules, "lgpio", None)
    with pytest.raises(ButtonsError, match="python3-lgpio") as refused:
        open_pins(PINS, lambda *_: None)
    assert refused.value.code == "no_library"


def test_a_start_without_buttons_does_not_load_gpiozero() -> None:
    code = "import sys, agent.sensors.buttons.reader; sys.exit('gpiozero' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], env=dict(os.environ), check=False).returncode == 0
