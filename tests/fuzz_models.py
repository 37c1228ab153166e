"""Damaged models in the trial's own process: whatever becomes of it, the agent gets a verdict, and in time. Some
damages do no harm that a trial could see; most are refused. `make fuzz`."""

from __future__ import annotations

import hashlib
import random
from pathlib import Path

import pytest
from vision_scene import SQUARES, needs_runtime, write_models

from agent.documents.trial_model import TrialLimits, prove

TRIES = 60
LIMITS = TrialLimits(seconds=20)


@pytest.mark.fuzz
@needs_runtime
def test_a_damaged_model_ends_nothing_but_its_trial(tmp_path: Path) -> None:
    chance = random.Random(8)
    refused = died = 0
    for number in range(TRIES):
        data = bytearray(SQUARES)
        for _ in range(chance.choice((1, 3, 10, 40))):
            data[chance.randrange(8, len(data))] = chance.randrange(256)
        del data[chance.choice((len(data), len(data), chance.randrange(8, len(data)))) :]
        manifest = write_models(
            tmp_path / str(number), bytes(data), sha256=hashlib.sha256(data).hexdigest(), bytes=len(data)
        )
        wrong = prove(manifest, None, 1, lambda: None, LIMITS)
        assert all(one.reason for one in wrong)
        refused += bool(wrong)
        died += any("ended by SIG" in one.reason for one in wrong)
    print(f"{TRIES} damaged models: {refused} refused, {died} of them ended the trial's process")
    assert refused > TRIES // 3
