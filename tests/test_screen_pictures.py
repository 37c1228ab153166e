"""Pictures and animations from outside: shown where they are sound, refused with a sentence where they are not."""

from __future__ import annotations

import io
import random
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from agent.screen import pictures
from agent.screen.containers import PictureError, Shape, shape_of
from agent.screen.pictures import Look, check_picture, fitted, frames

RED, BLUE, WHITE = (220, 20, 30), (10, 30, 200), (255, 255, 255)
LOOK = Look(60, 20, WHITE)
FORMATS = ("PNG", "GIF", "WEBP")


def still(size: tuple[int, int] = (30, 10), colour: tuple[int, ...] = RED, mode: str = "RGB") -> Image.Image:
    return Image.new(mode, size, colour)


def saved(image: Image.Image, form: str, *more: Image.Image, duration: int = 80) -> bytes:
    file = io.BytesIO()
    extra = {"save_all": True, "append_images": more, "duration": duration, "loop": 0} if more else {}
    image.save(file, form, **(extra | ({"lossless": True} if form == "WEBP" else {})))
    return file.getvalue()


def animation(form: str, count: int = 4, duration: int = 80) -> bytes:
    first, *rest = (still(colour=(60 * n, 20, 200 - 40 * n)) for n in range(count))
    return saved(first, form, *rest, duration=duration)


def kept(folder: Path, data: bytes) -> Path:
    path = folder / "asset"
    path.write_bytes(data)
    return path


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width: int, height: int, *chunks: bytes) -> bytes:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(chunks) + chunk(b"IEND", b"")


def webp(*chunks: tuple[bytes, bytes]) -> bytes:
    body = b"".join(kind + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2) for kind, data in chunks)
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def vp8x(width: int, height: int, animated: bool = False) -> tuple[bytes, bytes]:
    size = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return b"VP8X", bytes([2 * animated, 0, 0, 0]) + size


def test_a_picture_is_scaled_into_the_middle_and_the_rest_is_background(tmp_path: Path) -> None:
    (frame,) = frames(kept(tmp_path, saved(still((20, 20)), "PNG")), LOOK)
    assert frame.hold_s is None and frame.picture.shape == (20, 60, 3)
    assert (frame.picture[:, 20:40] == RED).all()
    assert (frame.picture[:, :20] == WHITE).all() and (frame.picture[:, 40:] == WHITE).all()


@pytest.mark.parametrize("form", FORMATS)
def test_an_animation_keeps_its_frames_and_their_time(form: str, tmp_path: Path) -> None:
    path = kept(tmp_path, animation(form))
    assert check_picture(path) is None
    assert shape_of(path.read_bytes()) == Shape(form, 30, 10, 4, pytest.approx(0.32))
    shown = list(frames(path, LOOK))
    assert [frame.hold_s for frame in shown] == pytest.approx([0.08] * 4)
    assert [tuple(frame.picture[10, 30]) for frame in shown] == [(60 * n, 20, 200 - 40 * n) for n in range(4)]


def test_frames_without_a_time_have_the_browsers(tmp_path: Path) -> None:
    shown = list(frames(kept(tmp_path, animation("GIF", duration=0)), LOOK))
    assert [frame.hold_s for frame in shown] == [0.1] * 4


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "RGBA", "I;16"])
def test_every_kind_of_pixel_becomes_red_green_blue(mode: str, tmp_path: Path) -> None:
    grey = (
        Image.fromarray(np.full((10, 30), 40_000, np.uint16)) if mode == "I;16" else still(colour=WHITE).convert(mode)
    )
    (frame,) = frames(kept(tmp_path, saved(grey, "PNG")), LOOK)
    assert (frame.picture == (156 if mode == "I;16" else 255)).all()


def test_through_what_is_transparent_the_background_shows(tmp_path: Path) -> None:
    (frame,) = frames(kept(tmp_path, saved(still(colour=(0, 0, 0, 0), mode="RGBA"), "WEBP")), Look(30, 10, BLUE))
    assert (frame.picture == BLUE).all()


def test_a_line_of_one_pixel_is_still_seen() -> None:
    assert (fitted(still((4000, 1)), LOOK) == RED).all(axis=2).any()


def gif_beyond_its_screen() -> bytes:
    data = bytearray(saved(still(), "GIF"))
    at = data.index(b"\x2c\0\0\0\0")
    data[at + 5 : at + 9] = struct.pack("<HH", 60_000, 60_000)
    return bytes(data)


def apng_of(count: int, delay: tuple[int, int] = (1, 25), size: tuple[int, int] = (30, 10)) -> bytes:
    controls = [chunk(b"fcTL", struct.pack(">IIIIIHHBB", n, *size, 0, 0, *delay, 0, 0)) for n in range(count)]
    return png(*size, chunk(b"acTL", struct.pack(">II", count, 0)), *controls)


