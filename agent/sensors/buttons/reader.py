"""The thread `buttons`: presses in, the light out; SensorLost and SensorBack when the pins go and come.

Sleeps until an edge, a change of the light or the end of a long press. Not here: pins (driver.py), what a press means
(agent/buttons.py).
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from contextlib import suppress

from agent.config import schema
from agent.messages import Observation, SensorBack, SensorLost
from agent.sensors.buttons.driver import open_pins
from agent.sensors.buttons.lamp import Light
from agent.sensors.buttons.presses import Presses
from agent.sensors.buttons.protocol import ButtonsError, Edge, Pins

STREAM = "buttons"
QUEUE = 64  # edges; a wire that picks up noise must not fill memory
RETRY_S = 30.0  # a pin that is busy may be freed; nobody waits for it at the shelf
BEAT_S = 5.0  # half of the supervisor's patience
LEAST_S = 0.005  # between two looks: a clock of finite steps must not make it spin

Moment = tuple[str, bool, float]


class ButtonsReader:
    """`run` is the body of the thread; `stop` may come from any other and wakes it."""

    def __init__(
        self,
        config: schema.Buttons,
        put: Callable[[Observation], object],
        light: Light,
        *,
        open_pins: Callable[[schema.Buttons, Edge], Pins] = open_pins,
        clock: Callable[[], float] = time.monotonic,
        beat: Callable[[], None] = lambda: None,
    ) -> None:
        self._config, self._put, self._light, self._open = config, put, light, open_pins
        self._clock, self._beat = clock, beat
        self._edges: queue.Queue[Moment | None] = queue.Queue(QUEUE)
        self._stopping = threading.Event()
        self._trouble: str | None = None  # code under which the stream was reported lost
        light.wake = self._wake

    def run(self) -> None:
        """Until `stop`."""
        while not self._stopping.is_set():
            self._beat()
            try:
                pins = self._open(self._config, self._edge)
                try:
                    self._follow(pins)
                finally:
                    pins.close()
            except ButtonsError as error:
                self._lose(error.code, str(error))
                self._rest()

    def stop(self) -> None:
        """Ends `run`."""
        self._stopping.set()
        self._wake()

    def _follow(self, pins: Pins) -> None:
        presses, shown = Presses(), None
        presses.found_down(pins.down)
        self._judge(presses)
        while not self._stopping.is_set():
            self._beat()
            now_s = self._clock()
            for pressed in presses.pass_time(now_s, pins.down):
                self._put(pressed)
            self._judge(presses)
            on, changes_s = self._light.at(now_s)
            if on != shown:
                pins.light(on)
                shown = on
            self._take(presses, min(changes_s, presses.next_s()) - now_s)

    def _take(self, presses: Presses, wait_s: float) -> None:
        """Waits for an edge, and hands on the press that it ends."""
        try:
            moment = self._edges.get(timeout=min(max(wait_s, LEAST_S), BEAT_S))
        except queue.Empty:
            return
        if moment is not None and (pressed := presses.edge(*moment)) is not None:
            self._put(pressed)

    def _judge(self, presses: Presses) -> None:
        """A button that is down for ever is a fault, and over when it is up."""
        if presses.stuck:
            names = " and ".join(sorted(presses.stuck))
            self._lose("stuck", f"button {names} is down all the time: look at its wires, and what leans on it")
        elif self._trouble is not None:
            self._trouble = None
            self._put(SensorBack(self._clock(), STREAM))

    def _lose(self, code: str, reason: str) -> None:
        """Says it once for each reason, not at each attempt."""
        if code != self._trouble and not self._stopping.is_set():
            self._trouble = code
            self._put(SensorLost(self._clock(), STREAM, code, reason))

    def _rest(self) -> None:
        """Before the next attempt; edges of before mean nothing by then."""
        until_s = time.monotonic() + RETRY_S
        while not self._stopping.is_set() and (left_s := until_s - time.monotonic()) > 0:
            self._beat()
            self._stopping.wait(min(left_s, BEAT_S))
        with suppress(queue.Empty):
            while True:
                self._edges.get_nowait()

    def _edge(self, button: str, down: bool) -> None:
        """From the library's thread."""
        with suppress(queue.Full):
            self._edges.put_nowait((button, down, self._clock()))

    def _wake(self) -> None:
        with suppress(queue.Full):  # then it is awake anyway
            self._edges.put_nowait(None)
