"""Draws the strip of a configuration into a PNG, so that labels can be looked at before a panel is there.

    python -m tools.strip CONFIG.toml --out strip.png [--size 1920x158] [--headline TEXT] [--line TEXT]

Prints what has no room and which characters have no font, then what was drawn; exit 1 for the first two, 73 for a
picture that cannot be written, 78 for a configuration that is none.
Not here: how labels are drawn (agent/screen/face.py), the strip of a running shelf (tools/bench/console).
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from pathlib import Path

from PIL import Image

from agent.config.check import demand
from agent.config.load import load
from agent.config.problem import ConfigError
from agent.config.schema import Config
from agent.messages import Labels
from agent.screen.face import Face
from agent.shelf.labels import ShelfEdge, labelled
from agent.shelf.planogram import Planogram
from agent.shelf.stock import Stock
from wire.documents import Item

MOST_PX = 8192
UNUSABLE = 78  # EX_CONFIG


def drawn(
    config: Config, width: int, height: int, headline: str, line: str
) -> tuple[Image.Image, tuple[str, ...], int]:
    """The strip with the stock of the first start, what is to be said about it, and how many labels it has."""
    face = Face(config, width, height)
    for output in ShelfEdge(config).changed(Stock(Planogram.of(config)).state()):
        if isinstance(output, Labels):
            face.set(output.labels)
    picture = face.picture()
    if face.content is not None and headline:
        item = Item(name="look", plays="loop", headline=headline, line=line or None)
        at = face.content
        picture[at.top : at.bottom, at.left : at.right] = face.card(item)
    return Image.fromarray(picture), face.complaints, len(labelled(config)) - len(face.left_out)


def main(arguments: list[str] | None = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tools.strip", description="the strip of a configuration as a PNG")
    parser.add_argument("config", type=Path)
    parser.add_argument("--out", type=Path, required=True, help="the PNG to write")
    parser.add_argument("--size", type=_size, default=(1920, 158), help="of the panel, as 1920x158")
    parser.add_argument("--headline", default="", help="plays in the content's area")
    parser.add_argument("--line", default="", help="below the headline")
    given = parser.parse_args(arguments)
    try:
        config = load(given.config)
        demand(config)
    except ConfigError as error:
        print(error, file=sys.stderr)
        return UNUSABLE
    if not config.screen.driver:
        print("there is no [screen] in it: see examples/strip.toml", file=sys.stderr)
        return UNUSABLE
    width, height = given.size
    picture, complaints, labels = drawn(config, width, height, given.headline, given.line)
    try:
        picture.save(given.out, optimize=True)
    except (OSError, ValueError) as error:  # ValueError: a name whose ending is no kind of picture
        print(f"{given.out} cannot be written ({error}): name a PNG in a folder that is there", file=sys.stderr)
        return os.EX_CANTCREAT
    for sentence in complaints:
        print(sentence)
    print(f"{given.out}: {width}x{height}, {labels} label{'' if labels == 1 else 's'}")
    return 1 if complaints else 0


def _size(text: str) -> tuple[int, int]:
    found = re.fullmatch(r"([0-9]{1,4})x([0-9]{1,4})", text)
    if found is None or not all(0 < int(side) <= MOST_PX for side in found.groups()):
        raise argparse.ArgumentTypeError(f"{text!r} is no size: write it as 1920x158")
    return int(found[1]), int(found[2])


if __name__ == "__main__":
    sys.exit(main())
