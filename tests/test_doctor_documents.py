"""`shelfd doctor` and the hub's documents: folder and disk, keys, what is in force; and nothing is touched."""

from __future__ import annotations

import base64
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
from documents_scene import ISSUED, NEW, Shelf, lane, local_config, priced
from hypothesis import given, settings
from hypothesis import strategies as st
from test_documents_model import document as model_document
from vision_scene import SQUARES

from agent.app import App
from agent.commands.doctor_documents import FILES, KEY, MODELS, Look, examine_documents, hub_manifest
from agent.commands.doctor_kept import Kept, in_force, read_kept
from agent.commands.doctor_part import Part
from agent.config.schema import Config, Outbox
from agent.documents.assets import AssetCache
from agent.documents.beginning import FOLDER, begin
from agent.documents.model_document import ModelKind
from agent.documents.model_folder import lay_out, name_of
from agent.documents.opening import sha256
from agent.documents.record import Held, Record
from agent.documents.signing import DeviceKey
from agent.documents.store import COPIES, Store
from agent.notify import Notifier
from wire.documents import Asset, ContentDocument, Document, Policy

ROOT = "22 1 179:2 / / rw,noatime shared:1 - ext4 /dev/mmcblk0p2 rw\n"


def look(folder: Path, mounts: str = ROOT, free: int = 9_000_000_000) -> Look:
    (folder / "mounts").write_text(mounts)
    return Look(folder / "mounts", lambda _: free)


def examined(config: Config, *, running: bool = False, looking: Look | None = None) -> tuple[Part, Kept]:
    kept = read_kept(config, running=running)
    part = examine_documents(in_force(config, kept)[0], kept, looking)
    assert part is not None
    return part, kept


def codes(part: Part) -> list[tuple[str, str]]:
    return [(finding.subject, finding.code) for finding in part.findings]


def tree(folder: Path) -> dict[str, tuple[bytes, int]]:
    """All that lies there, with the times at which it was written."""
    return {
        str(path): (path.read_bytes() if path.is_file() else b"", path.stat().st_mtime_ns)
        for path in [folder, *folder.rglob("*")]
    }


def put_in_force(config: Config, document: Document) -> None:
    store, payload = Store(Path(config.documents.dir) / FOLDER), msgspec.json.encode(document)
    held = Held(version=document.version, hash=sha256(payload), by="hub")
    store.keep(document.kind, held.hash, payload)
    store.save(store.index.with_records({document.kind: Record(good=held).accept(held)}))


# -- what is in force -------------------------------------------------------------------------------------------------


def test_a_device_that_obeys_nobody_hears_nothing(tmp_path: Path) -> None:
    local = replace(local_config(tmp_path), documents=Config(device=local_config(tmp_path).device).documents)
    assert examine_documents(local, read_kept(local, running=False)) is None


