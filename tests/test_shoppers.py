"""Visits frame by frame: rates, bounds, doubtful places, and the same words from wherever a snapshot was taken."""

from __future__ import annotations

import json
import time
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.config.schema import Cell, Config, Device, Lane, Scale, Visits
from agent.messages import Part, Tracks
from agent.plain import plain, revive
from agent.shelf.planogram import Planogram
from agent.tracking.visits import MAX_PLACES, MAX_VISITORS
from agent.triggers.shoppers import Shoppers, Shown
from wire.codec import encode_event
from wire.envelope import Envelope
from wire.events import Clock, Dwell, Hesitation, Pick, Put, Visit
from wire.limits import MAX_BYTES

CLOCK = Clock(synced=True)
FRAME_S = 1 / 15
COLA, TEA = "06901234567892", "04006381333931"


def shelf(lanes: int = 2, width_m: float = 0.6) -> Shoppers:
    """Lanes side by side, all of one height, two metres of shelf where two of them stand."""
    cells = tuple(Cell(name=f"c{i}") for i in range(lanes))
    box = {"bottom_m": 0.8, "top_m": 1.1}
    row = tuple(
        Lane(
            name=f"lane {i}", cells=(f"c{i}",), gtin=(COLA, TEA)[i % 2], unit_g=300.0,
            left_m=i * width_m, right_m=(i + 1) * width_m, **box,
        )
        for i in range(lanes)
    )  # fmt: skip
    scale = Scale(name="main", driver="shelfd-lines", port="", cells=cells)
    config = Config(device=Device(store="s", id="d"), scales=(scale,), lanes=row)
    return Shoppers(Planogram.of(config), Visits())


def head(u_m: float, d_m: float = 0.5, visitor: str = "ann") -> Part:
    return Part(visitor, "head", u_m, 1.6, d_m, 0.9)


def hand(u_m: float, d_m: float = 0.03, visitor: str = "ann", v_m: float = 0.95) -> Part:
    return Part(visitor, "hand", u_m, v_m, d_m, 0.9)


def played(shoppers: Shoppers, since: float, until: float, *parts: Part) -> list[Shown]:
    """The same is seen all the time, 15 times a second."""
    told: list[Shown] = []
    for i in range(round((until - since) / FRAME_S)):
        told += shoppers.see(Tracks(since + i * FRAME_S, parts), CLOCK)
    return told


def took(lane: str, at: float, visitor: str | None = "ann", gtin: str | None = COLA, *, back: bool = False) -> Any:
    about = {"units": 1, "delta_g": 300.0, "confidence": 0.9, "began_s": at - 0.3, "decided_s": at + 0.5}
    return (Put if back else Pick)(lane=lane, gtin=gtin, visitor=visitor, ended_s=at, clock=CLOCK, **about)


def kinds(told: list[Shown]) -> list[str]:
    return [payload.kind for payload in told]


# -- where somebody stands ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("part", "stands"),
    [
        (head(0.3), True),
        (head(0.3, 1.1), True),
        (head(0.3, 1.3), False),  # beyond near_m
        (head(-0.25), True),  # an arm's length beside
        (head(-0.4), False),
        (head(1.6), False),
        (hand(0.3, 0.6), True),
        (head(float("nan")), False),
        (head(1e300), False),
        (Part("ann", "foot", 0.3, 0.0, 0.4, 0.9), False),
    ],
)
def test_in_front_is_near_and_before_the_lanes(part: Part, stands: bool) -> None:
    shoppers = shelf()
    told = played(shoppers, 0.0, 5.0, part) + shoppers.pass_time(20.0, CLOCK)
    assert kinds(told) == (["dwell", "visit"] if stands else [])


def test_without_boxes_near_is_enough_and_no_lane_is_named() -> None:
    shoppers = shelf(lanes=1, width_m=0.0)
    told = played(shoppers, 0.0, 5.0, head(40.0)) + shoppers.pass_time(20.0, CLOCK)
    assert kinds(told) == ["dwell", "visit"]
    assert isinstance(told[0], Dwell)
    assert (told[0].lane, told[0].before) == (None, ())


def test_a_head_that_hides_for_long_ends_the_stay_where_it_was_seen_last() -> None:
    shoppers = shelf()
    told = played(shoppers, 0.0, 4.0, head(0.3)) + played(shoppers, 4.0, 6.0)
    assert kinds(told) == ["dwell"]
    assert told[0].ended_s == pytest.approx(4.0, abs=0.1)
    told = played(shoppers, 6.0, 7.0, head(0.3)) + shoppers.pass_time(12.0, CLOCK)
    (visit,) = told
    assert isinstance(visit, Visit)
    assert visit.dwell_s == pytest.approx(5.0, abs=0.2)  # two seconds of seven nobody saw


