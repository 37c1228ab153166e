"""Files from the hub: parts that come in any order, get lost, are wrong, and a disk that is full, damaged or slow."""

from __future__ import annotations

import os
import random
import threading
from pathlib import Path

import pytest
from files_scene import Device, File, Hub, file
from hypothesis import given, settings
from hypothesis import strategies as st
from outbox_scene import TOPICS, wait_for

from agent.documents.assets import AssetCache
from agent.documents.download import QUEUED_MOST, Download
from agent.documents.partial import PartialFile
from agent.documents.window import PATIENCE_S, WINDOW, Window
from wire.documents import Asset
from wire.limits import PART_BYTES

SMALL, LARGE = file(1000), file(20 * PART_BYTES + 17, seed=1)


@pytest.fixture
def hub() -> Hub:
    return Hub()


@pytest.fixture
def device(tmp_path: Path, hub: Hub) -> Device:
    return Device(tmp_path / "assets", hub)


def whole(device: Device, one: File) -> bool:
    path = device.cache.path(one.sha256)
    return path is not None and path.read_bytes() == one.data


def test_files_come_part_by_part_a_few_at_once(device: Device, hub: Hub) -> None:
    hub.publish(SMALL, LARGE)
    device.want(SMALL, LARGE)
    assert device.missing(SMALL, LARGE) == {SMALL.sha256, LARGE.sha256}
    device.run()
    assert whole(device, SMALL) and whole(device, LARGE) and device.missing(SMALL, LARGE) == set()
    assert device.most_asked == WINDOW and len(device.sent) == 22, "each part once"
    assert sorted(path.name for path in device.cache.folder.iterdir()) == sorted([SMALL.sha256, LARGE.sha256])
    assert device.cache.total_bytes() == 1000 + 20 * PART_BYTES + 17 and device.told >= 2


def test_it_goes_on_after_a_restart_with_the_parts_it_has(tmp_path: Path, device: Device, hub: Hub) -> None:
    hub.publish(LARGE)
    device.want(LARGE)
    device.run(most=2)
    assert 0.5 < device.download.progress((LARGE.asset,)) < 0.9
    after = Device(tmp_path / "assets", hub)
    after.want(LARGE)
    after.run()
    assert whole(after, LARGE)
    assert len(set(device.sent) & set(after.sent)) == 0 and len(device.sent) + len(after.sent) == 21


def test_what_a_power_cut_took_of_the_parts_is_asked_for_again(tmp_path: Path, device: Device, hub: Hub) -> None:
    hub.publish(LARGE)
    device.want(LARGE)
    device.run(most=2)
    data = next((tmp_path / "assets").glob("*.part"))
    journal = data.with_suffix(".parts")
    with data.open("rb+") as disk:  # a part that never reached the disk, beside its line in the journal
        disk.seek(3 * PART_BYTES)
        disk.write(bytes(PART_BYTES))
    journal.write_bytes(journal.read_bytes()[:-5] + b"\xff\x00")
    after = Device(tmp_path / "assets", hub)
    after.want(LARGE)
    after.run()
    assert whole(after, LARGE)
    assert len(set(device.sent) & set(after.sent)) == 2


def test_a_damaged_file_is_found_at_the_next_start_and_loaded_again(tmp_path: Path, device: Device, hub: Hub) -> None:
    hub.publish(SMALL, LARGE)
    device.want(SMALL, LARGE)
    device.run()
    for one, damage in ((SMALL, b"\0"), (LARGE, LARGE.data[:-1] + b"\0")):
        (tmp_path / "assets" / one.sha256).write_bytes(damage)
    after = Device(tmp_path / "assets", hub)
    assert after.cache.path(SMALL.sha256) is None, "nothing is used before it was verified"
    after.want(SMALL, LARGE)
    after.run()
    assert whole(after, SMALL) and whole(after, LARGE) and len(after.sent) == 22


