"""A whole shelf for tests: the real agent as its own process, a board on a pty, a tracker on a socket.

with Scene(tmp_path, broker_port) as scene:
    scene.start()
    scene.board.load("cola", -345)
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
import tty
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from agent.messages import Part
from agent.sensors.scale.lines import encode_line
from agent.sensors.tracks.fake import FakeTracker

REPOSITORY = Path(__file__).resolve().parent.parent
RATE_HZ, COUNTS_PER_GRAM, NOISE_G = 20.0, 365.0, 0.5
TARE = {"a1": 100_000, "a2": -50_000}
LANES = {"cola": "a1", "chips": "a2"}
STOP_S = 5.0  # the promise

CONFIG = """
[device]
store = "shop"
id = "d1"
[broker]
port = {port}
[outbox]
path = "{folder}/outbox.sqlite"
[recording]
dir = "{folder}/recording"
max_mb = 8
[tracks]
socket = "{folder}/tracks.sock"
[[scale]]
name = "main"
driver = "shelfd-lines"
port = "{folder}/usb-shelf"
rate_hz = 20
  [[scale.cell]]
  name = "a1"
  tare_counts = 100000
  counts_per_gram = 365
  [[scale.cell]]
  name = "a2"
  tare_counts = -50000
  counts_per_gram = 365
[[lane]]
name = "cola"
cells = ["a1"]
gtin = "06901234567892"
unit_g = 345.0
units = 6
left_m = 0.0
right_m = 0.3
bottom_m = 0.0
top_m = 0.3
[[lane]]
name = "chips"
cells = ["a2"]
gtin = "04006381333931"
unit_g = 150.0
units = 4
left_m = 0.3
right_m = 0.6
bottom_m = 0.0
top_m = 0.3
"""


class Board:
    """The microcontroller: a thread that sends a line at RATE_HZ while its cable is plugged in."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.grams = {"a1": 6 * 345.0, "a2": 4 * 150.0}
        self._noise = np.random.default_rng(1)
        self._far: int | None = None
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.plug_in()
        self._thread.start()

    def load(self, lane: str, by_g: float) -> None:
        """Goods come to a lane or leave it."""
        self.grams[LANES[lane]] += by_g

    def plug_in(self) -> None:
        far, near = os.openpty()
        tty.setraw(near)
        os.set_blocking(far, False)
        with self._lock:
            self.path.symlink_to(os.ttyname(near))
            os.close(near)
            self._far = far

    def pull(self) -> None:
        """What a reader of a vanished USB adapter sees."""
        with self._lock:
            self.path.unlink()
            if self._far is not None:
                os.close(self._far)
            self._far = None

    def close(self) -> None:
        self._stop.set()
        self._thread.join(STOP_S)
        if self._far is not None:
            self.pull()

    def _run(self) -> None:
        sequence = 0
        while not self._stop.wait(1 / RATE_HZ):
            readings = [self.grams[cell] + self._noise.normal(0, NOISE_G) for cell in TARE]
            counts = [round(tare + g * COUNTS_PER_GRAM) for tare, g in zip(TARE.values(), readings, strict=True)]
            with self._lock, contextlib.suppress(BlockingIOError):  # nobody reads: a real line drops it, too
                if self._far is not None:
                    os.write(self._far, encode_line(sequence, counts))
            sequence += 1


class Camera:
    """The tracker: sends 20 frames a second with the hands that are there."""

    def __init__(self, path: Path) -> None:
        self.hands: tuple[Part, ...] = ()
        self._tracker = FakeTracker(path)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._stop.set()
        self._thread.join(STOP_S)
        self._tracker.close()

    def _run(self) -> None:
        while not self._stop.wait(0.05):
            self._tracker.send(self.hands, time.monotonic())


class Scene:
    """Board and camera run from the beginning; the agent when it is started."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.config = folder / "shelf.toml"
        self.config.write_text(CONFIG.format(port=port, folder=folder))
        self.board = Board(folder / "usb-shelf")
        self.camera = Camera(folder / "tracks.sock")
        self.agent: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.agent is not None:
            self.kill()
        self.camera.close()
        self.board.close()

    @property
    def log(self) -> str:
        return (self.folder / "agent.log").read_text(errors="replace")

    def start(self, **environment: str) -> None:
        with (self.folder / "agent.log").open("ab") as log:
            command = [sys.executable, "-m", "agent", "run", str(self.config)]
            self.agent = subprocess.Popen(
                command, stdout=log, stderr=log, cwd=REPOSITORY, env={**os.environ, **environment}
            )

    def stop(self, how: signal.Signals = signal.SIGTERM) -> tuple[int, float]:
        """Its exit code, and how long it took."""
        assert self.agent is not None
        began_s = time.monotonic()
        self.agent.send_signal(how)
        code = self.agent.wait(3 * STOP_S)
        self.agent = None
        return code, time.monotonic() - began_s

    def kill(self) -> None:
        self.stop(signal.SIGKILL)

    def segments(self) -> list[Path]:
        return sorted((self.folder / "recording").glob("*.jsonl.gz"))