def test_hands_do_not_speak_while_a_head_does() -> None:
    shoppers = shelf()
    told = played(shoppers, 0.0, 9.0, head(0.3), hand(1.1)) + shoppers.pass_time(20.0, CLOCK)
    (visit,) = [x for x in told if isinstance(x, Visit)]
    assert {place.v_m for place in visit.path} == {None}
    assert max(place.u_m for place in visit.path) < 0.4


def test_a_hand_on_the_border_stays_in_the_lane_it_went_into() -> None:
    shoppers = shelf()
    for i in range(30):
        shoppers.see(Tracks(i * FRAME_S, (head(0.6), hand(0.58 if i % 2 == 0 else 0.62))), CLOCK)
    (visit,) = [x for x in shoppers.pass_time(20.0, CLOCK) if isinstance(x, Visit)]
    assert [(x.lane, x.reaches) for x in visit.lanes] == [("lane 0", 1)]


def test_a_hand_in_one_frame_is_no_reach() -> None:
    shoppers = shelf()
    shoppers.see(Tracks(0.0, (head(0.3), hand(0.3))), CLOCK)
    told = played(shoppers, 0.1, 3.0, head(0.3)) + shoppers.pass_time(20.0, CLOCK)
    assert [x.lanes for x in told if isinstance(x, Visit)] == [()]


# -- what is undecided -------------------------------------------------------------------------------------------------


def undecided(told: list[Shown]) -> list[tuple[str, str | None, float]]:
    return [(x.reason, x.lane, round(x.decided_s, 1)) for x in told if isinstance(x, Hesitation)]


def test_held_is_told_in_the_first_frame_in_which_it_is_true() -> None:
    shoppers = shelf()
    played(shoppers, 0.0, 2.5, head(0.3))
    shoppers.moved([took("lane 0", 2.0)])
    assert undecided(played(shoppers, 2.5, 30.0, head(0.3))) == [("held", "lane 0", 5.0)]


def test_a_pick_that_is_decided_late_is_held_since_it_was_taken() -> None:
    shoppers = shelf()
    played(shoppers, 0.0, 6.0, head(0.3))
    shoppers.moved([took("lane 0", 2.0)])
    assert undecided(played(shoppers, 6.0, 7.0, head(0.3))) == [("held", "lane 0", 6.0)]


@pytest.mark.parametrize("who", ["ann", "bob", None])
def test_what_is_put_back_is_held_no_more_whoever_is_said_to_do_it(who: str | None) -> None:
    shoppers = shelf()
    played(shoppers, 0.0, 2.5, head(0.3))
    shoppers.moved([took("lane 0", 2.0), took("lane 1", 3.0, who, back=True)])
    assert undecided(played(shoppers, 2.5, 7.0, head(0.3))) == []


def test_goods_of_nobody_are_nobodys_hesitation() -> None:
    shoppers = shelf()
    played(shoppers, 0.0, 2.5, head(0.3))
    shoppers.moved([took("lane 0", 2.0, None), took("lane 0", 2.0, "stranger")])
    assert undecided(played(shoppers, 2.5, 7.0, head(0.3))) == []


def test_who_put_everything_back_and_stays_lingers_from_then_on() -> None:
    shoppers = shelf()
    played(shoppers, 0.0, 2.5, head(0.3))
    shoppers.moved([took("lane 0", 2.0), took("lane 0", 4.0, back=True)])
    assert undecided(played(shoppers, 4.5, 30.0, head(0.3))) == [("lingering", "lane 0", 12.0)]


def test_a_second_place_may_be_lingered_at_and_the_first_again_after_a_minute() -> None:
    shoppers = shelf()
    told = played(shoppers, 0.0, 10.0, head(0.2)) + played(shoppers, 10.0, 20.0, head(1.0))
    told += played(shoppers, 20.0, 30.0, head(1.0))
    assert undecided(told) == [("lingering", "lane 0", 8.0), ("lingering", "lane 1", pytest.approx(18.4, abs=0.5))]


# -- bounds ------------------------------------------------------------------------------------------------------------


def test_a_path_has_at_most_five_places_a_second_and_a_long_one_is_thinned_evenly() -> None:
    shoppers = shelf()
    for i in range(15 * 600):
        shoppers.see(Tracks(i * FRAME_S, (head(0.6 + 0.5 * (i % 300) / 300),)), CLOCK)
    (visit,) = [x for x in shoppers.pass_time(700.0, CLOCK) if isinstance(x, Visit)]
    times = [place.t_s for place in visit.path]
    steps = [b - a for a, b in pairwise(times)]
    assert MAX_PLACES / 2 <= len(times) <= MAX_PLACES
    assert max(steps) < 1.5 * min(steps)
    assert times[-1] > 590.0


