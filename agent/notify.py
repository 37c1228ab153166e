"""Tells systemd how the service does: ready, alive, stopping. Outside systemd it tells nobody.

Protocol: sd_notify(3), one datagram of `NAME=value` lines to the socket named by $NOTIFY_SOCKET.
"""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Mapping
from typing import Self

log = logging.getLogger(__name__)


class Notifier:
    """Never raises and never waits: a service manager that does not listen is no reason to stop weighing."""

    def __init__(self, address: str = "", watchdog_s: float | None = None) -> None:
        """`address` may be abstract (`@...`); empty: nobody. `watchdog_s`: `alive` is due within this time."""
        self.watchdog_s = watchdog_s
        self._address = "\0" + address[1:] if address.startswith("@") else address

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """What systemd has asked for. A watchdog meant for another process (WATCHDOG_PID) is not ours."""
        period_us = environment.get("WATCHDOG_USEC", "")
        ours = environment.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        watchdog_s = int(period_us) / 1e6 if ours and period_us.isdecimal() and int(period_us) else None
        return cls(environment.get("NOTIFY_SOCKET", ""), watchdog_s)

    def ready(self, status: str) -> None:
        self._send(f"READY=1\nSTATUS={status}")

    def extend(self, seconds: float) -> None:
        """The start may take so much longer from now on (TimeoutStartSec)."""
        self._send(f"EXTEND_TIMEOUT_USEC={int(seconds * 1e6)}")

    def alive(self) -> None:
        """Feeds the watchdog."""
        self._send("WATCHDOG=1")

    def status(self, status: str) -> None:
        """One line for `systemctl status`."""
        self._send(f"STATUS={status}")

    def stopping(self) -> None:
        self._send("STOPPING=1")

    def _send(self, state: str) -> None:
        if not self._address:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
                channel.sendto(state.encode(), socket.MSG_DONTWAIT, self._address)
        except OSError as error:
            log.warning("systemd did not take %r: %s", state.partition("\n")[0], error.strerror)
