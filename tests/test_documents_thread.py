"""Documents with files, proofs that take long, and the thread that hears them."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from agent.documents.beginning import begin
from agent.documents.keeper import Keeper
from agent.documents.protocol import Beat, StopError
from tests.documents_scene import HEALTHY, ISSUED, OLD, Parts, Shelf, local_config, priced
from tools.publish.signing import sign
from wire.documents import Asset, ConfigDocument, ContentDocument, Item
from wire.reported import Finding, ReportedPayload


class FilmKind:
    """A kind with files, that records what it is asked."""

    kind = "content"

    def __init__(self) -> None:
        self.applied: list[int | None] = []
        self.proof: list[Finding] = []
        self.proofs = 0

    def check(self, document: ContentDocument) -> list[Finding]:
        return []

    notes = check

    def needs(self, document: ContentDocument) -> tuple[Asset, ...]:
        return document.assets

    def ready(self, document: ContentDocument, beat: Beat) -> list[Finding]:
        self.proofs += 1
        beat()
        return self.proof

    def apply(self, document: ContentDocument | None) -> None:
        self.applied.append(document and document.version)


class FilesOf:
    """A cache into which files come by hand."""

    def __init__(self) -> None:
        self.there: set[str] = set()
        self.wanted: dict[str, tuple[Asset, ...]] = {}
        self.room = True

    def fits(self, wanted: tuple[Asset, ...], kept: tuple[Asset, ...]) -> list[Finding]:
        return [] if self.room else [Finding(path="assets", reason="no room")]

    def want(self, wanted: Any, kept: tuple[Asset, ...]) -> None:
        self.wanted = dict(wanted)

    def missing(self, assets: tuple[Asset, ...]) -> tuple[str, ...]:
        return tuple(x.sha256 for x in assets if x.sha256 not in self.there)

    def progress(self, assets: tuple[Asset, ...]) -> float:
        return 0.5

    def troubles(self, assets: tuple[Asset, ...]) -> list[Finding]:
        return []

    def cache_bytes(self) -> int:
        return 7


@pytest.fixture
def film(tmp_path: Path) -> tuple[Shelf, FilmKind, FilesOf]:
    kind, files = FilmKind(), FilesOf()
    return Shelf(tmp_path, kinds=[kind], files=files), kind, files


def content(shelf: Shelf, version: int, name: str) -> ContentDocument:
    asset = Asset(sha256=name * 64, bytes=10)
    items = (Item(name="i", plays="loop", asset=asset.sha256),)
    return ContentDocument(version=version, store="s", device="d", by="x", issued=ISSUED, assets=(asset,), items=items)


def test_content_waits_for_its_files_and_the_old_plays_on(film: tuple[Shelf, FilmKind, FilesOf]) -> None:
    shelf, kind, files = film
    assert shelf.hub.send(content(shelf, 1, "a")).state == "loading"
    assert shelf.told["content"].missing == ("a" * 64,)  # type: ignore[union-attr]
    assert kind.applied == [None] and set(files.wanted) == {"content"}
    files.there.add("a" * 64)
    shelf.desk.files_changed()
    shelf.wait(1)
    assert shelf.state("content") == "probation" and kind.applied == [None, 1]
    shelf.settle()
    shelf.hub.send(content(shelf, 2, "b"))
    shelf.settle()
    assert (shelf.state("content"), kind.applied) == ("loading", [None, 1])
    assert {x.sha256[0] for x in files.wanted["content"]} == {"a", "b"}
    shelf.restart()
    assert shelf.hub.repeats("content").state == "loading", "loading goes on after a restart"


def test_content_that_fails_its_proof_is_not_tried(film: tuple[Shelf, FilmKind, FilesOf]) -> None:
    shelf, kind, files = film
    files.there |= {"a" * 64, "b" * 64}
    shelf.hub.send(content(shelf, 1, "a"))
    shelf.settle()
    kind.proof = [Finding(path="items[0].asset", reason="no picture")]
    assert shelf.hub.send(content(shelf, 2, "b")).state == "rejected"
    assert shelf.told["content"].version == 1 and kind.applied == [None, 1]
    shelf.hub.repeats("content")
    assert kind.proofs == 2
    files.room = False
    assert shelf.hub.send(content(shelf, 3, "b")).findings[0].reason == "no room"


def test_a_proof_that_ends_the_process_is_not_repeated(
    film: tuple[Shelf, FilmKind, FilesOf], monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf, kind, files = film
    files.there.add("a" * 64)

    def end(document: ContentDocument, beat: Beat) -> list[Finding]:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(kind, "ready", end)
        shelf.hub.send(content(shelf, 1, "a"))
    shelf.crash()
    assert shelf.hub.repeats("content").state == "rolled_back" and kind.applied == [None, None]


def test_a_lost_file_comes_back(film: tuple[Shelf, FilmKind, FilesOf]) -> None:
    shelf, kind, files = film
    files.there.add("a" * 64)
    shelf.hub.send(content(shelf, 1, "a"))
    shelf.settle()
    files.there.clear()
    shelf.restart()
    assert kind.applied == [None, 1, 1] and shelf.told["content"].missing  # type: ignore[union-attr]
    files.there.add("a" * 64)
    shelf.desk.files_changed()
    assert kind.applied == [None, 1, 1, 1]


def test_a_lost_file_comes_back_while_newer_content_loads(film: tuple[Shelf, FilmKind, FilesOf]) -> None:
    shelf, kind, files = film
    files.there.add("a" * 64)
    shelf.hub.send(content(shelf, 1, "a"))
    shelf.settle()
    files.there.clear()
    shelf.restart()
    assert shelf.hub.send(content(shelf, 2, "b")).state == "loading"
    files.there.add("a" * 64)
    shelf.desk.files_changed()
    shelf.desk.files_changed()
    assert kind.applied == [None, 1, 1, 1], "as soon as it is there, and once"
    files.there.add("b" * 64)
    shelf.desk.files_changed()
    shelf.settle()
    assert kind.applied == [None, 1, 1, 1, 2]


def test_of_two_lost_files_the_first_back_is_not_kept_waiting(film: tuple[Shelf, FilmKind, FilesOf]) -> None:
    shelf, kind, files = film
    both = content(shelf, 1, "a"), content(shelf, 1, "b")
    files.there |= {"a" * 64, "b" * 64}
    shelf.hub.send(replace(both[0], assets=both[0].assets + both[1].assets))
    shelf.settle()
    files.there.clear()
    shelf.restart()
    for name in "ab":
        files.there.add(name * 64)
        shelf.desk.files_changed()
    assert kind.applied == [None, 1, 1, 1, 1]


def test_a_file_that_comes_while_something_else_is_wanted_is_noticed(film: tuple[Shelf, FilmKind, FilesOf]) -> None:
    shelf, kind, files = film
    files.there.add("a" * 64)
    shelf.hub.send(content(shelf, 1, "a"))
    shelf.settle()
    files.there.clear()
    shelf.restart()
    files.there.add("a" * 64)
    shelf.hub.send(content(shelf, 2, "b"))  # what is wanted is asked anew before the news of the file is told
    shelf.desk.files_changed()
    assert kind.applied == [None, 1, 1, 1]


def test_the_thread_hears_the_newest_of_each_kind_and_stops(tmp_path: Path) -> None:
    parts, told, changed = Parts(), list[ReportedPayload](), threading.Event()

    def hear(payload: ReportedPayload) -> None:
        told.append(payload)
        if payload.state == "probation":
            changed.set()

    keeper = Keeper(begin(local_config(tmp_path)), [], parts, lambda: HEALTHY, hear)
    for version, price in enumerate(("2.00", "3.00", "4.00"), 1):
        document = ConfigDocument(version=version, store="s", device="d", by="x", issued=ISSUED, config=priced(price))
        keeper.desired("config", sign(document, [OLD]))
    keeper.desired("nonsense", b"")
    thread = threading.Thread(target=keeper.run)
    thread.start()
    assert changed.wait(10)
    keeper.stop()
    thread.join(10)
    assert not thread.is_alive() and parts.changes == 1 and parts.config is not None
    assert parts.config.lanes[0].price == "4.00"
    keeper.end()
    assert begin(local_config(tmp_path)).version == 3, "an end in order leaves the trial open"


def test_a_long_proof_ends_when_the_process_is_to_end(tmp_path: Path) -> None:
    kind, files, proving = FilmKind(), FilesOf(), threading.Event()
    files.there.add("a" * 64)

    def prove(document: ContentDocument, beat: Beat) -> list[Finding]:
        while True:
            proving.set()
            beat()
            time.sleep(0.005)  # a child process is waited for

    kind.ready = prove  # type: ignore[method-assign]
    keeper = Keeper(begin(local_config(tmp_path)), [kind], Parts(), lambda: HEALTHY, lambda _: None, files=files)
    shelf = Shelf(tmp_path / "other")
    keeper.desired("content", sign(content(shelf, 1, "a"), [OLD]))
    thread = threading.Thread(target=keeper.run)
    thread.start()
    assert proving.wait(10)
    keeper.stop()
    thread.join(10)
    keeper.end()
    assert not thread.is_alive()
    index = begin(local_config(tmp_path)).store
    assert index is not None and index.index.of("content").harmful == (), "an end in order is nobody's fault"
    assert issubclass(StopError, Exception)


def test_an_end_in_order_in_the_middle_of_a_change_is_nobodys_fault(tmp_path: Path) -> None:
    def ends(config: object) -> None:
        raise StopError

    parts = Parts()
    parts.when = ends
    document = ConfigDocument(version=1, store="s", device="d", by="x", issued=ISSUED, config=priced("2.00"))
    keeper = Keeper(begin(local_config(tmp_path)), [], parts, lambda: HEALTHY, lambda _: None)
    keeper.desired("config", sign(document, [OLD]))
    keeper.run()
    keeper.end()
    begun = begin(local_config(tmp_path))
    assert begun.store is not None and begun.store.index.of("config").harmful == ()
    assert begun.config.lanes[0].price == "2.00" and begun.store.index.of("config").trial is not None
