"""People before the shelf: who was there and for how long, who stood still, who cannot decide."""

from __future__ import annotations

from dataclasses import replace

import pytest
from store import Store
from told import pick, put

from agent.core import Core
from agent.messages import Observation, Part, Tracks
from wire.commands import SetMode
from wire.events import Dwell, Hesitation, Reached, Visit


@pytest.fixture
def shop(store: Store) -> Store:
    """Cola, tea and soap side by side: 0..0.1, 0.1..0.2, 0.2..0.3 m."""
    store.lane("cola", unit_g=345, units=6)
    store.lane("tea", unit_g=120, units=6)
    store.lane("soap", unit_g=90, units=6)
    return store


def hesitations(store: Store) -> list[tuple[str, str | None, str, float]]:
    return [(h.reason, h.lane, h.visitor, h.decided_s) for h in store.told(Hesitation)]


def near(seconds: float) -> object:
    return pytest.approx(seconds, abs=0.5)  # to walk off is seen after 0.4 s


# -- hesitation --------------------------------------------------------------------------------------------------------


def test_a_hand_lingers_and_the_can_goes_back(shop: Store) -> None:
    shop.picks("ann", "cola", at=3.0, stays_s=5.0)
    shop.puts("ann", "cola", at=9.0)
    assert shop.played(12) == [pick("cola", by="ann"), put("cola", by="ann")]
    assert hesitations(shop) == [("held", "cola", "ann", near(6.1))]
    (held,) = shop.told(Hesitation)
    assert held.gtin == shop.goods["cola"].gtin
    assert held.began_s == near(3.0)


def test_who_takes_and_walks_on_has_decided(shop: Store) -> None:
    shop.picks("ann", "cola", at=3.0)
    shop.walks("ann", to_m=1.6, at=4.0)
    assert shop.played(12) == [pick("cola", by="ann")]
    assert hesitations(shop) == []


def test_who_takes_and_is_seen_no_more_has_decided(shop: Store) -> None:
    shop.picks("ann", "cola", at=3.0)
    shop.leaves("ann", at=4.5)
    shop.played(12)
    assert hesitations(shop) == []


def test_what_is_put_back_soon_was_not_held_long(shop: Store) -> None:
    shop.picks("ann", "cola", at=3.0)
    shop.puts("ann", "cola", at=5.0)
    assert shop.played(9) == [pick("cola", by="ann"), put("cola", by="ann")]
    assert hesitations(shop) == []


def test_who_takes_one_more_hesitates_about_that_one(shop: Store) -> None:
    shop.picks("ann", "cola", at=3.0)
    shop.picks("ann", "tea", at=5.0)
    shop.played(12)
    assert hesitations(shop) == [("held", "tea", "ann", near(8.1))]


def test_of_two_people_only_the_undecided_one_is_told_of(shop: Store) -> None:
    shop.picks("ann", "cola", at=3.0)
    shop.picks("bob", "soap", at=3.5)
    shop.walks("bob", to_m=2.0, at=4.3)
    shop.played(12)
    assert hesitations(shop) == [("held", "cola", "ann", near(6.1))]


def test_who_stands_and_takes_nothing_lingers_and_is_told_of_once(shop: Store) -> None:
    shop.enters("ann", at=2.0)
    shop.stands("ann", 0.15, at=2.0)
    shop.played(30)
    assert hesitations(shop) == [("lingering", None, "ann", near(10.0))]
    (lingering,) = shop.told(Hesitation)
    assert (lingering.before[0], lingering.gtin) == ("tea", None)  # eyes may wander 0.1 m aside
    assert set(lingering.before) == {"cola", "tea", "soap"}


def test_before_a_broad_lane_it_is_clear_what_is_looked_at(store: Store) -> None:
    store.lane("cola", unit_g=345, units=6, plates=5)
    store.lane("tea", unit_g=120, units=6)
    store.enters("ann", at=2.0)
    store.stands("ann", 0.2, at=2.0)
    store.played(12)
    assert hesitations(store) == [("lingering", "cola", "ann", near(10.0))]
    assert store.told(Hesitation)[0].gtin == store.goods["cola"].gtin


def test_who_fingers_the_goods_and_takes_none_lingers_there(shop: Store) -> None:
    shop.enters("ann", at=2.0)
    shop.stands("ann", 0.15, at=2.0)
    shop.hand_in("soap", at=4.0, visitor="ann")
    shop.hand_out(at=14.0, visitor="ann")
    shop.played(16)
    assert hesitations(shop) == [("lingering", "soap", "ann", near(10.0))]


def test_a_hand_that_has_just_gone_in_is_waited_for(shop: Store) -> None:
    shop.enters("ann", at=2.0)
    shop.stands("ann", 0.15, at=2.0)
    shop.picks("ann", "tea", at=9.8)
    shop.walks("ann", to_m=2.0, at=11.0)
    assert shop.played(15) == [pick("tea", by="ann")]
    assert hesitations(shop) == []


# -- dwell -------------------------------------------------------------------------------------------------------------


