"""Copies of one picture never stand on both sides, and a picture that was learned from stays so."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageEnhance, ImageOps

from tests.train_scene import boxes_folder, folder_of_goods, goods
from tools.train.folder import Labelled, Picture, Product, read_folder
from tools.train.labels import Sample
from tools.train.split import LEAST_SOURCES, SplitError, sources_of, split, without_rare


def test_turned_mirrored_and_recoloured_copies_are_one_source(tmp_path: Path) -> None:
    root = folder_of_goods(tmp_path / "goods", each=4)
    one = goods("cola", 0)
    for n, copy in enumerate(
        (
            one.transpose(Image.Transpose.ROTATE_90),
            ImageOps.mirror(one),
            one.resize((200, 200)),
            ImageEnhance.Brightness(one).enhance(1.2),
        )
    ):
        copy.save(root / "6901234567892 cola" / f"z{n}.jpg", quality=80)
    labelled = read_folder(root)
    source = sources_of(labelled.pictures)
    names = [picture.path.name for picture in labelled.pictures]
    copies = {int(source[n]) for n, name in enumerate(names[:8]) if name.startswith("z") or name == "000.png"}
    assert len(copies) == 1
    assert len(set(source.tolist())) == 8


@pytest.mark.parametrize(
    ("one", "two", "same"),
    [
        ("a/cap_jpg.rf.0a1b.jpg", "b/cap_jpg.rf.9f.jpg", True),
        ("a/IMG_1 copy.jpg", "a/IMG_1.jpg", True),
        ("a/7_aug_12.png", "a/7_aug_3.png", True),
        ("a/20240105_101500.jpg", "a/20240105_101540.jpg", True),
        ("a/20240105_101500.jpg", "a/20240105_111540.jpg", False),
        ("a/cola (1).jpg", "a/cola (2).jpg", False),
        ("a/IMG_1001.jpg", "a/IMG_1002.jpg", False),
        ("a/1.jpg", "b/1.jpg", False),
        ("a/carrot1.jpg", "a/carrot2.jpg", False),
    ],
)
def test_names_tell_copies_and_bursts(one: str, two: str, same: bool) -> None:
    pictures = [_picture(name, n) for n, name in enumerate((one, two))]
    assert (len(set(sources_of(pictures).tolist())) == 1) is same


def test_each_class_is_on_both_sides_and_in_several_folds(tmp_path: Path) -> None:
    labelled = read_folder(boxes_folder(tmp_path / "boxes", each=6))
    source = sources_of(labelled.pictures)
    parts = split(labelled, source)
    label = np.array([picture.samples[0].label for picture in labelled.pictures])
    for n in (0, 1):
        mine = label == n
        assert 2 <= parts.held_out[mine].sum() <= 6
        assert len(set(parts.fold[mine & ~parts.held_out].tolist())) >= 2


def test_what_was_learned_from_stays_on_that_side_when_pictures_are_added() -> None:
    many = [_picture(f"a/{n}.png", n, label=n % 3) for n in range(120)]
    fewer = _labelled(many[:60])
    before = split(fewer, sources_of(fewer.pictures))
    after = split(_labelled(many), sources_of(many))
    learned = ~before.held_out
    assert not (after.held_out[:60] & learned).any()


def test_the_side_does_not_depend_on_names_or_order() -> None:
    many = [_picture(f"a/{n}.png", n) for n in range(60)]
    renamed = [_picture(f"b/x{n}.png", n) for n in reversed(range(60))]
    one = split(_labelled(many), sources_of(many)).held_out
    two = split(_labelled(renamed), sources_of(renamed)).held_out
    assert one.tolist() == two[::-1].tolist()


def test_a_class_with_too_few_pictures_is_left_out_with_a_sentence() -> None:
    pictures = [_picture(f"a/{n}.png", n, label=n % 2) for n in range(20)] + [_picture("a/rare.png", 99, label=2)]
    labelled, source = without_rare(_labelled(pictures), sources_of(pictures))
    assert [p.title for p in labelled.products] == ["class 0", "class 1"]
    assert len(labelled.pictures) == len(source) == 20
    assert labelled.remarks == [
        f"class 2 has 1 pictures of different scenes, {LEAST_SOURCES} are the least (20 are better): left out"
    ]


def test_one_class_is_not_enough() -> None:
    pictures = [_picture(f"a/{n}.png", n, label=0) for n in range(20)]
    with pytest.raises(SplitError, match="two are needed"):
        without_rare(_labelled(pictures), sources_of(pictures))


def _picture(name: str, number: int, label: int = 0) -> Picture:
    chance = np.random.default_rng(number)
    looks = tuple(int.from_bytes(chance.bytes(32), "big") for _ in range(8))
    return Picture(Path(name), name, f"{number:064x}", looks, (Sample((0, 0, 1, 1), label),))


def _labelled(pictures: list[Picture]) -> Labelled:
    labels = {sample.label for picture in pictures for sample in picture.samples}
    return Labelled(tuple(Product(f"class {n}") for n in range(max(labels) + 1)), list(pictures))
