"""Words for tests of the outbox and the uplink: picks by lane, batches of them, an outbox of its own."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from agent.messages import Answer, Event, State
from agent.outbox import sql
from agent.outbox.outbox import Outbox
from agent.outbox.protocol import Batch, Receipt, Stamp
from wire.commands import Result
from wire.events import Clock, Pick
from wire.state import LaneStock, StockState
from wire.topics import Topics

TOPICS = Topics("shop", "d1")
CLOCK = Clock(synced=False)
STAMP = Stamp(at_s=5.0, wall_s=None, clock=CLOCK)


def pick(lane: str) -> Pick:
    """A pick that is told apart by its lane."""
    return Pick(
        lane=lane,
        gtin="06901234567892",
        units=1,
        delta_g=-345.0,
        confidence=0.9,
        visitor=None,
        began_s=1.0,
        ended_s=2.0,
        decided_s=2.5,
        clock=CLOCK,
    )


def picks(*lanes: str, wall_s: float | None = None) -> Batch:
    return Batch(events=tuple(Event(pick(lane), wall_s) for lane in lanes))


def stock(units: int) -> Batch:
    lane = LaneStock(lane="cola", gtin=None, units=units, level="ok")
    return Batch(states=(State(StockState(lanes=(lane,))),))


def answer(id: str) -> Batch:
    return Batch(answers=(Answer(Result(id=id, command="tare", outcome="done", message="tared")),))


class Box:
    """One device's outbox over several boots."""

    def __init__(self, path: Path, **keys: Any) -> None:
        self.path = path
        self._keys = {"stamp": lambda: STAMP, **keys}
        self._boots = 0
        self.outbox: Outbox

    def boot(self, **keys: Any) -> Outbox:
        self._boots += 1
        self.outbox = Outbox(self.path, TOPICS, f"b{self._boots}", **{**self._keys, **keys})
        self.outbox.start()
        return self.outbox

    def restart(self, **keys: Any) -> Outbox:
        self.outbox.stop()
        return self.boot(**keys)

    def commit(self, *lanes: str) -> Receipt:
        """On disk when this returns."""
        return self.outbox.commit(picks(*lanes)).result(10)

    def waiting(self) -> list[str]:
        """`boot/number kind` of everything that waits, in order."""
        return [f"{row.boot}/{row.sequence} {row.kind}" for row in self.outbox.after(0, 1_000_000)]

    def lanes(self) -> list[str]:
        rows = self.outbox.after(0, 1_000_000)
        return [json.loads(row.body)["data"]["lane"] for row in rows if row.kind == "pick"]

    def on_disk(self, kind: str) -> list[dict[str, Any]]:
        """The same of all that waits, also beyond what memory holds; ends this boot."""
        self.outbox.stop()
        with sqlite3.connect(self.path) as connection:
            rows = connection.execute("SELECT body FROM event WHERE kind = ? ORDER BY sequence", (kind,)).fetchall()
        connection.close()
        return [json.loads(body)["data"] for (body,) in rows]

    def told(self, kind: str) -> list[dict[str, Any]]:
        """The payloads of the waiting events of this kind."""
        return [json.loads(row.body)["data"] for row in self.outbox.after(0, 1_000_000) if row.kind == kind]


def wait_for(true: Callable[[], object], within_s: float = 10.0) -> None:
    """Polls; AssertionError after the limit."""
    until_s = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < until_s, f"waited {within_s} s"
        time.sleep(0.002)


class Disk:
    """Room for so many pages, enforced by SQLite itself; None: no limit. A change counts from the next opening on."""

    def __init__(self, pages: int | None) -> None:
        self.pages = pages
        self._connect = sql.connect

    def connect(self, path: Path, *, check: bool) -> sqlite3.Connection:
        connection = self._connect(path, check=check)
        if self.pages is not None:
            connection.execute(f"PRAGMA max_page_count={self.pages}")
        return connection
