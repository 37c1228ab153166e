"""How many events a second the outbox commits, against a bare loop of SQLite commits of the same size.

Same disk, same `synchronous=FULL`, same bytes, same events a transaction. The bare loop only inserts; the outbox also
seals the event, numbers it, counts, keeps its budget, and tells who waits, from one thread to another and back.
"""

from __future__ import annotations

import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from agent.messages import Event
from agent.outbox.envelope import seal
from agent.outbox.outbox import Outbox
from agent.outbox.protocol import Batch
from tools.perf.figures import Line, compare
from wire.events import Alternative, Clock, Pick
from wire.topics import Topics

TOPICS = Topics("perf", "shelf")
SINGLE = 300  # commits of one event
GROUPS, GROUP = 20, 100
BURST = 1000

PICK = Pick(
    lane="cola",
    gtin="06901234567892",
    units=1,
    delta_g=-345.2,
    confidence=0.93,
    visitor="v17",
    began_s=1234.5,
    ended_s=1235.1,
    decided_s=1235.4,
    clock=Clock(synced=True, uncertainty_ms=2.5),
    alternatives=(Alternative(lane="cola", gtin="06901234567892", units=2, visitor="v17", probability=0.07),),
)
EVENT = Event(PICK, 1_700_000_000.0)


def measure(rounds: int) -> list[Line]:
    """Events a second, ours and bare."""
    body = seal(EVENT, TOPICS, "b1", 1)
    return [
        compare(
            "one event a commit, waited for", "events/s", rounds, lambda: ours(SINGLE, 1), lambda: bare(SINGLE, 1, body)
        ),
        compare(
            f"{GROUP} events a commit, waited for",
            "events/s",
            rounds,
            lambda: ours(GROUPS, GROUP),
            lambda: bare(GROUPS, GROUP, body),
        ),
        compare(
            f"a burst of {BURST}, handed over one by one",
            "events/s",
            rounds,
            lambda: burst(BURST),
            lambda: bare(1, BURST, body),
        ),
    ]


def ours(commits: int, group: int) -> float:
    """Each commit of the outbox waited for before the next."""
    batch = Batch(events=(EVENT,) * group)
    with fresh() as path, running(path) as outbox:
        begin_s = time.perf_counter()
        for _ in range(commits):
            outbox.commit(batch).result(60)
        return commits * group / (time.perf_counter() - begin_s)


def burst(count: int) -> float:
    """All handed over, then all waited for: the outbox groups them as it sees fit."""
    batch = Batch(events=(EVENT,))
    with fresh() as path, running(path) as outbox:
        begin_s = time.perf_counter()
        for future in [outbox.commit(batch) for _ in range(count)]:
            future.result(60)
        return count / (time.perf_counter() - begin_s)


def bare(commits: int, group: int, body: bytes) -> float:
    """Insert and commit, nothing else."""
    with fresh() as path:
        connection = sqlite3.connect(path, isolation_level=None)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("CREATE TABLE event(sequence INTEGER PRIMARY KEY, body BLOB NOT NULL)")
        begin_s = time.perf_counter()
        for _ in range(commits):
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany("INSERT INTO event(body) VALUES (?)", [(body,)] * group)
            connection.execute("COMMIT")
        rate = commits * group / (time.perf_counter() - begin_s)
        connection.close()
        return rate


@contextmanager
def fresh() -> Iterator[Path]:
    """A database beside the checkout's other temporary files, on a real disk where the machine has one."""
    with tempfile.TemporaryDirectory(prefix="shelfd-perf-", dir="/var/tmp") as directory:
        yield Path(directory) / "outbox.sqlite"


@contextmanager
def running(path: Path) -> Iterator[Outbox]:
    outbox = Outbox(path, TOPICS, "perf")
    outbox.start()
    try:
        yield outbox
    finally:
        outbox.stop()
