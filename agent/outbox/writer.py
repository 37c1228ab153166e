"""The one thread that touches the file: takes what has gathered, commits it, says so; and keeps at it when it cannot.

When a commit fails the file is closed and opened again, because only the file knows whether the transaction is in it:
`commits` in the file counts transactions, and one more than before means that it is. So nothing is stored twice under
two numbers, and nobody is told that something is stored which is not.

Not here: SQL (store.py), what gathers (inbox.py), who is told (outbox.py).
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from agent.messages import Snapshot
from agent.outbox.board import Board
from agent.outbox.faults import Faults
from agent.outbox.inbox import Group, Inbox
from agent.outbox.protocol import Batch, OutboxError, Receipt, Stamp
from agent.outbox.ranges import Dropped
from agent.outbox.rescue import Rescues, take_up
from agent.outbox.reserve import RESERVE_BYTES, Reserve
from agent.outbox.salvage import salvage, set_aside
from agent.outbox.store import Store, Written
from agent.outbox.window import Window
from wire.topics import Topics

IDLE_S = 5.0  # how often the reserve is looked after when there is nothing to do
PAUSE_S = (0.5, 30.0)  # first and longest pause before a disk that refused is tried again
DAMAGED = ("corrupt", "newer_format")
LASTING = ("disk_full", "file_gone")  # not over with the next commit that goes well
FLUSH_TRIES = 3  # at the end

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Place:
    """Which file, for whom, how large."""

    path: Path
    topics: Topics
    boot: str
    max_bytes: int
    reserve_bytes: int = RESERVE_BYTES


class Writer:
    """Runs in its own thread from `run` to `stop`; other threads see its work through board and window."""

    def __init__(
        self,
        place: Place,
        inbox: Inbox,
        window: Window,
        board: Board,
        faults: Faults,
        stamp: Callable[[], Stamp],
        changed: Callable[[], None],
    ) -> None:
        self.opened = threading.Event()  # the first try to open the file is over
        self.refusal: OutboxError | None = None  # why the file could not be read then
        self.snapshot: Snapshot | None = None
        self.committed_wall_s: float | None = None
        self._place = place
        self._inbox, self._window, self._board, self._faults = inbox, window, board, faults
        self._stamp, self._changed = stamp, changed
        self._reserve = Reserve(place.path, place.reserve_bytes)
        self._store: Store | None = None
        self._doubt: tuple[Group, int, int] | None = None  # the group, `commits` and `next_sequence` before it
        self._stop = threading.Event()
        self._wait_s = 0.0  # before the next try to open
        self._pause_s = PAUSE_S[0]  # what that will be after the next failure
        self._fresh = True  # no file was opened yet in this boot
        self._damages = 0
        self._rescues = Rescues()

    def run(self) -> None:
        while not self._stop.is_set():
            if self._store is not None or self._open_after_pause():
                self._round(self._inbox.take(IDLE_S))
        self._flush()

    def stop(self) -> None:
        """What is in the inbox is still written, as far as the disk lets it."""
        self._stop.set()
        self._inbox.nudge()

    def _round(self, group: Group) -> None:
        if self._store is None:
            return
        try:
            if group.urgent or group.lazy_rows:
                self._write(self._store, group)
            else:
                self._hold(self._store)
            self._fill_window()
        except OutboxError as error:
            self._trouble(error)
        if not self._reserve.held and self._reserve.lay_down():
            self._faults.clear("outbox", "disk_full")

    def _hold(self, store: Store) -> None:
        """Says while the file is gone and cannot be written again. OutboxError when it was: open it."""
        if (adrift := store.hold()) is None:
            self._faults.clear("outbox", "file_gone")
        else:
            self._faults.raise_fault("outbox", adrift.code, str(adrift))

    def _write(self, store: Store, group: Group) -> None:
        before = (group, store.commits, store.next_sequence)
        try:
            self._hold(store)
            written = store.write(group, self._stamp())
        except OutboxError as error:
            self._doubt = before
            self._trouble(error)
            return
        self._settle(store, group, written)

    def _settle(self, store: Store, group: Group, written: Written) -> None:
        for sequence in written.dropped:
            self._window.remove(sequence)
        if written.rows and self._window.loaded_to == written.rows[0].sequence - 1:
            self._window.load(written.rows[: self._window.space])
        self._show(store)
        self._pause_s = PAUSE_S[0]
        self._faults.clear("outbox", *(code for code in self._faults.open("outbox") if code not in LASTING))
        for pending, receipt in zip(group.batches, written.receipts, strict=True):
            pending.done.set_result(receipt)
        self._changed()

    def _show(self, store: Store) -> None:
        self._board.show(
            states=store.states(),
            results=store.results(),
            last_sequence=store.next_sequence - 1,
            waiting=store.waiting,
        )

    def _fill_window(self) -> None:
        store, window = self._store, self._window
        if store is None or not window.low or window.loaded_to >= store.next_sequence - 1:
            return
        space = window.space
        rows = store.after(window.loaded_to, space)
        window.load(rows)
        if len(rows) < space:
            window.loaded_to = store.next_sequence - 1
        self._changed()

    def _open_after_pause(self) -> bool:
        return not self._stop.wait(self._wait_s) and self._open()

    def _open(self) -> bool:
        place = self._place
        try:
            place.path.parent.mkdir(parents=True, exist_ok=True)
            if self._fresh:
                take_up(place.path)
            self._store = Store(
                place.path,
                place.topics,
                place.boot,
                max_bytes=place.max_bytes,
                check=self._fresh,
                rescues=self._rescues,
            )
            self._demand_all_numbers(self._store)
            self._restore(self._store)
        except OutboxError as error:
            self._trouble(error)
        except OSError as error:
            sentence = f"outbox {place.path}: {error}: create the directory and give it to the agent's user"
            self._trouble(OutboxError("cannot_open", sentence))
        if self._store is not None or self._wait_s > 0:  # else something was done about it: once more, at once
            self.opened.set()
        return self._store is not None

    def _demand_all_numbers(self, store: Store) -> None:
        """Numbers given in this boot must be in the file: one that was put in place of ours would give them twice."""
        if not self._fresh and store.next_sequence <= self._board.last_sequence:
            sentence = f"outbox {store.path}: an older file lies in the place of ours (next {store.next_sequence})"
            raise OutboxError("corrupt", sentence)

    def _restore(self, store: Store) -> None:
        if self._fresh:
            store.offer_parked_again()
            self._faults.seed(store.faults())
            self.committed_wall_s = store.committed_wall_s
            try:
                self.snapshot = store.snapshot()
            except ValueError as error:
                self._faults.raise_fault("outbox", "snapshot_unreadable", f"the core starts from nothing: {error}")
            self._fresh = False
        self._show(store)
        self._settle_doubt(store)
        self._fill_window()
        if self._reserve.lay_down():
            self._faults.clear("outbox", "disk_full")

    def _settle_doubt(self, store: Store) -> None:
        """After a failed commit: is it in the file or not?"""
        if self._doubt is None:
            return
        (group, commits, first), self._doubt = self._doubt, None
        if store.commits != commits + 1:
            self._inbox.put_back(group)
            return
        count = sum(len(pending.events) for pending in group.batches)
        number, receipts = store.next_sequence - count, []
        for pending in group.batches:
            receipts.append(Receipt.of(number, len(pending.events)))
            number += len(pending.events)
        log.info("outbox: the commit that failed is on disk after all (from number %d)", first)
        self._settle(store, group, Written(tuple(receipts), (), ()))

    def _trouble(self, error: OutboxError) -> None:
        """Closes the file; the next round opens it again, at once where something was done about it."""
        self._close()
        mended = False
        if error.code in DAMAGED:
            error = self._start_anew(error)
            self._damages += 1
            mended = self._damages == 1  # a card that damages each file must not keep us renaming
        elif error.code == "file_gone":
            mended = True
        elif error.code == "disk_full":
            mended = self._reserve.give_up()
        if not mended and not self.opened.is_set():
            self.refusal = error
        self._wait_s = 0.0 if mended else self._pause_s
        self._pause_s = self._pause_s if mended else min(PAUSE_S[1], self._pause_s * 2)
        self._faults.raise_fault("outbox", error.code, str(error))

    def _start_anew(self, error: OutboxError) -> OutboxError:
        """Sets the damaged file aside and moves what can be read into a new one; what to tell about it."""
        place, window = self._place, self._window
        try:
            aside = set_aside(place.path)
            found = salvage(aside)
            left = window.after(0, len(window))
            found.add_rows(left)
            number = found.next_sequence(self._board.last_sequence + 1)
            store = Store(place.path, place.topics, place.boot, max_bytes=place.max_bytes, check=False)
            store.adopt(found, number)
            store.close()
        except OSError as refused:
            return OutboxError("cannot_open", f"{error}; and it cannot be set aside: {refused}")
        except OutboxError as refused:
            return refused
        missing = found.missing(left[0].sequence if left else None, number)
        self._inbox.put(Batch(events=tuple(Dropped.of(missing).events(str(error), self._stamp()))))
        sentence = f"{error}; set aside as {aside.name}, {len(found.events)} waiting events saved"
        if self._fresh and not found.snapshots:
            sentence += ", stock and baskets of the last run are lost: count the stock again"
        return OutboxError(error.code, sentence)

    def _close(self) -> None:
        if self._store is not None:
            self._store.close()
            self._store = None

    def _flush(self) -> None:
        self._rescues.try_now()
        for _ in range(FLUSH_TRIES):
            if self._store is not None or self._open():
                group = self._inbox.drain()
                self._round(group)
                if self._store is not None and not (group.urgent or group.lazy_rows):
                    break
        self._close()
        if self._doubt is not None:
            self._inbox.put_back(self._doubt[0])
        for pending in self._inbox.drain().batches:
            pending.done.set_exception(OutboxError("stopped", "the outbox was stopped while the disk refused"))
