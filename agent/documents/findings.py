"""What is wrong with a document, in the words of `reported`: bounded, so that a hostile document cannot make it long.

Not here: what is looked for (opening.py, config_document.py, policy_document.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from agent.config.problem import Problem
from wire.reported import Finding

MOST = 50  # as wire/reported.py has it
MOST_PATH = 200  # characters
MOST_REASON = 400
MOST_SUGGESTION = 300


def finding(path: str, reason: str, suggestion: str | None = None) -> Finding:
    """One finding, cut where it is long and without what could upset a reader."""
    return Finding(
        path=_cut(path, MOST_PATH),
        reason=_cut(reason, MOST_REASON),
        suggestion=None if suggestion is None else _cut(suggestion, MOST_SUGGESTION),
    )


def from_problem(problem: Problem, below: str) -> Finding:
    """A problem of the configuration, its path below that of the document's key. Its sentence says first what is wrong
    and then what to do, so it is parted there."""
    path = f"{below}.{problem.path}" if problem.path else below
    reason, _, hint = problem.message.partition(", did you mean ")
    if hint:
        return finding(path, reason, f"did you mean {hint}")
    reason, _, suggestion = problem.message.rpartition(": ")
    return finding(path, reason, suggestion) if reason else finding(path, problem.message)


def bounded(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """As many as one message may carry; the last says how many more there are."""
    found: Sequence[Finding] = tuple(findings)
    if len(found) <= MOST:
        return tuple(found)
    rest = finding("", f"and {len(found) - MOST + 1} more")
    return (*found[: MOST - 1], rest)


def _cut(text: str, most: int) -> str:
    shown = text if text.isprintable() else ascii(text)[1:-1]
    return shown if len(shown) <= most else shown[: most - 3] + "..."
