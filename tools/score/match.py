"""Holds events against the truth, as docs/cases.md defines it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from wire.events import Pick, Put

Truth = dict[str, Any]
SAYS = ("gtin", "units", "visitor")  # compared where the truth has them


@dataclass(frozen=True, slots=True)
class Matches:
    """`pairs` of (event, truth); what was `missed`; what was said `wrong`ly."""

    pairs: list[tuple[Pick | Put, Truth]]
    missed: list[Truth]
    wrong: list[Pick | Put]


def match(events: Sequence[Pick | Put], truth: Sequence[Truth], *, with_visitor: bool = True) -> Matches:
    """Each truth entry and each event is used once; the nearest in time go together first."""
    fits = [
        (abs(event.ended_s - entry["t_s"]), i, j)
        for i, event in enumerate(events)
        for j, entry in enumerate(truth)
        if _fits(event, entry, with_visitor)
    ]
    used_events: dict[int, int] = {}
    used_truth: set[int] = set()
    for _, i, j in sorted(fits):
        if i not in used_events and j not in used_truth:
            used_events[i] = j
            used_truth.add(j)
    return Matches(
        pairs=[(events[i], truth[j]) for i, j in sorted(used_events.items())],
        missed=[entry for j, entry in enumerate(truth) if j not in used_truth],
        wrong=[event for i, event in enumerate(events) if i not in used_events],
    )


def _fits(event: Pick | Put, entry: Truth, with_visitor: bool) -> bool:
    if event.kind != entry["type"] or event.lane != entry["lane"]:
        return False
    if abs(event.ended_s - entry["t_s"]) > entry["tolerance_s"]:
        return False
    asked = [key for key in SAYS if entry.get(key) is not None and (with_visitor or key != "visitor")]
    return all(getattr(event, key) == entry[key] for key in asked)


def calibration_error(said: Sequence[tuple[float, bool]], bins: int = 10) -> float:
    """Expected calibration error of (confidence, was right), bins of equal width. 0 for nothing said."""
    total = 0.0
    for k in range(bins):
        inside = [(p, right) for p, right in said if k / bins < p <= (k + 1) / bins or (k == 0 and p <= 0)]
        if inside:
            total += abs(sum(p for p, _ in inside) - sum(right for _, right in inside))
    return total / len(said) if said else 0.0
