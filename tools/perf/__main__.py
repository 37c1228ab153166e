"""`python -m tools.perf [outbox] [replay] [start] [idle] [vision] [screen]`, all of them where none is named;
`--json` for machines, `--rounds N` for patience.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from tools.perf import idle, outbox, replay, screen, start, vision


class Figure(Protocol):
    """What a measurement gives; `str` of it is for people."""

    def as_json(self) -> dict[str, object]: ...


MEASUREMENTS: Mapping[str, Callable[[int], Sequence[Figure]]] = {
    "outbox": outbox.measure,
    "replay": replay.measure,
    "start": start.measure,
    "idle": idle.measure,
    "vision": vision.measure,
    "screen": screen.measure,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code: 64 where a measurement of that name does not exist."""
    parser = argparse.ArgumentParser(prog="python -m tools.perf", description=__doc__)
    parser.add_argument("what", nargs="*", help=f"{', '.join(MEASUREMENTS)}; all where none is named")
    parser.add_argument("--rounds", type=int, default=7, help="each figure is the median of so many rounds")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    options = parser.parse_args(arguments)
    if options.rounds < 1:
        print("--rounds must be 1 or more", file=sys.stderr)
        return 64
    names = options.what or list(MEASUREMENTS)
    if unknown := [name for name in names if name not in MEASUREMENTS]:
        print(f"there is no measurement {unknown[0]!r}: name one of {', '.join(MEASUREMENTS)}", file=sys.stderr)
        return 64
    measured: dict[str, object] = {}
    for name in names:
        figures = MEASUREMENTS[name](options.rounds)
        measured[name] = [figure.as_json() for figure in figures]
        if not options.json:
            print("\n".join([f"{name}:", *(f"  {figure}" for figure in figures)]), flush=True)
    if options.json:
        print(json.dumps(measured))
    return 0


if __name__ == "__main__":
    sys.exit(main())
