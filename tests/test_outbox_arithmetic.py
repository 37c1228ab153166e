"""Ranges, times and windows, against the plainest thing that could be right."""

from __future__ import annotations

import contextlib
import sqlite3
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from outbox_scene import STAMP, TOPICS, pick

from agent.messages import Event
from agent.outbox.envelope import rfc3339, seal
from agent.outbox.protocol import Row
from agent.outbox.ranges import Dropped, merge
from agent.outbox.salvage import Salvaged, salvage
from agent.outbox.sql import SCHEMA
from agent.outbox.window import FULL, Window

numbers = st.integers(1, 60)
ranges = st.lists(st.tuples(st.sampled_from(["b1", "b2"]), numbers, st.integers(0, 9)))


@given(ranges)
def test_merged_ranges_name_the_same_numbers_and_touch_nowhere(drawn: list[tuple[str, int, int]]) -> None:
    given_ranges = [(boot, first, first + more) for boot, first, more in drawn]
    merged = merge(given_ranges)
    named = [(boot, n) for boot, first, last in merged for n in range(first, last + 1)]
    assert set(named) == {(boot, n) for boot, first, last in given_ranges for n in range(first, last + 1)}
    assert len(named) == len(set(named))
    assert not any((boot, last + 1) in named for boot, _, last in merged)


@given(st.lists(st.tuples(numbers, numbers), min_size=1))
def test_a_dropped_gap_event_hands_its_ranges_on(drawn: list[tuple[int, int]]) -> None:
    named: set[int] = set()
    told: list[Event] = []
    for step, (first, more) in enumerate(drawn, 1):
        dropped = Dropped()
        for event in told:  # all earlier gap events are dropped with the next chunk
            dropped.add_row("b1", 10_000 * step, "gap", seal(event, TOPICS, "b1", 10_000 * step))
        for n in range(first, first + more):
            dropped.add_row("b1", n, "pick", seal(Event(pick("a"), None), TOPICS, "b1", n))
            named.add(n)
        if told:
            named.add(10_000 * step)
        told = dropped.events("full", STAMP)
    last = [event.payload for event in told]
    assert {n for gap in last for n in range(gap.first_sequence, gap.last_sequence + 1)} == named


def test_a_gap_of_a_sensor_is_only_its_own_number() -> None:
    from wire.events import Gap

    dropped = Dropped()
    gap = Gap(stream="scale/main", lost=70, reason="queue full", at_s=1.0, clock=STAMP.clock)
    dropped.add_row("b1", 5, "gap", seal(Event(gap, None), TOPICS, "b1", 5))
    assert dropped.sequences == [("b1", 5, 5)] and dropped.unnumbered == 0


@given(st.integers(-62_135_596_800_000, 253_402_300_799_999))
def test_a_time_is_the_calendars(wall_ms: int) -> None:
    said = rfc3339(wall_ms / 1000)
    assert said is not None and said.endswith("Z")
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=wall_ms)
    assert abs(datetime.fromisoformat(said.replace("Z", "+00:00")) - moment) <= timedelta(milliseconds=1)


@given(st.floats())
def test_what_is_no_date_has_no_time(wall_s: float) -> None:
    said = rfc3339(wall_s)
    assert said is None or -62_135_596_801 < wall_s < 253_402_300_800


@given(
    st.lists(st.one_of(st.tuples(st.just("load"), st.integers(1, 5)), st.tuples(st.just("remove"), numbers))), numbers
)
def test_the_window_is_a_sorted_list(steps: list[tuple[str, int]], cursor: int) -> None:
    window, plain, newest = Window(), [], 0
    for what, n in steps:
        if what == "load":
            window.load([Row(newest + i, "b1", "pick", b"") for i in range(1, n + 1)])
            plain += range(newest + 1, newest + n + 1)
            newest += n
        else:
            assert window.remove(n) == (n in plain)
            plain = [x for x in plain if x != n]
    assert [row.sequence for row in window.after(cursor, 7)] == [x for x in plain if x > cursor][:7]
    assert (len(window), window.space, window.loaded_to) == (len(plain), FULL - len(plain), newest)


@given(st.sets(numbers), st.one_of(st.none(), numbers), st.integers(61, 70))
def test_missing_numbers_are_those_between_the_oldest_and_the_next(
    left: set[int], oldest: int | None, end: int
) -> None:
    found = Salvaged(events={n: (n, "b1", "pick", b"") for n in left})
    start = min(left, default=end) if oldest is None else oldest
    named = [n for first, last in found.missing(oldest, end) for n in range(first, last + 1)]
    assert named == [n for n in range(start, end) if n not in left]


def test_what_has_rotted_into_something_else_is_left_where_it_is(tmp_path: Path) -> None:
    file, brackets = tmp_path / "outbox.sqlite", b"[" * 5_000
    sound = seal(Event(pick("cola"), None), TOPICS, "b1", 3)
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.executescript(SCHEMA)
        rows = [(1, "b1", "pick", brackets), (2, "b1", "pick", sound), (3, "b1", "pick", sound), (4, "b1", "pick", "é")]
        connection.executemany("INSERT INTO event(sequence, boot, kind, body) VALUES (?, ?, ?, ?)", rows)
        connection.executemany("INSERT INTO state VALUES (?, ?)", [("stock", b"{}"), ("health", brackets)])
    found = salvage(file)
    assert list(found.events) == [3]
    assert found.states == [("stock", b"{}")]


@given(st.binary(max_size=300))
def test_salvage_never_stumbles(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory) / "outbox.sqlite"
        file.write_bytes(b"SQLite format 3\0" + content)
        assert salvage(file).events == {}