def test_what_was_there_is_verified_and_not_loaded_again(tmp_path: Path, device: Device, hub: Hub) -> None:
    hub.publish(SMALL, LARGE)
    device.want(SMALL, LARGE)
    device.run()
    after = Device(tmp_path / "assets", hub)
    after.want(SMALL, kept=(LARGE,))
    after.run()
    assert whole(after, SMALL) and whole(after, LARGE) and after.sent == []


def test_parts_that_get_lost_are_asked_for_again(device: Device, hub: Hub) -> None:
    hub.publish(LARGE)
    lost = {part: 2 for part in range(0, 21, 4)}

    def lose(_sha256: str, part: int) -> bool:
        lost[part] = lost.get(part, 0) - 1
        return lost[part] >= 0

    device.lose = lose
    device.want(LARGE)
    device.run(10 * PATIENCE_S)
    assert whole(device, LARGE)


def test_a_hub_that_publishes_the_files_after_the_document(device: Device, hub: Hub) -> None:
    device.want(LARGE, SMALL)
    device.run(600)
    hub.publish(SMALL)
    hub.publish(LARGE, parts=lambda part: part % 2 == 0)
    device.run(240)
    assert whole(device, SMALL) and 0.4 < device.download.progress((LARGE.asset,)) < 0.6
    hub.publish(LARGE)
    device.run(240)
    assert whole(device, LARGE)


def test_parts_that_make_another_file_are_dropped_said_and_tried_again(device: Device, hub: Hub) -> None:
    hub.publish(LARGE)
    good = hub.retained[TOPICS.asset(LARGE.sha256, 5)]
    hub.retained[TOPICS.asset(LARGE.sha256, 5)] = bytes(PART_BYTES)
    device.want(LARGE)
    device.run(25)
    assert len(device.sent) == 21 and device.cache.size(LARGE.sha256) is None
    assert "make another file" in device.troubles(LARGE)[0]
    device.run(10)
    assert len(device.sent) == 42, "once more after half a minute"
    hub.retained[TOPICS.asset(LARGE.sha256, 5)] = good
    device.run(50)
    assert not whole(device, LARGE), "the pause is longer each time"
    device.run(20)
    assert whole(device, LARGE) and device.troubles(LARGE) == []


def test_parts_of_wrong_length_doubled_or_beyond_the_end_change_nothing(device: Device, hub: Hub) -> None:
    hub.publish(LARGE, parts=lambda part: part != 4)
    device.want(LARGE, SMALL)
    device.run()
    there = device.download.progress((LARGE.asset,))
    for part, body in (
        (21, b"x"), (999_999, b"x"), (4, b""), (4, b"x"), (4, bytes(PART_BYTES + 1)), (20, bytes(PART_BYTES)),
        (0, bytes(PART_BYTES)), (5, LARGE.parts()[5]),
    ):  # fmt: skip
        device.send(LARGE.sha256, part, body)
    device.send("ff" * 32, 0, b"nobody wants it")
    assert device.download.progress((LARGE.asset,)) == there
    assert "part" in device.troubles(LARGE)[0] and "bytes" in device.troubles(LARGE)[0]
    assert not list(device.cache.folder.glob("ff*"))
    hub.publish(LARGE)
    device.run(2 * PATIENCE_S)
    assert whole(device, LARGE)


def test_what_nobody_wants_any_more_leaves_the_disk(device: Device, hub: Hub) -> None:
    hub.publish(LARGE)
    device.want(LARGE)
    device.run(most=2)
    device.want(SMALL)
    device.run()
    assert list(device.cache.folder.iterdir()) == [] and device.missing(LARGE) == {LARGE.sha256}
    assert {TOPICS.parse_asset(topic) for topic in device.download.wanted()} == {(SMALL.sha256, 0)}


