"""Decides which pictures are learned from and which are only measured on: by source, never by file.

Copies of one picture (turned, mirrored, recoloured, cut by a labelling program, shot in the same minute) all go to one
side: a model that has seen a copy of what it is measured on looks better than it is. The side follows from a hash, so
that it is the same on each machine and a picture that was learned from stays so when others are added.
Not here: what the pictures show (folder.py).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise
from pathlib import PurePosixPath

import numpy as np

from tools.train.folder import OTHER, Labelled, Picture
from tools.train.pictures import LOOKS_SIDE

HELD_OUT = 0.25  # share of the sources that is only measured on
LEAST_SOURCES = 6  # of a class; with fewer, neither learning nor measuring means anything
LEAST_HELD_OUT = 2  # sources of a class
FOLDS = 4  # of what is learned from, to find thresholds without looking at what is held out
ALIKE = 0.12  # of the bits set in either: copies of drinks scaled and recoloured differ in less, other pictures in more
BURST_S = 60  # pictures taken within a minute of each other show one scene

COPY = re.compile(
    r"(\.rf\.[0-9a-f]+|[-_ ](aug|augmented|copy|flip|flipped|mirror|rot|rotated)[-_ ]?\d*|_(jpe?g|png))+$",
    re.IGNORECASE,
)
TAKEN = re.compile(r"(?<!\d)(20\d{6})[-_]?(\d{6})(?!\d)")


class SplitError(Exception):
    """Too little to learn from and measure on; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Split:
    """`source` (n pictures,): number of the source that each picture belongs to; `held_out` (n,) bool; `fold` (n,)."""

    source: np.ndarray
    held_out: np.ndarray
    fold: np.ndarray


def sources_of(pictures: Sequence[Picture]) -> np.ndarray:
    """(n,) int: pictures of one source have the same number."""
    parent = list(range(len(pictures)))

    def root(n: int) -> int:
        while parent[n] != n:
            parent[n] = parent[parent[n]]
            n = parent[n]
        return n

    for one, two in [*_same_name(pictures), *_same_minute(pictures), *_alike(pictures)]:
        low, high = sorted((root(one), root(two)))
        parent[high] = low
    roots = {r: k for k, r in enumerate(sorted({root(n) for n in range(len(pictures))}))}
    return np.array([roots[root(n)] for n in range(len(pictures))], dtype=np.int64)


def _same_name(pictures: Sequence[Picture]) -> list[tuple[int, int]]:
    """Pairs whose names differ only in what programs append to copies."""
    first: dict[str, int] = {}
    pairs = []
    for n, picture in enumerate(pictures):
        stem = PurePosixPath(picture.name).stem
        bare = COPY.sub("", stem)
        if bare:
            # a bare camera number may occur in two folders by chance; a copy's name hardly does
            place = "" if bare != stem or ".rf." in stem else str(PurePosixPath(picture.name).parent)
            for key in {f"{place}/{bare}", f"{PurePosixPath(picture.name).parent}/{bare}"}:
                pairs.append((first.setdefault(key, n), n))
    return pairs


def _same_minute(pictures: Sequence[Picture]) -> list[tuple[int, int]]:
    """Neighbours in time, where the camera wrote it into the name: 20220216_201449."""
    taken = []
    for n, picture in enumerate(pictures):
        found = TAKEN.search(PurePosixPath(picture.name).stem)
        try:
            if found:
                taken.append((datetime.strptime("".join(found.groups()), "%Y%m%d%H%M%S"), n))
        except ValueError:
            continue
    taken.sort()
    return [(a[1], b[1]) for a, b in pairwise(taken) if (b[0] - a[0]).total_seconds() <= BURST_S]


