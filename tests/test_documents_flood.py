"""Messages without end on `<kind>/desired`: the newest is judged in the end, and few are written down."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from pathlib import Path

import pytest

from agent.documents.beginning import begin
from agent.documents.keeper import MESSAGE_S, MESSAGES, Keeper
from agent.documents.pace import LINE_S, LINES
from agent.documents.wishes import LATELY_S, MOST_LATELY
from tests.documents_scene import HEALTHY, ISSUED, OLD, Disk, Parts, Shelf, local_config, priced
from tools.publish.signing import sign
from wire.documents import ConfigDocument
from wire.reported import ReportedPayload


def document(price: str, version: int = 1) -> bytes:
    config = priced(price)
    return sign(ConfigDocument(version=version, store="s", device="d", by="x", issued=ISSUED, config=config), [OLD])


WRONG = document("4,50"), document("5,50")


class Hour:
    """A keeper in this thread: each of its rounds is a step of `send`, and the clock goes only there."""

    def __init__(self, folder: Path, send: Callable[[Hour], bool]) -> None:
        self.now_s, self.step, self.told = 1000.0, 0, list[ReportedPayload]()
        self._send = send
        self.keeper = Keeper(
            begin(local_config(folder)),
            [],
            Parts(),
            lambda: HEALTHY,
            self.told.append,
            beat=self._round,
            clock=lambda: self.now_s,
        )
        self.keeper.run()

    def _round(self) -> None:
        self.step += 1
        self.keeper.wake()  # no round waits
        if not self._send(self):
            self.keeper.stop()


def test_a_flood_is_judged_now_and_then_and_its_last_message_in_the_end(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    seconds = 400.0

    def send(hour: Hour) -> bool:
        hour.now_s += 0.25
        if hour.now_s < 1000.0 + seconds:
            for part in range(3):
                hour.keeper.desired("config", b"garbage %d %d" % (hour.step, part))
            hour.last = b"garbage %d 2" % hour.step  # type: ignore[attr-defined]
        return hour.now_s < 1000.0 + seconds + MESSAGE_S + 1.0

    caplog.set_level(logging.WARNING)
    hour = Hour(tmp_path, send)
    most = MESSAGES + (seconds + MESSAGE_S) / MESSAGE_S
    assert 0.9 * most < len(hour.told) < most + 5
    assert hour.told[-1].desired_hash == hashlib.sha256(hour.last).hexdigest()  # type: ignore[attr-defined]
    assert len(caplog.messages) <= LINES + 2 * (seconds / LINE_S + 2)
    assert any("passed over" in line for line in caplog.messages)
    assert any("were left out before it" in line for line in caplog.messages)


def test_a_hub_that_sends_a_few_waits_for_none(tmp_path: Path) -> None:
    bodies = [document(f"{price}.00", price) for price in range(1, 21)]

    def send(hour: Hour) -> bool:
        if bodies:
            hour.keeper.desired("config", bodies.pop(0))
            return True
        return False

    hour = Hour(tmp_path, send)
    assert [x.desired_version for x in hour.told if x.state == "probation"] == list(range(1, 21))


def test_after_a_flood_the_honest_word_waits_a_moment(tmp_path: Path) -> None:
    good = document("4.50")

    def send(hour: Hour) -> bool:
        if hour.step <= 3 * MESSAGES:
            hour.keeper.desired("config", b"%d" % hour.step)
        elif hour.step == 3 * MESSAGES + 1:
            hour.keeper.desired("config", good)
        else:
            early = hour.now_s < 1000.0 + MESSAGE_S
            assert (hour.told[-1].desired_version is None) == early or hour.now_s == 1000.0 + MESSAGE_S
            hour.now_s += MESSAGE_S / 2
        return hour.step < 3 * MESSAGES + 6

    assert Hour(tmp_path, send).told[-1].state == "probation"


def test_replays_of_what_was_refused_lately_write_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf, disk = Shelf(tmp_path), Disk().install(monkeypatch)
    for body in WRONG:
        assert shelf.hear("config", body).state == "rejected"
    said, writes = shelf.told["config"].findings, disk.writes
    names = {shelf.hear("config", body).desired_hash for body in WRONG * 20}
    assert len(names) == 2, "what is wanted now is told all the same"
    assert shelf.told["config"].findings == said and disk.writes == writes
    shelf.now_s += LATELY_S + 1
    shelf.hear("config", WRONG[0])
    assert disk.writes > writes, "what it hangs on may have changed: it is looked at again"


def test_what_was_refused_is_looked_at_again_once_something_has_changed(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    assert shelf.hear("config", document("9,99", 7)).state == "rejected"
    shelf.hear("config", document("4.00", 5))
    assert shelf.hear("config", document("9,99", 5)).state == "rejected"
    assert "6 or higher" in shelf.reasons()
    shelf.hear("config", document("4.50", 6))
    shelf.hear("config", document("9,99", 5))
    assert "7 or higher" in shelf.reasons(), "said as it is now"


def test_few_refusals_are_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf, disk = Shelf(tmp_path), Disk().install(monkeypatch)
    for n in range(MOST_LATELY + 1):
        shelf.hear("config", document(f"{n},50"))
    writes = disk.writes
    shelf.hear("config", document("1,50"))
    assert disk.writes == writes
    shelf.hear("config", document("0,50"))
    assert disk.writes > writes, "the oldest is forgotten"
    told = shelf.told["config"]
    assert told.desired_version == 1 and "4,50" not in shelf.reasons()


def test_a_full_disk_is_no_verdict(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf, disk = Shelf(tmp_path), Disk().install(monkeypatch)
    disk.full = True
    assert shelf.hear("config", document("4.50")).state == "rejected"
    shelf.hear("config", b"garbage")
    disk.full = False
    assert shelf.hear("config", document("4.50")).state == "probation"
