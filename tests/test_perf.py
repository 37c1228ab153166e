"""The measurements measure what they say; how fast this machine is does not matter here."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from tools.perf import __main__ as perf
from tools.perf import vision
from tools.perf.figures import compare
from tools.perf.idle import processor_s


def test_a_ratio_is_taken_within_a_round_and_the_first_round_does_not_count() -> None:
    ours, bare = iter([1.0, 10.0, 40.0, 30.0]), iter([1000.0, 20.0, 20.0, 60.0])
    line = compare("loop", "1/s", 3, lambda: next(ours), lambda: next(bare))
    assert (line.ours, line.bare, line.ratio, line.ratio_range) == (30.0, 20.0, 0.5, (0.5, 2.0))


def test_the_processor_time_of_a_process_is_read_from_outside() -> None:
    used_s, own_s = processor_s(os.getpid()), time.process_time()
    while time.process_time() - own_s < 0.05:
        pass
    assert processor_s(os.getpid()) - used_s >= 0.05
    assert processor_s(os.getpid()) <= time.process_time()


def test_without_models_the_eyes_are_passed_over_with_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vision, "MANIFEST", Path("no/such/manifest.toml"))
    (figure,) = vision.measure(1)
    assert "models are not built" in str(figure) and figure.as_json()["reason"]


class Seven:
    def __str__(self) -> str:
        return "seven"

    def as_json(self) -> dict[str, object]:
        return {"of": 7}


def test_all_is_measured_where_nothing_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(perf, "MEASUREMENTS", {"one": lambda rounds: [Seven()] * rounds, "two": lambda _: [Seven()]})
    assert perf.main(["--rounds", "2"]) == 0
    assert capsys.readouterr().out == "one:\n  seven\n  seven\ntwo:\n  seven\n"
    assert perf.main(["two", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"two": [{"of": 7}]}


@pytest.mark.parametrize("arguments", [["three"], ["--rounds", "0"]])
def test_what_cannot_be_measured_is_said(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert perf.main(arguments) == 64
    assert capsys.readouterr().err
