"""How well the marks of a camera fit one plane: the distance between where each was measured and where all together
put it.

Its own small solution, in least squares over all marks and with any lens: a person's typing error has to be told in
centimetres. Not here: the plane that the agent works with (tracking/plane.py), what marks must be (camera_check.py).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from agent.config.schema import Camera

Floats = NDArray[np.float64]
ROUNDS = 20  # of the fixed point; a lens that passes camera_check needs fewer for a hundredth of a pixel


def misfit_m(camera: Camera) -> list[float]:
    """Metres for each mark of `camera`, of which there are at least four in general position."""
    pixels = straightened(camera, np.array([(mark.x_px, mark.y_px) for mark in camera.marks]))
    places = np.array([(mark.u_m, mark.v_m) for mark in camera.marks])
    found = _projected(_homography(pixels, places), pixels)
    return [float(distance) for distance in np.hypot(*(found - places).T)]


def worst(misfits: list[float]) -> tuple[int, float]:
    """(index, metres) of the mark that fits least."""
    number = max(range(len(misfits)), key=misfits.__getitem__)
    return number, misfits[number]


def straightened(camera: Camera, pixels: Floats) -> Floats:
    """(n, 2) pixels as a lens without distortion would show them: seen = r (1 + k1 r^2 + k2 r^4), half diagonals."""
    middle = np.array([camera.width, camera.height]) / 2
    unit = math.hypot(*middle)
    seen = (pixels - middle) / unit
    straight = seen.copy()
    for _ in range(ROUNDS):
        square = (straight**2).sum(axis=1, keepdims=True)
        straight = seen / (1 + camera.lens_k1 * square + camera.lens_k2 * square**2)
    return np.asarray(straight * unit + middle)


def _homography(sources: Floats, targets: Floats) -> Floats:
    """(3, 3) that takes `sources` (n, 2) nearest to `targets`: direct linear transformation, normalised."""
    from_source, from_target = _normalising(sources), _normalising(targets)
    a, b = _projected(from_source, sources), _projected(from_target, targets)
    rows = []
    for (x, y), (u, v) in zip(a, b, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y, -u], [0, 0, 0, x, y, 1, -v * x, -v * y, -v]]
    solution = np.linalg.svd(np.array(rows))[2][-1].reshape(3, 3)
    return np.asarray(np.linalg.inv(from_target) @ solution @ from_source)


def _normalising(points: Floats) -> Floats:
    """Moves the middle to 0 and the usual distance to 1: what makes the equations well posed."""
    middle, spread = points.mean(axis=0), points.std() or 1.0
    return np.array([[1 / spread, 0, -middle[0] / spread], [0, 1 / spread, -middle[1] / spread], [0, 0, 1]])


def _projected(matrix: Floats, points: Floats) -> Floats:
    whole = np.column_stack([points, np.ones(len(points))]) @ matrix.T
    return np.asarray(whole[:, :2] / whole[:, 2:])
