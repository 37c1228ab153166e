"""Recorded shelves through the real pipeline, against their truth.

How the score is made: tools/score. That the bytes do not depend on the machine: test_same_bytes.py, test_same_bits.py.
That the recorder's files give them again: tests/test_recording_cases.py.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from tools.score.case import Case, load
from tools.score.play import Result, figures, play

RECORDED = ("bottles-1", "coffee-pot-1", "nanostore-gondola-1")
QUIET = ("coffee-pot-quiet", "nanostore-gondola-2", "nanostore-gondola-3", "nanostore-gondola-4")
REENACTED = ("reenacted-a", "reenacted-b", "reenacted-c", "reenacted-d")


@cache
def loaded(shared: Path, name: str) -> Case:
    folder = shared / "cases" / name
    if not folder.is_dir():
        pytest.skip(f"no case {name} in {folder.parent}")
    return load(folder)


@cache
def played(shared: Path, name: str) -> Result:
    """Once, however many tests look at it."""
    return play(loaded(shared, name))


@pytest.mark.parametrize("name", RECORDED)
def test_a_recorded_shelf_is_told_without_a_miss_or_an_extra(shared: Path, name: str) -> None:
    matches = played(shared, name).matches
    assert (matches.missed, matches.wrong) == ([], [])
    assert len(matches.pairs) == len(loaded(shared, name).truth) > 0


@pytest.mark.parametrize("name", QUIET)
def test_where_nothing_was_taken_nothing_is_said(shared: Path, name: str) -> None:
    assert loaded(shared, name).truth == []
    assert figures([played(shared, name)])["fp"] == 0


def test_over_all_reenacted_shoppers_at_most_one_is_missed_or_invented(shared: Path) -> None:
    total = figures(played(shared, name) for name in REENACTED)
    assert total["fp"] + total["fn"] <= 1
    assert total["tp"] >= 15


def test_events_are_decided_within_a_second(shared: Path) -> None:
    total = figures(played(shared, name) for name in (*RECORDED, *REENACTED))
    assert total["delay_s"]["p95"] <= 1.0
