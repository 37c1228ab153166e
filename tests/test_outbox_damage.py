"""Damaged files: set aside, told, and what can still be read is taken along."""

from __future__ import annotations

import json
import random
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from outbox_scene import Box, answer, picks, stock, wait_for

from agent.outbox import writer
from agent.outbox.inbox import Group
from agent.outbox.protocol import Batch, OutboxError, Stamp
from agent.outbox.store import Store, Written
from wire.topics import NAME


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


@pytest.fixture
def small_file(tmp_path: Path) -> bytes:
    """An outbox of a few pages with something in every table."""
    box = Box(tmp_path / "small.sqlite", reserve_bytes=0)
    box.boot()
    for n in range(6):
        batch = Batch(picks(f"{n}").events, stock(n).states, answer(f"c{n}").answers, {"count": n, "lanes": [n] * 50})
        box.outbox.commit(batch).result(10)
    box.outbox.faults.raise_fault("uplink", "refused", "the broker refuses")
    wait_for(lambda: box.outbox.last_sequence == 7)
    box.outbox.stop()
    return box.path.read_bytes()


def used_as_ever(box: Box, content: bytes) -> bool:
    """A start on this file: the shelf writes on, and nothing that it offers is refused by MQTT's rules. True when the
    snapshot of the last boot is there."""
    for file in box.path.parent.glob(box.path.name + "*"):
        file.unlink()
    box.path.write_bytes(content)
    outbox = box.boot()
    try:
        assert outbox.refusal is None
        number = box.commit("next").first_sequence
        rows = outbox.after(0, 1000)
        assert number in [row.sequence for row in rows]
        names = [row.kind for row in rows] + [row.id for row in outbox.results()] + list(outbox.states())
        assert all(NAME.fullmatch(name) for name in names)
        assert outbox.committed_wall_s is None or outbox.committed_wall_s >= 0
        assert outbox.alive
        return outbox.snapshot is not None
    finally:
        outbox.stop()


def test_whichever_sector_of_the_card_is_empty_the_shelf_starts(box: Box, small_file: bytes) -> None:
    kept = []
    for start in range(0, len(small_file), 512):
        if any(small_file[start : start + 512]):
            kept.append(used_as_ever(box, small_file[:start] + bytes(512) + small_file[start + 512 :]))
    assert len(kept) > 12 and sum(kept) >= len(kept) / 2


def test_whichever_bit_has_flipped_the_shelf_starts(
    box: Box, small_file: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "PAUSE_S", (0.01, 0.05))
    chance = random.Random(7)
    filled = [n for n, byte in enumerate(small_file) if byte]
    for at in [18, 19, *chance.sample(filled, 300)]:
        content = bytearray(small_file)
        content[at] ^= 1 << chance.randrange(8)
        used_as_ever(box, bytes(content))


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE event SET kind = 'pi#k' WHERE sequence = 3",
        "UPDATE event SET kind = CAST(x'70ff' AS TEXT) WHERE sequence = 3",
        "UPDATE event SET body = 'text' WHERE sequence = 3",
        "UPDATE event SET sequence = -3 WHERE sequence = 3",
    ],
)
def test_an_event_that_cannot_have_been_ours_becomes_a_gap(box: Box, small_file: bytes, change: str) -> None:
    assert used_as_ever(box, changed(box.path.with_name("changed.sqlite"), small_file, change))
    box.boot()
    assert [(gap["first_sequence"], gap["last_sequence"]) for gap in box.told("gap")] == [(3, 3)]
    assert box.lanes() == ["0", "1", "3", "4", "5", "next"]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE meta SET value = 'seven' WHERE key = 'next'",
        "UPDATE meta SET value = 2 WHERE key = 'next'",
        "UPDATE meta SET value = x'00' WHERE key = 'wall_s'",
        "UPDATE result SET id = 'c+' WHERE number = 1",
        "UPDATE state SET kind = 'a/b'",
        "UPDATE fault SET part = x'ff'",
        "UPDATE sqlite_sequence SET seq = 'none'",
        "ALTER TABLE state RENAME COLUMN body TO cody",
        "DROP TABLE fault",
    ],
)
def test_a_row_that_cannot_be_ours_costs_no_event_and_no_stock(box: Box, small_file: bytes, change: str) -> None:
    assert used_as_ever(box, changed(box.path.with_name("changed.sqlite"), small_file, change))
    box.boot()
    assert box.lanes() == ["0", "1", "2", "3", "4", "5", "next"]
    assert [fault["code"] for fault in box.told("fault")] == ["refused", "corrupt"]


@pytest.mark.parametrize("body", ["'text'", "x'00'", "7"])
def test_a_snapshot_that_is_none_is_told_with_what_to_do(box: Box, small_file: bytes, body: str) -> None:
    assert not used_as_ever(
        box, changed(box.path.with_name("changed.sqlite"), small_file, f"UPDATE snapshot SET body = {body}")
    )
    box.boot()
    assert box.lanes() == ["0", "1", "2", "3", "4", "5", "next"]
    codes = {fault["code"]: fault["message"] for fault in box.told("fault")}
    told = codes.get("corrupt") or codes["snapshot_unreadable"]
    assert "count the stock again" in told or "starts from nothing" in told


def changed(place: Path, content: bytes, change: str) -> bytes:
    """The file after this statement."""
    place.write_bytes(content)
    with sqlite3.connect(place) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
        connection.execute(change)
    connection.close()
    return place.read_bytes()


def leaf_page_of_events(path: Path) -> int:
    """Index of a page in the middle that holds rows of `event` and nothing else."""
    content = path.read_bytes()
    pages = [
        n
        for n in range(1, len(content) // 4096)
        if content[n * 4096] == 0x0D and content.count(b"specversion", n * 4096, n * 4096 + 4096) > 3
    ]
    return pages[len(pages) // 2]
