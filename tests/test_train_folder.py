"""What a store puts into a folder: pictures, boxes, and all that goes wrong with both."""

from __future__ import annotations

import json
import os
import struct
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.train_scene import boxes_folder, folder_of_goods, goods
from tools.train.folder import FolderError, Product, read_folder
from tools.train.labels import MOST_BOXES, parse_labels
from tools.train.names import names_of


def test_one_folder_a_product_with_its_gtin_in_front(tmp_path: Path) -> None:
    labelled = read_folder(folder_of_goods(tmp_path / "goods", each=3))
    assert labelled.products == (Product("cola", "06901234567892"), Product("lime", "06901234567908"))
    assert [p.samples[0].label for p in labelled.pictures] == [0, 0, 0, 1, 1, 1]
    assert labelled.pictures[0].samples[0].box == (0, 0, 1, 1)
    assert labelled.remarks == []


def test_boxes_of_all_parts_are_put_together(tmp_path: Path) -> None:
    labelled = read_folder(boxes_folder(tmp_path / "boxes", each=2))
    assert labelled.products == (Product("cola"), Product("lime"))
    assert len(labelled.pictures) == 8
    assert labelled.pictures[0].samples[0].box == pytest.approx((0.2, 0.2, 0.8, 0.8))


def test_what_is_no_picture_is_told_with_its_name_and_the_rest_is_used(tmp_path: Path) -> None:
    root = folder_of_goods(tmp_path / "goods", each=3)
    cola = root / "6901234567892 cola"
    (cola / "notes.jpg").write_text("buy milk")
    (cola / "cut.png").write_bytes((cola / "000.png").read_bytes()[:300])
    (cola / "tiny.png").write_bytes(_png(4, 4))
    (cola / "bomb.png").write_bytes(_png(60_000, 60_000))
    (cola / "large.png").write_bytes(_png(12_000, 9_000))
    (cola / "readme.txt").write_text("hello")
    (cola / "again.png").write_bytes((cola / "001.png").read_bytes())
    labelled = read_folder(root)
    assert len(labelled.pictures) == 6
    remarks = "\n".join(labelled.remarks)
    for name, reason in (
        ("notes.jpg", "is no picture that can be read"),
        ("cut.png", "is no picture that can be read"),
        ("tiny.png", "4 x 4 pixels: a side needs 16"),
        ("bomb.png", "promises more pixels than any camera"),
        ("large.png", "more than 64 million"),
        ("readme.txt", "is no picture by its name"),
        ("again.png", "once more: counted once"),
    ):
        assert any(name in line and reason in line for line in labelled.remarks), (name, remarks)


def test_one_picture_under_two_classes_is_told(tmp_path: Path) -> None:
    root = folder_of_goods(tmp_path / "goods", each=3)
    (root / "6901234567908 lime" / "x.png").write_bytes((root / "6901234567892 cola" / "000.png").read_bytes())
    assert "under another class" in read_folder(root).remarks[0]


def test_a_wrong_check_digit_is_told_and_kept(tmp_path: Path) -> None:
    root = folder_of_goods(tmp_path / "goods", each=2)
    (root / "6901234567908 lime").rename(root / "6901234567900 lime")
    labelled = read_folder(root)
    assert {p.gtin for p in labelled.products} == {"06901234567892", "06901234567900"}
    assert any("last digit" in remark for remark in labelled.remarks)


def test_folders_nothing_can_be_learned_from(tmp_path: Path) -> None:
    with pytest.raises(FolderError, match="is no folder"):
        read_folder(tmp_path / "nowhere")
    (tmp_path / "one").mkdir()
    with pytest.raises(FolderError, match="0 folders of pictures"):
        read_folder(tmp_path / "one")
    (tmp_path / "one" / "a").mkdir()
    (tmp_path / "one" / "b").mkdir()
    (tmp_path / "one" / "b" / "x.jpg").write_text("no")
    with pytest.raises(FolderError, match="no labelled picture that can be used; the first reason: b/x"):
        read_folder(tmp_path / "one")
    (tmp_path / "one" / "data.yaml").write_text("nc: 2")
    with pytest.raises(FolderError, match="no line names:"):
        read_folder(tmp_path / "one")


def test_a_name_that_is_no_text_is_written_out(tmp_path: Path) -> None:
    root = folder_of_goods(tmp_path / "goods", each=2)
    (root / "6901234567908 lime").rename(os.fsdecode(os.fsencode(root) + b"/li\xffme"))
    labelled = read_folder(root)
    assert [p.title for p in labelled.products] == ["cola", "li\\udcffme"]
    assert json.dumps([p.name for p in labelled.pictures], ensure_ascii=False).encode()


