"""`python -m tools.score`: cases are read as their format says, played, and the figures told to people and machines."""

from __future__ import annotations

import gzip
import json
import math
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from agent.messages import Counts, Tick, Tracks
from tools.score.__main__ import main
from tools.score.case import CaseError, load
from tools.score.play import figures, play

COLA = "06901234567892"
BOX = {"left_m": 0, "right_m": 0.2, "bottom_m": 0, "top_m": 0.3}
LANE = {"lane": "cola", "cells": ["p1", "p2"], "gtin": COLA, "unit_g": 345.0, **BOX}
TAKEN = {"type": "pick", "lane": "cola", "gtin": COLA, "units": 1, "t_s": 10.0, "tolerance_s": 2.0}


def gz(path: Path, lines: Iterable[str]) -> None:
    path.write_bytes(gzip.compress("\n".join(lines).encode() + b"\n"))


def case(folder: Path, *, rows: Iterable[str] | None = None, tracks: Iterable[str] = (), **about: Any) -> Path:
    """A shelf of two plates and one lane, from which one can is taken after 10 s."""
    folder.mkdir(exist_ok=True)
    rng = np.random.default_rng(1)
    if rows is None:
        times = [i / 60 for i in range(900)]
        grams = [
            (1035.0 - 345.0 * (t > 10.0) + 0.5 * rng.standard_normal(), 0.5 * rng.standard_normal()) for t in times
        ]
        rows = [f"{t:.4f},{a:.2f},{b:.2f}" for t, (a, b) in zip(times, grams, strict=True)]
    gz(folder / "scale.csv.gz", ["t_s,p1,p2", *rows])
    scale = {"file": "scale.csv.gz", "unit": "g", "rate_hz": 60}
    document = {"name": folder.name, "scale": scale, "planogram": {"lanes": [LANE]}, "truth": [TAKEN], **about}
    if tracks:
        gz(folder / "tracks.csv.gz", ["t_s,visitor,part,u_m,v_m,d_m,score", *tracks])
        document["tracks"] = {"file": "tracks.csv.gz"}
    (folder / "case.json").write_text(json.dumps(document))
    return folder


def test_a_case_is_played_and_held_against_its_truth(tmp_path: Path) -> None:
    result = play(load(case(tmp_path / "one")))
    found = figures([result])
    assert (found["tp"], found["fp"], found["fn"], found["f1"]) == (1, 0, 0, 1.0)
    assert 0.3 < found["delay_s"]["p50"] <= 1.0
    assert result.recorded_s == pytest.approx(15.0, abs=0.1)


def test_a_wrong_truth_is_a_miss_and_a_wrong_event(tmp_path: Path) -> None:
    found = figures([play(load(case(tmp_path / "one", truth=[TAKEN | {"units": 2}])))])
    assert (found["tp"], found["fp"], found["fn"], found["f1"]) == (0, 1, 1, 0.0)


def test_missing_fields_are_missing_readings_and_short_rows_too(tmp_path: Path) -> None:
    observations = list(load(case(tmp_path / "one", rows=["0.0,5.0,", "0.1,,7.5", "0.2,1.0"])).observations())
    values = [o.values for o in observations if isinstance(o, Counts)]
    assert np.array_equal(values, [[5.0, math.nan], [math.nan, 7.5], [1.0, math.nan]], equal_nan=True)


def test_time_never_goes_back_and_ticks_come_each_second(tmp_path: Path) -> None:
    observations = list(load(case(tmp_path / "one", rows=["0,1,1", "1.5,1,1", "1.2,1,1", "3.1,1,1"])).observations())
    times = [o.t for o in observations]
    assert times == sorted(times)
    assert [o.t for o in observations if isinstance(o, Tick)] == [0.0, 1.0, 2.0, 3.0]


def test_all_parts_of_one_frame_come_together(tmp_path: Path) -> None:
    tracks = ["0.5,0042,hand,0.1,0.2,0.03,0.9", "0.5,0042,head,0.1,1.2,0.4,", "0.6,ann,hand,0.2,0.2,0.0,0.8"]
    frames = [o for o in load(case(tmp_path / "one", tracks=tracks)).observations() if isinstance(o, Tracks)]
    assert [(f.t, [(p.visitor, p.part) for p in f.parts]) for f in frames] == [
        (0.5, [("0042", "hand"), ("0042", "head")]),
        (0.6, [("ann", "hand")]),
    ]


