"""Reads models/manifest.toml: which models there are, where they come from, what goes in and what their columns mean.

A model reaches a runtime only through `read_model`, which holds it to its sha256: a file cut short takes the whole
process with it in tflite-runtime 2.14. Not here: whether the file keeps what the manifest says (tflite.py).
"""

from __future__ import annotations

import errno
import hashlib
import tomllib
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct, field

from agent.vision.protocol import VisionError

MANIFEST_BYTES = 1 << 20  # a real one has some 10 kB
MODEL_BYTES = 64 << 20  # the largest that was ever considered has 10 MB

Sha256 = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
Share = Annotated[float, Meta(ge=0, le=1)]
Pixels = Annotated[int, Meta(ge=16, le=2048)]
Decoder = Literal["palm", "ssd", "ssd-postprocess", "centers", "crop-classes"]  # the last: product.py
BUILD = "build the models again (make models)"


class Source(Struct, frozen=True, kw_only=True):
    """The package that the weights were taken from; empty where they were trained here."""

    package: str = ""
    registry: str = ""
    version: str = ""
    sha256: str = ""
    member: str = ""
    member_sha256: str = ""


class Input(Struct, frozen=True, kw_only=True):
    """A pixel 0..255 means `low`..`high`; that real number is stored as real / scale + zero_point, rounded. float32
    models store the real number itself."""

    width: Pixels
    height: Pixels
    dtype: Literal["uint8", "int8", "float32"]
    scale: Annotated[float, Meta(ge=0)] = 0.0
    zero_point: Annotated[int, Meta(ge=-128, le=255)] = 0
    low: Annotated[float, Meta(ge=-1000, le=1000)] = 0.0
    high: Annotated[float, Meta(ge=-1000, le=1000)] = 1.0


class Class(Struct, frozen=True, kw_only=True):
    """One column of the model's scores. `precision` and `recall` were measured at `threshold`."""

    index: Annotated[int, Meta(ge=0, le=10_000)]
    title: str
    kind: Literal["hand", "person", "container"]
    threshold: Annotated[float, Meta(gt=0, lt=1)]
    gtin: Annotated[str, Meta(pattern="^[0-9]{14}$")] | None = None
    precision: Share | None = None
    recall: Share | None = None
    measured_on: str = ""


class Model(Struct, frozen=True, kw_only=True):
    """One file beside the manifest."""

    file: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-][A-Za-z0-9._-]*$")]
    title: str
    decoder: Decoder
    sha256: Sha256
    bytes: Annotated[int, Meta(ge=8, le=MODEL_BYTES)]
    licence: str
    input: Input
    source: Source = Source()
    classes: Annotated[tuple[Class, ...], Meta(min_length=1, max_length=1000)] = field(name="class")

    @property
    def kinds(self) -> tuple[str, ...]:
        """In the order of the classes, each once."""
        return tuple(dict.fromkeys(c.kind for c in self.classes))


class Manifest(Struct, frozen=True, kw_only=True):
    """All models of this device."""

    models: Annotated[tuple[Model, ...], Meta(min_length=1, max_length=16)] = field(name="model")


def read_manifest(path: Path) -> Manifest:
    """VisionError (`manifest_missing`, `manifest_refused`) with a sentence where it cannot be used. Keys that are not
    known are left alone: what was measured besides may stand there too."""
    try:
        data = _read(path, MANIFEST_BYTES + 1)
    except OSError as error:
        raise VisionError(
            "manifest_missing", f"{path} cannot be read ({error.strerror}): correct vision.manifest, or {BUILD}"
        ) from error
    return parse_manifest(data, str(path))


def _read(path: Path, most: int) -> bytes:
    """At most so many bytes of a file; OSError for what is none: to open a pipe would wait for its other end."""
    if path.exists() and not path.is_file():
        raise OSError(errno.EINVAL, "it is no file")
    with path.open("rb") as file:
        return file.read(most)


def parse_manifest(data: bytes, name: str) -> Manifest:
    """`name` is for the sentence of the VisionError."""
    try:
        if len(data) > MANIFEST_BYTES:
            raise ValueError(f"larger than {MANIFEST_BYTES} bytes")
        manifest = msgspec.convert(tomllib.loads(data.decode()), Manifest)
        for model in manifest.models:
            if len({c.index for c in model.classes}) < len(model.classes):
                raise ValueError(f"{model.file} has two classes of one index")
        return manifest
    except (ValueError, RecursionError) as error:  # TOML, UTF-8 and msgspec's ValidationError among them
        raise VisionError("manifest_refused", f"{name} is no manifest of models: {error}; {BUILD}") from error


def read_model(model: Model, folder: Path) -> bytes:
    """The bytes that the manifest means, and no others: VisionError (`model_missing`, `model_refused`)."""
    path = folder / model.file
    try:
        data = _read(path, model.bytes + 1)
    except OSError as error:
        raise VisionError("model_missing", f"{path} cannot be read ({error.strerror}): {BUILD}") from error
    if len(data) != model.bytes:
        more = "more" if len(data) > model.bytes else f"{len(data)}"
        raise VisionError("model_refused", f"{path} has {more} bytes instead of {model.bytes}: {BUILD}")
    if hashlib.sha256(data).hexdigest() != model.sha256:
        raise VisionError("model_refused", f"{path} is not the file that the manifest means (sha256 differs): {BUILD}")
    return data
