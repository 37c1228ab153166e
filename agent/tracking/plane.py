"""Pixels of one camera <-> metres on the shelf plane, from at least four marks whose place on both is known.

A homography (Hartley's normalised direct linear transform, least squares for more than four marks) behind an optional
radial lens model; written out in plain arithmetic, so that every processor gives the same bits.
Not here: finding the marks (commands/), what is seen (tracker.py, goods.py).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from agent.config import schema

FEWEST_MARKS = 4
LENS_STEPS = 8  # of the fixed-point iteration: below 0.01 px for any lens that the bounds of lens_k1 allow
FLAT = 1e-9  # of a pivot: the marks lie in a line, or two are one
HORIZON = 0.05  # of the nearest mark's depth: a mark this far off lies on the horizon, and its place means nothing
FURTHEST_M = 100.0  # beyond is the horizon

Point = tuple[float, float]
Matrix = tuple[float, float, float, float, float, float, float, float, float]  # row by row
Scaling = tuple[float, float, float]  # centre x, centre y, factor


@dataclass(frozen=True, slots=True)
class Plane:
    """One camera before one shelf."""

    to_plane: Matrix
    to_picture: Matrix
    centre_px: Point
    half_diagonal_px: float
    k1: float
    k2: float

    @classmethod
    def of(cls, camera: schema.Camera) -> Plane | None:
        """None where the camera has no marks. ValueError, with what to do, where they fix no plane."""
        if not camera.marks:
            return None
        if len(camera.marks) < FEWEST_MARKS:
            raise ValueError(f"{len(camera.marks)} marks fix no plane: give at least four (shelfd calibrate camera)")
        centre = (0.5 * camera.width, 0.5 * camera.height)
        half = math.hypot(*centre)
        pixels = [_straightened((m.x_px, m.y_px), centre, half, camera.lens_k1, camera.lens_k2) for m in camera.marks]
        metres = [(m.u_m, m.v_m) for m in camera.marks]
        to_plane, to_picture = _homography(pixels, metres), _homography(metres, pixels)
        _demand_in_sight(to_plane, pixels)
        return cls(to_plane, to_picture, centre, half, camera.lens_k1, camera.lens_k2)

    def to_m(self, x_px: float, y_px: float) -> Point:
        """(u_m, v_m) of a pixel; at most FURTHEST_M away, also for pixels above the horizon."""
        x, y = _straightened((x_px, y_px), self.centre_px, self.half_diagonal_px, self.k1, self.k2)
        u, v = _mapped(self.to_plane, x, y)
        return _bounded(u), _bounded(v)

    def to_px(self, u_m: float, v_m: float) -> Point:
        """(x_px, y_px) of a place on the plane; it may lie outside the picture."""
        x, y = _mapped(self.to_picture, u_m, v_m)
        dx, dy = (x - self.centre_px[0]) / self.half_diagonal_px, (y - self.centre_px[1]) / self.half_diagonal_px
        bend = _bend(dx * dx + dy * dy, self.k1, self.k2) * self.half_diagonal_px
        return self.centre_px[0] + dx * bend, self.centre_px[1] + dy * bend

    def residual_m(self, camera: schema.Camera) -> float:
        """The largest distance between where a mark is and where the plane puts it; 0 for four marks."""
        off = [(self.to_m(m.x_px, m.y_px), m) for m in camera.marks]
        return max((math.hypot(u - m.u_m, v - m.v_m) for (u, v), m in off), default=0.0)


def _bend(r2: float, k1: float, k2: float) -> float:
    return 1.0 + k1 * r2 + k2 * r2 * r2


def _straightened(point: Point, centre: Point, half: float, k1: float, k2: float) -> Point:
    """Where a straight lens would have put the pixel."""
    if k1 == 0.0 and k2 == 0.0:
        return point
    dx, dy = (point[0] - centre[0]) / half, (point[1] - centre[1]) / half
    x, y = dx, dy
    for _ in range(LENS_STEPS):
        bend = _bend(x * x + y * y, k1, k2)
        if bend <= 0.1:  # beyond where the model folds back on itself
            break
        x, y = dx / bend, dy / bend
    return centre[0] + half * x, centre[1] + half * y


def _homography(source: Sequence[Point], target: Sequence[Point]) -> Matrix:
    """The least-squares homography. ValueError where the points fix none."""
    from_scale, to_scale = _scaling(source), _scaling(target)
    rows: list[list[float]] = []
    for (x, y), (u, v) in zip(
        (_scaled(p, from_scale) for p in source), (_scaled(p, to_scale) for p in target), strict=True
    ):
        rows.append([x, y, 1.0, 0.0, 0.0, 0.0, -u * x, -u * y, u])
        rows.append([0.0, 0.0, 0.0, x, y, 1.0, -v * x, -v * y, v])
    h = (*_least_squares(rows), 1.0)
    return _unscaled((h[0], h[1], h[2], h[3], h[4], h[5], h[6], h[7], h[8]), from_scale, to_scale)


def _scaling(points: Sequence[Point]) -> Scaling:
    """Centre, and the factor that makes the mean distance from it the square root of two."""
    cx = math.fsum(x for x, _ in points) / len(points)
    cy = math.fsum(y for _, y in points) / len(points)
    mean = math.fsum(math.hypot(x - cx, y - cy) for x, y in points) / len(points)
    if mean <= 0.0:
        raise ValueError("all marks are one point: give four corners of the shelf (shelfd calibrate camera)")
    return cx, cy, math.sqrt(2.0) / mean


def _scaled(point: Point, scaling: Scaling) -> Point:
    cx, cy, factor = scaling
    return (point[0] - cx) * factor, (point[1] - cy) * factor


def _least_squares(rows: Sequence[Sequence[float]]) -> list[float]:
    """Solves the rows (8 factors and a right side) by their normal equations. ValueError where they fix nothing."""
    n = 8
    system = [[math.fsum(row[i] * row[j] for row in rows) for j in range(n + 1)] for i in range(n)]
    for i in range(n):
        pivot = max(range(i, n), key=lambda k: abs(system[k][i]))
        if abs(system[pivot][i]) < FLAT:
            raise ValueError("three marks lie in a line: give four corners of the shelf (shelfd calibrate camera)")
        system[i], system[pivot] = system[pivot], system[i]
        for k in range(i + 1, n):
            factor = system[k][i] / system[i][i]
            system[k] = [a - factor * b for a, b in zip(system[k], system[i], strict=True)]
    solved = [0.0] * n
    for i in reversed(range(n)):
        known = math.fsum(system[i][j] * solved[j] for j in range(i + 1, n))
        solved[i] = (system[i][n] - known) / system[i][i]
    return solved


def _unscaled(h: Matrix, source: Scaling, target: Scaling) -> Matrix:
    """The same map between points as they were."""
    sx, sy, s = source
    tx, ty, t = target
    rows = [(a * s, b * s, c - s * (a * sx + b * sy)) for a, b, c in (h[0:3], h[3:6], h[6:9])]
    (a, b, c), (d, e, f), (g, i, j) = rows
    return (
        *(a / t + tx * g, b / t + tx * i, c / t + tx * j),
        *(d / t + ty * g, e / t + ty * i, f / t + ty * j),
        *(g, i, j),
    )


def _demand_in_sight(h: Matrix, pixels: Sequence[Point]) -> None:
    """All marks lie before the camera, at depths that one shelf has. ValueError where three are in a line, nearly."""
    depths = [h[6] * x + h[7] * y + h[8] for x, y in pixels]
    if min(depths) * max(depths) <= 0.0 or min(map(abs, depths)) < HORIZON * max(map(abs, depths)):
        raise ValueError(
            "the marks do not fit one shelf before the camera: three of them nearly lie in a line, or two are "
            "exchanged; give four corners of the shelf (shelfd calibrate camera)"
        )


def _mapped(h: Matrix, x: float, y: float) -> Point:
    w = h[6] * x + h[7] * y + h[8]
    w = w if abs(w) > 1e-12 else math.copysign(1e-12, w)
    return (h[0] * x + h[1] * y + h[2]) / w, (h[3] * x + h[4] * y + h[5]) / w


def _bounded(metres: float) -> float:
    return min(max(metres, -FURTHEST_M), FURTHEST_M)
