"""The unit is understood by systemd and leaves an attacker little."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

UNIT = Path(__file__).resolve().parent.parent / "systemd" / "shelfd.service"
EXPOSURE_MOST = 21  # tenths, as measured; "OK" reaches up to 40

pytestmark = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed: apt install systemd"
)


def analyze(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = ["systemd-analyze", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def installed(folder: Path, text: str) -> Path:
    """The unit as if the program stood where it says; verify looks for it."""
    unit = folder / "shelfd.service"
    unit.write_text(text.replace("/opt/shelfd/bin/shelfd", sys.executable))
    return unit


def complaints(unit: Path) -> list[str]:
    """What verify says about this unit; it exits with 0 even for unknown keys."""
    return [line for line in analyze("verify", str(unit)).stderr.splitlines() if unit.name in line]


def test_systemd_understands_every_key(tmp_path: Path) -> None:
    assert complaints(installed(tmp_path, UNIT.read_text())) == []


def test_a_misspelt_key_would_be_seen(tmp_path: Path) -> None:
    unit = installed(tmp_path, UNIT.read_text().replace("WatchdogSec", "WatchdogSecs"))
    assert any("WatchdogSecs" in line for line in complaints(unit))


@pytest.mark.parametrize("allowed", sorted(UNIT.parent.glob("*.conf")), ids=lambda path: path.stem)
def test_systemd_understands_what_some_devices_are_allowed_beside(tmp_path: Path, allowed: Path) -> None:
    unit = installed(tmp_path, UNIT.read_text())
    beside = tmp_path / "shelfd.service.d"
    beside.mkdir()
    for text, wrong in ((allowed.read_text(), False), (allowed.read_text() + "DeviceAllows=x\n", True)):
        (beside / allowed.name).write_text(text)
        told = analyze("verify", str(unit)).stderr
        assert (allowed.name in told) == wrong, told


def test_it_is_locked_up_well() -> None:
    told = analyze("security", "--offline=true", f"--threshold={EXPOSURE_MOST}", str(UNIT))
    assert told.returncode == 0, told.stdout[-500:]


def test_the_clock_may_be_asked_though_system_service_does_not_contain_it() -> None:
    allowed = {
        word for line in re.findall(r"^SystemCallFilter=([^~].*)$", UNIT.read_text(), re.M) for word in line.split()
    }
    assert {"adjtimex", "clock_adjtime"} <= allowed
