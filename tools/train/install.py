"""Puts a trained model where the agent reads it, unless the one that is there is better on the same pictures.

The model's file carries its hash in its name, and local.toml is replaced last and at one stroke: an agent that starts
in between finds the old one whole. Not here: how good a model is (measure.py).
"""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from agent.vision.manifest import Class, Model
from agent.vision.product import LOCAL, ProductReader, open_reader
from agent.vision.protocol import VisionError
from tools.train.card import DIGEST, as_markdown
from tools.train.course import Trained, scores_of
from tools.train.measure import Figures, Labels, of_answers

CARD = "product.card.json"
CARD_TEXT = "product.card.md"
CARD_BYTES = 8 << 20
LEAST_COMPARED = 4  # held-out crops that the installed model was not trained on


class RefusedError(Exception):
    """The new model is not installed; the message says why, with the figures, and what to do."""


@dataclass(frozen=True, slots=True)
class Compared:
    """Both models on the same `crops`: held out now, and never learned from by the installed one. `only_new`: crops
    that only the new one told rightly; `only_old`: the other way round."""

    crops: int
    new: Figures
    old: Figures
    only_new: int
    only_old: int

    def sentence(self) -> str:
        return (
            f"on the same {self.crops} held-out crops: new {_told(self.new)}, installed {_told(self.old)}; only the "
            f"new one is right {self.only_new} times, only the installed one {self.only_old} times"
        )


def _told(of: Figures) -> str:
    return f"F1 {of.f1:.3f} (told rightly {of.told_right:.1%}, wrongly {of.told_wrong:.1%})"


def judge(trained: Trained, models: Path) -> Compared | None:
    """None where nothing is installed yet. RefusedError where the new model is worse than the installed one, does not
    know all of its products, cannot be compared, or is no better than naming the commonest class always."""
    if trained.figures.best_right < trained.commonest:
        raise RefusedError(
            f"the new model is right {trained.figures.best_right:.1%} of the time, always naming the commonest class "
            f"{trained.commonest:.1%}: take more pictures, or sharper ones"
        )
    remove = f"remove {models / LOCAL} to begin anew"
    installed = _installed(models, remove)
    if installed is None:
        return None
    missing = {key_of(c) for c in installed.model.classes} - {key_of(c) for c in trained.model.classes}
    if missing:
        names = ", ".join(sorted(missing))
        raise RefusedError(
            f"the installed model knows {names}, the new one does not: put pictures of them into the folder, or "
            f"{remove}"
        )
    compared = compare(trained, installed, learned_from(models))
    if compared.crops < LEAST_COMPARED:
        raise RefusedError(
            f"only {compared.crops} held-out crops are new to the installed model, too few to compare: add "
            f"pictures, or {remove}"
        )
    if compared.new.f1 < compared.old.f1:
        raise RefusedError(f"the new model is worse than the installed one, {compared.sentence()}; nothing was changed")
    return compared


def _installed(models: Path, remove: str) -> ProductReader | None:
    try:
        installed = open_reader(models / "manifest.toml")
    except VisionError as error:
        raise RefusedError(f"the installed model cannot be used and so not be compared ({error}): {remove}") from error
    if installed is None and (models / LOCAL).exists():
        raise RefusedError(f"{models / LOCAL} names a model that is no classifier of crops: {remove}")
    return installed


def key_of(known: Class) -> str:
    """What makes two classes of two models the same."""
    return known.gtin or known.title


def compare(trained: Trained, installed: ProductReader, digests: set[str]) -> Compared:
    """`digests`: of the pictures that the installed model was trained on."""
    crops = trained.crops
    pictures = trained.labelled.pictures
    fresh = np.array([pictures[n].digest[:DIGEST] not in digests for n in crops.picture.tolist()], dtype=bool)
    used = fresh[crops.held_out]
    labels = crops.label[crops.held_out][used]
    if not len(labels):
        nothing = of_answers(labels, labels, len(trained.model.classes), 0.0)
        return Compared(0, nothing, nothing, 0, 0)
    places = {key_of(c): n for n, c in enumerate(trained.model.classes)}
    new = _answers(trained.scores[used], trained.model, places)
    old = _answers(scores_of(installed, crops.pixels[crops.held_out][used]), installed.model, places)
    classes = len(trained.model.classes)
    only_new, only_old = (new == labels) & (old != labels), (old == labels) & (new != labels)
    return Compared(
        len(labels), of_answers(new, labels, classes), of_answers(old, labels, classes), int(only_new.sum()),
        int(only_old.sum()),
    )  # fmt: skip


def _answers(scores: np.ndarray, model: Model, places: dict[str, int]) -> Labels:
    """(n,): the place of what is told among `places`, -1 where nothing is told, -2 where they have no such class."""
    known = sorted(model.classes, key=lambda c: c.index)
    best = scores.argmax(axis=1)
    return np.array(
        [
            places.get(key_of(known[b]), -2) if score >= known[b].threshold else -1
            for b, score in zip(best.tolist(), scores.max(axis=1).tolist(), strict=True)
        ],
        dtype=np.int64,
    )


def learned_from(models: Path) -> set[str]:
    """The pictures that the installed model was trained on, by its card; none where there is no card to read."""
    try:
        with (models / CARD).open("rb") as file:
            card = json.loads(file.read(CARD_BYTES))
        return {str(digest) for digest in card["learned_from"]}
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return set()


def install(trained: Trained, card: dict[str, Any], models: Path) -> Path:
    """Model, card, then the manifest that names them; files of earlier models go last. OSError."""
    models.mkdir(parents=True, exist_ok=True)
    _replace(models / trained.model.file, trained.data)
    _replace(models / CARD, (json.dumps(card, ensure_ascii=False, indent=1) + "\n").encode())
    _replace(models / CARD_TEXT, as_markdown(card).encode())
    _replace(models / LOCAL, manifest_text(trained).encode())
    for old in models.glob("product-*.tflite"):
        if old.name != trained.model.file:
            old.unlink()
    return models / LOCAL


def _replace(path: Path, data: bytes) -> None:
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
        file.write(data)
    made = Path(file.name)
    made.chmod(0o644)
    made.replace(path)


def manifest_text(trained: Trained) -> str:
    """As agent/vision/manifest.py reads it."""
    model = trained.model
    entry = model.input
    lines = [
        "# Written by tools/train: this store's own model. Remove this file and the agent goes on without it.",
        "[[model]]",
        f"file = {_text(model.file)}",
        f"title = {_text(model.title)}",
        f"decoder = {_text(model.decoder)}",
        f"sha256 = {_text(model.sha256)}",
        f"bytes = {model.bytes}",
        f"licence = {_text(model.licence)}",
        f"input = {{ width = {entry.width}, height = {entry.height}, dtype = {_text(entry.dtype)}, "
        f"scale = {entry.scale!r}, zero_point = {entry.zero_point}, low = {entry.low!r}, high = {entry.high!r} }}",
    ]
    for known, of in zip(model.classes, trained.figures.classes, strict=True):
        lines += ["[[model.class]]", f"index = {known.index}", f"title = {_text(known.title)}", 'kind = "container"']
        lines += [f"gtin = {_text(known.gtin)}"] if known.gtin else []
        lines += [f"threshold = {known.threshold!r}"]
        lines += [f"precision = {of.precision!r}"] if of.precision is not None else []
        lines += [f"recall = {of.recall!r}"] if of.recall is not None else []
        lines += [f'measured_on = "{of.shown} held-out crops"']
    return "\n".join(lines) + "\n"


def _text(value: str) -> str:
    """A TOML basic string: JSON's escapes are TOML's, except that DEL must be escaped too."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
