"""A change is judged by what is seen of the agent."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from agent.documents.probation import Probation, Terms, allowed_mb
from tests.documents_scene import HEALTHY


def watched(terms: Terms, alive: str = "scale camera", seconds: int = 60, **signs: Any) -> str | None:
    """What is said at the end of a probation during which nothing changes."""
    probation = Probation(terms, 0.0)
    for now_s in range(seconds):
        verdict = probation.look(replace(HEALTHY, alive=frozenset(alive.split()), **signs), float(now_s))
        if verdict is not None:
            return verdict.reason or f"good after {now_s} s"
    return None


BOTH = frozenset({"scale", "camera"})
MOVED = Terms(30, broker=True, document="d1")


@pytest.mark.parametrize(
    ("terms", "signs", "told"),
    [
        (Terms(30), {}, "good after 30 s"),
        (Terms(5), {}, "good after 5 s"),
        (Terms(30, BOTH), {"alive": "scale"}, "camera lived before"),
        (Terms(5, BOTH), {"alive": "scale"}, "camera lived before"),
        (Terms(30, BOTH), {"alive": "scale camera screen"}, "good"),
        (Terms(30), {"connected": False}, "good"),
        (Terms(30, broker=True), {"connected": False}, "the change led to a broker"),
        (Terms(30, broker=True), {}, "good after 30 s"),
        (MOVED, {"accepted": True, "heard": "d1"}, "good after 30 s"),
        (MOVED, {"accepted": False, "heard": "d1"}, "the change led to a broker that takes nothing"),
        (MOVED, {"accepted": True, "heard": "d0"}, "the change led to a broker that does not hold this document"),
        (MOVED, {"accepted": True, "heard": "d1", "connected": False}, "the change led to a broker that does not take"),
        (Terms(30), {"core_answers": False}, "the core does not answer"),
        (Terms(30, most_mb=180), {"rss_mb": 181}, "memory grew to 181 MB"),
        (Terms(30, most_mb=180), {"rss_mb": None}, "good"),
    ],
)
def test_what_counts(terms: Terms, signs: dict[str, Any], told: str) -> None:
    assert (watched(terms, **signs) or "").startswith(told)


def test_a_stream_may_take_its_time_to_come_back() -> None:
    probation = Probation(Terms(30, BOTH), 0.0)
    for now_s in range(31):
        alive = BOTH if now_s > 18 else frozenset({"scale"})
        verdict = probation.look(replace(HEALTHY, alive=alive), float(now_s))
    assert verdict is not None and verdict.good


def test_a_broker_has_shown_what_it_takes_for_the_whole_trial() -> None:
    """What it accepted before a connection ended it need not accept again."""
    probation = Probation(MOVED, 0.0)
    for now_s in range(31):
        signs = replace(HEALTHY, accepted=now_s == 3, heard="d1" if now_s == 5 else "d2")
        verdict = probation.look(signs, float(now_s))
    assert verdict is not None and verdict.good


def test_a_stream_that_comes_and_goes_is_no_stream() -> None:
    probation = Probation(Terms(60, BOTH), 0.0)
    for now_s in range(61):
        alive = BOTH if now_s % 8 == 0 else frozenset({"scale"})
        verdict = probation.look(replace(HEALTHY, alive=alive), float(now_s))
    assert verdict is not None and "comes and goes" in verdict.reason


@pytest.mark.parametrize(("ill_until_s", "good"), [(34, True), (60, False)])
def test_who_is_ill_at_the_end_has_until_it_has_lasted(ill_until_s: int, good: bool) -> None:
    probation = Probation(Terms(30, BOTH), 0.0)
    verdicts = {}
    for now_s in range(45):
        alive = frozenset({"scale"}) if 28 < now_s < ill_until_s else BOTH
        verdicts[now_s] = probation.look(replace(HEALTHY, alive=alive), float(now_s))
    assert verdicts[30] is None and verdicts[33] is None
    decided = next(verdict for verdict in verdicts.values() if verdict is not None)
    assert decided.good == good


def test_memory_that_was_high_before_may_stay_so() -> None:
    assert (allowed_mb((180.0, 50.0), 60.0), allowed_mb((50.0, 50.0), 90.0)) == (180.0, 110.0)
