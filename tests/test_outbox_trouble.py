"""Bad days of the outbox: full disks, commits that fail halfway, a broker away for too long."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from outbox_scene import STAMP, TOPICS, Box, Disk, picks, stock, wait_for

from agent.outbox import sql, writer
from agent.outbox.inbox import Group, Inbox
from agent.outbox.outbox import Outbox
from agent.outbox.protocol import OutboxError, Stamp
from agent.outbox.reserve import Reserve
from agent.outbox.store import Store, Written


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    disk = Disk(None)
    monkeypatch.setattr(sql, "connect", disk.connect)
    monkeypatch.setattr(writer, "PAUSE_S", (0.01, 0.05))
    return disk


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    scene = Box(tmp_path / "outbox.sqlite", reserve_bytes=4096)
    yield scene
    scene.outbox.stop()


# A full disk


def test_on_a_full_disk_events_wait_in_memory_and_are_written_when_there_is_room(box: Box, disk: Disk) -> None:
    disk.pages = 16
    box.boot()
    done = [box.outbox.commit(picks(f"{n}")) for n in range(200)]
    wait_for(lambda: "disk_full" in box.outbox.faults.open("outbox"))
    assert not done[-1].done()
    disk.pages = None
    assert [future.result(10).first_sequence for future in done] == sorted(
        future.result(10).first_sequence or 0 for future in done
    )
    assert box.lanes() == [f"{n}" for n in range(200)]
    wait_for(lambda: box.told("fault") and box.told("cleared"))
    assert box.told("fault")[0]["code"] == "disk_full" and "free some space" in box.told("fault")[0]["message"]


def test_a_disk_that_stays_full_costs_the_oldest_and_a_gap_says_how_many(box: Box, disk: Disk) -> None:
    disk.pages = 16
    box.boot(max_mb=1.0)  # 512 events in memory
    done = [box.outbox.commit(picks(f"{n}")) for n in range(1200)]
    wait_for(lambda: done[0].done())
    disk.pages = None
    last = done[-1].result(10)
    lost = [n for n, future in enumerate(done) if future.exception(10) is not None]
    assert all(isinstance(done[n].exception(), OutboxError) for n in lost)
    kept = [f"{n}" for n in range(1200) if n not in lost]
    assert [pick["lane"] for pick in box.on_disk("pick")] == kept  # more may wait than memory's window shows
    assert sum(gap["lost"] for gap in box.on_disk("gap") if gap["first_sequence"] is None) == len(lost) > 0
    assert last.last_sequence is not None and last.last_sequence < 1200 + 50


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 3 MB."""
    place = tmp_path / "small"
    place.mkdir()
    mounted = os.geteuid() == 0 and subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(place)], capture_output=True, check=False
    ).returncode == 0  # fmt: skip
    if not mounted:
        pytest.skip("a small file system needs root and mount; SQLite's own page limit covers the rest of the scene")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_when_others_fill_the_disk_the_reserve_lets_the_shelf_tell_it(
    small_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "PAUSE_S", (0.01, 0.05))
    box = Box(small_disk / "outbox.sqlite", reserve_bytes=262_144)
    box.boot()
    box.commit("before")
    wait_for(lambda: Reserve(box.path).held)
    hog = small_disk / "hog"
    with hog.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(4096))
    box.commit("while full")  # on disk, though the disk is full
    told = 1
    while "disk_full" not in box.outbox.faults.open("outbox"):
        told += 1
        assert told < 2000, "the disk was never full"
        box.commit(f"while full {told}")
    wait_for(lambda: any(fault["code"] == "disk_full" for fault in box.told("fault")))
    assert not Reserve(box.path).held
    hog.unlink()
    box.commit("after")
    wait_for(lambda: any(cleared["code"] == "disk_full" for cleared in box.told("cleared")))
    assert Reserve(box.path).held
    numbers = [row.sequence for row in box.outbox.after(0, 10_000)]
    assert numbers == list(range(1, len(numbers) + 1))
    box.outbox.stop()


# A broker away for too long


def test_at_the_limit_the_oldest_go_and_gap_events_name_every_number_that_is_missing(box: Box) -> None:
    box.boot(max_mb=1.0)
    for n in range(12):
        for start in range(0, 400, 100):
            box.outbox.commit(picks(*(f"{n * 400 + start + i}" for i in range(100))))
        wait_for(lambda n=n: box.outbox.last_sequence >= (n + 1) * 400)
    assert box.path.stat().st_size <= 1.3e6
    box.outbox.stop()
    rows = sqlite3.connect(box.path).execute("SELECT sequence, kind, body FROM event ORDER BY sequence").fetchall()
    there = {sequence for sequence, _, _ in rows}
    gaps = [json.loads(body)["data"] for _, kind, body in rows if kind == "gap"]
    named = {n for gap in gaps for n in range(gap["first_sequence"], gap["last_sequence"] + 1)}
    last = max(there)
    assert named | there == set(range(1, last + 1)), "a number is neither there nor named by a gap"
    assert not named & there
    assert all(gap["lost"] == gap["last_sequence"] - gap["first_sequence"] + 1 for gap in gaps)
    assert {gap["boot"] for gap in gaps} == {"b1"}
    picks_left = [sequence for sequence, kind, _ in rows if kind == "pick"]
    assert picks_left == sorted(picks_left) and len(picks_left) > 500
    assert max(named) < min(picks_left), "a younger one went before an older one"


