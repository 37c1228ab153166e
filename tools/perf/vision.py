"""What the eyes add to the bare models: pictures a second against `invoke` alone, milliseconds outside it, the share of
a core while nobody is there, growth of memory, and what the whole process holds.

With the models of models/manifest.toml and a picture of 640 x 360. Not here: how well they see (docs/models.md).
"""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from agent.messages import Observation
from agent.vision.eyes import Eyes, build_detectors
from agent.vision.frame import Form, Frame
from agent.vision.loop import VisionLoop
from agent.vision.slot import Slot
from agent.vision.tflite import TfliteDetector

MANIFEST = Path(__file__).resolve().parents[2] / "models" / "manifest.toml"
WIDTH_PX, HEIGHT_PX = 640, 360
LOOKS = 100  # pictures a round
APART_S = 0.35  # between two of them: everything is looked for in each (schedule.OBJECTS_S)
RATE_HZ, QUIET_S = 15.0, 600.0  # of pictures on which nothing happens
PICTURES, REAL_PICTURES = 10_000, 1_000  # that memory must not grow over
RESIDENT = """
import os, sys
import agent.app, agent.vision.loop
from pathlib import Path
from agent.vision.eyes import build_detectors
from tools.perf.vision import pictures
detectors = build_detectors(Path(sys.argv[1]), 1)
for frame in pictures(20, "rgb"):
    found = [d.detect(frame) for d in detectors]
print(int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6)
"""


@dataclass(frozen=True, slots=True)
class Overhead:
    """Medians over the rounds; both loops in turn within a round."""

    name: str
    ours_hz: float
    bare_hz: float
    outside_ms: float
    outside_ms_range: tuple[float, float]

    def __str__(self) -> str:
        low, high = self.outside_ms_range
        return (
            f"{self.name:<24} {self.ours_hz:>6.1f} pictures/s, bare {self.bare_hz:>6.1f}:"
            f" {self.ours_hz / self.bare_hz:.0%}, {self.outside_ms:.2f} ms outside invoke ({low:.2f} .. {high:.2f})"
        )

    def as_json(self) -> dict[str, object]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Amount:
    """One number and what it is."""

    name: str
    amount: float
    unit: str

    def __str__(self) -> str:
        return f"{self.name:<60} {self.amount:>8.4g} {self.unit}"

    def as_json(self) -> dict[str, object]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Absent:
    """Why nothing was measured."""

    reason: str

    def __str__(self) -> str:
        return self.reason

    def as_json(self) -> dict[str, object]:
        return asdict(self)


def measure(rounds: int) -> Sequence[Overhead | Amount | Absent]:
    """All of it, in one process, but for what the process holds."""
    if not MANIFEST.is_file():
        return [Absent("the models are not built: see docs/models.md")]
    detectors = [d for d in build_detectors(MANIFEST, 1) if isinstance(d, TfliteDetector)]
    both = "+".join(Path(d.model.file).stem for d in detectors)
    single = [_overhead(f"{Path(d.model.file).stem}, rgb", [d], "rgb", rounds) for d in detectors]
    return [
        *single,
        _overhead(f"{both}, rgb", detectors, "rgb", rounds),
        _overhead(f"{both}, nv12", detectors, "nv12", rounds),
        Amount(f"nobody there, {RATE_HZ:g} pictures/s", 100 * quiet_share(detectors), "% of one core"),
        *growth(detectors),
        Amount("the whole agent's modules and both models, resident", resident_mb(), "MB"),
    ]


