"""Recordings as cameras: their pace, their end, and whatever a file may hold instead of pictures."""

from __future__ import annotations

import errno
import os
import random
import resource
import struct
import threading
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from agent.config import schema
from agent.messages import Observation
from agent.sensors.camera import v4l2
from agent.sensors.camera.driver import name_of, open_camera
from agent.sensors.camera.folder import FolderCamera
from agent.sensors.camera.paint import Hand, shelf, with_hand
from agent.sensors.camera.protocol import Camera, CameraError
from agent.sensors.camera.reader import CameraReader
from agent.sensors.scale.fake import SimulatedTime
from agent.vision.frame import Frame
from agent.vision.slot import Slot

av = pytest.importorskip("av", reason="PyAV is an extra: pip install -e '.[camera]'")
movie = pytest.importorskip("agent.sensors.camera.movie")
WIDTH, HEIGHT, COUNT, RATE_HZ = 96, 54, 20, 10


def write_movie(path: Path, codec: str = "mpeg4", width: int = WIDTH, height: int = HEIGHT, count: int = COUNT) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=RATE_HZ)
        stream.width, stream.height = width, height
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        for n in range(count):
            picture = with_hand(shelf(width, height), Hand(width * n / count, height / 2, 8))
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
    return path


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_movie(tmp_path_factory.mktemp("film") / "film.mp4")


def config(device: Path, driver: str = "file", **more: Any) -> schema.Camera:
    return schema.Camera(driver=driver, device=str(device), **{"width": WIDTH, "height": HEIGHT, "rate_hz": 10, **more})


def played(camera: Camera, now: SimulatedTime, seconds: float) -> list[Frame]:
    end = now() + seconds
    return [frame for _ in iter(lambda: now() < end, False) if (frame := camera.read()) is not None]


def test_a_film_is_played_at_its_own_pace_and_begins_again(film: Path) -> None:
    now = SimulatedTime(50.0)
    camera = movie.MovieCamera(config(film), now, now.wait)
    frames = played(camera, now, 10.0)
    assert len(frames) == pytest.approx(100, abs=2)
    assert np.diff([frame.t for frame in frames]) == pytest.approx(0.1, abs=0.02)
    assert {(frame.form, frame.width, frame.height) for frame in frames} == {("rgb", WIDTH, HEIGHT)}
    assert np.abs(frames[0].pixels.astype(int) - frames[COUNT].pixels).max() == 0  # the second round
    red, grey = frames[0].pixels[10, 5].astype(int), shelf(WIDTH, HEIGHT)[10, 5].astype(int)
    assert np.abs(red - grey).max() < 40  # colours are in their order


def test_more_pictures_than_asked_for_are_left_out_and_the_pace_stays(film: Path) -> None:
    now = SimulatedTime(50.0)
    frames = played(movie.MovieCamera(config(film, rate_hz=2), now, now.wait), now, 10.0)
    assert len(frames) == pytest.approx(20, abs=2)


def test_a_film_goes_on_where_it_was_when_nobody_asked_for_a_while(film: Path) -> None:
    now = SimulatedTime(50.0)
    camera = movie.MovieCamera(config(film), now, now.wait)
    played(camera, now, 1.0)
    now.wait(60.0)
    assert len(played(camera, now, 1.0)) <= 11


def test_a_film_is_scaled_to_its_size_but_never_squeezed(film: Path) -> None:
    now = SimulatedTime()
    (frame, *_) = played(movie.MovieCamera(config(film, width=64, height=36), now, now.wait), now, 0.5)
    assert (frame.width, frame.height) == (64, 36)
    with pytest.raises(CameraError, match="96x54") as refused:
        movie.MovieCamera(config(film, width=64, height=48), now, now.wait).read()
    assert refused.value.code == "wrong_size"


def test_all_frames_of_a_film_for_measuring(film: Path) -> None:
    told = list(movie.frames(film))
    assert [round(t, 3) for t, _ in told] == [n / 10 for n in range(COUNT)]
    assert all(frame.t == t and frame.width == WIDTH for t, frame in told)


def test_closing_ends_a_film(film: Path) -> None:
    camera = movie.MovieCamera(config(film))
    camera.close()
    camera.close()
    assert camera.read() is None


def code_of(attempt: Callable[[], object]) -> str:
    with pytest.raises(CameraError) as refused:
        attempt()
    assert len(str(refused.value)) > 20
    return refused.value.code


