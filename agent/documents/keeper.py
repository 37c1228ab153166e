"""The thread `documents`: hears what the hub wants and lets nothing of it do harm.

Any thread may call `desired` and `wake`; all else happens in this one. Of each kind only the newest message waits, and
messages that come without end are judged one in a while: each may cost writes to a card that wears out.
Not here: what becomes of a message (desk.py), what is in force at a start (beginning.py).
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence

from agent.documents.beginning import Beginning
from agent.documents.desk import Desk
from agent.documents.pace import Bucket
from agent.documents.protocol import Beat, Changes, Files, Kind, NoFiles, Signs, StopError
from wire.reported import ReportedPayload
from wire.topics import DOCUMENTS

TURN_S = 1.0  # how often it is looked how the agent does
MESSAGES, MESSAGE_S = 100, 2.0  # of each kind so many are judged at once, then one in this time
LINE_S = 5.0  # between two lines on messages that were passed over

log = logging.getLogger(__name__)


class Keeper:
    """`run` is the body of the thread; `stop` ends it. `kinds`: those beside `config`; a kind that is not among them is
    not heard. ValueError where the beginning has no store."""

    def __init__(
        self,
        beginning: Beginning,
        kinds: Sequence[Kind],
        changes: Changes,
        signs: Callable[[], Signs],
        report: Callable[[ReportedPayload], None],
        *,
        files: Files | None = None,
        device_key: bytes = b"",
        wall_s: Callable[[], float | None] = lambda: None,
        beat: Beat = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._beat, self._clock = beat, clock
        self._changed = threading.Condition()
        self._inbox: dict[str, bytes] = {}
        self._pace = {kind: Bucket(MESSAGES, MESSAGE_S, clock) for kind in DOCUMENTS}
        self._lines, self._passed_over = Bucket(1, LINE_S, clock), 0
        self._files_changed = False
        self._stopping = False
        self._desk = Desk(
            beginning,
            kinds,
            changes,
            signs,
            report,
            files=files or NoFiles(),
            device_key=device_key,
            wall_s=wall_s,
            beat=self._still,
            clock=clock,
        )

    def desired(self, kind: str, body: bytes) -> None:
        """A message of `<kind>/desired`. Never blocks."""
        if kind not in DOCUMENTS:
            return
        with self._changed:
            if kind in self._inbox:
                self._passed_over += 1
            else:
                self._changed.notify()
            self._inbox[kind] = body

    def wake(self) -> None:
        """A file has become whole, or something of one has come."""
        with self._changed:
            self._files_changed = True
            self._changed.notify()

    def run(self) -> None:
        """Until it is stopped."""
        try:
            self._desk.start()
            turned_s = self._clock()
            while not self._stopping:
                self._beat()
                self._take(self._wait(TURN_S - (self._clock() - turned_s)))
                if self._clock() - turned_s >= TURN_S:
                    turned_s = self._clock()
                    self._desk.turn()
                    self._tell_passed_over()
        except StopError:
            pass  # told to stop in the middle of a proof

    def stop(self) -> None:
        """`run` returns soon. May be called twice."""
        with self._changed:
            self._stopping = True
            self._changed.notify()

    def end(self) -> None:
        """To be called last, when the process ends because it was told to and every part has stopped in time: a trial
        then goes on after the next start. Not called: the next start takes it back."""
        self._desk.end()

    def _wait(self, timeout_s: float) -> tuple[dict[str, bytes], bool]:
        with self._changed:
            waits_s = [self._pace[kind].wait_s() for kind in self._inbox]
            if not self._files_changed and not self._stopping and 0.0 not in waits_s:
                self._changed.wait(max(0.0, min([timeout_s, *waits_s])))
            inbox = {kind: self._inbox.pop(kind) for kind in tuple(self._inbox) if self._pace[kind].take()}
            files_changed, self._files_changed = self._files_changed, False
            return inbox, files_changed

    def _take(self, news: tuple[dict[str, bytes], bool]) -> None:
        inbox, files_changed = news
        for kind in DOCUMENTS:  # config first: it says whose documents are obeyed
            if kind in inbox and not self._stopping:
                self._desk.take(kind, inbox[kind])
        if files_changed:
            self._desk.files_changed()

    def _tell_passed_over(self) -> None:
        with self._changed:
            if not self._passed_over or not self._lines.take():
                return
            passed_over, self._passed_over = self._passed_over, 0
        log.warning("documents: %d messages were passed over, as newer ones of their kind came", passed_over)

    def _still(self) -> None:
        """The beat of long work, which stops where it is when the process is to end."""
        self._beat()
        if self._stopping:
            raise StopError
