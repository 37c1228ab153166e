"""`shelfd doctor` and `shelfd calibrate` over a real serial port: a pty with a board of two converters behind it."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import threading
import time
import tomllib
import tty
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.commands import calibrate, doctor
from agent.sensors.scale.lines import encode_line

pytestmark = pytest.mark.system
SHELF = """[device]
store = "corner"
id = "shelf-1"

[[scale]]
name = "main"
driver = "shelfd-lines"
port = "{port}"
rate_hz = {rate_hz}

[[scale.cell]]
name = "a1"
counts_per_gram = 365.0

[[scale.cell]]
name = "a2"
counts_per_gram = 365.0
"""


class Board:
    """Two converters at 50 samples a second, until it is stopped."""

    rate_hz = 50.0

    def __init__(self) -> None:
        self.grams = [0.0, 0.0]
        self._ours, theirs = os.openpty()
        tty.setraw(theirs)
        os.set_blocking(self._ours, False)
        self.port, self._keep_open = os.ttyname(theirs), theirs
        self._stop, self._sent = threading.Event(), threading.Semaphore(0)
        self._thread = threading.Thread(target=self._run, name="board")
        self._thread.start()

    def put(self, cell: int, grams: float) -> None:
        """Returns when the lines carry it."""
        self.grams[cell] = grams
        while self._sent.acquire(blocking=False):
            pass
        for _ in range(3):
            assert self._sent.acquire(timeout=5)

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(5)
        os.close(self._ours)
        os.close(self._keep_open)

    def _run(self) -> None:
        began, sent = time.monotonic(), 0
        while not self._stop.wait(max(0.0, began + sent / self.rate_hz - time.monotonic())):
            counts = [round(8_000 + 365 * grams) + (sent * 7) % 11 for grams in self.grams]
            with contextlib.suppress(BlockingIOError):  # nobody reads: a real line drops it too
                os.write(self._ours, encode_line(sent, counts))
            sent += 1
            self._sent.release()


@pytest.fixture
def board() -> Iterator[Board]:
    board = Board()
    yield board
    board.stop()


def shelf_file(folder: Path, port: str, rate_hz: float = Board.rate_hz) -> Path:
    file = folder / "shelf.toml"
    file.write_text(SHELF.format(port=port, rate_hz=rate_hz))
    return file


def doctor_json(file: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, object]]:
    parser = argparse.ArgumentParser()
    doctor.add_arguments(parser)
    code = doctor.main(parser.parse_args([str(file), "--seconds", "1.5", "--json"]))
    return code, json.loads(capsys.readouterr().out)


def codes(answer: dict[str, object]) -> list[str]:
    findings = answer["findings"]
    assert isinstance(findings, list)
    return [finding["code"] for finding in findings if finding["subject"] != "clock"]  # of this machine, whatever it is


def test_a_board_that_sends_what_is_configured_is_healthy(
    board: Board, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, answer = doctor_json(shelf_file(tmp_path, board.port), capsys)
    assert (code, codes(answer), answer["healthy"]) == (0, [], True)


def test_a_board_with_its_switch_at_another_rate_is_not(
    board: Board, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, answer = doctor_json(shelf_file(tmp_path, board.port, rate_hz=10.0), capsys)
    assert (code, codes(answer)) == (1, ["rate"])


def test_a_port_that_is_not_there_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, answer = doctor_json(shelf_file(tmp_path, "/dev/ttyUSB99"), capsys)
    assert code == 1
    assert codes(answer) == ["not_found"]


def test_a_person_calibrates_a_real_port(board: Board, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = shelf_file(tmp_path, board.port)
    parser = argparse.ArgumentParser()
    calibrate.add_arguments(parser)

    def person(question: str) -> str:
        board.put(0, 500.0 if question.startswith("Put 500 g on cell 'a1'") else 0.0)
        return ""

    monkeypatch.setattr(calibrate, "ask", person)
    options = [str(file), "--cell", "a1", "--mass", "500", "--seconds", "1"]
    assert calibrate.main(parser.parse_args(options)) == 0
    cell = tomllib.loads(file.read_text())["scale"][0]["cell"][0]
    assert cell["counts_per_gram"] == pytest.approx(365.0, rel=1e-3)
    assert cell["tare_counts"] == pytest.approx(8_005.0, abs=5.0)
