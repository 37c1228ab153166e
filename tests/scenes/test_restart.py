"""The power fails; a new process goes on from what the old one wrote down, and weighs what changed meanwhile."""

from __future__ import annotations

import pytest
from store import Store
from told import pick, put, restock

from agent.core import Core
from wire.commands import CountStock, SetMode
from wire.state import Inventory, StockState


@pytest.fixture
def shelf(store: Store) -> Store:
    """Cola and water, of which Ann has taken a can and laid it among the water; and another that she holds."""
    store.lane("cola", unit_g=345, units=6, plates=2)
    store.lane("water", unit_g=520, units=6, plates=2)
    store.picks("ann", "cola", at=3.0)
    store.puts("ann", "water", at=6.0, goods="cola")
    store.picks("ann", "cola", at=9.0)
    assert store.played(12) == [pick("cola", by="ann"), put("water", goods="cola", by="ann"), pick("cola", by="ann")]
    return store


def test_stock_and_misplaced_goods_are_told_again_as_they_were(shelf: Store) -> None:
    before = len(shelf.outputs)
    shelf.restart(off_s=3600.0)
    told = [output.payload for output in shelf.outputs[before:]]
    assert [type(payload) for payload in told] == [StockState, Inventory]
    assert shelf.stock("cola").units == 4
    assert shelf.misplaced() == [("water", "cola")]


def test_nothing_moved_while_off_and_nothing_is_told(shelf: Store) -> None:
    shelf.restart(off_s=600.0)
    assert shelf.played(shelf.now + 5.0) == []


def test_what_changed_while_off_is_a_restock_that_says_so(shelf: Store) -> None:
    shelf.puts(None, "cola", at=300.0, units=2)
    shelf.picks(None, "water", at=400.0)
    shelf.restart(off_s=600.0)
    told = shelf.played(shelf.now + 5.0)
    assert sorted(told) == sorted([restock("cola", 2, "while_off"), restock("water", -1, "while_off")])
    assert (shelf.stock("cola").units, shelf.stock("water").units) == (6, 5)


def test_it_does_not_matter_that_nobody_knows_how_long_it_was_off(shelf: Store) -> None:
    shelf.puts(None, "cola", at=300.0, units=2)
    shelf.restart(off_s=600.0, known=False)
    assert shelf.played(shelf.now + 5.0) == [restock("cola", 2, "while_off")]


def test_what_happens_afterwards_is_a_shoppers_again(shelf: Store) -> None:
    shelf.restart(off_s=60.0)
    shelf.picks("bob", "cola", at=shelf.now + 4.0)
    assert shelf.played(shelf.now + 8.0) == [pick("cola", by="bob")]


def test_the_can_among_the_water_is_still_known(shelf: Store) -> None:
    shelf.restart(off_s=60.0)
    shelf.picks("bob", "water", at=shelf.now + 4.0, goods="cola")
    assert shelf.played(shelf.now + 8.0) == [pick("water", goods="cola", by="bob")]
    assert shelf.misplaced() == []


def test_the_can_in_a_basket_is_still_expected_back(shelf: Store) -> None:
    """Among the water, too, it is taken for a can: nobody else has one."""
    shelf.restart(off_s=5.0)
    shelf.puts("ann", "water", at=shelf.now + 4.0, goods="cola", plate=1)
    assert shelf.played(shelf.now + 8.0) == [put("water", goods="cola", by="ann")]


def test_an_order_done_before_the_restart_is_not_done_again(shelf: Store) -> None:
    shelf.command(CountStock(lane="cola", units=9), at=13.0, id="a1")
    shelf.played(14)
    shelf.restart(off_s=5.0)
    shelf.picks("bob", "cola", at=shelf.now + 4.0)
    shelf.command(CountStock(lane="cola", units=9), at=shelf.now + 8.0, id="a1")
    shelf.played(shelf.now + 9.0)
    assert shelf.stock("cola").units == 8
    assert [answer.id for answer in shelf.answers] == ["a1", "a1"]


def test_the_mode_is_kept(shelf: Store) -> None:
    shelf.command(SetMode(mode="maintenance"), at=13.0)
    shelf.played(14)
    shelf.weight("cola", by=-690, at=20.0)
    shelf.restart(off_s=60.0)
    assert shelf.played(shelf.now + 5.0) == []
    assert shelf.health.mode == "maintenance"


def test_power_that_fails_in_the_middle_of_a_pick_loses_no_can(shelf: Store) -> None:
    shelf.picks("ann", "cola", at=14.0)
    assert shelf.played(14.1) == []
    shelf.restart(off_s=60.0)
    assert shelf.played(shelf.now + 5.0) == [restock("cola", -1, "while_off")]
    assert shelf.stock("cola").units == 3


def test_a_second_restart_right_after_the_first_changes_nothing(shelf: Store) -> None:
    shelf.puts(None, "cola", at=300.0, units=2)
    shelf.restart(off_s=600.0)
    shelf.played(shelf.now + 0.2)
    shelf.restart(off_s=30.0)
    assert shelf.played(shelf.now + 5.0) == [restock("cola", 2, "while_off")]


@pytest.mark.parametrize("damage", ["version", "attendant", "desk"])
def test_a_snapshot_that_does_not_fit_is_refused_and_says_so(shelf: Store, damage: str) -> None:
    snapshot = shelf.core.snapshot()
    snapshot[damage] = 99 if damage == "version" else {}
    with pytest.raises(ValueError, match="snapshot"):
        Core.restore(shelf.config, snapshot)


def test_who_was_off_before_anything_had_been_weighed_knows_of_no_change_since(store: Store) -> None:
    store.lane("cola", unit_g=345, units=6, plates=2)
    store.played(0.2)
    store.restart(off_s=60.0)
    store.picks(None, "cola", at=store.now + 4.0)
    assert store.played(store.now + 8.0) == [pick("cola")]
