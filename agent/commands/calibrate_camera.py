"""`shelfd calibrate camera FILE`: from points that a person can measure to the marks of the shelf plane.

Asks for each mark's place in the picture and on the shelf, says what does not fit, and writes the marks into the file
when the person agrees. A picture is taken and written only with --picture. Not here: what marks must be
(config/camera_check.py), the plane itself (tracking/plane.py), how a file is changed (tomledit.py).
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from agent.commands.calibrate import ask, talk
from agent.commands.camera_picture import write_picture
from agent.commands.given import CONFIG, OK, WRONG, CommandError, load_config
from agent.commands.tomledit import EditError, replace_file, set_marks
from agent.config.camera_check import LEAST_MARKS, MOST_MARKS, mistaken
from agent.config.load import load_text
from agent.config.schema import Camera, Mark
from agent.sensors.camera.driver import open_camera
from agent.sensors.camera.protocol import Camera as OpenCamera
from agent.sensors.camera.protocol import CameraError
from agent.tracking.plane import Plane
from agent.vision.frame import Frame

Open = Callable[[Camera, Callable[[], float]], OpenCamera]

PICTURE_S = 15.0  # a camera's start and the settling of its exposure
SETTLED = 10  # pictures until exposure and white balance stand
NUMBERS = ("x_px", "y_px", "u_m", "v_m")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command line behind `calibrate camera`."""
    parser.add_argument("what", choices=("camera",))
    parser.add_argument("file", type=Path, help="the shelf's configuration; the marks are written into it")
    parser.add_argument(
        "--picture", type=Path, metavar="FILE", help="first write what the camera sees, with a grid, into this PNG"
    )
    parser.add_argument("--print", action="store_true", dest="only_print", help="print the marks, change no file")


def main(args: argparse.Namespace) -> int:
    """Exit code 0: the marks are kept; 1: refused or given up, nothing was changed; 64, 66, 78: no start."""
    try:
        return run(args, talk, ask, open_camera, time.monotonic)
    except (CommandError, CameraError, EditError) as error:
        code = error.code if isinstance(error, CommandError) else WRONG
        talk(f"shelfd calibrate camera: {error}")
    except EOFError:
        code = WRONG
        talk("\nshelfd calibrate camera: the input ended, so nothing was changed")
    except KeyboardInterrupt:
        code = WRONG
        talk("\nshelfd calibrate camera: stopped, nothing was changed")
    return code


def run(
    args: argparse.Namespace,
    talk: Callable[[str], None],
    ask: Callable[[str], str],
    open_camera: Open,
    clock: Callable[[], float],
) -> int:
    """The whole command, with its conversation and its camera handed in."""
    camera = load_config(args.file).camera
    if not camera.driver:
        raise CommandError(CONFIG, "the file names no camera: add [camera] with a driver, docs/cameras.md shows one")
    if args.picture is not None:
        picture(camera, args.picture, talk, ask, open_camera, clock)
    marks = accepted(camera, talk, ask)
    if args.only_print:
        print(as_toml(marks))
    else:
        keep(args.file, marks, talk)
    return OK


def picture(
    camera: Camera,
    path: Path,
    talk: Callable[[str], None],
    ask: Callable[[str], str],
    open_camera: Open,
    clock: Callable[[], float],
) -> None:
    """Writes the picture with its grid, once the person has agreed. CommandError where the file cannot be made."""
    talk(f"{path} will hold a picture of what the camera sees now. Nobody should stand before the shelf.")
    if not ask("Enter: take it, n: go on without one >").lower().startswith("n"):
        frame = taken(camera, open_camera, clock)
        try:
            write_picture(path, frame, camera.marks)
        except FileExistsError as error:
            raise CommandError(WRONG, f"{path} is there already: remove it, or name another file") from error
        except OSError as error:
            raise CommandError(WRONG, f"{path} cannot be written: {error.strerror}") from error
        talk(f"{path} holds it, for your eyes only. Read the marks off it, then delete it: rm {path}")


def taken(camera: Camera, open_camera: Open, clock: Callable[[], float]) -> Frame:
    """A picture after the exposure has settled. CameraError when none comes, or one of another size."""
    opened, until_s, count = open_camera(camera, clock), clock() + PICTURE_S, 0
    try:
        while clock() < until_s:
            frame = opened.read()
            count += frame is not None
            if frame is not None and count >= SETTLED:
                return _of_its_size(frame, camera)
    finally:
        opened.close()
    raise CameraError("silent", f"no picture came in {PICTURE_S:.0f} s: run shelfd doctor, check the cable")


