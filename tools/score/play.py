"""Plays a case through the agent's real pipeline, as fast as it goes, and holds what it says against the truth."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sized
from dataclasses import dataclass
from typing import Any

from agent.core import Core
from agent.messages import Event, Observation
from tools.score.case import Case
from tools.score.match import Matches, calibration_error, match
from wire.events import Pick, Put


@dataclass(frozen=True, slots=True)
class Result:
    """One case played: the events said, their matches with and without the visitor, and how fast it went."""

    matches: Matches
    without_visitor: Matches
    said: list[tuple[float, bool]]  # confidence, was right
    delays_s: list[float]
    recorded_s: float
    computed_s: float


def play(case: Case, *, camera: bool = True) -> Result:
    """Events of one case. Reading the files is not part of the computing, nor is looking at a video."""
    observations = list(case.observations(camera=camera))
    began = time.perf_counter()
    events = list(events_of(Core(case.config), observations))
    computed_s = time.perf_counter() - began
    matches = match(events, case.truth)
    right = {id(event) for event, _ in matches.pairs}
    return Result(
        matches=matches,
        without_visitor=match(events, case.truth, with_visitor=False),
        said=[(event.confidence, id(event) in right) for event in events],
        delays_s=[event.decided_s - entry["t_s"] for event, entry in matches.pairs],
        recorded_s=observations[-1].t - observations[0].t if observations else 0.0,
        computed_s=computed_s,
    )


def events_of(core: Core, observations: Iterable[Observation]) -> Iterable[Pick | Put]:
    """The picks and puts that `core` tells."""
    for observation in observations:
        for output in core.step(observation):
            if isinstance(output, Event) and isinstance(output.payload, (Pick, Put)):
                yield output.payload


def figures(results: Iterable[Result]) -> dict[str, Any]:
    """The figures of docs/cases.md over all `results`; missed and wrong only when there is one."""
    results = list(results)
    tp, fn, fp = (sum(len(part(r.matches)) for r in results) for part in _PARTS)
    apart = [sum(len(part(r.without_visitor)) for r in results) for part in _PARTS]
    delays = sorted(d for r in results for d in r.delays_s)
    computed_s = sum(r.computed_s for r in results)
    found: dict[str, Any] = {
        "tp": tp,
        "fp": fp,
        "fn": fn,
        "precision": _share(tp, tp + fp),
        "recall": _share(tp, tp + fn),
        "f1": f1(tp, fn, fp),
        "f1_without_visitor": f1(*apart),
        "delay_s": {"p50": _percentile(delays, 0.5), "p95": _percentile(delays, 0.95)},
        "ece": round(calibration_error([pair for r in results for pair in r.said]), 4),
        "realtime_factor": round(sum(r.recorded_s for r in results) / computed_s, 1) if computed_s else None,
    }
    return found


_PARTS: tuple[Callable[[Matches], Sized], ...] = (lambda m: m.pairs, lambda m: m.missed, lambda m: m.wrong)


def f1(tp: int, fn: int, fp: int) -> float:
    """1.0 where there was nothing to say and nothing was said."""
    return round(2 * tp / (2 * tp + fn + fp), 4) if tp + fn + fp else 1.0


def _share(part: int, whole: int) -> float:
    return round(part / whole, 4) if whole else 1.0


def _percentile(ordered: list[float], share: float) -> float | None:
    """Linear between the neighbours, as numpy does; None for nothing."""
    if not ordered:
        return None
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return round(ordered[low] + (place - low) * (ordered[high] - ordered[low]), 3)
