"""Models from the hub: what is refused for what it says, what for what it does in a process of its own, and the way a
proven one takes the place of another."""

from __future__ import annotations

import hashlib
import random
import sys
from pathlib import Path
from subprocess import Popen
from typing import IO, Any

import msgspec
import numpy as np
import pytest
from test_documents_content import mutated
from vision_scene import SQUARES, model, needs_runtime, toml_of, write_models

from agent.documents import trial_child, trial_model
from agent.documents.assets import AssetCache
from agent.documents.findings import MOST_REASON
from agent.documents.model_document import ModelKind
from agent.documents.protocol import ApplyError, StopError
from agent.documents.trial_child import Verdict, Wrong
from agent.documents.trial_model import TrialLimits, prove, too_slow
from agent.vision.frame import Frame
from agent.vision.product import LOCAL
from agent.vision.protocol import VisionError
from wire.documents import ModelDocument, ModelFile

Files = dict[str, bytes]
BOTH = ((0, "hand", 0.5), (0, "person", 0.5))


def manifest_of(files: Files, **given: Any) -> str:
    entries = [
        toml_of(model(file=name, sha256=hashlib.sha256(data).hexdigest(), bytes=len(data), **given))
        for name, data in files.items()
    ]
    return b"\n".join(entries).decode()


def document(
    files: Files | None = None, *, version: int = 1, manifest: str | None = None, **given: Any
) -> ModelDocument:
    files = {"squares.tflite": SQUARES} if files is None else files
    return ModelDocument(
        version=version,
        store="shop",
        device="d1",
        by="hub",
        issued="2026-03-14T08:00:00Z",
        manifest=manifest_of(files, **given) if manifest is None else manifest,
        files=tuple(
            ModelFile(name=name, sha256=hashlib.sha256(data).hexdigest(), bytes=len(data))
            for name, data in files.items()
        ),
    )


class Device:
    """A model kind with a cache; `used`: what the eyes were given, by the names of their files."""

    def __init__(self, folder: Path, *, prove: Any = None) -> None:
        self.own = write_models(folder / "own")
        self.folder = folder / "models"
        self.cache = AssetCache(folder / "assets", 50_000_000, free=lambda _: 1 << 40)
        self.used: list[Path | None] = []
        self.refusal: Exception | None = None
        self.proved: list[tuple[Path, Path | None, int]] = []
        self.kind = ModelKind(
            self.folder, self.cache, own=lambda: self.own, threads=lambda: 1, use=self._use, prove=prove or self._prove
        )

    def load(self, files: Files) -> None:
        """They have come."""
        for data in files.values():
            path = self.cache.folder / "new"
            path.write_bytes(data)
            self.cache.add(hashlib.sha256(data).hexdigest(), path)

    def _use(self, manifest: Path | None) -> None:
        if self.refusal is not None:
            raise self.refusal
        self.used.append(manifest)

    def _prove(self, manifest: Path, old: Path | None, threads: int, _beat: object) -> tuple[Wrong, ...]:
        self.proved.append((manifest, old, threads))
        return ()


@pytest.fixture
def device(tmp_path: Path) -> Device:
    return Device(tmp_path)


def test_a_good_document_has_no_findings_and_needs_its_files(device: Device) -> None:
    good = document()
    assert device.kind.check(good) == []
    assert [(a.sha256, a.bytes) for a in device.kind.needs(good)] == [
        (hashlib.sha256(SQUARES).hexdigest(), len(SQUARES))
    ]
    assert [f.reason for f in device.kind.notes(good)] == ["no model finds a person", "no model finds a container"]