def accepted(camera: Camera, talk: Callable[[str], None], ask: Callable[[str], str]) -> tuple[Mark, ...]:
    """Marks that determine the plane and fit each other. CommandError when the person gives up."""
    talk(
        "A mark: its place in the picture in pixels from the upper left corner, and on the shelf in metres, u along "
        "the front edge from its left end as the shopper sees it, v up from the floor. Corners of boards are good."
    )
    while True:
        marks = asked(camera, talk, ask)
        wrong = list(mistaken(marks)) or judged(camera, marks, talk)
        if not wrong:
            return marks
        talk(f"Refused: {wrong[0]}.")
        if ask("Enter: give the marks again, q: stop and change nothing >").lower().startswith("q"):
            raise CommandError(WRONG, "stopped, nothing was changed")


def asked(camera: Camera, talk: Callable[[str], None], ask: Callable[[str], str]) -> tuple[Mark, ...]:
    """At least four marks, as many as the person has."""
    marks: list[Mark] = []
    while len(marks) < MOST_MARKS:
        end = ", Enter: that is all" if len(marks) >= LEAST_MARKS else ""
        line = ask(f"Mark {len(marks) + 1}: x y u v, for example 102 311 0.0 0.9{end} >")
        if not line and end:
            break
        mark = parse_mark(line, camera)
        if isinstance(mark, str):
            talk(mark)
        else:
            marks.append(mark)
    return tuple(marks)


def judged(camera: Camera, marks: tuple[Mark, ...], talk: Callable[[str], None]) -> list[str]:
    """Why the marks do not fit each other; with four they always do, which is said."""
    try:
        errors_m = misfit_m(replace(camera, marks=marks))
    except ValueError as error:  # tracking's own judgement of what fixes a plane
        return [str(error)]
    if len(marks) == LEAST_MARKS:
        talk("Four marks determine the plane exactly: a mistyped one cannot be seen. A fifth would show it.")
        return []
    number = max(range(len(marks)), key=errors_m.__getitem__)
    error_m = errors_m[number]
    allowed_m = max(0.02, 0.02 * _extent_m(marks))
    if error_m > allowed_m:
        return [f"mark {number + 1} lies {error_m * 100:.1f} cm from where the others put it: is one mistyped?"]
    talk(f"The marks fit each other within {error_m * 100:.1f} cm (mark {number + 1} worst).")
    return []


def misfit_m(camera: Camera) -> list[float]:
    """How far each mark lies from where all together put it. ValueError where they fix no plane."""
    plane = Plane.of(camera)
    if plane is None:
        return []
    found = [(plane.to_m(mark.x_px, mark.y_px), mark) for mark in camera.marks]
    return [math.hypot(u - mark.u_m, v - mark.v_m) for (u, v), mark in found]


def parse_mark(line: str, camera: Camera) -> Mark | str:
    """Four numbers, or a sentence that says what is wrong."""
    try:
        numbers = [float(word) for word in line.replace(",", " ").replace(";", " ").split()]
    except ValueError:
        numbers = []
    if len(numbers) != 4 or not all(map(math.isfinite, numbers)):
        return "Four numbers are needed: x and y in pixels, u and v in metres."
    x, y, u, v = numbers
    if not (0 <= x <= camera.width and 0 <= y <= camera.height):
        return f"({x:g}, {y:g}) is outside the picture of {camera.width}x{camera.height}."
    if abs(u) > 100 or abs(v) > 100:
        return f"({u:g} m, {v:g} m) is on no shelf: metres, not centimetres."
    return Mark(x_px=x, y_px=y, u_m=u, v_m=v)


def keep(path: Path, marks: tuple[Mark, ...], talk: Callable[[str], None]) -> None:
    """Writes the marks into the file as it is now. EditError after the marks were told, so that none is lost."""
    try:
        backup = replace_file(path, set_marks(load_text(path), [numbers(mark) for mark in marks]))
    except (EditError, OSError) as error:
        talk(as_toml(marks))
        raise EditError(f"{path} was not changed: {error}") from error
    talk(f"{path} now holds {len(marks)} marks; what it was is in {backup.name}")
    talk("A running agent takes them at its next start: systemctl restart shelfd")


def numbers(mark: Mark) -> dict[str, float]:
    """To a tenth of a pixel and a millimetre."""
    return {name: round(getattr(mark, name), 1 if name.endswith("px") else 3) for name in NUMBERS}


def as_toml(marks: tuple[Mark, ...]) -> str:
    """The marks as they stand in the file."""
    tables = (["[[camera.mark]]", *(f"{key} = {value!r}" for key, value in numbers(mark).items())] for mark in marks)
    return "\n\n".join("\n".join(table) for table in tables)


def _extent_m(marks: tuple[Mark, ...]) -> float:
    u, v = [mark.u_m for mark in marks], [mark.v_m for mark in marks]
    return math.hypot(max(u) - min(u), max(v) - min(v))


def _of_its_size(frame: Frame, camera: Camera) -> Frame:
    if (frame.width, frame.height) != (camera.width, camera.height):
        size = f"{frame.width}x{frame.height} instead of {camera.width}x{camera.height}"
        raise CameraError("wrong_size", f"the camera gives {size}: write a size that it has")
    return frame
