"""`shelfd doctor` and the camera: which is plugged in, whether pictures come, what to do next."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from agent.commands.doctor import with_camera, with_models
from agent.commands.doctor_report import Report, as_json, as_text
from agent.commands.look import plugged_in_cameras
from agent.config.schema import Camera, Config, Device, Mark, Vision
from agent.sensors.camera.fake import FakeCamera
from agent.sensors.scale.fake import SimulatedTime

MARKS = tuple(
    Mark(x_px=x, y_px=y, u_m=u, v_m=v) for x, y, u, v in ((0, 9, 0, 0), (9, 9, 1, 0), (9, 0, 1, 1), (0, 0, 0, 1))
)
CAMERA = Camera(driver="v4l2", device="/dev/v4l/by-id/usb-cam-video-index0", width=128, height=72, marks=MARKS)


def doctor(camera: Camera = CAMERA, fault: Callable[[FakeCamera], object] = lambda fake: None, *plugged: str) -> Report:
    now = SimulatedTime(5.0)
    fake = FakeCamera(CAMERA, now, now.wait)
    fault(fake)
    config = Config(device=Device(store="s", id="d"), camera=camera)
    return with_camera(Report((), (), ()), config, list(plugged), 5.0, fake.open, now)


def codes(report: Report) -> list[tuple[str, str]]:
    return [(finding.code, finding.level) for finding in report.findings]


def test_a_healthy_camera_has_nothing_to_do_next() -> None:
    report = doctor()
    assert codes(report) == []
    assert "15.0 a second (configured 15), 4 marks" in as_text(report)
    answer = json.loads(as_json(report))["camera"]
    assert answer["rate_hz"] == pytest.approx(15, abs=0.1) and 60 < answer["brightness"] < 200


def test_a_camera_whose_models_are_missing_sees_nothing_and_that_is_said(tmp_path: Path) -> None:
    missing = Vision(manifest=str(tmp_path / "manifest.toml"))
    config = Config(device=Device(store="s", id="d"), camera=CAMERA, vision=missing)
    (finding,) = with_models(Report((), (), ()), config).findings
    assert (finding.subject, finding.code) == ("vision", "manifest_missing") and "make models" in finding.sentence
    assert with_models(Report((), (), ()), Config(device=Device(store="s", id="d"), vision=missing)).findings == ()


def test_without_a_camera_nothing_is_said_and_what_is_plugged_in_is_listed() -> None:
    assert "camera" not in as_text(doctor(Camera()))
    assert "/dev/v4l/by-id/usb-x-video-index0" in as_text(
        doctor(Camera(), lambda fake: None, "/dev/v4l/by-id/usb-x-video-index0")
    )


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (FakeCamera.vanish, "not_found"),
        (FakeCamera.stall, "silent"),
        (FakeCamera.go_black, "black"),
        (lambda fake: fake.resize(64, 48), "wrong_size"),
    ],
)
def test_what_is_wrong_is_found(fault: Callable[[FakeCamera], object], code: str) -> None:
    report = doctor(CAMERA, fault)
    assert codes(report) == [(code, "wrong")]
    assert not report.healthy and "cannot be read" in as_text(report)


def test_a_slow_camera_and_one_without_marks_are_told() -> None:
    fast = Camera(driver="v4l2", device=CAMERA.device, width=128, height=72, rate_hz=30)
    assert codes(doctor(fast)) == [("rate", "wrong"), ("no_marks", "note")]


def test_cameras_are_listed_once_under_the_name_that_stays(tmp_path: Path) -> None:
    (tmp_path / "video0").touch()
    for name in ("usb-cam-video-index0", "usb-cam-video-index1"):
        (tmp_path / name).symlink_to(tmp_path / "video0")
    assert plugged_in_cameras(tmp_path) == [str(tmp_path / "usb-cam-video-index0")]
    wandering = Camera(driver="v4l2", device=str((tmp_path / "video0").resolve()), width=128, height=72, marks=MARKS)
    report = doctor(wandering, lambda fake: None, str(tmp_path / "usb-cam-video-index0"))
    assert codes(report) == [("wandering_name", "note")]
