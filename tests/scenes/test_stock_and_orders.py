"""What stands there: shoppers, staff, counts and orders; each order is done once and answered with a sentence."""

from __future__ import annotations

import pytest
from store import Store
from told import pick, put, restock

from wire.commands import CountStock, SetMode, Tare
from wire.state import StockState


@pytest.fixture
def cola(store: Store) -> Store:
    """One lane of cola, a facing of eight, low at two; and water beside it."""
    store.lane("cola", unit_g=345, units=4, plates=2, facing_units=8, low_units=2)
    store.lane("water", unit_g=520, units=6, plates=2)
    return store


def answers(store: Store) -> list[tuple[str, str]]:
    return [(answer.id, answer.outcome) for answer in store.answers]


def test_a_lane_runs_low_and_then_empty(cola: Store) -> None:
    levels = []
    for k in range(4):
        cola.picks("ann", "cola", at=3.0 + 3.0 * k)
        assert cola.played(5.5 + 3.0 * k) == [pick("cola", by="ann")]
        levels.append((cola.stock("cola").units, cola.stock("cola").level))
    assert levels == [(3, "ok"), (2, "low"), (1, "low"), (0, "empty")]


def test_a_tray_that_comes_while_nobody_is_there_is_a_restock(cola: Store) -> None:
    cola.puts(None, "cola", at=6.0, units=4)
    assert cola.played(10) == [restock("cola", 4, "facing_filled")]
    assert cola.stock("cola").units == 8


def test_one_can_from_a_shopper_is_no_restock(cola: Store) -> None:
    cola.picks("ann", "cola", at=3.0)
    cola.puts("ann", "cola", at=6.0)
    assert cola.played(9) == [pick("cola", by="ann"), put("cola", by="ann")]


def test_in_staff_mode_whatever_comes_and_goes_is_staffs(cola: Store) -> None:
    cola.command(SetMode(mode="staff"), at=1.0)
    cola.puts("sam", "cola", at=4.0)
    cola.picks("sam", "water", at=8.0, units=2)
    cola.command(SetMode(mode="open"), at=12.0)
    cola.picks("ann", "cola", at=15.0)
    assert cola.played(18) == [
        restock("cola", 1, "staff"),
        restock("water", -2, "staff"),
        pick("cola", by="ann"),
    ]
    assert (cola.stock("cola").units, cola.stock("water").units) == (4, 4)


def test_in_maintenance_nothing_is_an_event_and_the_levels_are_taken_as_they_come(cola: Store) -> None:
    cola.command(SetMode(mode="maintenance"), at=2.0)
    cola.weight("cola", by=-1100, at=4.0)
    cola.weight("water", by=+2000, at=6.0)
    cola.weight("cola", by=+700, at=8.0)
    cola.command(SetMode(mode="open"), at=11.0)
    assert cola.played(15) == []
    cola.picks("ann", "cola", at=17.0)
    assert cola.played(20) == [pick("cola", by="ann")]


def test_what_is_in_motion_when_maintenance_ends_belongs_to_maintenance(cola: Store) -> None:
    cola.command(SetMode(mode="maintenance"), at=2.0)
    cola.weight("cola", by=-690, at=5.7)
    cola.command(SetMode(mode="open"), at=6.0)
    assert cola.played(10) == []


def test_health_says_the_mode(cola: Store) -> None:
    cola.command(SetMode(mode="maintenance"), at=2.0)
    cola.played(4)
    assert cola.health.mode == "maintenance"


def test_a_person_counts_and_the_stock_is_that(cola: Store) -> None:
    cola.command(CountStock(lane="cola", units=7), at=3.0)
    cola.picks("ann", "cola", at=5.0)
    cola.played(8)
    assert cola.stock("cola").units == 6
    assert answers(cola) == [("order-3", "done")]


