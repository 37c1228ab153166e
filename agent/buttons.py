"""What a press of a button means, and what the light beside it shows.

A press is as good as an order of somebody who stands before the shelf; nobody answers it but the light and the log.
Not here: pins and blinking (sensors/buttons/), what may be done to a lane (upkeep.py).
"""

from __future__ import annotations

from typing import Literal

from agent.config import schema
from agent.messages import ButtonPressed, Lamp, Output, Snapshot
from agent.upkeep import Reply, Upkeep

HOLD_S = 3.0  # a tare, and the end of maintenance: nobody leans on a button for so long by mistake
Pattern = Literal["on", "staff", "maintenance", "fault"]


class Buttons:
    """Remembers what the light was told last."""

    def __init__(self, config: schema.Buttons) -> None:
        self._lit = config.led_pin >= 0
        self._told: Pattern | None = None

    def press(self, pressed: ButtonPressed, upkeep: Upkeep, *, ill: bool) -> tuple[Output, ...]:
        """Do what it means; the light says how that went."""
        done, message = _do(pressed, upkeep)
        self._told = _pattern(upkeep.shelf.mode, ill)
        return (Lamp(self._told, "done" if done else "refused", f"button {pressed.button}: {message}"),)

    def light(self, mode: str, *, ill: bool) -> tuple[Output, ...]:
        """What it shows from here on, where that is news."""
        pattern = _pattern(mode, ill)
        if not self._lit or pattern == self._told:
            return ()
        self._told = pattern
        return (Lamp(pattern),)

    def resume(self) -> None:
        """A new process, and a light that is out."""
        self._told = None

    def snapshot(self) -> Snapshot:
        """Plain values."""
        return {"told": self._told}

    def restore(self, state: Snapshot) -> None:
        """What `snapshot` gave."""
        self._told = state["told"]


def _pattern(mode: str, ill: bool) -> Pattern:
    """The mode goes first: a shelf left in staff mode loses more than one whose fault is known at the hub anyway."""
    if mode == "maintenance":
        return "maintenance"
    if mode == "staff":
        return "staff"
    return "fault" if ill else "on"


def _do(pressed: ButtonPressed, upkeep: Upkeep) -> Reply:
    held = pressed.held_s >= HOLD_S
    match pressed.button, upkeep.shelf.mode:
        case "tare", _:
            return upkeep.tare_empty(pressed.t) if held else (False, f"hold it for {HOLD_S:.0f} s to tare empty lanes")
        case "staff", "open":
            return upkeep.set_mode("staff")
        case "staff", "staff":
            return upkeep.set_mode("open")
        case "staff", "maintenance":
            return upkeep.set_mode("open") if held else (False, f"in maintenance: hold it for {HOLD_S:.0f} s to open")
        case _:
            return False, "there is no such button"
