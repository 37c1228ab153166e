"""Staff at the live shelf: they tell it that they are at work, refill, and tell it when they are done.

Without that word a single thing put into its place by nobody seen is a put, and wrong. Not here: when they come
(people.py), which lanes they fill (tools/bench/shopper.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Literal, Protocol

from tools.bench.deeds import half_full
from tools.bench.live.play import LEAD_S
from tools.bench.shopper import staff
from tools.bench.stage import Stage

ANSWER_S = 5.0  # a shelf that has not answered by then does not hear; it takes a tenth of a second
TOLD_S = 3.0  # a restock is told at most so long after the last thing was set down


class Badge(Protocol):
    """How staff tell the shelf."""

    def show(self, mode: Literal["staff", "open"]) -> None:
        """Orders the mode; does not wait."""
        ...

    def heard(self) -> bool:
        """The shelf has answered to the last order."""
        ...


class NoBadge:
    """A shelf that is told nothing."""

    def show(self, mode: Literal["staff", "open"]) -> None:
        pass

    def heard(self) -> bool:
        return True


def gaps(stage: Stage) -> bool:
    """Staff find something to do."""
    lanes = [lane for lane in stage.layout.config.lanes if lane.unit_g and not half_full(stage, lane)]
    return any(stage.room(lane) > 0 for lane in lanes)


def refill(stage: Stage, badge: Badge, now_s: Callable[[], float]) -> Iterator[None]:
    """Goes on each time it is asked, until it is done. A shelf that does not answer is left as it is."""
    badge.show("staff")
    yield from _until_heard(badge, now_s)
    if badge.heard():
        stage.deed = "restock"
        done_s = staff(stage, now_s() + LEAD_S)
        while now_s() < done_s + TOLD_S:
            yield
    badge.show("open")
    yield from _until_heard(badge, now_s)


def _until_heard(badge: Badge, now_s: Callable[[], float]) -> Iterator[None]:
    until_s = now_s() + ANSWER_S
    while not badge.heard() and now_s() < until_s:
        yield
