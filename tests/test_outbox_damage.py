"""Damaged files: set aside, told, and what can still be read is taken along."""

from __future__ import annotations

import json
import random
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from outbox_scene import Box, picks, wait_for

from agent.outbox import writer
from agent.outbox.inbox import Group
from agent.outbox.protocol import Batch, OutboxError, Stamp
from agent.outbox.store import Store, Written


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    scene = Box(tmp_path / "outbox.sqlite", reserve_bytes=4096)
    yield scene
    scene.outbox.stop()


def damage(path: Path, how: Callable[[bytearray], None]) -> None:
    content = bytearray(path.read_bytes())
    how(content)
    path.write_bytes(bytes(content))


def test_a_file_of_garbage_is_set_aside_and_reported(box: Box) -> None:
    box.path.write_bytes(b"no database at all" * 500)
    box.boot()
    assert box.commit("a").first_sequence is not None
    assert box.lanes() == ["a"]
    (fault,) = box.told("fault")
    assert fault["code"] == "corrupt" and "outbox.sqlite.corrupt-1" in fault["message"]
    assert (box.path.parent / "outbox.sqlite.corrupt-1").read_bytes().startswith(b"no database")


def test_one_bad_page_costs_what_stood_on_it_and_the_count_goes_on(box: Box) -> None:
    box.boot()
    for n in range(300):
        box.outbox.commit(picks(f"{n}"))
    wait_for(lambda: box.outbox.last_sequence == 300)
    box.outbox.stop()
    page = leaf_page_of_events(box.path)
    damage(box.path, lambda content: content.__setitem__(slice(page * 4096, page * 4096 + 4096), bytes(4096)))
    box.boot()
    assert box.commit("next").first_sequence is not None
    numbers = {row.sequence for row in box.outbox.after(0, 1000) if row.boot == "b1"}
    assert 250 < len(numbers) < 300
    (gap,) = box.told("gap")
    missing = set(range(1, 301)) - numbers
    assert missing <= set(range(gap["first_sequence"], gap["last_sequence"] + 1)) and gap["lost"] == len(missing)
    assert min(row.sequence for row in box.outbox.after(0, 1000) if row.boot == "b2") > 300


def test_a_file_of_a_newer_shelfd_is_set_aside(box: Box) -> None:
    box.boot()
    box.commit("a")
    box.outbox.stop()
    with sqlite3.connect(box.path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    box.boot()
    assert box.commit("b").first_sequence == 2 or box.lanes()[-1] == "b"
    assert box.told("fault")[0]["code"] == "newer_format"


def test_only_a_few_damaged_files_are_kept(box: Box) -> None:
    for _ in range(6):
        box.path.write_bytes(b"garbage" * 1000)
        box.boot()
        box.outbox.stop()
    kept = sorted(file.name for file in box.path.parent.glob("*.corrupt-?"))
    assert kept == [f"outbox.sqlite.corrupt-{n}" for n in (4, 5, 6)]


@pytest.mark.parametrize("seed", range(25))
def test_whatever_rots_the_shelf_starts_and_gives_no_number_twice(box: Box, seed: int) -> None:
    chance = random.Random(seed)
    box.boot()
    for n in range(200):
        box.outbox.commit(Batch(events=picks(f"{n}").events, snapshot={"count": n}))
    wait_for(lambda: box.outbox.last_sequence == 200)
    for sequence in range(1, 100):
        box.outbox.accepted(sequence)
    box.outbox.stop()

    def rot(content: bytearray) -> None:
        for _ in range(chance.randint(1, 30)):
            start = chance.randrange(len(content))
            content[start : start + chance.randint(1, 64)] = chance.randbytes(chance.randint(1, 64))
        if chance.random() < 0.3:
            del content[chance.randrange(len(content)) :]

    damage(box.path, rot)
    box.boot()
    receipt = box.commit("next")
    rows = box.outbox.after(0, 1000)
    ids = [json.loads(row.body)["id"] for row in rows]
    assert len(set(ids)) == len(ids)
    assert receipt.first_sequence in {row.sequence for row in rows}
    assert "next" in box.lanes()


def test_damage_found_while_running_keeps_the_count_and_what_memory_holds(
    box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "PAUSE_S", (0.01, 0.05))
    box.boot()
    box.commit("a", "b", "c")
    box.outbox.accepted(1)
    write = Store.write
    failures = [True]

    def rotten_write(store: Store, group: Group, stamp: Stamp) -> Written:
        if failures:
            failures.clear()
            for end in ("", "-wal"):
                store.path.with_name(store.path.name + end).write_bytes(b"rot" * 4096)
            raise OutboxError("corrupt", "database disk image is malformed")
        return write(store, group, stamp)

    monkeypatch.setattr(Store, "write", rotten_write)
    box.commit("d")
    assert box.lanes() == ["b", "c", "d"]
    assert "b1/4 pick" in box.waiting()
    box.restart()
    assert box.lanes() == ["b", "c", "d"]


def leaf_page_of_events(path: Path) -> int:
    """Index of a page in the middle that holds rows of `event` and nothing else."""
    content = path.read_bytes()
    pages = [
        n
        for n in range(1, len(content) // 4096)
        if content[n * 4096] == 0x0D and content.count(b"specversion", n * 4096, n * 4096 + 4096) > 3
    ]
    return pages[len(pages) // 2]
