"""Accuracy, size and time of each variant of the models, on the pictures beside the checkout, as the agent would see.

Detections come from the agent's own detectors, so letterbox, decoding and suppression are what a device does. Not here:
how a figure is counted (figures.py), how a variant is made (variants.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from agent.messages import Detection
from agent.vision.frame import Frame
from agent.vision.tflite import TfliteDetector
from tools.build_models.build import Places
from tools.build_models.figures import Boxes, Rate, centre_hits, overlap_hits
from tools.build_models.pictures import Shared, Shot
from tools.build_models.times import times
from tools.build_models.variants import Variant, variants

EVERY = 5  # pictures of a video: neighbours say the same
SURE = 0.5  # score from which the float32 model's persons are the measure
ALONE = ((0, 171, 3), (214, 333, 2), (405, 449, 3))  # bottles-1, counted by eye: no hand, nothing in the air


def measure(places: Places, shared: Shared, *, quick: bool) -> int:
    """Prints the table of docs/models.md."""
    made = variants(places, shared, quick=quick)
    ratios = times([variant.data for variant in made])
    print("| model | MB | result | time, ai-edge-litert | time, tflite-runtime |")
    print("| --- | --- | --- | --- | --- |")
    floats = {variant.model.file: variant for variant in made if variant.precision == "float32"}
    for variant, ratio in zip(made, ratios, strict=True):
        told = (
            _hands(variant, shared)
            if variant.kind == "hand"
            else _objects(variant, floats.get("objects.tflite"), shared)
        )
        print(f"| {variant.title} | {len(variant.data) / 1e6:.2f} | {told} | {ratio[0]} | {ratio[1]} |", flush=True)
    return 0


def _hands(variant: Variant, shared: Shared) -> str:
    detector = variant.detector()
    parts = [f"{split}: {_centres(detector, shared.labelled('hands', split))}" for split in ("train", "valid")]
    return ", ".join([*parts, _reach(detector, shared)])


def _centres(detector: TfliteDetector, shots: Iterable[Shot]) -> Rate:
    return sum((centre_hits(boxes_of(detector, shot.frame), shot.boxes) for shot in shots), Rate())


def _reach(detector: TfliteDetector, shared: Shared) -> str:
    """A real shelf: pictures of bottles-1 with a hand in view, and those without."""
    found = [bool(len(boxes_of(detector, frame))) for frame in _bottles(shared)]
    alone = [found[n] for first, last, _ in ALONE for n in range(first, last + 1)]
    with_hand = [found[n] for first, last in ((180, 204), (350, 400)) for n in range(first, last + 1)]
    return f"shelf: found {np.mean(with_hand):.0%}, false {np.mean(alone):.1%}"


def _bottles(shared: Shared) -> Iterable[Frame]:
    return shared.frames(shared.root / "cases/bottles-1/camera.mp4")


def _objects(variant: Variant, judge: Variant | None, shared: Shared) -> str:
    detector = variant.detector()
    told = [f"drinks {split}: {_overlaps(detector, shared.labelled('drinks', split))}" for split in ("train", "valid")]
    told.append(f"bottles exact {_exact(detector, shared):.0%}")
    if judge is not None:
        told.append(_persons(detector, judge.detector(), shared))
    return ", ".join(told)


def _overlaps(detector: TfliteDetector, shots: Iterable[Shot]) -> Rate:
    pairs = ((boxes_of(detector, shot.frame, "container"), shot.boxes) for shot in shots)
    return sum((overlap_hits(found, truth) for found, truth in pairs), Rate())


def _exact(detector: TfliteDetector, shared: Shared) -> float:
    frames = list(_bottles(shared))
    right = [
        len(boxes_of(detector, frames[number], "container")) == count
        for first, last, count in ALONE
        for number in range(first, last + 1, EVERY)
    ]
    return float(np.mean(right))


def _persons(detector: TfliteDetector, judge: TfliteDetector, shared: Shared) -> str:
    """How many of the float32 model's persons are found, and how many boxes are none of these."""
    rate = Rate()
    for name in ("people-one-by-one", "nanostore-ceiling-a", "nanostore-ceiling-b"):
        for frame in shared.video(name, EVERY):
            sure = [box for box in judge.detect(frame) if box.kind == "person" and box.score >= SURE]
            rate += overlap_hits(boxes_of(detector, frame, "person"), _array(sure))
    return f"persons kept {rate.recall:.1%} of {rate.hits + rate.missed}, more {rate.wrong}"


def boxes_of(detector: TfliteDetector, frame: Frame, kind: str = "hand") -> Boxes:
    """(n, 4), best first."""
    return _array([found for found in detector.detect(frame) if found.kind == kind])


def _array(found: Sequence[Detection]) -> Boxes:
    return np.array([[b.left_px, b.top_px, b.right_px, b.bottom_px] for b in found], float).reshape(-1, 4)
