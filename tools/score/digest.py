"""`python -m tools.score.digest CASE...`: a line a case, the same on every machine as long as the core is replayable.

Plays each case through the core and hashes what it said, and what it then knew. Run with other CPU features, under
qemu or on a Pi, and compare. Not here: whether what it said is right (python -m tools.score).
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Iterable
from pathlib import Path

import msgspec

from agent.config.schema import Config
from agent.core import Core
from agent.messages import Answer, Event, Observation, State
from tools.score.case import Case, CaseError, load


def main(arguments: list[str] | None = None) -> int:
    """Prints `name  events  sha256 of the payloads  sha256 of the core's state`."""
    parser = argparse.ArgumentParser(prog="python -m tools.score.digest", description=__doc__)
    parser.add_argument("case", type=Path, nargs="+")
    try:
        for folder in parser.parse_args(arguments).case:
            print(*digest(load(folder)), flush=True)
    except CaseError as error:
        print(error, file=sys.stderr)
        return 66
    return 0


def digest(case: Case) -> tuple[str, int, str, str]:
    """Name, number of events, and the two hashes."""
    return case.name, *hashes(case.config, case.observations(camera=False))


def hashes(config: Config, observations: Iterable[Observation]) -> tuple[int, str, str]:
    """Number of events; hash of everything said, and of what the core then knew."""
    core, said, events = Core(config), hashlib.sha256(), 0
    for observation in observations:
        for output in core.step(observation):
            if not isinstance(output, Event | State | Answer):
                continue  # what stays on the device is another page's matter
            told = output.result if isinstance(output, Answer) else output.payload
            events += isinstance(output, Event)
            said.update(msgspec.json.encode([told.kind, told]) + b"\n")
    knows = json.dumps(core.snapshot(), sort_keys=True).encode()
    return events, said.hexdigest(), hashlib.sha256(knows).hexdigest()


if __name__ == "__main__":
    sys.exit(main())
