"""Boxes over time: who is followed through crossings, behind bottles, and while nobody looks."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tracking_scene import CONFIG, LOOKED, PX_PER_M, Watch, everybody, hand, names, parts, person

from agent.messages import Detection, Detections
from agent.plain import plain, revive
from agent.shelf.planogram import Planogram
from agent.tracking.association import EXACT, MOST, _costs, assign
from agent.tracking.plane import FURTHEST_M
from agent.tracking.reach import Front
from agent.tracking.track import Track
from agent.tracking.tracker import KINDS, Tracker
from agent.tracking.visits import Left, Visits
from agent.vision.schedule import Schedule
from tools.tracking.ours import detections, follow
from tools.tracking.play import hands, people
from tools.tracking.sequences import Sequence

# -- crossing and hiding -----------------------------------------------------------------------------------------------


def hides(boxes: Iterable[Detection]) -> list[Detection]:
    """Without those of which more than half is behind a box that stands nearer."""
    kept: list[Detection] = []
    for box in sorted(boxes, key=lambda d: -d.bottom_px):
        width = box.right_px - box.left_px
        hidden = [min(box.right_px, x.right_px) - max(box.left_px, x.left_px) for x in kept]
        if max(hidden, default=0.0) <= 0.5 * width:
            kept.append(box)
    return kept


def test_two_people_cross_and_keep_their_names() -> None:
    watch = Watch()
    for i in range(60):
        watch.look(*hides((person(60 + 8 * i, foot=340), person(560 - 8 * i, foot=358, height=280))))
    assert names(watch.told[3], "head") == names(watch.told[-1], "head")[::-1]
    assert everybody(watch) == {"v1", "v2"}


def test_two_hands_cross_and_stay_what_they_were() -> None:
    watch = Watch()
    followed = []
    for i in range(30):
        seen = Detections(i / 15, "camera", LOOKED, (hand(100 + 15 * i, 150), hand(535 - 15 * i, 200)))
        followed.append({track.number: track.x for track in watch.tracker.follow(seen)})
    assert set(followed[-1]) == {1, 2}
    assert followed[2][1] < followed[2][2]
    assert followed[-1][1] > followed[-1][2]


def test_a_hand_hides_behind_a_bottle_for_half_a_second() -> None:
    watch = Watch()
    watch.look(hand(300, 200), seconds=0.5)
    watch.look(seconds=0.5)
    assert parts(watch.told[-1], "hand") == []  # nobody saw it there
    followed = watch.tracker.follow(Detections(watch.t + 0.05, "camera", LOOKED, (hand(320, 190),)))
    assert [track.number for track in followed] == [1]


def test_a_fast_reach_is_one_hand() -> None:
    """Three times its own size between two pictures, at the most."""
    watch = Watch()
    watch.play(lambda t: [hand(320, 400 - 250 * min(t / 0.4, 1.0) ** 2)], 1.0)
    assert [track.number for track in watch.tracker.follow(Detections(1.05, "c", LOOKED, (hand(320, 150),)))] == [1]


def test_noise_of_one_picture_is_nobody() -> None:
    watch = Watch()
    watch.look(seconds=0.5)
    watch.look(hand(100, 100), person(300))
    watch.look(seconds=1.0)
    watch.look(hand(400, 300))
    watch.look(seconds=1.0)
    assert everybody(watch) == set()


def test_what_is_unsure_must_be_seen_once_more() -> None:
    watch = Watch()
    assert names(watch.look(hand(100, 100, score=0.4), seconds=2 / 15)) == []
    assert names(watch.look(hand(100, 100, score=0.4))) == ["v1"]


def test_an_unsure_box_beside_does_not_draw_a_hand_away() -> None:
    watch = Watch()
    watch.look(hand(300, 200), seconds=0.5)
    tracks = watch.look(hand(306, 200, score=0.9), hand(299, 200, score=0.4))
    assert [part.score for part in parts(tracks, "hand")] == [0.9]


# -- a kind that was not looked for ------------------------------------------------------------------------------------


def live(
    watch: Watch, seconds: float, found: list[Detection], moves: bool, schedule: Schedule, missed: Iterable[int] = ()
) -> None:
    """As agent/vision/loop.py plays it: the schedule decides, and pictures of nothing are told once a second. `missed`:
    which of the looks for persons find nobody."""
    told, looks = -1.0, 0
    for _ in range(round(seconds * 15)):
        watch.t = round(watch.t + 1 / 15, 6)
        looked = schedule.look(watch.t, LOOKED, moves)
        looks += "person" in looked
        here = tuple(d for d in found if d.kind in looked and looks not in missed)
        if looked:
            schedule.found(watch.t, looked, [d.kind for d in here])
        if looked or watch.t - told >= 1.0:
            told = watch.t
            watch.told.append(watch.tracker.see(Detections(watch.t, "camera", looked, here)))


def gone(watch: Watch, since: int = 0) -> list[str]:
    """Who a visit was told of, and whose stay ended, from the `since`th picture on."""
    visits = Visits(Front(Planogram.of(CONFIG)), CONFIG.visits)
    told = []
    for i, tracks in enumerate(watch.told):
        changes = visits.see(tracks) + visits.pass_time(tracks.t + 0.05)
        told += [f"{'left' if isinstance(x, Left) else 'moved'} {x.visitor}" for x in changes if i >= since]
    return told


def test_a_person_is_there_between_two_looks() -> None:
    watch = Watch()
    for i in range(45):
        looked = LOOKED if i % 5 == 0 else ("hand",)
        tracks = watch.look(person(300), hand(300, 200), looked=looked)
        if i > 5:
            assert names(tracks, "head") == ["v1"]
            assert names(tracks) == ["v1"]
    assert everybody(watch) == {"v1"}


def test_a_walker_moves_on_between_two_looks() -> None:
    watch = Watch()
    for i in range(30):
        tracks = watch.look(person(100 + 10 * i), looked=LOOKED if i % 5 == 0 else ("hand",))
        if i >= 15:
            (head,) = parts(tracks, "head")
            assert head.u_m == pytest.approx((100 + 10 * i) / 640, abs=0.03)


def test_who_stands_still_stays_while_hardly_anybody_looks() -> None:
    watch, schedule = Watch(), Schedule()
    live(watch, 3.0, [person(300)], moves=True, schedule=schedule)
    live(watch, 20.0, [person(300)], moves=False, schedule=schedule)
    assert everybody(watch) == {"v1"}
    assert gone(watch) == []


def test_a_model_that_misses_a_still_person_now_and_then_makes_no_second_visitor() -> None:
    watch, schedule = Watch(), Schedule()
    live(watch, 3.0, [person(300)], moves=True, schedule=schedule)
    live(watch, 30.0, [person(300)], moves=False, schedule=schedule, missed=(3, 9, 10, 17, 25, 26, 27))
    assert everybody(watch) == {"v1"}
    assert "left v1" not in gone(watch)


def test_who_leaves_has_left() -> None:
    watch, schedule = Watch(), Schedule()
    live(watch, 3.0, [person(300)], moves=True, schedule=schedule)
    live(watch, 1.0, [], moves=True, schedule=schedule)
    assert names(watch.told[-1], "head") == []
    live(watch, 12.0, [], moves=False, schedule=schedule)
    assert gone(watch) == ["moved v1", "left v1"]


def test_who_stood_there_before_the_agent_began_is_seen() -> None:
    watch, schedule = Watch(), Schedule()
    live(watch, 8.0, [person(300)], moves=False, schedule=schedule)
    assert names(watch.told[-1], "head") == ["v1"]


def test_while_no_model_looks_people_are_forgotten() -> None:
    watch = Watch()
    watch.look(person(300), seconds=1.0)
    watch.rest(10)
    assert names(watch.told[-1], "head") == []


# -- pairing -----------------------------------------------------------------------------------------------------------


def track(number: int, d: Detection) -> Track:
    return Track.of(number, 0.0, d).met(0.05, d)


def test_the_best_of_all_pairs_not_the_best_pair_first() -> None:
    """Both moved to the right: the second one's old place is nearest to where the first is now."""
    tracks = [track(1, hand(100, 100)), track(2, hand(140, 100))]
    found = [hand(135, 100), hand(178, 100)]
    assert assign(tracks, found, 0.1) == {0: 0, 1: 1}


