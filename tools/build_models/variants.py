"""The models as built, and what they might have been: float32, dynamic int8, the smaller palm network.

Only for comparing; nothing of it is installed. Not here: how well each does (measure.py).
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from agent.vision.manifest import Model
from agent.vision.tflite import TfliteDetector
from tools.build_models import calibrate
from tools.build_models.build import Places, models_of, quantised, source_of
from tools.build_models.pictures import Shared
from tools.build_models.quantise import prepared

LITE = "mediapipe/modules/palm_detection/palm_detection_lite.tflite"
LITE_SHA256 = "e9a4aaddf90dda56a87235303cf00e4c2d3fb28725f68fd88772997dac905c18"


@dataclass(frozen=True, slots=True)
class Variant:
    """`precision`: float32, dynamic or int8. `model` is what the manifest would say of it."""

    name: str
    precision: str
    model: Model
    data: bytes

    @property
    def title(self) -> str:
        return f"{self.name}, {self.precision}"

    @property
    def kind(self) -> str:
        return self.model.kinds[0]

    def detector(self) -> TfliteDetector:
        return TfliteDetector(self.model, self.data)


def variants(places: Places, shared: Shared, *, quick: bool) -> list[Variant]:
    """The built ones only where it has to be quick."""
    models = models_of(places)
    built = [_variant(_name(m), "int8", m, (places.models / m.file).read_bytes()) for m in models]
    if quick:
        return built
    others = [variant for model in models for variant in _floating(model, places)]
    return sorted([*built, *others, *_lite(models[0], places, shared)], key=lambda variant: variant.kind != "hand")


def _floating(model: Model, places: Places) -> Iterator[Variant]:
    """Those whose input is float32."""
    entry = msgspec.structs.replace(model.input, dtype="float32", scale=0.0, zero_point=0)
    source, other = source_of(model, places), msgspec.structs.replace(model, input=entry)
    yield _variant(_name(model), "float32", other, prepared(source))
    yield _variant(_name(model), "dynamic", other, quantised(source, "dynamic", places))


def _lite(full: Model, places: Places, shared: Shared) -> Iterator[Variant]:
    """The smaller palm network, calibrated in the same way."""
    source = msgspec.structs.replace(full.source, member=LITE, member_sha256=LITE_SHA256)
    lite = msgspec.structs.replace(full, source=source)
    ranges = calibrate.calibrated(lite, prepared(source_of(lite, places)), shared)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "lite.json")
        calibrate.write(ranges, file)
        yield _variant(_name(lite), "int8", lite, quantised(source_of(lite, places), str(file), places))
    yield from _floating(lite, places)


def _variant(name: str, precision: str, model: Model, data: bytes) -> Variant:
    pinned = msgspec.structs.replace(model, sha256=hashlib.sha256(data).hexdigest(), bytes=len(data))
    return Variant(name, precision, pinned, data)


def _name(model: Model) -> str:
    """palm_detection_full; objects."""
    member = Path(model.source.member)
    return member.stem if member.suffix == ".tflite" else Path(model.file).stem
