"""Other people's trackers on the same detections, and the marks of all: runs in an environment of its own.

    python -m tools.tracking.others < sequences and our tracks as JSON > marks as JSON
Each with its own defaults, apart from what must be told: the rate of the pictures, and for Norfair a distance, which
is its own for boxes (intersection over union, half); Norfair a second time as does best here.
Marks by TrackEval; MOTA and IDF1 at an overlap of one half.
Not here: making the environment and the table (__main__.py).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

import norfair
import numpy as np
import supervision
import trackers
from trackeval.metrics import CLEAR, HOTA, Identity

from tools.tracking.sequences import Box, Sequence

Followed = list[list[tuple[int, Box]]]  # for each picture: number, box
COLUMNS = ("HOTA", "MOTA", "IDF1", "switches", "missed", "false")


def follow_norfair(sequence: Sequence, threshold: float = 0.5, delay: int | None = None) -> Followed:
    """Norfair with boxes; those found lately, which marks it better than all that it holds for present."""
    tracker = norfair.Tracker("iou", threshold, initialization_delay=delay)
    followed: Followed = []
    for found in sequence.found:
        corners = [np.array([[x, y], [x + w, y + h]]) for _, (x, y, w, h) in found]
        scores = [np.array([score, score]) for score, _ in found]
        seen = [norfair.Detection(points=p, scores=s) for p, s in zip(corners, scores, strict=True)]
        objects = tracker.update(detections=seen)
        followed.append([(int(o.id), _box(*o.estimate[0], *o.estimate[1])) for o in objects if o.live_points.any()])
    return followed


def follow_norfair_tuned(sequence: Sequence) -> Followed:
    """The best that was found for it on these sequences: little overlap is enough, and so are two pictures."""
    return follow_norfair(sequence, 0.8, 1)


def follow_supervision(sequence: Sequence) -> Followed:
    """ByteTrack of supervision."""
    tracker = supervision.ByteTrack(frame_rate=round(sequence.hz))
    return [_boxes(tracker.update_with_detections(_detections(found))) for found in sequence.found]


def follow_trackers(sequence: Sequence) -> Followed:
    """ByteTrack of trackers, the successor."""
    tracker = trackers.ByteTrackTracker(frame_rate=sequence.hz)
    return [_boxes(tracker.update(_detections(found))) for found in sequence.found]


OTHERS: dict[str, Callable[[Sequence], Followed]] = {
    f"Norfair {norfair.__version__}": follow_norfair,
    "Norfair, tuned here": follow_norfair_tuned,
    f"ByteTrack (supervision {supervision.__version__})": follow_supervision,
    "ByteTrack (trackers)": follow_trackers,
}


def _detections(found: list[tuple[float, Box]]) -> Any:
    boxes = np.array([[x, y, x + w, y + h] for _, (x, y, w, h) in found], dtype=float).reshape(-1, 4)
    scores = np.array([score for score, _ in found], dtype=float)
    return supervision.Detections(xyxy=boxes, confidence=scores, class_id=np.zeros(len(found), dtype=int))


def _boxes(seen: Any) -> list[tuple[int, Box]]:
    numbers = [] if seen.tracker_id is None else seen.tracker_id
    return [(int(n), _box(*xyxy)) for n, xyxy in zip(numbers, seen.xyxy, strict=True) if n >= 0]


def _box(left: float, top: float, right: float, bottom: float) -> Box:
    return float(left), float(top), float(right - left), float(bottom - top)


def marks(truth: Followed, followed: Followed) -> dict[str, float]:
    """COLUMNS: shares of one, then counts."""
    data = _prepared(truth, followed)
    quiet = {"PRINT_CONFIG": False}
    hota = HOTA().eval_sequence(data)
    clear = CLEAR(quiet).eval_sequence(data)
    identity = Identity(quiet).eval_sequence(data)
    values = (np.mean(hota["HOTA"]), clear["MOTA"], identity["IDF1"], clear["IDSW"], clear["CLR_FN"], clear["CLR_FP"])
    return {name: float(value) for name, value in zip(COLUMNS, values, strict=True)}


def _prepared(truth: Followed, followed: Followed) -> dict[str, Any]:
    """As TrackEval's metrics take it: numbers from 0, overlaps for each picture."""
    data: dict[str, Any] = {"num_timesteps": len(truth)}
    for key, frames in (("gt", truth), ("tracker", followed)):
        numbers = {number: i for i, number in enumerate(sorted({n for frame in frames for n, _ in frame}))}
        data[f"{key}_ids"] = [np.array([numbers[n] for n, _ in frame], dtype=int) for frame in frames]
        data[f"num_{key}_dets"] = sum(len(frame) for frame in frames)
        data[f"num_{key}_ids"] = len(numbers)
    data["similarity_scores"] = [_overlaps(a, b) for a, b in zip(truth, followed, strict=True)]
    return data


def _overlaps(one: list[tuple[int, Box]], other: list[tuple[int, Box]]) -> Any:
    a, b = (np.array([box for _, box in boxes], dtype=float).reshape(-1, 4) for boxes in (one, other))
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, :2] + a[:, None, 2:], b[None, :, :2] + b[None, :, 2:])
    both = np.prod(np.clip(high - low, 0.0, None), axis=2)
    return both / (np.prod(a[:, None, 2:], axis=2) + np.prod(b[None, :, 2:], axis=2) - both)


def main() -> None:
    """From standard input to standard output."""
    asked = json.load(sys.stdin)
    told = []
    for plain, ours in zip(asked["sequences"], asked["ours"], strict=True):
        sequence = Sequence.of(plain)
        followed = {**ours, **{name: follow(sequence) for name, follow in OTHERS.items()}}
        told.append({name: marks(sequence.truth, frames) for name, frames in followed.items()})
    json.dump(told, sys.stdout)


if __name__ == "__main__":
    main()
