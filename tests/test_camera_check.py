"""What is said about [camera] and its marks before anything starts."""

from __future__ import annotations

from typing import Any

import pytest

from agent.config.camera_check import CAMERA_RULES
from agent.config.check import check
from agent.config.schema import Broker, Camera, Config, Device, Mark, Tracks, Vision

CORNERS = ((100, 300, 0.0, 0.9), (540, 310, 1.2, 0.9), (520, 60, 1.2, 1.6), (120, 50, 0.0, 1.6))


def marks(*places: tuple[float, float, float, float]) -> tuple[Mark, ...]:
    return tuple(Mark(x_px=x, y_px=y, u_m=u, v_m=v) for x, y, u, v in places)


def said(tracks: str = "", manifest: str = "/models/manifest.toml", **keys: Any) -> list[tuple[str, str]]:
    """(path, severity) of what the rules say about such a camera."""
    camera = Camera(**{"driver": "picamera2", "marks": marks(*CORNERS), **keys})
    config = Config(
        device=Device(store="s", id="d"), camera=camera, tracks=Tracks(socket=tracks), vision=Vision(manifest=manifest)
    )
    return [(problem.path, problem.severity) for rule in CAMERA_RULES for problem in rule(config)]


def test_a_camera_with_four_corners_is_fine_and_so_is_none_at_all() -> None:
    assert said() == []
    assert said(device="1") == []
    assert said(driver="", marks=()) == []
    assert said(driver="v4l2", device="/dev/v4l/by-id/usb-cam-video-index0") == []


@pytest.mark.parametrize(
    ("keys", "path"),
    [
        ({"device": "/dev/video0"}, "camera.device"),
        ({"driver": "v4l2"}, "camera.device"),
        ({"driver": "v4l2", "device": "video0"}, "camera.device"),
        ({"driver": "file", "device": "people.mp4"}, "camera.device"),
        ({"driver": "folder", "device": ""}, "camera.device"),
        ({"width": 641}, "camera.width"),
        ({"height": 361}, "camera.height"),
        ({"lens_k1": -0.5}, "camera.lens_k1"),
        ({"manifest": "models/manifest.toml"}, "vision.manifest"),
        ({"tracks": "/run/tracker.sock"}, "tracks.socket"),
        ({"marks": marks(*CORNERS[:3])}, "camera.mark"),
        ({"marks": marks(*CORNERS) * 9}, "camera.mark"),
        ({"width": 320, "height": 180, "marks": marks((700, 100, 0, 1), *CORNERS[1:])}, "camera.mark[0]"),
    ],
)
def test_what_cannot_be_is_an_error_at_its_key(keys: dict[str, Any], path: str) -> None:
    assert (path, "error") in said(**keys)


def test_what_may_be_meant_is_a_warning() -> None:
    assert said(marks=()) == [("camera.mark", "warning")]
    assert said(driver="", device="0") == [("camera.driver", "warning")]


def test_three_corners_in_a_line_determine_no_plane() -> None:
    middle = (320, 305, 0.6, 0.9)
    assert said(marks=marks(CORNERS[0], middle, *CORNERS[1:3])) == [("camera.mark", "error")]
    assert said(marks=marks(middle, *CORNERS)) == []  # a fifth may lie anywhere


def test_swapped_and_mirrored_marks_are_seen() -> None:
    a, b, c, d = CORNERS
    swapped = ((*a[:2], *b[2:]), (*b[:2], *a[2:]), c, d)
    assert said(marks=marks(*swapped)) == [("camera.mark", "error")]
    mirrored = [(x, y, 1.2 - u, v) for x, y, u, v in CORNERS]
    assert said(marks=marks(*mirrored)) == [("camera.mark", "error")]
    upside_down = [(640 - x, 360 - y, u, v) for x, y, u, v in CORNERS]
    assert said(marks=marks(*upside_down)) == []  # a camera may hang


def test_the_rules_are_among_those_of_check() -> None:
    config = Config(device=Device(store="s", id="d"), broker=Broker(), camera=Camera(driver="v4l2"))
    assert "camera.device" in [problem.path for problem in check(config)]
