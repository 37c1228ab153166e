"""Real ptys and the real pyserial: cables pulled and plugged in, ports that are held, missing or refuse their settings.

The far end of a pty is the box. A link in a temporary folder stands for /dev/serial/by-id/..., so that a new pty can
come back under the old name, as a replugged adapter does.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import queue
import threading
import time
import tty
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agent.config import schema
from agent.messages import Counts, Gap, Observation, SensorBack, SensorLost
from agent.sensors.scale.driver import open_scale
from agent.sensors.scale.lines import encode_line
from agent.sensors.scale.port import SerialPort
from agent.sensors.scale.protocol import ScaleError
from agent.sensors.scale.reader import ScaleReader

pytestmark = pytest.mark.system
LIMIT_S = 10.0


class Adapter:
    """A USB-serial adapter that can be plugged in and pulled: a pty behind a link of constant name."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "usb-shelf"
        self._far: int | None = None

    def plug_in(self) -> None:
        far, near = os.openpty()
        tty.setraw(near)
        self.path.symlink_to(os.ttyname(near))
        os.close(near)
        os.set_blocking(far, False)
        self._far = far

    def pull(self) -> None:
        """Closing the far end of a pty is what a reader of a vanished USB adapter sees."""
        self.path.unlink()
        assert self._far is not None
        os.close(self._far)
        self._far = None

    def send(self, data: bytes) -> None:
        assert self._far is not None
        with contextlib.suppress(BlockingIOError):  # nobody reads: a real line drops it, too
            os.write(self._far, data)

    def received(self) -> bytes:
        assert self._far is not None
        with contextlib.suppress(OSError):
            return os.read(self._far, 4096)
        return b""

    def close(self) -> None:
        if self._far is not None:
            self.pull()


@pytest.fixture
def adapter(tmp_path: Path) -> Iterator[Adapter]:
    adapter = Adapter(tmp_path)
    adapter.plug_in()
    yield adapter
    adapter.close()


def scale(adapter: Adapter, driver: str = "shelfd-lines", **keys: object) -> schema.Scale:
    cells = (schema.Cell(name="a1"), schema.Cell(name="a2"))
    keys = {"cells": cells, **keys}
    return schema.Scale(name="main", driver=driver, port=str(adapter.path), **keys)  # type: ignore[arg-type]


class Board:
    """A thread that sends lines at 50 Hz through whatever adapter is plugged in, until told otherwise."""

    def __init__(self, adapter: Adapter, line: Callable[[int], bytes]) -> None:
        self.adapter, self.line = adapter, line
        self._stop, self._lock = threading.Event(), threading.Lock()
        self.plugged = True
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        sequence = 0
        while not self._stop.wait(0.02):
            with self._lock:
                if self.plugged:
                    self.adapter.send(self.line(sequence))
            sequence += 1

    def pull(self) -> None:
        with self._lock:
            self.plugged = False
            self.adapter.pull()

    def plug_in(self) -> None:
        with self._lock:
            self.adapter.plug_in()
            self.plugged = True

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(LIMIT_S)


@pytest.fixture
def board(adapter: Adapter) -> Iterator[Board]:
    board = Board(adapter, lambda sequence: encode_line(sequence, [sequence, -sequence]))
    yield board
    board.stop()


class Listener:
    """The reader in its thread, and what it has said."""

    def __init__(self, config: schema.Scale) -> None:
        self.heard: queue.Queue[Observation] = queue.Queue()
        self.reader = ScaleReader(config, self.heard.put)
        self._thread = threading.Thread(target=self.reader.run)
        self._thread.start()

    def wait_for(self, kind: type[Observation]) -> Observation:
        """The next of this kind; what comes before is passed over."""
        deadline = time.monotonic() + LIMIT_S
        while True:
            observation = self.heard.get(timeout=max(deadline - time.monotonic(), 0.001))
            if isinstance(observation, kind):
                return observation

    def stop(self) -> float:
        """Seconds until the thread has ended."""
        began = time.monotonic()
        self.reader.stop()
        self._thread.join(LIMIT_S)
        assert not self._thread.is_alive()
        return time.monotonic() - began


@pytest.fixture
def listen() -> Iterator[Callable[[schema.Scale], Listener]]:
    listeners: list[Listener] = []

    def start(config: schema.Scale) -> Listener:
        listeners.append(Listener(config))
        return listeners[-1]

    yield start
    for listener in listeners:
        listener.stop()


def code_of(config: schema.Scale) -> str:
    with pytest.raises(ScaleError) as error:
        open_scale(config)
    assert config.name in str(error.value)
    return error.value.code


def test_a_board_is_read_over_a_real_line_stamped_in_order(board, adapter, listen):
    listener = listen(scale(adapter))
    heard = [listener.wait_for(Counts) for _ in range(20)]
    assert all(counts.values[0] == -counts.values[1] for counts in heard)
    stamps = [counts.t for counts in heard]
    assert stamps == sorted(stamps)
    assert stamps[-1] <= time.monotonic()


def test_a_pulled_cable_is_unplugged_and_heard_again_within_five_seconds_of_its_return(board, adapter, listen):
    listener = listen(scale(adapter))
    listener.wait_for(Counts)
    board.pull()
    lost = listener.wait_for(SensorLost)
    assert (lost.stream, lost.code) == ("scale/main", "unplugged")
    assert "plug the cable in again" in lost.reason
    assert_quiet_for_a_while(listener)
    board.plug_in()
    plugged_in_at = time.monotonic()
    back = listener.wait_for(SensorBack)
    assert back.t - plugged_in_at <= 5.0
    assert isinstance(listener.heard.get(timeout=LIMIT_S), Counts)


