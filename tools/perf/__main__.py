"""`python -m tools.perf outbox`, `replay` and `start`; `--json` for machines, `--rounds N` for patience."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence

from tools.perf import outbox, replay, start
from tools.perf.figures import Line
from tools.perf.replay import Figure

MEASUREMENTS: Mapping[str, Callable[[int], Sequence[Line | Figure]]] = {
    "outbox": outbox.measure,
    "replay": replay.measure,
    "start": start.measure,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.perf", description=__doc__)
    parser.add_argument("what", choices=sorted(MEASUREMENTS))
    parser.add_argument("--rounds", type=int, default=7, help="each figure is the median of so many rounds")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    options = parser.parse_args()
    if options.rounds < 1:
        print("--rounds must be 1 or more", file=sys.stderr)
        return 64
    lines = MEASUREMENTS[options.what](options.rounds)
    if options.json:
        print(json.dumps([line.as_json() for line in lines]))
    else:
        for line in lines:
            print(line)
    return 0


if __name__ == "__main__":
    sys.exit(main())