def test_parked_events_go_before_those_that_still_have_a_chance(box: Box) -> None:
    box.boot(max_mb=1.0)
    for n in range(300):
        box.outbox.commit(picks(f"{n}"))
    wait_for(lambda: box.outbox.last_sequence == 300)
    for sequence in range(200, 264):
        box.outbox.parked(sequence, "too large")
    wait_for(lambda: box.outbox.waiting().parked == 64)
    n = 300
    while box.outbox.waiting().parked:
        box.outbox.commit(picks(*(f"{n + i}" for i in range(20)))).result(10)
        n += 20
        assert n < 5000
    assert box.waiting()[0] == "b1/1 pick"
    (gap,) = box.on_disk("gap")
    assert (gap["first_sequence"], gap["last_sequence"]) == (200, 263)


def test_what_is_true_now_outlives_every_event(box: Box) -> None:
    box.boot(max_mb=1.0)
    box.outbox.commit(stock(6)).result(10)
    for n in range(30):
        box.outbox.commit(picks(*(f"{n} {i}" for i in range(100)))).result(10)
    box.restart()
    assert json.loads(box.outbox.states()["stock"])["lanes"][0]["units"] == 6


# Commits that fail halfway


@pytest.mark.parametrize("landed", [True, False], ids=["though it is on disk", "and is not on disk"])
def test_a_commit_that_reports_an_error_is_neither_lost_nor_doubled(
    box: Box, disk: Disk, monkeypatch: pytest.MonkeyPatch, landed: bool
) -> None:
    write = Store.write
    failures = [True]

    def failing_write(store: Store, group: Group, stamp: Stamp) -> Written:
        if any(pending.events for pending in group.batches) and failures:
            failures.clear()
            if landed:
                write(store, group, stamp)
            raise OutboxError("io_error", "the sync failed")
        return write(store, group, stamp)

    monkeypatch.setattr(Store, "write", failing_write)
    box.boot()
    future = box.outbox.commit(picks("a", "b"))
    assert (future.result(10).first_sequence, future.result(10).last_sequence) == (1, 2)
    assert box.commit("c").first_sequence is not None
    assert box.lanes() == ["a", "b", "c"]
    wait_for(lambda: [x["code"] for x in box.told("fault") + box.told("cleared")] == ["io_error", "io_error"])


def test_a_stop_while_the_disk_refuses_tells_those_who_wait(box: Box, disk: Disk) -> None:
    disk.pages = 16
    box.boot()
    future = box.outbox.commit(picks(*(f"{n}" for n in range(200))))
    wait_for(lambda: "disk_full" in box.outbox.faults.open("outbox"))
    box.outbox.stop()
    with pytest.raises(OutboxError, match="stopped"):
        future.result(10)


def test_a_directory_that_cannot_be_made_is_a_fault_and_the_shelf_lives(tmp_path: Path, disk: Disk) -> None:
    (tmp_path / "file").write_text("in the way")
    box = Box(tmp_path / "file" / "outbox.sqlite")
    box.boot()
    future = box.outbox.commit(picks("a"))
    assert box.outbox.faults.open("outbox") == {"cannot_open"}
    (tmp_path / "file").unlink()
    assert future.result(10).first_sequence == 2  # after the fault
    box.outbox.stop()


def test_a_second_agent_on_the_same_file_is_refused(box: Box, disk: Disk) -> None:
    box.boot()
    box.commit("a")
    second = Outbox(box.path, TOPICS, "twin", stamp=lambda: STAMP)
    second.start()
    assert second.faults.open("outbox") == {"locked"}
    second.stop()
    assert box.commit("b").first_sequence == 2


# The inbox


def test_deletions_alone_wait_for_company() -> None:
    inbox = Inbox()
    inbox.accepted(1)
    assert inbox.take(0.01).accepted == set()
    inbox.put(picks("a"))
    assert inbox.take(0.01).accepted == {1}


def test_a_nudge_wakes_the_writer_with_empty_hands() -> None:
    inbox = Inbox()
    timer = threading.Timer(0.01, inbox.nudge)
    timer.start()
    assert inbox.take(30.0).lazy_rows == 0
    timer.join()
