"""The outbox file is taken away while it is open: deleted, replaced, cut off from its log."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from outbox_scene import TOPICS, Box, picks, wait_for

from agent.outbox import rescue, writer
from agent.outbox.inbox import Group
from agent.outbox.protocol import OutboxError, Stamp
from agent.outbox.store import Store, Written


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    scene = Box(tmp_path / "outbox.sqlite", reserve_bytes=4096)
    yield scene
    scene.outbox.stop()


def without_files(box: Box) -> None:
    for file in box.path.parent.glob(box.path.name + "*"):
        if file.is_file() and not file.name.endswith(".reserve"):
            file.unlink(missing_ok=True)


def without_log(box: Box) -> None:
    box.path.with_name(box.path.name + "-wal").unlink()


def without_directory(box: Box) -> None:
    """At one stroke: the agent may be writing there."""
    elsewhere = box.path.parent.with_name("elsewhere")
    box.path.parent.rename(elsewhere)
    shutil.rmtree(elsewhere)


def another_in_its_place(box: Box) -> None:
    without_files(box)
    box.path.write_bytes(b"a backup of another day")


@pytest.mark.parametrize("taken_away", [without_files, without_log, without_directory, another_in_its_place])
def test_a_file_that_is_taken_away_is_written_again_and_nothing_is_lost(
    tmp_path: Path, taken_away: Callable[[Box], None]
) -> None:
    box = Box(tmp_path / "below" / "outbox.sqlite", reserve_bytes=4096)
    box.boot()
    box.commit("a", "b")
    taken_away(box)
    receipt = box.commit("c")
    assert receipt.first_sequence == 3
    wait_for(lambda: box.told("fault") and box.told("cleared"))
    assert box.told("fault")[0]["code"] == "file_gone" and "leave it" in box.told("fault")[0]["message"]
    left_alone = json.loads(json.dumps(box.waiting()))
    box.restart()
    assert box.lanes() == ["a", "b", "c"]
    assert box.waiting() == left_alone
    box.outbox.stop()


def test_the_file_is_missed_while_nothing_is_to_be_written(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "IDLE_S", 0.02)
    box.boot()
    box.commit("a")
    without_files(box)
    wait_for(lambda: box.told("cleared"))
    box.restart()
    assert box.lanes() == ["a"]


def test_another_file_in_its_place_is_kept_aside(box: Box) -> None:
    box.boot()
    box.commit("a")
    another_in_its_place(box)
    box.commit("b")
    (aside,) = box.path.parent.glob("*.corrupt-1")
    assert aside.read_bytes() == b"a backup of another day"


def test_while_it_cannot_be_written_again_all_goes_on_and_no_number_is_given_twice(
    box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A directory lies where the rewrite wants to go."""
    monkeypatch.setattr(rescue, "RETRY_S", 0.05)
    monkeypatch.setattr(writer, "IDLE_S", 0.02)
    box.boot()
    box.commit("a")
    in_the_way = box.path.with_name(box.path.name + ".rescued")
    in_the_way.mkdir()
    without_files(box)
    given = [box.commit(lane).first_sequence for lane in "bcd"]
    assert len(set(given)) == 3 and given[0] == 2
    wait_for(lambda: "file_gone" in box.outbox.faults.open("outbox"))
    in_the_way.rmdir()
    wait_for(lambda: box.path.exists() and "file_gone" not in box.outbox.faults.open("outbox"))
    box.restart()
    assert box.lanes() == ["a", "b", "c", "d"]


@pytest.mark.parametrize("older", [False, True])
def test_a_file_that_lacks_numbers_of_this_boot_is_not_gone_on_with(
    box: Box, monkeypatch: pytest.MonkeyPatch, older: bool
) -> None:
    """While the disk refused and the file was closed, somebody removed it, or put an older copy there."""
    monkeypatch.setattr(writer, "PAUSE_S", (0.3, 0.3))
    box.boot()
    box.commit("a")
    box.restart()
    copy = box.path.read_bytes()
    box.commit("b", "c")
    with monkeypatch.context() as refusing:
        refusing.setattr(Store, "write", refuse)
        pending = box.outbox.commit(picks("d"))
        wait_for(lambda: "io_error" in box.outbox.faults.open("outbox"))
        without_files(box)
        if older:
            box.path.write_bytes(copy)
    assert (pending.result(10).first_sequence or 0) > 3
    assert box.lanes() == ["a", "b", "c", "d"]
    box.restart()
    assert box.lanes() == ["a", "b", "c", "d"]


def refuse(store: Store, group: Group, stamp: Stamp) -> Written:
    raise OutboxError("io_error", "the disk refuses")


@pytest.mark.parametrize("killed_at", ["_put_in_place", "set_aside"])
def test_a_rewrite_that_is_cut_off_is_taken_up_at_the_next_start(tmp_path: Path, killed_at: str) -> None:
    path = tmp_path / "outbox.sqlite"
    child = os.fork()
    if child == 0:
        killed = Box(path, reserve_bytes=0)
        killed.boot()
        killed.commit("a", "b")
        setattr(rescue, killed_at, lambda *_: os._exit(9))
        another_in_its_place(killed)
        killed.outbox.commit(picks("c"))
        time.sleep(20)
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    box = Box(path, reserve_bytes=0)
    box.boot()
    assert box.lanes() == ["a", "b"]
    assert not path.with_name(path.name + ".rescued").exists()
    box.outbox.stop()


def test_what_an_old_rewrite_left_is_no_newer_than_the_file(box: Box) -> None:
    box.boot()
    box.commit("a")
    box.outbox.stop()
    left = box.path.with_name(box.path.name + ".rescued")
    left.write_bytes(box.path.read_bytes())
    box.boot()
    box.commit("b")
    assert not left.exists()
    box.restart()
    assert box.lanes() == ["a", "b"]


def test_two_that_take_each_other_s_file_away_end_it(box: Box) -> None:
    box.boot()
    for n in range(3 * rescue.MOST_RESCUES):
        box.commit(f"{n}")
        another_in_its_place(box)
    box.commit("last")
    wait_for(lambda: "file_gone" in box.outbox.faults.open("outbox"))
    assert len(list(box.path.parent.glob("*.corrupt-*"))) <= rescue.MOST_RESCUES
    assert box.lanes()[-1] == "last"


def test_a_file_of_another_user_is_no_broken_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "outbox.sqlite").touch()
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # root may do all
    with pytest.raises(OutboxError, match="give it to the agent's user"):
        Store(tmp_path / "outbox.sqlite", TOPICS, "b1", max_bytes=1_000_000)


def test_at_the_end_it_is_tried_once_more(box: Box) -> None:
    box.boot()
    box.commit("a")
    in_the_way = box.path.with_name(box.path.name + ".rescued")
    in_the_way.mkdir()
    without_files(box)
    box.commit("b")
    in_the_way.rmdir()
    box.restart()
    assert box.lanes() == ["a", "b"]


def test_what_is_no_file_is_no_outbox(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "outbox.sqlite")
    with pytest.raises(OutboxError, match="this is no file"):
        Store(tmp_path / "outbox.sqlite", TOPICS, "b1", max_bytes=1_000_000)
