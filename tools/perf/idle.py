"""What a shelf costs while nobody is there: the agent's share of one core, as a process between a serial port, a
tracker and a broker, recording switched on.

Not here: what a busy shelf costs (replay.py, as a factor).
"""

from __future__ import annotations

import os
import tempfile
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import median

from agent.config.schema import Recording
from tools.bench.layouts import gondola, small_shelf
from tools.bench.world import SCENARIOS, Play, simulate
from tools.demo.house import House, house
from tools.perf.replay import SEED, widened

WARM_S = 6.0  # until all parts have started and the first levels are believed
WINDOW_S = 5.0


@dataclass(frozen=True, slots=True)
class Share:
    """Median over the windows, least and most of them; memory at the end."""

    name: str
    percent: float
    percent_range: tuple[float, float]
    resident_mb: float

    def __str__(self) -> str:
        low, high = self.percent_range
        return (
            f"{self.name:<30} {self.percent:.2f} % of one core ({low:.2f} .. {high:.2f}),"
            f" {self.resident_mb:.0f} MB resident"
        )

    def as_json(self) -> dict[str, object]:
        return asdict(self)


def measure(rounds: int) -> list[Share]:
    """One share a shelf; a round is a window of WINDOW_S."""
    lasts_s = WARM_S + (rounds + 1) * WINDOW_S
    plays = quiet(lasts_s), widened(quiet(lasts_s, large=True))
    return [_measure(f"{play.counts.shape[1]} cells at {play.layout.rate_hz:g} Hz", play, rounds) for play in plays]


def quiet(seconds: float, *, large: bool = False) -> Play:
    """A shelf at which nobody stops."""
    layout = gondola if large else small_shelf
    return simulate(SEED, replace(SCENARIOS["quiet"], minutes=seconds / 60, layout=layout))


def _measure(name: str, play: Play, rounds: int) -> Share:
    with tempfile.TemporaryDirectory(prefix="shelfd-perf-") as folder:
        config = replace(play.config, recording=Recording(dir=folder))
        with house(replace(play, config=config)) as running:
            running.shop.begin()
            time.sleep(WARM_S)
            shares = sorted(100.0 * _share(running) for _ in range(rounds))
            return Share(name, median(shares), (shares[0], shares[-1]), _resident_mb(running.agent.pid))


def _share(running: House) -> float:
    if (complaint := running.complaint()) is not None:
        raise SystemExit(complaint)
    pid = running.agent.pid
    used_s, began_s = processor_s(pid), time.monotonic()
    time.sleep(WINDOW_S)
    return (processor_s(pid) - used_s) / (time.monotonic() - began_s)


def processor_s(pid: int) -> float:
    """Processor time of another process, in nanosecond steps. Source: clock_getcpuclockid(3) of Linux's C libraries."""
    return time.clock_gettime(~pid << 3 | 2)


def _resident_mb(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
