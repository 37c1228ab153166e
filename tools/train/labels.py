"""Reads the boxes of one picture: YOLO text, lines `class cx cy w h` in shares of the picture.

Not here: which file belongs to which picture (folder.py).
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

LABEL_BYTES = 1 << 16  # of a file of labels; a whole shelf needs 20 kB
MOST_BOXES = 200  # of one picture; a whole shelf shows fewer

Share = tuple[float, float, float, float]  # left, top, right, bottom, 0..1 of the picture


@dataclass(frozen=True, slots=True)
class Sample:
    """One labelled thing in one picture; `label`: place among the products."""

    box: Share
    label: int


def parse_labels(text: str, classes: int) -> tuple[tuple[Sample, ...], list[str]]:
    """YOLO lines -> samples, and what is wrong, line by line. A polygon or a turned box (an even count of more than
    four numbers) becomes the upright box around it. Never raises."""
    samples: list[Sample] = []
    wrong: list[str] = []
    for number, line in enumerate(text.splitlines(), 1):
        words = line.split()
        if not words:
            continue
        if len(samples) == MOST_BOXES:
            wrong.append(f"line {number}: more than {MOST_BOXES} boxes")
            break
        try:
            samples.append(_sample(words, classes))
        except ValueError as error:
            wrong.append(f"line {number}: {error}")
    return tuple(samples), wrong


def _sample(words: list[str], classes: int) -> Sample:
    if not re.fullmatch("[0-9]{1,6}", words[0], re.ASCII) or int(words[0]) >= classes:
        raise ValueError(f"class {words[0][:20]!r} is none of 0..{classes - 1}")
    try:
        numbers = [float(word) for word in words[1:]]
    except ValueError:
        raise ValueError("something is no number") from None
    if len(numbers) < 4 or (len(numbers) > 4 and len(numbers) % 2) or not all(map(math.isfinite, numbers)):
        raise ValueError(f"{len(numbers)} numbers where a box has four: cx cy w h")
    if max(map(abs, numbers)) > 2:
        raise ValueError("numbers above 1: boxes are shares of the picture, not pixels")
    if len(numbers) == 4:
        x, y, width, height = numbers
        edges = (x - width / 2, y - height / 2, x + width / 2, y + height / 2)
    else:
        edges = (min(numbers[::2]), min(numbers[1::2]), max(numbers[::2]), max(numbers[1::2]))
    left, top, right, bottom = (min(1.0, max(0.0, edge)) for edge in edges)
    if right - left < 0.005 or bottom - top < 0.005:
        raise ValueError("the box is empty")
    return Sample((left, top, right, bottom), int(words[0]))
