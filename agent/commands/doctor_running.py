"""What `shelfd doctor` would say of a device whose agent runs: everything that can be seen without opening a port.

Ports, camera, panel, pins and models are in use; how they do, the core says of its streams (agent/figures.py). No
secret is in it: of files with passwords and secret keys not even the names. Not here: who asks (errands/diagnose.py).
"""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from agent.commands.doctor import judge_wiring, surroundings
from agent.commands.doctor_closed import damaged_models, missing_ports
from agent.commands.doctor_kept import read_kept
from agent.commands.look import plugged_in_cameras
from agent.commands.ports import Port, plugged_in
from agent.config.check import check
from agent.config.schema import Config
from agent.recording.disk import free_bytes
from agent.versions import shelfd_version
from agent.weighing.diagnose import Finding

HOT_C = 80.0  # a Pi slows down from here on (raspberrypi.com, frequency management)
FEW_BYTES = 200e6  # free on a disk: the outbox needs room, and journals too
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class Around:
    """Where the device is looked at; tests put other files there."""

    ports: Callable[[], list[Port]] = plugged_in
    cameras: Callable[[], list[str]] = plugged_in_cameras
    temperature: Path = Path("/sys/class/thermal/thermal_zone0/temp")  # a thousandth of a degree
    memory: Path = Path("/proc/self/statm")
    free: Callable[[Path], int] = free_bytes


def examine_running(config: Config, facts: Iterable[str] = (), around: Around | None = None) -> str:
    """The whole page: what is there, then what to do. `facts`: what only the process itself knows, a line each."""
    place = around or Around()
    ports = place.ports()
    lines = [*_device(place), *facts, *_disks(config, place), *_ports(config, ports), *_cameras(config, place)]
    found = [*judge_wiring(config, ports), *missing_ports(config), *damaged_models(config), *_heat(place)]
    for part in surroundings(config, read_kept(config, running=True), None, None):
        if part is not None:
            lines += part.lines
            found += part.findings
    advice = [f"{f.subject}: {f.sentence}" for f in found] + [str(problem) for problem in check(config)]
    return "\n".join(
        [*lines, "what to do next", *(f"  {i}. {line}" for i, line in enumerate(advice or ["nothing"], 1))]
    )


def _device(place: Around) -> Iterator[str]:
    yield f"shelfd {shelfd_version()}, python {platform.python_version()}, {platform.machine()}"
    days = time.clock_gettime(time.CLOCK_BOOTTIME) / 86_400
    warm = _degrees(place)
    heat = "" if warm is None else f", {warm:.0f} degrees"
    yield f"on for {days:.1f} days{heat}{_memory(place)}"


def _memory(place: Around) -> str:
    try:
        pages = int(place.memory.read_text().split()[1])
    except (OSError, ValueError, IndexError):
        return ""
    return f", {pages * PAGE_BYTES / 1e6:.0f} MB of memory in use here"


def _degrees(place: Around) -> float | None:
    try:
        return int(place.temperature.read_text()) / 1000.0
    except (OSError, ValueError):
        return None


def _heat(place: Around) -> Iterator[Finding]:
    warm = _degrees(place)
    if warm is not None and warm >= HOT_C:
        yield Finding("wrong", "device", "hot", f"{warm:.0f} degrees, it slows down: give it air, or a heat sink")


def _disks(config: Config, place: Around) -> Iterator[str]:
    """Once a folder that we write to, with a word where it is nearly full."""
    folders = [str(Path(config.outbox.path).parent), config.recording.dir, config.documents.dir]
    for folder in dict.fromkeys(name for name in folders if name):
        try:
            free = place.free(Path(folder))
        except OSError as error:
            yield f"disk of {folder}: cannot be looked at ({error.strerror})"
            continue
        yield f"disk of {folder}: {free / 1e6:.0f} MB free{', too few: make room' if free < FEW_BYTES else ''}"


def _ports(config: Config, ports: list[Port]) -> Iterator[str]:
    yield "serial devices: " + ("; ".join(f"{p.device} {p.description}".strip() for p in ports) or "none")
    for scale in config.scales:
        rate = f"{scale.rate_hz:g} a second"
        yield f"scale {scale.name}: {scale.driver} at {scale.port}, {rate}, {len(scale.cells)} cells"


def _cameras(config: Config, place: Around) -> Iterator[str]:
    camera = config.camera
    if not camera.driver:
        return
    yield f"camera: {camera.driver} {camera.device or 0}, {camera.width}x{camera.height}, {len(camera.marks)} marks"
    yield "cameras on USB: " + ("; ".join(place.cameras()) or "none")
