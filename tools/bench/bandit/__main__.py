"""`python -m tools.bench.bandit [--json]`: regret, coverage of the offline estimates, time of a decision.

Seeds are counted up from --first and --first-log; nothing is tuned on those counted by default.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from tools.bench.bandit.offline import Coverage, coverage
from tools.bench.bandit.picture import draw
from tools.bench.bandit.regret import Regret, regret
from tools.bench.bandit.speed import decision_ms

FIRST_SEED, FIRST_LOG = 23_001, 12_001  # held out
WHO = ("random", "fixed", "agent")
LEAST = (0.02, 0.1)  # floors of the logs: the preset, and one for who wants to ask much of a log


def main(arguments: list[str] | None = None) -> int:
    """Prints what was measured, and draws the curves where a file is named."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.bench.bandit", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--first", type=int, default=FIRST_SEED, help="first seed of the regret curves")
    parser.add_argument("--truths", type=int, default=20, help="of the regret curves")
    parser.add_argument("--shoppers", type=int, default=3000, help="of each truth")
    parser.add_argument("--logs", type=int, default=300, help="repetitions of the offline estimates")
    parser.add_argument("--first-log", type=int, default=FIRST_LOG, help="first seed of the offline estimates")
    parser.add_argument("--rounds", type=int, default=400, help="of each log")
    parser.add_argument("--decisions", type=int, default=200, help="of each number of candidates, timed")
    parser.add_argument("--svg", type=Path, help="where the curves go")
    told = parser.parse_args(arguments)
    curves = [regret(seed, told.shoppers) for seed in range(told.first, told.first + told.truths)]
    if told.svg:
        draw(curves, told.svg)
    logs = range(told.first_log, told.first_log + told.logs)
    covered = {least: coverage(logs, told.rounds, least_chance=least) for least in LEAST}
    found = {"regret": _lost(curves), "offline": _plain(covered), "decision_ms": _speeds(told.decisions)}
    if told.json:
        json.dump(found, sys.stdout, indent=1)
        print()
    else:
        _print(found)
    return 0


def _lost(curves: list[Regret]) -> list[dict[str, Any]]:
    """Mean picks lost at a third and at the end, and in how many truths the agent lost least."""
    n, rows = len(curves[0].agent), []
    for at in (n // 10, n // 3, n):
        means = {
            who: sum(getattr(c, who)[at - 1] for c in curves) / len(curves) for who in ("random", "fixed", "agent")
        }
        best = sum(c.agent[at - 1] < min(c.fixed[at - 1], c.random[at - 1]) for c in curves)
        rows.append({"shoppers": at, **{who: round(lost, 1) for who, lost in means.items()}, "agent_best_in": best})
    return rows


def _plain(covered: dict[float, dict[str, dict[str, Coverage]]]) -> list[dict[str, Any]]:
    return [
        {
            "least_chance": least,
            "target": target,
            "estimate": name,
            "coverage": round(c.share, 3),
            "logs": c.of,
            "half": round(c.half, 4),
            "bias": round(c.bias, 4),
            "rms": round(c.rms, 4),
        }
        for least, targets in covered.items()
        for target, estimates in targets.items()
        for name, c in estimates.items()
    ]


def _speeds(decisions: int) -> list[dict[str, Any]]:
    rows = []
    for candidates in (1, 4, 16, 64):
        median, p95 = decision_ms(candidates, decisions)
        rows.append({"candidates": candidates, "median": round(median, 2), "p95": round(p95, 2)})
    return rows


def _print(found: dict[str, list[dict[str, Any]]]) -> None:
    for title, rows in found.items():
        print(title)
        print("  " + "  ".join(f"{key:>13}" for key in rows[0]))
        for row in rows:
            print("  " + "  ".join(f"{value!s:>13}" for value in row.values()))


if __name__ == "__main__":
    raise SystemExit(main())
