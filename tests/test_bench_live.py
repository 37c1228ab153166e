"""The live shop: deeds that are ordered while the play runs, and an agent's core that hears of nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core import Core
from agent.messages import Command, Counts, Event, Observation, Tick
from tools.bench.hands import FRAME_HZ
from tools.bench.live.loads import Loads
from tools.bench.live.obeying import UnwillingError
from tools.bench.live.people import People
from tools.bench.live.play import LivePlay
from tools.bench.loads import Curve, render
from tools.bench.run import Outcome, f1
from tools.bench.shopper import BOTTLES
from tools.bench.world import WALL_S
from wire.commands import SetMode
from wire.events import Hesitation, Pick, Put, Restock

Orders = dict[float, Callable[[People], None]]


class Clock:
    """Time as the scene lets it pass."""

    def __init__(self) -> None:
        self.t_s = 0.0

    def __call__(self) -> float:
        return self.t_s


class Word:
    """The staff's badge, as the core hears it."""

    def __init__(self, deaf: bool = False) -> None:
        self.deaf, self.said, self.waiting = deaf, list[str](), list[str]()

    def show(self, mode: Literal["staff", "open"]) -> None:
        self.said.append(mode)
        self.waiting.append(mode)

    def heard(self) -> bool:
        return not self.deaf and not self.waiting

    def orders(self, t_s: float) -> list[Command]:
        told = [Command(t_s, f"o{len(self.said)}", SetMode(mode=mode)) for mode in self.waiting]  # type: ignore[arg-type]
        self.waiting = []
        return told


def played(
    orders: Orders, until_s: float, layout: str = "bottles", crowd: int = 0, seed: int = 3, word: Word | None = None
) -> Outcome:
    """What the core tells of a shop in which these orders are given at these moments."""
    live, clock = LivePlay(layout, seed, until_s), Clock()
    word = word or Word()
    people = People(live, clock, BOTTLES, size=crowd, stays_s=30.0, badge=word)
    core, outcome = Core(replace(live.play.config)), Outcome(live.play.truth)
    waiting, frame, second = sorted(orders.items(), key=lambda entry: entry[0]), 0, 0
    for clock.t_s in live.sample_times():
        if clock.t_s > until_s:
            return outcome
        heard: list[Observation] = []
        while waiting and waiting[0][0] <= clock.t_s:
            waiting.pop(0)[1](people)
        people.step()
        while frame / FRAME_HZ <= clock.t_s:
            seen = live.frame(frame / FRAME_HZ)
            frame += 1
            heard += [] if seen is None else [seen]
        if second <= clock.t_s:
            heard.append(Tick(clock.t_s, WALL_S + clock.t_s, True, 5.0))
            second += 1
        heard += word.orders(clock.t_s)
        heard.append(Counts(clock.t_s, live.play.config.scales[0].name, live.counts(clock.t_s)))
        for observation in heard:
            outcome.outputs += core.step(observation)
    return outcome


def ordered(deed: str, lane: str = "") -> Callable[[People], None]:
    return lambda people: people.order(deed, lane)


def test_what_is_ordered_is_what_the_shelf_tells() -> None:
    orders = {4.0: ordered("take"), 9.0: ordered("hesitate"), 20.0: ordered("put_back"), 25.0: ordered("press")}
    outcome = played(orders | {29.0: ordered("lean"), 34.0: ordered("leave")}, 42.0)
    assert [entry["type"] for entry in outcome.truth] == ["pick", "pick", "put"]
    assert f1(outcome.matches()) == 1.0
    assert all(isinstance(move, Pick | Put) and move.confidence > 0.5 for move in outcome.moves)
    held = [o.payload for o in outcome.outputs if isinstance(o, Event) and isinstance(o.payload, Hesitation)]
    assert [h.lane for h in held if h.reason == "held"][-1] == outcome.truth[1]["lane"]


def test_something_is_laid_where_it_does_not_belong_though_all_is_full() -> None:
    outcome = played({4.0: ordered("misplace")}, 20.0)
    taken, made_room, laid = outcome.truth
    assert [taken["type"], made_room["type"], laid["type"]] == ["pick", "pick", "put"]
    assert laid["gtin"] == taken["gtin"]
    assert laid["lane"] == made_room["lane"] != taken["lane"]
    assert f1(outcome.matches()) == 1.0


@pytest.mark.parametrize("lane", ["p1", ""])
def test_misplaced_goods_weigh_otherwise_where_the_shelf_has_such(lane: str) -> None:
    outcome = played({4.0: ordered("misplace", lane)}, 20.0, seed=1)  # cola and water weigh the same, beer half of it
    weights_g = {good.gtin: good.unit_g or 0.0 for good in LivePlay("bottles", 1, 1.0).play.config.lanes}
    homes = {good.gtin: good.name for good in LivePlay("bottles", 1, 1.0).play.config.lanes}
    laid = outcome.truth[-1]
    belongs = next(gtin for gtin, home in homes.items() if home == laid["lane"])
    assert lane in ("", laid["lane"])
    assert abs(weights_g[laid["gtin"]] - weights_g[belongs]) > 400.0
    assert f1(outcome.matches()) == 1.0


