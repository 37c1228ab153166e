"""Which detection is which track: the nearest pairs first, each only once, and none that is too far.

Greedy: with gates as narrow as these it differs from the best assignment only where things touch, and there neither
knows. Cost is bounded by MOST tracks times MOST detections. Not here: what becomes of either (tracker.py).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from agent.messages import Detection
from agent.tracking.track import Track, measures

MOST = 64  # detections of a kind in one picture that are looked at, best first
GATE = 0.8  # of a track's size: between two pictures of a camera with 10 a second
GATE_PER_S = 1.2  # more for each second unseen
WIDEST_GATE = 2.0
RESIZED = 0.5  # a box half or twice as large is as far off as half its size


def assign(tracks: Sequence[Track], found: Sequence[Detection], t: float) -> dict[int, int]:
    """Index of track -> index of detection."""
    costs = [
        (cost, i, j)
        for i, track in enumerate(tracks)
        for j, detection in enumerate(found[:MOST])
        if (cost := distance(track, detection, t)) <= 1.0
    ]
    pairs: dict[int, int] = {}
    taken: set[int] = set()
    for _, i, j in sorted(costs):
        if i not in pairs and j not in taken:
            pairs[i] = j
            taken.add(j)
    return pairs


def distance(track: Track, detection: Detection, t: float) -> float:
    """How far apart, 1 being the furthest that may be one thing."""
    x, y, width, height = measures(detection)
    expected_x, expected_y = track.at(t)
    size = max(track.size, 0.5 * max(width, height))
    gate = min(GATE + GATE_PER_S * max(t - track.seen, 0.0), WIDEST_GATE)
    moved = math.hypot(x - expected_x, y - expected_y) / (gate * size)
    grown = abs(math.log2(width * height / (track.width * track.height)))
    return moved + RESIZED * grown / 2.0
