"""Reads a folder of labelled pictures, in either of two forms, and tells what of it cannot be used.

    FOLDER/6901234567892 Cola 330/*.jpg     one folder a product, each picture filled by it; "other": none of them
    FOLDER/{data.yaml,images/,labels/}      YOLO text boxes, `class cx cy w h` as shares of the picture; also in
                                            train/, valid/, test/, which are put together: the split is ours

A class's name may begin with its GTIN. Not here: opening pictures (pictures.py), who trains on what (split.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from agent.shelf.gtin import LENGTHS, check_digit_right, gtin_14
from tools.train.labels import LABEL_BYTES, Sample, parse_labels
from tools.train.names import names_of
from tools.train.pictures import SUFFIXES, PictureError, digest_of, looks, open_picture

OTHER = "other"  # class of what is none of the products; it never carries a GTIN
PARTS = ("", "train", "valid", "val", "test")
MOST_PICTURES = 20_000
TOLD_MOST = 12  # sentences of one kind; the rest is counted


class FolderError(Exception):
    """Nothing can be learned from this folder; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Product:
    """One class: its title, and its GTIN where the name begins with one."""

    title: str
    gtin: str | None = None


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that opens: `name` within the folder, `digest` of its bytes, `looks` (pictures.looks)."""

    path: Path
    name: str
    digest: str
    looks: tuple[int, ...]
    samples: tuple[Sample, ...]


@dataclass(slots=True)
class Labelled:
    """All that can be used, and a sentence for all that cannot."""

    products: tuple[Product, ...]
    pictures: list[Picture] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def read_folder(folder: Path) -> Labelled:
    """Pictures in the order of their names; of files with the same bytes one. FolderError when there are no two
    classes or no pictures."""
    if not folder.is_dir():
        raise FolderError(f"{folder} is no folder: give one with a folder of pictures for each product")
    is_boxes = any((folder / name).is_file() for name in ("data.yaml", "data.yml"))
    labelled, listed = _boxes(folder) if is_boxes else _folders(folder)
    _demand_different(labelled.products)
    if len(listed) > MOST_PICTURES:
        raise FolderError(f"{folder} has {len(listed)} pictures, more than {MOST_PICTURES}: a few hundred are plenty")
    _open_all(folder, listed, labelled)
    labelled.remarks[:] = _shortened(labelled.remarks)
    if not labelled.pictures:
        why = f"; the first reason: {labelled.remarks[0]}" if labelled.remarks else ""
        raise FolderError(f"{folder} has no labelled picture that can be used{why}")
    return labelled


def product_of(name: str, remarks: list[str]) -> Product:
    """`6901234567892 Cola 330` -> its GTIN as 14 digits and its title; a name without digits in front has none."""
    digits, _, rest = name.replace("_", " ").strip().partition(" ")
    if not (digits.isascii() and digits.isdigit() and len(digits) in LENGTHS):
        return Product(name.strip())
    if not check_digit_right(digits):
        remarks.append(f"{name}: the last digit of its GTIN is wrong; it is kept as it stands")
    return Product(rest.strip() or digits, gtin_14(digits))


def _demand_different(products: tuple[Product, ...]) -> None:
    """Two classes that mean the same product would be told apart by chance."""
    seen: dict[str, Product] = {}
    for product in products:
        twin = seen.setdefault(product.gtin or product.title, product)
        if twin is not product:
            raise FolderError(
                f"{twin.title} and {product.title} have the same GTIN or name: put their pictures together"
            )


def readable(name: str) -> str:
    """A file's name may hold bytes that are no text; they are written out."""
    return name.encode("utf-8", "backslashreplace").decode()


