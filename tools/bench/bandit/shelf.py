"""One shelf of the simulated shop: the agent's own agent/triggers, told of shoppers as the core would tell it.

Not here: the truth (world.py), what is made of the log (regret.py, offline.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from agent.messages import ContentSet, Play, PolicySet
from agent.messages import Shown as OnScreen
from agent.tracking.stance import Stance
from agent.tracking.visits import Person, Record
from agent.triggers.answers import Answers
from agent.triggers.candidates import Now
from agent.triggers.features import LONG_S
from tools.bench.bandit.world import CONTENTS, HOURS, PRODUCTS, Context, Shopper, World, gtin, items
from wire.documents import Arm, Policy, Rule
from wire.events import Clock, EventPayload, Hesitation, Pick, Shown
from wire.state import LaneStock, Learned, StockState

CLOCK = Clock(synced=True)
ROUND_S = 60.0  # from one shopper to the next: an outcome is settled by then
DAY = 1_800_000_000 // 86_400 * 86_400.0
RULE = Rule(name="held", on=("hesitation",), show=tuple(f"c{c}" for c in range(CONTENTS)))
STOCK = StockState(lanes=tuple(LaneStock(lane=f"l{p}", gtin=gtin(p), units=9, level="ok") for p in range(PRODUCTS)))


@dataclass(frozen=True, slots=True)
class Round:
    """What was shown to one shopper, with what chance, and what came of it. `content` None: held out."""

    context: Context
    content: int | None
    propensity: float
    picked: bool


class Shelf:
    """The agent's decisions for one shopper after the other."""

    def __init__(self, world: World, device: str = "bench", **policy: Any) -> None:
        self.world, self.t, self._n = world, 0.0, 0
        self.answers = Answers(device)
        self.learned: list[Learned] = []
        self._settings: dict[str, Any] = {"holdout": 0.0, "hour_most": 3600, "cooldown_s": 0.0} | policy
        self.answers.hear(ContentSet(0.0, items(), 1), CLOCK)
        self.policy(1)

    def policy(self, version: int, arms: Sequence[Arm] = ()) -> None:
        """A policy document arrives."""
        policy = Policy(rules=(RULE,), arms=tuple(arms), **self._settings)
        self._told(self.answers.hear(PolicySet(self.t, policy, version), CLOCK))

    def serve(self, shoppers: Iterable[Shopper]) -> list[Round]:
        """One after the other."""
        return [self._round(shopper) for shopper in shoppers]

    def _round(self, shopper: Shopper) -> Round:
        context, visitor = shopper.context, f"v{self._n}"
        self._n += 1
        record = Record(self.t, self.t, LONG_S + 5.0 if context.long else 5.0)
        people = {visitor: Person(self.t, Stance.at(self.t, 0.0, 0.4, True), record=record)}
        for _ in range(context.picks):
            self._happens(self._pick(visitor, context.held), people, context)
        said = self._happens(self._hesitates(visitor, context), people, context)
        picked, told = False, next(iter(said))
        if isinstance(told, Play):
            content = int(told.content[1:])
            on_screen = OnScreen(self.t, told.content, told.t + 0.1, told.t + 8.1, 8.0, told.decision)
            (shown,) = self.answers.hear(on_screen, CLOCK)
            picked = shopper.luck < self.world.pick_chance(context, shopper.kind, content)
            self.t += 5.0
            if picked:
                self._happens(self._pick(visitor, content % PRODUCTS), people, context)
        else:
            content, shown = None, told
        self.t += ROUND_S
        learned = self.answers.pass_time(self.t, {})
        self._told([] if learned is None else [learned])
        assert isinstance(shown, Shown)
        return Round(context, content, shown.propensity or 0.0, picked)

    def _happens(self, payload: EventPayload, people: dict[str, Person], context: Context) -> list[Play | Shown]:
        now = Now(self.t, DAY + 3600.0 * HOURS[context.daytime], 0)
        return self.answers.happened([payload], now, "open", STOCK, people, CLOCK)

    def _pick(self, visitor: str, product: int) -> Pick:
        return Pick(
            lane=f"l{product}",
            gtin=gtin(product),
            units=1,
            delta_g=-100.0,
            confidence=0.97,
            visitor=visitor,
            began_s=self.t,
            ended_s=self.t + 0.1,
            decided_s=self.t + 0.6,
            clock=CLOCK,
        )

    def _hesitates(self, visitor: str, context: Context) -> Hesitation:
        return Hesitation(
            reason="held",
            visitor=visitor,
            lane=f"l{context.held}",
            gtin=gtin(context.held),
            before=(f"l{context.held}",),
            began_s=self.t - 3.0,
            decided_s=self.t,
            clock=CLOCK,
        )

    def _told(self, said: Iterable[object]) -> None:
        self.learned += [one for one in said if isinstance(one, Learned)]