def test_who_is_too_far_is_somebody_else() -> None:
    assert assign([track(1, hand(100, 100))], [hand(400, 100)], 0.1) == {}
    assert assign([track(1, hand(100, 100))], [hand(100, 100, size=400)], 0.1) == {}


@settings(max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 300), st.integers(0, 90)), min_size=1, max_size=6), st.data())
def test_pairs_cost_no_more_than_any_others(places: list[tuple[int, int]], data: st.DataObject) -> None:
    tracks = [track(n, hand(x, y)) for n, (x, y) in enumerate(places)]
    found = [hand(x, y) for x, y in data.draw(st.lists(st.tuples(st.integers(0, 300), st.integers(0, 90)), max_size=5))]
    costs = _costs(tracks, found, 0.1)

    def total(pairs: Iterable[tuple[int, int]]) -> float:
        return sum(min(costs.get(i, {}).get(j, 0.0), 0.0) for i, j in pairs)

    slots = [*range(len(found)), *range(100, 100 + len(tracks))]
    least = min(total(enumerate(chosen)) for chosen in permutations(slots, len(tracks))) if len(slots) < 9 else None
    pairs = assign(tracks, found, 0.1)
    assert len(set(pairs.values())) == len(pairs)
    if least is not None:
        assert total(pairs.items()) == pytest.approx(least)


