"""What the keys of [camera] and [vision] must mean together: the device, the picture's size, the marks of the plane.

Marks are held to what geometry demands of them, whatever computes with them (tracking/plane.py): four of them with no
three in a line, inside the picture, and turning the same way in the picture as on the shelf.
Not here: whether the camera is there (`shelfd doctor`), how well marks fit each other (`shelfd calibrate camera`).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from agent.config.problem import Problem
from agent.config.schema import Camera, Config, Mark

LEAST_MARKS, MOST_MARKS = 4, 32
THIN = 0.03  # height of a triangle over its longest side, as a fraction of it: flatter is a line, for a pixel's error
Point = tuple[float, float]


def camera_device(config: Config) -> Iterator[Problem]:
    """Each driver has its own way to name what it reads."""
    camera = config.camera
    if camera.driver == "picamera2":
        if camera.device and not (camera.device.isascii() and camera.device.isdigit() and len(camera.device) < 3):
            yield Problem("camera.device", f'"{camera.device}" is no number of a camera: write "0" for the first')
    elif camera.driver:
        if not camera.device:
            wanted = {"v4l2": "/dev/v4l/by-id/...", "file": "the video"}.get(camera.driver, "the folder")
            yield Problem("camera.device", f"the driver {camera.driver} needs it: name {wanted}")
        elif not camera.device.startswith("/"):
            yield Problem("camera.device", f'"{camera.device}" depends on where the agent was started: begin with /')
    elif camera.device or camera.marks:
        yield Problem("camera.driver", "the section has a device or marks but no driver: nothing is seen", "warning")


def camera_picture(config: Config) -> Iterator[Problem]:
    """Colours come for two by two pixels; a lens that folds the picture over is none."""
    camera = config.camera
    for name, pixels in (("width", camera.width), ("height", camera.height)):
        if camera.driver and pixels % 2:
            yield Problem(f"camera.{name}", f"{pixels} is odd, cameras give even sizes: write {pixels - 1}")
    if not _unfolded(camera):
        yield Problem("camera.lens_k1", "with lens_k2 it folds the picture over before its corners: find both again")


def camera_marks(config: Config) -> Iterator[Problem]:
    """None, or enough of them in places that determine the plane."""
    camera, count = config.camera, len(config.camera.marks)
    if camera.driver and not count:
        advice = "hands cannot be matched with lanes; find them with `shelfd calibrate camera`"
        yield Problem("camera.mark", f"no [[camera.mark]]: {advice}", "warning")
    if 0 < count < LEAST_MARKS or count > MOST_MARKS:
        yield Problem("camera.mark", f"{count} marks: a plane needs {LEAST_MARKS} to {MOST_MARKS}")
        return
    for i, mark in enumerate(camera.marks):
        if not (0 <= mark.x_px <= camera.width and 0 <= mark.y_px <= camera.height):
            place = f"({mark.x_px:g}, {mark.y_px:g}) is outside the picture of {camera.width}x{camera.height}"
            yield Problem(f"camera.mark[{i}]", f"{place}: was it found in another size?")
    if count:
        yield from (Problem("camera.mark", sentence) for sentence in mistaken(camera.marks))


def mistaken(marks: tuple[Mark, ...]) -> Iterator[str]:
    """What is wrong with at least four marks as a whole, as sentences."""
    if not any(_general(four) for four in combinations(marks, 4)):
        yield "no four of the marks without three in a line: take corners of the shelf, far apart"
        return
    turned = {
        turn(_pixel(a), _pixel(b), _pixel(c)) * turn(_place(a), _place(b), _place(c))
        for a, b, c in combinations(marks, 3)
    } - {0}
    if turned == {1, -1}:
        yield "two of the marks are swapped, or one is mistyped: in the picture they turn otherwise than on the shelf"
    elif turned == {1}:
        yield "the marks are mirrored: u grows to the right as the shopper sees the shelf, v upwards"


def vision_manifest(config: Config) -> Iterator[Problem]:
    """Models are found wherever the agent is started."""
    manifest = config.vision.manifest
    if config.camera.driver and not manifest.startswith("/"):
        yield Problem("vision.manifest", f'"{manifest}" depends on where the agent was started: begin with /')


def one_pair_of_eyes(config: Config) -> Iterator[Problem]:
    """Both would name the same people differently."""
    if config.camera.driver and config.tracks.socket:
        yield Problem("tracks.socket", "a camera of our own and a tracker outside see each visitor twice: keep one")


def turn(a: Point, b: Point, c: Point) -> int:
    """1: a, b, c turn to the left (y upwards), -1: to the right, 0: they lie in a line, or nearly."""
    doubled = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
    longest = max((p[0] - q[0]) ** 2 + (p[1] - q[1]) ** 2 for p, q in combinations((a, b, c), 2))
    return 0 if abs(doubled) <= THIN * longest else (1 if doubled > 0 else -1)


def _general(four: tuple[Mark, ...]) -> bool:
    return all(
        turn(*(_pixel(mark) for mark in three)) and turn(*(_place(mark) for mark in three))
        for three in combinations(four, 3)
    )


def _pixel(mark: Mark) -> Point:
    return (mark.x_px, mark.y_px)


def _place(mark: Mark) -> Point:
    return (mark.u_m, mark.v_m)


def _unfolded(camera: Camera) -> bool:
    """r (1 + k1 r^2 + k2 r^4) grows up to the corner, r = 1."""
    squares = (n / 100 for n in range(101))
    return all(1 + 3 * camera.lens_k1 * q + 5 * camera.lens_k2 * q * q > 0 for q in squares)


CAMERA_RULES = (camera_device, camera_picture, camera_marks, vision_manifest, one_pair_of_eyes)
