"""`shelfd doctor`: what is plugged in, what answers, how well, what to do next."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import numpy as np
import pytest
from scripted_scale import FULL_SCALE, ScriptedScale, one_scale

from agent.commands.doctor import announcing, examine
from agent.commands.doctor_report import Report, as_json, as_text
from agent.commands.listen import Listener
from agent.commands.ports import Port, plugged_in
from agent.config import schema
from agent.messages import Counts
from agent.sensors.scale.protocol import ScaleError

SCALE = one_scale("a1", "a2", counts_per_gram=365.0, tare_counts=12_000.0)
PORT = Port("/dev/ttyUSB0", None, "FT232R USB UART")


def doctor(scripted: ScriptedScale, scale: schema.Scale = SCALE, ports: tuple[Port, ...] = (PORT,)) -> Report:
    config = schema.Config(device=schema.Device(store="corner", id="shelf-1"), scales=(scale,))
    return examine(config, config.scales, list(ports), 10.0, scripted.open, scripted.clock)


def codes(report: Report) -> list[tuple[str, str]]:
    return [(finding.subject, finding.code) for finding in report.findings]


def test_a_healthy_scale_has_nothing_to_do_next() -> None:
    scripted = ScriptedScale(SCALE)
    scripted.put(a1=345.0)
    report = doctor(scripted)
    assert report.healthy
    assert report.findings == ()
    text = as_text(report)
    assert "10.00 samples/s (configured 10)" in text
    assert "345." in text or "344.9" in text
    assert "nothing is wrong" in text
    assert scripted.closed


def test_a_wrong_rate_is_measured_and_named() -> None:
    report = doctor(ScriptedScale(SCALE, rate_hz=80.0))
    assert codes(report) == [("scale/main", "rate")]
    assert "set rate_hz = 80" in as_text(report)


def test_lines_lost_on_the_wire_are_counted() -> None:
    scripted = ScriptedScale(SCALE)

    def loses(k: int, sample: Counts) -> Counts:
        scripted.lost += 1
        return sample

    scripted.fault(loses)
    assert codes(doctor(scripted)) == [("scale/main", "lost")]


def test_a_dead_cell_beside_a_good_one_is_found_alone() -> None:
    scripted = ScriptedScale(SCALE)
    scripted.fault(lambda _, sample: Counts(sample.t, sample.scale, np.array([sample.values[0], np.nan])))
    report = doctor(scripted)
    assert codes(report) == [("cell/a2", "dead")]
    assert report.scales[0].cells[1].level_counts is None


def test_glitches_are_counted_and_forgiven_up_to_a_share() -> None:
    def jump(every: int) -> ScriptedScale:
        scripted = ScriptedScale(SCALE)
        apart = np.array([900_000.0, 0.0])
        scripted.fault(lambda k, sample: Counts(sample.t, sample.scale, sample.values + apart * (k % every == 0)))
        return scripted

    assert doctor(jump(50)).healthy
    report = doctor(jump(10))
    assert codes(report) == [("cell/a1", "glitches")]
    assert report.scales[0].cells[0].glitches == pytest.approx(10, abs=1)


def test_a_pinned_cell_is_full_scale_and_no_weight() -> None:
    scripted = ScriptedScale(SCALE)
    scripted.put(a2=60_000.0)
    report = doctor(scripted)
    assert codes(report) == [("cell/a2", "saturated")]
    assert report.scales[0].cells[1].saturated == report.scales[0].cells[1].samples
    assert f"{FULL_SCALE:.0f}" not in as_text(report)


def test_a_silent_box_is_told_from_one_that_is_gone() -> None:
    silent, gone = ScriptedScale(SCALE), ScriptedScale(SCALE)
    silent.fault(lambda *_: None)

    def pulled(*_: object) -> None:
        raise ScaleError("unplugged", "/dev/ttyUSB0 was unplugged: plug the box in again")

    gone.fault(pulled)
    assert codes(doctor(silent)) == [("scale/main", "silent")]
    report = doctor(gone)
    assert codes(report) == [("scale/main", "unplugged")]
    assert "plug the box in again" in as_text(report)


def test_a_scale_that_cannot_be_opened_is_a_finding_and_the_next_one_is_still_looked_at(
    capsys: pytest.CaptureFixture[str],
) -> None:
    good, other = ScriptedScale(SCALE), one_scale("b1", counts_per_gram=1_000.0)
    config = schema.Config(device=schema.Device(store="corner", id="shelf-1"), scales=(other, SCALE))

    def open_scale(scale: schema.Scale, clock: object) -> ScriptedScale:
        if scale is other:
            raise ScaleError("permission_denied", "add the user to group dialout")
        return good

    report = examine(config, config.scales, [PORT], 10.0, announcing(open_scale, 10.0), good.clock)
    assert [finding.code for finding in report.findings] == ["permission_denied"]
    assert report.scales[1].stream is not None
    assert "  cannot be read: permission denied\n" in as_text(report)
    told = capsys.readouterr().err.splitlines()  # nobody is asked to wait for the one that is not there
    assert told == ["scale main: listening for 10 s; keep hands off the shelf"]


def test_a_shelf_without_a_scale_is_told_which_port_to_write_down() -> None:
    config = schema.Config(device=schema.Device(store="corner", id="shelf-1"))
    ports = [Port("/dev/ttyUSB0", "/dev/serial/by-id/usb-board", "board")]
    report = examine(config, (), ports, 10.0, ScriptedScale(SCALE).open, lambda: 0.0)
    assert not report.healthy
    assert "/dev/serial/by-id/usb-board" in as_text(report)


def test_a_port_name_that_wanders_is_noted_and_does_not_make_the_shelf_ill() -> None:
    report = doctor(ScriptedScale(SCALE), ports=(Port("/dev/ttyUSB0", "/dev/serial/by-id/usb-board", "board"),))
    assert codes(report) == [("scale/main", "wandering_name")]
    assert report.healthy


def test_machines_get_the_same_as_people() -> None:
    scripted = ScriptedScale(SCALE)
    scripted.fault(lambda _, sample: Counts(sample.t, sample.scale, np.array([sample.values[0], np.nan])))
    answer = json.loads(as_json(doctor(scripted)))
    assert answer["healthy"] is False
    assert answer["scales"][0]["stream"]["rate_hz"] == pytest.approx(10.0)
    assert [cell["name"] for cell in answer["scales"][0]["cells"]] == ["a1", "a2"]
    assert answer["findings"][0]["code"] == "dead"


def test_a_driver_that_never_comes_back_does_not_hold_the_doctor(monkeypatch: pytest.MonkeyPatch) -> None:
    stuck = threading.Event()

    class Stuck(ScriptedScale):
        def read(self) -> Counts | None:
            stuck.wait(20)
            return None

        def close(self) -> None:
            stuck.set()

    monkeypatch.setattr("agent.commands.listen.PATIENCE_S", 0.1)
    listener = Listener(Stuck(SCALE), 2, lambda: 0.0)
    with pytest.raises(ScaleError, match="did not come back"):
        listener.stretch(0.1)
    listener.close()


def test_devices_are_listed_under_the_name_that_survives_replugging(tmp_path: Path) -> None:
    board = tmp_path / "ttyUSB7"
    board.touch()
    by_id = tmp_path / "by-id"
    by_id.mkdir()
    (by_id / "usb-board").symlink_to(board)
    assert Port(str(board), str(by_id / "usb-board"), "") in plugged_in(by_id)
