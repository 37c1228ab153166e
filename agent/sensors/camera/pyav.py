"""The seam to PyAV: containers of moving pictures are opened within bounds, FFmpeg's errors become CameraError.

A file may be hostile: only real containers and codecs are opened (a playlist could name other files and hosts), only
the `file` protocol, and no picture of more than 16 million pixels is ever allocated.
Not here: playing a file (movie.py), a camera on USB (v4l2.py).
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np

from agent.sensors.camera.protocol import CameraError
from agent.vision.frame import Pixels

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

MOST_PIXELS = 4096 * 4096  # the largest that camera.width x camera.height may ask for
CONTAINERS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,h264,hevc,m4v,mjpeg,ivf"
FILE_OPTIONS = {"protocol_whitelist": "file", "format_whitelist": CONTAINERS, "max_pixels": str(MOST_PIXELS)}
INSTALL = "pip install 'shelfd[camera]' into the agent's environment"


@contextmanager
def explained(device: str) -> Iterator[None]:
    """FFmpeg's errors as CameraError with `device` in their sentence."""
    av = load()
    try:
        yield
    except (av.error.FFmpegError, OSError, ValueError, MemoryError) as error:
        raise _explained(error, device) from error
    except (LookupError, OverflowError) as error:  # PyAV where a damaged file grows a stream; once in 20,000 damages
        raise CameraError("garbage", f"{device} is damaged: replace it") from error


def open_file(path: str) -> InputContainer:
    """A video file, opened. CameraError where it is none: to open a pipe would wait for its other end."""
    if Path(path).exists() and not Path(path).is_file():
        raise CameraError("garbage", f"{path} is no file: name a video file in camera.device")
    with explained(path):
        container: InputContainer = load().open("file:" + path, options=dict(FILE_OPTIONS))
        return container


def video_of(container: InputContainer, device: str) -> VideoStream:
    """Its first stream of pictures, set to decode in this thread within bounds. CameraError where it has none."""
    if not container.streams.video:
        raise CameraError("garbage", f"{device} holds no pictures: give a video")
    stream = container.streams.video[0]
    context = stream.codec_context
    if context is None:  # an unknown codec, as damage makes one
        raise CameraError("garbage", f"{device} is packed in an unknown way: convert it to H.264 in MP4")
    if context.width * context.height > MOST_PIXELS:
        size = f"{context.width}x{context.height}"
        raise CameraError("wrong_size", f"{device} holds pictures of {size}: more than 4096x4096 are not read")
    context.thread_count = 1
    context.options = {**context.options, "max_pixels": str(MOST_PIXELS)}
    return stream


class Painter:
    """Decoded pictures -> RGB of one size. One converter for all: a new one for each picture costs 2 ms instead of
    0.1 (640x360, x86-64)."""

    def __init__(self) -> None:
        from av.video.reformatter import VideoReformatter

        self._reformatter = VideoReformatter()

    def rgb(self, frame: VideoFrame, width: int, height: int) -> Pixels:
        """(height, width, 3); scaled where it has another size."""
        same = (frame.width, frame.height) == (width, height)
        how = "FAST_BILINEAR" if same else "BILINEAR"
        made = self._reformatter.reformat(frame, width=width, height=height, format="rgb24", interpolation=how)
        pixels: Pixels = np.asarray(made.to_ndarray(), dtype=np.uint8)
        return pixels


def load() -> ModuleType:
    """PyAV, imported at its first use. CameraError where it is not installed."""
    try:
        import av
        import av.error
    except ImportError as error:
        raise CameraError("no_library", f"PyAV is missing: {INSTALL}") from error
    return av


def _explained(error: BaseException, device: str) -> CameraError:
    if isinstance(error, FileNotFoundError):
        return CameraError("not_found", f"there is no {device}: plug the camera in, or correct camera.device")
    if isinstance(error, PermissionError):
        return CameraError("permission_denied", f"{device} may not be opened: add the agent's user to the group video")
    number = getattr(error, "errno", None)
    if number == errno.EBUSY:
        return CameraError("busy", f"another program holds {device}: stop it (fuser -v {device} names it)")
    if number in (errno.EIO, errno.ENODEV, errno.ENXIO) and device.startswith("/dev/"):
        return CameraError("unplugged", f"{device} does not answer any more: unplug it, plug it in again")
    if number == errno.ENOTTY:
        return CameraError("not_found", f"{device} is no camera: correct camera.device (ls /dev/v4l/by-id)")
    said = getattr(error, "strerror", None) or str(error)
    return CameraError("garbage", f"{device} cannot be read as a video ({said}): replace it")
