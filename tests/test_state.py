"""The whole core written down as JSON, and gone on from."""

from __future__ import annotations

import copy
import json
import math
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.config.schema import Config
from agent.core import Core
from agent.fusion.baskets import Held
from agent.messages import Answer, Observation, Snapshot, Tracks
from agent.plain import plain, revive
from tools.bench.world import SCENARIOS, Play, simulate

FLOATS = st.floats(allow_nan=False)
LEAVES = st.none() | st.booleans() | st.integers() | FLOATS | st.sampled_from(["inf", "-inf", "nan", "7"])
KEYS = st.sampled_from(["ann", "inf", "float", ""])
NO_TEXT = (bool, int, float, list, dict, type(None))  # no part keeps a text under a name that comes from outside
JSON = st.recursive(
    LEAVES,
    lambda x: st.lists(x, max_size=4) | st.dictionaries(KEYS, x.filter(lambda v: isinstance(v, NO_TEXT)), max_size=3),
    max_leaves=20,
)


# -- plain values ------------------------------------------------------------------------------------------------------


@given(JSON)
def test_what_is_made_plain_is_json_and_comes_back(value: Any) -> None:
    assert revive(json.loads(json.dumps(plain(value), allow_nan=False))) == value


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (math.nan, None),
        (math.inf, {"float": "inf"}),
        (np.array([1.5, np.nan, -np.inf]), [1.5, None, {"float": "-inf"}]),
        (np.array([[1, 2], [3, 4]]), [[1, 2], [3, 4]]),
        ({"a": (1, {"b": math.nan})}, {"a": [1, {"b": None}]}),
        (True, True),
    ],
)
def test_numbers_that_json_has_not_are_written_so_that_it_has(value: Any, expected: Any) -> None:
    assert plain(value) == expected


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False)))
def test_not_a_bit_of_a_number_is_lost(values: list[float]) -> None:
    again = np.array(json.loads(json.dumps(plain(np.array(values)))), dtype=np.float64)
    assert again.tobytes() == np.array(values, dtype=np.float64).tobytes()


# -- the whole core ----------------------------------------------------------------------------------------------------


@cache
def play() -> tuple[Play, tuple[Observation, ...]]:
    """A minute of a small shelf with two shoppers."""
    acted = simulate(7, replace(SCENARIOS["small_shop"], minutes=1.0))
    return acted, tuple(acted.observations())


def said(core: Core, observations: Sequence[Observation]) -> list[bytes]:
    outputs = [output for observation in observations for output in core.step(observation)]
    return [msgspec.json.encode(o.result if isinstance(o, Answer) else o.payload) for o in outputs]


def written(core: Core) -> Snapshot:
    state: Snapshot = json.loads(json.dumps(core.snapshot(), allow_nan=False))
    return state


@pytest.mark.parametrize("share", [0.0, 0.13, 0.31, 0.5, 0.77, 0.999])
def test_a_restored_core_says_the_same_bytes_from_wherever_it_was_cut(share: float) -> None:
    acted, observations = play()
    cut = int(share * len(observations))
    lived = Core(acted.config)
    said(lived, observations[:cut])
    reborn = Core.restore(acted.config, written(lived))
    rest = said(lived, observations[cut:])
    assert said(reborn, observations[cut:]) == rest
    assert written(reborn) == written(lived)
    assert rest or share > 0.9


def test_to_write_it_down_changes_nothing() -> None:
    acted, observations = play()
    quiet, noted = Core(acted.config), Core(acted.config)
    half = observations[: len(observations) // 2]
    notes = []
    for observation in half:
        assert [repr(o) for o in quiet.step(observation)] == [repr(o) for o in noted.step(observation)]
        if len(notes) < 50:
            notes.append(written(noted))
    assert notes[0] == written(Core.restore(acted.config, notes[0]))


def test_what_was_written_down_does_not_change_afterwards() -> None:
    acted, observations = play()
    core = Core(acted.config)
    said(core, observations[:300])
    state = core.snapshot()
    before = copy.deepcopy(state)
    said(core, observations[300:900])
    assert state == before


# -- what does not fit -------------------------------------------------------------------------------------------------


def other(config: Config, **changes: Any) -> Config:
    return replace(config, scales=(replace(config.scales[0], **changes), *config.scales[1:]))


def part(snapshot: dict[str, Any], name: str, value: Any = None) -> dict[str, Any]:
    """The snapshot with another value (None: without it) in the attendant's part."""
    kept = {key: old for key, old in snapshot["attendant"].items() if key != name}
    return snapshot | {"attendant": kept | ({} if value is None else {name: value})}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda s, c: (s | {"version": 99}, c), "has version 99"),
        (lambda s, c: ({}, c), "has version None"),
        (lambda s, c: (part(s, "ledger"), c), "another version"),
        (lambda s, c: (part(s, "hands", 7), c), "another version"),
        (lambda s, c: (part(s, "recent", [["x"]]), c), None),
        (lambda s, c: (part(s, "ledger", {"stock": {}}), c), None),
    ],
)  # fmt: skip
def test_a_snapshot_that_does_not_fit_is_refused(change: Any, says: str | None) -> None:
    acted, observations = play()
    core = Core(acted.config)
    said(core, observations[:200])
    state, config = change(written(core), acted.config)
    with pytest.raises(ValueError, match=says):
        Core.restore(config, state)


@pytest.mark.parametrize("name", ["inf", "-inf", "nan", "float", "None", "1"])
def test_a_visitor_may_have_any_name(name: str) -> None:
    acted, observations = play()
    core = Core(acted.config)
    renamed = [
        replace(o, parts=tuple(replace(part, visitor=name) for part in o.parts)) if isinstance(o, Tracks) else o
        for o in observations[:1200]
    ]
    said(core, renamed)
    core.attendant.ledger.baskets.take(name, Held("06901234567892", 345.0, 2.0, 1))
    reborn = Core.restore(acted.config, written(core))
    assert reborn.attendant.ledger.baskets.of(name) == core.attendant.ledger.baskets.of(name) != ()
    assert reborn.attendant.hands.present(renamed[-1].t) == core.attendant.hands.present(renamed[-1].t)