def assert_quiet_for_a_while(listener: Listener) -> None:
    """While the cable is out nothing is said: no zeros, no second complaint."""
    with pytest.raises(queue.Empty):
        listener.heard.get(timeout=1.0)


def test_a_scale_that_is_plugged_in_late_is_found(board, adapter, listen):
    board.pull()
    listener = listen(scale(adapter))
    assert listener.wait_for(SensorLost).code == "not_found"
    board.plug_in()
    listener.wait_for(SensorBack)
    listener.wait_for(Counts)


def test_lines_lost_on_the_wire_are_a_gap(adapter, listen):
    board = Board(adapter, lambda n: encode_line(n, [n, 0]) if n % 50 not in (20, 21, 22) else b"w1,9,00,1*0000\r\n")
    try:
        gap = listen(scale(adapter)).wait_for(Gap)
        assert gap.lost == 3
    finally:
        board.stop()


def test_the_wrong_baud_is_garbage_and_says_which_keys_to_look_at(adapter, listen):
    board = Board(adapter, lambda n: bytes(byte * 7 % 256 | 0x80 for byte in encode_line(n, [n, n])))
    try:
        lost = listen(scale(adapter, rate_hz=50.0)).wait_for(SensorLost)
        assert lost.code == "garbage"
        assert "115200 baud, 8N1" in lost.reason
    finally:
        board.stop()


def test_a_silent_line_is_named_silent(adapter, listen):
    assert listen(scale(adapter)).wait_for(SensorLost).code == "silent"


@pytest.mark.parametrize("keys", [{"bytesize": 7, "parity": "E"}, {"bytesize": 7}, {"parity": "O"}])
def test_settings_that_a_line_refuses_aloud_or_in_silence_are_named(adapter, keys):
    """A pty does neither 7 bits nor parity; whether it says so depends on the state it was left in."""
    config = scale(adapter, "toledo-8217", baud=9600, cells=(schema.Cell(name="a1"),), **keys)
    for _ in range(3):
        with pytest.raises(ScaleError, match=r"refuses 9600 baud, [78][NEO]1: correct `baud`") as error:
            open_scale(config)
        assert error.value.code == "settings_refused"
    open_scale(scale(adapter)).close()  # and the port is free again


def test_a_port_held_by_another_program_is_busy_then_free(adapter):
    held = open_scale(scale(adapter))
    assert code_of(scale(adapter)) == "busy"
    held.close()
    open_scale(scale(adapter)).close()


def test_a_device_that_is_not_there_or_no_serial_port_is_not_found(adapter, tmp_path):
    adapter.pull()
    assert code_of(scale(adapter)) == "not_found"
    adapter.path.write_text("a file")
    assert code_of(scale(adapter)) == "not_found"
    adapter.path.unlink()
    adapter.path.symlink_to("/dev/null")
    assert code_of(scale(adapter)) == "not_found"
    adapter.path.unlink()
    adapter.path.mkdir()
    assert code_of(scale(adapter)) == "not_found"


def test_a_port_that_may_not_be_opened_names_the_group(adapter):
    if os.geteuid() == 0:
        assert run_as_nobody(scale(adapter)) == "permission_denied"
    else:
        adapter.path.resolve().chmod(0)
        assert code_of(scale(adapter)) == "permission_denied"


def run_as_nobody(config: schema.Scale) -> str:
    """Root is never refused, so a child gives up its rights and tells through a pipe what it was told."""
    Path(config.port).resolve().chmod(0)
    Path(config.port).parent.chmod(0o755)
    reads, writes = os.pipe()
    child = os.fork()
    if child == 0:
        os.setuid(65534)
        try:
            open_scale(schema.Scale(name="main", driver="and", port=os.path.realpath(config.port), cells=config.cells))
        except ScaleError as error:
            os.write(writes, error.code.encode())
        finally:
            os._exit(0)
    os.close(writes)
    os.waitpid(child, 0)
    with os.fdopen(reads, "rb") as pipe:
        return pipe.read().decode()


def test_a_box_is_asked_over_the_wire(adapter, listen):
    listener = listen(scale(adapter, "cas-pd2", rate_hz=20.0, cells=(schema.Cell(name="a1"),)))
    deadline = time.monotonic() + LIMIT_S
    answered = 0
    while answered < 3 and time.monotonic() < deadline:
        if adapter.received() == b"W\r":
            adapter.send(b"\n02.494KG\r\n00\r\x03")
            assert listener.wait_for(Counts).values.tolist() == [2494.0]
            answered += 1
        threading.Event().wait(0.005)
    assert answered == 3


def test_stopping_wakes_a_reader_that_waits_for_bytes(board, adapter, listen, monkeypatch):
    monkeypatch.setattr("agent.sensors.scale.port.READ_TIMEOUT_S", 60.0)
    listener = listen(scale(adapter))
    listener.wait_for(Counts)
    board.stop()  # from here on the reader waits for a byte that does not come
    assert listener.stop() < LIMIT_S / 2


def test_a_port_may_be_closed_by_many_at_once_while_it_is_read(adapter):
    for _ in range(20):
        port = SerialPort(scale(adapter))
        reader = threading.Thread(target=port.read)
        closers = [threading.Thread(target=port.close) for _ in range(3)]
        for thread in (reader, *closers):
            thread.start()
        for thread in (reader, *closers):
            thread.join(LIMIT_S)
            assert not thread.is_alive()
        assert port.read() == b""
        port.write(b"nobody there")
        port.forget()


def test_the_port_is_locked_against_programs_that_ask(adapter):
    port = SerialPort(scale(adapter))
    with adapter.path.open("rb") as other, pytest.raises(BlockingIOError):
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
    port.close()
