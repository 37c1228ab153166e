"""What a strip screen is allowed beside: understood by systemd, and it sends the text console off the panel."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parent.parent / "systemd"
SCREEN = FOLDER / "screen.conf"


@pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed: apt install systemd"
)
def test_systemd_understands_what_a_screen_is_allowed(tmp_path: Path) -> None:
    unit, beside = tmp_path / "shelfd.service", tmp_path / "shelfd.service.d"
    unit.write_text((FOLDER / "shelfd.service").read_text().replace("/opt/shelfd/bin/shelfd", sys.executable))
    beside.mkdir()
    for text, wrong in ((SCREEN.read_text(), False), (SCREEN.read_text() + "DeviceAllows=x\n", True)):
        (beside / "screen.conf").write_text(text)
        command = ["systemd-analyze", "verify", str(unit)]
        told = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False).stderr
        assert ("screen.conf" in told) == wrong, told


def test_the_console_that_draws_on_the_panel_lets_go_and_no_other(tmp_path: Path) -> None:
    """The very command of the unit, as systemd splits it, on a copy of sysfs."""
    found = re.search(r"^ExecStartPre=-\+(.*)$", SCREEN.read_text(), re.M)
    assert found is not None
    names = {"vtcon0": "(S) dummy device", "vtcon1": "(M) frame buffer device"}
    for name, kind in names.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "name").write_text(kind + "\n")
        (tmp_path / name / "bind").write_text("1\n")
    assert "%" not in found[1] and "$" not in found[1].replace("$$", "")  # what systemd would put something in for
    words = shlex.split(found[1].replace("$$", "$"))
    command = [word.replace("/sys/class/vtconsole", str(tmp_path)) for word in words]
    subprocess.run(command, check=True, timeout=10)
    assert {name: (tmp_path / name / "bind").read_text() for name in names} == {"vtcon0": "1\n", "vtcon1": "0\n"}
