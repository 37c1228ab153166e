"""`shown` events: what was on the strip and why, or that on purpose nothing was.

Not here: what was decided (answers.py), when it was on the screen (the screen tells).
"""

from __future__ import annotations

from collections.abc import Sequence

from agent.messages import Shown as OnScreen
from agent.triggers.features import Situation, names, names_around
from agent.triggers.outcome import Decision
from wire.documents import Item, Policy, Rule
from wire.events import Clock, Shown


def looped(on_screen: OnScreen, clock: Clock) -> Shown:
    """The loop's plays of one content, summed up."""
    return Shown(
        content=on_screen.content,
        trigger="loop",
        began_s=round(on_screen.began_s, 3),
        ended_s=round(on_screen.ended_s, 3),
        visible_s=round(on_screen.visible_s, 3),
        plays=on_screen.plays,
        clock=clock,
    )


def answered(on_screen: OnScreen, decision: Decision, clock: Clock) -> Shown:
    """An answer was on the screen."""
    return Shown(
        content=decision.content,
        trigger=decision.trigger,
        began_s=round(on_screen.began_s, 3),
        ended_s=round(on_screen.ended_s, 3),
        visible_s=round(on_screen.visible_s, 3),
        plays=on_screen.plays,
        decision=decision.name,
        rule=decision.rule,
        policy=decision.policy,
        candidates=decision.candidates,
        propensity=decision.propensity,
        features=names(decision.x),
        visitor=decision.visitor,
        lane=decision.lane,
        gtin=decision.gtin,
        coupon=decision.coupon,
        clock=clock,
    )


def withheld(
    name: str, rule: Rule, items: Sequence[Item], about: Situation, policy: Policy, version: int | None, clock: Clock
) -> Shown:
    """A trigger that would have been answered, and was not, for comparison."""
    trigger, at_s = about.trigger, round(about.trigger.t, 3)
    return Shown(
        content=None,
        trigger=trigger.kind,
        began_s=at_s,
        ended_s=at_s,
        visible_s=0.0,
        decision=name,
        rule=rule.name,
        policy=version,
        candidates=tuple(item.name for item in items),
        propensity=round(policy.holdout, 6),
        holdout=True,
        features=names_around(about),
        visitor=trigger.visitor,
        lane=trigger.lane,
        gtin=trigger.gtin,
        clock=clock,
    )
