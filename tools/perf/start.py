"""How long the agent takes to start, against a bare Python that imports numpy: what no agent in Python can be below."""

from __future__ import annotations

import subprocess
import sys
import time

from tools.perf.figures import Line, compare

WHOLE = [sys.executable, "-c", "import agent.app"]  # every module that a running agent has loaded
VERSION = [sys.executable, "-m", "agent", "--version"]
BARE = [sys.executable, "-c", "import numpy"]


def measure(rounds: int) -> list[Line]:
    """Seconds from exec to exit."""
    return [
        compare("the whole agent loaded", "s", rounds, lambda: run_s(WHOLE), lambda: run_s(BARE)),
        compare("shelfd --version", "s", rounds, lambda: run_s(VERSION), lambda: run_s(BARE)),
    ]


def run_s(command: list[str]) -> float:
    begin_s = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    return time.perf_counter() - begin_s
