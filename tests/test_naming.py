"""Containers with names: an extra that never costs the containers."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from vision_scene import SQUARES, model, needs_runtime, picture, write_models

from agent.messages import Detection
from agent.vision.eyes import build_detectors
from agent.vision.fake import FakeDetector, box
from agent.vision.frame import Frame
from agent.vision.naming import NamingDetector
from agent.vision.product import LOCAL
from agent.vision.protocol import VisionError
from agent.vision.tflite import TfliteDetector

COLA = "06901234567892"
BOTTLE = box("container", 100, 100)


class FakeReader:
    fails = False

    def named(self, frame: Frame, found: Sequence[Detection]) -> tuple[Detection, ...]:
        if self.fails:
            raise VisionError("inference_failed", "local.tflite could not look")
        return tuple(replace(d, gtin=COLA) for d in found)


def test_containers_carry_the_names_that_were_read() -> None:
    named = NamingDetector(FakeDetector(("container",), lambda _: (BOTTLE,)), FakeReader())
    assert named.kinds == ("container",)
    assert named.detect(picture()) == (replace(BOTTLE, gtin=COLA),)


def test_a_reader_that_cannot_look_costs_the_names_and_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    reader = FakeReader()
    named = NamingDetector(FakeDetector(("container",), lambda _: (BOTTLE,)), reader)
    reader.fails = True
    assert [named.detect(picture()) for _ in range(3)] == [(BOTTLE,)] * 3
    assert [r.levelno for r in caplog.records] == [logging.WARNING]
    reader.fails = False
    assert named.detect(picture())[0].gtin == COLA


@needs_runtime
def test_a_damaged_model_of_the_stores_own_leaves_the_others_at_work(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = write_models(tmp_path, classes=((0, "container", 0.5),))
    (tmp_path / LOCAL).write_text("this is no manifest")
    (detector,) = build_detectors(path, 1)
    assert detector.detect(picture((300, 100, 100)))
    assert "no manifest of models" in caplog.text


@needs_runtime
def test_a_reader_of_names_is_no_detector() -> None:
    with pytest.raises(VisionError, match="finds nothing in whole pictures"):
        TfliteDetector(model("crop-classes"), SQUARES)
