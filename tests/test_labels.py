"""What stands on the shelf's edge for what price, by whose word, and since when."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.config.schema import Cell, Config, Device, Lane, Scale, Screen, Store
from agent.core import Core
from agent.messages import ConfigSet, Event, Labels, LabelsShown, Output, Restored, SensorLost, State, Tick
from agent.plain import plain, revive
from agent.shelf.labels import ShelfEdge
from wire.events import Cleared, Clock, Fault, Priced
from wire.state import LaneStock, Prices, StockState

COLA, TEA = "06901234567892", "06901234567885"
CLOCK = Clock(synced=True)
CELLS = (Cell(name="cola"), Cell(name="tea"))


def lane(name: str, gtin: str, price: str = "", **keys: Any) -> Lane:
    return Lane(name=name, cells=(name,), gtin=gtin, title=name, price=price, **{"left_m": 0.0, "right_m": 0.3, **keys})


def shelf(*lanes: Lane, driver: str = "framebuffer", labels: tuple[str, ...] = ()) -> Config:
    return Config(
        device=Device(store="s", id="d"),
        store=Store(country="CN", language="zh", currency="CNY"),
        scales=(Scale(name="main", driver="shelfd-lines", port="/dev/ttyUSB0", cells=CELLS),),
        screen=Screen(driver=driver, device="/dev/fb0", labels=labels),
        lanes=lanes,
    )


def stock(**levels: str) -> StockState:
    gtins = {"cola": COLA, "tea": TEA}
    return StockState(
        lanes=tuple(LaneStock(lane=n, gtin=gtins[n], units=1, level=x) for n, x in levels.items())  # type: ignore[arg-type]
    )


NO_STOCK = stock()
DEAR = shelf(lane("cola", COLA, "4.50"), lane("tea", TEA, "6.00"))
CHEAP = shelf(lane("cola", COLA, "3.90"), lane("tea", TEA, "6.00"))


def editions(told: tuple[Output, ...]) -> list[int]:
    return [one.edition for one in told if isinstance(one, Labels)]


def said(priced: list[Priced]) -> list[tuple[Any, ...]]:
    return [(p.lane, p.before, p.promotion_price or p.price, p.by, p.version, p.shown_s) for p in priced]


def standing(edge: ShelfEdge) -> dict[str, tuple[Any, ...]]:
    (prices,) = edge.prices()
    return {p.lane: (p.price, p.by, p.version, p.shown_s) for p in prices.lanes}


@pytest.fixture
def edge() -> ShelfEdge:
    """Cola for 4.50 and tea for 6.00 on the screen since 5 s, by the device's own file."""
    edge = ShelfEdge(DEAR)
    assert editions(edge.changed(NO_STOCK)) == [1]
    assert said(edge.shown(LabelsShown(5.0, 1), CLOCK)) == [
        ("cola", None, "4.50", None, None, 5.0),
        ("tea", None, "6.00", None, None, 5.0),
    ]
    return edge


def test_nothing_changed_nothing_is_drawn(edge: ShelfEdge) -> None:
    assert edge.changed(NO_STOCK) == ()
    assert edge.shown(LabelsShown(6.0, 1), CLOCK) == []
    assert standing(edge)["cola"] == ("4.50", None, None, 5.0)


def test_a_new_price_is_told_with_who_when_and_what_stood_there(edge: ShelfEdge) -> None:
    edge.reconfigure(CHEAP, 7, "li.wei")
    assert editions(edge.changed(NO_STOCK)) == [2]
    assert standing(edge)["cola"] == ("3.90", "li.wei", 7, None)  # wanted, not yet on the screen
    assert said(edge.shown(LabelsShown(9.0, 2), CLOCK)) == [("cola", "4.50", "3.90", "li.wei", 7, 9.0)]
    assert standing(edge) == {"cola": ("3.90", "li.wei", 7, 9.0), "tea": ("6.00", None, None, 5.0)}


def test_a_later_document_does_not_claim_what_it_leaves_as_it_is(edge: ShelfEdge) -> None:
    edge.reconfigure(CHEAP, 7, "li.wei")
    edge.reconfigure(replace(CHEAP, store=replace(CHEAP.store, language="en")), 8, "wang.fang")
    edge.changed(NO_STOCK)
    assert standing(edge)["cola"][:3] == ("3.90", "li.wei", 7)
    edge.reconfigure(DEAR, 9, "wang.fang")
    edge.changed(NO_STOCK)
    assert standing(edge)["cola"][:3] == ("4.50", "wang.fang", 9)


def test_the_document_in_force_at_the_start_claims_its_prices() -> None:
    edge = ShelfEdge(CHEAP)
    edge.reconfigure(CHEAP, 7, "li.wei")  # before anything was shown
    edge.changed(NO_STOCK)
    assert standing(edge)["cola"][:3] == ("3.90", "li.wei", 7)


