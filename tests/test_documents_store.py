"""What a device remembers of documents, on a disk that fails."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.documents.beginning import begin
from agent.documents.record import Held, Record, Trial
from agent.documents.store import COPIES, Index, Store
from tests.documents_scene import Shelf, local_config, priced


def held(version: int) -> Held:
    return Held(version=version, hash=f"{version:064x}", by="hub")


def a_trial(version: int) -> Trial:
    return Trial(held=held(version), lasts_s=30.0, most_mb=180.0)


def test_a_store_is_as_it_was_left(tmp_path: Path) -> None:
    store = Store(tmp_path)
    index = Index().with_records({"config": Record().try_out(a_trial(3)).prove()}).with_starts(2)
    store.save(index)
    assert Store(tmp_path).index == store.index and not Store(tmp_path).complaints
    assert Store(tmp_path).index.of("config").good == held(3)


@pytest.mark.parametrize("damage", [b"", b"\0" * 4096, b"{}", b"x" * 300_000])
def test_one_damaged_copy_costs_nothing_and_two_cost_the_memory_alone(tmp_path: Path, damage: bytes) -> None:
    store = Store(tmp_path)
    store.save(Index().with_starts(2))
    (tmp_path / COPIES[0]).write_bytes(damage)
    again = Store(tmp_path)
    assert again.index.starts == 2 and "set aside" in again.complaints[0]
    for copy in COPIES:
        (tmp_path / copy).write_bytes(damage)
    assert Store(tmp_path).index == Index()


def test_of_two_copies_the_newer_counts(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.save(Index().with_starts(1))
    old = (tmp_path / COPIES[0]).read_bytes()
    store.save(Index().with_starts(2))
    (tmp_path / COPIES[0]).write_bytes(old)
    assert Store(tmp_path).index.starts == 2


def test_payloads_that_nobody_needs_go(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    for price in ("2.00", "3.00", "4.00", "5.00"):
        shelf.hub.config(priced(price))
        shelf.settle()
    kept = shelf.beginning.store.directory if shelf.beginning.store else tmp_path
    (kept / "index.a.unfinished").write_bytes(b"half")
    shelf.restart()
    assert len(list(kept.glob("config-*.json"))) == 2 and not list(kept.glob("*.unfinished"))


def test_a_damaged_good_one_gives_way_to_the_one_before_until_it_comes_again(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    for price in ("2.00", "3.00"):
        shelf.hub.config(priced(price))
        shelf.settle()
    assert shelf.beginning.store is not None
    good = shelf.beginning.store.index.of("config").good
    assert good is not None
    (shelf.beginning.store.directory / f"config-{good.hash}.json").write_bytes(b"{}")
    shelf.crash()
    assert shelf.price == "2.00" and "lost version 2" in str(shelf.beginning.findings["config"])
    shelf.hub.repeats()
    shelf.settle()
    assert (shelf.price, shelf.state()) == ("3.00", "applied")


def test_a_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "documents").write_text("")
    beginning = begin(local_config(tmp_path))
    assert beginning.config == beginning.local and beginning.findings["config"]


def test_harmful_ones_are_remembered_within_bounds() -> None:
    record = Record()
    for version in range(1, 100):
        record = record.try_out(a_trial(version)).take_back("it did harm" * 100)
    assert len(record.harmful) == 16 and record.why_harmful(held(99).hash)
    assert not any(record.grows(version, held(version).hash) for version in range(99)), "the version keeps them out"
