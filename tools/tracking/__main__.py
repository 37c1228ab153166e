"""`make tracking`: how well the agent follows people and hands, against Norfair and ByteTrack on the same detections.

    python -m tools.tracking [--seeds N]
The other trackers and the metrics live in an environment of their own under build/, made here. Prints a table.
Not here: what is followed (sequences.py, play.py), the others and the marks (others.py).
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import venv
from pathlib import Path

from tools.tracking import ours, play, sequences
from tools.tracking.sequences import Sequence

REPOSITORY = Path(__file__).resolve().parent.parent.parent
PLACE = REPOSITORY / "build" / "tracking"
NEEDS = ("trackeval==1.3.0", "norfair==2.1.1", "supervision==0.27.0", "trackers==2.1.0")
SHARED = Path(os.environ.get("SHELFD_SHARED") or REPOSITORY.parent / "shared")
LOOKS = 3  # of 10 Hz: persons are looked for every 0.3 s (agent/vision/schedule.py)
SHARES = ("HOTA", "MOTA", "IDF1")
Table = dict[str, dict[str, dict[str, float]]]  # sequence -> tracker -> column -> mean over seeds


def environment() -> Path:
    """The python that has the others; made where it is missing or old. Takes 560 MB."""
    python, ready = PLACE / "venv" / "bin" / "python", PLACE / "ready"
    if not ready.exists() or ready.read_text() != "\n".join(NEEDS):
        print("making", PLACE.relative_to(REPOSITORY), "with", ", ".join(NEEDS), file=sys.stderr)
        venv.create(PLACE / "venv", with_pip=True, clear=True)
        subprocess.run([python, "-m", "pip", "install", "-qq", "--disable-pip-version-check", *NEEDS], check=True)
        ready.write_text("\n".join(NEEDS))
    return python


def all_sequences(folder: Path, seeds: int) -> list[Sequence]:
    """The recorded one, and the others once for each seed."""
    real = sequences.recorded(folder)
    drawn = [
        sequence
        for seed in range(seeds)
        for sequence in (
            sequences.badly_seen(real, seed),
            sequences.badly_seen(real, seed, every=2),
            play.people(seed),
            sequences.thinned(play.people(seed), LOOKS),
            play.hands(seed),
        )
    ]
    return [real, *drawn]


def compare(todo: list[Sequence]) -> Table:
    """Everybody on everything."""
    asked = {"sequences": [s.plain() for s in todo], "ours": [ours.follow(s) for s in todo]}
    done = subprocess.run(
        [environment(), "-W", "ignore", "-m", "tools.tracking.others"],
        input=json.dumps(asked),
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    grouped: dict[str, list[dict[str, dict[str, float]]]] = {}
    for sequence, told in zip(todo, json.loads(done.stdout), strict=True):
        grouped.setdefault(f"{sequence.name} ({sequence.hz:.3g} Hz)", []).append(told)
    return {name: _mean(told) for name, told in grouped.items()}


def _mean(told: list[dict[str, dict[str, float]]]) -> dict[str, dict[str, float]]:
    return {
        tracker: {column: sum(x[tracker][column] for x in told) / len(told) for column in told[0][tracker]}
        for tracker in told[0]
    }


def show(table: Table) -> None:
    """As Markdown."""
    for name, trackers in table.items():
        columns = list(next(iter(trackers.values())))
        print(f"\n| {name} |", " | ".join(columns), "|\n| --- |", " | ".join("---" for _ in columns), "|")
        for tracker, marks in trackers.items():
            cells = (f"{x:.3f}" if column in SHARES else f"{x:.1f}" for column, x in marks.items())
            print(f"| {tracker} |", " | ".join(cells), "|")


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tools.tracking", description=__doc__)
    parser.add_argument("--seeds", type=int, default=10, help="of what is drawn by chance")
    args = parser.parse_args()
    folder = SHARED / "data" / "tracking"
    if not folder.is_dir():
        print(f"no sequence in {folder}: set SHELFD_SHARED to the folder that holds data/tracking", file=sys.stderr)
        return 2
    show(compare(all_sequences(folder, args.seeds)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
