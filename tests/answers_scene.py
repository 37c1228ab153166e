"""A strip that answers, without scales and cameras: what is told of people goes in, what the strip plays comes out.

strip = Strip(items=[ad("cola-ad", COLA)], rules=[rule("held", "hesitation", "cola-ad")])
strip.hesitates("ann", "cola")
assert strip.played == ["cola-ad"]
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import msgspec

from agent.messages import ContentSet, Play, PolicySet
from agent.messages import Shown as OnScreen
from agent.plain import plain, revive
from agent.tracking.stance import Stance
from agent.tracking.visits import Person, Record
from agent.triggers.answers import Answers
from agent.triggers.candidates import Now
from wire.documents import Arm, Item, Policy, Rule
from wire.events import Clock, Dwell, EventPayload, Hesitation, Pick, Put, Shown
from wire.state import LaneStock, Learned, StockState

COLA, TEA, SOAP = "06901234567892", "05000159484695", "00000000000017"
LANES = {"cola": COLA, "tea": TEA, "soap": SOAP}
CLOCK = Clock(synced=True)
WALL_S = 1_800_000_000.0  # Friday, 2027-01-15 08:00 UTC


def ad(name: str, *goods: str, **more: Any) -> Item:
    """Content that answers, for these goods."""
    return Item(**{"name": name, "plays": "answer", "headline": name, "goods": goods} | more)


def rule(name: str, on: str | Sequence[str], *show: str, **more: Any) -> Rule:
    """On these triggers one of these."""
    return Rule(name=name, on=(on,) if isinstance(on, str) else tuple(on), show=show, **more)  # type: ignore[arg-type]


class Strip:
    """One shelf's answers; time passes by `wait`, and by a millisecond with everything that happens."""

    def __init__(self, items: Sequence[Item], rules: Sequence[Rule], *, device: str = "d1", **policy: Any) -> None:
        self.answers = Answers(device)
        self.t, self.wall, self.offset_s = 100.0, True, 0
        self.mode = "open"
        self.units: dict[str, int | None] = dict.fromkeys(LANES, 6)
        self.people: dict[str, Person] = {}
        self.plays: list[Play] = []
        self.told: list[Shown] = []
        self.learned: list[Learned] = []
        self.rules, self.settings = tuple(rules), {"holdout": 0.0, "cooldown_s": 0.0, "visitor_most": 100} | policy
        self.contents(*items)
        self.policy(1)

    # -- documents ----------------------------------------------------------------------------------------------------

    def contents(self, *items: Item) -> None:
        self.answers.hear(ContentSet(self.t, items, 1), CLOCK)

    def policy(self, version: int | None, *arms: Arm, **more: Any) -> None:
        policy = Policy(**{"rules": self.rules, "arms": arms} | self.settings | more)
        self._keep(self.answers.hear(PolicySet(self.t, policy, version), CLOCK))

    # -- what people do -----------------------------------------------------------------------------------------------

    def comes(self, visitor: str, dwell_s: float = 0.0) -> None:
        record = Record(self.t, self.t, dwell_s)
        self.people[visitor] = Person(self.t, Stance.at(self.t, 0.0, 0.4, True), record=record)

    def leaves(self, visitor: str) -> None:
        del self.people[visitor]
        self.wait(1.0)

    def hesitates(self, visitor: str, lane: str | None, reason: str = "held", **more: Any) -> None:
        gtin = LANES[lane] if lane else None
        fields = {"before": tuple(LANES), "began_s": self.t - 3.0, "decided_s": self.t, "clock": CLOCK}
        self.happens(Hesitation(reason=reason, visitor=visitor, lane=lane, gtin=gtin, **(fields | more)))  # type: ignore[arg-type]

    def dwells(self, visitor: str, lane: str | None, dwell_s: float) -> None:
        times = {"began_s": self.t - dwell_s, "ended_s": self.t, "dwell_s": dwell_s}
        self.happens(Dwell(visitor=visitor, lane=lane, before=tuple(LANES), clock=CLOCK, **times))

    def picks(self, visitor: str | None, lane: str) -> None:
        self._move(Pick, visitor, lane, -1)

    def puts(self, visitor: str | None, lane: str) -> None:
        self._move(Put, visitor, lane, 1)

    def _move(self, kind: type[Pick | Put], visitor: str | None, lane: str, units: int) -> None:
        known = self.units[lane]
        self.units[lane] = None if known is None else known + units
        times = {"began_s": self.t - 0.1, "ended_s": self.t, "decided_s": self.t}
        about = {"lane": lane, "gtin": LANES[lane], "units": 1, "delta_g": 100.0 * units, "confidence": 0.95}
        self.happens(kind(visitor=visitor, clock=CLOCK, **times, **about))  # type: ignore[arg-type]

    # -- what the shelf does ------------------------------------------------------------------------------------------

    def happens(self, *told: EventPayload) -> None:
        for payload in told:
            visitor = getattr(payload, "visitor", None)
            if visitor is not None and visitor not in self.people:
                self.comes(visitor)
        wall_s = WALL_S + self.t if self.wall else None
        now = Now(self.t, wall_s, self.offset_s if self.wall else None)
        self._keep(self.answers.happened(told, now, self.mode, self._stock(), self.people, CLOCK))
        self.t = round(self.t + 0.001, 3)

    def turns(self, mode: str) -> None:
        self.mode = mode
        self.happens()

    def holds(self, **units: int | None) -> None:
        """So many stand there from now on."""
        self.units |= units
        self.happens()

    def shows(self, visible_s: float = 8.0, *, after_s: float = 0.1) -> None:
        """The screen has shown the newest answer."""
        play = self.plays[-1]
        began_s = play.t + after_s
        told = OnScreen(self.t, play.content, began_s, began_s + visible_s, visible_s, play.decision)
        self._keep(self.answers.hear(told, CLOCK))

    def wait(self, seconds: float) -> None:
        until = round(self.t + seconds, 3)
        while self.t < until:
            self.t = round(min(self.t + 1.0, until), 3)
            learned = self.answers.pass_time(self.t, self.people)
            self._keep([] if learned is None else [learned])

    def restart(self) -> None:
        """As a replay begins in the middle of a recording."""
        state = json.loads(json.dumps(plain(self.answers.snapshot()), allow_nan=False))
        self.answers = Answers("d1")
        self.answers.restore({key: revive(value) for key, value in state.items()})

    # -- what is seen of it -------------------------------------------------------------------------------------------

    @property
    def played(self) -> list[str]:
        return [play.content for play in self.plays]

    def sums(self, content: str) -> tuple[int, int]:
        """As last told: how often it was shown, and how often something was picked."""
        arms = {arm.content: arm for arm in self.learned[-1].arms} if self.learned else {}
        return (arms[content].a[0], arms[content].b[0]) if content in arms else (0, 0)

    def _stock(self) -> StockState:
        lanes = []
        for name, units in self.units.items():
            level = "unknown" if units is None else "empty" if units <= 0 else "low" if units <= 1 else "ok"
            lanes.append(LaneStock(lane=name, gtin=LANES[name], units=units, level=level))  # type: ignore[arg-type]
        return StockState(lanes=tuple(lanes))

    def _keep(self, said: Sequence[Play | Shown | Learned]) -> None:
        for one in said:
            assert msgspec.json.decode(msgspec.json.encode(one), type=type(one)) == one
            kept: list[Any] = (
                self.plays if isinstance(one, Play) else self.told if isinstance(one, Shown) else self.learned
            )
            kept.append(one)
