"""A folder of pictures as a camera: in the order of their names at rate_hz, and begun again at the end.

Raises CameraError `not_found`, `permission_denied`, `garbage` (no picture, cut short, damaged), `wrong_size`; a picture
that would unpack into more than 16 million pixels is refused before it is unpacked. Not here: videos (movie.py).
"""

from __future__ import annotations

import struct
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from agent.config import schema
from agent.sensors.camera.protocol import READ_TIMEOUT_S, CameraError
from agent.sensors.camera.size import demand_shape
from agent.vision.frame import Frame, Pixels

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")
FORMATS = ("JPEG", "PNG", "WEBP")
MOST_PICTURES = 100_000
MOST_PIXELS = 4096 * 4096


class FolderCamera:
    """A `Camera` that plays `config.device`."""

    def __init__(
        self,
        config: schema.Camera,
        clock: Callable[[], float] = time.monotonic,
        wait: Callable[[float], object] | None = None,
    ) -> None:
        """CameraError where there is no folder, or no picture in it."""
        self._config, self._clock = config, clock
        self._closed = threading.Event()
        self._wait = wait or self._closed.wait
        self._paths = pictures(Path(config.device))
        self._index, self._due_s = 0, clock()

    def read(self) -> Frame | None:
        """See Camera."""
        early_s = self._due_s - self._clock()
        if early_s > 0:
            self._wait(min(early_s, READ_TIMEOUT_S))
        now = self._clock()
        if self._closed.is_set() or now < self._due_s:
            return None
        period_s = 1 / self._config.rate_hz
        self._due_s = max(self._due_s, now - period_s) + period_s
        path = self._paths[self._index % len(self._paths)]
        self._index += 1
        return Frame(now, picture(path, self._config))

    def close(self) -> None:
        """See Camera."""
        self._closed.set()


def pictures(folder: Path) -> list[Path]:
    """Its pictures by name. CameraError where there are none, or too many for a list."""
    try:
        found = sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise CameraError("not_found", f"there is no folder {folder}: correct camera.device") from error
    except OSError as error:
        raise CameraError("permission_denied", f"{folder} cannot be read ({error.strerror}): let the agent") from error
    if not found:
        raise CameraError("garbage", f"{folder} holds no picture ({', '.join(SUFFIXES)}): put some in")
    if len(found) > MOST_PICTURES:
        raise CameraError("garbage", f"{folder} holds more than {MOST_PICTURES:,} pictures: keep fewer")
    return found


def picture(path: Path, config: schema.Camera) -> Pixels:
    """The picture in the configured size. CameraError where it is none."""
    try:
        if path.exists() and not path.is_file():
            raise OSError("it is no file, and to open a pipe would wait for its other end")
        with Image.open(path, formats=FORMATS) as image:
            if image.width * image.height > MOST_PIXELS:
                raise CameraError("wrong_size", f"{path} is {image.width}x{image.height}: more than 4096x4096")
            demand_shape(image.width, image.height, config, str(path))
            size = (config.width, config.height)
            image.draft("RGB", size)  # a JPEG of several times the size is unpacked smaller at once
            fitting = image.convert("RGB")
            if fitting.size != size:
                fitting = fitting.resize(size, Image.Resampling.BILINEAR)
            return np.asarray(fitting, dtype=np.uint8)
    except FileNotFoundError as error:
        raise CameraError("not_found", f"{path} has gone: leave the folder as it is while it is played") from error
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError, ValueError) as error:
        raise CameraError("garbage", f"{path} is no picture that can be read: remove or replace it") from error
    except (struct.error, IndexError, KeyError, EOFError, OverflowError) as error:  # Pillow on damaged chunks
        raise CameraError("garbage", f"{path} is damaged: remove or replace it") from error
