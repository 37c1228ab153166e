"""The manifest of the models: read, refused with a sentence, and nothing reaches a runtime that it does not mean."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from vision_scene import SQUARES, model, toml_of, write_models

from agent.vision import tflite
from agent.vision.eyes import build_detectors
from agent.vision.manifest import MANIFEST_BYTES, Model, parse_manifest, read_manifest, read_model
from agent.vision.protocol import VisionError

REPOSITORY = Path(__file__).resolve().parent.parent
GOOD = toml_of(model(classes=((0, "hand", 0.5),)))


def refused(data: bytes) -> str:
    with pytest.raises(VisionError) as caught:
        parse_manifest(data, "manifest.toml")
    assert caught.value.code == "manifest_refused"
    return str(caught.value)


def test_a_manifest_is_read(tmp_path: Path) -> None:
    path = write_models(tmp_path, classes=((0, "hand", 0.5),))
    entry = read_manifest(path).models[0]
    assert entry == model(classes=((0, "hand", 0.5),)) and entry.kinds == ("hand",)
    assert read_model(entry, tmp_path) == SQUARES


def test_a_kind_is_named_once_and_what_else_was_measured_may_stand_there_too() -> None:
    more = GOOD.replace(b"[[model.class]]", b"calibration = 40\n[[model.class]]\nseconds = 3", 1) + (
        b'\n[[model.class]]\nindex = 1\ntitle = "Fist"\nkind = "hand"\nthreshold = 0.25\nrecall = 0.8'
    )
    entry = parse_manifest(more, "m").models[0]
    assert entry.kinds == ("hand",) and entry.classes[1].recall == 0.8


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (b'decoder = "centers"', b'decoder = "yolo"', "yolo"),
        (b"threshold = 0.5", b"threshold = 0.0", "threshold"),
        (b"threshold = 0.5", b"", "threshold"),
        (b'kind = "hand"', b'kind = "foot"', "foot"),
        (b'file = "squares.tflite"', b'file = "../../etc/passwd"', "file"),
        (b'dtype = "int8"', b'dtype = "float16"', "dtype"),
        (b"sha256 = ", b"sha255 = ", "sha256"),
        (b"width = 96", b"width = 96000", "width"),
        (b"[[model]]", b"[[modell]]", "model"),
        (b"[[model]]", b"[[model]", "line 1"),
        (b"red squares", b"red \xff", "utf-8"),
    ],
)
def test_what_is_wrong_is_named(old: bytes, new: bytes, told: str) -> None:
    assert old in GOOD
    sentence = refused(GOOD.replace(old, new, 1))
    assert told in sentence and "build the models again" in sentence


def test_a_manifest_that_is_too_large_or_too_deep_is_refused() -> None:
    assert "larger than" in refused(b"#" * (MANIFEST_BYTES + 1))
    refused(b"a = " + b"[" * 100_000)


def test_two_classes_of_one_index_are_refused() -> None:
    """The one named last would win, in silence."""
    assert "two classes of one index" in refused(toml_of(model(classes=((0, "hand", 0.5), (0, "person", 0.5)))))


@pytest.mark.timeout(5)
def test_a_pipe_in_place_of_a_file_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    for name in ("manifest.toml", "squares.tflite"):
        os.mkfifo(tmp_path / name)
    with pytest.raises(VisionError, match="it is no file"):
        read_manifest(tmp_path / "manifest.toml")
    with pytest.raises(VisionError, match="it is no file"):
        read_model(model(), tmp_path)


def test_a_missing_manifest_and_a_missing_model_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(VisionError, match=r"correct vision\.manifest") as no_manifest:
        read_manifest(tmp_path / "manifest.toml")
    with pytest.raises(VisionError, match=r"squares.tflite cannot be read") as no_model:
        read_model(model(), tmp_path)
    assert (no_manifest.value.code, no_model.value.code) == ("manifest_missing", "model_missing")


@pytest.mark.parametrize("data", [b"", SQUARES[:-1], SQUARES + b"\0", SQUARES[:100] + b"\xff" + SQUARES[101:]])
def test_a_file_that_is_not_the_one_reaches_no_runtime(
    tmp_path: Path, data: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_models(tmp_path, data)
    asked: list[object] = []
    monkeypatch.setattr(tflite, "open_interpreter", lambda *a, **k: asked.append(a))
    with pytest.raises(VisionError, match="build the models again") as caught:
        build_detectors(path, 1)
    assert caught.value.code == "model_refused" and asked == []


@given(st.lists(st.tuples(st.integers(0, len(GOOD) - 1), st.integers(0, 255)), min_size=1, max_size=6))
def test_a_damaged_manifest_is_refused_or_still_a_manifest(damage: list[tuple[int, int]]) -> None:
    data = bytearray(GOOD)
    for at, byte in damage:
        data[at] = byte
    try:
        entry = parse_manifest(bytes(data), "manifest.toml").models[0]
    except VisionError as error:
        assert error.code == "manifest_refused"
    else:
        assert isinstance(entry, Model) and "/" not in entry.file and 0 < entry.classes[0].threshold < 1


@given(st.binary(max_size=200))
def test_bytes_that_are_no_manifest_are_refused(data: bytes) -> None:
    refused(data)


def test_the_models_of_this_checkout_are_those_of_its_manifest() -> None:
    path = REPOSITORY / "models" / "manifest.toml"
    if not path.is_file():
        pytest.skip("no models/manifest.toml")
    manifest = read_manifest(path)
    assert {kind for m in manifest.models for kind in m.kinds} == {"hand", "person", "container"}
    for entry in manifest.models:
        if not (path.parent / entry.file).is_file():
            pytest.skip(f"models/{entry.file} is not built")
        read_model(entry, path.parent)
        assert entry.licence and msgspec.to_builtins(entry.source)["package"]
