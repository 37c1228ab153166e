"""`shelfd calibrate camera`: a person measures marks, or is told what does not fit. A picture only when asked for."""

from __future__ import annotations

import argparse
import stat
import tomllib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from agent.__main__ import build_parser, main
from agent.commands import calibrate_camera
from agent.commands.calibrate_camera import misfit_m, parse_mark
from agent.commands.camera_picture import as_rgb
from agent.commands.given import CommandError
from agent.commands.tomledit import EditError, set_marks
from agent.config.load import load
from agent.config.schema import Camera, Mark
from agent.sensors.camera.fake import FakeCamera
from agent.sensors.camera.protocol import CameraError
from agent.sensors.scale.fake import SimulatedTime
from agent.vision.frame import Frame

SHELF = """# the corner shop
[device]
store = "s1"
id = "d1"

[camera]                 # above the door
driver = "picamera2"
width = 320
height = 180
lens_k1 = 0.0            # straight

# the planogram begins here
[[lane]]
name = "cola"
cells = []
gtin = "06901234567892"
"""
FOUR = ["20 150 0 0.9", "300 150 1.2 0.9", "290, 30, 1.2, 1.6", "30 30 0 1.6"]


class Person:
    """Answers in order; then hangs up. Remembers what was said to it."""

    def __init__(self, *answers: str) -> None:
        self.answers, self.heard = list(answers), list[str]()

    def talk(self, sentence: str) -> None:
        self.heard.append(sentence)

    def ask(self, question: str) -> str:
        self.heard.append(question)
        if not self.answers:
            raise EOFError
        return self.answers.pop(0)

    def was_told(self, words: str) -> bool:
        return any(words in sentence for sentence in self.heard)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "shelf.toml"
    path.write_text(SHELF)
    return path


def calibrate(file: Path, person: Person, *options: str, camera: FakeCamera | None = None) -> int:
    args = build_parser(["calibrate", "camera"]).parse_args(["calibrate", "camera", *options, str(file)])
    now = SimulatedTime()
    opened = camera or FakeCamera(Camera(width=320, height=180), now, now.wait)
    return calibrate_camera.run(args, person.talk, person.ask, opened.open, now)


def test_four_marks_are_written_behind_the_camera_and_nothing_else_changes(file: Path) -> None:
    person = Person(*FOUR, "")
    assert calibrate(file, person) == 0
    text = file.read_text()
    assert [(m.x_px, m.y_px, m.u_m, m.v_m) for m in load(file).camera.marks][2] == (290.0, 30.0, 1.2, 1.6)
    assert text.index("[camera]") < text.index("[[camera.mark]]") < text.index("# the planogram begins here")
    for line in SHELF.splitlines():
        assert line in text
    assert file.with_name("shelf.toml.bak").read_text() == SHELF
    assert person.was_told("cannot be seen")  # four always fit


def test_new_marks_take_the_place_of_the_old_ones(file: Path) -> None:
    calibrate(file, Person(*FOUR, ""))
    first = file.read_text()
    calibrate(file, Person(*FOUR, ""))
    assert file.read_text() == first
    calibrate(file, Person(*FOUR, "160 90 0.6 1.2515", ""))
    assert len(load(file).camera.marks) == 5


def test_a_mistyped_fifth_mark_is_told_in_centimetres(file: Path) -> None:
    person = Person(*FOUR, "160 90 0.9 1.25", "", "q")
    with pytest.raises(CommandError, match="nothing was changed"):
        calibrate(file, person)
    assert person.was_told("cm from where the others put it")
    assert file.read_text() == SHELF


def test_swapped_marks_are_refused_and_may_be_given_again(file: Path) -> None:
    swapped = ["20 150 1.2 0.9", "300 150 0 0.9", *FOUR[2:]]
    person = Person(*swapped, "", "", *FOUR, "")
    assert calibrate(file, person) == 0
    assert person.was_told("Refused: two of the marks are swapped")


def test_what_is_no_mark_is_asked_again(file: Path) -> None:
    person = Person("left corner", "1 2 3", "500 1 0 0", "20 150 0 90 cm", "20 150 0 900", "", *FOUR, "")
    assert calibrate(file, person) == 0
    assert person.was_told("outside the picture of 320x180") and person.was_told("metres, not centimetres")


