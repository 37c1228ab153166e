"""The thread `documents`: hears what the hub wants and lets nothing of it do harm.

Any thread may call `desired` and `wake`; all else happens in this one. Of each kind only the newest message waits.
Not here: what becomes of a message (desk.py), what is in force at a start (beginning.py).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

from agent.documents.beginning import Beginning
from agent.documents.desk import Desk
from agent.documents.protocol import Beat, Changes, Files, Kind, NoFiles, Signs, StopError
from wire.reported import ReportedPayload
from wire.topics import DOCUMENTS

TURN_S = 1.0  # how often it is looked how the agent does


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
            self._inbox[kind] = body
            self._changed.notify()

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
            if not self._inbox and not self._files_changed and not self._stopping:
                self._changed.wait(max(0.0, timeout_s))
            inbox, self._inbox = self._inbox, {}
            files_changed, self._files_changed = self._files_changed, False
            return inbox, files_changed

    def _take(self, news: tuple[dict[str, bytes], bool]) -> None:
        inbox, files_changed = news
        for kind in DOCUMENTS:  # config first: it says whose documents are obeyed
            if kind in inbox and not self._stopping:
                self._desk.take(kind, inbox[kind])
        if files_changed:
            self._desk.files_changed()

    def _still(self) -> None:
        """The beat of long work, which stops where it is when the process is to end."""
        self._beat()
        if self._stopping:
            raise StopError
