"""A TFLite model as a detector: the hand-built finder of red squares, with every runtime that is here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from vision_scene import SQUARES, model, needs_runtime, picture, write_models

from agent.messages import Detection
from agent.vision.candidates import Candidates
from agent.vision.eyes import Eyes, build_detectors
from agent.vision.frame import Frame
from agent.vision.letterbox import fit
from agent.vision.protocol import VisionError
from agent.vision.tflite import FOUND_MOST, TfliteDetector

pytestmark = needs_runtime
PLACE = fit((640, 360), (96, 96))


@pytest.fixture(scope="module")
def squares() -> TfliteDetector:
    return TfliteDetector(model(), SQUARES)


def test_a_red_square_is_found_where_it_is(squares: TfliteDetector) -> None:
    found = squares.detect(picture((427, 127, 54)))  # one cell of the grid: 53.3 px of this picture
    assert found == (Detection("hand", 0.999, 373.3, 73.3, 533.3, 233.3),)
    assert squares.kinds == ("hand",) and squares.runtime


def test_a_box_ends_where_the_picture_ends(squares: TfliteDetector) -> None:
    (found,) = squares.detect(picture((0, 0, 100)))[:1]
    assert (found.left_px, found.top_px) == (0.0, 0.0) and found.right_px < 200


def test_nothing_is_found_in_an_empty_picture_nor_remembered_from_the_last(squares: TfliteDetector) -> None:
    assert squares.detect(picture((300, 100, 100)))
    assert squares.detect(picture()) == ()


def test_the_picture_may_be_of_any_size_and_form(squares: TfliteDetector) -> None:
    assert squares.detect(picture((20, 20, 20), size=(96, 96)))
    assert squares.detect(Frame(0.0, np.full((2, 4096, 3), 90, np.uint8))) == ()
    assert squares.detect(Frame(0.0, np.full((540, 640), 128, np.uint8), "nv12")) == ()


def test_the_reference_kernels_find_the_same(squares: TfliteDetector) -> None:
    exact = TfliteDetector(model(), SQUARES, exact=True)
    for shown in (picture((427, 127, 54)), picture((0, 0, 100), (500, 200, 90))):
        assert exact.detect(shown) == squares.detect(shown)


@pytest.mark.parametrize(
    "wrong",
    [{"dtype": "uint8"}, {"dtype": "float32"}, {"width": 192}, {"scale": 1 / 200}, {"scale": 0.0}, {"zero_point": 3}],
)
def test_a_model_with_another_input_than_the_manifest_says_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(
        VisionError, match=r"squares.tflite takes int8 1 x 96 x 96 x 3, scale 0\.0039\d+, zero point -128"
    ):
        TfliteDetector(model(input=wrong), SQUARES)


def test_a_model_with_other_outputs_than_its_decoder_reads_is_refused() -> None:
    with pytest.raises(VisionError, match=r"has no output 1 x 2016 x 18 .*: correct the manifest"):
        TfliteDetector(model("palm"), SQUARES)


def test_what_is_no_model_is_refused() -> None:
    with pytest.raises(VisionError, match="is no TFLite model") as caught:
        TfliteDetector(model(), b"<html>404</html>")
    assert caught.value.code == "model_refused"


def test_a_runtime_that_gives_up_is_an_error_with_a_name(squares: TfliteDetector) -> None:
    class Broken:
        def set_tensor(self, *_: object) -> None:
            raise ValueError("Cannot set tensor")

    detector = TfliteDetector(model(), SQUARES)
    detector.interpreter = Broken()  # type: ignore[assignment]
    with pytest.raises(VisionError, match="could not look: Cannot set tensor") as caught:
        detector.detect(picture())
    assert caught.value.code == "inference_failed"


wild = st.one_of(st.floats(-3, 3), st.floats(allow_nan=True, allow_infinity=True))


@settings(max_examples=200)
@given(st.lists(st.tuples(wild, wild, wild, wild, st.floats(0, 1)), max_size=120))
def test_whatever_boxes_a_model_gives_what_is_told_lies_in_the_picture(
    squares: TfliteDetector, drawn: list[tuple[float, ...]]
) -> None:
    numbers = np.array(drawn, np.float64).reshape(-1, 5)
    found = squares.detections(Candidates(numbers[:, :4], numbers[:, 4], np.zeros(len(numbers), np.intp)), PLACE)
    assert len(found) <= FOUND_MOST
    assert [d.score for d in found] == sorted((d.score for d in found), reverse=True)
    for d in found:
        assert 0 <= d.left_px < d.right_px <= 640 and 0 <= d.top_px < d.bottom_px <= 360


def test_new_models_replace_the_old_ones_only_when_they_work(tmp_path: Path) -> None:
    path = write_models(tmp_path)
    eyes = Eyes(lambda: build_detectors(path, 1))
    assert eyes.detectors == ()
    eyes.load()
    before = eyes.detectors
    (tmp_path / "squares.tflite").write_bytes(SQUARES[:-7])
    with pytest.raises(VisionError, match="bytes instead of"):
        eyes.load()
    assert eyes.detectors is before and before[0].detect(picture((300, 100, 100)))
    write_models(tmp_path, classes=((0, "container", 0.5),))
    eyes.load()
    assert eyes.detectors[0].kinds == ("container",)


def test_a_model_of_the_stores_own_names_the_product() -> None:
    own = {"class": [{"index": 0, "title": "cola", "kind": "container", "threshold": 0.5, "gtin": "06901234567892"}]}
    (found,) = TfliteDetector(model(**own), SQUARES).detect(picture((427, 127, 54)))
    assert (found.kind, found.gtin) == ("container", "06901234567892")