def test_printing_changes_no_file(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert calibrate(file, Person(*FOUR, ""), "--print") == 0
    assert len(tomllib.loads(capsys.readouterr().out)["camera"]["mark"]) == 4
    assert file.read_text() == SHELF


def test_no_picture_is_taken_without_being_asked_for(file: Path, tmp_path: Path) -> None:
    class Untouchable(FakeCamera):
        def open(self, config: Camera, clock: Callable[[], float]) -> FakeCamera:
            raise AssertionError("the camera was opened")

    calibrate(file, Person(*FOUR, ""), camera=Untouchable(Camera(width=320, height=180)))
    calibrate(file, Person("n", *FOUR, ""), "--picture", str(tmp_path / "x.png"), camera=Untouchable(Camera()))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["shelf.toml", "shelf.toml.bak"]


def test_the_picture_is_written_once_with_a_grid_for_its_owner_alone(file: Path, tmp_path: Path) -> None:
    png, person = tmp_path / "view.png", Person("", *FOUR, "")
    assert calibrate(file, person, "--picture", str(png)) == 0
    assert person.was_told("will hold a picture") and person.was_told(f"rm {png}")
    assert stat.S_IMODE(png.stat().st_mode) == 0o600
    with Image.open(png) as image:
        assert image.size == (960, 540)
        assert len({image.getpixel((x, 120))[:3] for x in range(100, 140)}) > 1  # type: ignore[index]
    with pytest.raises(CommandError, match="is there already"):
        calibrate(file, Person(""), "--picture", str(png))


def test_a_camera_that_sends_nothing_or_another_size_is_told(file: Path, tmp_path: Path) -> None:
    now = SimulatedTime()
    silent = FakeCamera(Camera(width=320, height=180), now, now.wait)
    silent.stall()
    other = FakeCamera(Camera(width=64, height=36), now, now.wait)
    args = argparse.Namespace(file=file, picture=tmp_path / "v.png", only_print=True)
    for camera, code in ((silent, "silent"), (other, "wrong_size")):
        with pytest.raises(CameraError) as lost:
            calibrate_camera.run(args, print, lambda question: "", camera.open, now)
        assert lost.value.code == code
    assert not (tmp_path / "v.png").exists()


def test_nv12_is_shown_in_its_colours() -> None:
    nv12 = np.full((6, 4), 128, np.uint8)
    nv12[:4], nv12[4:, 1::2] = 76, 255  # pure red in full-range BT.601: Y 76, U 85, V 255
    nv12[4:, 0::2] = 85
    red = as_rgb(Frame(0.0, nv12, "nv12"))
    assert np.abs(red.astype(int) - (255, 0, 0)).max() <= 3


def test_the_misfit_is_zero_for_a_true_plane_whatever_the_lens() -> None:
    marks = []
    for u, v in ((0, 0.9), (1.2, 0.9), (1.2, 1.6), (0, 1.6), (0.5, 1.2), (0.9, 1.5)):
        w = 1 + 0.1 * u + 0.05 * v
        straight = np.array([60 + 400 * u / w, 400 - 180 * v / w])
        offset = (straight - (320, 180)) / np.hypot(320, 180)
        square = float((offset**2).sum())
        x, y = (320, 180) + offset * np.hypot(320, 180) * (1 - 0.12 * square + 0.02 * square**2)
        marks.append(Mark(x_px=x, y_px=y, u_m=u, v_m=v))
    true = Camera(width=640, height=360, lens_k1=-0.12, lens_k2=0.02, marks=tuple(marks))
    assert max(misfit_m(true)) < 1e-4
    assert max(misfit_m(Camera(width=640, height=360, marks=tuple(marks)))) > 0.005  # without the lens


def test_a_file_laid_out_otherwise_is_refused_never_damaged() -> None:
    for text in ('camera = {driver = "file"}\n', "[lane]\n", '["camera"]\ndriver = "file"\n'):
        with pytest.raises(EditError):
            set_marks(text, [{"x_px": 1.0}])


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_marks_between_other_tables_are_replaced_where_the_camera_is(end: str) -> None:
    before = (
        "[camera]|driver = 'file'||[[camera.mark]]|x_px = 1||# goods|[[product]]|gtin = '1'||[[camera.mark]]|x_px = 2"
    )
    text = before.replace("|", end)
    edited = set_marks(text, [{"x_px": 7.5}])
    assert tomllib.loads(edited)["camera"] == {"driver": "file", "mark": [{"x_px": 7.5}]}
    assert f"# goods{end}[[product]]" in edited and edited.count("x_px") == 1


def test_the_command_line_knows_both(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["calibrate", "camera", str(tmp_path / "none.toml")]) == 66
    assert main(["calibrate", str(tmp_path / "none.toml")]) == 66
    (tmp_path / "blind.toml").write_text('[device]\nstore = "s"\nid = "d"\n')
    assert main(["calibrate", "camera", str(tmp_path / "blind.toml")]) == 78
    assert "docs/cameras.md" in capsys.readouterr().err


def test_words_become_marks() -> None:
    camera = Camera(width=320, height=180)
    assert parse_mark("1;2; 0.5, -1", camera) == Mark(x_px=1, y_px=2, u_m=0.5, v_m=-1)
    assert isinstance(parse_mark("nan 1 1 1", camera), str)
