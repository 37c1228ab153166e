"""`python -m tools.score.kernels [PICTURE...]`: what the built models find in drawn and given pictures, a line each.

Run it on two machines and compare: `--compare FILE` reads the other's lines. With the reference kernels (`exact`) they
must be the same; the fast kernels may round differently on another processor, by SCORE_SLACK at most.
Thresholds are lowered, so that weak findings, where a bit shows first, are compared too.
Not here: whether what is found is right (docs/models.md).
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from PIL import Image

from agent.messages import Detection
from agent.vision.frame import Frame
from agent.vision.manifest import Model, read_manifest, read_model
from agent.vision.nms import overlaps
from agent.vision.protocol import VisionError
from agent.vision.tflite import TfliteDetector

MANIFEST = Path(__file__).resolve().parents[2] / "models" / "manifest.toml"
THRESHOLD = 0.1  # for all classes
SURE = 0.3  # what reaches this with one kernel has to be found with the other
SCORE_SLACK = 0.05  # three steps of the models' int8 scores; measured: docs/vision.md
OVERLAP_LEAST = 0.7  # the same thing: boxes of one kind that share this much

Line = dict[str, Any]


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the lines; with --compare only what differs. Exit code 1 where they differ, 66 without models."""
    parser = argparse.ArgumentParser(prog="python -m tools.score.kernels", description=__doc__)
    parser.add_argument("picture", type=Path, nargs="*")
    parser.add_argument("--compare", type=Path, help="lines that another machine printed for the same pictures")
    options = parser.parse_args(arguments)
    try:
        lines = list(looks(options.picture))
    except VisionError as error:
        print(error, file=sys.stderr)
        return 66
    if options.compare is None:
        print("\n".join(json.dumps(line) for line in lines))
        return 0
    theirs = [json.loads(line) for line in options.compare.read_text().splitlines()]
    wrong = differences(lines, theirs)
    print("\n".join(wrong) if wrong else agreement(lines, theirs))
    return 1 if wrong else 0


def looks(pictures: Sequence[Path]) -> Iterator[Line]:
    """A line for each kind of kernel, model and picture."""
    frames = [*drawn(), *((path.name, photo(path)) for path in pictures)]
    for exact in (True, False):
        for model in read_manifest(MANIFEST).models:
            detector = TfliteDetector(lowered(model), read_model(model, MANIFEST.parent), exact=exact)
            for name, frame in frames:
                found = [told(d) for d in detector.detect(frame)]
                yield {"exact": exact, "model": model.file, "picture": name, "found": found}


def lowered(model: Model) -> Model:
    """The same model with THRESHOLD everywhere."""
    classes = tuple(msgspec.structs.replace(c, threshold=THRESHOLD) for c in model.classes)
    return msgspec.structs.replace(model, classes=classes)


def told(found: Detection) -> list[Any]:
    return [found.kind, found.score, found.left_px, found.top_px, found.right_px, found.bottom_px]


def drawn() -> Iterator[tuple[str, Frame]]:
    """A row of bottle-like shapes, and a hand-like one, by whole numbers alone: the same pixels everywhere."""
    y, x = np.mgrid[0:360, 0:640]
    shelf = np.stack([150 + x // 40, 140 + y // 30, 130 + (x + y) // 60], axis=2).astype(np.uint8)
    for left in (120, 280, 440):
        body = (abs(x - left - 40) < 40) & (y > 130) & (y < 330)
        neck = (abs(x - left - 40) < 14) & (y > 60) & (y <= 130)
        shelf[body | neck] = (30, 90 + left // 4, 60)
    yield "bottles", Frame(0.0, shelf)
    hand = np.stack([200 - y // 6, 200 - y // 6, 210 - y // 6], axis=2).astype(np.uint8)
    palm = (x - 320) ** 2 + (y - 230) ** 2 < 70**2
    for i, tip in enumerate((110, 70, 60, 75, 130)):
        palm |= (abs(x - 262 - 29 * i) < 13) & (y > tip) & (y < 230)
    hand[palm | ((abs(x - 320) < 45) & (y > 230))] = (224, 172, 140)
    yield "hand", Frame(0.0, hand)


def photo(path: Path) -> Frame:
    """A picture file."""
    with Image.open(path) as image:
        return Frame(0.0, np.asarray(image.convert("RGB")))


def differences(ours: Sequence[Line], theirs: Sequence[Line]) -> list[str]:
    """A sentence for each line that is not as it must be."""
    if len(ours) != len(theirs):
        return [f"{len(ours)} lines here, {len(theirs)} there: look at the same pictures with the same models"]
    wrong = []
    for one, other in zip(ours, theirs, strict=True):
        what = f"{one['model']} on {one['picture']}"
        if one["exact"] and one != other:
            wrong.append(f"{what}, reference kernels: {one['found']} here, {other['found']} there")
        elif not one["exact"] and apart(one["found"], other["found"]) > SCORE_SLACK:
            wrong.append(f"{what}, fast kernels: further apart than {SCORE_SLACK}: {one['found']} and {other['found']}")
    return wrong


def apart(ours: Sequence[Sequence[Any]], theirs: Sequence[Sequence[Any]]) -> float:
    """The largest difference in score of what both found and at least one is SURE of; a thing that the other did not
    find at all counts as just below its THRESHOLD there."""
    return max(
        (abs(a[1] - _twin(a, to)) for of, to in ((ours, theirs), (theirs, ours)) for a in of if a[1] >= SURE),
        default=0.0,
    )


def _twin(thing: Sequence[Any], others: Sequence[Sequence[Any]]) -> float:
    """The score of the same thing among the others."""
    same_kind = [other for other in others if other[0] == thing[0]]
    boxes = np.array([thing[2:], *(other[2:] for other in same_kind)], np.float64)
    shares = overlaps(boxes)[0, 1:]
    return max((o[1] for o, share in zip(same_kind, shares, strict=True) if share >= OVERLAP_LEAST), default=THRESHOLD)


def agreement(ours: Sequence[Line], theirs: Sequence[Line]) -> str:
    """The figures in a sentence."""
    count = sum(len(line["found"]) for line in ours if line["exact"])
    most = max(apart(a["found"], b["found"]) for a, b in zip(ours, theirs, strict=True) if not a["exact"])
    return (
        f"the same {count} detections with the reference kernels; scores of the fast ones differ by {most:.3f} at most"
    )


if __name__ == "__main__":
    sys.exit(main())
