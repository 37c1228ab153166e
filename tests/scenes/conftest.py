"""Gives each scene its own store, once with the plates of a gondola at 60 Hz, once with cells on a Pi at 10 Hz.

`SHELFD_SCENE_SEEDS=20 pytest tests/scenes` plays each scene with twenty kinds of noise.
"""

from __future__ import annotations

import os

import pytest
from store import Store

SEEDS = range(1, 1 + int(os.environ.get("SHELFD_SCENE_SEEDS", "1")))


@pytest.fixture(params=SEEDS)
def seed(request: pytest.FixtureRequest) -> int:
    """Counted up from 1, not chosen."""
    return int(request.param)


@pytest.fixture(params=["plates", "pi"])
def store(request: pytest.FixtureRequest, seed: int) -> Store:
    """Empty; a scene builds its shelf, then lets things happen."""
    store = Store(seed)
    if request.param == "pi":
        store.on_a_pi()
    return store
