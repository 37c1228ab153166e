"""Outputs of a model -> candidates, against plain loops that decode every anchor; garbage gives no garbage."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from vision_scene import model

from agent.vision.anchors import palm_anchors, ssd_anchors
from agent.vision.candidates import MOST, Candidates, Output, logit, strongest
from agent.vision.centers import CentersDecode
from agent.vision.manifest import Model
from agent.vision.palm import PalmDecode
from agent.vision.protocol import VisionError
from agent.vision.ssd import PostprocessDecode, SsdDecode

Row = tuple[int, float, tuple[float, ...]]  # class, score, box
seeds = st.integers(0, 10_000)
TWO = ((4, "person", 0.4), (2, "container", 0.3), (5, "container", 0.6))


def outputs(*shapes: tuple[int, ...], quantised: bool) -> list[Output]:
    if not quantised:
        return [Output(i, shape, "float32") for i, shape in enumerate(shapes)]
    return [Output(i, shape, "int8", 0.11 + 0.02 * i, 20 - 30 * i) for i, shape in enumerate(shapes)]


def drawn(outs: Sequence[Output], seed: int, mean: float) -> list[np.ndarray]:
    """Normal numbers of that mean, as the model would store them."""
    chance = np.random.default_rng(seed)
    arrays = []
    for out in outs:
        real = chance.normal(mean if out.place else 0.0, 2.0, out.shape)
        if out.dtype == "float32":
            arrays.append(real.astype(np.float32))
        else:
            arrays.append(np.clip(np.round(real / out.scale) + out.zero_point, -128, 127).astype(np.int8))
    return arrays


def real(out: Output, raw: np.ndarray) -> list[float]:
    flat = raw.reshape(-1).tolist()
    return flat if out.dtype == "float32" else [(q - out.zero_point) * out.scale for q in flat]


def plain_sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x)) if x > -60 else 0.0


def around(x: float, y: float, width: float, height: float) -> tuple[float, ...]:
    return x - width / 2, y - height / 2, x + width / 2, y + height / 2


def plain_palm(entry: Model, outs: Sequence[Output], raw: list[np.ndarray]) -> list[Row]:
    numbers, logits, rows, k = real(outs[0], raw[0]), real(outs[1], raw[1]), [], 0
    for cells, boxes in ((24, 2), (12, 6)):
        for row in range(cells):
            for column in range(cells):
                for _ in range(boxes):
                    x, y, w, h = (value / 192 for value in numbers[18 * k : 18 * k + 4])
                    box = around(x + (column + 0.5) / cells, y + (row + 0.5) / cells, w, h)
                    rows.append((0, plain_sigmoid(logits[k]), box))
                    k += 1
    return [row for row in rows if row[1] >= entry.classes[0].threshold]


def plain_ssd(entry: Model, outs: Sequence[Output], raw: list[np.ndarray]) -> list[Row]:
    numbers, logits, rows = real(outs[0], raw[0]), real(outs[1], raw[1]), []
    columns = outs[1].shape[2]
    for k, (ax, ay, aw, ah) in enumerate(ssd_anchors().tolist()):
        ty, tx, th, tw = numbers[4 * k : 4 * k + 4]
        box = around(tx / 10 * aw + ax, ty / 10 * ah + ay, math.exp(tw / 5) * aw, math.exp(th / 5) * ah)
        for place, c in enumerate(entry.classes):
            score = plain_sigmoid(logits[columns * k + c.index])
            if score >= c.threshold:
                rows.append((place, score, box))
    return rows


def plain_centers(entry: Model, outs: Sequence[Output], raw: list[np.ndarray]) -> list[Row]:
    heat, numbers = raw[0][0], real(outs[1], raw[1])
    rows_, across = heat.shape[:2]
    logits = np.array(real(outs[0], raw[0])).reshape(heat.shape)
    found: list[Row] = []
    for r in range(rows_):
        for c in range(across):
            dx, dy, w, h = numbers[4 * (r * across + c) : 4 * (r * across + c) + 4]
            for place, k in enumerate(entry.classes):
                near = heat[max(0, r - 1) : r + 2, max(0, c - 1) : c + 2, k.index]
                score = plain_sigmoid(float(logits[r, c, k.index]))
                if score >= k.threshold and heat[r, c, k.index] == near.max():
                    found.append((place, score, around((c + dx) / across, (r + dy) / rows_, w, h)))
    return found


def rows_of(found: Candidates) -> list[Row]:
    return sorted(
        (int(c), float(s), tuple(b)) for c, s, b in zip(found.classes, found.scores, found.boxes.tolist(), strict=True)
    )


def same(found: Candidates, plain: list[Row]) -> None:
    """Equal as sets, but for the last digits."""
    ours = rows_of(found)
    assert 0 < len(ours) == len(plain) < MOST
    for (c, score, box), (plain_c, plain_score, plain_box) in zip(ours, sorted(plain), strict=True):
        assert (c, score, *box) == pytest.approx((plain_c, plain_score, *plain_box), rel=1e-6, abs=1e-6)


@settings(max_examples=15)
@given(seeds, st.booleans())
def test_palms(seed: int, quantised: bool) -> None:
    entry, outs = model("palm"), outputs((1, 2016, 18), (1, 2016, 1), quantised=quantised)
    raw = drawn(outs, seed, -4.0)
    same(PalmDecode(entry, outs)(raw), plain_palm(entry, outs, raw))


@settings(max_examples=15)
@given(seeds, st.booleans())
def test_things_of_several_classes(seed: int, quantised: bool) -> None:
    entry, outs = model("ssd", classes=TWO), outputs((1, 1917, 4), (1, 1917, 7), quantised=quantised)
    raw = drawn(outs, seed, -5.0)
    same(SsdDecode(entry, outs)(raw), plain_ssd(entry, outs, raw))


@settings(max_examples=25)
@given(seeds, st.booleans())
def test_peaks_of_a_heat_map(seed: int, quantised: bool) -> None:
    entry, outs = model("centers", classes=TWO), outputs((1, 12, 16, 6), (1, 12, 16, 4), quantised=quantised)
    raw = drawn(outs, seed, 0.0)
    same(CentersDecode(entry, outs)(raw), plain_centers(entry, outs, raw))


def test_what_the_operator_has_chosen_is_taken_over() -> None:
    entry = model("ssd-postprocess", classes=TWO)
    outs = outputs((1, 4, 4), (1, 4), (1, 4), (1,), quantised=False)
    boxes = np.array([[[0.1, 0.2, 0.3, 0.4]] * 4], np.float32)
    raw = [boxes, np.array([[4, 9, 2, 4]]), np.array([[0.9, 0.9, 0.2, 0.8]]), np.array([3])]
    found = PostprocessDecode(entry, outs)([np.asarray(values, np.float32) for values in raw])
    assert found.classes.tolist() == [0] and found.scores.tolist() == pytest.approx(
        [0.9]
    )  # 9 unasked, .2 weak, 3 count
    assert found.boxes[0].tolist() == pytest.approx([0.2, 0.1, 0.4, 0.3])


def test_the_anchors_are_where_their_makers_put_them() -> None:
    palm, ssd = palm_anchors(), ssd_anchors()
    assert palm.shape == (2016, 2) and ssd.shape == (1917, 4)
    assert palm[[0, 2, 1152]].tolist() == [[0.5 / 24, 0.5 / 24], [1.5 / 24, 0.5 / 24], [0.5 / 12, 0.5 / 12]]
    assert ssd[0].tolist() == pytest.approx([0.5 / 19, 0.5 / 19, 0.1, 0.1])
    assert ssd[1, 2:].tolist() == pytest.approx([0.2 * 2**0.5, 0.2 / 2**0.5])
    assert ssd[-1].tolist() == pytest.approx([0.5, 0.5, 0.95**0.5, 0.95**0.5])


def test_no_more_than_the_strongest_are_decoded() -> None:
    strength = np.tile(np.arange(100, dtype=np.int8), 10)
    kept = strongest(strength, np.arange(1000))
    assert len(kept) == MOST and strength[kept].min() == 74
    assert strongest(strength, np.arange(5)).tolist() == [0, 1, 2, 3, 4]


def test_a_threshold_in_the_models_own_numbers_is_the_same_threshold() -> None:
    out = Output(0, (1,), "int8", 0.0885, 102)
    for threshold in (0.01, 0.3, 0.5, 0.99):
        least = int(out.least(logit(threshold)))
        assert (least - 102) * 0.0885 >= logit(threshold) > (least - 1 - 102) * 0.0885
    assert Output(0, (1,), "int8", 0.01, -128).leasts([40.0])[0] == 3872  # beyond int8: nothing passes


GARBAGE = [math.nan, math.inf, -math.inf, 1e38, -1e38, 0.0]
DECODES: list[
    tuple[Callable[..., PalmDecode | SsdDecode | PostprocessDecode | CentersDecode], str, tuple[tuple[int, ...], ...]]
] = [
    (PalmDecode, "palm", ((1, 2016, 18), (1, 2016, 1))),
    (SsdDecode, "ssd", ((1, 1917, 4), (1, 1917, 7))),
    (CentersDecode, "centers", ((1, 12, 16, 6), (1, 12, 16, 4))),
    (PostprocessDecode, "ssd-postprocess", ((1, 10, 4), (1, 10), (1, 10), (1,))),
]


@settings(max_examples=40)
@given(seeds, st.sampled_from(DECODES), st.sampled_from([0.01, 0.5, 1.0]))
def test_garbage_is_bounded_and_never_raises(seed: int, decode: tuple, share: float) -> None:  # type: ignore[type-arg]
    make, name, shapes = decode
    classes = ((0, "hand", 0.5),) if name == "palm" else TWO
    outs, chance = outputs(*shapes, quantised=False), np.random.default_rng(seed)
    raw = [chance.normal(0, 3, shape).astype(np.float32) for shape in shapes]
    for array in raw:
        array[chance.random(array.shape) < share] = chance.choice(np.array(GARBAGE, np.float32))
    with np.errstate(all="ignore"):
        found = make(model(name, classes=classes), outs)(raw)
    assert len(found.boxes) == len(found.scores) == len(found.classes) <= MOST
    assert (found.scores >= 0.29).all() and (found.scores <= 1).all()  # NaN would be neither


@pytest.mark.parametrize(("make", "name", "shapes"), DECODES)
def test_outputs_of_another_model_are_refused_with_a_sentence(make: Callable, name: str, shapes: tuple) -> None:  # type: ignore[type-arg]
    with pytest.raises(VisionError, match=r"squares.tflite .*: correct the manifest"):
        make(model(name), outputs((1, 7, 18), (1, 7, 2), quantised=False))


def test_a_class_that_the_model_does_not_have_is_refused() -> None:
    with pytest.raises(VisionError, match="has 3 classes, so none with index 4"):
        SsdDecode(model("ssd", classes=TWO), outputs((1, 1917, 4), (1, 1917, 3), quantised=True))
