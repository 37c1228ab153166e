"""The parent of other tests does what systemd does; else what they show would mean nothing."""

from __future__ import annotations

import sys
import textwrap
import time
from pathlib import Path

import pytest
from service_parent import Parent

pytestmark = pytest.mark.system

NOTIFY = """
import os, socket, sys, time
def notify(text):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
        s.sendto(text.encode(), os.environ["NOTIFY_SOCKET"])
"""


def child(folder: Path, body: str) -> list[str]:
    script = folder / "child.py"
    script.write_text(NOTIFY + textwrap.dedent(body))
    return [sys.executable, str(script)]


def test_a_service_that_feeds_its_watchdog_lives(tmp_path: Path) -> None:
    body = """
    notify("READY=1\\nSTATUS=well")
    while True:
        notify("WATCHDOG=1"); time.sleep(0.1)
    """
    with Parent(child(tmp_path, body), tmp_path, watchdog_s=1.0) as parent:
        parent.wait_ready()
        time.sleep(1.5)  # longer than the watchdog waits: time is the input here
        assert (parent.ends, parent.status) == ([], "well")


def test_one_that_hangs_is_killed_and_started_again(tmp_path: Path) -> None:
    body = """
    notify("READY=1")
    time.sleep(60)
    """
    with Parent(child(tmp_path, body), tmp_path, watchdog_s=0.3, restart_s=0.1) as parent:
        parent.wait_ready(times=2)
        assert parent.ends[0] is None


@pytest.mark.parametrize(("code", "again"), [(70, True), (75, True), (78, True), (0, False), (66, False)])
def test_one_that_ends_comes_back_unless_it_asked_not_to(tmp_path: Path, code: int, again: bool) -> None:
    with Parent(child(tmp_path, f'notify("READY=1"); sys.exit({code})'), tmp_path, restart_s=0.05) as parent:
        parent.wait_ready(times=2 if again else 1)
        if not again:
            parent._thread.join(10.0)
            assert (parent.ends, len(parent.started_s)) == ([code], 1)


def test_a_start_that_hangs_is_over_soon_unless_it_asks_for_time(tmp_path: Path) -> None:
    body = """
    if not os.path.exists("again"):
        open("again", "w").close(); time.sleep(60)
    notify("EXTEND_TIMEOUT_USEC=20000000"); time.sleep(1.0); notify("READY=1"); time.sleep(60)
    """
    with Parent(child(tmp_path, body), tmp_path, start_s=0.6, restart_s=0.05, cwd=tmp_path) as parent:
        parent.wait_ready()
        assert parent.ends == [None]
