"""What a command was given: the configuration file and a scale of it; and how it ends when that is not usable."""

from __future__ import annotations

import argparse
from pathlib import Path

from agent.config.load import load
from agent.config.problem import ConfigError, did_you_mean
from agent.config.schema import Cell, Config, Scale

OK, WRONG, USAGE, NO_INPUT, CONFIG = 0, 1, 64, 66, 78  # the last three as in sysexits.h


class CommandError(Exception):
    """The command cannot go on: a sentence for stderr and the exit code."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


def load_config(path: Path) -> Config:
    """The configuration, or CommandError with everything that is wrong with it."""
    try:
        return load(path)
    except ConfigError as error:
        raise CommandError(CONFIG, f"{path} cannot be used; shelfd check tells the same:\n{error}") from error
    except OSError as error:
        raise CommandError(NO_INPUT, f"{path} cannot be read: {error.strerror}") from error


def choose_scale(config: Config, name: str | None) -> Scale:
    """The scale of that name; without a name the only one there is."""
    names = [scale.name for scale in config.scales]
    if not names:
        raise CommandError(CONFIG, "the file names no scale: add a [[scale]] table, docs/scales.md shows one")
    if name is None and len(names) > 1:
        raise CommandError(USAGE, f"say which scale with --scale: {', '.join(names)}")
    if name is not None and name not in names:
        raise CommandError(USAGE, f"the file has {', '.join(names)} and no scale {name!r}{did_you_mean(name, names)}")
    return config.scales[names.index(name) if name else 0]


def choose_cells(scale: Scale, names: list[str]) -> tuple[Cell, ...]:
    """The cells of these names in the order given; all of the scale where none is named."""
    known = {cell.name: cell for cell in scale.cells}
    if not known:
        raise CommandError(CONFIG, f"scale {scale.name!r} has no cells: add [[scale.cell]] tables")
    for name in names:
        if name not in known:
            hint = did_you_mean(name, known)
            raise CommandError(USAGE, f"scale {scale.name!r} has {', '.join(known)} and no cell {name!r}{hint}")
    return tuple(known[name] for name in names) if names else scale.cells


def listening_s(text: str) -> float:
    """An argparse type: how long to listen."""
    return _bounded(text, 0.5, 600.0, "seconds")


def mass_g(text: str) -> float:
    """An argparse type: a reference mass."""
    return _bounded(text, 1.0, 100_000.0, "grams")


def _bounded(text: str, low: float, high: float, unit: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not low <= value <= high:
        raise argparse.ArgumentTypeError(f"{text!r} is not between {low:g} and {high:g} {unit}")
    return value
