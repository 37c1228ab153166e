"""Chances of contents: exact, whole millionths, never below the floor; sums of shelves add up."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.triggers.bandit import LEAST_TOGETHER, NOTHING, PARTS, Posterior, drawn, millionths, table
from agent.triggers.chance import Draw, coupon_number
from agent.triggers.features import SIZE, Features, Trigger
from agent.triggers.learned import Sums
from agent.triggers.normal import best_of, grid

OFF = 1e-3  # docs/decisions/bandit.md has what it was at the worst

xs = st.sets(st.integers(1, SIZE - 1), max_size=5).map(lambda true: (0, *sorted(true)))
showings = st.lists(st.tuples(xs, st.booleans()), max_size=40)
normals = st.tuples(st.floats(-1.0, 1.0), st.floats(0.01, 1.0))


def summed(shown: Sequence[tuple[Features, bool]]) -> Sums:
    sums = Sums()
    for x, picked in shown:
        sums = sums.after(x, picked)
    return sums


# -- the largest of normals --------------------------------------------------------------------------------------------


@given(normals, normals)
def test_of_two_it_is_what_the_difference_says(one: tuple[float, float], other: tuple[float, float]) -> None:
    apart = (one[0] - other[0]) / math.hypot(one[1], other[1])
    first, second = best_of([one[0], other[0]], [one[1], other[1]])
    assert first == pytest.approx(0.5 + 0.5 * math.erf(apart / math.sqrt(2.0)), abs=OFF)
    assert first + second == pytest.approx(1.0, abs=1e-12)


@settings(max_examples=40)
@given(st.lists(normals, min_size=1, max_size=12))
def test_they_are_chances_and_order_does_not_matter(known: list[tuple[float, float]]) -> None:
    means, deviations = [mean for mean, _ in known], [deviation for _, deviation in known]
    chances = best_of(means, deviations)
    assert math.fsum(chances) == pytest.approx(1.0, abs=1e-9) and min(chances) >= 0.0
    assert best_of(means[::-1], deviations[::-1])[::-1] == pytest.approx(chances, abs=1e-9)


@pytest.mark.parametrize("n", [1, 2, 3, 64])
def test_equals_are_equal(n: int) -> None:
    assert best_of([0.3] * n, [0.2] * n) == pytest.approx([1 / n] * n, abs=1e-12)


def test_a_narrow_one_among_broad_ones_is_resolved() -> None:
    """Two that differ by five of their own deviations, beside one a thousand times as broad."""
    chances = best_of([0.300, 0.305, -2.0], [0.001, 0.001, 1.0])
    beaten = 0.5 - 0.5 * math.erf(0.305 + 2.0)  # by the broad one: about 0.01
    assert chances[0] < 0.001 and chances[2] == pytest.approx(0.5 - 0.5 * math.erf(2.305 / math.sqrt(2)), abs=OFF)
    assert beaten < 0.01


def test_the_largest_of_three_agrees_with_a_sum_over_a_fine_even_grid() -> None:
    means, deviations = [0.1, 0.25, 0.4], [0.5, 0.2, 0.05]

    def below(z: float, i: int) -> float:
        return 0.5 + 0.5 * math.erf((z - means[i]) / (deviations[i] * math.sqrt(2)))

    step, wanted = 1e-3, 0.0
    for k in range(-4000, 5000):
        density = math.exp(-0.5 * ((k * step - means[2]) / deviations[2]) ** 2) / (
            deviations[2] * math.sqrt(2 * math.pi)
        )
        wanted += step * density * below(k * step, 0) * below(k * step, 1)
    assert best_of(means, deviations)[2] == pytest.approx(wanted, abs=OFF)


def test_the_grid_is_bounded_whatever_comes() -> None:
    pairs = [(0.001 * i, 0.01 + 0.01 * i) for i in range(64)]
    assert len(grid(pairs, max(mean - 6 * deviation for mean, deviation in pairs))) <= 66


# -- what is known of a content ----------------------------------------------------------------------------------------


@given(showings, xs)
def test_worth_is_that_of_a_ridge_regression(shown: list[tuple[Features, bool]], x: Features) -> None:
    """Against Gauss's elimination of (A + I) y = x, written out here."""
    sums = summed(shown)
    mean, deviation = Posterior.of(sums.a, sums.b).worth(x)
    y = eliminate(sums, x)
    assert mean == pytest.approx(sum(value * b for value, b in zip(y, sums.b, strict=True)), abs=1e-9)
    assert deviation**2 == pytest.approx(sum(y[i] for i in x), abs=1e-9)


