"""The judges of the simulated shop: scoring, soak and calibration themselves must be able to say no."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from agent.messages import Event
from tools import reliability, soak
from tools.bench.cable import random_faults
from tools.bench.run import Outcome, f1, run
from tools.bench.world import random_shop, simulate
from tools.score.match import Matches
from wire.events import Clock, Pick, Put, Restock

ENTRY = {"type": "pick", "lane": "a", "gtin": "1", "units": 1, "t_s": 5.0, "tolerance_s": 2.5, "visitor": "4711"}


def move(kind: type[Pick] | type[Put] | type[Restock] = Pick, **changes: object) -> Event:
    whole = {"lane": "a", "gtin": "1", "units": 1, "delta_g": -100.0, "confidence": 0.9, "visitor": "4711"}
    times = {"began_s": 4.8, "ended_s": 5.0, "decided_s": 5.6, "clock": Clock(synced=True)}
    return Event(kind(**(whole | times | changes)), None)


def test_f1_counts_what_was_missed_and_what_was_wrong_alike() -> None:
    assert f1(Matches([], [], [])) == 1.0
    assert f1(Outcome([ENTRY], [move()]).matches()) == 1.0
    assert f1(Outcome([ENTRY], []).matches()) == 0.0
    assert f1(Outcome([ENTRY], [move(), move(units=2)]).matches()) == pytest.approx(2 / 3)


def test_a_put_said_for_a_restock_is_wrong_and_a_restock_is_not_asked_for() -> None:
    tray = ENTRY | {"type": "restock", "units": 6}
    assert f1(Outcome([tray], [move(Restock, visitor=None, units=6)]).matches()) == 1.0
    assert f1(Outcome([tray], [move(Put, units=6)]).matches()) == 0.0


def test_the_core_hears_the_same_over_a_line_as_directly_and_says_the_same() -> None:
    play = simulate(1, random_shop(1, 0.7))
    direct, line = run(play), run(play, faults=[])
    assert len(direct.moves) >= 3
    assert [(m.lane, m.gtin, m.units, m.kind) for m in line.moves] == [
        (m.lane, m.gtin, m.units, m.kind) for m in direct.moves
    ]


def test_a_soak_with_faults_ends_and_tells_of_each_loss() -> None:
    told = soak.soak(1, 2.0, "small")
    faults = random_faults(np.random.default_rng(1_000_001), simulate(1, random_shop(2, 2.0, "small")).until_s)
    assert told.faults == len(faults) >= 1
    assert told.truth == told.right + told.missed >= 15
    assert told.realtime_factor > 10


def test_soak_prints_one_line_for_machines_and_fails_below_its_goal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(soak, "GOAL_F1", 1.01)
    asked = ["--first", "7", "--seeds", "2", "--minutes", "0.6", "--layout", "small", "--json"]
    assert soak.main(asked) == 1
    told = json.loads(capsys.readouterr().out)
    assert [play["seed"] for play in told["plays"]] == [7, 8]
    assert 0.0 <= told["total"]["f1"] <= 1.0


@pytest.mark.parametrize("arguments", [["--seeds", "0"], ["--first", "-1"], ["--minutes", "0.1"], ["--layout", "x"]])
def test_soak_refuses_bad_usage_with_a_sentence(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert soak.main(arguments) == 64
    assert capsys.readouterr().err.startswith("tools.soak: ")


def test_reliability_bins_hold_what_was_said_and_how_often_it_was_right() -> None:
    said = [(0.95, True)] * 19 + [(0.95, False)] + [(0.3, False)] * 4
    low, high = reliability.binned(said)
    assert (low.events, low.right) == (4, 0.0)
    assert (high.events, high.right, high.confidence) == (20, 0.95, pytest.approx(0.95))


def test_reliability_collects_until_there_are_enough() -> None:
    plays = list(reliability.collect(30, ("small_shop",)))
    assert sum(map(len, plays)) >= 30 > sum(map(len, plays[:-1]))
    assert all(0.0 <= confidence <= 1.0 for said in plays for confidence, _ in said)


def test_where_the_core_says_nothing_there_is_nothing_to_measure() -> None:
    with pytest.raises(SystemExit, match="said nothing"):
        list(reliability.collect(1, ("quiet",)))


def test_the_plot_of_the_same_data_is_the_same_file(tmp_path: Path) -> None:
    said = [(0.9, True), (0.8, False), (0.4, True), (0.95, True)]
    files = [tmp_path / "a.svg", tmp_path / "b.svg"]
    for file in files:
        reliability.draw(said, file)
    assert files[0].read_bytes() == files[1].read_bytes()
    assert b"4 simulated events" in files[0].read_bytes()
