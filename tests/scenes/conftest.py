"""Gives each scene its own store. `SHELFD_SCENE_SEEDS=20 pytest tests/scenes` plays each with twenty kinds of noise."""

from __future__ import annotations

import os

import pytest
from store import Store

SEEDS = range(1, 1 + int(os.environ.get("SHELFD_SCENE_SEEDS", "1")))


@pytest.fixture(params=SEEDS)
def seed(request: pytest.FixtureRequest) -> int:
    """Counted up from 1, not chosen."""
    return int(request.param)


@pytest.fixture
def store(seed: int) -> Store:
    """Empty; a scene builds its shelf, then lets things happen."""
    return Store(seed)