def test_what_is_no_film_is_refused_in_a_sentence(film: Path, tmp_path: Path) -> None:
    whole = film.read_bytes()
    files = {
        "cut.mp4": whole[: len(whole) // 3],  # the index stood at its end
        "empty.mp4": b"",
        "text.mp4": b"#!/bin/sh\necho hello\n" * 50,
        "list.m3u8": b"#EXTM3U\n#EXTINF:10,\nfile://" + bytes(film) + b"\n#EXT-X-ENDLIST\n",
        "concat.mp4": b"ffconcat version 1.0\nfile " + bytes(film) + b"\n",
        "zeros.mp4": bytes(10_000),
    }
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
        assert code_of(lambda name=name: list(movie.frames(tmp_path / name))) == "garbage", name
        assert code_of(lambda name=name: movie.MovieCamera(config(tmp_path / name))) == "garbage", name
    assert code_of(lambda: open_camera(config(tmp_path / "none.mp4"))) == "not_found"
    assert code_of(lambda: open_camera(config(tmp_path))) != ""


def test_a_film_without_pictures_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "sound.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000)
        stream.layout = "mono"
        sound = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), format="s16", layout="mono")
        sound.sample_rate = 8000
        container.mux(stream.encode(sound))
    assert code_of(lambda: list(movie.frames(path))) == "garbage"


@pytest.mark.parametrize("suffix", [".mp4", ".avi", ".mkv"])
def test_a_damaged_film_is_pictures_or_a_sentence(tmp_path: Path, suffix: str) -> None:
    codec = "mjpeg" if suffix == ".avi" else "mpeg4"
    whole = write_movie(tmp_path / f"whole{suffix}", codec, 32, 24, 6).read_bytes()
    chance = random.Random(5)
    path, refused = tmp_path / f"damaged{suffix}", 0
    for _ in range(150):
        data = bytearray(whole[: chance.choice([len(whole), chance.randrange(len(whole))])])
        for _ in range(chance.choice([1, 8, 64])):
            if data:
                data[chance.randrange(len(data))] = chance.randrange(256)
        path.write_bytes(data)
        try:
            for count, (_, frame) in enumerate(movie.frames(path, 32, 24)):
                assert frame.pixels.shape == (24, 32, 3)
                assert count < 1000
        except CameraError:
            refused += 1
    assert 10 < refused < 150


def test_a_film_that_claims_gigantic_pictures_is_refused_before_they_are_unpacked(tmp_path: Path) -> None:
    data = bytearray(write_movie(tmp_path / "w.avi", "mjpeg", 32, 24, 6).read_bytes())
    at = data.find(b"\xff\xc0")  # the head of a JPEG's frame: its height and width stand five bytes on
    while at > 0:
        data[at + 5 : at + 9] = struct.pack(">HH", 20_000, 20_000)
        at = data.find(b"\xff\xc0", at + 1)
    (tmp_path / "huge.avi").write_bytes(data)
    before_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert code_of(lambda: list(movie.frames(tmp_path / "huge.avi", 64, 48))) == "garbage"
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kb < 50_000


def test_a_film_behind_the_real_thread_reaches_the_slot(film: Path) -> None:
    heard, slot = list[Observation](), Slot()
    reader = CameraReader(config(film, rate_hz=60), slot, heard.append)
    thread = threading.Thread(target=reader.run)
    thread.start()
    frame = slot.take(5.0)
    reader.stop()
    thread.join(2.0)
    assert frame is not None and abs(frame.t - time.monotonic()) < 5.0
    assert not thread.is_alive() and heard == []


# -- a folder ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def album(tmp_path: Path) -> Path:
    folder = tmp_path / "album"
    folder.mkdir()
    for n, name in enumerate(["b.png", "a.jpg", "c.jpeg"]):
        Image.fromarray(np.full((HEIGHT, WIDTH, 3), 40 * (n + 1), np.uint8)).save(folder / name)
    (folder / "notes.txt").write_text("not a picture")
    return folder


def test_a_folder_is_played_by_name_at_its_rate_and_begins_again(album: Path) -> None:
    now = SimulatedTime(5.0)
    frames = played(FolderCamera(config(album, "folder", rate_hz=2), now, now.wait), now, 3.0)
    assert [round(int(frame.pixels[0, 0, 0]) / 40) for frame in frames[:5]] == [2, 1, 3, 2, 1]
    assert np.diff([frame.t for frame in frames]) == pytest.approx(0.5)


def test_a_folder_without_pictures_or_none_at_all(tmp_path: Path) -> None:
    assert code_of(lambda: open_camera(config(tmp_path, "folder"))) == "garbage"
    assert code_of(lambda: open_camera(config(tmp_path / "none", "folder"))) == "not_found"


@pytest.mark.timeout(5)
@pytest.mark.parametrize("driver", ["file", "folder"])
def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path, driver: str) -> None:
    os.mkfifo(tmp_path / "a.jpg")
    device = tmp_path if driver == "folder" else tmp_path / "a.jpg"
    assert code_of(lambda: open_camera(config(device, driver)).read()) == "garbage"


