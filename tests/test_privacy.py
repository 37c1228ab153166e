"""No picture leaves the memory of the process: not into a file, a recording, the outbox, a log line or a message.

Black box: the real threads, from a camera to the disk, look at pictures that are full of a known pattern, with faults
on the way; then everything that was written is searched for it, and every file opened for writing is named.
Source: what knows a Frame can neither write nor send, and says nothing of a frame but its size and time.
"""

from __future__ import annotations

import ast
import base64
import gzip
import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from test_architecture import imports, sources

from agent.clock import OffsetNews
from agent.config.schema import Camera, Config, Device
from agent.config.schema import Outbox as OutboxPlace
from agent.core import Core
from agent.coreloop import CoreLoop
from agent.messages import Detection, Detections, Observation, SensorBack, SensorLost, Tick
from agent.outbox.outbox import Outbox
from agent.recording.disk import Limits, RecordingDisk
from agent.recording.protocol import Header
from agent.recording.writer import Recorder
from agent.sensors.camera.fake import FakeCamera
from agent.sensors.camera.reader import CameraReader
from agent.streams import Intake, table
from agent.supervisor import Beat
from agent.vision.eyes import Eyes
from agent.vision.fake import FakeDetector, box
from agent.vision.frame import Frame, Pixels
from agent.vision.loop import VisionLoop
from agent.vision.protocol import VisionError
from agent.vision.slot import Slot
from wire.topics import Topics

SECRET = bytes(200 - 7 * n if n % 2 else 11 + 9 * n for n in range(16))  # no text, no run: nothing else looks like it
WINDOW = 6  # pixels' bytes in a row that count as a trace; chance would need 2^48 bytes
LIMIT_S = 10.0


def patterned(width: int, height: int) -> Pixels:
    """Every row holds the secret, over and over, in all three colours' order and in each colour alone."""
    row = np.resize(np.frombuffer(SECRET, np.uint8), width * 3)
    picture = np.empty((height, width, 3), np.uint8)
    picture[0::2] = row.reshape(width, 3)
    picture[1::2] = np.resize(np.frombuffer(SECRET, np.uint8), width)[:, None]
    return picture


def needles() -> list[bytes]:
    """The secret as bytes, hexadecimal, numbers in a list, Base64 in each of its three phases."""
    ring = SECRET + SECRET
    raw = [ring[n : n + WINDOW] for n in range(len(SECRET))]
    texts = [part.hex().encode() for part in raw]
    for gap in (b", ", b",", b" "):
        texts += [gap.join(str(byte).encode() for byte in part) for part in raw]
    coded = [base64.b64encode(ring[n : n + 9]) for n in range(len(SECRET))]
    return [*raw, *texts, *coded]


NEEDLES = needles()


def traces(data: bytes) -> list[bytes]:
    """What of the picture is in there; gzip is opened first."""
    if data[:2] == b"\x1f\x8b":
        data = gzip.decompress(data)
    return [needle for needle in NEEDLES if needle in data]


class PatternedCamera(FakeCamera):
    """Its pictures are the secret, nothing else."""

    def _picture(self) -> Pixels:
        height, width = self._background.shape[:2]
        return np.zeros((height, width, 3), np.uint8) if self._black else patterned(width, height)


class Written:
    """Paths that this process opens for writing while `watching`; the interpreter itself tells."""

    def __init__(self) -> None:
        self.paths: list[str] = []
        self.watching = False
        sys.addaudithook(self._heard)

    def _heard(self, event: str, arguments: tuple[object, ...]) -> None:
        if not self.watching:
            return
        if event == "open":
            path, mode, flags = arguments
            writes = isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
            if writes or (isinstance(mode, str) and set(mode) & set("wax+")):
                self.paths.append(str(path))
        elif event in ("socket.connect", "socket.sendto", "subprocess.Popen", "shutil.copyfile", "os.system"):
            self.paths.append(f"{event} {arguments[1:]}")


@pytest.fixture(scope="module")
def written() -> Written:
    return Written()


