"""The agent's own tracker on the same detections, in pixels."""

from __future__ import annotations

from agent.config.schema import Config, Device
from agent.messages import Detection, Detections
from agent.tracking.tracker import Tracker
from tools.tracking.sequences import Box, Sequence

CONFIG = Config(device=Device(store="tracking", id="tracking"))


def detections(sequence: Sequence) -> list[Detections]:
    """As the core is told them."""
    return [
        Detections(i / sequence.hz, "camera", (sequence.kind,), tuple(_detection(sequence.kind, *x) for x in found))
        for i, found in enumerate(sequence.found)
    ]


def _detection(kind: str, score: float, box: Box) -> Detection:
    left, top, width, height = box
    return Detection(kind, score, left, top, left + width, top + height)


def follow(sequence: Sequence) -> dict[str, list[list[tuple[int, Box]]]]:
    """Number and box of each that is followed, for each picture: as the agent tells them, and those alone that were
    found in that very picture."""
    tracker = Tracker(CONFIG)
    told, found = [], []
    for seen in detections(sequence):
        tracks = tracker.follow(seen)
        told.append([(track.number, track.box(seen.t)) for track in tracks])
        found.append([(track.number, track.box(seen.t)) for track in tracks if track.seen == seen.t])
    return {"**shelfd**": told, "shelfd, found boxes alone": found}