def test_a_picture_that_would_unpack_into_gigabytes_is_refused(album: Path) -> None:
    head = b"IHDR" + struct.pack(">IIBBBBB", 60_000, 33_750, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", 13) + head + struct.pack(">I", zlib.crc32(head))
    (album / "0.png").write_bytes(b"\x89PNG\r\n\x1a\n" + chunk + (album / "b.png").read_bytes()[33:])
    assert code_of(lambda: open_camera(config(album, "folder")).read()) in ("wrong_size", "garbage")


@pytest.mark.parametrize("name", ["b.png", "a.jpg"])
def test_a_damaged_picture_is_a_picture_or_a_sentence(album: Path, name: str) -> None:
    whole, chance, refused = (album / name).read_bytes(), random.Random(7), 0
    for other in album.iterdir():
        if other.name != name:
            other.unlink()
    for _ in range(300):
        data = bytearray(whole[: chance.choice([len(whole), chance.randrange(len(whole))])])
        for _ in range(chance.choice([1, 4, 20])):
            if data:
                data[chance.randrange(len(data))] = chance.randrange(256)
        (album / name).write_bytes(data)
        try:
            frame = FolderCamera(config(album, "folder")).read()
            assert frame is not None and frame.pixels.shape == (HEIGHT, WIDTH, 3)
        except CameraError:
            refused += 1
    assert 10 < refused < 300


# -- V4L2 -------------------------------------------------------------------------------------------------------------

USB = schema.Camera(driver="v4l2", device="/dev/v4l/by-id/usb-cam", width=WIDTH, height=HEIGHT, rate_hz=10)


class Device:
    """An FFmpeg container on a camera: `script` holds pictures' times and errors, in their order."""

    def __init__(self, *script: float | Exception) -> None:
        self.script, self.closed, self.options = list(script), False, dict[str, str]()
        context = type("Context", (), {"width": WIDTH, "height": HEIGHT, "options": {}})()
        stream = type("Stream", (), {"codec_context": context})()
        self.streams = type("Streams", (), {"video": [stream]})()

    def decode(self, stream: object) -> Any:
        while self.script:
            step = self.script.pop(0)
            if isinstance(step, Exception):
                raise step
            picture = av.VideoFrame.from_ndarray(shelf(WIDTH, HEIGHT), format="rgb24")
            picture.pts, picture.time_base = (
                round(step * 1e6),
                av.time_base and __import__("fractions").Fraction(1, 10**6),
            )
            yield picture

    def close(self) -> None:
        self.closed = True


def usb(monkeypatch: pytest.MonkeyPatch, device: Device) -> v4l2.V4l2Source:
    def opened(path: str, format: str, options: dict[str, str], timeout: float) -> Device:
        assert (path, format) == (USB.device, "v4l2")
        device.options = options
        return device

    monkeypatch.setattr(av, "open", opened)
    return v4l2.V4l2Source(USB, lambda: 100.0)


def test_a_usb_camera_is_asked_without_blocking_and_stamps_its_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    device = Device(av.error.BlockingIOError(errno.EAGAIN, "again"), 99.95)
    source = usb(monkeypatch, device)
    assert device.options["video_size"] == "96x54" and device.options["framerate"] == "10"
    assert source.grab(threading.Event()) is None
    frame = source.grab(threading.Event())
    assert frame is not None and frame.t == pytest.approx(99.95) and frame.width == WIDTH
    source.release()
    assert device.closed


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (av.error.OSError(errno.ENODEV, "No such device"), "unplugged"),
        (av.error.OSError(errno.EIO, "Input/output error"), "unplugged"),
        (av.error.InvalidDataError(1094995529, "Invalid data"), "garbage"),
    ],
)
def test_a_usb_camera_that_goes_says_so(monkeypatch: pytest.MonkeyPatch, error: Exception, code: str) -> None:
    source = usb(monkeypatch, Device(error))
    assert code_of(lambda: source.grab(threading.Event())) == code


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (av.error.FileNotFoundError(errno.ENOENT, "No such file"), "not_found"),
        (av.error.PermissionError(errno.EACCES, "Permission denied"), "permission_denied"),
        (av.error.OSError(errno.EBUSY, "Device or resource busy"), "busy"),
        (av.error.OSError(errno.ENOTTY, "Inappropriate ioctl"), "not_found"),
        (av.error.ArgumentError(errno.EINVAL, "Invalid argument"), "settings_refused"),
    ],
)
def test_a_usb_camera_that_cannot_be_opened(monkeypatch: pytest.MonkeyPatch, error: Exception, code: str) -> None:
    def refused(*args: object, **kwargs: object) -> None:
        raise error

    monkeypatch.setattr(av, "open", refused)
    assert code_of(lambda: v4l2.V4l2Source(USB, lambda: 100.0)) == code


def test_a_device_that_is_no_camera_is_named() -> None:
    camera = open_camera(schema.Camera(driver="v4l2", device="/dev/null"))
    assert code_of(lambda: [camera.read() for _ in range(50)]) == "not_found"
    camera.close()


def test_no_driver_no_camera() -> None:
    assert code_of(lambda: open_camera(schema.Camera())) == "no_camera"
    assert name_of(USB) == "v4l2:usb-cam"