def test_the_least_recently_used_makes_room_and_never_what_is_needed(tmp_path: Path, hub: Hub) -> None:
    files = [file(30_000, seed) for seed in range(5)]
    hub.publish(*files)
    device = Device(tmp_path / "assets", hub, max_bytes=100_000)
    for used_s, one in enumerate(files[:3]):
        device.want(one)
        device.run()
        os.utime(device.cache.folder / one.sha256, (used_s, used_s))
    device.want(files[3], kept=(files[0],))
    device.run()
    assert [whole(device, one) for one in files] == [True, False, True, True, False]
    device.want(files[4], kept=(files[0], files[3]))
    device.run()
    assert [whole(device, one) for one in files] == [True, False, False, True, True]


def test_a_document_whose_files_cannot_fit_is_refused_with_the_numbers(tmp_path: Path, hub: Hub) -> None:
    device = Device(tmp_path / "assets", hub, max_bytes=5_000_000, free_bytes=9_000_000, reserve_bytes=8_000_000)
    big = Asset(sha256="aa" * 32, bytes=3_000_000)
    other = Asset(sha256="bb" * 32, bytes=2_500_000)
    (refused,) = AssetCache(tmp_path / "a", 5_000_000, free=lambda _: 1 << 40).fits((big,), (other,))
    assert "3.0 MB beside 2.5 MB" in refused.reason and "5.0 MB are the most" in refused.reason
    assert refused.suggestion is not None and "documents.cache_mb" in refused.suggestion
    (refused,) = device.download.fits((big,), ())
    assert "3.0 MB are to be loaded, and the disk has 1.0 MB" in refused.reason
    assert device.download.fits((Asset(sha256="aa" * 32, bytes=900_000),), ()) == []
    assert device.download.fits((big, big), (big,)) != [] and device.download.fits((), (big,)) == []


def test_a_document_that_is_wrong_about_a_file_that_is_there(device: Device, hub: Hub) -> None:
    hub.publish(SMALL)
    device.want(SMALL)
    device.run()
    lie = Asset(sha256=SMALL.sha256, bytes=999)
    (finding,) = device.download.fits((lie,), ())
    assert "has 1000 bytes, the document says 999" in finding.reason
    assert device.download.missing((lie,)) == (SMALL.sha256,)


def test_a_disk_that_is_full_gives_a_pause_and_then_it_goes_on(tmp_path: Path, hub: Hub) -> None:
    hub.publish(LARGE)
    device = Device(tmp_path / "assets", hub, free_bytes=1_000_000)
    device.want(LARGE)
    device.run()
    assert "no room" in device.troubles(LARGE)[0] and device.download.wanted() == frozenset()
    device.free_bytes = 1 << 40
    device.run(40)
    assert whole(device, LARGE) and device.troubles(LARGE) == []


