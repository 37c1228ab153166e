"""`shelfd doctor` and the disk of the hub's documents: which it is, whether it keeps what is written, how much room."""

from __future__ import annotations

from pathlib import Path

import pytest
from documents_scene import local_config
from hypothesis import given, settings
from hypothesis import strategies as st
from test_doctor_documents import ROOT, codes, examined, look

from agent.commands.doctor_disk import Disk, disk_of, judge_disk


def test_a_cache_that_the_disk_has_no_room_for_is_noted(tmp_path: Path) -> None:
    local = local_config(tmp_path)
    Path(local.documents.dir).mkdir()
    part, _ = examined(local, looking=look(tmp_path, free=167_108_864))
    assert codes(part) == [("documents", "few_bytes")] and "room for 100 MB of it" in part.findings[0].sentence
    assert ", 167 MB free" in part.lines[0]


@pytest.mark.parametrize(
    ("line", "codes_", "said"),
    [
        ("30 22 179:3 / {} rw - ext4 /dev/mmcblk0p3 rw", [], "ext4 on /dev/mmcblk0p3 (a card)"),
        ("30 22 8:1 / {} rw - ext4 /dev/sda1 rw", [], "ext4 on /dev/sda1 (a USB or SATA disk)"),
        ("30 22 0:40 / {} rw - tmpfs tmpfs rw,size=1k", ["in_memory"], "tmpfs on tmpfs"),
        ("30 22 179:3 / {} ro - ext4 /dev/mmcblk0p3 rw", ["read_only"], "ext4"),
        ("30 22 179:3 / {} rw - ext4 /dev/mmcblk0p3 ro,errors=remount-ro", ["read_only"], "ext4"),
        ("30 22 0:41 / {} rw - overlay overlay rw,lowerdir=/lower", ["overlay"], "overlay"),
        ("30 22 0:42 / {} rw - nfs4 hub:/x rw", ["network"], "nfs4 on hub:/x"),
        ("30 22 8:1 / {} rw - vfat /dev/sda1 rw", ["no_owners"], "vfat"),
        ("30 22 8:1 / {}-other rw - tmpfs tmpfs rw", [], "ext4 on /dev/mmcblk0p2"),
        ("30 22 8:1 / {shorter} rw - tmpfs tmpfs rw", [], "ext4 on /dev/mmcblk0p2"),  # its name only begins so
    ],
)
def test_the_kind_of_disk_is_told_and_judged(tmp_path: Path, line: str, codes_: list[str], said: str) -> None:
    local = local_config(tmp_path)
    Path(local.documents.dir).mkdir()
    place = str(Path(local.documents.dir).resolve())
    mounts = ROOT + line.format(place, shorter=place[:-1]) + "\n"
    part, _ = examined(local, looking=look(tmp_path, mounts))
    assert [code for _, code in codes(part)] == codes_ and said in part.lines[0]


def test_a_folder_that_this_user_may_not_write_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    local = local_config(tmp_path)
    Path(local.documents.dir).mkdir()
    monkeypatch.setattr("os.access", lambda path, mode: mode == 0)  # root may write everywhere
    assert ("documents", "not_writable") in codes(examined(local, looking=look(tmp_path))[0])


def test_a_place_with_blanks_is_found_and_of_two_mounts_the_later_one(tmp_path: Path) -> None:
    (tmp_path / "a b").mkdir()
    place = str((tmp_path / "a b").resolve()).replace(" ", "\\040")
    looking = look(
        tmp_path, f"{ROOT}30 22 8:1 / {place} rw - ext4 /dev/sda1 rw\n31 22 8:2 / {place} rw - ext4 /dev/sdb1 rw\n"
    )
    disk = disk_of(tmp_path / "a b" / "not there yet", looking.mounts)
    assert disk is not None and disk.source == "/dev/sdb1"


@settings(max_examples=80, derandomize=True, deadline=None)
@given(st.binary(max_size=300), st.integers(0, len(ROOT)))
def test_any_list_of_mounts_is_read(tmp_path_factory: pytest.TempPathFactory, data: bytes, cut: int) -> None:
    mounts = tmp_path_factory.getbasetemp() / "mounts"
    mounts.write_bytes(ROOT[:cut].encode() + data)
    disk = disk_of(mounts.parent, mounts)
    assert disk is None or (isinstance(disk, Disk) and len(list(judge_disk(disk, "documents"))) <= 3)