def pictures(count: int, form: Form, apart_s: float = APART_S, moving: bool = True) -> list[Frame]:
    """Noise with a bright thing that goes from place to place; four arrays are shown again and again."""
    chance = np.random.default_rng(1)
    shape = (HEIGHT_PX, WIDTH_PX, 3) if form == "rgb" else (HEIGHT_PX * 3 // 2, WIDTH_PX)
    arrays = [chance.integers(100, 106, shape, dtype=np.uint8) for _ in range(4)]
    for i, array in enumerate(arrays if moving else []):
        array[100:200, 120 * i : 120 * i + 100] = 220
    return [Frame((i + 1) * apart_s, arrays[i % 4], form) for i in range(count)]


def looking(detectors: Sequence[TfliteDetector]) -> tuple[VisionLoop, list[Observation]]:
    """A loop in this thread, and the last observation that it put."""
    last: list[Observation] = []

    def put(observation: Observation) -> None:
        last[:] = [observation]

    eyes = Eyes(lambda: tuple(detectors))
    eyes.load()
    return VisionLoop(Slot(), eyes, put), last


def _overhead(name: str, detectors: Sequence[TfliteDetector], form: Form, rounds: int) -> Overhead:
    shown = pictures(LOOKS, form)
    pairs = [
        (_seconds(lambda: _see(detectors, shown)), _seconds(lambda: _invoke(detectors))) for _ in range(rounds + 1)
    ]
    pairs = pairs[1:]
    outside_ms = sorted(1e3 * (ours - bare) / LOOKS for ours, bare in pairs)
    ours_s, bare_s = median(ours for ours, _ in pairs), median(bare for _, bare in pairs)
    return Overhead(name, LOOKS / ours_s, LOOKS / bare_s, median(outside_ms), (outside_ms[0], outside_ms[-1]))


def _see(detectors: Sequence[TfliteDetector], shown: Sequence[Frame]) -> None:
    loop, last = looking(detectors)
    wanted = {kind for d in detectors for kind in d.kinds}
    for frame in shown:
        loop.see(frame)
        if set(getattr(last[0], "looked", ())) != wanted:
            raise SystemExit("a picture was not looked at for everything: the schedule has changed, APART_S must too")


def _invoke(detectors: Sequence[TfliteDetector]) -> None:
    for _ in range(LOOKS):
        for detector in detectors:
            detector.interpreter.invoke()


def _seconds(run: Callable[[], None]) -> float:
    """Of this thread on a processor, which is all there is with one thread: what else the machine does is left out."""
    began_s = time.thread_time()
    run()
    return time.thread_time() - began_s


def quiet_share(detectors: Sequence[TfliteDetector]) -> float:
    """Processor seconds per second of pictures in which nothing moves, once that is known."""
    loop, _ = looking(detectors)
    shown = pictures(int((QUIET_S + 20) * RATE_HZ), "rgb", 1 / RATE_HZ, moving=False)
    settled = int(20 * RATE_HZ)
    for frame in shown[:settled]:
        loop.see(frame)
    began_s = time.process_time()
    for frame in shown[settled:]:
        loop.see(frame)
    return (time.process_time() - began_s) / QUIET_S


class Canned:
    """An interpreter that has always just given the same outputs: what is left is our own code."""

    def __init__(self, real: Any) -> None:
        self._real = real
        self._outputs = {int(d["index"]): real.get_tensor(d["index"]) for d in real.get_output_details()}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def invoke(self) -> None:
        pass

    def get_tensor(self, index: int) -> np.ndarray:
        output: np.ndarray = self._outputs[index].copy()
        return output


def growth(detectors: Sequence[TfliteDetector]) -> list[Amount]:
    """Of Python's memory and of the process, over many pictures with the outputs of one, then with real ones."""
    reals = [d.interpreter for d in detectors]
    for detector in detectors:
        detector.interpreter = Canned(detector.interpreter)
    try:
        process_kb = _grown(detectors, PICTURES, _resident_bytes)
        tracemalloc.start()
        python_kb = _grown(detectors, PICTURES, lambda: tracemalloc.get_traced_memory()[0])
        tracemalloc.stop()
    finally:
        for detector, real in zip(detectors, reals, strict=True):
            detector.interpreter = real
    real_kb = _grown(detectors, REAL_PICTURES, _resident_bytes)
    return [
        Amount(f"Python's memory grows over {PICTURES} pictures", python_kb, "kB"),
        Amount(f"the process grows over {PICTURES} pictures", process_kb, "kB"),
        Amount(f"the process grows over {REAL_PICTURES} real looks", real_kb, "kB"),
    ]


def _grown(detectors: Sequence[TfliteDetector], count: int, held: Callable[[], int]) -> float:
    """Kilobytes more after `count` pictures, once a tenth of them has filled what is filled once."""
    loop, _ = looking(detectors)
    shown = pictures(count + count // 10, "rgb")
    before = 0
    for i, frame in enumerate(shown):
        if i == count // 10:
            gc.collect()
            before = held()
        loop.see(frame)
    gc.collect()
    return (held() - before) / 1e3


def _resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def resident_mb() -> float:
    """Of a process of its own."""
    told = subprocess.run(
        [sys.executable, "-c", RESIDENT, str(MANIFEST)], check=True, capture_output=True, text=True, timeout=120
    )
    return float(told.stdout.split()[-1])
