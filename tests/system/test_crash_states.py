"""The model of power cuts finds what it must: a careless writer loses, a careful one never does."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from crash_states import Medium, crash_states, lay_out, strace

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed: apt install strace"),
]

CARELESS = "open(d + '/x.new', 'wb').write(new); os.rename(d + '/x.new', d + '/x')"
NO_DIRECTORY = """
with open(d + '/x.new', 'wb') as f:
    f.write(new); f.flush(); os.fsync(f.fileno())
os.rename(d + '/x.new', d + '/x')
"""
CAREFUL = NO_DIRECTORY + "h = os.open(d, os.O_RDONLY); os.fsync(h)"
THREADS = """
import threading
ts = [threading.Thread(target=lambda i=i: exec(careful.replace('x.new', f'{i}.new').replace('/x', f'/{i}')))
      for i in range(4)]
[t.start() for t in ts]; [t.join() for t in ts]
"""


def states(tmp_path: Path, body: str) -> list[dict[str, bytes]]:
    root = tmp_path / "d"
    root.mkdir()
    (root / "x").write_bytes(b"old")
    before = Medium.of(root)
    head = f"import os; d = {str(root)!r}; new = b'new' * 100; careful = {CAREFUL!r}\n"
    trace = tmp_path / "trace"
    subprocess.run(strace([sys.executable, "-c", head + body], trace), check=True, timeout=60)
    found = [state for _, state in crash_states(before, trace.read_text(), root)]
    last = {str(p.relative_to(root)): p.read_bytes() for p in root.iterdir()}
    assert last in found
    return found


def test_a_rename_without_fsync_may_leave_nothing(tmp_path: Path) -> None:
    assert {state["x"] for state in states(tmp_path, CARELESS)} >= {b"old", b"", b"new" * 50, b"new" * 100}


@pytest.mark.parametrize("body", [NO_DIRECTORY, CAREFUL])
def test_with_fsync_it_is_the_old_or_the_new(tmp_path: Path, body: str) -> None:
    assert {state["x"] for state in states(tmp_path, body)} == {b"old", b"new" * 100}


def test_several_threads_are_put_in_order(tmp_path: Path) -> None:
    for state in states(tmp_path, THREADS):
        assert all(state.get(str(i), b"new" * 100) == b"new" * 100 for i in range(4))


def test_a_state_can_be_laid_out(tmp_path: Path) -> None:
    lay_out({"a": b"1", "b/": b"", "b/c": b"2"}, tmp_path / "x")
    assert ((tmp_path / "x/a").read_bytes(), (tmp_path / "x/b/c").read_bytes()) == (b"1", b"2")
