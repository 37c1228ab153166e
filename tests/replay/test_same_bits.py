"""A simulated minute gives the same bytes in any process: whatever the processor can do, however strings are hashed.

Needs no recordings. The same of recorded cases: test_same_bytes.py; on another processor: tools/qemu.sh.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from numpy._core import _multiarray_umath as umath

from agent.config.schema import Camera, Config, Mark
from agent.messages import Observation, Tracks
from tools.bench.world import SCENARIOS, simulate
from tools.score.digest import hashes
from tools.tracking.ours import detections
from tools.tracking.play import hands, people

REPOSITORY = Path(__file__).resolve().parent.parent.parent
# The play is drawn once, by the test: it may differ from machine to machine, what the core makes of it may not.
CHILD = """
import pickle, sys
from numpy._core import _multiarray_umath as umath
from tools.score.digest import hashes
config, observations = pickle.load(sys.stdin.buffer)
wide = [f for f in umath.__cpu_dispatch__ if umath.__cpu_features__.get(f)]
print(*hashes(config, observations), ",".join(wide) or "none")
"""
PLAYS = ("chaos", "small_shop", "eyes")
MARKS = ((0, 360, 0.0, 0.0), (640, 360, 1.2, 0.1), (610, 10, 1.2, 0.6), (20, 0, 0.0, 0.6))  # a camera that hangs askew


@cache
def minute(scenario: str) -> bytes:
    """One minute, as a child process takes it."""
    if scenario == "eyes":
        return pickle.dumps(eyes())
    play = simulate(5, replace(SCENARIOS[scenario], minutes=1.0))
    return pickle.dumps((play.config, list(play.observations())))


def eyes() -> tuple[Config, list[Observation]]:
    """The small shop with the agent's own camera, which sees people and hands come and go all the time."""
    play = simulate(5, replace(SCENARIOS["small_shop"], minutes=1.0))
    marks = tuple(Mark(x_px=x, y_px=y, u_m=u, v_m=v) for x, y, u, v in MARKS)
    config = replace(play.config, camera=Camera(driver="file", lens_k1=-0.1, marks=marks))
    seen = [d for sequence in (people(1), hands(2)) for d in detections(sequence)]
    told = [x for x in play.observations() if not isinstance(x, Tracks)]
    return config, sorted([*told, *seen], key=lambda x: x.t)


def elsewhere(scenario: str, **environment: str) -> list[str]:
    """Events, the two hashes, and what numpy could use there; features are chosen when numpy is imported."""
    done = subprocess.run(
        [sys.executable, "-c", CHILD],
        input=minute(scenario),
        cwd=REPOSITORY,
        env={**os.environ, **environment},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode().split()


@cache
def here(scenario: str) -> list[str]:
    return freshly(scenario)


def freshly(scenario: str) -> list[str]:
    config, observations = pickle.loads(minute(scenario))
    return [str(x) for x in hashes(config, observations)]


@pytest.mark.parametrize("scenario", PLAYS)
def test_a_second_play_in_this_process_says_the_same(scenario: str) -> None:
    assert freshly(scenario) == here(scenario)
    assert int(here(scenario)[0]) > 5


@pytest.mark.parametrize("scenario", PLAYS)
def test_without_the_processors_wide_instructions(scenario: str) -> None:
    wide = [feature for feature in umath.__cpu_dispatch__ if umath.__cpu_features__.get(feature)]
    if not wide:
        pytest.skip("numpy has only one code path on this processor")
    *narrow, left = elsewhere(scenario, NPY_DISABLE_CPU_FEATURES=" ".join(wide))
    assert left == "none"  # else nothing was tried
    assert narrow == here(scenario)


@pytest.mark.parametrize("seed", ["0", "4294967295"])
def test_however_strings_are_hashed(seed: str) -> None:
    """The order of a set or of names must not reach a payload."""
    assert elsewhere("chaos", PYTHONHASHSEED=seed)[:-1] == here("chaos")
