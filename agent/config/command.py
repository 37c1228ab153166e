"""`shelfd check FILE`: every error and warning of a configuration at once, each with its line.

Not here: what is wrong (reading.py, check.py), the command line itself (`agent/__main__.py`).
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import TextIO

from agent.config.check import check
from agent.config.lines import LineIndex
from agent.config.load import load_text, read_text
from agent.config.problem import ConfigError, Problem, in_order
from agent.config.reading import Reading
from agent.config.tree import needed


def run_check(path: Path, out: TextIO) -> int:
    """Writes what is wrong with the file at `path` to `out`. The exit code: 0 usable (warnings allowed), 78
    (os.EX_CONFIG) not usable, 66 (os.EX_NOINPUT) not readable."""
    try:
        text = load_text(path)
    except OSError as error:
        print(f"{path}: cannot be read: {error.strerror}; name a configuration file, see examples/shelf.toml", file=out)
        return os.EX_NOINPUT
    except ConfigError as error:
        return _report(path, error.problems, LineIndex(""), out)
    try:
        reading = read_text(text)
    except ConfigError as error:
        return _report(path, error.problems, LineIndex(""), out)
    return _report(path, problems_of(reading), LineIndex(text), out)


def problems_of(reading: Reading) -> list[Problem]:
    """All problems, sorted by path: those of single keys, and those of keys that contradict each other, as far as
    what was read allows it: an unusable value is not held against its neighbours."""
    if reading.config is None:
        later = "what keys must mean together was not looked at; that comes once the errors above are mended"
        return [*in_order(reading.problems), Problem("", later, "warning")]
    doubtful = {path.rpartition(".")[0] for path in reading.replaced}
    crossed = [problem for problem in check(reading.config) if not _doubtful(problem.path, doubtful)]
    return in_order([*reading.problems, *crossed])


def _doubtful(path: str, tables: set[str]) -> bool:
    """Whether a problem at `path` may only follow from an optional key of the same table that was unusable."""
    key = re.sub(r"\[\d+\]", "", path)
    return path.rpartition(".")[0] in tables and key not in needed()


def _report(path: Path, problems: Iterable[Problem], lines: LineIndex, out: TextIO) -> int:
    placed = [(problem.line or lines.line_of(problem.path), problem) for problem in problems]
    placed.sort(key=lambda p: (p[0] is None, p[0] or 0))  # in the order of the file; what has no place comes last
    for line, problem in placed:
        where = f"{path}:{line}" if line else f"{path}"
        print(f"{where}: {problem.severity}: {problem}", file=out)
    errors = sum(problem.severity == "error" for _, problem in placed)
    warnings = len(placed) - errors
    verdict = "not usable" if errors else "usable"
    print(f"{path}: {verdict}: {_count(errors, 'error')}, {_count(warnings, 'warning')}", file=out)
    return os.EX_CONFIG if errors else os.EX_OK


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
