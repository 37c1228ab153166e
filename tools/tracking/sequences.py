"""What is followed: boxes as found in each picture, and the truth of who is where.

Recorded: a sequence in the format of the MOT challenge, with the boxes that another tracker found, its numbers taken
away. Played: the truth of that sequence seen by a poor detector, and people and hands drawn by chance (play.py).
Standard library only, for it is read in two environments. Not here: following (ours.py, others.py), marks (marks.py).
"""

from __future__ import annotations

import random
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

HZ = 25.0  # of TUD-Campus
FOUND_SCORE = 0.9  # the recorded boxes have none
MISSED = 0.1  # share of the boxes that a played detector does not find, where nothing hides them
FALSE = 0.15  # boxes a picture where nobody is
OFF = 0.04  # of a box's size: how far off each edge is, one sigma
HIDDEN = 0.6  # of a box covered by one that is nearer: not found

Box = tuple[float, float, float, float]  # left, top, width, height, in pixels


@dataclass(frozen=True, slots=True)
class Sequence:
    """`truth`: for each picture (number, box); `found`: for each picture (score, box), best first."""

    name: str
    kind: str
    hz: float
    truth: list[list[tuple[int, Box]]]
    found: list[list[tuple[float, Box]]]

    def plain(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)

    @classmethod
    def of(cls, plain: dict[str, Any]) -> Sequence:
        """What `plain` gave."""
        return cls(**plain)


def recorded(folder: Path) -> Sequence:
    """TUD-Campus: 71 pictures of eight people who cross."""
    truth = _read(folder / "TUD-Campus_gt.txt")
    found = _read(folder / "TUD-Campus_test.txt")
    last = max(truth)
    return Sequence(
        "TUD-Campus",
        "person",
        HZ,
        [truth.get(i, []) for i in range(1, last + 1)],
        [[(FOUND_SCORE, box) for _, box in found.get(i, [])] for i in range(1, last + 1)],
    )


def _read(path: Path) -> dict[int, list[tuple[int, Box]]]:
    """Picture -> number and box of each line. OSError where there is no such file."""
    rows: dict[int, list[tuple[int, Box]]] = {}
    for line in path.read_text().split():
        frame, number, *box = line.split(",")[:6]
        left, top, width, height = (float(x) for x in box)
        rows.setdefault(int(frame), []).append((int(number), (left, top, width, height)))
    return rows


def badly_seen(sequence: Sequence, seed: int, every: int = 1) -> Sequence:
    """The same truth, each `every`th picture of it, as a poor detector finds it."""
    chance = random.Random(seed)
    truth = sequence.truth[::every]
    found = [detect(frame, chance) for frame in truth]
    return Sequence(f"{sequence.name}, noisy", sequence.kind, sequence.hz / every, truth, found)


def thinned(sequence: Sequence, every: int) -> Sequence:
    """Each `every`th picture of it."""
    return replace(sequence, hz=sequence.hz / every, truth=sequence.truth[::every], found=sequence.found[::every])


def detect(truth: list[tuple[int, Box]], chance: random.Random) -> list[tuple[float, Box]]:
    """What a poor detector makes of one picture. Who is mostly hidden is not found, who is half hidden has a low score;
    whose foot is lower stands nearer."""
    boxes = [box for _, box in truth]
    found = []
    for box in boxes:
        hidden = max((_covered(box, other) for other in boxes if _foot(other) > _foot(box)), default=0.0)
        if hidden > HIDDEN or chance.random() < MISSED:
            continue
        score = min(max(chance.gauss(0.8 - 0.6 * hidden, 0.1), 0.3), 0.99)
        found.append((score, _shaken(box, chance)))
    while chance.random() < FALSE:
        found.append((min(max(chance.gauss(0.4, 0.1), 0.3), 0.99), _nowhere(boxes, chance)))
    return sorted(found, reverse=True)


def _foot(box: Box) -> float:
    return box[1] + box[3]


def _covered(box: Box, other: Box) -> float:
    """Share of `box` behind `other`."""
    width = min(box[0] + box[2], other[0] + other[2]) - max(box[0], other[0])
    height = min(box[1] + box[3], other[1] + other[3]) - max(box[1], other[1])
    return max(width, 0.0) * max(height, 0.0) / (box[2] * box[3])


def _shaken(box: Box, chance: random.Random) -> Box:
    left, top, width, height = box
    off = [chance.gauss(0.0, OFF) for _ in range(4)]
    right, bottom = left + width * (1.0 + off[2]), top + height * (1.0 + off[3])
    left, top = left + width * off[0], top + height * off[1]
    return left, top, right - left, bottom - top


def _nowhere(boxes: list[Box], chance: random.Random) -> Box:
    """A box as large as the others, anywhere in the picture."""
    _, _, width, height = chance.choice(boxes) if boxes else (0.0, 0.0, 60.0, 60.0)
    return chance.uniform(0.0, 560.0), chance.uniform(0.0, 300.0), width, height
