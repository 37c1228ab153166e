"""Answers what happens with a content for the strip, or on purpose with nothing, and learns from what came of it.

The first rule that fits and has something that may be shown decides (rules.py, candidates.py); of several contents
one draw (chance.py) out of a table of exact chances (bandit.py) chooses. At most one answer to one observation: people
come before stock. Not here: showing it (screen/), the documents' way here (documents/), a coupon's signature (screen/).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from agent.messages import ContentSet, CouponClaim, Play, PolicySet, Snapshot
from agent.messages import Shown as OnScreen
from agent.tracking.visits import Person
from agent.triggers.audience import Audience
from agent.triggers.bandit import PARTS, drawn, table
from agent.triggers.candidates import Goods, Now, candidates
from agent.triggers.chance import Draw, coupon_number
from agent.triggers.cooldown import Cooldowns
from agent.triggers.features import Situation, Trigger, features, local_hour
from agent.triggers.kept import plain_item, plain_policy, read_item, read_policy
from agent.triggers.learned import Knowledge
from agent.triggers.outcome import Decision, Outcomes
from agent.triggers.proof import answered, looped, withheld
from agent.triggers.rules import fits, triggers
from agent.triggers.turns import Turns
from wire.documents import Item, Policy, Rule
from wire.events import Clock, EventPayload, Pick, Put, Shown
from wire.state import Learned, StockState

ORDER = ("hesitation", "dwell", "pick", "put", "low_stock", "staff")  # who is answered first
Said = Play | Shown


class Answers:
    """All decisions of one shelf."""

    def __init__(self, device: str) -> None:
        self._device, self._n = device, 0
        self._policy = Policy()
        self._version: int | None = None
        self._items: dict[str, Item] = {}
        self.audience = Audience()
        self._cooldowns, self._outcomes, self._knowledge = Cooldowns(), Outcomes(), Knowledge()
        self._turns = Turns()

    # -- documents --------------------------------------------------------------------------------------------------

    def hear(self, told: ContentSet | PolicySet | OnScreen, clock: Clock) -> list[Shown | Learned]:
        """Another content, another policy, or what was on the screen."""
        match told:
            case ContentSet():
                self.content(told)
                return []
            case PolicySet():
                last = self.policy(told)
                return [] if last is None else [last]
            case OnScreen():
                shown = self.shown(told, clock)
                return [] if shown is None else [shown]

    def content(self, new: ContentSet) -> None:
        """What may play from here on."""
        self._items = {item.name: item for item in new.items}
        self._knowledge.keep(self._contents())
        self._cooldowns.keep(self._contents())

    def policy(self, new: PolicySet) -> Learned | None:
        """What is shown to whom from here on; the last of what was learned before, if it was not told."""
        self._policy, self._version = new.policy, new.version
        last = self._knowledge.policy(new.policy, new.version, self._contents(), new.t)
        self._knowledge.keep(self._contents() | {arm.content for arm in new.policy.arms})
        return last

    def _contents(self) -> set[str]:
        return {*self._items, *(name for rule in self._policy.rules for name in rule.show)}

    # -- what happens -----------------------------------------------------------------------------------------------

    def happened(
        self,
        told: Sequence[EventPayload],
        now: Now,
        mode: str,
        stock: StockState,
        people: Mapping[str, Person],
        clock: Clock,
    ) -> list[Said]:
        """What was just told, and whatever turned with it. `people`: who is there."""
        self.audience.see(people)
        turned = list(self._turns.see(mode, stock.lanes, now.t))
        if mode != "open":
            self._outcomes.unwatched()
        for payload in told:
            if isinstance(payload, Pick):
                self._outcomes.picked(payload)
            if isinstance(payload, Pick | Put):
                self.audience.moved(payload.visitor, 1 if isinstance(payload, Pick) else -1)
        if not self._policy.rules:
            return []
        goods = Goods(stock.lanes)
        happened = [one for one in triggers(told, now.t, goods.of) if one.kind != "dwell" or one.visitor in people]
        for trigger in sorted((*happened, *turned), key=lambda one: ORDER.index(one.kind)):
            if (mode == "open") == (trigger.kind == "staff") or not self._ready(trigger):
                continue
            person = people.get(trigger.visitor or "")
            dwell_s = 0.0 if person is None or person.record is None else person.record.dwell_s
            said = self._answer(trigger, now, goods, dwell_s, clock)
            if said is not None:
                return [said]
        return []

    def _ready(self, trigger: Trigger) -> bool:
        if trigger.visitor is not None:
            return self.audience.ready(trigger.visitor, trigger.t, self._policy)
        return self._cooldowns.rested(trigger.lane, trigger.t, self._policy)

    def _answer(self, trigger: Trigger, now: Now, goods: Goods, dwell_s: float, clock: Clock) -> Said | None:
        guest = self.audience.of(trigger.visitor)
        for rule in self._policy.rules:
            if not fits(rule, trigger):
                continue
            items = candidates(rule.show, self._items, now, guest, goods, self._cooldowns, self._policy)
            if items:
                hour = local_hour(now.wall_s, now.utc_offset_s)
                about = Situation(trigger, goods.level, goods.homes, hour, dwell_s, guest.picks)
                return self._decide(rule, items, about, now, clock)
        return None

    # -- a decision -------------------------------------------------------------------------------------------------

    def _decide(self, rule: Rule, items: Sequence[Item], about: Situation, now: Now, clock: Clock) -> Said:
        self._n += 1
        trigger = about.trigger
        draw = Draw.of(self._device, self._n, trigger)
        if self._held_out(trigger, draw):
            self._note(trigger, held_out=True, coupon=False)
            return withheld(self._name, rule, items, about, self._policy, self._version, clock)
        known = [(self._knowledge.posterior(item.name), features(item, about)) for item in items]
        parts = table(known, self._policy.spread, self._policy.least_chance)
        index = drawn(parts, draw.choice)
        item = items[index]
        claim = self._claim(item, now)
        self._note(trigger, held_out=False, coupon=claim is not None)
        self._cooldowns.showed(item.name, now.t)
        decision = Decision(
            name=self._name,
            t=now.t,
            content=item.name,
            goods=item.goods,
            trigger=trigger.kind,
            rule=rule.name,
            policy=self._version,
            outcome_s=self._policy.outcome_s,
            candidates=tuple(one.name for one in items),
            propensity=parts[index] / PARTS,
            x=known[index][1],
            visitor=trigger.visitor,
            lane=trigger.lane,
            gtin=trigger.gtin,
            coupon=None if claim is None else claim.number,
        )
        self._outcomes.decided(decision, learns=trigger.kind != "staff")
        return Play(now.t, self._name, item.name, item.seconds, trigger.kind, claim)

    @property
    def _name(self) -> str:
        return f"{self._device}-{self._n}"

    def _held_out(self, trigger: Trigger, draw: Draw) -> bool:
        """A visitor stays in or out; what staff is told is no experiment."""
        if trigger.kind == "staff":
            return False
        known = self.audience.of(trigger.visitor).held_out
        return known if known is not None else draw.holdout % PARTS < round(self._policy.holdout * PARTS)

    def _note(self, trigger: Trigger, *, held_out: bool, coupon: bool) -> None:
        if trigger.visitor is not None:
            self.audience.answered(trigger.visitor, trigger.t, held_out=held_out, coupon=coupon)
        else:
            self._cooldowns.answered(trigger.lane, trigger.t)

    def _claim(self, item: Item, now: Now) -> CouponClaim | None:
        if item.coupon is None or now.wall_s is None:
            return None
        number = coupon_number(self._device, self._n, now.t, now.wall_s)
        return CouponClaim(number, item.coupon.campaign, item.coupon.says, item.coupon.valid_s, round(now.wall_s, 3))

    # -- afterwards -------------------------------------------------------------------------------------------------

    def shown(self, on_screen: OnScreen, clock: Clock) -> Shown | None:
        """The screen has shown something: proof of play. None for an answer that nobody knows of any more."""
        if on_screen.decision is None:
            return looped(on_screen, clock)
        decision = self._outcomes.shown(on_screen)
        return None if decision is None else answered(on_screen, decision, clock)

    def pass_time(self, t: float, people: Mapping[str, Person]) -> Learned | None:
        """Settles what is over; what was learned, when it is time to tell it."""
        self.audience.see(people)
        for decision, picked in self._outcomes.settled(t):
            self._knowledge.learn(decision.content, decision.x, picked)
        return self._knowledge.due(t)

    def resume(self, t: float) -> None:
        """A new process: other visitors, another screen, maybe another clock."""
        self.audience.forget()
        self._outcomes.forget()
        self._cooldowns.resume(t)
        self._knowledge.resume(t)

    # -- restart ----------------------------------------------------------------------------------------------------

    def snapshot(self) -> Snapshot:
        """Plain values."""
        return {
            "n": self._n,
            "policy": plain_policy(self._policy),
            "version": self._version,
            "items": [plain_item(item) for item in self._items.values()],
            "audience": self.audience.snapshot(),
            "cooldowns": self._cooldowns.snapshot(),
            "outcomes": self._outcomes.snapshot(),
            "knowledge": self._knowledge.snapshot(),
            "turns": self._turns.snapshot(),
        }

    def restore(self, state: Snapshot) -> None:
        """What `snapshot` gave."""
        self._n, self._version = state["n"], state["version"]
        self._policy = read_policy(state["policy"])
        self._items = {values["name"]: read_item(values) for values in state["items"]}
        self.audience.restore(state["audience"])
        self._cooldowns.restore(state["cooldowns"])
        self._outcomes.restore(state["outcomes"])
        self._knowledge.restore(state["knowledge"])
        self._turns.restore(state["turns"])
