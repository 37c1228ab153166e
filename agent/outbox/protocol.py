"""The words of the outbox: what goes in, what comes out, what can go wrong.

Not here: SQL (store.py), the writer thread (outbox.py), how rows reach a broker (agent/uplink/).
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, replace

from agent.messages import Answer, Event, Output, Snapshot, State
from wire.events import Clock
from wire.state import Eyes

PASSING = (Eyes.kind,)  # several times a second, where they are wanted at all


class OutboxError(Exception):
    """The file cannot be used now. `code` is one word for machines, the message a sentence that says what to do."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Batch:
    """What one step of the core leaves behind: on disk as a whole or not at all.

    `snapshot` is given away: the writer thread encodes it, so nobody may change it afterwards.
    """

    events: tuple[Event, ...] = ()
    states: tuple[State, ...] = ()
    answers: tuple[Answer, ...] = ()
    snapshot: Snapshot | None = None

    @classmethod
    def of(cls, outputs: Iterable[Output], snapshot: Snapshot | None = None) -> Batch:
        """The outputs of the core sorted by kind; their order within a kind stays."""
        told = tuple(outputs)
        return cls(
            events=tuple(x for x in told if isinstance(x, Event)),
            states=tuple(x for x in told if isinstance(x, State)),
            answers=tuple(x for x in told if isinstance(x, Answer)),
            snapshot=snapshot,
        )


def parted(batch: Batch) -> tuple[Batch, tuple[State, ...]]:
    """What is to be kept, and states that hold for a moment only: they are worth no commit, and no second boot."""
    passing = tuple(state for state in batch.states if state.payload.kind in PASSING)
    if not passing:
        return batch, ()
    return replace(batch, states=tuple(state for state in batch.states if state not in passing)), passing


@dataclass(frozen=True, slots=True)
class Receipt:
    """A batch is on disk. Its events have the numbers `first_sequence..last_sequence`; None: it had no events."""

    first_sequence: int | None
    last_sequence: int | None

    @classmethod
    def of(cls, first: int, count: int) -> Receipt:
        return cls(first, first + count - 1) if count else cls(None, None)


@dataclass(frozen=True, slots=True)
class Row:
    """One event as it waits on disk; `body` is the CloudEvent, byte for byte as it goes out."""

    sequence: int
    boot: str
    kind: str
    body: bytes


@dataclass(frozen=True, slots=True)
class ResultRow:
    """One answer to a command that waits; `number` names it here, `id` is the command's."""

    number: int
    id: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Waiting:
    """Events on disk: `events` still to be accepted, of these `parked` set aside."""

    events: int
    parked: int


@dataclass(frozen=True, slots=True)
class Stamp:
    """Now, for what the outbox itself has to tell: monotonic seconds, unix time or None, the clock's quality."""

    at_s: float
    wall_s: float | None
    clock: Clock


def unknown_clock() -> Stamp:
    """The stamp of a device whose wall clock nobody has vouched for yet."""
    return Stamp(time.monotonic(), None, Clock(synced=False))
