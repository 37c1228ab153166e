"""The same recordings give the same bytes whatever the processor can do: numpy picks its code by the CPU's features."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from numpy._core import _multiarray_umath as umath

REPOSITORY = Path(__file__).resolve().parent.parent.parent
CASES = ("bottles-1", "reenacted-a", "reenacted-c", "nanostore-gondola-1", "coffee-pot-1")


def supported() -> list[str]:
    """The features numpy would use here and can be told to leave alone."""
    return [feature for feature in umath.__cpu_dispatch__ if umath.__cpu_features__.get(feature)]


def digests(shared: Path, without: str) -> list[str]:
    """One line a case, from a process of its own: the features are chosen when numpy is imported."""
    done = subprocess.run(
        [sys.executable, "-m", "tools.score.digest", *(str(shared / "cases" / name) for name in CASES)],
        cwd=REPOSITORY,
        env={**os.environ, "NPY_DISABLE_CPU_FEATURES": without, "OPENBLAS_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.skipif(not supported(), reason="numpy has only one code path on this processor")
def test_recordings_give_the_same_bytes_without_the_processors_wide_instructions(shared: Path) -> None:
    wide, narrow = digests(shared, ""), digests(shared, " ".join(supported()))
    assert wide == narrow
    assert [line.split()[0] for line in wide] == list(CASES)
    assert all(int(line.split()[1]) > 0 for line in wide)
