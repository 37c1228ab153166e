"""From a folder of pictures to an installed model, and all that stands in between: measuring, and refusing."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from agent.vision.frame import Frame
from agent.vision.manifest import read_manifest
from agent.vision.product import LOCAL, open_reader
from tests.product_scene import install_colours
from tests.train_scene import boxes_folder, folder_of_goods, goods, tiny_detector
from tools.train.__main__ import main
from tools.train.backbone import SIDE, BackboneError, classifier, describer
from tools.train.card import as_markdown, card_of
from tools.train.course import Trained, described_crops, opened, real, trained
from tools.train.head import learn
from tools.train.install import CARD, RefusedError, install, judge

pytest.importorskip("ai_edge_litert", reason="no TFLite runtime here: pip install -e '.[litert]'")
pytest.importorskip("flatbuffers", reason="comes with ai-edge-litert")


def as_it_is(model: bytes, ranges: dict[str, tuple[float, float]]) -> bytes:
    """In place of the quantiser, which has an environment of its own."""
    assert all(low <= 0 <= high for low, high in ranges.values())
    return model


@pytest.fixture(scope="module")
def detector() -> bytes:
    return tiny_detector()


@pytest.fixture(scope="module")
def two_goods(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return folder_of_goods(tmp_path_factory.mktemp("goods") / "two", each=16)


@pytest.fixture(scope="module")
def result(two_goods: Path, detector: bytes) -> Trained:
    return trained(*opened(two_goods), detector, as_it_is)


def test_goods_of_two_colours_are_told_apart(result: Trained) -> None:
    assert result.figures.best_right >= 0.9
    assert [c.gtin for c in result.model.classes] == ["06901234567892", "06901234567908"]
    assert not set(result.crops.picture[result.crops.held_out]) & set(result.crops.picture[~result.crops.held_out])


def test_what_is_installed_is_what_the_agent_reads(result: Trained, tmp_path: Path) -> None:
    install(result, card_of(result), tmp_path)
    told = read_manifest(tmp_path / LOCAL).models[0]
    assert (told.sha256, told.input) == (result.model.sha256, result.model.input)
    assert told.classes[0].precision == result.figures.classes[0].precision
    reader = open_reader(tmp_path / "manifest.toml")
    assert reader is not None
    answers = [
        reading
        for n in range(100, 120)
        if (reading := reader.read(Frame(0.0, np.asarray(goods("cola", n))), [(8.0, 8.0, 88.0, 88.0)])[0])
    ]
    assert len(answers) >= 15 and all(a.gtin == "06901234567892" for a in answers)


def test_the_same_folder_gives_the_same_bytes(result: Trained, two_goods: Path, detector: bytes) -> None:
    again = trained(*opened(two_goods), detector, as_it_is)
    assert again.data == result.data
    assert card_of(again) == card_of(result)


def test_the_card_says_what_was_measured_and_how_little(result: Trained) -> None:
    card = card_of(result)
    text = as_markdown(card)
    assert json.loads(json.dumps(card)) == card
    held = int(result.crops.held_out.sum())
    assert card["crops"]["held_out"] == held == sum(c["held_out"] for c in card["classes"])
    assert np.array(card["confusion"]).sum() == held
    assert "Fewer than 20 held-out crops" in text and "| cola | 06901234567892 |" in text
    assert len(card["learned_from"]) == card["pictures"] - held


def test_boxes_are_learned_from_as_well(detector: bytes, tmp_path: Path) -> None:
    of = trained(*opened(boxes_folder(tmp_path / "boxes", each=6)), detector, as_it_is)
    assert of.figures.best_right >= 0.75 and [c.gtin for c in of.model.classes] == [None, None]


def test_the_classifier_as_a_graph_scores_as_the_head_does(result: Trained, detector: bytes) -> None:
    from agent.vision.runtime import open_interpreter

    crops = result.crops
    described = describer(detector)
    head = learn(described_crops(described, crops.pixels), crops.label, crops.fold, described.branches, 2)
    runs = open_interpreter(classifier(described, head)).interpreter
    entry, exit_ = runs.get_input_details()[0], runs.get_output_details()[0]
    assert list(entry["shape"]) == [1, SIDE, SIDE, 3]
    expected = head.scores(described_crops(described, crops.pixels[:5]))
    for crop, scores in zip(crops.pixels[:5], expected, strict=True):
        runs.set_tensor(entry["index"], real(crop))
        runs.invoke()
        assert np.allclose(runs.get_tensor(exit_["index"])[0], scores, atol=1e-4)


def test_another_detector_is_refused() -> None:
    from tests.tiny_model import squares_model

    with pytest.raises(BackboneError, match="has no layer expanded_conv_5/add"):
        describer(squares_model())


# Who may replace whom.


@pytest.fixture
def installed(result: Trained, tmp_path: Path) -> Path:
    install(result, card_of(result), tmp_path)
    return tmp_path


def spoiled(result: Trained, how: Callable[[np.ndarray], np.ndarray]) -> Trained:
    """The same model with other scores."""
    return dataclasses.replace(result, scores=how(result.scores))


def test_the_first_model_has_no_rival(result: Trained, tmp_path: Path) -> None:
    assert judge(result, tmp_path) is None


def test_one_that_is_as_good_may_be_installed(result: Trained, installed: Path) -> None:
    compared = judge(result, installed)
    assert compared is not None and compared.crops == int(result.crops.held_out.sum())
    assert compared.only_new == compared.only_old == 0


def test_a_worse_one_is_refused_with_the_figures_of_both(result: Trained, installed: Path) -> None:
    before = sorted((p.name, p.read_bytes()) for p in installed.iterdir())
    with pytest.raises(RefusedError, match=r"worse than the installed one, on the same \d+ held-out crops: new F1 0"):
        judge(spoiled(result, lambda scores: scores[:, ::-1]), installed)
    assert sorted((p.name, p.read_bytes()) for p in installed.iterdir()) == before


def test_one_that_forgot_a_product_is_refused(result: Trained, installed: Path) -> None:
    local = installed / LOCAL
    local.write_text(local.read_text().replace("06901234567908", "06901234567915"))
    with pytest.raises(RefusedError, match="the installed model knows 06901234567915, the new one does not"):
        judge(result, installed)


def test_pictures_that_the_installed_one_learned_from_do_not_count(result: Trained, installed: Path) -> None:
    card = json.loads((installed / CARD).read_text())
    card["learned_from"] = [picture.digest[:16] for picture in result.labelled.pictures]
    (installed / CARD).write_text(json.dumps(card))
    with pytest.raises(RefusedError, match="only 0 held-out crops are new to the installed model"):
        judge(result, installed)


def test_one_that_names_the_commonest_class_only_is_refused(result: Trained, tmp_path: Path) -> None:
    poor = dataclasses.replace(result, commonest=0.9, figures=dataclasses.replace(result.figures, best_right=0.8))
    with pytest.raises(RefusedError, match=r"right 80\.0% of the time, always naming the commonest class 90\.0%"):
        judge(poor, tmp_path)


def test_a_damaged_installed_model_is_not_silently_replaced(result: Trained, installed: Path) -> None:
    next(installed.glob("product-*.tflite")).write_bytes(b"")
    with pytest.raises(RefusedError, match=r"remove .*local\.toml to begin anew"):
        judge(result, installed)


@pytest.mark.parametrize("card", [None, b"{", b"[]", b'{"learned_from": 3}', b"\xff"])
def test_a_card_that_is_gone_or_damaged_stops_nothing(result: Trained, installed: Path, card: bytes | None) -> None:
    (installed / CARD).unlink()
    if card is not None:
        (installed / CARD).write_bytes(card)
    assert judge(result, installed) is not None


def test_the_files_of_earlier_models_go(result: Trained, tmp_path: Path) -> None:
    install_colours(tmp_path)
    install(result, card_of(result), tmp_path)
    assert [path.name for path in tmp_path.glob("product-*.tflite")] == [result.model.file]


def test_a_title_that_toml_would_stumble_over_is_kept(result: Trained, tmp_path: Path) -> None:
    odd = 'Tea "No. 1"\\ \x7f\n绿茶'
    retitled = _retitled(result, odd)
    install(retitled, card_of(retitled), tmp_path)
    assert read_manifest(tmp_path / LOCAL).models[0].classes[0].title == odd


def _retitled(result: Trained, title: str) -> Trained:
    import msgspec

    first, *rest = result.model.classes
    model = msgspec.structs.replace(result.model, classes=(msgspec.structs.replace(first, title=title), *rest))
    return dataclasses.replace(result, model=model)


def test_bad_usage_is_64_and_a_folder_without_goods_is_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 64
    assert main([str(tmp_path), "--models", str(tmp_path)]) == 2
    assert "tools.train:" in capsys.readouterr().err
