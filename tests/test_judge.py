"""What is said of a step that is believed."""

from __future__ import annotations

import pytest
from shelf_scene import COLA, SOAP, TEA, Shelf, chance, course, lane, row, words

from agent.fusion import explain

# -- what --------------------------------------------------------------------------------------------------------------


def test_what_is_clear_is_said_with_confidence_and_hardly_an_alternative() -> None:
    shelf = row()
    shelf.hand("ann", shelf.middle("cola"))
    _, verdict = course(shelf, "cola", -345.0, -172.0, -173.0)
    (one,) = verdict.said
    assert one.confidence > 0.95
    assert sum(p for _, p in one.alternatives) < 0.05


def test_what_is_unclear_is_said_with_what_else_it_may_have_been() -> None:
    shelf = Shelf(lane("mixed", "a"), lane("mixed", "a", gtin=TEA, unit_g=346.0))
    _, verdict = course(shelf, "mixed", -345.5)
    (one,) = verdict.said
    assert 0.4 < one.confidence < 0.6
    assert {one.move.gtin, one.alternatives[0][0].gtin} == {COLA, TEA}
    assert one.confidence + one.alternatives[0][1] == pytest.approx(1.0, abs=0.05)


def test_explanations_that_say_the_same_add_up() -> None:
    """Whether the soap came out of ann's basket or out of nowhere: it is soap, laid down by ann."""
    with_basket, without = row(), row()
    for shelf in (with_basket, without):
        shelf.hand("ann", shelf.middle("soap"))
    with_basket.holds("ann", SOAP, 90.0)
    (sure,), (less,) = (course(shelf, "soap", 90.0)[1].said for shelf in (with_basket, without))
    assert words([sure]) == words([less]) == [(1, "soap", SOAP, 1, "ann")]
    assert sure.confidence > less.confidence


def test_what_is_likeliest_together_is_said_though_each_way_to_it_is_less_likely_than_another_thing() -> None:
    """Two strays of tea, as heavy as cola: where one alone is less likely than cola and both together are more."""
    shelf = row()
    for _ in range(2):
        shelf.lies("cola", TEA, 345.0, b=1.0)
    for left in (0.01 * i for i in range(101)):
        cells = (-345.0 * left, -345.0 * (1.0 - left))
        tea, cola = (chance(shelf.told("cola", -345.0, *cells), gtin=gtin) for gtin in (TEA, COLA))
        if 1.2 * cola < tea < 1.6 * cola:
            verdict = shelf.judged("cola", -345.0, *cells, flat_s=1.0)
            assert words(verdict.said) == [(-1, "cola", TEA, 1, None)]
            return
    pytest.fail("no place at which the two strays together are a little likelier than cola")


def test_two_hands_two_bottles_are_two_events() -> None:
    shelf = row()
    shelf.hand("ann", shelf.middle("cola") - 0.05)
    shelf.hand("bob", shelf.middle("cola") + 0.05)
    _, verdict = course(shelf, "cola", -690.0, -345.0, -345.0)
    assert words(verdict.said) == [(-1, "cola", COLA, 1, "ann"), (-1, "cola", COLA, 1, "bob")]


def test_an_exchange_is_a_pick_and_a_put() -> None:
    shelf = row()
    shelf.hand("ann", shelf.middle("cola"))
    shelf.holds("ann", TEA, 420.0)
    _, verdict = course(shelf, "cola", 75.0, 420.0, -345.0)
    assert words(verdict.said) == [(-1, "cola", COLA, 1, "ann"), (1, "cola", TEA, 1, "ann")]


def test_in_an_exchange_by_two_the_one_at_the_rising_cell_laid_and_the_one_at_the_falling_cell_took() -> None:
    shelf = row()
    shelf.hand("ann", shelf.middle("cola") - 0.08)
    shelf.hand("bob", shelf.middle("cola") + 0.08)
    for visitor in ("ann", "bob"):
        shelf.holds(visitor, TEA, 420.0)
    _, verdict = course(shelf, "cola", 75.0, 420.0, -345.0)
    assert words(verdict.said) == [(-1, "cola", COLA, 1, "bob"), (1, "cola", TEA, 1, "ann")]
    assert min(one.confidence for one in verdict.said) > 0.6


def test_a_crowd_with_full_baskets_makes_no_step_a_long_search(monkeypatch: pytest.MonkeyPatch) -> None:
    shelf = row()
    for k in range(30):
        shelf.hand(f"{k:04d}", shelf.middle("cola"), stays_s=1.0)
        for n in range(10):
            shelf.holds(f"{k:04d}", None, 100.0 + 7.3 * n + k)
    shelf.look()
    counted = count_normals(monkeypatch)
    shelf.judged("cola", 617.3, flat_s=0.5)
    assert 0 < counted[0] < 2_000  # 9,000 and more without bounds on people, goods and halves of pairs


def count_normals(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many explanations are held against the weight: the measure of the search, on any machine."""
    counted, normal = [0], explain._normal

    def count(x: float, sigma: float) -> float:
        counted[0] += 1
        return normal(x, sigma)

    monkeypatch.setattr(explain, "_normal", count)
    return counted