def test_a_disk_that_refuses_to_write(device: Device, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.publish(LARGE)
    device.want(LARGE)
    device.run(most=1)
    whole_put = PartialFile.put
    monkeypatch.setattr(PartialFile, "put", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    device.run()
    assert "No space left" in device.troubles(LARGE)[0] and device.download.wanted() == frozenset()
    monkeypatch.setattr(PartialFile, "put", whole_put)
    device.run(40)
    assert whole(device, LARGE) and len(device.sent) < 40


def test_a_folder_that_cannot_be_used_ends_nothing(tmp_path: Path, hub: Hub) -> None:
    (tmp_path / "assets").write_text("a file where the folder should be")
    device = Device(tmp_path / "assets", hub)
    hub.publish(SMALL)
    device.want(SMALL)
    device.run(5)
    assert device.missing(SMALL) == {SMALL.sha256} and device.troubles(SMALL)


def test_files_of_other_names_and_links_are_left_alone(tmp_path: Path, hub: Hub) -> None:
    folder = tmp_path / "assets"
    folder.mkdir()
    (folder / "README").write_text("mine")
    (folder / ("cc" * 32)).symlink_to("/etc/hostname")
    (folder / ("DD" * 32)).write_text("upper case")
    device = Device(folder, hub, max_bytes=10)
    assert device.cache.total_bytes() == 0 and not device.cache.verify("cc" * 32)
    device.want(SMALL)
    device.run(5)
    assert len(list(folder.iterdir())) == 3


def test_a_flood_of_parts_is_bounded_in_memory(device: Device) -> None:
    body = bytes(PART_BYTES)
    for n in range(1000):
        device.download.part(LARGE.sha256, n, body)
    assert device.download._queue.qsize() == QUEUED_MOST


def test_its_thread_loads_and_stops(tmp_path: Path, hub: Hub) -> None:
    hub.publish(LARGE)
    told = threading.Event()
    beats: list[None] = []

    def ask() -> None:
        for topic in download.wanted():
            asset = TOPICS.parse_asset(topic)
            assert asset is not None
            download.part(*asset, hub.retained[topic])

    cache = AssetCache(tmp_path / "assets", 10_000_000, free=lambda _: 1 << 40)
    download = Download(cache, TOPICS, tell=told.set, ask=ask, beat=lambda: beats.append(None))
    thread = threading.Thread(target=download.run)
    thread.start()
    download.want({"model": (LARGE.asset,)}, ())
    wait_for(lambda: cache.has(LARGE.asset))
    download.stop()
    thread.join(5)
    assert not thread.is_alive() and told.is_set() and beats


def test_a_window_keeps_its_place_while_anything_comes_and_moves_on_when_nothing_does() -> None:
    parts = [("s", n) for n in range(20)]
    window = Window(size=4)
    window.want(parts, 0.0)
    assert window.turn(0.0) == tuple(parts[:4])
    window.came(parts[1], 14.0)
    assert window.turn(28.0) == (parts[0], *parts[2:5])
    assert window.turn(29.0) == tuple(parts[5:9])
    assert window.turn(58.0) == tuple(parts[5:9]), "twice as patient"
    assert window.turn(59.0) == tuple(parts[9:13])
    window.want(parts[:2], 60.0)
    assert [window.turn(t) for t in (74.0, 75.0, 77.0)] == [tuple(parts[:2]), (), ()]
    assert window.turn(78.0) == tuple(parts[:2]), "a new subscription brings again what was lost"
    window.want(parts[9:], 60.0)
    assert window.turn(75.0) == tuple(parts[13:17])


@settings(derandomize=True, max_examples=60, deadline=None)
@given(st.data(), st.integers(1, 3 * PART_BYTES + 1))
def test_any_order_of_parts_restarts_and_damages_ends_in_the_whole_file_or_none(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, size: int
) -> None:
    one = file(size, seed=size)
    folder = tmp_path_factory.mktemp("parts")
    partial = PartialFile(folder, one.asset)
    chance = random.Random(data.draw(st.integers(0, 1 << 16)))
    for _ in range(data.draw(st.integers(0, 12))):
        match chance.randrange(6):
            case 0:
                partial = PartialFile(folder, one.asset)
            case 1:
                damage(chance, folder)
                partial = PartialFile(folder, one.asset)
            case 2:
                partial.put(chance.randrange(-2, 9), chance.randbytes(chance.choice((0, 1, PART_BYTES))))
            case _:
                part = chance.randrange(len(one.parts()))
                partial.put(part, one.parts()[part])
    for part in partial.missing:
        assert partial.put(part, one.parts()[part])
    path = partial.finish()
    assert path is None or path.read_bytes() == one.data
    assert path is not None or list(folder.iterdir()) == []


def damage(chance: random.Random, folder: Path) -> None:
    for path in sorted(folder.iterdir()):
        content = bytearray(path.read_bytes())
        for _ in range(chance.randrange(4)):
            if content:
                content[chance.randrange(len(content))] = chance.randrange(256)
        path.write_bytes(bytes(content[: chance.randrange(len(content) + 1)]))
