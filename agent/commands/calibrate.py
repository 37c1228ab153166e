"""`shelfd calibrate FILE`: guides a person from an empty scale and a known mass to the two numbers of each cell.

Writes them into the file (or prints them) only when every cell asked for has been accepted. Not here: when readings are
refused (weighing/reference.py), how a file is changed (tomledit.py), zeroing a running shelf (the command `tare`).
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

from agent.commands.given import OK, WRONG, CommandError, choose_cells, choose_scale, listening_s, load_config, mass_g
from agent.commands.guide import Guide
from agent.commands.listen import Clock, Listener, Open
from agent.commands.tomledit import EditError, replace_file, set_cell_numbers
from agent.config.load import load_text
from agent.sensors.scale.protocol import ScaleError
from agent.weighing.reference import CAPACITY_HIGH_KG, CAPACITY_LOW_KG, CalibrationError, Limits, Reference

SECONDS = 5.0  # 50 samples of the slowest common converter, 10 Hz


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command line."""
    parser.add_argument("file", type=Path, help="the shelf's configuration; the two numbers are written into it")
    parser.add_argument("--scale", help="which scale; may be left out where there is one")
    parser.add_argument("--cell", action="append", default=[], help="only this cell (may be repeated); default: all")
    parser.add_argument("--mass", type=mass_g, metavar="GRAMS", help="the known mass, instead of being asked")
    parser.add_argument(
        "--together", action="store_true", help="the cells carry one platform: one factor for all from their sum"
    )
    parser.add_argument("--seconds", type=listening_s, default=SECONDS, help="measure this long (default %(default)g)")
    parser.add_argument(
        "--capacity-kg",
        type=float,
        nargs=2,
        metavar=("LOW", "HIGH"),
        default=(CAPACITY_LOW_KG, CAPACITY_HIGH_KG),
        help="refuse a cell that could weigh less or more than this (default 1 25)",
    )
    parser.add_argument("--print", action="store_true", dest="only_print", help="print the numbers, change no file")


def main(args: argparse.Namespace) -> int:
    """Exit code 0: the numbers are kept; 1: refused or given up, nothing was changed; 64, 66, 78: no start."""
    from agent.sensors.scale.driver import open_scale

    try:
        return run(args, talk, ask, open_scale, time.monotonic)
    except (CommandError, CalibrationError, ScaleError, EditError) as error:
        code = error.code if isinstance(error, CommandError) else WRONG
        talk(f"shelfd calibrate: {error}")
    except EOFError:
        code = WRONG
        talk("\nshelfd calibrate: the input ended, so nothing was changed")
    except KeyboardInterrupt:
        code = WRONG
        talk("\nshelfd calibrate: stopped, nothing was changed")
    return code


def run(
    args: argparse.Namespace, talk: Callable[[str], None], ask: Callable[[str], str], open_scale: Open, clock: Clock
) -> int:
    """The whole command, with its conversation and its scale handed in."""
    scale = choose_scale(load_config(args.file), args.scale)
    cells = choose_cells(scale, args.cell)
    listener = Listener(open_scale(scale, clock), len(scale.cells), clock)
    try:
        guide = Guide(scale, cells, listener, Limits(*args.capacity_kg), args.seconds, args.mass, talk, ask)
        found = guide.together() if args.together else guide.one_by_one()
    finally:
        listener.close()
    if args.only_print:
        print(as_toml(found))
    else:
        keep(args.file, scale.name, found, talk)
    return OK


def keep(path: Path, scale: str, found: dict[str, Reference], talk: Callable[[str], None]) -> None:
    """Writes the numbers into the file as it is now. EditError names the numbers, so that none is lost."""
    try:
        backup = replace_file(path, set_cell_numbers(load_text(path), scale, numbers(found)))
    except (EditError, OSError) as error:
        talk(as_toml(found))
        raise EditError(f"{path} was not changed: {error}") from error
    talk(f"{path} now holds the numbers of {', '.join(found)}; what it was is in {backup.name}")
    talk("A running agent takes them at its next start: systemctl restart shelfd")


def numbers(found: dict[str, Reference]) -> dict[str, dict[str, float]]:
    """Rounded to what a reference mass can tell."""
    return {
        cell: {"tare_counts": round(r.tare_counts, 1), "counts_per_gram": float(f"{r.counts_per_gram:.6g}")}
        for cell, r in found.items()
    }


def as_toml(found: dict[str, Reference]) -> str:
    """The numbers as they stand in the file."""
    tables = []
    for cell, entries in numbers(found).items():
        lines = [f"{key} = {value!r}" for key, value in entries.items()]
        tables.append("\n".join(["[[scale.cell]]", f'name = "{cell}"', *lines]))
    return "\n\n".join(tables)


def talk(sentence: str) -> None:
    """To the person; standard output is for the numbers."""
    print(sentence, file=sys.stderr, flush=True)


def ask(question: str) -> str:
    """The person's line. EOFError when there is nobody."""
    print(question, end=" ", file=sys.stderr, flush=True)
    line = sys.stdin.readline()
    if not line:
        raise EOFError
    return line.strip()