def _alike(pictures: Sequence[Picture]) -> list[tuple[int, int]]:
    """Pairs that look the same, turned or mirrored or not."""
    bits = LOOKS_SIDE * LOOKS_SIDE
    raw = b"".join(way.to_bytes(bits // 8, "big") for picture in pictures for way in picture.looks)
    ways = np.unpackbits(np.frombuffer(raw, np.uint8)).reshape(len(pictures), -1, bits).astype(np.float32)
    upright, sizes = ways[:, 0], ways.sum(axis=2)
    pairs = []
    for n in range(len(pictures)):
        both = ways[:n] @ upright[n]  # whole numbers below 2^24: exact in float32
        either = sizes[:n] + sizes[n, 0] - both
        pairs += [(int(m), n) for m in np.flatnonzero((either - both <= ALIKE * either).any(axis=1))]
    return pairs


def split(labelled: Labelled, source: np.ndarray) -> Split:
    """SplitError when fewer than two classes are left; call `without_rare` before."""
    pictures = labelled.pictures
    shares = _shares(pictures, source)
    classes = [_sources_with(pictures, source, n) for n in range(len(labelled.products))]
    held = {s for s, share in shares.items() if share < HELD_OUT}
    for members in classes:
        by_share = sorted(members, key=lambda s: shares[s])
        held |= set(by_share[:LEAST_HELD_OUT])
    for members in classes:
        most = max(LEAST_HELD_OUT, len(members) // 2)
        for surplus in sorted(members & held, key=lambda s: shares[s])[most:]:
            held.discard(surplus)
    held_out = np.array([int(s) in held for s in source], dtype=bool)
    return Split(source, held_out, _folds(pictures, source, shares))


def _shares(pictures: Sequence[Picture], source: np.ndarray) -> dict[int, float]:
    """Source -> 0..1 by its hash: the smallest digest among its pictures."""
    smallest: dict[int, str] = {}
    for picture, number in zip(pictures, source.tolist(), strict=True):
        smallest[number] = min(picture.digest, smallest.get(number, "g"))
    return {s: int(hashlib.sha256(d.encode()).hexdigest()[:12], 16) / 16**12 for s, d in smallest.items()}


def _sources_with(pictures: Sequence[Picture], source: np.ndarray, label: int) -> set[int]:
    return {int(s) for p, s in zip(pictures, source, strict=True) if any(x.label == label for x in p.samples)}


def _folds(pictures: Sequence[Picture], source: np.ndarray, shares: dict[int, float]) -> np.ndarray:
    """Each class spread over all folds: sources in the order of their first class, then of their hash, dealt out."""
    label = {int(s): min(x.label for x in p.samples) for p, s in zip(reversed(pictures), source[::-1], strict=True)}
    dealt = {s: n % FOLDS for n, s in enumerate(sorted(shares, key=lambda s: (label[s], shares[s])))}
    return np.array([dealt[int(s)] for s in source], dtype=np.int64)


def without_rare(labelled: Labelled, source: np.ndarray) -> tuple[Labelled, np.ndarray]:
    """Classes of fewer than LEAST_SOURCES sources leave, each with a sentence; so do pictures that show nothing else.
    SplitError when fewer than two are left, or none that is a product."""
    counts = [len(_sources_with(labelled.pictures, source, n)) for n in range(len(labelled.products))]
    kept = [n for n, count in enumerate(counts) if count >= LEAST_SOURCES]
    remarks = list(labelled.remarks)
    for product, count in zip(labelled.products, counts, strict=True):
        if count < LEAST_SOURCES:
            remarks.append(
                f"{product.title} has {count} pictures of different scenes, {LEAST_SOURCES} are the least (20 are "
                "better): left out"
            )
    if len(kept) < 2 or all(labelled.products[n].title == OTHER for n in kept):
        raise SplitError(
            f"{len(kept)} classes have {LEAST_SOURCES} pictures of different scenes, two are needed: take more "
            f"pictures. {' '.join(remarks[-3:])}"
        )
    anew = {old: new for new, old in enumerate(kept)}
    pictures, numbers = [], []
    for picture, number in zip(labelled.pictures, source.tolist(), strict=True):
        samples = tuple(replace(s, label=anew[s.label]) for s in picture.samples if s.label in anew)
        if samples:
            pictures.append(replace(picture, samples=samples))
            numbers.append(number)
    return Labelled(tuple(labelled.products[n] for n in kept), pictures, remarks), np.array(numbers, dtype=np.int64)
