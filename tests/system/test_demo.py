"""The demo as a newcomer starts it: its own process, a real broker, a pty, the real agent."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LIMIT_S = 60.0

pytestmark = pytest.mark.system


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """20 seconds of demo for machines; whatever it makes on disk lies in `tmp_path`."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tools.demo", "--seconds", "20", "--json", "--layout", "small"],
        cwd=ROOT,
        env=os.environ | {"TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    yield process
    process.kill()
    process.communicate()


def children(pid: int) -> list[int]:
    """All descendants of a process."""
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    direct = [int(child) for task in tasks for child in task.read_text().split()]
    return [*direct, *(below for child in direct for below in children(child))]


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def until_there_are(count: int, pid: int) -> list[int]:
    """The descendants, once there are so many."""
    deadline = time.monotonic() + LIMIT_S
    while len(found := children(pid)) < count:
        assert time.monotonic() < deadline, f"only {found}"
        time.sleep(0.05)
    return found


def until_gone(pids: list[int]) -> None:
    deadline = time.monotonic() + LIMIT_S
    while any(alive(pid) for pid in pids):
        assert time.monotonic() < deadline, f"still there: {[pid for pid in pids if alive(pid)]}"
        time.sleep(0.05)


def test_a_shelf_tells_a_broker_who_took_what(demo: subprocess.Popen[str], tmp_path: Path) -> None:
    began = time.monotonic()
    first = demo.stderr.readline() if demo.stderr else ""
    assert time.monotonic() - began <= 15.0, "the first event on screen came too late"
    assert "pick" in first or "put" in first
    out, told = demo.communicate(timeout=LIMIT_S)
    assert demo.returncode == 0, first + told
    last = json.loads(out.splitlines()[-1])
    assert last["truth"] >= 2
    assert last["events"] >= 1
    assert last["f1"] >= 0.5  # a dozen events; how good it is, `make soak` measures
    assert not list(tmp_path.iterdir())


MODELS = ROOT / "models"


@pytest.mark.skipif(
    not all((MODELS / file).is_file() for file in ("hand.tflite", "objects.tflite")),
    reason="the models are not built: make models",
)
def test_the_default_has_eyes(tmp_path: Path) -> None:
    """The default: painted pictures, real models, both in processes of their own."""
    demo = [sys.executable, "-m", "tools.demo", "--seconds", "20", "--picture", str(tmp_path / "demo.svg")]
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    ended = subprocess.run(
        demo, cwd=ROOT, env=os.environ | {"TMPDIR": str(temporary)}, capture_output=True, text=True, timeout=LIMIT_S
    )
    assert ended.returncode == 0, ended.stderr
    drawn = (tmp_path / "demo.svg").read_text().replace("&#160;", " ")
    assert "what the eyes see" in drawn
    assert re.search(r"seen [123] weighed [123]", drawn)
    assert not list(temporary.iterdir())


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_stopped_early_it_leaves_nothing_behind(
    demo: subprocess.Popen[str], tmp_path: Path, how: signal.Signals
) -> None:
    born = until_there_are(2, demo.pid)  # broker and agent
    demo.send_signal(how)
    out, told = demo.communicate(timeout=LIMIT_S)
    assert demo.returncode == 130, told
    assert "f1" in json.loads(out.splitlines()[-1])
    until_gone(born)
    assert not list(tmp_path.iterdir())


def test_killed_without_warning_it_takes_its_children_with_it(demo: subprocess.Popen[str]) -> None:
    born = until_there_are(2, demo.pid)
    demo.kill()
    demo.communicate(timeout=LIMIT_S)
    until_gone(born)


def test_ctrl_c_under_make_shows_the_score_and_is_no_error(tmp_path: Path) -> None:
    recipe = next(line for line in (ROOT / "Makefile").read_text().splitlines() if "-m tools.demo" in line)
    makefile = tmp_path / "Makefile"
    makefile.write_text(f"SHELL := /bin/bash\nPY := {sys.executable}\ndemo:\n{recipe}\n")
    made = subprocess.Popen(
        ["make", "-f", str(makefile), "demo", "ARGS=--seconds 20 --layout small"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={name: value for name, value in os.environ.items() if not name.startswith("MAKE")},  # no make above it
        start_new_session=True,  # its own group, as a terminal gives it: Ctrl-C reaches make, shell and demo
    )
    try:
        born = until_there_are(4, made.pid)  # shell, demo, broker, agent
        os.killpg(made.pid, signal.SIGINT)
        out, told = made.communicate(timeout=LIMIT_S)
    finally:
        if made.poll() is None:
            os.killpg(made.pid, signal.SIGKILL)
            made.communicate()
    assert "F1" in out.splitlines()[-1], told
    assert "Error" not in told
    until_gone(born)
