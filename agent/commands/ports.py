"""Which serial devices are plugged in, under the names that survive replugging.

Not here: opening them (sensors/scale/port.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from serial.tools import list_ports

BY_ID = Path("/dev/serial/by-id")


@dataclass(frozen=True, slots=True)
class Port:
    """One serial device. `stable` is its name under /dev/serial/by-id, None where udev gives none (GPIO UARTs)."""

    device: str
    stable: str | None
    description: str


def plugged_in(by_id: Path = BY_ID) -> list[Port]:
    """All serial devices that have hardware behind them, by device name."""
    stable = {str(link.resolve()): str(link) for link in sorted(by_id.glob("*"))}
    found = {port.device: port.description or "" for port in list_ports.comports() if port.hwid != "n/a"}
    return [
        Port(device, stable.get(device), found.get(device, "")) for device in sorted({*found, *stable}, key=_natural)
    ]


def _natural(device: str) -> tuple[str, int]:
    """ttyUSB2 before ttyUSB10."""
    name = device.rstrip("0123456789")
    return name, int(device[len(name) :] or -1)