GOOD = manifest_of({"squares.tflite": SQUARES})
OTHER = {"squares.tflite": SQUARES, "other.tflite": SQUARES + b"\0"}


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        (document(manifest="no toml ["), "manifest"),
        (document(manifest=""), "manifest"),
        (document(manifest="a = " + "[" * 5000), "manifest"),
        (document(manifest=GOOD.replace("squares.tflite", "../squares.tflite")), "manifest"),
        (document(manifest=GOOD.replace("squares.tflite", "/etc/passwd")), "manifest"),
        (document(manifest=manifest_of({"other.tflite": SQUARES})), "files[0].name"),
        (document(manifest=manifest_of({"squares.tflite": SQUARES + b"x"})), "files[0].sha256"),
        (
            document(manifest=manifest_of({"squares.tflite": SQUARES}).replace(f"= {len(SQUARES)}", "= 9")),
            "files[0].bytes",
        ),
        (document(OTHER, manifest=manifest_of({"squares.tflite": SQUARES})), "files[1].name"),
        (document(manifest=manifest_of(OTHER)), "manifest.model[1].file"),
        (document(manifest=2 * (manifest_of({"squares.tflite": SQUARES}) + "\n")), "manifest.model[1].file"),
        (document(decoder="crop-classes"), "manifest.model[0].decoder"),
    ],
)
def test_a_document_that_contradicts_itself_is_refused_with_the_place(
    device: Device, wrong: ModelDocument, path: str
) -> None:
    findings = device.kind.check(wrong)
    assert path in [f.path for f in findings] and all(f.reason for f in findings)


def test_a_manifest_cannot_make_the_answer_long(device: Device) -> None:
    (found,) = device.kind.check(document(manifest=GOOD.replace('decoder = "', 'decoder = "' + 100_000 * "x")))
    assert found.path == "manifest" and "Invalid enum value" in found.reason and len(found.reason) <= MOST_REASON


def test_files_of_one_name_are_refused(device: Device) -> None:
    twice = msgspec.structs.replace(document(), files=2 * document().files)
    assert [f.path for f in device.kind.check(twice)] == ["files[1].name"]


def test_models_are_laid_out_proven_beside_those_in_use_and_then_used(device: Device) -> None:
    first, second = document(), document({"new.tflite": SQUARES}, version=2)
    device.load({"": SQUARES})
    for one in (first, second):
        assert device.kind.ready(one, lambda: None) == []
        device.kind.apply(one)
        device.kind.apply(one)
    paths = [device.kind.manifest_path(one) for one in (first, second)]
    assert device.used == paths and paths[0] != paths[1]
    assert device.proved == [(paths[0], device.own, 1), (paths[1], paths[0], 1)]
    assert paths[1].read_text() == second.manifest and (paths[1].parent / "new.tflite").read_bytes() == SQUARES
    device.kind.apply(first)  # the way back
    device.kind.apply(None)
    assert device.used[2:] == [paths[0], None]


def test_old_folders_go_and_the_way_back_stays(device: Device) -> None:
    device.load({"": SQUARES})
    documents = [document({f"m{n}.tflite": SQUARES}, version=n + 1) for n in range(4)]
    for one in documents:
        device.kind.apply(one)
    there = {path.name for path in device.folder.iterdir()}
    assert there == {device.kind.manifest_path(one).parent.name for one in documents[2:]}


def test_models_that_were_refused_leave_no_folders(tmp_path: Path) -> None:
    device = Device(tmp_path, prove=lambda *_: (Wrong(file="squares.tflite", reason="too slow"),))
    device.load({"": SQUARES})
    in_use = document()
    device.kind.apply(in_use)
    refused = [document({f"m{n}.tflite": SQUARES}, version=n + 2) for n in range(4)]
    assert all(device.kind.ready(one, lambda: None) for one in refused)
    there = {path.name for path in device.folder.iterdir()}
    assert there == {device.kind.manifest_path(one).parent.name for one in (in_use, refused[-1])}


def test_a_folder_that_a_power_cut_damaged_is_laid_out_again(device: Device) -> None:
    device.load({"": SQUARES})
    one = document()
    device.kind.apply(one)
    folder = device.kind.manifest_path(one).parent
    for damage in ("manifest.toml", "squares.tflite"):
        (folder / damage).unlink()
        (folder / damage).write_bytes(b"")
        device.kind.apply(one)
        assert (folder / "squares.tflite").read_bytes() == SQUARES and (
            folder / "manifest.toml"
        ).read_text() == one.manifest
    assert len(device.used) == 3, "the eyes are built anew where the files beneath them were"


