"""What is said about [buttons] before anything starts."""

from __future__ import annotations

from agent.config.check import check
from agent.config.schema import Buttons, Cell, Config, Device, Scale


def said(port: str = "/dev/serial/by-id/usb-1", **pins: int) -> list[tuple[str, str]]:
    scale = Scale(name="main", driver="shelfd-lines", port=port, rate_hz=60.0, cells=(Cell(name="a"),))
    config = Config(device=Device(store="s", id="d"), buttons=Buttons(**pins), scales=(scale,))
    return [(x.path, x.severity) for x in check(config) if x.path.startswith("buttons")]


def test_each_has_a_pin_of_its_own() -> None:
    assert said(tare_pin=17, staff_pin=27, led_pin=22) == []
    assert said() == []
    assert said(tare_pin=17, staff_pin=17, led_pin=17) == [
        ("buttons.led_pin", "error"),
        ("buttons.staff_pin", "error"),
    ]


def test_the_pins_of_the_serial_port_stay_with_it() -> None:
    assert said(led_pin=15) == []
    assert said("/dev/serial0", led_pin=15) == [("buttons.led_pin", "warning")]