def test_a_lane_never_counted_is_unknown_until_somebody_counts(store: Store) -> None:
    store.lane("cola", unit_g=345, stands=6)
    store.picks("ann", "cola", at=3.0)
    store.command(CountStock(lane="cola", units=5), at=8.0)
    assert store.played(6) == [pick("cola", by="ann")]
    assert (store.stock("cola").units, store.stock("cola").level) == (None, "unknown")
    store.played(9)
    assert (store.stock("cola").units, store.stock("cola").level) == (5, "ok")


def test_a_doubtful_event_makes_the_stock_doubtful_and_a_count_makes_it_sure(cola: Store) -> None:
    for k in range(3):
        cola.picks("ann", "cola", at=3.0 + 3.0 * k)
    cola.played(12)
    doubt = cola.stock("cola").probability
    assert doubt is not None
    assert 0.8 < doubt < 1.0
    cola.command(CountStock(lane="cola", units=1), at=12.5)
    cola.played(13)
    assert cola.stock("cola").probability == 1.0


def test_an_order_that_comes_twice_is_done_once_and_answered_twice(cola: Store) -> None:
    cola.command(CountStock(lane="cola", units=7), at=3.0, id="a1")
    cola.picks("ann", "cola", at=5.0)
    cola.command(CountStock(lane="cola", units=7), at=8.0, id="a1")
    cola.played(10)
    assert cola.stock("cola").units == 6
    assert answers(cola) == [("a1", "done"), ("a1", "done")]
    assert cola.answers[0] == cola.answers[1]


def test_refusals_change_nothing_and_say_what_to_do(cola: Store) -> None:
    cola.command(CountStock(lane="beer", units=7), at=3.0)
    cola.command(Tare(lane="beer"), at=4.0)
    cola.played(5)
    assert answers(cola) == [("order-3", "refused"), ("order-4", "refused")]
    assert all("'beer'" in answer.message and "planogram" in answer.message for answer in cola.answers)
    assert cola.stock("cola").units == 4


def test_a_count_for_a_lane_of_two_products_must_name_one(store: Store) -> None:
    store.lane("cola", unit_g=345, units=4, plates=2)
    store.also("cola", "cola large", unit_g=520, units=4)
    store.command(CountStock(lane="cola", units=2), at=1.0)
    store.command(CountStock(lane="cola", units=2, gtin=store.goods["cola large"].gtin), at=2.0)
    store.played(3)
    assert answers(store) == [("order-1", "refused"), ("order-2", "done")]
    assert "gtin" in store.answers[0].message
    assert (store.stock("cola").units, store.stock("cola", "cola large").units) == (4, 2)


def test_tare_says_that_the_lane_is_empty(cola: Store) -> None:
    cola.weight("cola", by=-1380, at=1.0)
    cola.command(SetMode(mode="maintenance"), at=0.5)
    cola.command(Tare(lane="cola"), at=4.0)
    cola.command(SetMode(mode="open"), at=5.0)
    cola.played(8)
    assert answers(cola)[1] == ("order-4", "done")
    assert (cola.stock("cola").units, cola.stock("cola").level) == (0, "empty")
    cola.puts("ann", "cola", at=11.0)
    assert cola.played(14) == [put("cola", by="ann")]
    assert cola.stock("cola").units == 1


def test_tare_is_refused_under_a_hand_and_for_a_lane_without_reading(cola: Store) -> None:
    cola.press("cola", by=300.0, at=3.0, lasts_s=2.0, visitor="ann")
    cola.no_reading("water", since=0.0)
    cola.command(Tare(lane="cola"), at=4.0)
    cola.command(Tare(lane="water"), at=5.0)
    cola.played(7)
    assert answers(cola) == [("order-4", "refused"), ("order-5", "refused")]
    assert "hands off" in cola.answers[0].message
    assert "shelfd doctor" in cola.answers[1].message


def test_state_is_told_when_it_changes_and_not_otherwise(cola: Store) -> None:
    cola.played(10)
    before = len(cola.told(StockState))
    cola.played(20)
    assert len(cola.told(StockState)) == before
    cola.picks("ann", "cola", at=22.0)
    cola.played(25)
    assert len(cola.told(StockState)) == before + 1
