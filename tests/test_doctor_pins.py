"""`shelfd doctor`, buttons and light: is there a chip, are the pins free, is a wire on the ground?"""

from __future__ import annotations

from pathlib import Path

import pytest
from gpiozero import DigitalInputDevice
from gpiozero.pins.mock import MockFactory

from agent.commands.doctor_part import Part
from agent.commands.doctor_pins import examine_pins
from agent.config.schema import Buttons
from agent.sensors.buttons.driver import open_pins
from agent.sensors.buttons.fake import FakePins
from agent.sensors.buttons.protocol import Edge, Pins

BUTTONS = Buttons(tare_pin=17, led_pin=22)


def codes(part: Part | None) -> list[tuple[str, str]]:
    assert part is not None
    return [(finding.level, finding.code) for finding in part.findings]


def chip(tmp_path: Path) -> Path:
    (tmp_path / "gpiochip0").touch()
    return tmp_path


def test_a_shelf_without_buttons_hears_nothing_of_them(tmp_path: Path) -> None:
    assert examine_pins(Buttons(), FakePins().open, tmp_path) is None


def test_free_pins_are_said_and_let_go_of_and_the_light_stays_dark(tmp_path: Path) -> None:
    pins = FakePins()
    part = examine_pins(BUTTONS, pins.open, chip(tmp_path))
    assert codes(part) == [] and part is not None
    assert part.lines == (
        "buttons and light: tare at pin 17, light at pin 22",
        f"  chips: {tmp_path}/gpiochip0",
        "  the pins are free",
    )
    assert pins.opened.is_set() and pins._edge is None and not pins.lit.is_set()


def test_the_real_driver_on_made_up_pins_says_which_is_taken(tmp_path: Path) -> None:
    factory = MockFactory()

    def opening(config: Buttons, edge: Edge) -> Pins:
        return open_pins(config, edge, factory)

    assert codes(examine_pins(BUTTONS, opening, chip(tmp_path))) == []
    taken = DigitalInputDevice(17, pin_factory=factory)
    assert codes(examine_pins(BUTTONS, opening, tmp_path)) == [("wrong", "busy")]
    taken.close()


def test_a_button_that_is_down_with_nobody_there_is_a_wire(tmp_path: Path) -> None:
    pins = FakePins()
    pins.press("tare")
    part = examine_pins(BUTTONS, pins.open, chip(tmp_path))
    assert codes(part) == [("wrong", "stuck")] and part is not None
    assert "button tare is down" in part.findings[0].sentence


@pytest.mark.parametrize("code", ["no_library", "no_chip", "unknown_board", "wrong_pin"])
def test_pins_that_cannot_be_used_are_a_finding_in_the_drivers_words(tmp_path: Path, code: str) -> None:
    pins = FakePins()
    pins.fail(code)
    part = examine_pins(BUTTONS, pins.open, tmp_path)
    assert codes(part) == [("wrong", code)] and part is not None
    assert part.lines[-1] == "  the pins cannot be used"


def test_pins_that_the_agent_has_are_left_alone(tmp_path: Path) -> None:
    assert codes(examine_pins(BUTTONS, None, tmp_path)) == [("wrong", "no_chip")]
    assert codes(examine_pins(BUTTONS, None, chip(tmp_path))) == []


def test_what_a_library_leaves_behind_does_not_lie_where_doctor_was_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    pins = FakePins()

    def opening(config: Buttons, edge: Edge) -> Pins:
        Path(".lgd-nfy0").touch()  # as lgpio does
        return pins.open(config, edge)

    examine_pins(BUTTONS, opening)
    assert list(tmp_path.iterdir()) == [] and Path.cwd() == tmp_path
