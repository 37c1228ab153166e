"""Where things belong: lanes become stretches, spare plates find their neighbours."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.config.schema import Cell, Config, Device, Lane, Product, Scale
from agent.shelf.planogram import Box, Planogram

COLA, CHIPS, SOAP = "06901234567892", "04006381333931", "00000000000017"


def lane(name: str, *cells: str, gtin: str = COLA, left_m: float = 0.0, row: int = 0, **about: object) -> Lane:
    """Plates are 0.1 m wide, rows 0.3 m high."""
    box = {"left_m": left_m, "right_m": left_m + 0.1 * len(cells), "bottom_m": 0.3 * row, "top_m": 0.3 * row + 0.25}
    return Lane(**{"name": name, "cells": cells, "gtin": gtin, "unit_g": 345.0, **box, **about})  # type: ignore[arg-type]


def shelf(
    *lanes: Lane, cells: Sequence[str] = "abcdef", more: Sequence[str] = (), goods: Sequence[Product] = ()
) -> Planogram:
    scales = [Scale(name="main", driver="shelfd-lines", port="", cells=tuple(Cell(name=c) for c in cells))]
    if more:
        scales.append(Scale(name="more", driver="shelfd-lines", port="", cells=tuple(Cell(name=c) for c in more)))
    device = Device(store="s1", id="d1")
    return Planogram.of(Config(device=device, scales=tuple(scales), lanes=lanes, products=tuple(goods)))


def named(planogram: Planogram, indices: Sequence[int]) -> list[str]:
    return sorted(planogram.stretches[i].name for i in indices)


def test_a_lane_is_a_stretch_of_its_cells() -> None:
    only = shelf(lane("cola", "b", "c"), cells="abc").stretches[0]
    assert (only.name, only.scale, only.cells) == ("cola", "main", (1, 2))
    assert (only.lanes[0].product.gtin, only.lanes[0].product.unit_g) == (COLA, 345.0)


def test_two_products_on_the_same_cells_share_one_stretch() -> None:
    found = shelf(lane("cola", "a", "b"), lane("cola", "a", "b", gtin=CHIPS), lane("soap", "c", gtin=SOAP), cells="abc")
    assert [[x.product.gtin for x in s.lanes] for s in found.stretches] == [[COLA, CHIPS], [SOAP]]


def test_lanes_side_by_side_are_neighbours_and_others_of_the_board_feel_the_shaking() -> None:
    found = shelf(
        lane("one", "a"),
        lane("two", "b", left_m=0.1),
        lane("far", "c", left_m=0.8),
        lane("above", "d", row=1),
        cells="abcd",
    )
    one, two, far, above = found.stretches
    assert [named(found, s.neighbours) for s in (one, two, far, above)] == [["two"], ["one"], [], []]
    assert [named(found, s.board) for s in (one, far, above)] == [["far", "two"], ["one", "two"], []]


def test_a_lane_without_a_box_has_no_neighbours_and_no_place() -> None:
    bare = Lane(name="bare", cells=("b",), gtin=CHIPS, unit_g=100.0)
    found = shelf(lane("cola", "a"), bare, cells="ab")
    assert found.stretches[1].box is None
    assert found.stretches[1].neighbours == ()
    assert found.stretches[1].cell_u_m(0.0) is None


def test_a_place_on_the_cells_is_a_place_on_the_edge() -> None:
    only = shelf(lane("cola", "a", "b", "c", left_m=0.5), cells="abc").stretches[0]
    assert [only.cell_u_m(x) for x in (0.0, 1.0, 1.5, 2.0)] == pytest.approx([0.55, 0.65, 0.70, 0.75])


def test_a_spare_plate_stands_beside_the_lanes_it_adjoins() -> None:
    found = shelf(lane("one", "a"), lane("two", "c", left_m=0.2), cells="abc")
    spare = found.stretches[2]
    assert (spare.cells, spare.lanes, spare.name) == ((1,), (), "")
    assert named(found, spare.neighbours) == ["one", "two"]
    assert all(2 in found.stretches[i].neighbours for i in (0, 1))


def test_a_spare_plate_far_from_every_lane_is_left_out() -> None:
    assert len(shelf(lane("one", "a"), cells="abcd").stretches) == 2  # "one" and the plate beside it


def test_each_scale_weighs_its_own_stretches() -> None:
    found = shelf(lane("one", "a"), lane("two", "y"), cells="a", more="xy")
    assert [s.name for s in found.by_scale("main")] == ["one"]
    assert [(s.name, s.cells) for s in found.by_scale("more")] == [("two", (1,)), ("", (0,))]
    assert found.by_scale("none") == ()


def test_goods_know_their_home_and_the_shop_s_other_goods_have_none() -> None:
    goods = [Product(gtin=SOAP, unit_g=90.0), Product(gtin=COLA, unit_g=345.0), Product(gtin=CHIPS)]
    found = shelf(lane("cola", "a"), cells="a", goods=goods)
    assert found.home(COLA) == "cola"
    assert (found.home(SOAP), found.home(None)) == (None, None)
    assert [p.gtin for p in found.goods] == [SOAP, COLA]  # by weight; chips have none to be known by


@given(st.lists(st.floats(5, 3000), max_size=12), st.floats(5, 3000))
def test_goods_near_a_weight_are_those_and_no_others(weights: list[float], weight_g: float) -> None:
    goods = [Product(gtin=f"{i:014}", unit_g=g) for i, g in enumerate(weights)]
    found = shelf(goods=goods)
    near = {p.gtin for p in found.near(weight_g, 0.1, 10.0)}
    assert near == {p.gtin for p in goods if abs((p.unit_g or 0.0) - weight_g) <= 0.1 * (p.unit_g or 0.0) + 10.0}


def test_a_shelf_without_lanes_is_a_shelf() -> None:
    assert shelf(cells="ab").stretches == ()


@given(st.lists(st.integers(1, 4), min_size=1, max_size=8), st.integers(0, 3))
def test_every_cell_belongs_to_one_stretch_at_most_and_neighbours_are_mutual(widths: list[int], spare: int) -> None:
    names = [f"c{i}" for i in range(sum(widths) + spare)]
    lanes, at = [], 0
    for i, width in enumerate(widths):
        lanes.append(lane(f"lane{i}", *names[at : at + width], left_m=0.1 * at))
        at += width
    found = shelf(*lanes, cells=names)
    cells = [c for s in found.stretches for c in s.cells]
    assert len(cells) == len(set(cells))
    assert [s.index for s in found.stretches] == list(range(len(found.stretches)))
    for s in found.stretches:
        assert s.index not in s.neighbours
        assert all(s.index in found.stretches[i].neighbours for i in s.neighbours)


@pytest.mark.parametrize(
    ("other", "gap_m", "expected"),
    [
        (Box(0.12, 0.2, 0.0, 0.3), 0.05, True),
        (Box(0.2, 0.3, 0.0, 0.3), 0.05, False),
        (Box(0.2, 0.3, 0.0, 0.3), 0.15, True),
        (Box(0.1, 0.2, 0.2, 0.5), 0.05, False),  # a third of its height overlaps: the board above
        (Box(0.1, 0.2, 0.1, 0.4), 0.05, True),  # two thirds do: a tilted board
    ],
)
def test_beside_means_the_same_board_and_close(other: Box, gap_m: float, expected: bool) -> None:
    mine = Box(0.0, 0.1, 0.0, 0.3)
    assert mine.beside(other, gap_m) is other.beside(mine, gap_m) is expected
