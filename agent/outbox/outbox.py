"""The outbox as the rest of the agent sees it: hand over a batch, be told when it is on disk; offer what waits.

Any thread may call anything here. The core's side commits; the uplink's side reads in strict order and says what the
broker has accepted. Not here: the file (store.py), the thread's work (writer.py).
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path

import msgspec

from agent.messages import Snapshot
from agent.outbox.board import Board
from agent.outbox.faults import Faults
from agent.outbox.inbox import MEMORY_EVENTS, Inbox
from agent.outbox.protocol import (
    Batch,
    OutboxError,
    Receipt,
    ResultRow,
    Row,
    Stamp,
    Waiting,
    parted,
    unknown_clock,
)
from agent.outbox.reserve import RESERVE_BYTES
from agent.outbox.window import Window
from agent.outbox.writer import Place, Writer
from wire.topics import Topics

OPEN_S = 60.0  # limit of a check of 64 MB on a slow card
STOP_S = 10.0


class Outbox:
    """Events on disk until the broker has accepted them, with the state and the snapshot that belong to them."""

    def __init__(
        self,
        path: Path,
        topics: Topics,
        boot: str,
        *,
        max_mb: float = 64.0,
        stamp: Callable[[], Stamp] = unknown_clock,
        reserve_bytes: int = RESERVE_BYTES,
    ) -> None:
        """`boot`: a short name drawn anew at each start. `stamp`: now, for what the outbox itself has to tell."""
        max_bytes = int(max_mb * 1e6)
        self.topics = topics
        self.boot = boot
        self._inbox = Inbox(min(MEMORY_EVENTS, max(512, max_bytes // 2048)))
        self._window = Window()
        self._board = Board()
        self._listener: Callable[[], None] = lambda: None
        self.faults = Faults(self._inbox.put, stamp)
        place = Place(path, topics, boot, max_bytes, reserve_bytes)
        self._writer = Writer(place, self._inbox, self._window, self._board, self.faults, stamp, self._tell)
        self._thread = threading.Thread(target=self._writer.run, name="outbox", daemon=True)

    def start(self) -> None:
        """Returns when the file has been opened or has refused; a file that refuses is tried again for ever, and
        meanwhile events wait in memory."""
        self._thread.start()
        if not self._writer.opened.wait(OPEN_S):
            raise OutboxError("slow", f"the outbox could not be checked within {OPEN_S:.0f} s: look at the disk")

    def stop(self) -> None:
        """Writes what was handed over and closes the file; may be called twice."""
        self._writer.stop()
        if self._thread.is_alive():
            self._thread.join(STOP_S)

    @property
    def alive(self) -> bool:
        """The writer thread runs. Once started it ends only by `stop` or by a mistake of ours."""
        return self._thread.is_alive()

    @property
    def refusal(self) -> OutboxError | None:
        """Why the file could not be read at the start; None: it was. After a refusal nobody knows what the last boot
        left, so `snapshot` says nothing."""
        return self._writer.refusal

    @property
    def snapshot(self) -> Snapshot | None:
        """The core as the last boot left it, read at the start; None: there is none in the file."""
        return self._writer.snapshot

    @property
    def committed_wall_s(self) -> float | None:
        """Unix time of the last boot's last commit; None when its clock was unknown then."""
        return self._writer.committed_wall_s

    def commit(self, batch: Batch) -> Future[Receipt]:
        """Hands the batch to the writer thread and returns at once. The future is done when it is on disk; what the
        broker gets to see is on disk before. It fails with OutboxError only where a disk refused for so long that
        memory ran full; a gap event tells that too."""
        kept, passing = parted(batch)
        if passing:
            self._board.pass_on({state.payload.kind: msgspec.json.encode(state.payload) for state in passing})
            self._tell()
            if kept == Batch():
                return _nothing_to_wait_for()
        return self._inbox.put(kept)

    def waiting(self) -> Waiting:
        """Events on disk that no broker has accepted."""
        return self._board.waiting

    def listen(self, changed: Callable[[], None]) -> None:
        """`changed` is called whenever there is something new to send, by the writer's thread or by who commits. There
        is one listener, the newest."""
        self._listener = changed

    @property
    def last_sequence(self) -> int:
        """The newest number on disk, 0 before the first."""
        return self._board.last_sequence

    def after(self, sequence: int, limit: int) -> list[Row]:
        """The next waiting events beyond `sequence`, in order."""
        return self._window.after(sequence, limit)

    def states(self) -> dict[str, bytes]:
        """Kind -> newest body, to be retained."""
        return self._board.states()

    def results(self) -> list[ResultRow]:
        """Answers to commands that wait, oldest first."""
        return self._board.results()

    def accepted(self, sequence: int) -> None:
        """The broker has it: it leaves the disk."""
        if self._window.remove(sequence):
            self._inbox.accepted(sequence)
            self._read_on()

    def parked(self, sequence: int, reason: str) -> None:
        """Set aside until the next start; it stays on disk."""
        if self._window.remove(sequence):
            self._inbox.parked(sequence, reason)
            self._read_on()

    def answered(self, number: int) -> None:
        """The broker has this answer."""
        self._board.answered(number)
        self._inbox.answered(number)

    def _read_on(self) -> None:
        if self._window.low and self._window.loaded_to < self._board.last_sequence:
            self._inbox.nudge()

    def _tell(self) -> None:
        self._listener()


def _nothing_to_wait_for() -> Future[Receipt]:
    done: Future[Receipt] = Future()
    done.set_result(Receipt(None, None))
    return done
