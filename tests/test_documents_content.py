"""Content from the hub: what is refused for what it says, what for its pictures, and what the core and screen get."""

from __future__ import annotations

import random
import struct
import zlib
from pathlib import Path
from typing import Any

import msgspec
import pytest
from files_scene import File, file
from PIL import Image

from agent.documents.content_document import ContentKind
from agent.screen.pictures import check_picture
from wire.codec import WireError, decode_document, encode_document
from wire.documents import ContentDocument, Coupon, Daypart, Item
from wire.limits import MAX_DOCUMENT_BYTES
from wire.reported import Finding

A, B = file(100, 1), file(100, 2)
COLA, WATER = "06901234567892", "06901234567908"
CALM = Item(name="calm", plays="loop", headline="Good morning", share=0.5)
PICTURE = Item(name="picture", plays="answer", asset=A.sha256, goods=(COLA,))


def document(*items: Item, assets: tuple[File, ...] | None = None, version: int = 1, **given: Any) -> ContentDocument:
    named = {one.sha256: one for one in (A, B)}
    used = (
        assets if assets is not None else tuple(named[x] for x in dict.fromkeys(i.asset for i in items) if x in named)
    )
    return ContentDocument(
        version=version, store="shop", device="d1", by="hub", issued="2026-03-14T08:00:00Z",
        items=items, assets=tuple(one.asset for one in used), **given,
    )  # fmt: skip


def loop(**given: Any) -> Item:
    return Item(**{"name": "x", "plays": "loop"} | given)


def answer(**given: Any) -> Item:
    return loop(plays="answer", **given)


class Device:
    """A content kind whose core and screen are lists; `files`: what the cache has."""

    def __init__(self, *files: File, folder: Path | None = None, check: Any = lambda path, beat: None) -> None:
        self.files = {one.sha256: Path(f"/nowhere/{one.sha256}") for one in files}
        self.core: list[tuple[tuple[str, ...], int | None]] = []
        self.screen: list[tuple[str, ...]] = []
        self.kind = ContentKind(
            lambda sha256: self.files.get(sha256),
            check_picture=check,
            goods=lambda: frozenset({COLA}),
            to_core=lambda items, version: self.core.append((tuple(i.name for i in items), version)),
            to_screen=lambda items, _: self.screen.append(tuple(i.name for i in items)),
        )


def paths(findings: list[Finding]) -> list[str]:
    assert all(f.reason and "\n" not in f.reason for f in findings)
    return [f.path for f in findings]


def test_a_good_document_has_no_findings_and_needs_its_files() -> None:
    kind = Device().kind
    good = document(CALM, PICTURE)
    assert kind.check(good) == [] and kind.notes(good) == [] and kind.needs(good) == (A.asset,)


@pytest.mark.parametrize(
    ("item", "path"),
    [
        (loop(), ""),
        (loop(seconds=5, goods=(COLA,)), ""),
        (loop(name="calm", line="twice"), "name"),
        (loop(asset="ab" * 32), "asset"),
        (loop(headline="two\nlines"), "headline"),
        (loop(headline="   "), "headline"),
        (loop(line="turned \u202e round"), "line"),
        (loop(line="nul \0"), "line"),
        (loop(line="private \ue000"), "line"),
        (answer(coupon=Coupon(campaign="c", says="a\tb", valid_s=60)), "coupon.says"),
        (loop(coupon=Coupon(campaign="c", says="1 off", valid_s=60)), "coupon"),
        (answer(line="y", share=0.5), "share"),
        (loop(link="https://good.example@evil.example/"), "link"),
        (loop(link="https://[half"), "link"),
        (loop(link="https://shop.example:99999/"), "link"),
        (loop(link="https:///no-host"), "link"),
        (loop(link="https://shop.example/\u0430"), "link"),
        (loop(line="y", valid_from="2026-13-01T00:00:00Z"), "valid_from"),
        (loop(line="y", valid_until="2026-03-01"), "valid_until"),
        (loop(line="y", valid_from="2026-03-02T00:00:00Z", valid_until="2026-03-01T00:00:00Z"), "valid_until"),
        (loop(line="y", dayparts=(Daypart(begins="08:00", ends="08:00"),)), "dayparts[0].begins"),
        (loop(line="y", dayparts=(Daypart(begins="24:00", ends="08:00"),)), "dayparts[0].begins"),
        (loop(line="y", dayparts=(Daypart(begins="08:00", ends="09:00", days=()),)), "dayparts[0].days"),
    ],
)
def test_an_item_that_cannot_be_shown_is_refused_with_its_place(item: Item, path: str) -> None:
    assert paths(Device().kind.check(document(CALM, item))) == [f"items[1].{path}".rstrip(".")]


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-14T08:00:00Z",
        "2026-03-14T16:00:00+08:00",
        "2026-03-14T16:00:00.123456789+08:00",
        "2026-03-14T04:30:00-03:30",
    ],
)
def test_a_moment_may_be_told_in_any_time_zone(text: str) -> None:
    told = document(CALM, loop(line="y", valid_from=text))
    assert decode_document("content", encode_document(told)) == told
    assert Device().kind.check(told) == []


@pytest.mark.parametrize("text", ["2026-03-14T16:00:00+8", "+08:00", "2026-03-14T08:00:00+08:00+08:00", "8+8"])
def test_an_offset_has_its_place_and_its_form(text: str) -> None:
    with pytest.raises(WireError):
        encode_document(document(CALM, loop(line="y", valid_from=text)))


