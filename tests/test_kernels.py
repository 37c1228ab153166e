"""Two machines' findings held against each other: what counts as the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.vision.manifest import read_manifest, read_model
from agent.vision.tflite import TfliteDetector
from tools.score import kernels
from tools.score.kernels import SCORE_SLACK, Line, agreement, apart, differences, drawn, main

HAND = ["hand", 0.9, 100.0, 100.0, 200.0, 200.0]


def line(*found: list[object], exact: bool = False) -> Line:
    return {"exact": exact, "model": "hand.tflite", "picture": "hand", "found": list(found)}


def moved(by_px: float = 0.0, score: float = 0.9, kind: str = "hand") -> list[object]:
    return [kind, score, 100.0 + by_px, 100.0, 200.0 + by_px, 200.0]


def test_reference_kernels_have_to_find_the_same_to_the_last_digit() -> None:
    assert differences([line(HAND, exact=True)], [line(HAND, exact=True)]) == []
    (sentence,) = differences([line(HAND, exact=True)], [line(moved(0.1), exact=True)])
    assert sentence.startswith("hand.tflite on hand, reference kernels")


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (moved(3.0, 0.9 - SCORE_SLACK / 2), True),
        (moved(0.0, 0.9 - 2 * SCORE_SLACK), False),
        (moved(60.0), False),
        (moved(kind="person"), False),
    ],
)
def test_fast_kernels_may_round_otherwise(other: list[object], same: bool) -> None:
    assert (differences([line(HAND)], [line(other)]) == []) is same
    assert (differences([line(other)], [line(HAND)]) == []) is same


def test_a_weak_finding_may_be_missing_and_a_sure_one_may_not() -> None:
    assert apart([moved(score=0.15)], []) == 0.0
    assert apart([], [HAND]) == pytest.approx(0.8)


def test_other_pictures_are_not_compared() -> None:
    assert "same pictures" in differences([line()], [])[0]


def test_the_figures_are_said() -> None:
    ours = [line(HAND, exact=True), line(HAND)]
    said = agreement(ours, [line(HAND, exact=True), line(moved(score=0.88))])
    assert said == "the same 1 detections with the reference kernels; scores of the fast ones differ by 0.020 at most"


def test_drawn_pictures_are_the_same_each_time() -> None:
    once, again = dict(drawn()), dict(drawn())
    assert list(once) == ["bottles", "hand"]
    assert all((once[name].pixels == again[name].pixels).all() for name in once)


def test_without_models_the_sentence_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(kernels, "MANIFEST", Path("no/manifest.toml"))
    assert main([]) == 66
    assert "build the models again" in capsys.readouterr().err


def test_the_built_hand_model_finds_the_drawn_hand() -> None:
    if not kernels.MANIFEST.is_file():
        pytest.skip("no models/manifest.toml")
    (entry,) = (m for m in read_manifest(kernels.MANIFEST).models if "hand" in m.kinds)
    if not (kernels.MANIFEST.parent / entry.file).is_file():
        pytest.skip(f"models/{entry.file} is not built")
    pytest.importorskip("ai_edge_litert")
    detector = TfliteDetector(entry, read_model(entry, kernels.MANIFEST.parent))
    pictures = dict(drawn())
    (hand,) = detector.detect(pictures["hand"])
    assert hand.kind == "hand" and hand.left_px < 320 < hand.right_px and hand.top_px < 230 < hand.bottom_px
    assert detector.detect(pictures["bottles"]) == ()