def test_a_price_changed_twice_before_the_screen_was_ready_is_told_once(edge: ShelfEdge) -> None:
    edge.reconfigure(CHEAP, 7, "li.wei")
    edge.changed(NO_STOCK)
    edge.reconfigure(shelf(lane("cola", COLA, "3.50"), lane("tea", TEA, "6.00")), 8, "li.wei")
    assert editions(edge.changed(NO_STOCK)) == [3]
    assert said(edge.shown(LabelsShown(9.0, 3), CLOCK)) == [("cola", "4.50", "3.50", "li.wei", 8, 9.0)]
    assert edge.shown(LabelsShown(9.1, 2), CLOCK) == []  # an old edition does not come back


def test_a_promotion_comes_and_goes(edge: ShelfEdge) -> None:
    offer = shelf(lane("cola", COLA, "4.50", promotion_price="3.33"), lane("tea", TEA, "6.00"))
    edge.reconfigure(offer, 7, "li.wei")
    edge.changed(NO_STOCK)
    assert said(edge.shown(LabelsShown(9.0, 2), CLOCK)) == [("cola", "4.50", "3.33", "li.wei", 7, 9.0)]
    edge.reconfigure(DEAR, 8, "li.wei")
    edge.changed(NO_STOCK)
    assert said(edge.shown(LabelsShown(12.0, 3), CLOCK)) == [("cola", "3.33", "4.50", "li.wei", 8, 12.0)]


def test_a_lane_that_loses_its_label_says_that_its_price_is_gone(edge: ShelfEdge) -> None:
    edge.reconfigure(replace(DEAR, screen=replace(DEAR.screen, labels=("tea",))), 7, "li.wei")
    edge.changed(NO_STOCK)
    assert said(edge.shown(LabelsShown(9.0, 2), CLOCK)) == [("cola", "4.50", None, None, None, 9.0)]
    assert standing(edge)["cola"] == ("4.50", None, None, None)


def test_stock_running_low_is_a_new_edition_and_no_new_price(edge: ShelfEdge) -> None:
    (labels,) = edge.changed(stock(cola="low", tea="ok"))
    assert isinstance(labels, Labels) and [x.level for x in labels.labels] == ["low", "ok"]
    assert edge.shown(LabelsShown(7.0, 2), CLOCK) == []
    assert standing(edge)["cola"][3] == 5.0


def test_the_screen_lost_and_back(edge: ShelfEdge) -> None:
    edge.dark()
    assert standing(edge)["cola"][3] is None
    assert edge.shown(LabelsShown(30.0, 1), CLOCK) == []  # the same edition, drawn again
    assert standing(edge)["cola"][3] == 30.0


def test_after_a_restart_prices_that_stood_there_are_not_told_as_new(edge: ShelfEdge) -> None:
    again = ShelfEdge(CHEAP)  # cola was changed in the device's file while it was off
    again.restore(revive(json.loads(json.dumps(plain(edge.snapshot())))))
    again.resume()
    assert editions(again.changed(NO_STOCK)) == [2]
    assert said(again.shown(LabelsShown(1.5, 2), CLOCK)) == [("cola", "4.50", "3.90", None, None, 1.5)]
    assert standing(again)["tea"] == ("6.00", None, None, 1.5)


def test_without_a_screen_prices_are_known_and_shown_by_none() -> None:
    edge = ShelfEdge(shelf(lane("cola", COLA, "4.50"), driver=""))
    assert edge.changed(NO_STOCK) == ()
    assert standing(edge) == {"cola": ("4.50", None, None, None)}
    assert ShelfEdge(shelf(lane("cola", COLA))).prices() == ()


def test_lanes_without_a_place_have_no_label_unless_they_are_named() -> None:
    lanes = (lane("cola", COLA, "4.50"), lane("tea", TEA, "6.00", left_m=0.0, right_m=0.0))
    for wanted, found in (((), ["cola"]), (("tea",), ["tea"]), (("cola", "tea"), ["cola", "tea"])):
        (labels,) = ShelfEdge(shelf(*lanes, labels=wanted)).changed(NO_STOCK)
        assert isinstance(labels, Labels) and [x.lane for x in labels.labels] == found


DEEDS = st.lists(
    st.one_of(
        st.tuples(st.just("price"), st.sampled_from(["", "1.00", "2.00"])),
        st.tuples(st.just("shown"), st.integers(min_value=-1, max_value=3)),
        st.tuples(st.sampled_from(["restart", "dark"]), st.just(0)),
    ),
    max_size=20,
)