def test_what_cannot_be_laid_out_or_used_is_an_apply_error_and_nothing_changes(device: Device) -> None:
    one = document()
    assert [f.path for f in device.kind.ready(one, lambda: None)] == ["files"]
    device.load({"": SQUARES})
    device.refusal = VisionError("model_refused", "it is broken")
    with pytest.raises(ApplyError, match="it is broken"):
        device.kind.apply(one)
    device.refusal = None
    device.kind.apply(one)
    assert device.used == [device.kind.manifest_path(one)]


def test_models_whose_files_are_lost_give_way_to_the_devices_own_until_they_are_back(device: Device) -> None:
    one = document()
    device.load({"": SQUARES})
    device.kind.apply(one)
    (device.kind.manifest_path(one).parent / "squares.tflite").unlink()
    device.cache._drop(hashlib.sha256(SQUARES).hexdigest())
    device.kind.apply(one)
    device.load({"": SQUARES})
    device.kind.apply(one)
    path = device.kind.manifest_path(one)
    assert device.used == [path, None, path]


def test_the_stores_own_model_comes_along(device: Device) -> None:
    device.load({"": SQUARES})
    own = device.own.parent
    (own / "local.tflite").write_bytes(SQUARES)
    (own / LOCAL).write_bytes(toml_of(model("crop-classes", file="local.tflite")))
    one = document()
    device.kind.apply(one)
    folder = device.kind.manifest_path(one).parent
    assert (folder / LOCAL).read_bytes() == (own / LOCAL).read_bytes() and (
        folder / "local.tflite"
    ).read_bytes() == SQUARES
    (own / LOCAL).unlink()
    device.kind.apply(one)
    assert not (folder / LOCAL).exists()
    (own / LOCAL).write_bytes(toml_of(model("crop-classes", file="squares.tflite")))
    device.kind.apply(one)
    assert not (folder / LOCAL).exists(), "it has the name of another model"


# The trial


@needs_runtime
def test_a_good_model_proves_itself_in_a_process_of_its_own(tmp_path: Path) -> None:
    device = Device(tmp_path, prove=prove)
    device.load({"": SQUARES})
    beats: list[None] = []
    assert device.kind.ready(document(), lambda: beats.append(None)) == []
    assert len(beats) >= 2


@needs_runtime
def test_a_model_cut_short_takes_only_the_trial_with_it(tmp_path: Path) -> None:
    device = Device(tmp_path, prove=prove)
    cut = {"squares.tflite": SQUARES[: len(SQUARES) * 2 // 3]}
    device.load(cut)
    (finding,) = device.kind.ready(document(cut), lambda: None)
    assert finding.path == "files[0]" and "squares.tflite" in finding.reason


CODE = 'import os,signal,sys,time\nprint(\'{{"type":"step","step":"load","file":"x"}}\', flush=True)\n{}'


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("os.kill(os.getpid(), signal.SIGSEGV)", "SIGSEGV; it was about to load x"),
        ("os.abort()", "SIGABRT"),
        ("time.sleep(60)", "not over within 0"),
        ("data = bytearray(60_000_000); time.sleep(60)", "MB of memory; 40 MB are the most"),
        ("sys.exit('no runtime')", "the trial failed: no runtime"),
        ("print('\\x00nonsense' * 100_000)", "no verdict"),
        ("os.write(1, b'{\"type\":\"verdict\"}\\n')", "not timed"),
    ],
)  # fmt: skip
def test_a_trial_that_dies_hangs_or_swells_is_a_refusal(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, code: str, says: str
) -> None:
    processes = acting(monkeypatch, code)
    limits = TrialLimits(seconds=0.4 if "0" in says and "within" in says else 20, memory_mb=40)
    (wrong,) = prove(tmp_path / "manifest.toml", None, 1, lambda: None, limits)
    assert says in wrong.reason
    assert [process.poll() is not None for process in processes] == [True]


