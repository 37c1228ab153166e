"""Opens pictures that anybody may have put into a folder, and knows a picture again by its looks.

A file that is none, is cut short, or would not fit into memory is one sentence, never a crash.
Not here: which pictures there are (folder.py), which of them belong together (split.py).
"""

from __future__ import annotations

import hashlib
import warnings
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

FILE_BYTES = 64 << 20  # a picture of 50 megapixels has some 20 MB
MOST_PIXELS = 64_000_000  # as RGB 192 MB; a decompression bomb promises more in a few kB
LEAST_PX = 16  # of a side
LONGEST_PX = 1600  # a larger picture is shrunk to this at once: crops end at 128 pixels anyway
SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".webp")
LOOKS_SIDE = 16  # of the grid that is compared: 256 bits


class PictureError(Exception):
    """Not a picture that can be used; the message is the rest of a sentence that begins with the file's name."""


def digest_of(path: Path) -> str:
    """SHA-256 of the file's bytes. PictureError."""
    try:
        if path.stat().st_size > FILE_BYTES:
            raise PictureError(f"has more than {FILE_BYTES >> 20} MB: save it smaller")
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise PictureError(f"cannot be read ({error.strerror})") from error


def open_picture(path: Path) -> Image.Image:
    """RGB, turned the way it was taken, at most LONGEST_PX long. PictureError."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow's own warning of bombs; the limit below is ours
            with Image.open(path) as image:
                _hold_to_size(image.size)
                image.draft("RGB", (LONGEST_PX, LONGEST_PX))  # JPEG only: decoded smaller, not shrunk after
                image.load()
                upright = ImageOps.exif_transpose(image)
                assert upright is not None
                picture = upright.convert("RGB")
    except PictureError:
        raise
    except Image.DecompressionBombError as error:
        raise PictureError("promises more pixels than any camera has: leave it out") from error
    except (OSError, ValueError, SyntaxError, EOFError, IndexError, TypeError, KeyError, MemoryError) as error:
        raise PictureError(f"is no picture that can be read ({_short(error)}): leave it out or save it anew") from error
    picture.thumbnail((LONGEST_PX, LONGEST_PX), Image.Resampling.BILINEAR)
    return picture


def _hold_to_size(size: tuple[int, int]) -> None:
    if size[0] * size[1] > MOST_PIXELS:
        raise PictureError(f"has {size[0]} x {size[1]} pixels, more than {MOST_PIXELS // 1_000_000} million: shrink it")
    if min(size) < LEAST_PX:
        raise PictureError(f"has {size[0]} x {size[1]} pixels: a side needs {LEAST_PX}")


def _short(error: BaseException) -> str:
    if isinstance(error, UnidentifiedImageError):  # its own words name the whole path
        return "no known format"
    return (str(error) or type(error).__name__).splitlines()[0][:80]


def looks(picture: Image.Image) -> tuple[int, ...]:
    """256 bits for each of the eight ways to turn and mirror the picture; those of a copy that was scaled, recoloured,
    turned by quarters or mirrored differ from one of them in few bits."""
    side = LOOKS_SIDE
    small = picture.convert("L").resize((side + 1, side + 1), Image.Resampling.BILINEAR)
    grid = np.asarray(small, dtype=np.int16)
    ways = [np.rot90(flipped, turn) for flipped in (grid, grid[:, ::-1]) for turn in range(4)]
    return tuple(_bits(way) for way in ways)


def _bits(grid: np.ndarray) -> int:
    """Whether each cell is darker than its right neighbour."""
    rising = grid[:LOOKS_SIDE, 1:] > grid[:LOOKS_SIDE, :LOOKS_SIDE]
    return int.from_bytes(np.packbits(rising).tobytes(), "big")
