"""What the pins of buttons and light must mean together. Not here: whether the board has them (sensors/buttons/)."""

from __future__ import annotations

from collections.abc import Iterator

from agent.config.problem import Problem
from agent.config.schema import Config

UART_PINS = (14, 15)


def pins(config: Config) -> Iterator[Problem]:
    """One pin, one thing; and the pins of the Pi's own serial port stay with it where a scale uses it."""
    used: dict[int, str] = {}
    for name in ("tare_pin", "staff_pin", "led_pin"):
        pin = getattr(config.buttons, name)
        if pin < 0:
            continue
        if pin in used:
            yield Problem(f"buttons.{name}", f"pin {pin} is {used[pin]} already: give each its own")
        used.setdefault(pin, name)
    serial = [s.name for s in config.scales if s.port.startswith(("/dev/serial0", "/dev/ttyAMA", "/dev/ttyS"))]
    for pin in UART_PINS:
        if pin in used and serial:
            sentence = f"pin {pin} is the Pi's own serial port, which scale {serial[0]!r} uses: take another"
            yield Problem(f"buttons.{used[pin]}", sentence, "warning")


BUTTON_RULES = (pins,)