class Store:
    """Everything between a camera and the disk, as app.py wires it, with a detector that finds a hand everywhere."""

    def __init__(self, folder: Path) -> None:
        self.heard: list[Observation] = []
        camera = Camera(driver="folder", device="/none", width=128, height=72, rate_hz=60)
        config = Config(
            device=Device(store="s1", id="d1"), camera=camera, outbox=OutboxPlace(path=str(folder / "outbox.sqlite"))
        )
        self.camera, self.detector = PatternedCamera(camera), FakeDetector(told=self._found)
        self.intake, slot = Intake(table(config)), Slot()
        self.outbox = Outbox(Path(config.outbox.path), Topics("s1", "d1"), "b1", max_mb=8)
        self.recorder = Recorder(600.0)
        header = Header(store="s1", device="d1", began_s=0.0, versions={}, config={})
        disk = RecordingDisk(
            folder / "recording", header, Limits(max_bytes=1 << 20), ask=self.recorder.ask, report=self.put
        )
        core = CoreLoop(Core(config), self.intake, self.outbox.commit, self.recorder.record, OffsetNews("b1"), Beat())
        self.vision = VisionLoop(slot, Eyes(lambda: (self.detector,)), self.put)
        self.reader = CameraReader(camera, slot, self.put, open_camera=self.camera.open)
        bodies = {"recorder": lambda: self.recorder.run(disk), "core": core.run, "vision": self.vision.run}
        self.threads = [threading.Thread(target=body, name=name) for name, body in bodies.items()]
        self.threads.append(threading.Thread(target=self.reader.run, name="camera"))

    def __enter__(self) -> Store:
        self.outbox.start()
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        for stop in (self.reader.stop, self.vision.stop, self.intake.close, self.recorder.stop):
            stop()
        for thread in self.threads:
            thread.join(LIMIT_S)
            assert not thread.is_alive(), thread.name
        self.outbox.stop()

    def put(self, observation: Observation) -> None:
        self.heard.append(observation)
        self.intake.put(observation)

    def wait(self, condition: Callable[[], bool]) -> None:
        until = time.monotonic() + LIMIT_S
        while not condition():
            assert time.monotonic() < until, self.heard[-5:]
            time.sleep(0.005)

    def count(self, kind: type[Observation]) -> int:
        return sum(isinstance(o, kind) for o in self.heard)

    def _found(self, frame: Frame) -> tuple[Detection, ...]:
        return (box("hand", 10 + len(self.detector.seen_t) % 50, 20),)