def test_a_dwell_is_told_when_it_is_over_with_its_length(shop: Store) -> None:
    shop.enters("ann", at=2.0)
    shop.stands("ann", 0.15, at=2.0)
    shop.walks("ann", to_m=1.6, at=7.0)
    shop.played(6)
    assert shop.told(Dwell) == []
    shop.played(12)
    (dwell,) = shop.told(Dwell)
    assert (dwell.visitor, dwell.lane, dwell.before[0]) == ("ann", None, "tea")
    assert (dwell.began_s, dwell.ended_s, dwell.dwell_s) == (near(2.0), near(7.0), near(5.0))


# -- visit -------------------------------------------------------------------------------------------------------------


def test_a_visit_says_what_was_reached_for_and_what_was_only_touched(shop: Store) -> None:
    shop.enters("ann", at=2.0)
    shop.picks("ann", "cola", at=4.0)
    shop.hand_in("soap", at=7.0, visitor="ann")
    shop.hand_out(at=8.0, visitor="ann")
    shop.leaves("ann", at=10.0)
    shop.played(13)
    assert shop.told(Visit) == []
    shop.played(16)
    (visit,) = shop.told(Visit)
    assert (visit.visitor, visit.picks, visit.puts) == ("ann", 1, 0)
    assert (visit.arrived_s, visit.left_s, visit.dwell_s) == (near(2.0), near(10.0), near(8.0))
    lanes = {reached.lane: reached for reached in visit.lanes}
    assert set(lanes) == {"cola", "soap"}
    assert (lanes["cola"].picks, lanes["cola"].touched_only) == (1, False)
    assert (lanes["soap"].reaches, lanes["soap"].touched_only) == (1, True)
    assert lanes["soap"].hand_s == near(1.2)
    times = [place.t_s for place in visit.path]
    assert times == sorted(times)
    assert len(times) <= 8.2 / 0.2 + 1
    assert all(place.v_m is None for place in visit.path)  # nobody's height


def test_who_only_walks_past_is_no_visit(shop: Store) -> None:
    shop.enters("ann", at=2.0)
    shop.stands("ann", -2.0, at=2.0)
    shop.walks("ann", to_m=2.5, at=2.1)
    shop.leaves("ann", at=8.0)
    shop.played(15)
    assert shop.told(Visit) + shop.told(Dwell) + shop.told(Hesitation) == []


def test_who_walks_off_in_sight_of_the_tracker_has_left_too(shop: Store) -> None:
    shop.picks("ann", "cola", at=4.0)
    shop.walks("ann", to_m=3.0, at=6.0)
    shop.played(50)
    (visit,) = shop.told(Visit)
    assert visit.left_s == near(6.9)


def test_staff_is_no_shopper(shop: Store) -> None:
    shop.command(SetMode(mode="staff"), at=1.0)
    shop.picks("ann", "cola", at=4.0)
    shop.leaves("ann", at=15.0)
    shop.played(25)
    assert shop.told(Visit) + shop.told(Dwell) + shop.told(Hesitation) == []


def test_visits_that_a_restart_cut_off_are_not_told(shop: Store) -> None:
    """Their moments are seconds of a clock that is no more, and the visitor has another name now."""
    shop.picks("ann", "cola", at=4.0)
    shop.played(6)
    shop.restart(off_s=30.0)
    shop.leaves("ann", at=6.0)
    shop.picks("bob", "tea", at=45.0)
    shop.leaves("bob", at=47.0)
    shop.played(60)
    assert [visit.visitor for visit in shop.told(Visit)] == ["bob"]


def test_while_the_tracker_is_lost_visits_end_where_it_saw_them_last(shop: Store) -> None:
    shop.picks("ann", "cola", at=4.0)
    shop.tracker_lost(since=7.0, until=20.0)
    shop.leaves("ann", at=19.0)
    shop.played(25)
    (visit,) = shop.told(Visit)
    assert visit.left_s == near(7.0)


# -- a camera that sees hands and no heads -----------------------------------------------------------------------------


def hands_only(store: Store, until: float) -> Core:
    """The same scene through a camera that looks along the shelf's front: hands near it, and nothing else."""
    core, told = Core(store.config), []
    for observation in store._observations(0.0, until):
        for output in core.step(_cropped(observation)):
            told.append(output)
    store.outputs = told
    return core


def _cropped(observation: Observation) -> Observation:
    if not isinstance(observation, Tracks):
        return observation
    kept: list[Part] = [part for part in observation.parts if part.part == "hand" and part.d_m < 0.3]
    return replace(observation, parts=tuple(kept))


def test_hands_alone_tell_of_what_is_held_over_the_shelf(shop: Store) -> None:
    shop.picks("ann", "cola", at=3.0, stays_s=5.0)
    shop.leaves("ann", at=12.0)
    hands_only(shop, 20.0)
    assert hesitations(shop) == [("held", "cola", "ann", near(6.1))]
    (visit,) = shop.told(Visit)
    assert visit.lanes[0] == Reached(
        lane="cola", hand_s=visit.lanes[0].hand_s, reaches=1, picks=1, puts=0, touched_only=False
    )


def test_hands_that_are_gone_tell_of_nothing_more(shop: Store) -> None:
    shop.picks("ann", "cola", at=3.0)
    hands_only(shop, 12.0)
    assert hesitations(shop) == []
