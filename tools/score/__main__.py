"""`python -m tools.score CASE... [--json]`; exit 0 when all cases could be played, 64 usage, 66 no such case."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

import msgspec

from tools.score.case import CaseError, load
from tools.score.play import Result, figures, play

USAGE, NO_INPUT = 64, 66
COLUMNS = ("right", "wrong", "missed", "F1", "no visitor", "p50 s", "p95 s", "ECE", "x real")


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(USAGE, f"tools.score: {message}\n")


def main(arguments: list[str] | None = None) -> int:
    """Plays the cases in the order given; folders without `case.json` among several are passed over."""
    parser = _Parser(prog="python -m tools.score", description=__doc__)
    parser.add_argument("cases", nargs="+", type=Path, metavar="CASE", help="folder with a case.json")
    parser.add_argument("--json", action="store_true", help="one document for machines")
    parser.add_argument("--no-camera", action="store_true", help="by weights and tracks alone")
    given = parser.parse_args(arguments)
    results: dict[str, Result] = {}
    try:
        for folder in _chosen(given.cases):
            case = load(folder)
            results[case.name] = play(case, camera=not given.no_camera)
            if not given.json:
                _print_case(case.name, results[case.name], first=len(results) == 1)
    except CaseError as error:
        print(f"tools.score: {error}", file=sys.stderr)
        return NO_INPUT
    total = figures(results.values())
    if given.json:
        print(json.dumps({"cases": {name: _whole(r) for name, r in results.items()}, "total": total}))
    else:
        print(_row("all", total))
    return 0


def _chosen(given: Sequence[Path]) -> list[Path]:
    """The cases among the folders given. CaseError where there is none, or where one is not there at all."""
    unmatched = [folder for folder in given if "*" in str(folder)]  # the shell leaves a pattern as it is then
    folders = [folder for folder in given if folder not in unmatched and _may_be_case(folder)]
    if folders:
        return folders
    where = ", ".join(str(folder.parent if folder in unmatched else folder) for folder in given)
    raise CaseError(f"no recorded cases in {where}: set SHELFD_SHARED to the folder that holds cases/")


def _may_be_case(folder: Path) -> bool:
    return (folder / "case.json").exists() or not folder.exists()


def _whole(result: Result) -> dict[str, Any]:
    wrong = [{"type": event.kind, **msgspec.to_builtins(event)} for event in result.matches.wrong]
    return {**figures([result]), "missed": result.matches.missed, "wrong": wrong}


def _print_case(name: str, result: Result, *, first: bool) -> None:
    if first:
        print(_line("case", COLUMNS))
    print(_row(name, figures([result])))
    for entry in result.matches.missed:
        print(f"    missed {entry['type']} {entry['lane']} {entry['gtin']} x{entry['units']} at {entry['t_s']} s")
    for event in result.matches.wrong:
        said = f"{event.kind} {event.lane} {event.gtin} x{event.units} by {event.visitor} at {event.ended_s} s"
        print(f"    wrong  {said}, {event.delta_g} g, confidence {event.confidence}")


def _row(name: str, found: dict[str, Any]) -> str:
    delay = ["-" if found["delay_s"][k] is None else f"{found['delay_s'][k]:.2f}" for k in ("p50", "p95")]
    counts = [str(found[k]) for k in ("tp", "fp", "fn")]
    silent = not any(found[k] for k in ("tp", "fp", "fn"))  # nothing happened, nothing was said: no share of anything
    f1 = ["-" if silent else f"{found[k]:.3f}" for k in ("f1", "f1_without_visitor")]
    shares = [*f1, *delay, f"{found['ece']:.3f}"]
    return _line(name, [*counts, *shares, f"{found['realtime_factor'] or 0:.0f}"])


def _line(name: str, columns: Sequence[str]) -> str:
    return f"{name:24}" + "".join(f"{column:>11}" for column in columns)


if __name__ == "__main__":
    sys.exit(main())
