"""Buttons and light on a Pi's pins, through gpiozero and lgpio.

A button connects its pin with ground (the Pi's own resistor pulls it up), the light hangs between its pin and ground.
gpiozero would try other libraries, and a network port, where lgpio is missing: here that is an error with a sentence.
Not here: what a press means (agent/buttons.py).
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

from agent.config import schema
from agent.sensors.buttons.protocol import ButtonsError, Edge

if TYPE_CHECKING:
    from gpiozero import DigitalInputDevice, DigitalOutputDevice

BOUNCE_S = 0.02  # contacts of common buttons bounce for 10 ms at most (data sheets of B3F, TS-1109: 5 ms)
FACTORY = "GPIOZERO_PIN_FACTORY"  # gpiozero's own variable; "mock" off a Pi


def open_pins(config: schema.Buttons, edge: Edge, factory: Any = None) -> GpioPins:
    """Opens the pins that `config` names. ButtonsError with what to do. `factory`: gpiozero's, for tests."""
    try:
        return GpioPins(config, edge, factory or _factory())
    except _expected() as error:
        raise _translated(error) from error


class GpioPins:
    """Implements Pins."""

    def __init__(self, config: schema.Buttons, edge: Edge, factory: Any) -> None:
        self._factory = factory
        self._buttons: dict[str, DigitalInputDevice] = {}
        self._led: DigitalOutputDevice | None = None
        try:
            for name, pin in (("tare", config.tare_pin), ("staff", config.staff_pin)):
                if pin >= 0:
                    self._buttons[name] = _button(name, pin, edge, factory)
            if config.led_pin >= 0:
                from gpiozero import DigitalOutputDevice

                self._led = DigitalOutputDevice(config.led_pin, pin_factory=factory)
        except BaseException:
            self.close()
            raise

    @property
    def down(self) -> frozenset[str]:
        """See Pins."""
        try:
            return frozenset(name for name, button in self._buttons.items() if button.is_active)
        except _expected() as error:
            raise _translated(error) from error

    def light(self, on: bool) -> None:
        """See Pins."""
        if self._led is None:
            return
        try:
            self._led.value = on
        except _expected() as error:
            raise _translated(error) from error

    def close(self) -> None:
        """See Pins."""
        for device in (*self._buttons.values(), self._led):
            if device is not None:
                device.close()
        self._buttons, self._led = {}, None
        self._factory.close()


def _button(name: str, pin: int, edge: Edge, factory: Any) -> DigitalInputDevice:
    """No gpiozero.Button: it would keep a thread for holding, and here one thread knows all times."""
    from gpiozero import DigitalInputDevice

    button = DigitalInputDevice(pin, pull_up=True, bounce_time=BOUNCE_S, pin_factory=factory)
    button.when_activated = lambda: edge(name, True)
    button.when_deactivated = lambda: edge(name, False)
    return button


def _factory() -> Any:
    """lgpio, and nothing else unless somebody has said so."""
    try:
        from gpiozero import Device
    except ImportError as error:
        raise ButtonsError("no_library", "gpiozero is not installed: pip install gpiozero") from error
    if os.environ.get(FACTORY):
        return Device._default_pin_factory()
    try:
        from gpiozero.pins.lgpio import LGPIOFactory
    except ImportError as error:
        sentence = "lgpio is not installed: apt install python3-lgpio, in a venv with --system-site-packages"
        raise ButtonsError("no_library", sentence) from error
    return LGPIOFactory()


def _expected() -> tuple[type[Exception], ...]:
    """The errors of both libraries, as far as they are loaded; lgpio's own is none of gpiozero's."""
    known = ((sys.modules.get("gpiozero"), "GPIOZeroError"), (sys.modules.get("lgpio"), "error"))
    errors = (getattr(module, name, None) for module, name in known)
    return (OSError, *(error for error in errors if isinstance(error, type) and issubclass(error, Exception)))


def _translated(error: Exception) -> ButtonsError:
    """As a sentence. What lgpio says comes as text only: "GPIO busy", "can not open gpiochip"."""
    name, text = type(error).__name__, str(error)
    if name == "GPIOPinInUse" or "busy" in text.lower():
        return ButtonsError("busy", f"a pin is in use by another program or overlay ({text}): free it, or take another")
    if name == "PinInvalidPin":
        return ButtonsError("wrong_pin", f"this board has no such pin ({text}): correct the numbers in [buttons]")
    if ".lgd-nfy" in text:
        sentence = f"lgpio cannot write in the folder where the agent was started ({text}): see systemd/buttons.conf"
        return ButtonsError("no_folder", sentence)
    if name == "PinUnknownPi" or isinstance(error, FileNotFoundError):
        return ButtonsError(
            "unknown_board", f"this is no Raspberry Pi that gpiozero knows ({text}): see docs/buttons.md"
        )
    hint = "is this a Pi, and the user in group gpio? systemd/buttons.conf allows the device"
    return ButtonsError("no_chip", f"the pins cannot be opened ({text}): {hint}")
