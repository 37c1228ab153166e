"""`shelfd doctor` and time: is the clock known, and the store's zone?"""

from __future__ import annotations

import pytest

from agent.commands.doctor_clock import examine_clock
from agent.config.schema import Store
from agent.messages import Tick

MARCH_S = 1_773_480_399.0
SYNCED, KNOWN, LOST = Tick(1.0, MARCH_S, True, 3.0), Tick(1.0, MARCH_S, False, 800.0), Tick(1.0, None, False)


@pytest.mark.parametrize(
    ("tick", "zone", "device", "codes", "said"),
    [
        (SYNCED, "Asia/Shanghai", "UTC", [], "UTC+08:00 (Asia/Shanghai)"),
        (SYNCED, "America/St_Johns", "UTC", [], "UTC-02:30 (America/St_Johns)"),
        (SYNCED, "", "UTC", ["no_zone"], "(UTC, as the device is set)"),
        (SYNCED, "", "CST", [], "(CST, as the device is set)"),
        (SYNCED, "Mars/Olympus", "UTC", ["unknown_zone"], "unknown (Mars/Olympus)"),
        (SYNCED, "../../etc/passwd", "UTC", ["unknown_zone"], "unknown"),
        (KNOWN, "Europe/Berlin", "UTC", ["unsynced"], "UTC+01:00"),
        (LOST, "Europe/Berlin", "UTC", ["unknown"], "UTC+01:00"),
    ],
)
def test_clock_and_zone(tick: Tick, zone: str, device: str, codes: list[str], said: str) -> None:
    part = examine_clock(Store(timezone=zone), tick, MARCH_S, device)
    assert [finding.code for finding in part.findings] == codes
    assert said in part.lines[1]
    assert [f.code for f in part.findings if f.level == "wrong"] == [x for x in codes if x == "unknown_zone"]


def test_how_well_the_clock_is_known() -> None:
    lines = [examine_clock(Store(), tick, MARCH_S, "CST").lines[0] for tick in (SYNCED, KNOWN, LOST)]
    assert lines == [
        "clock: synchronised, at most 3 ms off",
        "clock: known, nobody steers it now, at most 800 ms off",
        "clock: not known in this boot",
    ]