def test_a_crowd_is_paired_in_bounded_work() -> None:
    """More than EXACT that all touch: the likeliest first."""
    n = 2 * EXACT
    tracks = [track(i, hand(300 + i, 200)) for i in range(n)]
    pairs = assign(tracks, [hand(300 + i, 201) for i in range(n)], 0.1)
    assert len(pairs) == n


def test_what_is_measured_is_what_is_wired() -> None:
    """tools/tracking marks `follow`: each of its tracks is a part, at the same place."""
    sequence = people(3)
    one, other = Tracker(CONFIG), Tracker(CONFIG)
    for seen in detections(sequence):
        followed, told = one.follow(seen), other.see(seen).parts
        assert [round(track.at(seen.t)[0] / PX_PER_M, 3) for track in followed] == pytest.approx([x.u_m for x in told])


@pytest.mark.parametrize(("draw", "most"), [(people, 2.0), (hands, 1.5)])
def test_drawn_people_and_hands_are_seldom_taken_for_others(draw: Callable[[int], Sequence], most: float) -> None:
    """Numbers for each that is really there, over seeds that nobody tuned to; other trackers: docs/tracking.md."""
    numbers = there = 0
    for seed in range(200, 206):
        sequence = draw(seed)
        numbers += len({n for frame in follow(sequence)["**shelfd**"] for n, _ in frame})
        there += len({n for frame in sequence.truth for n, _ in frame})
    assert 0.8 * there <= numbers <= most * there


# -- any stream, any moment --------------------------------------------------------------------------------------------

boxes = st.builds(
    lambda kind, score, x, y, w, h: Detection(kind, score, x, y, x + w, y + h),
    st.sampled_from(LOOKED),
    st.floats(0, 1),
    st.floats(-100, 700),
    st.floats(-100, 400),
    st.floats(0, 300),
    st.floats(0, 300),
)
pictures = st.lists(
    st.tuples(st.floats(-1, 9), st.sets(st.sampled_from(LOOKED)), st.lists(boxes, max_size=8)), max_size=12
)


@settings(max_examples=60)
@given(pictures)
def test_any_stream_is_borne(stream: list[tuple[float, set[str], list[Detection]]]) -> None:
    tracker, t = Tracker(CONFIG), 0.0
    for passed, looked, found in stream:
        t += passed
        kinds = tuple(sorted(looked))
        tracks = tracker.see(Detections(t, "c", kinds, tuple(d for d in found if d.kind in looked)))
        assert all(abs(x.u_m) <= FURTHEST_M and abs(x.v_m) <= FURTHEST_M for x in tracks.parts)


@settings(max_examples=40)
@given(pictures, st.integers(0, 12))
def test_a_restart_anywhere_changes_nothing(stream: list[tuple[float, set[str], list[Detection]]], at: int) -> None:
    one, other, t = Tracker(CONFIG), Tracker(CONFIG), 0.0
    for i, (passed, looked, found) in enumerate(stream):
        if i == at:
            saved = json.loads(json.dumps(plain(one.snapshot())))
            other = Tracker(CONFIG)
            other.restore(revive(saved))
        t += abs(passed)
        seen = Detections(t, "c", tuple(sorted(looked)), tuple(d for d in found if d.kind in looked))
        assert one.see(seen) == other.see(seen)


def test_state_stays_bounded_however_many_come() -> None:
    tracker = Tracker(CONFIG)
    for i in range(300):
        found = tuple(hand(7 * (i * j % 97), 5 * (j % 70)) for j in range(MOST))
        tracker.see(Detections(0.1 * i, "c", LOOKED, (*found, person(100.0 + i))))
    state = tracker.snapshot()
    assert all(len(state["tracks"][kind]) <= MOST for kind in KINDS)
    assert len(json.dumps(plain(state))) < 80_000


def test_time_that_goes_back_begins_anew() -> None:
    """A recording that is played again: tracks of its end are not those of its beginning."""
    watch = Watch()
    watch.look(hand(300, 200), seconds=1.0)
    watch.t = 0.0
    watch.look(hand(300, 200), seconds=0.2)
    followed = watch.tracker.follow(Detections(watch.t + 0.05, "c", LOOKED, (hand(300, 200),)))
    assert [track.number for track in followed] == [2]
