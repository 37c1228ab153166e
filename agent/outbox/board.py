"""What is on disk, as far as others than the writer thread must see it: retained states, answers, counts.

And the states that hold only for a moment, and are on no disk.
"""

from __future__ import annotations

import threading

from agent.outbox.protocol import ResultRow, Waiting


class Board:
    """Written by the writer thread after each commit, read by the uplink and by health."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._states: dict[str, bytes] = {}
        self._results: dict[int, ResultRow] = {}
        self._shown_to = 0
        self._last_sequence = 0
        self._waiting = Waiting(0, 0)

    def show(self, *, states: dict[str, bytes], results: list[ResultRow], last_sequence: int, waiting: Waiting) -> None:
        """As it is on disk now."""
        with self._lock:
            self._states.update(states)
            known = self._results.keys()  # one that is not new and not known has been accepted meanwhile
            shown = {row.number: row for row in results if row.number > self._shown_to or row.number in known}
            self._results = shown
            self._shown_to = max([self._shown_to, *shown])
            self._last_sequence = last_sequence
            self._waiting = waiting

    def pass_on(self, states: dict[str, bytes]) -> None:
        """What holds for a moment and is on no disk."""
        with self._lock:
            self._states.update(states)

    def states(self) -> dict[str, bytes]:
        """Kind -> newest body."""
        with self._lock:
            return dict(self._states)

    def results(self) -> list[ResultRow]:
        """Answers not yet accepted, oldest first."""
        with self._lock:
            return [self._results[x] for x in sorted(self._results)]

    def answered(self, number: int) -> None:
        with self._lock:
            self._results.pop(number, None)

    @property
    def last_sequence(self) -> int:
        with self._lock:
            return self._last_sequence

    @property
    def waiting(self) -> Waiting:
        with self._lock:
            return self._waiting
