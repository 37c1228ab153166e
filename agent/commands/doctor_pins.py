"""What `shelfd doctor` finds out about buttons and light: is there a chip, are the pins free, is a button down?

Not here: the pins (sensors/buttons/driver.py), what a press means (agent/buttons.py).
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable
from pathlib import Path

from agent.commands.doctor_part import Part
from agent.config.schema import Buttons
from agent.sensors.buttons.protocol import ButtonsError, Edge, Pins
from agent.weighing.diagnose import Finding

DEVICES = Path("/dev")
Open = Callable[[Buttons, Edge], Pins]


def examine_pins(config: Buttons, open_pins: Open | None, devices: Path = DEVICES) -> Part | None:
    """None: no pin is configured. `open_pins` None: the agent has them, they are left alone."""
    named = {"tare": config.tare_pin, "staff": config.staff_pin, "light": config.led_pin}
    named = {name: pin for name, pin in named.items() if pin >= 0}
    if not named:
        return None
    chips = sorted(str(path) for path in devices.glob("gpiochip*"))
    lines = [f"buttons and light: {', '.join(f'{name} at pin {pin}' for name, pin in named.items())}"]
    lines.append(f"  chips: {', '.join(chips) or 'none'}")
    if open_pins is not None:
        findings, state = _tried(config, open_pins)
        lines.append(f"  {state}")
    else:
        findings = [] if chips else [_no_chip()]
    return Part("buttons", tuple(lines), tuple(findings), {"pins": named, "chips": chips})


def _tried(config: Buttons, open_pins: Open) -> tuple[list[Finding], str]:
    """Opens the pins and lets go of them; the light stays dark. lgpio makes a pipe where it is: not here."""
    with tempfile.TemporaryDirectory(prefix="shelfd-") as folder, contextlib.chdir(folder):
        try:
            pins = open_pins(config, lambda *_: None)
            try:
                down = sorted(pins.down)
            finally:
                pins.close()
        except ButtonsError as error:
            return [Finding("wrong", "buttons", error.code, str(error))], "the pins cannot be used"
    sentence = "is down: let go of it; where nobody presses, its wire touches ground"
    return [Finding("wrong", "buttons", "stuck", f"button {name} {sentence}") for name in down], "the pins are free"


def _no_chip() -> Finding:
    sentence = "there is no /dev/gpiochip*: is this a Pi? systemd/buttons.conf lets the agent see it"
    return Finding("wrong", "buttons", "no_chip", sentence)
