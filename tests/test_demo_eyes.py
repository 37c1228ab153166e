"""The demo's window into what the agent sees, and whose eyes those are; without starting anything."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from rich.console import Console

from agent.config.check import demand
from agent.config.load import read_text, usable
from agent.vision.frame import Pixels
from tools.bench.camera.live import Easel
from tools.bench.camera.painter import HEIGHT_PX, WIDTH_PX
from tools.bench.camera.painter import camera as painted
from tools.bench.world import Play, everyday_shop, simulate
from tools.demo.__main__ import main
from tools.demo.board import Board
from tools.demo.eyes import STALE_S, Sight
from tools.demo.looking import Looking, LookingError, camera, corners, models
from tools.demo.screen import Screen
from tools.demo.settings import to_toml
from wire.codec import encode
from wire.state import Eyes, SeenBox, SeenLane, SeenPart

BASE = "shelf/v1/bench/shelf-1"


@pytest.fixture(scope="module")
def play() -> Play:
    return simulate(1, everyday_shop(2, 0.3, "bottles"))


@pytest.fixture(scope="module")
def sight(play: Play) -> Sight:
    return Sight(replace(play.config, camera=painted(play, "/nowhere")), ("a palm model", "an object model"))


def box(kind: str, left: float, top: float, right: float, bottom: float, score: float = 0.9) -> SeenBox:
    return SeenBox(kind=kind, score=score, left_px=left, top_px=top, right_px=right, bottom_px=bottom)


def eyes(play: Play, *found: SeenBox, hand_m: float | None = None) -> Eyes:
    parts = () if hand_m is None else (SeenPart(visitor="v3", part="hand", u_m=hand_m, v_m=0.3, held=0.9),)
    lanes = tuple(SeenLane(lane=lane.name, containers=lane.units) for lane in play.config.lanes)
    return Eyes(
        at_s=5.0, width_px=WIDTH_PX, height_px=HEIGHT_PX, looked=("hand",), found=found, parts=parts, lanes=lanes
    )


def drawn(sight: Sight, seen: Eyes | None, age_s: float = 0.1, columns: int = 70, lines: int = 20) -> list[str]:
    stock = {(lane.name, lane.gtin): lane.units for lane in sight.config.lanes}
    console = Console(width=columns, height=lines, force_terminal=True)
    with console.capture() as captured:
        console.print(sight.draw(seen, age_s, stock, columns, lines, lambda visitor: "cyan"))
    return re.sub(r"\x1b\[[0-9;]*m", "", captured.get()).splitlines()


def test_a_hand_and_what_stands_are_boxes_with_their_place_in_metres_below(play: Play, sight: Sight) -> None:
    seen = eyes(play, box("container", 30, 150, 84, 325, 0.42), box("hand", 300, 90, 360, 150), hand_m=0.53)
    lines = drawn(sight, seen)
    text = "\n".join(lines)
    assert "✋v3 .90" in text and ".42" in text
    assert "✋v3 0.53 m, 0.30 m up, full" in text
    assert "a palm model + an object model" in text
    for lane in play.config.lanes:
        assert lane.name in text and f"seen {lane.units} weighed {lane.units}" in text
    ruler = next(i for i, line in enumerate(lines) if "├" in line and "─ p1" in line)
    assert any("╰" in line for line in lines[3:ruler])


def test_persons_are_behind_goods_and_goods_behind_hands(play: Play, sight: Sight) -> None:
    seen = eyes(
        play, box("hand", 300, 90, 360, 150), box("person", 200, 0, 500, 355, 0.5), box("container", 280, 100, 380, 300)
    )
    lines = drawn(sight, seen)
    assert any("☺ .50" in line for line in lines)
    row = next(line for line in lines if "✋ .90" in line)
    assert row.count("│") >= 2  # the person's sides beside the hand


@pytest.mark.parametrize(("columns", "lines"), [(24, 8), (40, 12), (150, 60)])
def test_any_size_of_window_holds_boxes_that_leave_the_picture(
    play: Play, sight: Sight, columns: int, lines: int
) -> None:
    seen = eyes(
        play, box("hand", -500, -10, 5000, 900), box("container", 639, 359, 640, 360), box("person", 9, 9, 9, 9)
    )
    text = drawn(sight, seen, columns=columns, lines=lines)
    assert len(text) <= max(lines, 11)


def test_eyes_that_say_nothing_are_said_to(play: Play, sight: Sight) -> None:
    assert "the eyes open" in "\n".join(drawn(sight, None))
    assert "the eyes are silent" in "\n".join(drawn(sight, eyes(play), age_s=STALE_S + 1))
    assert "nobody; 0 things in sight" in "\n".join(drawn(sight, eyes(play)))


def test_without_marks_there_are_boxes_and_no_metres(play: Play) -> None:
    bare = Sight(replace(play.config, camera=replace(painted(play), marks=())))
    text = "\n".join(drawn(bare, eyes(play, box("hand", 300, 90, 360, 150))))
    assert "✋ .90" in text and "no marks: no metres" in text


@pytest.mark.parametrize(("width", "height"), [(150, 32), (100, 40), (80, 24)])
def test_the_screen_has_the_window_where_there_is_room(play: Play, sight: Sight, width: int, height: int) -> None:
    board = Board(play.truth, named=False, began_s=0.0, online=True)
    board.hear(f"{BASE}/state/eyes", encode(eyes(play, box("hand", 300, 90, 360, 150), hand_m=0.53)), 9.9)
    console = Console(width=width, height=height, force_terminal=True)
    with console.capture() as captured:
        console.print(Screen(play, board, "demo", console, sight).draw(10.0, 10.0, ()))
    lines = re.sub(r"\x1b\[[0-9;]*m", "", captured.get()).splitlines()
    assert len(lines) <= height + 1
    assert ("what the eyes see" in "\n".join(lines)) == (height >= 30)
    assert "what was so, and what was said" in "\n".join(lines)


def test_before_a_camera_of_ones_own_nothing_is_right_or_wrong(play: Play, sight: Sight) -> None:
    board = Board([], named=False, scored=False, began_s=0.0, online=True)
    console = Console(width=100, height=24, force_terminal=True)
    with console.capture() as captured:
        console.print(Screen(play, board, "demo", console, sight).draw(10.0, 10.0, ()))
    assert "nobody knows what is true here" in captured.get()


# -- whose eyes --------------------------------------------------------------------------------------------------------
def test_missing_models_are_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(LookingError, match="cannot be read"):
        models(tmp_path / "manifest.toml")


def test_a_folder_of_pictures_is_a_camera_with_marks_where_they_are_given(tmp_path: Path, play: Play) -> None:
    Image.new("RGB", (321, 241)).save(tmp_path / "a.png")
    plain = camera(str(tmp_path), "", play)
    assert (plain.driver, plain.width, plain.height, plain.marks) == ("folder", 320, 240, ())
    marked = camera(str(tmp_path), "0,200 320,200 320,50 0,50", play)
    config = replace(play.config, camera=marked, vision=Looking(tmp_path / "manifest.toml", ()).vision)
    assert usable(read_text(to_toml(config))) == config
    demand(config)


def test_a_usb_camera_is_asked_for_a_size_that_all_have(play: Play) -> None:
    assert camera("/dev/video7", "", play).driver == "v4l2"
    assert (camera("/dev/video7", "", play).width, camera("/dev/video7", "", play).height) == (640, 480)


@pytest.mark.parametrize("marks", ["1,2", "1,2 3,4 5,6 7,x", "1,2 3,4 5,6 7,8 9,10", "left"])
def test_marks_that_are_no_four_corners_are_refused(marks: str, play: Play) -> None:
    with pytest.raises(LookingError, match="four corners"):
        corners(marks, play)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--camera", "x.mp4", "--layout", "small"],
        ["--marks", "1,2"],
        ["--camera", "/nowhere/at-all.mp4", "--seconds", "20"],
    ],
)
def test_a_camera_that_cannot_be_is_a_sentence_and_64(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 64
    assert capsys.readouterr().err.startswith("tools.demo: ")


# -- the easel ---------------------------------------------------------------------------------------------------------
def test_there_is_always_one_whole_picture_and_it_follows_the_clock(tmp_path: Path, play: Play) -> None:
    now_s = [0.0]
    easel = Easel(play, tmp_path / "camera", lambda: now_s[0])
    try:
        first = _picture(tmp_path)
        now_s[0] = play.held[0].since_s
        for _ in range(2000):
            again = _picture(tmp_path)
            if np.abs(first.astype(int) - again).mean() > 5:
                break
    finally:
        easel.close()
    assert np.abs(first.astype(int) - again).mean() > 5
    assert [path.name for path in (tmp_path / "camera").iterdir()] == ["picture.jpg"]


def _picture(folder: Path) -> Pixels:
    with Image.open(folder / "camera" / "picture.jpg") as image:
        return np.asarray(image.convert("RGB"))
