"""Gathers what has to be written until the writer thread takes it, all at once: one transaction, one fsync.

While one group is being synced the next one grows, so a burst costs a few transactions instead of one an event.
It never blocks: the core must go on weighing while a disk is full. Instead it is bounded, and beyond the bound the
oldest events, which have no number yet, are given up and counted; the next commit says so in a gap event.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from concurrent.futures import Future
from dataclasses import dataclass, field

from agent.messages import Event, Snapshot
from agent.outbox.protocol import Batch, OutboxError, Receipt
from wire.commands import Result
from wire.state import StatePayload

MEMORY_EVENTS = 10_000  # about 10 MB; hours of a busy shelf with a disk that refuses
MOST_RESULTS = 256  # answers kept for a broker that is away; a hub that still waits for older ones asks again
LAZY_S = 0.5  # deletions alone wait this long for company: a crash before them only makes doubles
LAZY_ROWS = 64


@dataclass(slots=True)
class Pending:
    """The events of one batch and who waits for them."""

    events: tuple[Event, ...]
    done: Future[Receipt]


@dataclass(slots=True)
class Group:
    """The content of one transaction."""

    batches: deque[Pending] = field(default_factory=deque)
    states: dict[str, StatePayload] = field(default_factory=dict)
    results: list[Result] = field(default_factory=list)
    snapshot: Snapshot | None = None
    accepted: set[int] = field(default_factory=set)
    parked: dict[int, str] = field(default_factory=dict)
    answered: set[int] = field(default_factory=set)
    unnumbered: int = 0  # events that the bound on memory cost

    @property
    def urgent(self) -> bool:
        """Somebody waits for it."""
        return bool(self.batches or self.states or self.results or self.snapshot is not None or self.unnumbered)

    @property
    def lazy_rows(self) -> int:
        return len(self.accepted) + len(self.parked) + len(self.answered)

    def then(self, newer: Group) -> Group:
        """Both as one, the newer after this one."""
        return Group(
            batches=deque([*self.batches, *newer.batches]),
            states=self.states | newer.states,
            results=[*self.results, *newer.results],
            snapshot=self.snapshot if newer.snapshot is None else newer.snapshot,
            accepted=self.accepted | newer.accepted,
            parked=self.parked | newer.parked,
            answered=self.answered | newer.answered,
            unnumbered=self.unnumbered + newer.unnumbered,
        )


class Inbox:
    """Filled by any thread, emptied by the writer thread."""

    def __init__(self, memory_events: int = MEMORY_EVENTS) -> None:
        self._changed = threading.Condition()
        self._group = Group()
        self._events = 0
        self._memory_events = memory_events
        self._nudged = False
        self._lazy_since_s: float | None = None

    def put(self, batch: Batch) -> Future[Receipt]:
        """Done when the batch is on disk; fails with OutboxError "dropped" when it had to go."""
        done: Future[Receipt] = Future()
        done.set_running_or_notify_cancel()  # what is handed over cannot be called back
        with self._changed:
            group = self._group
            group.batches.append(Pending(batch.events, done))
            group.states.update((state.payload.kind, state.payload) for state in batch.states)
            group.results = [*group.results, *(answer.result for answer in batch.answers)][-MOST_RESULTS:]
            group.snapshot = group.snapshot if batch.snapshot is None else batch.snapshot
            self._events += len(batch.events)
            given_up = self._keep_bound()
            self._changed.notify()
        _fail(given_up)
        return done

    def put_back(self, older: Group) -> None:
        """A group that could not be written goes before what came meanwhile."""
        with self._changed:
            self._group = older.then(self._group)
            self._lazy_since_s = time.monotonic()
            self._events = sum(len(pending.events) for pending in self._group.batches)
            given_up = self._keep_bound()
        _fail(given_up)

    def accepted(self, sequence: int) -> None:
        with self._changed:
            self._group.accepted.add(sequence)
            self._lazily()

    def parked(self, sequence: int, reason: str) -> None:
        with self._changed:
            self._group.parked[sequence] = reason
            self._lazily()

    def answered(self, number: int) -> None:
        with self._changed:
            self._group.answered.add(number)
            self._lazily()

    def nudge(self) -> None:
        """Wakes the writer though there may be nothing to write."""
        with self._changed:
            self._nudged = True
            self._changed.notify()

    def take(self, timeout_s: float) -> Group:
        """Everything gathered, as soon as somebody waits for it; an empty group after the time-out or a nudge."""
        until_s = time.monotonic() + timeout_s
        with self._changed:
            while not self._due() and (wait_s := self._wake_s(until_s) - time.monotonic()) > 0:
                self._changed.wait(wait_s)
            self._nudged = False
            if not self._due():
                return Group()
            group, self._group = self._group, Group()
            self._events, self._lazy_since_s = 0, None
            return group

    def drain(self) -> Group:
        """Everything gathered, due or not; for the end."""
        with self._changed:
            group, self._group = self._group, Group()
            self._events, self._lazy_since_s = 0, None
            return group

    def _lazily(self) -> None:
        if self._lazy_since_s is None:
            self._lazy_since_s = time.monotonic()
            self._changed.notify()
        if self._group.lazy_rows >= LAZY_ROWS:
            self._changed.notify()

    def _wake_s(self, until_s: float) -> float:
        if self._nudged:
            return 0.0
        return until_s if self._lazy_since_s is None else min(until_s, self._lazy_since_s + LAZY_S)

    def _due(self) -> bool:
        group = self._group
        if group.urgent or group.lazy_rows >= LAZY_ROWS:
            return True
        return self._lazy_since_s is not None and time.monotonic() >= self._lazy_since_s + LAZY_S

    def _keep_bound(self) -> list[Pending]:
        given_up = []
        while max(self._events, len(self._group.batches)) > self._memory_events:
            pending = self._group.batches.popleft()
            self._events -= len(pending.events)
            self._group.unnumbered += len(pending.events)
            given_up.append(pending)
        return given_up


def _fail(given_up: list[Pending]) -> None:
    """Outside the lock: a future runs its callbacks in this thread."""
    for pending in given_up:
        pending.done.set_exception(
            OutboxError("dropped", "the disk refuses and memory is full: the oldest events went; see the gap event"),
        )
