"""The hub changes the configuration while the shelf is at work: what still holds is kept, and nothing is made up."""

from __future__ import annotations

from dataclasses import replace

import pytest
from store import Store
from told import pick, put

from agent.config.schema import Config
from agent.core import Core
from agent.messages import ConfigSet
from wire.commands import SetMode, Tare
from wire.events import Cleared, Fault


@pytest.fixture
def shelf(store: Store) -> Store:
    """Cola, water and tea, of which Ann holds a can of cola."""
    for name, unit_g in (("cola", 345), ("water", 520), ("tea", 280)):
        store.lane(name, unit_g=unit_g, units=6, plates=2)
    store.picks("ann", "cola", at=3.0)
    assert store.played(6) == [pick("cola", by="ann")]
    return store


def change(shelf: Store, config: Config, *, at: float) -> None:
    shelf.tell(ConfigSet(at, config, 2, "li.wei"))
    shelf.played(at + 0.1)
    assert shelf.core.config == config


def lanes(shelf: Store, **changes: dict[str, object]) -> Config:
    """The configuration with other keys of some lanes."""
    config = shelf.config
    return replace(config, lanes=tuple(replace(lane, **changes.get(lane.name, {})) for lane in config.lanes))


def test_a_new_price_moves_nothing(shelf: Store) -> None:
    change(shelf, lanes(shelf, cola={"price": "4.50"}), at=7.0)
    assert shelf.played(20.0) == []
    assert (shelf.stock("cola").units, shelf.stock("water").units) == (5, 6)


def test_who_holds_a_can_holds_it_still(shelf: Store) -> None:
    change(shelf, lanes(shelf, water={"low_units": 3}), at=7.0)
    shelf.puts("ann", "water", at=10.0, goods="cola")
    assert shelf.played(15.0) == [put("water", goods="cola", by="ann")]
    assert shelf.misplaced() == [("water", "cola")]


def test_a_hand_in_the_lane_while_everything_changes_is_not_forgotten(shelf: Store) -> None:
    shelf.picks("bob", "water", at=10.0)
    shelf.tell(ConfigSet(10.05, lanes(shelf, tea={"facing_units": 8}), 2, "li.wei"))
    assert shelf.played(15.0) == [pick("water", by="bob")]


def test_lanes_that_swap_their_plates_are_weighed_as_they_are_now(shelf: Store) -> None:
    cells = {lane.name: lane.cells for lane in shelf.config.lanes}
    boxes = {
        lane.name: {"left_m": lane.left_m, "right_m": lane.right_m, "cells": lane.cells} for lane in shelf.config.lanes
    }
    shelf.command(SetMode(mode="staff"), at=6.2)
    shelf.command(Tare(lane="tea"), at=6.5)
    shelf.command(SetMode(mode="open"), at=6.8)
    change(shelf, lanes(shelf, cola=boxes["water"], water=boxes["cola"]), at=8.0)
    assert {lane.name: lane.cells for lane in shelf.core.config.lanes} == {
        "cola": cells["water"],
        "water": cells["cola"],
        "tea": cells["tea"],
    }
    assert shelf.played(14.0) == []
    assert (shelf.stock("cola").units, shelf.stock("water").units) == (
        5,
        6,
    )  # counted by lane and product, not by plate


def test_a_lane_that_is_parted_in_two_keeps_its_levels(shelf: Store) -> None:
    tea = next(lane for lane in shelf.config.lanes if lane.name == "tea")
    middle_m = (tea.left_m + tea.right_m) / 2
    left = replace(tea, cells=tea.cells[:1], right_m=middle_m)
    right = replace(tea, name="green tea", gtin="06901234567991", cells=tea.cells[1:], left_m=middle_m, units=3)
    others = tuple(lane for lane in shelf.config.lanes if lane.name != "tea")
    change(shelf, replace(shelf.config, lanes=(*others, left, right)), at=8.0)
    assert shelf.played(12.0) == []
    levels = [shelf.core.attendant.weighers["main"].level_g(s.index) for s in shelf.core.attendant.planogram.stretches]
    assert all(level == level for level in levels)
    state = {(x.lane, x.gtin): x.units for x in shelf.core.attendant.ledger.stock.state().lanes}
    assert state["green tea", "06901234567991"] == 3


def test_a_scale_that_is_gone_is_not_ill(shelf: Store) -> None:
    shelf.scale_lost(since=8.0, until=60.0)
    shelf.played(20.0)
    assert [fault.part for fault in shelf.told(Fault)] == ["scale/main"]
    change(shelf, replace(shelf.config, scales=(), lanes=()), at=21.0)
    shelf.played(25.0)
    assert shelf.core.health.standing() == ()


def test_a_snapshot_under_one_configuration_goes_on_under_another(shelf: Store) -> None:
    fewer = replace(shelf.config, lanes=shelf.config.lanes[:2])
    core = Core.restore(fewer, shelf.core.snapshot())
    assert {x.lane: x.units for x in core.attendant.ledger.stock.state().lanes} == {"cola": 5, "water": 6}
    assert core.attendant.ledger.baskets.of("ann") == shelf.core.attendant.ledger.baskets.of("ann") != ()


def test_after_a_restart_the_configuration_is_told_anew_and_a_pick_is_a_pick(shelf: Store) -> None:
    shelf.restart(off_s=30.0)
    shelf.tell(ConfigSet(shelf.now + 0.01, shelf.config, 1, "li.wei"))
    shelf.picks("bob", "water", at=shelf.now + 4.0)
    assert shelf.played(shelf.now + 8.0) == [pick("water", by="bob")]


def test_another_planogram_right_after_a_restart_makes_up_nothing(shelf: Store) -> None:
    tea = next(lane for lane in shelf.config.lanes if lane.name == "tea")
    others = tuple(lane for lane in shelf.config.lanes if lane.name != "tea")
    parted = replace(shelf.config, lanes=(*others, replace(tea, cells=tea.cells[:1])))
    shelf.restart(off_s=30.0)
    shelf.tell(ConfigSet(shelf.now + 0.01, parted, 1, "li.wei"))
    shelf.picks("bob", "water", at=shelf.now + 4.0)
    assert shelf.played(shelf.now + 8.0) == [pick("water", by="bob")]


def test_a_lane_that_a_mistake_took_away_comes_back_with_its_count(shelf: Store) -> None:
    without = replace(shelf.config, lanes=tuple(lane for lane in shelf.config.lanes if lane.name != "cola"))
    change(shelf, without, at=8.0)
    shelf.restart(off_s=5.0)
    change(shelf, shelf.config, at=shelf.now + 1.0)
    back = shelf.stock("cola")
    assert (back.units, back.probability) == (5, pytest.approx(0.9 * 1.0, abs=0.1))


def test_a_scale_on_another_port_is_not_alive_before_it_speaks(shelf: Store) -> None:
    shelf.scale_lost(since=8.0, until=60.0)
    shelf.played(12.0)
    assert [fault.part for fault in shelf.told(Fault)] == ["scale/main"]
    elsewhere = replace(shelf.config, scales=(replace(shelf.config.scales[0], port="/dev/else", rate_hz=0.1),))
    change(shelf, elsewhere, at=13.0)
    shelf.played(16.0)
    assert [cleared.part for cleared in shelf.told(Cleared)] == ["scale/main"]
    assert not next(s for s in shelf.health.streams if s.stream == "scale/main").alive