HOSTILE = {
    "nothing at all": (b"", "no PNG, APNG, GIF or WebP"),
    "text": (b"<script>alert(1)</script>", "no PNG, APNG, GIF or WebP"),
    "a font": (b"\0\1\0\0\0\x0e\0\x80\0\3\0\x60glyf" + b"\0" * 500, "no PNG, APNG, GIF or WebP"),
    "a JPEG": (saved(still(), "JPEG"), "no PNG, APNG, GIF or WebP"),
    "a TIFF": (saved(still(), "TIFF"), "no PNG, APNG, GIF or WebP"),
    "an archive": (b"PK\3\4" + b"\0" * 100, "no PNG, APNG, GIF or WebP"),
    "a bomb of a PNG": (png(30_000, 30_000, chunk(b"IDAT", zlib.compress(b"\0" * 100_000))), "30000 x 30000"),
    "a PNG as wide as numbers go": (png(2**32 - 1, 1), "a side has at most"),
    "a PNG of nothing": (png(0, 0), "no pixels"),
    "a PNG with a text that unpacks": (
        png(9, 9, chunk(b"zTXt", b"x\0\0" + zlib.compress(b"\0" * 9_000_000)), chunk(b"IDAT", b"x")),
        "cannot be decoded",
    ),
    "a PNG with two sizes": (
        png(9, 9, chunk(b"IHDR", struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0))), "two sizes",
    ),
    "a PNG whose chunk never ends": (png(9, 9)[:33] + b"\x7f\xff\xff\xffIDAT", "ends in the middle"),
    "an APNG of a thousand frames": (apng_of(1000), "1,000 frames; at most 750"),
    "an APNG of hours": (apng_of(100, (60_000, 1)), "at most 120 s"),
    "an APNG that says so much": (png(9, 9, chunk(b"acTL", struct.pack(">II", 2**31 - 1, 0))), "frames; at most 750"),
    "an APNG too large in all": (apng_of(600, size=(1920, 360)), "414,720,000 pixels"),
    "an APNG that is wide": (apng_of(2, size=(4000, 1000)), "an animation has at most 1,050,000"),
    "a GIF beyond its screen": (gif_beyond_its_screen(), "beyond its own picture"),
    "a GIF with an unknown block": (saved(still(), "GIF")[:-1] + b"\x99", "no GIF has"),
    "a WebP of gigabytes": (webp(vp8x(16_383, 16_383, True), (b"ANMF", b"\0" * 24)), "16383 x 16383"),
    "a WebP with two sizes": (webp(vp8x(30, 10), vp8x(16_000, 16_000)), "two sizes"),
    "a WebP whose picture is larger": (
        webp(vp8x(30, 10), (b"VP8L", b"\x2f" + struct.pack("<I", 5000 | 5000 << 14))), "two sizes",
    ),
    "a WebP with nothing": (webp(), "holds no picture"),
    "a WebP cut short": (saved(still((200, 200)), "WEBP")[:-4], "ends in the middle"),
    "a RIFF of sound": (b"RIFF\x24\0\0\0WAVEfmt ", "no PNG, APNG, GIF or WebP"),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_picture_is_refused_before_it_costs_anything(name: str, tmp_path: Path) -> None:
    data, says = HOSTILE[name]
    reason = check_picture(kept(tmp_path, data))
    assert reason is not None and says in reason, reason


def test_a_file_that_is_too_large_or_gone_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "MAX_ASSET_BYTES", 1000)
    assert "1,000 bytes" in str(check_picture(kept(tmp_path, b"x" * 1001)))
    assert "cannot be read" in str(check_picture(tmp_path / "gone"))
    assert "cannot be read" in str(check_picture(tmp_path))


@pytest.mark.parametrize("form", FORMATS)
def test_a_file_cut_anywhere_is_refused(form: str, tmp_path: Path) -> None:
    whole = animation(form)
    for end in range(0, len(whole) - 12, 7):  # the last chunk of a PNG says nothing but that it ends
        assert check_picture(kept(tmp_path, whole[:end])) is not None, end


@pytest.mark.parametrize("form", FORMATS)
def test_whatever_was_damaged_ends_in_a_sentence_or_a_picture(form: str, tmp_path: Path) -> None:
    rng, passed = random.Random(form), 0
    sources = [animation(form), saved(still(), form)]
    for n in range(300):
        data = bytearray(sources[n % 2])
        for _ in range(rng.randint(1, 6)):
            data[rng.randrange(len(data))] = rng.choice((0, 0xFF, rng.randrange(256)))
        path = kept(tmp_path, bytes(data))
        if check_picture(path) is None:
            passed += 1
            assert all(frame.picture.shape == (20, 60, 3) for frame in frames(path, LOOK))
    assert 0 < passed < 300  # some were really damaged


def test_a_decoder_is_told_of_no_other_format_than_its_own(tmp_path: Path) -> None:
    with pytest.raises(PictureError):
        list(frames(kept(tmp_path, b"GIF89a" + saved(still(), "PNG")), LOOK))