def eliminate(sums: Sums, x: Features) -> list[float]:
    rows = []
    for i in range(SIZE):
        both = [sums.a[max(i, j) * (max(i, j) + 1) // 2 + min(i, j)] + (i == j) for j in range(SIZE)]
        rows.append([*map(float, both), 1.0 if i in x else 0.0])
    for i in range(SIZE):
        for k in range(SIZE):
            factor = rows[k][i] / rows[i][i] if k != i else 0.0
            rows[k] = [mine - factor * other for mine, other in zip(rows[k], rows[i], strict=True)]
    return [rows[i][SIZE] / rows[i][i] for i in range(SIZE)]


@given(showings, showings)
def test_sums_of_two_shelves_are_those_of_one(
    here: list[tuple[Features, bool]], there: list[tuple[Features, bool]]
) -> None:
    merged = summed(here).plus(summed(there))
    assert merged == summed([*there, *here])
    assert Sums.read(merged.written()) == merged


def test_what_was_shown_often_is_known_well() -> None:
    little, much = summed([((0,), True)]), summed([((0,), True)] * 1000)
    assert Posterior.of(much.a, much.b).worth((0,))[1] < 0.05 * Posterior.of(little.a, little.b).worth((0,))[1]


# -- the table ---------------------------------------------------------------------------------------------------------


@settings(max_examples=60)
@given(st.lists(st.tuples(showings, xs), min_size=1, max_size=12), st.floats(0.01, 2.0), st.floats(0.0, 0.2))
def test_a_table_adds_up_and_keeps_its_floor(
    known: list[tuple[list[tuple[Features, bool]], Features]], spread: float, least: float
) -> None:
    sums = [summed(shown) for shown, _ in known]
    parts = table([(Posterior.of(s.a, s.b), x) for s, (_, x) in zip(sums, known, strict=True)], spread, least)
    assert sum(parts) == PARTS
    assert min(parts) >= math.floor(min(least, LEAST_TOGETHER / len(known)) * PARTS)


def test_with_many_candidates_the_floor_does_not_take_all() -> None:
    good = summed([((0,), True)] * 200)
    bad = summed([((0,), False)] * 200)
    known = [(Posterior.of(good.a, good.b), (0,))] + [(Posterior.of(bad.a, bad.b), (0,))] * 63
    parts = table(known, 0.5, 0.02)
    assert parts[0] > 0.5 * PARTS and parts[1] - 1 <= parts[63] > 0


@given(st.lists(st.floats(0.0, 1.0), min_size=1, max_size=64).filter(lambda shares: sum(shares) > 0))
def test_millionths_add_up(shares: list[float]) -> None:
    chances = [share / math.fsum(shares) for share in shares]
    parts = millionths(chances)
    assert sum(parts) == PARTS
    assert all(abs(part - PARTS * chance) < 1.01 for part, chance in zip(parts, chances, strict=True))


def test_a_draw_follows_its_table() -> None:
    parts = [500_000, 300_000, 200_000]
    numbers = [Draw.of("d1", n, Trigger("pick", 0.001 * n, "ann")).choice for n in range(3000)]
    counted = [sum(drawn(parts, number) == i for number in numbers) for i in range(3)]
    assert counted == pytest.approx([1500, 900, 600], abs=90)  # over 3 sigma
    assert [drawn(parts, n) for n in (0, 499_999, 500_000, 799_999, 800_000, PARTS - 1, PARTS)] == [0, 0, 1, 1, 2, 2, 0]


def test_a_draw_is_of_its_decision_alone() -> None:
    trigger = Trigger("pick", 12.5, "ann")
    assert Draw.of("d1", 1, trigger) == Draw.of("d1", 1, Trigger("pick", 12.5, "ann", "cola"))
    others = [("d2", 1, trigger), ("d1", 2, trigger), ("d1", 1, Trigger("put", 12.5, "ann"))]
    assert all(Draw.of(*other) != Draw.of("d1", 1, trigger) for other in others)
    assert coupon_number("d1", 1, 12.5, 1.8e9) != coupon_number("d1", 1, 12.5, 1.9e9)


def test_of_nothing_all_is_possible() -> None:
    assert table([(NOTHING, (0,)), (NOTHING, (0,)), (NOTHING, (0,)), (NOTHING, (0,))], 0.5, 0.02) == [PARTS // 4] * 4
