"""Cuts the labelled things out of the pictures, exactly as the agent will cut them (agent/vision/product.py).

Not here: which pictures there are (folder.py), what is made of a crop (backbone.py).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agent.vision.frame import Frame
from agent.vision.manifest import Input
from agent.vision.product import cut, pixels
from tools.train.backbone import SIDE
from tools.train.folder import Labelled, Picture
from tools.train.pictures import PictureError, open_picture
from tools.train.split import Split

MOST_CROPS = 8000  # 400 MB in memory; beyond, every n-th picture is taken

ENTRY = Input(width=SIDE, height=SIDE, dtype="float32", low=-1.0, high=1.0)


@dataclass(frozen=True, slots=True, eq=False)
class Crops:
    """`pixels` (n, SIDE, SIDE, 3) uint8; the rest (n,): `label`, `held_out`, `fold`, `picture` (place in Labelled)."""

    pixels: NDArray[np.uint8]
    label: NDArray[np.int64]
    held_out: NDArray[np.bool_]
    fold: NDArray[np.int64]
    picture: NDArray[np.int64]


def crops_of(labelled: Labelled, split: Split) -> Crops:
    """In the order of the pictures; boxes too small to tell anything are a remark."""
    boxes = sum(len(picture.samples) for picture in labelled.pictures)
    step = -(-boxes // MOST_CROPS)
    if step > 1:
        labelled.remarks.append(f"{boxes} boxes are more than {MOST_CROPS}: every {step}th picture is used")
    cuts, facts = [], []
    for n in range(0, len(labelled.pictures), step):
        picture = labelled.pictures[n]
        for label, crop in _cut_all(picture, labelled.remarks):
            cuts.append(crop)
            facts.append((label, split.held_out[n], split.fold[n], n))
    columns = np.array(facts, dtype=np.int64).reshape(-1, 4).T
    whole = np.array(cuts, dtype=np.uint8).reshape(-1, SIDE, SIDE, 3)
    return Crops(whole, columns[0], columns[1].astype(bool), columns[2], columns[3])


def _cut_all(picture: Picture, remarks: list[str]) -> list[tuple[int, NDArray[np.uint8]]]:
    try:
        frame = Frame(0.0, np.asarray(open_picture(picture.path)))
    except PictureError as error:  # it opened a moment ago
        remarks.append(f"{picture.name} {error}")
        return []
    found, small = [], 0
    for sample in picture.samples:
        left, top, right, bottom = sample.box
        crop = cut(frame, (left * frame.width, top * frame.height, right * frame.width, bottom * frame.height))
        if crop is None:
            small += 1
        else:
            found.append((sample.label, pixels(crop, ENTRY)))
    if small:
        remarks.append(f"{picture.name} has {small} boxes too small to tell anything: passed over")
    return found
