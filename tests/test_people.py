"""Whose hand is it: hands get the name of who they hang from, and visitors that nobody saw get one of their own."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st
from tracking_scene import HZ, Watch, everybody, hand, names, person

from agent.messages import Detection
from agent.plain import plain, revive
from agent.tracking.people import AWAY_S, MOST_VISITORS, People
from agent.tracking.track import Track

# -- hands with bodies -------------------------------------------------------------------------------------------------


def test_hands_belong_to_the_person_they_hang_from() -> None:
    watch = Watch()
    tracks = watch.look(person(150), person(480), hand(60, 200), hand(240, 220), hand(430, 150), seconds=0.5)
    left, right = names(tracks, "head")
    assert names(tracks) == [left, left, right]


def test_an_arm_reaches_beside_the_body_and_not_across_the_picture() -> None:
    watch = Watch()
    tracks = watch.look(person(100), hand(230, 150), hand(600, 150), seconds=0.5)
    (body,) = names(tracks, "head")
    near, far = names(tracks)
    assert near == body != far


def test_a_hand_keeps_its_owner_when_somebody_passes_in_front() -> None:
    watch = Watch()
    owner = names(watch.look(person(300), hand(400, 180), seconds=1.0), "head")[0]
    for i in range(70):
        passing = person(20 + 9 * i, foot=358, height=300)
        covered = abs(20 + 9 * i - 300) < 60
        watch.look(*(() if covered else (person(300),)), passing, hand(400, 180))
        (holder,) = names(watch.told[-1])
        assert holder == owner


def test_hands_that_come_before_their_body_give_it_their_name() -> None:
    """Hands are looked for in each picture, persons every 0.3 s: one shopper is one visitor."""
    watch = Watch()
    watch.look(hand(300, 150), seconds=0.4)
    watch.look(hand(300, 150), person(330), seconds=0.6)
    assert names(watch.told[-1], "head") == names(watch.told[-1], "hand") == ["v1"]
    assert everybody(watch) == {"v1"}


def test_a_body_that_is_lost_and_found_behind_its_hand_is_the_same_visitor() -> None:
    watch = Watch()
    watch.look(hand(300, 150), person(330), seconds=1.0)
    watch.look(hand(300, 150), seconds=5.0)  # leaning in, nothing but an arm is seen
    watch.look(hand(300, 150), person(330), seconds=1.0)
    assert everybody(watch) == {"v1"}


# -- hands alone -------------------------------------------------------------------------------------------------------


def test_two_hands_are_one_visitor_and_a_third_makes_a_second() -> None:
    watch = Watch()
    assert names(watch.look(hand(150, 200), hand(300, 200), seconds=0.5)) == ["v1", "v1"]
    assert names(watch.look(hand(150, 200), hand(300, 200), hand(550, 200), seconds=0.5)) == ["v1", "v1", "v2"]


def test_a_hand_that_comes_back_after_five_seconds_is_the_same_visitor() -> None:
    watch = Watch()
    watch.look(hand(200, 200), seconds=1.0)
    watch.rest(5)
    assert names(watch.look(hand(450, 150), seconds=1.0)) == ["v1"]


def test_after_a_minute_it_is_another() -> None:
    watch = Watch()
    watch.look(hand(200, 200), seconds=1.0)
    watch.rest(60)
    assert names(watch.look(hand(200, 200), seconds=1.0)) == ["v2"]


def test_noise_takes_no_name() -> None:
    watch = Watch()
    watch.look(hand(100, 100))
    watch.look(seconds=1.0)
    assert names(watch.look(hand(300, 200), seconds=0.5)) == ["v1"]


# -- names -------------------------------------------------------------------------------------------------------------


def test_names_begin_anew_after_a_restart_and_never_repeat_before() -> None:
    watch = Watch()
    for i in range(5):
        watch.look(hand(100 + 80 * i, 200), person(100 + 80 * i), seconds=0.5)
        watch.rest(30)
    assert everybody(watch) == {"v1", "v2", "v3", "v4", "v5"}
    watch.tracker.forget(watch.t)
    assert names(watch.look(hand(200, 200), seconds=0.5)) == ["v1"]


def track(number: int, t: float, d: Detection) -> Track:
    return Track.of(number, t - 1 / HZ, d).met(t, d)


somewhere = st.tuples(st.integers(0, 640), st.integers(0, 360))
frames = st.lists(st.tuples(st.floats(0, 20), st.dictionaries(st.integers(1, 9), somewhere, max_size=5)), max_size=10)


@settings(max_examples=40)
@given(frames, st.integers(0, 10))
def test_everybody_has_a_name_and_a_restart_changes_none(
    told: list[tuple[float, dict[int, tuple[int, int]]]], at: int
) -> None:
    """Tracks with even numbers are persons."""
    people, t = People(), 0.0
    for i, (passed, places) in enumerate(told):
        t += passed
        persons = [track(n, t, person(x, y)) for n, (x, y) in places.items() if n % 2 == 0]
        hands = [track(n, t, hand(x, y)) for n, (x, y) in places.items() if n % 2 == 1]
        other = People()
        other.restore(revive(json.loads(json.dumps(plain(people.snapshot())))))
        owners = people.owners(t, persons, hands)
        assert set(owners) == set(places)
        assert len({owners[x.number] for x in persons}) == len(persons)
        assert owners == other.owners(t, persons, hands)
        people = other if i == at else people


def test_visitors_remembered_are_bounded() -> None:
    people = People()
    for i in range(500):
        hands = [track(10 * i + n, 0.01 * i, hand(60 * n, 200)) for n in range(10)]
        people.owners(0.01 * i, [], hands)
    assert len(people.snapshot()["bodiless"]) <= MOST_VISITORS + 5
    people.owners(AWAY_S + 100.0, [], [])
    assert people.snapshot()["bodiless"] == {}
