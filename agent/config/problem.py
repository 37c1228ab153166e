"""What can be wrong with a configuration, and where: the one error family of this package."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake. `path` names it as the file does, `lane[0].unit_g`, and is empty for the file as a whole.

    An "error" keeps the agent from starting; a "warning" is allowed and worth a look. `line`, from 1, where reading
    the text has told it; of all others the path tells it (lines.py)."""

    path: str
    message: str
    severity: Literal["error", "warning"] = "error"
    line: int | None = None

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" if self.path else self.message


def in_order(problems: Iterable[Problem]) -> list[Problem]:
    """Sorted by path, `lane[2]` before `lane[10]`."""
    return sorted(problems, key=lambda p: ([int(n) if n.isdigit() else n for n in _NUMBERS.split(p.path)], p.message))


_NUMBERS = re.compile(r"(?<=\[)(\d+)(?=\])")


class ConfigError(Exception):
    """The configuration cannot be used; `problems` are all that were found, not only the first."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


def did_you_mean(wrong: str, known: Iterable[str]) -> str:
    """`, did you mean ...?` with the nearest of `known`, or nothing where none is near."""
    near = get_close_matches(wrong, sorted(known), n=1, cutoff=0.6)
    return f", did you mean `{near[0]}`?" if near else ""
