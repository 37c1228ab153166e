"""Buttons that are not there: fingers and faults are calls. For tests and demonstrations."""

from __future__ import annotations

import threading

from agent.config import schema
from agent.sensors.buttons.protocol import ButtonsError, Edge


class FakePins:
    """A `Pins`, and with `open` what opens it."""

    def __init__(self) -> None:
        self._edge: Edge | None = None
        self._down: set[str] = set()
        self._trouble: ButtonsError | None = None
        self.on = False
        self.opened, self.lit = threading.Event(), threading.Event()  # for who waits for it

    def open(self, config: schema.Buttons, edge: Edge) -> FakePins:
        """Stands in for `open_pins`."""
        self._check()
        self._edge = edge
        self.opened.set()
        return self

    # -- the Pins -----------------------------------------------------------------------------------------------------

    @property
    def down(self) -> frozenset[str]:
        """See Pins."""
        return frozenset(self._down)

    def light(self, on: bool) -> None:
        """See Pins."""
        self._check()
        self.on = on
        if on:
            self.lit.set()

    def close(self) -> None:
        """See Pins."""
        self._edge, self.on = None, False

    # -- fingers and faults -------------------------------------------------------------------------------------------

    def press(self, button: str) -> None:
        """A finger goes down on it."""
        self._down.add(button)
        if self._edge is not None:
            self._edge(button, True)

    def release(self, button: str) -> None:
        """And up."""
        self._down.discard(button)
        if self._edge is not None:
            self._edge(button, False)

    def fail(self, code: str) -> None:
        """From here on the pins cannot be used."""
        self._trouble = ButtonsError(code, f"the fake pins fail ({code}): call mend()")

    def mend(self) -> None:
        """They can be used again."""
        self._trouble = None

    def _check(self) -> None:
        if self._trouble is not None:
            raise self._trouble
