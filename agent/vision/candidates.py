"""What a decoder makes of a model's outputs: the few boxes whose score reaches their class's threshold.

Scores are compared as the model writes them (int8 against an int8 threshold, logit against logit); only what passes is
turned into numbers that mean something, and no more than MOST of it. NaN passes nowhere.
Not here: the outputs' layouts (palm.py, ssd.py, centers.py), which box wins over which (nms.py).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from agent.vision.manifest import Model
from agent.vision.protocol import VisionError

Floats = NDArray[np.float64]
Places = NDArray[np.intp]
Raw = Sequence[NDArray[Any]]  # one array an output, in the interpreter's order

MOST = 256  # candidates of one picture: a busy shelf gives 60; garbage gives thousands


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """`boxes` (n, 4): left, top, right, bottom as fractions of the model's input, which may reach beyond it; `scores`
    (n,) 0..1; `classes` (n,): places in the model's classes."""

    boxes: Floats
    scores: Floats
    classes: Places


class Decode(Protocol):
    """Made once for a model, called for each picture. `overlap`: of two boxes of one kind with a larger intersection
    over union, the weaker one goes."""

    @property
    def overlap(self) -> float: ...

    def __call__(self, raw: Raw) -> Candidates: ...


@dataclass(frozen=True, slots=True)
class Output:
    """One output of a model: `place` among the outputs; real = (raw - zero_point) * scale where it is quantised."""

    place: int
    shape: tuple[int, ...]
    dtype: str
    scale: float = 0.0
    zero_point: int = 0

    def real(self, raw: NDArray[Any]) -> Floats:
        """What the raw values mean."""
        if self.dtype == "float32":
            return raw.astype(np.float64)
        return (raw.astype(np.float64) - self.zero_point) * self.scale

    def least(self, real: float) -> float:
        """The smallest raw value that means `real` or more: to compare without turning all into real numbers."""
        return real if self.dtype == "float32" else math.ceil(real / self.scale + self.zero_point)

    def leasts(self, reals: Sequence[float]) -> NDArray[Any]:
        """The same for several columns, in a type that compares fast with the raw values."""
        values = [self.least(real) for real in reals]
        if self.dtype == "float32":
            return np.array(values, np.float32)
        return np.array(np.clip(values, -32768, 32767), np.int16)


def logit(probability: float) -> float:
    """Of 0 < probability < 1."""
    return math.log(probability / (1 - probability))


def sigmoid(logits: Floats) -> Floats:
    """0..1; infinities are welcome."""
    return 1 / (1 + np.exp(-np.clip(logits, -60, 60)))


def strongest(strength: NDArray[Any], places: Places) -> Places:
    """`places` (m,) into `strength` (n,): at most MOST of them, and then the strongest; equal ones by their place."""
    if len(places) <= MOST:
        return places
    order = np.argsort(-strength[places].astype(np.float64), kind="stable")
    return places[order[:MOST]]


def output_of(model: Model, outputs: Sequence[Output], shape: tuple[int | None, ...]) -> Output:
    """The first output of that shape (None: any length); VisionError where the model has none."""
    for output in outputs:
        if len(output.shape) == len(shape) and all(w in (None, n) for n, w in zip(output.shape, shape, strict=True)):
            return output
    wanted = " x ".join("n" if n is None else str(n) for n in shape)
    has = ", ".join(" x ".join(map(str, output.shape)) or "one number" for output in outputs)
    sentence = f'{model.file} has no output {wanted} for decoder "{model.decoder}", but {has}: correct the manifest'
    raise VisionError("model_refused", sentence)


def columns_of(model: Model, count: int) -> Places:
    """The classes' columns; VisionError where one lies beyond the model's `count`."""
    beyond = [c.index for c in model.classes if c.index >= count]
    if beyond:
        raise VisionError(
            "model_refused", f"{model.file} has {count} classes, so none with index {beyond[0]}: correct the manifest"
        )
    return np.array([c.index for c in model.classes], np.intp)