def _folders(folder: Path) -> tuple[Labelled, list[tuple[Path, tuple[Sample, ...]]]]:
    remarks: list[str] = []
    places = sorted(p for p in folder.iterdir() if p.is_dir() and not p.name.startswith("."))
    if len(places) < 2:
        raise FolderError(
            f"{folder} has {len(places)} folders of pictures: make one for each of at least two products, or put boxes "
            "with a data.yaml there"
        )
    labelled = Labelled(tuple(product_of(readable(p.name), remarks) for p in places), remarks=remarks)
    whole = (0.0, 0.0, 1.0, 1.0)
    return labelled, [(p, (Sample(whole, n),)) for n, place in enumerate(places) for p in _files(place, remarks)]


def _boxes(folder: Path) -> tuple[Labelled, list[tuple[Path, tuple[Sample, ...]]]]:
    remarks: list[str] = []
    try:
        names = names_of(next(folder.glob("data.y*ml")).read_bytes()[:LABEL_BYTES].decode())
    except (OSError, ValueError) as error:
        raise FolderError(
            f"{folder}/data.yaml does not tell the classes ({error}): write names: ['cola', 'tea']"
        ) from error
    labelled = Labelled(tuple(product_of(name, remarks) for name in names), remarks=remarks)
    listed = []
    for part in PARTS:
        images = folder / part / "images"
        for path in _files(images, remarks) if images.is_dir() else ():
            labels = folder / part / "labels" / f"{path.stem}.txt"
            listed.append(
                (path, _samples(labels, readable(labels.relative_to(folder).as_posix()), len(names), remarks))
            )
    return labelled, listed


def _files(place: Path, remarks: list[str]) -> Iterator[Path]:
    for path in sorted(place.rglob("*")):
        if path.suffix.lower() in SUFFIXES and path.is_file():
            yield path
        elif path.is_file() and not path.name.startswith("."):
            remarks.append(f"{readable(f'{path.parent.name}/{path.name}')} is no picture by its name: passed over")


def _samples(path: Path, name: str, classes: int, remarks: list[str]) -> tuple[Sample, ...]:
    """The boxes of one picture; what cannot be read is a remark."""
    try:
        with path.open("rb") as file:
            text = file.read(LABEL_BYTES).decode()
    except FileNotFoundError:
        remarks.append(f"{name} is missing: its picture is passed over")
        return ()
    except (OSError, ValueError):
        remarks.append(f"{name} cannot be read as text: its picture is passed over")
        return ()
    samples, wrong = parse_labels(text, classes)
    remarks += [f"{name}, {reason}: this box is passed over" for reason in wrong]
    return samples


def _open_all(folder: Path, listed: list[tuple[Path, tuple[Sample, ...]]], labelled: Labelled) -> None:
    """Every picture is opened once here, so that nothing surprises later."""
    seen: dict[str, Picture] = {}
    for path, samples in listed:
        name = readable(path.relative_to(folder).as_posix())
        if not samples:
            continue
        try:
            digest = digest_of(path)
            twin = seen.get(digest)
            if twin is not None:
                labelled.remarks.append(_twice(name, samples, twin))
                continue
            picture = Picture(path, name, digest, looks(open_picture(path)), samples)
        except PictureError as error:
            labelled.remarks.append(f"{name} {error}")
            continue
        seen[digest] = picture
    labelled.pictures = list(seen.values())


def _twice(name: str, samples: tuple[Sample, ...], twin: Picture) -> str:
    if {s.label for s in samples} == {s.label for s in twin.samples}:
        return f"{name} is {twin.name} once more: counted once"
    return f"{name} is {twin.name} once more, under another class: the first is believed, correct one of them"


def _shortened(remarks: list[str]) -> list[str]:
    """At most TOLD_MOST of a kind (by their last words)."""
    kinds: dict[str, int] = {}
    told = []
    for remark in remarks:
        kind = remark[-25:]
        kinds[kind] = kinds.get(kind, 0) + 1
        if kinds[kind] <= TOLD_MOST:
            told.append(remark)
    return told + [f"... and {n - TOLD_MOST} more: {kind}" for kind, n in kinds.items() if n > TOLD_MOST]
