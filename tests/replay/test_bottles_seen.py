"""Recorded bottles with their video: what the agent's own eyes add to the weights, and what they see alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from agent.core import Core
from agent.messages import Counts, Detections, Event, Observation
from tools.score.case import Case, load
from tools.score.match import match
from tools.score.play import events_of
from tools.score.sight import MANIFEST
from wire.events import Pick, Put, Visit

LANES = ("L", "M", "R")
GONE_S = (7.5, 10.8)  # between these the left bottle is in nobody's sight, and no hand either (looked at by eye)
STANDING = ((0.2, 5.5, 3), (*GONE_S, 2), (14.0, 14.9, 3))  # from, to, bottles on the shelf


@cache
def bottles(shared: Path) -> tuple[Case, tuple[Observation, ...]]:
    """The case and all observations, the pictures looked at once."""
    folder = shared / "cases" / "bottles-1"
    if not folder.is_dir():
        pytest.skip(f"no case bottles-1 in {folder.parent}")
    if not all((MANIFEST.parent / file).is_file() for file in ("hand.tflite", "objects.tflite")):
        pytest.skip("the models are not built: make models")
    case = load(folder)
    return case, tuple(case.observations())


def withheld(observations: tuple[Observation, ...], *lanes: str) -> Iterator[Observation]:
    """As if the cells of these lanes were dead."""
    silent = np.array([lane in lanes for lane in LANES])
    for o in observations:
        yield replace(o, values=np.where(silent, np.nan, o.values)) if isinstance(o, Counts) else o


def said(shared: Path, *dead: str) -> list[Pick | Put]:
    case, observations = bottles(shared)
    return list(events_of(Core(case.config), withheld(observations, *dead)))


def test_with_camera_and_weight_every_event_is_told_and_none_made_up(shared: Path) -> None:
    matches = match(said(shared), bottles(shared)[0].truth)
    assert (len(matches.pairs), matches.missed, matches.wrong) == (2, [], [])
    assert all(event.visitor == "v1" and event.confidence > 0.85 for event, _ in matches.pairs)


def test_with_the_lanes_cell_dead_the_camera_alone_tells_and_is_less_sure(shared: Path) -> None:
    weighed, seen = said(shared), said(shared, "L")
    matches = match(seen, bottles(shared)[0].truth)
    assert (len(matches.pairs), matches.missed, matches.wrong) == (2, [], [])
    assert all(event.delta_g is None for event in seen)
    assert max(event.confidence for event in seen) < min(event.confidence for event in weighed)


def test_with_all_cells_dead_too(shared: Path) -> None:
    assert [(event.kind, event.lane) for event in said(shared, *LANES)] == [("pick", "L"), ("put", "L")]


def test_a_neighbours_dead_cell_changes_nothing(shared: Path) -> None:
    assert said(shared, "M", "R") == said(shared)


def test_bottles_are_counted_right_in_nine_of_ten_looks_without_a_hand(shared: Path) -> None:
    _, observations = bottles(shared)
    looks = [o for o in observations if isinstance(o, Detections) and "container" in o.looked]
    right = [
        sum(d.kind == "container" for d in look.found) == bottles
        for begin, end, bottles in STANDING
        for look in looks
        if begin <= look.t <= end
    ]
    assert len(right) >= 5
    assert sum(right) >= 0.9 * len(right)


def test_somebody_came_and_left(shared: Path) -> None:
    case, observations = bottles(shared)
    core = Core(case.config)
    payloads = [out.payload for o in observations for out in core.step(o) if isinstance(out, Event)]
    visits = [payload for payload in payloads if isinstance(payload, Visit)]
    assert [(visit.visitor, visit.picks) for visit in visits] == [("v1", 1)]
    assert [(reached.lane, reached.reaches, reached.hand_s > 0.2) for reached in visits[0].lanes] == [("L", 1, True)]
