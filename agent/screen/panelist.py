"""Whoever speaks with the panel: one thread that may hang in a driver, so that the screen's thread never does.

A call that does not come back counts as a lost panel; nothing more is tried until it has come back. Opens again with
back-off, so that a panel that is there again is used within 5 s; tells the core once when it is lost, once when back.
Not here: what is drawn (loop.py), drivers (driver.py).
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from agent.config import schema
from agent.messages import Observation, SensorBack, SensorLost
from agent.screen.protocol import Panel, Picture, ScreenError

STREAM = "screen"
FIRST_BACKOFF_S = 0.5
LONGEST_BACKOFF_S = 2.0
STUCK_S = 3.0  # a picture takes milliseconds, opening a panel tenths of a second
SLICE_S = 0.5  # between two beats while a call is waited for
# one loss, as seen by one attempt after the other
GONE = ("unplugged", "not_found", "busy", "stuck", "refused", "silent", "too_short")

T = TypeVar("T")
log = logging.getLogger(__name__)


class Panelist:
    """Used by one thread, the screen's."""

    def __init__(
        self,
        open_panel: Callable[[schema.Screen], Panel],
        put: Callable[[Observation], object],
        beat: Callable[[], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._open, self._put, self._beat, self._clock = open_panel, put, beat, clock
        self._calls: queue.SimpleQueue[_Call[Any] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._hanging: _Call[Any] | None = None
        self._panel: Panel | None = None
        self._trouble: str | None = None  # code under which it was reported lost
        self._backoff_s, self.again_s = FIRST_BACKOFF_S, clock()
        self.shown_s = clock()  # when the panel last took something

    @property
    def panel(self) -> Panel | None:
        """None while it is lost."""
        return self._panel

    def open(self, config: schema.Screen) -> Panel | None:
        """The panel, after one attempt where it is time for one; one just opened shows nothing of ours yet."""
        if self._panel is None and self._clock() >= self.again_s:
            try:
                self._panel = self._call(lambda: self._open(config), late=lambda panel: panel.close())
            except ScreenError as error:
                self.lose(error)
        return self._panel

    def show(self, picture: Picture, left: int = 0, top: int = 0) -> bool:
        """The pixels are in the buffer: True. The panel is lost: False."""
        panel = self._panel
        if panel is None:
            return False
        try:
            self._call(lambda: panel.show(picture, left, top), late=lambda _: panel.close())
        except ScreenError as error:
            self.lose(error)
            return False
        if self._trouble is not None:
            self._put(SensorBack(self._clock(), STREAM))
        self._trouble, self._backoff_s, self.shown_s = None, FIRST_BACKOFF_S, self._clock()
        return True

    def lose(self, error: ScreenError) -> None:
        """Lets go of it and says so, once for each reason."""
        self.close()
        self.again_s = self._clock() + self._backoff_s
        self._backoff_s = min(2 * self._backoff_s, LONGEST_BACKOFF_S)
        again = error.code == self._trouble or (error.code in GONE and self._trouble in GONE)
        if not again:
            self._put(SensorLost(self._clock(), STREAM, error.code, str(error)))
        self._trouble = self._trouble if again else error.code

    def close(self) -> None:
        """Lets go of the panel; the next `open` may come at once."""
        panel, self._panel, self.again_s = self._panel, None, self._clock()
        if panel is not None and not self._stuck:
            try:
                self._call(panel.close, late=lambda _: None)
            except ScreenError as error:
                log.info("the panel did not close: %s", error)

    def stop(self) -> None:
        """The end: a driver that hangs is left behind."""
        self.close()
        self._calls.put(None)

    @property
    def _stuck(self) -> bool:
        return self._hanging is not None and not self._hanging.done.is_set()

    def _call(self, work: Callable[[], T], late: Callable[[T], None]) -> T:
        """In the panel's thread. ScreenError `stuck` where it hangs; `late` is what is done when it comes back."""
        if self._stuck:
            raise _stuck()
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="panel", daemon=True)
            self._thread.start()
        call = _Call(work, late)
        self._calls.put(call)
        for _ in range(round(STUCK_S / SLICE_S)):
            if call.done.wait(SLICE_S):
                return call.answer()
            self._beat()
        if call.give_up():
            self._hanging = call
            raise _stuck()
        return call.answer()

    def _work(self) -> None:
        """The body of the panel's thread. Anything but a ScreenError is a bug and ends the process."""
        while (call := self._calls.get()) is not None:
            call.run()


class _Call(Generic[T]):
    """One call into the panel, and who cleans up when nobody waits for it any more."""

    def __init__(self, work: Callable[[], T], late: Callable[[T], None]) -> None:
        self._work, self._late = work, late
        self._lock = threading.Lock()
        self._given_up = False
        self._answer: list[T] = []
        self._error: ScreenError | None = None
        self.done = threading.Event()

    def run(self) -> None:
        try:
            answer = self._work()
            with self._lock:
                self._answer.append(answer)
            if self._given_up:
                self._late(answer)
        except ScreenError as error:
            self._error = error
        finally:
            self.done.set()

    def give_up(self) -> bool:
        """False: it has just come back."""
        with self._lock:
            self._given_up = not self._answer and self._error is None
            return self._given_up

    def answer(self) -> T:
        if self._error is not None:
            raise self._error
        if not self._answer:
            raise RuntimeError("the panel's thread has failed, see above")
        return self._answer[0]


def _stuck() -> ScreenError:
    return ScreenError(
        "stuck", "the panel's driver does not come back: look at its cable and at `dmesg`; it is tried again"
    )