def test_counts_become_grams_by_the_case_s_own_factor(tmp_path: Path) -> None:
    scale = {"file": "scale.csv.gz", "unit": "counts", "counts_per_gram": -365.0, "rate_hz": 10}
    cell = load(case(tmp_path / "one", scale=scale)).config.scales[0].cells[0]
    assert (cell.counts_per_gram, cell.saturation_counts) == (-365.0, 8_388_607.0)


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda f: (f / "case.json").write_text("{"), "Expecting property name"),
        (lambda f: (f / "case.json").write_text("[]"), "not of the kind that belongs there"),
        (lambda f: (f / "case.json").write_text('{"scale": {}}'), "case.json lacks the key 'file'"),
        (lambda f: (f / "case.json").unlink(), "case.json: No such file or directory"),
        (lambda f: (f / "scale.csv.gz").unlink(), "scale.csv.gz: No such file or directory"),
        (lambda f: (f / "scale.csv.gz").write_bytes(b"no gzip"), "Not a gzipped file"),
        (lambda f: (f / "scale.csv.gz").write_bytes(gzip.compress(b"")), "ends too early"),
        (lambda f: (f / "scale.csv.gz").write_bytes(gzip.compress(b"t_s,p1")[:-9]), "ends too early"),
    ],
)
def test_a_folder_that_is_no_case_says_so(tmp_path: Path, damage: Any, said: str) -> None:
    folder = case(tmp_path / "one")
    damage(folder)
    with pytest.raises(CaseError, match="not a case that can be read") as caught:
        load(folder)
    assert said in str(caught.value) and "Error(" not in str(caught.value)
    assert str(caught.value).endswith("docs/cases.md has the format")


# -- the command -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "damage"),
    [
        ("scale.csv.gz", lambda data: data[: len(data) // 2]),
        ("scale.csv.gz", lambda data: data[:-2000] + bytes(64) + data[-1936:]),
        ("scale.csv.gz", lambda data: gzip.compress(gzip.decompress(data) + b"16.0,what?,1\n")),
        ("tracks.csv.gz", lambda data: gzip.compress(gzip.decompress(data) + b"2.0,ann,hand\n")),
    ],
)
def test_damage_further_on_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], file: str, damage: Callable[[bytes], bytes]
) -> None:
    folder = case(tmp_path / "one", tracks=[f"{i / 15:.3f},ann,hand,0.1,0.1,0.0,0.9" for i in range(15)])
    (folder / file).write_bytes(damage((folder / file).read_bytes()))
    assert main([str(folder)]) == 66
    said = capsys.readouterr().err
    assert said.startswith("tools.score: ") and f"{file} cannot be read behind frame" in said and len(said) < 400


def test_for_machines_there_is_one_document(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folders = [case(tmp_path / "right"), case(tmp_path / "wrong", truth=[TAKEN | {"lane": "tea"}])]
    assert main([*map(str, folders), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert set(document) == {"cases", "total"}
    keys = {"tp", "fp", "fn", "precision", "recall", "f1", "f1_without_visitor", "delay_s", "ece", "realtime_factor"}
    assert set(document["cases"]["right"]) == keys | {"missed", "wrong"}
    assert keys <= set(document["total"])
    assert document["cases"]["wrong"]["missed"][0]["lane"] == "tea"
    assert document["cases"]["wrong"]["wrong"][0]["type"] == "pick"
    assert (document["total"]["tp"], document["total"]["fp"], document["total"]["fn"]) == (1, 1, 1)


def test_for_people_there_is_a_line_a_case_and_what_went_wrong(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folders = [case(tmp_path / "right"), case(tmp_path / "wrong", truth=[TAKEN | {"lane": "tea"}])]
    assert main([str(folder) for folder in folders]) == 0
    out = capsys.readouterr().out
    assert [line.split()[0] for line in out.splitlines()] == ["case", "right", "wrong", "missed", "wrong", "all"]
    assert "1.000" in out.splitlines()[1]


def test_what_is_no_case_is_named_and_exit_codes_tell_why(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path)]) == 66
    assert str(tmp_path) in capsys.readouterr().err
    assert main([str(tmp_path / "nowhere")]) == 66
    with pytest.raises(SystemExit, match="64"):
        main([])


def test_where_nothing_was_recorded_one_sentence_says_what_to_set(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "tests").mkdir()
    for given in (["docs", "tests"], ["docs"], ["cases/*/"]):
        assert main([str(tmp_path / name) for name in given]) == 66
        told = capsys.readouterr()
        assert told.err.endswith(": set SHELFD_SHARED to the folder that holds cases/\n") and told.err.count("\n") == 1
        assert str(tmp_path / given[0].partition("/")[0]) in told.err and "*" not in told.err
        assert told.out == ""


def test_a_case_in_which_nothing_happened_has_no_f1_in_the_table(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    quiet = case(tmp_path / "quiet", rows=[f"{i / 10},500.0,500.0" for i in range(50)], truth=[])
    assert main([str(quiet)]) == 0
    assert [line.split()[4:6] for line in capsys.readouterr().out.splitlines()[1:]] == [["-", "-"]] * 2
    assert main([str(quiet), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["total"]["f1"] == 1.0


def test_readme_and_other_folders_among_many_are_passed_over(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "notes").mkdir()
    assert main([str(case(tmp_path / "one")), str(tmp_path / "notes"), "--json"]) == 0
    assert list(json.loads(capsys.readouterr().out)["cases"]) == ["one"]
