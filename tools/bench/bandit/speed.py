"""What a decision costs, from what happened to what is played, beside the number of candidates.

Processor time of the thread: that of the wall is the same on a machine that does nothing else.
"""

from __future__ import annotations

import statistics
import time

from agent.messages import ContentSet, PolicySet
from agent.triggers.answers import Answers
from agent.triggers.candidates import Now
from agent.triggers.features import SIZE
from agent.triggers.learned import Sums
from tools.bench.bandit.world import gtin
from wire.documents import Arm, Item, Policy, Rule
from wire.events import Clock, Hesitation
from wire.state import LaneStock, StockState

CLOCK = Clock(synced=True)
LANES = 40


def decision_ms(candidates: int, decisions: int = 100) -> tuple[float, float]:
    """Median and largest but one in twenty (p95), of so many; each content has been shown 30 times, with 5 features."""
    items = [Item(name=f"c{i}", plays="answer", headline="x", goods=(gtin(i % LANES),)) for i in range(candidates)]
    rule = Rule(name="r", on=("hesitation",), show=tuple(item.name for item in items))
    arms = tuple(_arm(item.name, i) for i, item in enumerate(items))
    policy = Policy(rules=(rule,), arms=arms, holdout=0.0, hour_most=3600)
    answers = Answers("speed")
    answers.hear(ContentSet(0.0, tuple(items), 1), CLOCK)
    answers.hear(PolicySet(0.0, policy, 1), CLOCK)
    lanes = [LaneStock(lane=f"l{i}", gtin=gtin(i), units=9, level="ok") for i in range(LANES)]
    took_ms = []
    for n in range(decisions):
        t = 100.0 + n
        told = Hesitation(
            reason="held",
            visitor=f"v{n}",
            lane="l1",
            gtin=gtin(1),
            before=("l1",),
            began_s=t - 3.0,
            decided_s=t,
            clock=CLOCK,
        )
        began_s = time.thread_time()
        said = answers.happened([told], Now(t, 1.8e9 + t, 0), "open", StockState(lanes=tuple(lanes)), {}, CLOCK)
        took_ms.append(1000.0 * (time.thread_time() - began_s))
        assert said
    return statistics.median(took_ms), sorted(took_ms)[-1 - decisions // 20]


def _arm(content: str, seed: int) -> Arm:
    sums = Sums()
    for k in range(30):
        true = sorted({1 + (seed + k * step) % (SIZE - 1) for step in (1, 3, 7, 9)})
        sums = sums.after((0, *true), (seed * k) % 5 == 0)
    return Arm(content=content, a=sums.a, b=sums.b)
