"""A parent that treats the agent as systemd does: NOTIFY_SOCKET, limits of start and watchdog, restarts after failures.

    with Parent(command, folder, watchdog_s=15.0) as parent:
        parent.wait_ready()
        ...
        parent.starts            how often it was started, with the exit code of each end

Source: sd_notify(3), systemd.service(5), WatchdogSec, Restart=on-failure, RestartPreventExitStatus.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

ABORT_S = 3.0  # after SIGABRT, before SIGKILL
LOOK_S = 0.1
NEVER_AGAIN = (64, 66)  # RestartPreventExitStatus of systemd/shelfd.service


class Parent:
    """Starts at once. `ends`: exit code of each run that is over, None for one that the watchdog killed."""

    def __init__(
        self,
        command: Sequence[str],
        folder: Path,
        *,
        watchdog_s: float = 15.0,
        start_s: float = 25.0,
        restart_s: float = 2.0,
        environment: Mapping[str, str] | None = None,
        cwd: Path | None = None,
    ) -> None:
        self.command, self.folder, self.cwd = list(command), folder, cwd
        self.watchdog_s, self.start_s, self.restart_s = watchdog_s, start_s, restart_s
        self.environment = dict(environment or {})
        self.ends: list[int | None] = []
        self.started_s: list[float] = []
        self.ready_s: list[float] = []
        self.status = ""
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._address = str(folder / "n")
        self._socket.bind(self._address)
        self._socket.settimeout(LOOK_S)
        self._fed_s: float | None = None
        self._start_until_s = 0.0
        self._process: subprocess.Popen[bytes] | None = None
        self._changed = threading.Condition()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def log(self) -> str:
        return (self.folder / "service.log").read_text(errors="replace")

    def wait_ready(self, times: int = 1, within_s: float = 30.0) -> None:
        """Until the agent has said READY so often."""
        with self._changed:
            ready = self._changed.wait_for(lambda: len(self.ready_s) >= times, within_s)
        assert ready, f"ready {len(self.ready_s)} of {times} times within {within_s} s\n{self.log}"

    def kill(self, how: signal.Signals = signal.SIGKILL) -> None:
        """What befalls the present run from outside."""
        process = self._process
        assert process is not None
        process.send_signal(how)

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def close(self) -> int | None:
        """systemctl stop; the exit code of the last run."""
        self._stop.set()
        process = self._process
        if process is not None and process.poll() is None:
            process.terminate()
        self._thread.join(30.0)
        self._socket.close()
        Path(self._address).unlink(missing_ok=True)
        return self.ends[-1] if self.ends else None

    def _run(self) -> None:
        while not self._stop.is_set():
            self._start()
            code = self._watch()
            with self._changed:
                self.ends.append(code)
                self._changed.notify_all()
            if code == 0 or code in NEVER_AGAIN:
                return
            self._stop.wait(self.restart_s)

    def _start(self) -> None:
        self._fed_s = None
        ours = {"NOTIFY_SOCKET": self._address, "WATCHDOG_USEC": str(int(self.watchdog_s * 1e6))}
        with (self.folder / "service.log").open("ab") as log:
            self._process = subprocess.Popen(
                self.command, stdout=log, stderr=log, cwd=self.cwd, env={**os.environ, **ours, **self.environment}
            )
        self.started_s.append(time.monotonic())
        self._start_until_s = self.started_s[-1] + self.start_s

    def _watch(self) -> int | None:
        """Until this run is over; None where the watchdog ended it."""
        process = self._process
        assert process is not None
        while process.poll() is None:
            self._hear()
            now_s = time.monotonic()
            if now_s - self._fed_s > self.watchdog_s if self._fed_s is not None else now_s > self._start_until_s:
                self._abort(process)
                return None
        return process.returncode

    def _hear(self) -> None:
        try:
            said = self._socket.recv(4096).decode().splitlines()
        except TimeoutError:
            return
        now_s = time.monotonic()
        with self._changed:
            for line in said:
                name, _, value = line.partition("=")
                if name == "READY":
                    self.ready_s.append(now_s)
                if name in ("READY", "WATCHDOG"):
                    self._fed_s = now_s
                if name == "EXTEND_TIMEOUT_USEC":
                    self._start_until_s = max(self.started_s[-1] + self.start_s, now_s + int(value) / 1e6)
                if name == "STATUS":
                    self.status = value
            self._changed.notify_all()

    def _abort(self, process: subprocess.Popen[bytes]) -> None:
        process.send_signal(signal.SIGABRT)
        try:
            process.wait(ABORT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(ABORT_S)
