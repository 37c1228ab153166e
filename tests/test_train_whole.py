"""A whole training as a store does it: the real detector, the real quantiser, int8, twice the same bytes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from agent.vision.frame import Frame
from agent.vision.product import open_reader
from tests.train_scene import folder_of_goods, goods
from tools.build_models.build import Places
from tools.train.__main__ import main

pytestmark = pytest.mark.train


def test_a_store_makes_its_own_model_twice(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    work = Places().work
    if not (work / "packages").is_dir() or not (work / "venv/ready").is_file():
        pytest.skip(f"no packages in {work}: run make models")
    models = tmp_path / "models"
    folder = folder_of_goods(tmp_path / "goods", each=12, names=("cola", "lime", "water"))
    assert main([str(folder), "--models", str(models)]) == 0
    first = next(models.glob("product-*.tflite"))
    assert 500_000 < first.stat().st_size < 1_000_000
    assert main([str(folder), "--models", str(models)]) == 0
    assert next(models.glob("product-*.tflite")).name == first.name
    assert "no worse than the installed one" in capsys.readouterr().err
    reader = open_reader(models / "manifest.toml")
    assert reader is not None and reader.model.input.dtype == "int8"
    answer = reader.read(Frame(0.0, np.asarray(goods("water", 500))), [(0.0, 0.0, 96.0, 96.0)])[0]
    assert answer is not None and answer.gtin == "06901234567915"