def test_no_picture_is_written_recorded_queued_or_logged(
    tmp_path: Path,
    written: Written,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    caplog.set_level(logging.DEBUG)
    with Store(tmp_path) as store:
        written.watching = True
        store.wait(lambda: len(store.detector.seen_t) + store.count(Detections) >= 2)
        store.put(Tick(time.monotonic(), None, False))
        store.camera.resize(64, 48)  # each fault has its sentence; none may quote the picture
        store.wait(lambda: store.count(SensorLost) == 1)
        store.camera.resize(128, 72)
        store.wait(lambda: store.count(SensorBack) == 1)
        store.camera.vanish()
        store.wait(lambda: store.count(SensorLost) == 2)
        store.camera.come_back()
        store.wait(lambda: store.count(SensorBack) == 2)
        store.detector.fails = VisionError("failed", "the model cannot look: build it again")
        seen = store.count(Detections)
        store.put(Tick(time.monotonic(), None, False))
        store.wait(lambda: store.count(Detections) > seen)
    written.watching = False
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert store.outbox.last_sequence >= 2  # the camera's faults went through
    assert any(path.suffix == ".gz" for path in files) and any("sqlite" in path.name for path in files)
    for path in files:
        assert not traces(path.read_bytes()), path
    outside = [path for path in written.paths if not path.startswith(str(tmp_path / "recording"))]
    assert outside == [], "only the recording may be opened for writing (SQLite opens its file itself)"
    assert not traces(caplog.text.encode())
    assert not traces("".join(capfd.readouterr()).encode())
    assert not traces(repr(store.heard).encode())


def test_a_picture_that_was_kept_would_be_found(tmp_path: Path, written: Written) -> None:
    frame = Frame(1.0, patterned(128, 72))
    data = frame.pixels.tobytes()
    luma = frame.luma.tobytes()
    packed = tmp_path / "x.gz"
    written.watching = True
    packed.write_bytes(gzip.compress(data))
    written.watching = False
    assert written.paths.pop() == str(packed)
    kept = [data, luma, packed.read_bytes(), base64.b64encode(data), data.hex().encode(), str(list(luma)).encode()]
    assert all(traces(text) for text in kept)


# -- the source -------------------------------------------------------------------------------------------------------

KNOWS = ("agent.vision.frame", "agent.sensors.camera")
WIRE = ("agent.app", "agent.commands.doctor")  # put parts together and hold no frame
MAY_WRITE = ("agent.commands.camera_picture",)  # with a yes of the person, who named the file
MADE_UP = ("agent.documents.trial_child",)  # tries models on pictures of its own making, in a process without a camera
MAY_ASK_FOR_IT = ("agent.commands.calibrate_camera",)
WRITERS = {
    "write", "write_bytes", "write_text", "writelines", "save", "savez", "savetxt", "tofile", "dump", "dumps", "send",
    "sendall", "sendto", "publish", "memmap", "copyfile", "NamedTemporaryFile", "mkstemp", "print",
}  # fmt: skip
WORLD = {"socket", "pickle", "sqlite3", "shutil", "tempfile", "subprocess", "marshal", "shelve", "paho", "gzip", "http"}
OUTLETS = ("agent.outbox", "agent.uplink", "agent.recording", "agent.commands.tomledit")
TELLABLE = {"t", "width", "height", "form", "dtype", "shape"}  # of a frame, in a sentence


def knowing() -> Iterator[tuple[str, ast.AST]]:
    """Modules of the agent that know pictures."""
    for module, is_package, path in sources():
        tree = ast.parse(path.read_text())
        names = {name for _, name in imports(module, is_package, tree)}
        if module.startswith("agent.") and module not in WIRE and any(n.startswith(KNOWS) for n in {module, *names}):
            yield module, tree


def leaks(module: str, tree: ast.AST) -> Iterator[str]:
    """Ways out of the memory."""
    for line, name in imports(module, False, tree):
        if name.partition(".")[0] in WORLD or (name.startswith(OUTLETS) and module not in MAY_ASK_FOR_IT):
            yield f"{module}:{line} imports {name}"
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            if name in WRITERS or (isinstance(node.func, ast.Name) and name == "open"):
                yield f"{module}:{node.lineno} calls {name}"
            if ast.unparse(node.func) in ("os.open", "os.write", "os.fdopen"):
                yield f"{module}:{node.lineno} calls {ast.unparse(node.func)}"
            if ast.unparse(node.func).startswith(("log.", "logging.")):
                yield from (f"{module}:{node.lineno} logs {name}" for name in pictures_in(node))
        if isinstance(node, ast.FormattedValue):
            yield from (f"{module}:{node.lineno} words {name}" for name in pictures_in(node))


def pictures_in(node: ast.AST) -> Iterator[str]:
    """Names of pictures in an expression, other than their size and time."""
    allowed = {
        id(child.value) for child in ast.walk(node) if isinstance(child, ast.Attribute) and child.attr in TELLABLE
    }
    for child in ast.walk(node):
        if (
            isinstance(child, ast.Name)
            and child.id in ("frame", "pixels", "luma", "sample")
            and id(child) not in allowed
        ):
            yield child.id
        if isinstance(child, ast.Attribute) and child.attr in ("pixels", "luma") and id(child) not in allowed:
            yield child.attr


def test_what_knows_pictures_can_neither_write_nor_send() -> None:
    found = {module: list(leaks(module, tree)) for module, tree in knowing()}
    assert {"agent.sensors.camera.reader", "agent.sensors.camera.pi", "agent.vision.loop"} <= set(found)
    asking = MAY_ASK_FOR_IT[0]
    found[asking] = [leak for leak in found[asking] if not leak.endswith("calls print")]  # of marks
    assert found.pop(MAY_WRITE[0]) and found.pop(MADE_UP[0])
    assert [leak for leaking in found.values() for leak in leaking] == []


def test_who_tries_models_on_made_up_pictures_can_reach_no_camera() -> None:
    seen, waiting = set(), set(MADE_UP)
    while waiting:
        module = waiting.pop()
        seen.add(module)
        for name, is_package, path in sources():
            if name == module:
                found = {n for _, n in imports(name, is_package, ast.parse(path.read_text()))}
                waiting |= {n for n, _, _ in sources() if n in found} - seen
    assert "agent.vision.tflite" in seen
    assert not [module for module in seen if module.startswith("agent.sensors")]


def test_only_the_guided_command_can_ask_for_the_one_picture() -> None:
    users = {
        module
        for module, is_package, path in sources()
        for _, name in imports(module, is_package, ast.parse(path.read_text()))
        if name.startswith(MAY_WRITE)
    }
    assert users == set(MAY_ASK_FOR_IT)


@pytest.mark.parametrize(
    "source",
    [
        "import socket",
        "from agent.uplink.protocol import Message",
        "np.save('x', frame.pixels)",
        "frame.pixels.tofile(x)",
        "open('x', 'wb')",
        "log.info('seen %s', frame)",
        "raise ValueError(f'bad {frame.pixels[0]}')",
        "x = f'{frame}'",
    ],
)
def test_a_way_out_would_be_seen(source: str) -> None:
    assert list(leaks("agent.vision.x", ast.parse(source)))


def test_a_size_may_be_said() -> None:
    assert not list(leaks("agent.vision.x", ast.parse("log.info('%s', frame.width)\nx = f'{frame.height} {frame.t}'")))


def test_no_observation_can_carry_a_picture() -> None:
    for kind in get_args(Observation):
        carries = {field.name: str(field.type) for field in fields(kind)}
        assert not any("Pixels" in text or "Frame" in text or "bytes" in text for text in carries.values()), kind


def test_a_frame_shows_nothing_of_itself_in_a_traceback() -> None:
    assert repr(Frame(1.0, patterned(4, 2))) == "Frame(t=1.0, form='rgb')"
