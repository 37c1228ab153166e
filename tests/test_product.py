"""Which product a container is: pieces of the picture in, GTINs out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.messages import Detection
from agent.vision.product import LOCAL, SMALLEST_PX, ProductReader, cut, open_reader
from agent.vision.protocol import VisionError
from tests.product_scene import GREEN, RED, as_nv12, install_colours, shelf_picture

pytest.importorskip("ai_edge_litert", reason="no TFLite runtime here: pip install -e '.[litert]'")

LEFT, MIDDLE, RIGHT = (4.0, 4.0, 36.0, 56.0), (44.0, 4.0, 76.0, 56.0), (84.0, 4.0, 116.0, 56.0)


@pytest.fixture
def reader(tmp_path: Path) -> ProductReader:
    found = open_reader(install_colours(tmp_path))
    assert found is not None
    return found


@pytest.mark.parametrize("form", ["rgb", "nv12"])
def test_each_container_is_read_by_itself_and_darkness_is_no_product(reader: ProductReader, form: str) -> None:
    frame = shelf_picture() if form == "rgb" else as_nv12(shelf_picture())
    left, middle, right = reader.read(frame, [LEFT, MIDDLE, RIGHT])
    assert left is not None and (left.gtin, left.title) == (RED, "red") and left.score > 0.9
    assert middle is not None and middle.gtin == GREEN
    assert right is None


def test_no_more_crops_are_read_than_asked_for(reader: ProductReader) -> None:
    answers = reader.read(shelf_picture(), [LEFT, MIDDLE, LEFT], most=2)
    assert [a is not None for a in answers] == [True, True, False]


def test_only_containers_get_names_and_keep_all_else(reader: ProductReader) -> None:
    hand, red, dark = (
        Detection("hand", 0.9, *LEFT),
        Detection("container", 0.8, *LEFT),
        Detection("container", 0.7, *RIGHT),
    )
    named = reader.named(shelf_picture(), [hand, red, dark])
    assert named == (hand, Detection("container", 0.8, *LEFT, gtin=RED), dark)


def test_a_box_that_is_too_small_or_beside_the_picture_or_no_box_is_not_read() -> None:
    frame = shelf_picture()
    beyond = [(10, 10, 18, 18), (300, 10, 400, 50), (50, 50, 10, 10), (np.nan, 0, 50, 50), (0, 0, np.inf, 50)]
    assert [cut(frame, box) for box in beyond] == [None] * len(beyond)


@given(st.tuples(*[st.floats(allow_nan=True, allow_infinity=True, width=32)] * 4), st.sampled_from(["rgb", "nv12"]))
def test_whatever_the_box_a_crop_lies_within_the_picture(box: tuple[float, ...], form: str) -> None:
    frame = shelf_picture() if form == "rgb" else as_nv12(shelf_picture())
    crop = cut(frame, box)  # type: ignore[arg-type]
    if crop is not None:
        assert SMALLEST_PX <= crop.width <= frame.width and SMALLEST_PX <= crop.height <= frame.height


def test_a_store_without_a_model_of_its_own_has_no_reader(tmp_path: Path) -> None:
    assert open_reader(tmp_path / "manifest.toml") is None


def test_a_file_that_is_not_the_one_meant_is_refused_with_a_sentence(tmp_path: Path) -> None:
    manifest = install_colours(tmp_path)
    model = tmp_path / "product-0.tflite"
    model.write_bytes(model.read_bytes()[:-1] + b"x")
    with pytest.raises(VisionError, match="sha256 differs"):
        open_reader(manifest)


def test_classes_that_the_model_has_no_score_for_are_refused(tmp_path: Path) -> None:
    manifest = install_colours(tmp_path, titles=("red", "green"))
    with pytest.raises(VisionError, match="one score for each of 2 classes"):
        open_reader(manifest)


def test_an_unknown_decoder_in_the_local_manifest_is_refused(tmp_path: Path) -> None:
    manifest = install_colours(tmp_path)
    local = tmp_path / LOCAL
    local.write_text(local.read_text().replace("crop-classes", "tea-leaves"))
    with pytest.raises(VisionError, match="no manifest"):
        open_reader(manifest)