def test_an_agent_that_stops_takes_the_trial_with_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    processes = acting(monkeypatch, "time.sleep(60)")

    def beat() -> None:
        raise StopError

    with pytest.raises(StopError):
        prove(tmp_path / "manifest.toml", None, 1, beat)
    assert processes[0].poll() is not None


def acting(monkeypatch: pytest.MonkeyPatch, code: str) -> list[Popen[bytes]]:
    """In the child's place runs this code."""
    processes: list[Popen[bytes]] = []

    def start(_manifest: Path, _threads: int, _old: Path | None, out: IO[bytes], err: IO[bytes]) -> Popen[bytes]:
        processes.append(Popen([sys.executable, "-S", "-c", CODE.format(code)], stdout=out, stderr=err))
        return processes[0]

    monkeypatch.setattr(trial_model, "start", start)
    return processes


@needs_runtime
@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"input": {"width": 64}}, "the manifest says"),
        ({"input": {"zero_point": 0}}, "the manifest says"),
        ({"decoder": "palm"}, "squares.tflite"),
        ({"classes": ((0, "hand", 0.5), (1, "person", 0.5))}, "squares.tflite"),
        ({"classes": ((0, "hand", 0.001),)}, "things in a picture of nothing"),
        ({"data": SQUARES[:-8] + b"\0" * 8, "sha256": "ab" * 32}, "sha256 differs"),
    ],
)
def test_a_model_that_is_not_what_the_manifest_says_or_sees_things_is_refused(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], given: dict[str, Any], says: str
) -> None:
    verdict = trial_child.verdict(write_models(tmp_path, **given), 1, None)
    (wrong,) = verdict.wrong
    assert says in wrong.reason and wrong.file == "squares.tflite"


@needs_runtime
def test_a_model_that_gives_the_same_answer_to_everything_is_refused(tmp_path: Path, capfd: object) -> None:
    blind = SQUARES.replace(b"\x7f\x81\x00" * 64, b"\0\0\0" * 64)
    assert blind != SQUARES
    manifest = write_models(tmp_path, data=blind, sha256=hashlib.sha256(blind).hexdigest())
    assert [w.reason for w in trial_child.verdict(manifest, 1, None).wrong] == [
        "squares.tflite gives the same answer to every picture"
    ]


def test_numbers_that_are_none_are_refused() -> None:
    class Outputs:
        model = model()
        interpreter: Any = None

        def detect(self, _picture: object) -> tuple[()]:
            return ()

        def get_output_details(self) -> list[dict[str, int]]:
            return [{"index": 0}]

        def get_tensor(self, _index: int) -> np.ndarray:
            return np.array([1.0, np.nan], np.float32)

    blind = Outputs()
    blind.interpreter = blind
    pictures = [Frame(0.0, picture) for picture in trial_child.synthetic()]
    assert trial_child.oddity(blind, pictures) == "squares.tflite answers with numbers that are none"  # type: ignore[arg-type]


def test_slower_than_twice_the_models_in_use_is_refused_with_the_numbers() -> None:
    limits = TrialLimits()
    assert too_slow(Verdict(new_ms=19.0, old_ms=10.0), limits) == ()
    (wrong,) = too_slow(Verdict(new_ms=21.0, old_ms=10.0), limits)
    assert "21.0 ms a picture and those in use 10.0 ms" in wrong.reason
    assert too_slow(Verdict(new_ms=1900.0), limits) == () and too_slow(Verdict(new_ms=2100.0), limits) != ()


def test_whatever_a_manifest_says_it_is_refused_or_checked(device: Device) -> None:
    good, chance, checked = document(), random.Random(3), 0
    pieces = [b"[[model]]", b"= nan", b"9" * 5000, b'"""', b"../", b"\\u0000", b"[" * 300, b"{" * 300, b"1979-05-27"]
    for _ in range(600):
        text = mutated(good.manifest.encode(), pieces, chance).decode(errors="replace")
        one = msgspec.structs.replace(good, manifest=text)
        checked += not device.kind.check(one)
        device.kind.notes(one)
    assert checked > 50
