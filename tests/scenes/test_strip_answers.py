"""From a hand to the strip's answer, through the whole core; what is advertised, bought, learned; and again."""

from __future__ import annotations

import json

import pytest
from store import Store

from agent.core import Core
from agent.messages import ContentSet, Observation, Output, Play, PolicySet
from agent.messages import Shown as OnScreen
from wire.commands import Introduce, SetMode
from wire.documents import Item, Policy, Rule
from wire.events import Shown
from wire.state import Learned


@pytest.fixture
def strip(store: Store) -> Store:
    """Cola, tea and soap, each with an ad; who hesitates is answered."""
    store.lane("cola", unit_g=345, units=6)
    store.lane("tea", unit_g=120, units=2)
    store.lane("soap", unit_g=90, units=6)
    items = [Item(name=f"{x}-ad", plays="answer", headline=x, goods=(store.goods[x].gtin,)) for x in store.lanes]
    items.append(Item(name="club-ad", plays="answer", headline="club", segments=("club",)))
    rules = (
        Rule(name="club", on=("pick",), show=("club-ad",)),
        Rule(name="held", on=("hesitation",), show=("tea-ad", "soap-ad")),
        Rule(name="low", on=("low_stock",), show=("soap-ad",)),
        Rule(name="staff", on=("staff",), show=("cola-ad",)),
    )
    store.tell(ContentSet(0.5, tuple(items), 1))
    store.tell(PolicySet(0.5, Policy(rules=rules, holdout=0.0, cooldown_s=0.0), 3))
    return store


def plays(store: Store) -> list[Play]:
    return [output for output in store.outputs if isinstance(output, Play)]


def screen(store: Store) -> None:
    """Shows the newest answer for eight seconds and says so."""
    play = plays(store)[-1]
    began_s = play.t + 0.15
    store.tell(OnScreen(began_s + 8.0, play.content, began_s, began_s + 8.0, 8.0, play.decision))


def test_who_hesitates_is_answered_and_what_they_buy_is_learned(strip: Store) -> None:
    strip.picks("ann", "cola", at=3.0, stays_s=12.0)
    strip.played(7.5)
    (play,) = plays(strip)
    assert play.trigger == "hesitation" and play.content in ("tea-ad", "soap-ad")
    assert play.t == pytest.approx(6.1, abs=0.5)
    screen(strip)
    strip.picks("ann", play.content.removesuffix("-ad"), at=11.0, hand=1)
    strip.played(115)
    (shown,) = (shown for shown in strip.told(Shown) if shown.decision == play.decision)
    assert (shown.visitor, shown.lane, shown.rule, shown.policy) == ("ann", "cola", "held", 3)
    assert "held" in shown.features and "picked_one" in shown.features
    (arm,) = strip.told(Learned)[-1].arms
    assert (arm.content, arm.a[0], arm.b[0]) == (play.content, 1, 1)


def test_what_is_sold_out_is_not_advertised(strip: Store) -> None:
    strip.picks("bob", "tea", at=2.5, units=2)
    strip.walks("bob", to_m=2.0, at=3.3)
    strip.played(4.5)
    strip.picks("ann", "cola", at=6.0, stays_s=8.0)
    strip.played(11)
    assert [play.content for play in plays(strip) if play.trigger == "hesitation"] == ["soap-ad"]
    assert [play.content for play in plays(strip) if play.trigger == "low_stock"] == ["soap-ad"]


def test_who_opted_in_is_known_while_they_are_there(strip: Store) -> None:
    strip.picks("ann", "cola", at=3.0)
    strip.command(Introduce(visitor="ann", segments=("club",)), at=4.5)
    strip.command(Introduce(visitor="zoe", segments=("club",)), at=4.5, id="zoe")
    strip.picks("ann", "soap", at=5.0)
    strip.played(7)
    assert [answer.outcome for answer in strip.answers] == ["done", "refused"]
    assert [play.content for play in plays(strip)] == ["club-ad"]


def test_staff_is_told_as_it_begins(strip: Store) -> None:
    strip.command(SetMode(mode="staff"), at=3.0)
    strip.played(5)
    assert [(play.content, play.trigger) for play in plays(strip)] == [("cola-ad", "staff")]


def test_after_a_power_cut_visitors_are_strangers_and_contents_are_still_known(strip: Store) -> None:
    strip.picks("ann", "cola", at=3.0, stays_s=8.0)
    strip.played(8)
    strip.leaves("ann", at=8.0)
    strip.restart(off_s=60.0)
    strip.picks("bob", "cola", at=75.0, stays_s=8.0)
    strip.played(80)
    assert [play.decision for play in plays(strip)] == ["shelf-1", "shelf-2"]


def test_a_recording_gives_the_same_decisions_also_from_its_middle(
    strip: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[Observation] = []
    step = Core.step

    def recorded(core: Core, observation: Observation) -> tuple[Output, ...]:
        heard.append(observation)
        return step(core, observation)

    with monkeypatch.context() as patch:
        patch.setattr(Core, "step", recorded)
        strip.picks("ann", "cola", at=3.0, stays_s=6.0)
        strip.played(8)
        screen(strip)
        strip.picks("bob", "cola", at=10.0, stays_s=6.0)
        strip.played(18)
    assert len(plays(strip)) == 2
    core, again, at = Core(strip.config), [], len(heard) * 2 // 5
    for i, observation in enumerate(heard):
        if i == at:
            core = Core.restore(strip.config, json.loads(json.dumps(core.snapshot(), allow_nan=False)))
        again += core.step(observation)
    assert again == strip.outputs