@pytest.mark.parametrize(
    "text", ["今日特价", "\u3000可乐\u3000", "1,50\u00a0€", "l'été", "नमस्ते \u200d", "Sonder\u00adangebot", "👍🏽"]
)
def test_text_of_any_script_is_welcome(text: str) -> None:
    assert Device().kind.check(document(Item(name="x", plays="loop", headline=text))) == []


def test_files_are_listed_where_they_are_shown_and_shown_where_they_are_listed() -> None:
    kind = Device().kind
    assert paths(kind.check(document(CALM, assets=(A,)))) == ["assets[0]"]
    assert paths(kind.check(document(PICTURE, assets=(A, A)))) == ["assets[1]"]
    assert paths(kind.check(document(PICTURE, assets=()))) == ["items[0].asset"]


def test_unknown_goods_and_shares_of_more_than_all_are_told_and_not_refused() -> None:
    kind = Device().kind
    loud = [Item(name=f"i{n}", plays="loop", line="y", share=0.4, priority=n // 3) for n in range(6)]
    odd = document(Item(name="x", plays="answer", line="y", goods=(COLA, WATER)), *loud)
    assert kind.check(odd) == []
    assert paths(kind.notes(odd)) == ["items[0].goods[1]", "items", "items"]


def test_pictures_are_looked_at_before_anything_changes(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.png", tmp_path / "bad.png"
    Image.new("RGB", (32, 8), "red").save(good)
    bad.write_bytes(good.read_bytes()[:-20])
    device = Device(check=check_picture)
    beats: list[None] = []
    both = document(PICTURE, Item(name="b", plays="loop", asset=B.sha256))
    for files, refused in (
        ({A: good, B: good}, []),
        ({A: good, B: bad}, ["assets[1]"]),
        ({B: bad}, ["assets[0]", "assets[1]"]),
    ):
        device.files = {one.sha256: path for one, path in files.items()}
        assert paths(device.kind.ready(both, lambda: beats.append(None))) == refused
    assert device.core == [] and device.screen == [] and beats


@pytest.mark.parametrize("name", ["font.ttf", "text.png", "svg.png", "empty.gif", "html.webp", "bomb.png"])
def test_what_is_no_picture_is_refused(tmp_path: Path, name: str) -> None:
    contents = {
        "font.ttf": b"\0\1\0\0\0\x0c\0\x80\0\3\0\x40GDEF" + bytes(200),
        "text.png": b"hello " * 50,
        "empty.gif": b"GIF89a",
        "svg.png": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        "bomb.png": bomb(60_000, 60_000),
        "html.webp": b"RIFF\xff\xff\xff\xffWEBPVP8X" + bytes(50),
    }
    (tmp_path / name).write_bytes(contents[name])
    device = Device(check=check_picture)
    device.files = {A.sha256: tmp_path / name}
    (finding,) = device.kind.ready(document(PICTURE), lambda: None)
    assert finding.path == "assets[0]" and "picture" in finding.reason


def test_core_and_screen_get_the_same_items_once() -> None:
    device = Device(A)
    good = document(CALM, PICTURE)
    device.kind.apply(good)
    device.kind.apply(good)
    device.kind.apply(document(CALM, version=2))
    device.kind.apply(None)
    assert device.core == [(("calm", "picture"), 1), (("calm",), 2), ((), None)]
    assert device.screen == [names for names, _ in device.core]


def test_an_item_whose_file_is_lost_stays_away_until_it_is_back() -> None:
    device = Device()
    good = document(CALM, PICTURE)
    device.kind.apply(good)
    device.kind.apply(good)
    device.files[A.sha256] = Path("/nowhere")
    device.kind.apply(good)
    assert device.core == [(("calm",), 1), (("calm", "picture"), 1)]


def test_ten_thousand_files_are_refused_where_they_are_read() -> None:
    assets = [{"sha256": f"{n:064x}", "bytes": 1} for n in range(2000)]
    data = msgspec.json.encode(
        {"version": 1, "store": "s", "device": "d", "by": "b", "issued": "2026", "assets": assets}
    )
    assert len(data) < MAX_DOCUMENT_BYTES
    with pytest.raises(WireError):
        decode_document("content", data)
    with pytest.raises(WireError):
        decode_document("content", data.replace(b"[", b"[" * 100_000))


def bomb(width: int, height: int) -> bytes:
    """A picture of black that is small on the wire and has gigabytes in memory."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(bytes(1_000_000)))
        + chunk(b"IEND", b"")
    )


def mutated(data: bytes, pieces: list[bytes], chance: random.Random) -> bytes:
    """Bytes flipped, cut out, or pieces put in."""
    body = bytearray(data)
    for _ in range(chance.randint(1, 2)):
        at = chance.randrange(len(body))
        match chance.randrange(3):
            case 0:
                body[at] = chance.randrange(256)
            case 1:
                del body[at : at + chance.randrange(20)]
            case _:
                body[at:at] = chance.choice(pieces)
    return bytes(body)


def test_whatever_a_document_says_it_is_refused_or_checked() -> None:
    good = encode_document(
        document(
            CALM,
            PICTURE,
            answer(link="https://s.example/", valid_until="2026-03-01T00:00:00Z"),
            loop(name="d", line="y", dayparts=(Daypart(begins="08:00", ends="09:00"),)),
        )
    )
    device = Device()
    pieces = [b"../", b"\\u0000", b"1e999", b"NaN", b"-1", b"null", b"[[[[", b'"a"', b"\\ud800", b"99:99", b"9" * 400]
    chance, checked = random.Random(6), 0
    for _ in range(4000):
        try:
            read = decode_document("content", mutated(good, pieces, chance))
        except WireError:
            continue
        assert isinstance(read, ContentDocument)
        paths([*device.kind.check(read), *device.kind.notes(read)])
        checked += 1
    assert checked > 50