def test_a_tracker_that_renames_everybody_in_each_frame_fills_no_memory() -> None:
    shoppers = shelf()
    for i in range(2_000):
        shoppers.see(Tracks(i * FRAME_S, tuple(head(0.5, visitor=f"{i}/{n}") for n in range(3))), CLOCK)
    assert len(shoppers.visits.people) <= MAX_VISITORS


def test_the_largest_visit_goes_into_one_message() -> None:
    shoppers = shelf(lanes=200, width_m=0.2)
    for i in range(15 * 120):
        at = 0.1 + 0.2 * (i // 9 % 200)
        shoppers.see(Tracks(1e7 + i * FRAME_S, (hand(at, 0.051, "v" * 64, 0.951),)), CLOCK)
    (visit,) = [x for x in shoppers.pass_time(2e7, CLOCK) if isinstance(x, Visit)]
    assert len(visit.lanes) == 64
    event = Envelope[Visit](
        specversion="1.0", id="d/b/1", source="s", type="shelfd.visit", datacontenttype="application/json",
        sequence="000000000001", data=visit,
    )  # fmt: skip
    assert len(encode_event(event)) < MAX_BYTES / 2


def test_sixty_visitors_cost_little() -> None:
    """Generous: a machine under load. Measured with 60 visitors, a head and two hands each: see docs/visits.md."""
    shoppers = shelf(lanes=30, width_m=0.3)
    crowd = tuple(
        part
        for n in range(60)
        for part in (head(n * 0.15, visitor=str(n)), hand(n * 0.15, 0.4, str(n)), hand(n * 0.15 + 0.2, 0.4, str(n)))
    )
    played(shoppers, 0.0, 1.0, *crowd)
    began = time.perf_counter()
    played(shoppers, 1.0, 5.0, *crowd)
    assert (time.perf_counter() - began) / 60 < 0.02


# -- any stream --------------------------------------------------------------------------------------------------------

NUMBERS = st.one_of(st.floats(-0.3, 1.5), st.sampled_from([float("nan"), float("inf"), 1e300, -99.0]))
PARTS = st.builds(Part, st.sampled_from(["ann", "bob", ""]), st.sampled_from(["head", "hand", "x"]), *[NUMBERS] * 3,
                  st.just(0.9))  # fmt: skip
STILL = st.builds(lambda name, part: Part(name, part, 0.3, 0.95, 0.05, 0.9), st.sampled_from(["ann", "bob"]),
                  st.sampled_from(["head", "hand"]))  # fmt: skip
MOVES = st.builds(
    lambda lane, visitor, gtin, back: (lane, visitor, gtin, back),
    st.sampled_from(["lane 0", "lane 1"]), st.sampled_from(["ann", "bob", None]), st.sampled_from([COLA, TEA, None]),
    st.booleans(),
)  # fmt: skip
ACTS = st.lists(
    st.one_of(
        st.tuples(st.just("see"), st.lists(st.one_of(PARTS, STILL, STILL), max_size=5)),
        st.tuples(st.just("stay"), st.lists(STILL, min_size=1, max_size=2)),
        st.tuples(st.just("move"), MOVES),
        st.tuples(st.just("wait"), st.sampled_from([0.05, 0.5, 1.5, 5.0, 40.0, -0.5, -100.0])),
    ),
    max_size=25,
)


def acted(shoppers: Shoppers, t: float, what: str, about: Any) -> tuple[float, list[bytes]]:
    told: list[Shown] = []
    if what == "see":
        told = shoppers.see(Tracks(t, tuple(about)), CLOCK)
    elif what == "stay":
        told = played(shoppers, t, t + 4.0, *about)
        t += 4.0
    elif what == "move":
        lane, visitor, gtin, back = about
        shoppers.moved([took(lane, t, visitor, gtin, back=back)])
    else:
        t += about
        told = shoppers.pass_time(t, CLOCK)
    for payload in told:
        assert msgspec.json.decode(msgspec.json.encode(payload), type=type(payload)) == payload
    return t + FRAME_S, [msgspec.json.encode(payload) for payload in told]


@settings(max_examples=60, deadline=None)
@given(ACTS, st.floats(0.0, 1.0))
def test_whatever_is_seen_a_snapshot_anywhere_goes_on_with_the_same_bytes(acts: list[Any], where: float) -> None:
    lived, t, cut = shelf(), 100.0, int(where * len(acts))
    for act in acts[:cut]:
        t, _ = acted(lived, t, *act)
    reborn = shelf()
    reborn.restore(revive(json.loads(json.dumps(plain(lived.snapshot()), allow_nan=False))))
    for act in acts[cut:]:
        after, told = acted(lived, t, *act)
        assert acted(reborn, t, *act) == (after, told)
        t = after
    assert plain(reborn.snapshot()) == plain(lived.snapshot())
    assert len(lived.visits.people) <= 3