def test_versions_and_states_of_what_the_hub_sent(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    shelf.hub.config(priced("4.50"))
    shelf.settle()
    shelf.hub.policy(Policy())
    part, kept = examined(shelf.local, running=True, looking=look(tmp_path))
    assert "  config: version 1 by li.wei, since 2026-03-14T09:26:39.000Z" in part.lines
    assert "  policy: version 2 by li.wei, since 2026-03-14T09:26:39.000Z, on trial" in part.lines
    assert "  model: the device's own" in part.lines and "  content: none" in part.lines
    assert "  obeyed: hub-2026" in part.lines
    assert part.facts["versions"] == {"config": 1, "policy": 2}
    config, unfit = in_force(shelf.local, kept)
    assert config.lanes[0].price == "4.50" and unfit == ()
    assert codes(part) == []


def test_the_keys_are_those_in_force_not_those_of_the_file(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    shelf.hub.keys = (*shelf.hub.keys, NEW)
    shelf.hub.config({**priced("4.50"), "documents": {"key": [{"name": NEW.name, "ed25519": NEW.public}]}})
    shelf.settle()
    part, _ = examined(shelf.local, looking=look(tmp_path))
    assert "  obeyed: hub-2027" in part.lines


def test_a_trial_that_was_cut_off_is_told_as_the_next_start_will_judge_it(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    shelf.hub.config(priced("4.50"))
    shelf.settle()
    shelf.hub.config(priced("5.50"))  # on trial: and the power goes
    running, beside = examined(shelf.local, running=True, looking=look(tmp_path))
    assert "version 2 by li.wei" in running.lines[2] and "on trial" in running.lines[2]
    assert in_force(shelf.local, beside)[0].lanes[0].price == "5.50"
    dead, kept = examined(shelf.local, looking=look(tmp_path))
    assert codes(dead) == [("documents/config", "cut_off")] and "version 1 by li.wei" in dead.lines[2]
    assert in_force(shelf.local, kept)[0] == begin(shelf.local).config  # and so it is
    after, _ = examined(shelf.local, running=True, looking=look(tmp_path))
    assert codes(after) == [("documents/config", "rolled_back")] and "1 taken back so far" in after.lines[2]
    assert "version 2 was taken back" in after.findings[0].sentence


def test_a_trial_that_was_left_in_order_goes_on(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    shelf.hub.config(priced("5.50"))
    shelf.stop()
    part, kept = examined(shelf.local, looking=look(tmp_path))
    assert codes(part) == [] and "on trial" in part.lines[2]
    assert in_force(shelf.local, kept)[0] == begin(shelf.local).config


def test_starts_that_do_not_live_are_said(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    shelf.hub.config(priced("4.50"))
    shelf.settle()
    for _ in range(4):
        shelf.crash()
        assert codes(examined(shelf.local, looking=look(tmp_path))[0]) == []
    shelf.crash()
    assert codes(examined(shelf.local, looking=look(tmp_path))[0]) == [("documents", "restless")]
    assert begin(shelf.local).level == 1


def test_what_no_longer_fits_the_file_is_said(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    shelf.hub.config({"lane": [lane("cola", cells=["c2"])], "visits": {"dwell_s": 9.0}})
    shelf.settle()
    narrower = replace(shelf.local, scales=(replace(shelf.local.scales[0], cells=shelf.local.scales[0].cells[:1]),))
    config, unfit = in_force(narrower, read_kept(narrower, running=False))
    assert config.visits.dwell_s == narrower.visits.dwell_s
    assert len(unfit) > 0 and "config.lane[0]" in unfit[0]


# -- nothing is touched -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("running", [True, False])
def test_it_writes_nothing_whatever_lies_there(tmp_path: Path, running: bool) -> None:
    shelf = Shelf(tmp_path)
    shelf.hub.config(priced("4.50"))
    shelf.settle()
    shelf.hub.config(priced("5.50"))
    folder = Path(shelf.local.documents.dir)
    (folder / FOLDER / COPIES[0]).write_bytes(b"what a worn card makes of it")
    (payload,) = (folder / FOLDER).glob(f"config-{shelf.beginning.store.index.of('config').good.hash}.json")  # type: ignore[union-attr]
    payload.write_bytes(b"{}")
    (folder / FOLDER / "index.a.unfinished").write_bytes(b"half")
    (folder / KEY).write_bytes(b"no key")
    before = tree(tmp_path)
    part, kept = examined(shelf.local, running=running)
    assert tree(tmp_path) == before
    assert ("documents", "no_device_key") in codes(part)
    assert any("index.a is damaged" in sentence for sentence in kept.complaints)
    if not running:
        assert any("lost version 1" in sentence for sentence in kept.complaints)


def test_a_folder_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    local = local_config(tmp_path)
    part, _ = examined(local, looking=look(tmp_path))
    assert codes(part) == [("documents", "new_folder")]
    assert [path.name for path in tmp_path.iterdir()] == ["mounts"]


@settings(max_examples=60, derandomize=True, deadline=None)
@given(st.binary(max_size=200))
def test_any_index_is_read_or_complained_of(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    folder = tmp_path_factory.mktemp("d")
    local = local_config(folder)
    kept_in = Path(local.documents.dir) / FOLDER
    kept_in.mkdir(parents=True)
    for copy in COPIES:
        body = data if copy == COPIES[0] else sha256(data).encode() + b"\n" + data  # one with a sum that fits
        (kept_in / copy).write_bytes(body)
    kept = read_kept(local, running=False)
    assert kept.standing == {} and len(kept.complaints) == 2


# -- folder, disk, files, keys ----------------------------------------------------------------------------------------


def test_the_tills_are_told_the_public_half_and_nobody_the_other(tmp_path: Path) -> None:
    local = local_config(tmp_path)
    folder = Path(local.documents.dir)
    folder.mkdir()
    key = DeviceKey.load_or_make(folder / KEY)
    part, _ = examined(local, looking=look(tmp_path))
    public = base64.b64encode(key.public).decode()
    assert f"  device key, a line for the tills: s/d {public}" in part.lines and part.facts["device_key"] == public
    secret = (folder / KEY).read_text().strip()
    assert secret not in "\n".join((*part.lines, *(finding.sentence for finding in part.findings)))


def test_things_lie_where_the_agent_puts_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    places: list[Path] = []

    class Noted(ModelKind):
        def __init__(self, folder: Path, *given: Any, **more: Any) -> None:
            places.append(folder)
            super().__init__(folder, *given, **more)

    monkeypatch.setattr("agent.remote.ModelKind", Noted)
    local = replace(local_config(tmp_path), outbox=Outbox(path=str(tmp_path / "outbox.sqlite")))
    agent = App(local, Notifier())
    assert agent.remote is not None
    folder = Path(local.documents.dir)
    public = base64.b64encode(agent.remote.device_key.public).decode()
    assert examined(local, looking=look(tmp_path))[0].facts["device_key"] == public
    assert (folder / FILES).is_dir() and (folder / FOLDER).is_dir() and places == [folder / MODELS]


def test_nobody_to_obey_is_wrong(tmp_path: Path) -> None:
    local = local_config(tmp_path)
    local = replace(local, documents=replace(local.documents, keys=()))
    assert ("documents", "no_keys") in codes(examined(local, looking=look(tmp_path))[0])


def test_files_are_counted_and_missing_ones_of_the_content_are_named(tmp_path: Path) -> None:
    local, there, missing = local_config(tmp_path), b"picture", b"another"
    files = tuple(Asset(sha256=sha256(data), bytes=len(data)) for data in (there, missing))
    put_in_force(
        local, ContentDocument(version=3, store="s", device="d", by="hub", issued=ISSUED, assets=files, items=())
    )
    folder = Path(local.documents.dir) / FILES
    AssetCache(folder, 1000)  # as the agent makes it
    (folder / files[0].sha256).write_bytes(there)
    (folder / "stray").write_bytes(bytes(5000))
    part, _ = examined(local, looking=look(tmp_path))
    assert "  files: 1, 0.0 of 256 MB" in part.lines and part.facts["cache_bytes"] == len(there)
    assert codes(part) == [("documents/content", "missing_files")]
    assert part.findings[0].sentence.startswith("1 of 2 files")
    (folder / files[1].sha256).write_bytes(missing)
    assert codes(examined(local, looking=look(tmp_path))[0]) == []


def test_models_of_the_hub_are_held_to_their_document(tmp_path: Path) -> None:
    local, document = local_config(tmp_path), model_document()
    put_in_force(local, document)
    folder = Path(local.documents.dir)
    part, kept = examined(local, looking=look(tmp_path))
    assert (
        codes(part) == [("documents/model", "not_whole")] and "  model: version 1 by hub, since not known" in part.lines
    )
    cache = AssetCache(folder / FILES, 1 << 30)
    new = cache.folder / "new"
    new.write_bytes(SQUARES)
    cache.add(document.files[0].sha256, new)
    lay_out(folder / MODELS / name_of(document), document, cache)
    assert codes(examined(local, looking=look(tmp_path))[0]) == []
    manifest = hub_manifest(local, kept)
    assert manifest is not None and manifest.read_text() == document.manifest
    (manifest.parent / document.files[0].name).unlink()  # it is a link to that of the cache
    (manifest.parent / document.files[0].name).write_bytes(SQUARES[:-1] + b"x")
    assert codes(examined(local, looking=look(tmp_path))[0]) == [("documents/model", "not_whole")]
