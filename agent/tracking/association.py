"""Which detection is which track: the likeliest pairs all together, each only once, and none that is too far.

The likelihood of a pair follows from how far off the detection is against how sure the track's place is, and from how
much larger or smaller it is. Groups that touch are paired as is best for all; where they are too large for that, the
likeliest pair comes first. Not here: the filter (track.py), what becomes of those left over (tracker.py).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from agent.messages import Detection
from agent.tracking.track import Track, measures

MOST = 64  # detections of a kind in one picture that are looked at, best first
FURTHEST = {"person": 12.0, "hand": 16.0}  # -2 ln of the likelihood against one right where it was: no pair beyond
FURTHEST_SIZES = 1.5  # nor this many of its sizes from where it is expected, however unsure that is
UNSURE_SIZES = 0.75  # one sigma: as unsure as it becomes where something is that has not gone
RESIZED_SIGMA = 0.2  # of the logarithm of width and height, from one picture to the next
RESIZING = 0.03  # its variance a second more: who comes in at the picture's edge grows as they come
EXACT = 24  # tracks or detections of one group: 5 ms

Place = tuple[float, float, float, float]  # of a box: its middle, and the logarithms of its width and height
Costs = dict[int, dict[int, float]]  # track -> detection -> cost, below 0: the lower, the more of a pair


def assign(tracks: Sequence[Track], found: Sequence[Detection], t: float) -> dict[int, int]:
    """Index of track -> index of detection."""
    pairs: dict[int, int] = {}
    for group in _groups(_costs(tracks, found[:MOST], t)):
        small = min(len(group), len({j for row in group.values() for j in row})) <= EXACT
        pairs.update(_best(group) if small else _greedy(group))
    return pairs


def _costs(tracks: Sequence[Track], found: Sequence[Detection], t: float) -> Costs:
    boxes = [_place(d) for d in found]
    costs: Costs = {}
    for i, track in enumerate(tracks):
        row = _row(track, boxes, t)
        if row:
            costs[i] = row
    return costs


def _place(d: Detection) -> Place:
    x, y, width, height = measures(d)
    return x, y, math.log(width), math.log(height)


def _row(track: Track, boxes: Sequence[Place], t: float) -> dict[int, float]:
    """Detection -> cost, of those that may be this track."""
    x, y = track.at(t)
    reach = FURTHEST_SIZES * track.size
    var = min(track.variances(t)[0], (UNSURE_SIZES * track.size) ** 2) + track.seen_var
    unsure = 2.0 * math.log(var / track.seen_var)
    resize_var = RESIZED_SIGMA * RESIZED_SIGMA + RESIZING * max(t - track.seen, 0.0)
    row = {}
    log_width, log_height = math.log(track.width), math.log(track.height)
    for j, (box_x, box_y, box_width, box_height) in enumerate(boxes):
        off_x, off_y = box_x - x, box_y - y
        if abs(off_x) > reach or abs(off_y) > reach:
            continue
        wider, higher = box_width - log_width, box_height - log_height
        resized = (wider * wider + higher * higher) / resize_var
        cost = (off_x * off_x + off_y * off_y) / var + unsure + resized - FURTHEST[track.kind]
        if cost < 0.0:
            row[j] = cost
    return row


def _groups(costs: Costs) -> list[Costs]:
    """Tracks that share detections, directly or through others."""
    groups: list[tuple[set[int], Costs]] = []
    for i, row in costs.items():
        touched = [group for group in groups if not group[0].isdisjoint(row)]
        groups = [group for group in groups if group[0].isdisjoint(row)]
        mine, rows = set(row), {}
        for detections, others in touched:
            mine |= detections
            rows.update(others)
        groups.append((mine, {**rows, i: row}))
    return [rows for _, rows in groups]


def _greedy(costs: Costs) -> dict[int, int]:
    """The likeliest pair first."""
    pairs: dict[int, int] = {}
    taken: set[int] = set()
    for _, i, j in sorted((cost, i, j) for i, row in costs.items() for j, cost in row.items()):
        if i not in pairs and j not in taken:
            pairs[i] = j
            taken.add(j)
    return pairs


def _best(costs: Costs) -> dict[int, int]:
    """The pairs of the least cost in all (Kuhn and Munkres, by shortest augmenting paths)."""
    if len(costs) == 1:
        return _greedy(costs)
    rows, columns = sorted(costs), sorted({j for row in costs.values() for j in row})
    if len(rows) > len(columns):
        turned: Costs = {j: {i: costs[i][j] for i in rows if j in costs[i]} for j in columns}
        return {i: j for j, i in _best(turned).items()}
    matrix = [[costs[i].get(j, 0.0) for j in columns] for i in rows]
    chosen = _shortest(matrix)
    return {rows[i]: columns[j] for j, i in enumerate(chosen) if i is not None and columns[j] in costs[rows[i]]}


def _shortest(matrix: Sequence[Sequence[float]]) -> list[int | None]:
    """Row of each column; there are at most as many rows as columns."""
    n, m = len(matrix), len(matrix[0])
    of_row, of_column = [0.0] * n, [0.0] * (m + 1)
    chosen: list[int | None] = [None] * (m + 1)  # the last column stands for the row that seeks one
    for row in range(n):
        chosen[m], at = row, m
        least, before, done = [math.inf] * m, [m] * m, [False] * (m + 1)
        while (here := chosen[at]) is not None:
            done[at] = True
            step, to = math.inf, m
            for j in range(m):
                if done[j]:
                    continue
                cost = matrix[here][j] - of_row[here] - of_column[j]
                if cost < least[j]:
                    least[j], before[j] = cost, at
                if least[j] < step:
                    step, to = least[j], j
            for j in range(m + 1):
                owner = chosen[j]
                if done[j] and owner is not None:
                    of_row[owner] += step
                    of_column[j] -= step
                elif j < m:
                    least[j] -= step
            at = to
        while at != m:
            chosen[at] = chosen[before[at]]
            at = before[at]
        chosen[m] = None
    return chosen[:m]