def test_two_folders_of_one_product_are_to_be_put_together(tmp_path: Path) -> None:
    root = folder_of_goods(tmp_path / "goods", each=2)
    (root / "6901234567908 lime").rename(root / "06901234567892 lime")
    with pytest.raises(FolderError, match="have the same GTIN or name"):
        read_folder(root)


def test_boxes_without_their_labels_are_passed_over(tmp_path: Path) -> None:
    root = boxes_folder(tmp_path / "boxes", each=2)
    labels = root / "train" / "labels"
    (labels / "cola0.txt").unlink()
    (labels / "cola1.txt").write_bytes(b"\xff\xfe\x00")
    (labels / "lime0.txt").write_text("1 0.5 0.5 0.4 0.4\n7 0.5 0.5 0.4 0.4\n")
    labelled = read_folder(root)
    assert len(labelled.pictures) == 6
    assert any("lime0.txt, line 2: class '7' is none of 0..1" in remark for remark in labelled.remarks)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("9 .5 .5 .2 .2", "none of 0..1"),
        ("-1 .5 .5 .2 .2", "none of 0..1"),
        ("a .5 .5 .2 .2", "none of 0..1"),
        ("0 .5 .5 .2", "3 numbers"),
        ("0 .5 .5 .2 x", "no number"),
        ("0 nan .5 .2 .2", "4 numbers"),
        ("0 320 240 100 100", "not pixels"),
        ("0 .5 .5 0 .2", "empty"),
        ("0 1.5 1.5 .1 .1", "empty"),
    ],
)
def test_a_line_that_is_no_box_says_why(line: str, reason: str) -> None:
    samples, wrong = parse_labels(f"0 .5 .5 .4 .4\n\n{line}\n", 2)
    assert len(samples) == 1 and reason in wrong[0] and wrong[0].startswith("line 3:")


def test_a_polygon_and_a_turned_box_become_the_upright_box_around_them() -> None:
    samples, wrong = parse_labels("1 .1 .2 .5 .1 .6 .4 .2 .5", 2)
    assert not wrong and samples[0].box == (0.1, 0.1, 0.6, 0.5)


def test_no_more_boxes_than_a_shelf_shows() -> None:
    samples, wrong = parse_labels("0 .5 .5 .4 .4\n" * 1000, 1)
    assert len(samples) == MOST_BOXES and len(wrong) == 1


@given(st.text(alphabet="0123456789.- \neEinfax\t\x00٣", max_size=200))
def test_whatever_stands_in_a_file_of_labels(text: str) -> None:
    for sample in parse_labels(text, 3)[0]:
        left, top, right, bottom = sample.box
        assert 0 <= left < right <= 1 and 0 <= top < bottom <= 1 and 0 <= sample.label < 3


@pytest.mark.parametrize(
    "text",
    [
        "names: ['a b', \"c\"]",
        "names: [a b, c]",
        "nc: 2\nnames:\n- a b\n- c\npath: x",
        "names:\n  0: a b\n  1: 'c'\n",
        "names: {0: a b, 1: c}",
        "names: [\n  'a b',\n  'c',\n]\n",
    ],
)
def test_classes_are_found_however_they_are_written(text: str) -> None:
    assert names_of(text) == ["a b", "c"]


@given(st.text(alphabet="names:[]{}'\"-, \n01a#\\", max_size=80))
def test_whatever_stands_in_data_yaml(text: str) -> None:
    try:
        names = names_of("names: " + text)
    except ValueError:
        return
    assert len(names) >= 2 and all(names)


@given(st.binary(max_size=120), st.integers(0, 400))
def test_damaged_pictures_are_remarks(tmp_path_factory: pytest.TempPathFactory, junk: bytes, at: int) -> None:
    from tools.train.pictures import PictureError, open_picture

    path = tmp_path_factory.mktemp("p") / "x.jpg"
    goods("cola", 1).save(path, quality=60)
    data = path.read_bytes()
    path.write_bytes(data[:at] + junk + data[at + len(junk) :])
    try:
        assert open_picture(path).mode == "RGB"
    except PictureError as error:
        assert str(error)


def _png(width: int, height: int) -> bytes:
    """A PNG's head that promises that size."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(100))) + chunk(b"IEND", b"")
