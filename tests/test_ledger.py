"""What an event changes in the books: baskets, strays, stock."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shelf_scene import CHIPS, COLA, SOAP, TEA, Shelf, lane

from agent.config.schema import Product
from agent.fusion.baskets import MAX_HELD, MOST_OTHERS, Baskets, Held
from agent.fusion.judge import Said
from agent.fusion.ledger import Ledger
from agent.fusion.moves import Move
from agent.plain import plain

CAN = Held(COLA, 345.0, 2.0, 1)


def row() -> Shelf:
    return Shelf(
        lane("cola", "a", "b", units=6),
        lane("soap", "c", gtin=SOAP, unit_g=90.0, units=9),
        lane("pot", "d", gtin=CHIPS, unit_g=None),
        goods=(Product(gtin=TEA, unit_g=420.0),),
    )


def move(
    sign: int, lane: str, gtin: str | None, units: int | None, weight_g: float, by: str | None, **about: object
) -> Said:
    return Said(Move(sign, lane, gtin, units, weight_g, 2.0, 1.0, by, **about), 0.9, ())  # type: ignore[arg-type]


def book(shelf: Shelf, lane: str, delta_g: float, *said: Said, cells_g: tuple[float, ...] = ()) -> Shelf:
    step = shelf.step(lane, delta_g, *cells_g)
    shelf.ledger.book(step, shelf.stretch(lane), said)
    return shelf


def pick(shelf: Shelf, lane: str, gtin: str | None, units: int, weight_g: float, by: str | None) -> Shelf:
    return book(shelf, lane, -weight_g, move(-1, lane, gtin, units, weight_g, by))


def units(shelf: Shelf) -> dict[str, int | None]:
    return {x.lane: x.units for x in shelf.ledger.stock.state().lanes}


def misplaced(shelf: Shelf) -> list[tuple[str, str | None, str | None]]:
    return [(x.lane, x.gtin, x.belongs_to) for x in shelf.ledger.inventory().misplaced]


# -- stories -----------------------------------------------------------------------------------------------------------


def test_what_is_taken_is_in_the_taker_s_hands_as_heavy_as_it_was_measured() -> None:
    shelf = pick(row(), "cola", COLA, 2, 694.0, by="ann")
    (held,) = shelf.ledger.baskets.of("ann")
    assert (held.gtin, held.units, held.weight_g) == (COLA, 2, pytest.approx(347.0))
    assert shelf.ledger.baskets.of("bob") == ()
    assert units(shelf)["cola"] == 4


def test_of_two_bottles_one_comes_back() -> None:
    shelf = pick(row(), "cola", COLA, 2, 690.0, by="ann")
    (held,) = shelf.ledger.baskets.of("ann")
    book(shelf, "cola", 345.0, move(1, "cola", COLA, 1, 345.0, "ann", owner="ann", held=held))
    assert [x.units for x in shelf.ledger.baskets.of("ann")] == [1]
    assert units(shelf)["cola"] == 5
    assert misplaced(shelf) == []


def test_what_is_laid_into_a_wrong_lane_lies_there_with_its_place_and_belongs_elsewhere() -> None:
    shelf = pick(row(), "soap", SOAP, 1, 90.0, by="ann")
    (held,) = shelf.ledger.baskets.of("ann")
    said = move(1, "cola", SOAP, 1, 90.0, "ann", owner="ann", held=held)
    book(shelf, "cola", 90.0, said, cells_g=(67.5, 22.5))
    assert misplaced(shelf) == [("cola", SOAP, "soap")]
    (stray,) = shelf.ledger.contents.strays(shelf.stretch("cola").index)
    assert stray.shares == ((0, 0.75), (1, 0.25))
    assert (stray.weight_g, stray.probability) == (90.0, 0.9)
    assert units(shelf) == {"cola": 6, "soap": 8, "pot": None}
    assert shelf.ledger.baskets.of("ann") == ()


def test_a_stray_that_is_taken_again_is_gone_and_no_stock_is_counted_twice() -> None:
    shelf = row()
    stray = shelf.lies("cola", SOAP, 90.0)
    book(shelf, "cola", -90.0, move(-1, "cola", SOAP, 1, 90.0, "bob", stray=stray))
    assert misplaced(shelf) == []
    assert units(shelf) == {"cola": 6, "soap": 9, "pot": None}
    assert [x.gtin for x in shelf.ledger.baskets.of("bob")] == [SOAP]


def test_a_foreign_thing_belongs_nowhere() -> None:
    shelf = book(row(), "cola", 512.0, move(1, "cola", None, None, float("nan"), None))
    assert misplaced(shelf) == [("cola", None, None)]
    assert shelf.ledger.inventory().misplaced[0].weight_g == 512.0


def test_an_exchange_books_each_thing_with_its_own_weight() -> None:
    shelf = row()
    held = shelf.holds("ann", TEA, 420.0)
    book(
        shelf, "cola", 75.0,
        move(-1, "cola", COLA, 1, 345.0, "ann"), move(1, "cola", TEA, 1, 420.0, "ann", owner="ann", held=held),
        cells_g=(420.0, -345.0),
    )  # fmt: skip
    assert [(x.gtin, x.weight_g) for x in shelf.ledger.baskets.of("ann")] == [(COLA, 345.0)]
    (stray,) = shelf.ledger.contents.strays(shelf.stretch("cola").index)
    assert (stray.gtin, stray.weight_g, stray.shares[0]) == (TEA, 420.0, (0, 1.0))


def test_goods_of_no_fixed_weight_are_remembered_as_they_last_weighed() -> None:
    shelf = book(row(), "pot", -812.0, move(-1, "pot", CHIPS, None, float("nan"), None))
    assert shelf.around().shelf.seen_g == {CHIPS: 812.0}
    assert [x.units for x in shelf.ledger.baskets.of(None)] == [None]


def test_an_empty_lane_holds_nothing_and_no_strays() -> None:
    shelf = row()
    shelf.lies("cola", SOAP, 90.0)
    shelf.ledger.empty(shelf.stretch("cola"))
    assert units(shelf)["cola"] == 0
    assert misplaced(shelf) == []


# -- baskets -----------------------------------------------------------------------------------------------------------


def test_a_visitor_who_leaves_takes_the_basket_along() -> None:
    baskets = Baskets()
    baskets.take("ann", CAN)
    baskets.take(None, CAN)
    baskets.forget("ann")
    assert baskets.of("ann") == ()
    assert baskets.of(None) == (CAN,)
    baskets.forget("nobody")


def test_the_others_hold_what_the_others_hold() -> None:
    baskets = Baskets()
    for visitor in ("ann", "bob", None):
        baskets.take(visitor, CAN)
    assert [owner for owner, _ in baskets.others("ann")] == [None, "bob"]  # the newest first
    assert [owner for owner, _ in baskets.others(None)] == ["bob", "ann"]


def test_of_a_crowd_only_the_newest_goods_are_thought_of() -> None:
    baskets = Baskets()
    for k in range(2000):
        baskets.take(f"{k % 60:04d}", CAN)
    assert len(baskets.others(None)) == MOST_OTHERS


def test_a_basket_without_bottom_is_bounded() -> None:
    baskets = Baskets()
    for i in range(10 * MAX_HELD):
        baskets.take(None, Held(COLA, float(i), 2.0, 1))
    assert len(baskets.of(None)) == MAX_HELD
    assert baskets.of(None)[-1].weight_g == 10 * MAX_HELD - 1


DEEDS = st.lists(st.tuples(st.sampled_from(["ann", "bob", None]), st.integers(1, 3), st.booleans()), max_size=25)


@given(DEEDS)
def test_what_went_out_is_on_the_shelf_or_in_a_basket(deeds: list[tuple[str | None, int, bool]]) -> None:
    """Only real goods move: whatever is taken and put back, cans are neither made nor lost."""
    shelf = Shelf(lane("cola", "a", units=100))
    for visitor, count, back in deeds:
        held = shelf.ledger.baskets.of(visitor)
        if back and held:
            said = move(1, "cola", COLA, 1, 345.0, visitor, owner=visitor, held=held[0])
            book(shelf, "cola", 345.0, said)
        elif not back:
            pick(shelf, "cola", COLA, count, 345.0 * count, visitor)
    in_baskets = sum(x.units or 0 for who in ("ann", "bob", None) for x in shelf.ledger.baskets.of(who))
    assert (units(shelf)["cola"] or 0) + in_baskets == 100


@given(DEEDS)
def test_the_books_come_back_from_json_as_they_were(deeds: list[tuple[str | None, int, bool]]) -> None:
    shelf = row()
    for visitor, count, wrong in deeds:
        pick(shelf, "cola", COLA, count, 345.0 * count, visitor)
        if wrong:
            book(shelf, "soap", 345.0, move(1, "soap", COLA, count, 345.0, visitor))
            book(shelf, "pot", 77.0, move(1, "pot", CHIPS, None, float("nan"), visitor))
    again = Ledger(shelf.planogram)
    again.restore(json.loads(json.dumps(plain(shelf.ledger.snapshot()))), range(len(shelf.planogram.stretches)))
    assert json.dumps(plain(again.snapshot())) == json.dumps(plain(shelf.ledger.snapshot()))
    assert (again.inventory(), again.stock.state()) == (shelf.ledger.inventory(), shelf.ledger.stock.state())
    assert all(again.baskets.of(v) == shelf.ledger.baskets.of(v) for v in ("ann", "bob", None))
    assert again.state(watched=True).seen_g == shelf.ledger.state(watched=True).seen_g
