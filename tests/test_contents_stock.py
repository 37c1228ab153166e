"""What stands where it does not belong, and how many units stand where they do."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.config.schema import Cell, Config, Device, Lane, Scale
from agent.plain import plain
from agent.shelf.contents import MAX_ON_SHELF, MAX_STRAYS, Contents, Stray
from agent.shelf.planogram import Planogram
from agent.shelf.stock import Stock
from wire.state import LaneStock

COLA, CHIPS = "06901234567892", "04006381333931"
CAN = Stray(COLA, 345.0, ((0, 0.75), (1, 0.25)), 0.9)


def shop(**about: object) -> Planogram:
    """One lane of cola with the given keys, and one shared by cola and chips that nobody counted."""
    lanes = (
        Lane(**{"name": "cola", "cells": ("a",), "gtin": COLA, "unit_g": 345.0, "units": 6, **about}),  # type: ignore[arg-type]
        Lane(name="mixed", cells=("b",), gtin=COLA, unit_g=345.0),
        Lane(name="mixed", cells=("b",), gtin=CHIPS, unit_g=150.0, units=4),
    )
    scale = Scale(name="main", driver="shelfd-lines", port="", cells=(Cell(name="a"), Cell(name="b")))
    return Planogram.of(Config(device=Device(store="s1", id="d1"), scales=(scale,), lanes=lanes))


def cola(stock: Stock) -> LaneStock:
    return next(lane for lane in stock.state().lanes if lane.lane == "cola")


KEY = ("cola", COLA)


# -- contents ----------------------------------------------------------------------------------------------------------


def test_what_is_laid_down_lies_there_until_it_is_taken() -> None:
    contents = Contents(3)
    cup = replace(CAN, gtin=None, weight_g=80.0)
    contents.lay(1, CAN)
    contents.lay(1, cup)
    assert contents.strays(1) == (CAN, cup)
    assert contents.strays(0) == contents.strays(2) == ()
    contents.take(CAN)
    assert contents.strays(1) == (cup,)


def test_of_two_that_are_alike_one_is_taken() -> None:
    contents = Contents(1)
    contents.lay(0, CAN)
    contents.lay(0, CAN)
    contents.take(CAN)
    assert contents.strays(0) == (CAN,)


def test_taking_what_is_not_there_changes_nothing() -> None:
    contents = Contents(1)
    contents.lay(0, CAN)
    contents.take(replace(CAN, weight_g=1.0))
    assert contents.strays(0) == (CAN,)


def test_a_lane_put_in_order_is_empty_of_strays_and_no_other_is() -> None:
    contents = Contents(2)
    contents.lay(0, CAN)
    contents.lay(1, CAN)
    contents.clear(0)
    assert (contents.strays(0), contents.strays(1)) == ((), (CAN,))


def test_a_lane_that_nobody_tidies_up_does_not_grow_without_bound() -> None:
    contents = Contents(1)
    for i in range(10 * MAX_STRAYS):
        contents.lay(0, replace(CAN, weight_g=float(i)))
    kept = contents.strays(0)
    assert len(kept) == MAX_STRAYS
    assert kept[-1].weight_g == 10 * MAX_STRAYS - 1  # the oldest are forgotten


def test_contents_come_back_from_json_as_they_were() -> None:
    contents, again = Contents(2), Contents(2)
    contents.lay(1, CAN)
    contents.lay(1, replace(CAN, gtin=None, units=None))
    again.restore(json.loads(json.dumps(plain(contents.snapshot()))), [0, 1])
    assert again.strays(1) == contents.strays(1)
    again.take(CAN)  # equal, though it went through JSON
    assert len(again.strays(1)) == 1


# -- stock -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("units", "low_units", "level"),
    [(6, 1, "ok"), (2, 1, "ok"), (2, 2, "low"), (1, 1, "low"), (0, 1, "empty"), (0, 0, "empty")],
)
def test_the_level_is_held_against_the_lane_s_own_mark(units: int, low_units: int, level: str) -> None:
    assert cola(Stock(shop(units=units, low_units=low_units))).level == level


def test_a_lane_that_nobody_counted_is_unknown_and_stays_so() -> None:
    stock = Stock(shop(units=None))
    stock.move(KEY, -1, 0.9)
    state = cola(stock)
    assert (state.units, state.level, state.probability) == (None, "unknown", None)


def test_every_step_takes_a_little_of_the_certainty() -> None:
    stock = Stock(shop())
    stock.move(KEY, -2, 0.9)
    stock.move(KEY, +1, 0.8)
    assert cola(stock).units == 5
    assert cola(stock).probability == pytest.approx(0.72)


def test_a_count_by_hand_is_certain_again() -> None:
    stock = Stock(shop())
    stock.move(KEY, -2, 0.5)
    stock.count(KEY, 9)
    assert (cola(stock).units, cola(stock).probability) == (9, 1.0)


def test_less_than_none_is_none_and_says_that_the_count_was_wrong() -> None:
    stock = Stock(shop(units=1))
    stock.move(KEY, -3, 0.98)
    assert (cola(stock).units, cola(stock).level) == (0, "empty")
    assert (cola(stock).probability or 1.0) < 0.6


def test_a_name_that_stands_for_two_products_needs_the_gtin() -> None:
    stock = Stock(shop())
    assert stock.find("mixed", None) is None
    assert stock.find("mixed", CHIPS) == ("mixed", CHIPS)
    assert stock.find("cola", None) == KEY
    assert stock.find("cola", CHIPS) is None
    assert stock.find("nowhere", None) is None


@given(st.lists(st.tuples(st.integers(-8, 8), st.floats(0.3, 1.0)), max_size=30), st.integers(0, 20))
def test_stock_is_never_below_none_and_never_surer_than_before(moves: list[tuple[int, float]], units: int) -> None:
    stock = Stock(shop(units=units))
    before = 1.0
    for by, confidence in moves:
        stock.move(KEY, by, confidence)
        state = cola(stock)
        assert state.units is not None and state.units >= 0
        assert 0.0 <= (state.probability or 0.0) <= before
        before = state.probability or 0.0


@given(st.lists(st.tuples(st.integers(-3, 3), st.floats(0.3, 1.0)), max_size=10))
def test_stock_comes_back_from_json_as_it_was(moves: list[tuple[int, float]]) -> None:
    stock, again = Stock(shop()), Stock(shop())
    for by, confidence in moves:
        stock.move(KEY, by, confidence)
    again.restore(json.loads(json.dumps(plain(stock.snapshot()))))
    assert again.state() == stock.state()
    assert again.units == stock.units


def test_contents_go_where_their_stretch_is_now() -> None:
    contents, again = Contents(2), Contents(2)
    contents.lay(1, CAN)
    contents.lay(0, replace(CAN, weight_g=99.0))
    again.restore(contents.snapshot(), [None, 0])
    assert (again.strays(0), again.strays(1)) == ((CAN,), ())


def test_stock_of_another_planogram_is_kept_by_lane_and_product() -> None:
    stock = Stock(shop())
    here = dict(stock.units)
    (lane, gtin), *_ = here
    known = [[lane, gtin, 41, 0.5], ["gone", gtin, 7, 1.0], [lane, "09999999999994", 3, 1.0]]
    stock.restore({"lanes": known, "absent": []})
    assert stock.units == here | {(lane, gtin): 41}


def test_a_shelf_full_of_strays_still_fits_one_message() -> None:
    contents = Contents(74)
    for k in range(3 * MAX_ON_SHELF):
        contents.lay(k % 74, Stray("06901234567892", 100.0 + k, ((0, 1.0),), 0.9))
    kept = [stray for stretch in range(74) for stray in contents.strays(stretch)]
    assert len(kept) == MAX_ON_SHELF
    assert max(stray.weight_g for stray in kept) == 100.0 + 3 * MAX_ON_SHELF - 1
