"""Decisions until it is known what came of them: did the screen show it, and was something picked in time.

A showing is a success when, within `outcome_s` after it began, its visitor picks of the goods that it advertises (where
it advertises none: anything). Where nobody was seen, a pick of those goods or from that lane by anybody is. What could
not be watched to its end (a restart, staff at work) counts neither way. Not here: the sums (learned.py).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field

from agent.messages import Shown, Snapshot
from agent.triggers.features import Features
from wire.documents import TriggerKind
from wire.events import Pick

MOST_WAITING = 64  # decisions; the oldest is forgotten first
MOST_PICKS = 32  # remembered of one decision, until its showing is told
UNSHOWN_S = 180.0  # without a word from the screen: an item plays for 120 s at most, so it never came on
LATE_S = 3.0  # a pick is told so late at the most: DESIGN has 1.0 s for 95 of 100
GLANCE_S = 0.5  # shown for less, nobody can have read it: chosen, not measured


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided, by what, for whom."""

    name: str
    t: float
    content: str
    goods: tuple[str, ...]  # that it advertises
    trigger: TriggerKind
    rule: str
    policy: int | None
    outcome_s: float
    candidates: tuple[str, ...]
    propensity: float
    x: Features
    visitor: str | None
    lane: str | None
    gtin: str | None
    coupon: str | None  # its number

    def meets(self, pick: Pick) -> bool:
        """Is this pick what the content is for?"""
        of_its_goods = not self.goods or pick.gtin in self.goods
        if self.visitor is not None:
            return pick.visitor == self.visitor and of_its_goods
        if self.lane is None:
            return of_its_goods
        return pick.lane == self.lane or (bool(self.goods) and of_its_goods)


@dataclass(slots=True)
class Watch:
    """One decision under way. `picks_s`: when picks that it is for began."""

    decision: Decision
    learns: bool
    began_s: float | None = None  # on the screen
    read: bool = False  # long enough to be read
    picks_s: list[float] = field(default_factory=list)

    def picked(self) -> bool:
        """In time?"""
        began_s = math.inf if self.began_s is None else self.began_s
        return any(0.0 <= at - began_s <= self.decision.outcome_s for at in self.picks_s)

    def over(self, t: float) -> bool:
        """Is everything known that will be?"""
        if self.began_s is None:
            return t - self.decision.t > UNSHOWN_S
        return not self.learns or t - self.began_s > self.decision.outcome_s + LATE_S


class Outcomes:
    """All decisions under way, oldest first."""

    def __init__(self) -> None:
        self._watches: dict[str, Watch] = {}

    def decided(self, decision: Decision, *, learns: bool) -> None:
        """A content was chosen and goes to the screen. `learns`: its outcome is looked for."""
        self._watches[decision.name] = Watch(decision, learns)
        while len(self._watches) > MOST_WAITING:
            del self._watches[next(iter(self._watches))]

    def shown(self, shown: Shown) -> Decision | None:
        """The screen tells; None for a decision that is not known (any more)."""
        watch = self._watches.get(shown.decision or "")
        if watch is None:
            return None
        if watch.began_s is None:
            watch.began_s = shown.began_s
        watch.read = watch.read or shown.visible_s >= GLANCE_S
        return watch.decision

    def picked(self, pick: Pick) -> None:
        """Somebody took something."""
        for watch in self._watches.values():
            if watch.learns and watch.decision.meets(pick):
                watch.picks_s.append(pick.began_s)
                del watch.picks_s[MOST_PICKS:]

    def settled(self, t: float) -> Iterator[tuple[Decision, bool]]:
        """Decisions whose time is over, and whether they ended in a pick; they are forgotten."""
        for name, watch in list(self._watches.items()):
            if watch.over(t):
                del self._watches[name]
                if watch.learns and watch.read:
                    yield watch.decision, watch.picked()

    def unwatched(self) -> None:
        """From here on picks are nobody's answer: what is under way stays unknown."""
        for watch in self._watches.values():
            watch.learns = False

    def forget(self) -> None:
        """A new process, with a screen that knows nothing of these."""
        self._watches.clear()

    # -- restart ----------------------------------------------------------------------------------------------------

    def snapshot(self) -> Snapshot:
        """Plain values."""
        return {"watches": [asdict(watch) for watch in self._watches.values()]}

    def restore(self, state: Snapshot) -> None:
        """What `snapshot` gave."""
        watches = [Watch(**{**values, "decision": _decision(values["decision"])}) for values in state["watches"]]
        self._watches = {watch.decision.name: watch for watch in watches}


def _decision(values: Snapshot) -> Decision:
    lists = {key: tuple(values[key]) for key in ("goods", "candidates", "x")}
    return Decision(**{**values, **lists})
