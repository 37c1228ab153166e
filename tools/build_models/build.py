"""Manifest -> models: what is missing is fetched, quantised with the committed ranges, and held to its sha256.

A file that is already there and right costs one hash. Not here: the steps themselves.
"""

from __future__ import annotations

import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from agent.vision.manifest import Model, read_manifest
from tools.build_models.environment import REPOSITORY, environment, run
from tools.build_models.errors import BuildError
from tools.build_models.fetch import fetched, sha256_of
from tools.build_models.unpack import member_of


@dataclass(frozen=True, slots=True)
class Places:
    """`models`: manifest, calibration/ and the built files. `work`: packages and venv, which may be removed."""

    models: Path = REPOSITORY / "models"
    work: Path = REPOSITORY / "build/models"

    @property
    def manifest(self) -> Path:
        return self.models / "manifest.toml"

    def ranges(self, model: Model) -> Path:
        return self.models / "calibration" / Path(model.file).with_suffix(".json").name


def models_of(places: Places) -> tuple[Model, ...]:
    """Those that are built from a package; a store's own were trained and are not built here."""
    return tuple(model for model in read_manifest(places.manifest).models if model.source.package)


def is_built(model: Model, places: Places) -> bool:
    file = places.models / model.file
    return file.is_file() and sha256_of(file) == model.sha256


def built(model: Model, places: Places) -> bytes:
    """The model, made anew. BuildError where it cannot be made here; whether it is right is not asked."""
    return quantised(source_of(model, places), str(places.ranges(model)), places)


def quantised(source: bytes, ranges: str, places: Places) -> bytes:
    """`ranges`: a file, or "dynamic"; see quantise.py, which does it in its own environment."""
    python = environment(places.work / "venv")
    with tempfile.TemporaryDirectory() as folder:
        before, after = Path(folder, "source.tflite"), Path(folder, "target.tflite")
        before.write_bytes(source)
        run([str(python), "-m", "tools.build_models.quantise", str(before), ranges, str(after)], "the quantiser")
        return after.read_bytes()


def source_of(model: Model, places: Places) -> bytes:
    """The model as published, float16."""
    return member_of(model.source, fetched(model.source, places.work / "packages"))


def install(model: Model, places: Places) -> None:
    """Builds the file unless it is there; BuildError, and nothing written, when other bytes came out."""
    if is_built(model, places):
        return
    print(f"building models/{model.file} out of {model.source.package} {model.source.version}", file=sys.stderr)
    data = built(model, places)
    target = places.models / model.file
    with tempfile.NamedTemporaryFile(dir=places.models, delete=False) as file:
        file.write(data)
    made = Path(file.name)
    if sha256_of(made) != model.sha256:
        made.unlink()
        raise BuildError(f"models/{model.file} came out with other bytes than models/manifest.toml means: {len(data)}")
    made.chmod(0o644)
    made.replace(target)