@settings(derandomize=True, deadline=None, max_examples=60)
@given(DEEDS)
def test_priced_events_tell_the_screen_s_story_without_a_gap(deeds: list[tuple[str, Any]]) -> None:
    """Each event begins where the one before ended, and the last is what stands there."""
    edge, version, stands, newest = ShelfEdge(DEAR), 1, None, 0
    for t, (deed, value) in enumerate(deeds):
        if deed == "price":
            version += 1
            edge.reconfigure(shelf(lane("cola", COLA, value), lane("tea", TEA, "6.00")), version, "hub")
        newest = max([newest, *editions(edge.changed(NO_STOCK))])
        if deed == "shown":
            for priced in edge.shown(LabelsShown(float(t), newest - value), CLOCK):
                if priced.lane == "cola":
                    assert priced.before == stands and priced.price != stands
                    stands = priced.price
        if deed == "dark":
            edge.dark()
        if deed == "restart":
            config, kept = edge._config, json.loads(json.dumps(plain(edge.snapshot())))
            edge = ShelfEdge(config)
            edge.restore(revive(kept))
            edge.resume()


def test_the_core_tells_of_a_price_once_its_pixels_are_there() -> None:
    """Labels go out, their pixels come, the event and state/prices follow; a document changes one of them."""
    core = Core(DEAR)
    assert editions(core.step(Tick(1.0, 1_800_000_000.0, True))) == [1]
    told = core.step(LabelsShown(1.2, 1))
    events = [one for one in told if isinstance(one, Event)]
    assert [(e.payload.kind, e.wall_s) for e in events] == [("priced", 1_800_000_000.2)] * 2
    assert [one.payload.kind for one in told if isinstance(one, State)] == ["prices"]

    told = core.step(ConfigSet(4.0, CHEAP, 7, "li.wei"))
    assert editions(told) == [2]
    (event,) = [one for one in core.step(LabelsShown(4.1, 2)) if isinstance(one, Event)]
    assert isinstance(event.payload, Priced) and said([event.payload]) == [("cola", "4.50", "3.90", "li.wei", 7, 4.1)]

    again = Core.restore(CHEAP, json.loads(json.dumps(core.snapshot())))
    assert again.snapshot() == core.snapshot()
    assert editions(again.step(Restored(0.5, 10.0))) == [3]
    told = again.step(LabelsShown(0.7, 3))
    assert [one.payload.kind for one in told if isinstance(one, Event)] == []
    (prices,) = [one.payload for one in told if isinstance(one, State)]
    assert isinstance(prices, Prices) and [p.shown_s for p in prices.lanes] == [0.7, 0.7]

    again.step(SensorLost(2.0, "screen", "unplugged", "plug it in"))
    (prices,) = again.edge.prices()
    assert [p.shown_s for p in prices.lanes] == [None, None]


def test_the_way_back_to_the_device_s_own_file_is_told_too() -> None:
    """Nobody's name comes with it, and yet the price is another."""
    core = Core(CHEAP)
    core.step(ConfigSet(0.5, CHEAP, 7, "li.wei"))
    core.step(Tick(1.0, None, False))
    core.step(LabelsShown(1.2, 1))
    told = core.step(ConfigSet(4.0, DEAR))
    (prices,) = [one.payload for one in told if isinstance(one, State) and isinstance(one.payload, Prices)]
    assert [(p.price, p.by, p.version) for p in prices.lanes] == [("4.50", None, None), ("6.00", "li.wei", 7)]
    assert editions(told) == [2]


def test_another_currency_is_another_price(edge: ShelfEdge) -> None:
    edge.reconfigure(replace(DEAR, store=replace(DEAR.store, currency="USD")), 2, "li.wei")
    told = edge.shown(LabelsShown(7.0, 1), CLOCK)
    assert {(event.lane, event.currency) for event in told} == {("cola", "USD"), ("tea", "USD")}
    assert edge.shown(LabelsShown(8.0, 1), CLOCK) == []


def test_a_price_that_has_no_room_is_not_told_as_shown(edge: ShelfEdge) -> None:
    edge.reconfigure(CHEAP, 7, "li.wei")
    assert editions(edge.changed(NO_STOCK)) == [2]
    told = edge.shown(LabelsShown(9.0, 2, ("cola",)), CLOCK)
    assert [(event.lane, event.price) for event in told] == [
        ("cola", None)
    ]  # the old one is gone, the new one not there
    assert standing(edge)["cola"] == ("3.90", "li.wei", 7, None)


def test_a_label_without_room_is_a_fault_until_it_has_some() -> None:
    core = Core(DEAR)
    core.step(LabelsShown(1.0, 1, ("tea",)))
    core.step(LabelsShown(1.5, 2, ("tea",)))
    told = [one.payload for one in core.step(Tick(2.0, None, False)) if isinstance(one, Event)]
    assert [(fault.part, fault.code) for fault in told if isinstance(fault, Fault)] == [("label/tea", "no_room")]
    core.step(LabelsShown(3.0, 3))
    told = [one.payload for one in core.step(Tick(4.0, None, False)) if isinstance(one, Event)]
    assert [one.part for one in told if isinstance(one, Cleared)] == ["label/tea"]
