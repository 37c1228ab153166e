"""Trains a small model of the store's own products: `python -m tools.train FOLDER [--models models] [--measure-only]`.

FOLDER holds a folder of pictures for each product, or YOLO text boxes (docs/training.md). Takes a minute on a CPU. What
comes out is measured on pictures that were kept apart, and installed only where it is no worse than what is installed.
Exit code: 0 installed (or measured), 1 refused as worse, 2 not possible with this folder or machine, 64 usage.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from agent.vision.manifest import read_manifest
from agent.vision.protocol import VisionError
from agent.vision.runtime import ModelError, RuntimeMissingError
from tools.build_models.build import Places, source_of
from tools.build_models.environment import REPOSITORY, environment
from tools.build_models.errors import BuildError
from tools.build_models.quantise import prepared
from tools.train.backbone import BackboneError
from tools.train.card import as_markdown, card_of
from tools.train.course import opened, quantiser, trained
from tools.train.folder import FolderError
from tools.train.install import RefusedError, install, judge
from tools.train.split import SplitError

DETECTOR = "objects.tflite"  # whose inner layers describe


def main(arguments: list[str] | None = None) -> int:
    """See above."""
    parser = argparse.ArgumentParser("python -m tools.train", description=__doc__, exit_on_error=False)
    parser.add_argument("folder", type=Path, nargs="?", help="pictures of the store's own products")
    parser.add_argument("--models", type=Path, default=REPOSITORY / "models", help="where it is installed")
    parser.add_argument("--measure-only", action="store_true", help="print the metric card, install nothing")
    parser.add_argument("--json", action="store_true", help="the metric card for machines")
    try:
        asked = parser.parse_args(arguments)
        if asked.folder is None:
            raise argparse.ArgumentError(None, "give a folder of labelled pictures (make train DATA=folder)")
    except argparse.ArgumentError as error:
        print(f"tools.train: {error}", file=sys.stderr)
        return 64
    try:
        return _train(asked)
    except RefusedError as error:
        print(f"tools.train: refused: {error}", file=sys.stderr)
        return 1
    except (FolderError, SplitError, BackboneError, BuildError, VisionError, ModelError, RuntimeMissingError,
            ModuleNotFoundError, OSError) as error:  # fmt: skip
        print(f"tools.train: {error}", file=sys.stderr)
        return 2


def _train(asked: argparse.Namespace) -> int:
    places = Places()
    labelled, split = opened(asked.folder)
    result = trained(labelled, split, detector(places), quantiser(environment(places.work / "venv")))
    card = card_of(result)
    print(json.dumps(card, ensure_ascii=False, indent=1) if asked.json else as_markdown(card))
    if asked.measure_only:
        return 0
    compared = judge(result, asked.models)
    if compared is not None:
        print(f"no worse than the installed one, {compared.sentence()}", file=sys.stderr)
    print(f"installed: {install(result, card, asked.models)}", file=sys.stderr)
    return 0


def detector(places: Places) -> bytes:
    """The fetched detector as float32. BuildError."""
    for model in read_manifest(places.manifest).models:
        if model.file == DETECTOR:
            return prepared(source_of(model, places))
    raise BuildError(f"{places.manifest} names no {DETECTOR}, which training builds on")


if __name__ == "__main__":
    sys.exit(main())