def test_the_crowd_acts_by_itself_the_staff_refill_and_an_order_sends_the_crowd_away() -> None:
    outcome = played({84.0: ordered("leave"), 85.0: ordered("take")}, 100.0, crowd=2)
    assert sum(entry["type"] == "pick" for entry in outcome.truth) > 5
    assert "restock" in {entry["type"] for entry in outcome.truth}
    assert f1(outcome.matches()) > 0.9
    late = [entry for entry in outcome.truth if entry["t_s"] > 89.0]
    assert {entry["deed"] for entry in late} <= {"take", "restock"}


def moves(outcome: Outcome) -> list[str]:
    return [
        o.payload.kind for o in outcome.outputs if isinstance(o, Event) and isinstance(o.payload, Pick | Put | Restock)
    ]


def test_staff_say_that_they_are_at_work_and_a_single_gap_is_a_restock() -> None:
    word = Word()
    outcome = played({4.0: ordered("take", "p1"), 8.0: ordered("refill")}, 30.0, seed=1, word=word)
    assert [(entry["type"], entry["units"]) for entry in outcome.truth] == [("pick", 1), ("restock", 1)]
    assert moves(outcome) == ["pick", "restock"]
    assert word.said == ["staff", "open"]
    assert f1(outcome.matches()) == 1.0


def test_a_shelf_that_does_not_hear_the_staff_is_not_refilled() -> None:
    outcome = played({4.0: ordered("take", "p1"), 8.0: ordered("refill")}, 30.0, seed=1, word=Word(deaf=True))
    assert [entry["type"] for entry in outcome.truth] == ["pick"]


def test_nobody_acts_beside_the_staff_and_a_full_shelf_needs_none() -> None:
    def unwilling(people: People) -> None:
        with pytest.raises(UnwillingError, match="refilling"):
            people.order("take")

    def needless(people: People) -> None:
        with pytest.raises(UnwillingError, match="nothing to refill"):
            people.order("refill")

    orders = {3.0: needless, 4.0: ordered("take", "p1"), 8.0: ordered("refill"), 16.0: unwilling, 26.0: ordered("take")}
    assert moves(played(orders, 32.0, seed=1)) == ["pick", "restock", "pick"]


def test_a_small_shelf_sends_with_gaps_and_tells_the_same() -> None:
    outcome = played({5.0: ordered("take"), 11.0: ordered("put_back")}, 18.0, layout="small")
    assert [move.kind for move in outcome.moves] == ["pick", "put"]


@pytest.mark.parametrize("order", [("fly", ""), ("take", "nowhere"), ("put_back", ""), ("put_back", "p1")])
def test_what_cannot_be_done_is_said(order: tuple[str, str]) -> None:
    people = People(LivePlay("bottles", 3, 60.0), Clock(), BOTTLES, size=0, stays_s=30.0)
    with pytest.raises(UnwillingError, match=r"\w+ \w+"):
        people.order(*order)


def test_orders_do_not_pile_up() -> None:
    people = People(LivePlay("bottles", 3, 60.0), Clock(), BOTTLES, size=0, stays_s=30.0)
    people.order("linger")
    with pytest.raises(UnwillingError, match="busy"):
        people.order("take")


def test_a_bare_lane_gives_nothing() -> None:
    live, clock = LivePlay("bottles", 3, 60.0), Clock()
    people = People(live, clock, BOTTLES, size=0, stays_s=30.0)
    lane = live.play.config.lanes[0]
    for clock.t_s in np.arange(0.0, 10.0 * (lane.units or 0), 10.0):
        people.order("take", lane.name)
    clock.t_s += 20.0
    with pytest.raises(UnwillingError, match="refill"):
        people.order("take", lane.name)


curves = st.lists(
    st.tuples(
        st.lists(st.integers(0, 200), min_size=2, max_size=5, unique=True),
        st.lists(st.integers(-3, 3), min_size=5, max_size=5),
        st.integers(1, 900),
    ),
    max_size=6,
)


@given(curves)
def test_moment_by_moment_the_load_is_that_of_the_play_known_beforehand(
    drawn: list[tuple[list[int], list[int], int]],
) -> None:
    made = [
        Curve(
            tuple(t / 10 for t in sorted(times)), (0.0, *map(float, levels[1 : len(times)])), (0, 2), (grams, 2 * grams)
        )
        for times, levels, grams in drawn
    ]
    moments = np.arange(0.0, 21.0, 0.25)
    loads = Loads(3)
    loads.add(made)
    assert np.allclose([loads.at(float(t)) for t in moments], render(made, moments, 3))
