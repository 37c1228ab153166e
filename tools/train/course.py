"""One course of training, from labelled pictures to a measured int8 model; nothing is installed here.

The backbone is the fetched detector, frozen; only the last layer is learned, in seconds, without TensorFlow or torch.
Not here: each step itself; whether the result is good enough (install.py).
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from agent.vision.frame import Frame
from agent.vision.manifest import Class, Input, Model
from agent.vision.product import DECODER, ProductReader
from agent.vision.runtime import open_interpreter
from tools.build_models.environment import run
from tools.train.backbone import SIDE, Describer, classifier, describer
from tools.train.crops import Crops, crops_of
from tools.train.folder import Labelled, read_folder
from tools.train.head import Floats, Head, learn
from tools.train.measure import Figures, figures
from tools.train.ranges import Ranges, ranges_of
from tools.train.split import Split, SplitError, sources_of, split, without_rare

CALIBRATED_ON = 200  # crops of the training side, evenly taken; the ranges no longer change with more
COLOURS = 27  # the last branch of a description

Quantise = Callable[[bytes, Ranges], bytes]


@dataclass(frozen=True, slots=True, eq=False)
class Trained:
    """The model, and all that was found out about it on the held-out crops. `colours`: what the same head reads from
    colours alone; `commonest`: share of the commonest class; `agreement`: int8 and float32 name the same class."""

    model: Model
    data: bytes
    labelled: Labelled
    split: Split
    crops: Crops
    scores: Floats
    figures: Figures
    colours: Figures
    commonest: float
    agreement: float
    float_right: float


def opened(folder: Path) -> tuple[Labelled, Split]:
    """What is learned from and what is held out. FolderError, SplitError."""
    labelled = read_folder(folder)
    labelled, source = without_rare(labelled, sources_of(labelled.pictures))
    return labelled, split(labelled, source)


def trained(labelled: Labelled, parts: Split, detector: bytes, quantise: Quantise) -> Trained:
    """SplitError, BackboneError, or what `quantise` raises. `detector`: folded to float32."""
    crops = crops_of(labelled, parts)
    _demand(crops, labelled)
    described = describer(detector)
    descriptions = described_crops(described, crops.pixels)
    head = _learned(descriptions, crops, described.branches, len(labelled.products))
    whole = classifier(described, head)
    data = quantise(whole, ranges_of(whole, _spread(crops.pixels[~crops.held_out], CALIBRATED_ON)))
    model = entry_of(labelled, head, data)
    held = crops.held_out
    scores = scores_of(ProductReader(model, data), crops.pixels[held])
    exact = head.scores(descriptions[held])
    colours = _learned(descriptions[:, -COLOURS:], crops, (COLOURS,), len(labelled.products))
    shown = crops.label[held]
    return Trained(
        model, data, labelled, parts, crops, scores,
        figures(scores, shown, head.thresholds),
        figures(colours.scores(descriptions[held][:, -COLOURS:]), shown, colours.thresholds),
        round(float(np.bincount(shown).max() / len(shown)), 4),
        round(float((scores.argmax(axis=1) == exact.argmax(axis=1)).mean()), 4),
        round(float((exact.argmax(axis=1) == shown).mean()), 4),
    )  # fmt: skip


def _demand(crops: Crops, labelled: Labelled) -> None:
    """Boxes too small to cut may have taken a class away."""
    for n, product in enumerate(labelled.products):
        mine = crops.label == n
        if not (mine & crops.held_out).any() or len(set(crops.fold[mine & ~crops.held_out].tolist())) < 2:
            raise SplitError(
                f"{product.title}: too few of its pictures can be cut out to learn from some and measure on others; "
                "take more of them, at least 16 pixels wide"
            )


def described_crops(described: Describer, crops: NDArray[np.uint8]) -> Floats:
    """(n, numbers): the average of each branch over each crop."""
    interpreter = open_interpreter(described.model).interpreter
    entry = int(interpreter.get_input_details()[0]["index"])
    exits = [int(detail["index"]) for detail in interpreter.get_output_details()]
    rows = []
    for crop in crops:
        interpreter.set_tensor(entry, real(crop))
        interpreter.invoke()
        pictures = [np.asarray(interpreter.get_tensor(place)[0], np.float64) for place in exits]
        rows.append(np.concatenate([picture.mean(axis=(0, 1)) for picture in pictures]))
    return np.array(rows)


def real(crop: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(h, w, 3) pixels -> (1, h, w, 3), -1..1, as the detector was trained."""
    values: NDArray[np.float32] = crop[None].astype(np.float32) * np.float32(2 / 255) - np.float32(1)
    return values


def _learned(descriptions: Floats, crops: Crops, branches: Sequence[int], classes: int) -> Head:
    seen = ~crops.held_out
    return learn(descriptions[seen], crops.label[seen], crops.fold[seen], branches, classes)


def _spread(crops: NDArray[np.uint8], most: int) -> NDArray[np.uint8]:
    some: NDArray[np.uint8] = crops[np.unique(np.linspace(0, len(crops) - 1, min(most, len(crops))).astype(int))]
    return some


def scores_of(reader: ProductReader, crops: NDArray[np.uint8]) -> Floats:
    """(n, classes), by the code that the agent runs."""
    return np.array([reader.scores(Frame(0.0, crop)) for crop in crops])


def entry_of(labelled: Labelled, head: Head, data: bytes) -> Model:
    """What the manifest says about the model, figures aside."""
    sha256 = hashlib.sha256(data).hexdigest()
    classes = tuple(
        Class(index=n, title=p.title, kind="container", gtin=p.gtin, threshold=float(head.thresholds[n]))
        for n, p in enumerate(labelled.products)
    )
    return Model(
        file=f"product-{sha256[:12]}.tflite",
        title="the store's own products, on the inner layers of SSD MobileNetV2 of Open Images V4",
        decoder=DECODER,
        sha256=sha256,
        bytes=len(data),
        licence="Apache-2.0 (backbone)",
        input=_input_of(data),
        classes=classes,
    )


def _input_of(data: bytes) -> Input:
    detail = open_interpreter(data).interpreter.get_input_details()[0]
    scale, zero_point = detail["quantization"]
    dtype: Literal["int8", "float32"] = "int8" if np.dtype(detail["dtype"]) == np.int8 else "float32"
    return Input(
        width=SIDE, height=SIDE, dtype=dtype, scale=float(scale), zero_point=int(zero_point), low=-1.0, high=1.0
    )


def quantiser(python: Path) -> Quantise:
    """Runs tools.build_models.quantise in the environment whose python this is."""

    def quantised(model: bytes, ranges: Ranges) -> bytes:
        with tempfile.TemporaryDirectory() as folder:
            before, found, after = (Path(folder, name) for name in ("float.tflite", "ranges.json", "int8.tflite"))
            before.write_bytes(model)
            found.write_text(json.dumps({"ranges": ranges}), "utf-8")
            run([str(python), "-m", "tools.build_models.quantise", *map(str, (before, found, after))], "the quantiser")
            return after.read_bytes()

    return quantised
