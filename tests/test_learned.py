"""What came of showing it: sums that grow, are told, add up across shelves, and are counted once."""

from __future__ import annotations

import msgspec
import pytest
from answers_scene import COLA, TEA, Strip, ad, rule

from agent.triggers.features import FEATURES, SIZE, TRIANGLE
from agent.triggers.learned import MOST_OWN, Knowledge, Sums
from wire.documents import Arm, Policy
from wire.limits import MAX_BYTES

ADS = (ad("cola-ad", COLA), ad("tea-ad", TEA), ad("shelf-ad"))
OUTCOME_S = 30.0


HELD = rule("held", "hesitation", "cola-ad")


def told_of(shelf: Strip, content: str = "cola-ad") -> tuple[int, int]:
    """Shown and picked, once it is settled and told."""
    shelf.wait(OUTCOME_S + 70.0)
    return shelf.sums(content)


# -- outcomes ----------------------------------------------------------------------------------------------------------


def test_a_pick_of_what_was_advertised_is_a_success() -> None:
    shelf = Strip(ADS, [HELD])
    shelf.hesitates("ann", "tea")
    shelf.wait(5.0)
    shelf.picks("ann", "cola")
    shelf.shows()
    assert told_of(shelf) == (1, 1)


@pytest.mark.parametrize(("visitor", "lane"), [("ann", "tea"), ("bob", "cola"), (None, "cola")])
def test_other_goods_and_other_people_are_none(visitor: str | None, lane: str) -> None:
    shelf = Strip(ADS, [HELD])
    shelf.hesitates("ann", "tea")
    shelf.wait(5.0)
    shelf.picks(visitor, lane)
    shelf.shows()
    assert told_of(shelf) == (1, 0)


@pytest.mark.parametrize(("after_s", "picked"), [(0.05, 0), (29.0, 1), (31.0, 0)])
def test_it_must_begin_while_the_showing_is_answerable_for_it(after_s: float, picked: int) -> None:
    shelf = Strip(ADS, [HELD])
    shelf.hesitates("ann", "tea")
    shelf.wait(after_s)
    shelf.picks("ann", "cola")
    shelf.shows()
    assert told_of(shelf) == (1, picked)


def test_content_for_no_goods_is_for_the_whole_shelf() -> None:
    shelf = Strip(ADS, [rule("held", "hesitation", "shelf-ad")])
    shelf.hesitates("ann", "tea")
    shelf.wait(5.0)
    shelf.picks("ann", "soap")
    shelf.shows()
    assert told_of(shelf, "shelf-ad") == (1, 1)


@pytest.mark.parametrize(("lane", "picked"), [("cola", 1), ("soap", 1), ("tea", 0)])
def test_where_nobody_was_seen_anybody_will_do(lane: str, picked: int) -> None:
    shelf = Strip(ADS, [rule("low", "low_stock", "cola-ad", lanes=("soap",))])
    shelf.happens()
    shelf.holds(soap=1)  # cola-ad answers what happened in the lane of soap
    shelf.wait(5.0)
    shelf.units["soap"] = 6
    shelf.picks("bob", lane)
    shelf.shows()
    assert told_of(shelf) == (1, picked)


def test_what_was_never_on_the_screen_or_for_a_blink_teaches_nothing() -> None:
    shelf = Strip(ADS, [HELD])
    shelf.hesitates("ann", "tea")
    shelf.picks("ann", "cola")
    assert told_of(shelf) == (0, 0)
    shelf.hesitates("ann", "tea")
    shelf.shows(visible_s=0.2)
    assert told_of(shelf) == (0, 0)


def test_what_could_not_be_watched_to_its_end_counts_neither_way() -> None:
    shelf = Strip(ADS, [HELD])
    shelf.hesitates("ann", "tea")
    shelf.turns("staff")
    shelf.turns("open")
    shelf.shows()
    assert shelf.told and told_of(shelf) == (0, 0)
    shelf.hesitates("bob", "tea")
    shelf.answers.resume(shelf.t)  # a new process
    assert told_of(shelf) == (0, 0)


def test_what_staff_sees_teaches_nothing() -> None:
    shelf = Strip(ADS, [rule("staff", "staff", "cola-ad")])
    shelf.turns("open")
    shelf.turns("staff")
    shelf.shows()
    shelf.turns("open")
    assert told_of(shelf) == (0, 0)


# -- what is told ------------------------------------------------------------------------------------------------------


def learn(shelf: Strip, times: int, picked: int, visitor: str = "ann") -> None:
    """`cola-ad` is shown so often, and so often bought."""
    for i in range(times):
        shelf.hesitates(f"{visitor}{i}", "tea")
        shelf.wait(1.0)
        shelf.shows()
        if i < picked:
            shelf.picks(f"{visitor}{i}", "cola")
            shelf.units["cola"] = 6
    shelf.wait(OUTCOME_S + 4.0)


def test_it_is_told_at_most_once_a_minute() -> None:
    shelf = Strip(ADS, [HELD], hour_most=3600)
    for _ in range(20):
        learn(shelf, 1, 1)
    assert 10 <= len(shelf.learned) <= 12  # 20 outcomes in 700 s
    assert shelf.learned[-1].features == FEATURES
    shelf.wait(120.0)
    told = len(shelf.learned)
    shelf.wait(600.0)
    assert len(shelf.learned) == told and shelf.sums("cola-ad") == (20, 20)


def test_the_last_of_a_policy_is_told_as_the_next_one_comes() -> None:
    shelf = Strip(ADS, [HELD])
    learn(shelf, 3, 2)
    before = len(shelf.learned)
    learn(shelf, 1, 0)
    shelf.policy(2)
    last = shelf.learned[-1]
    assert len(shelf.learned) > before and last.policy == 1 and last.arms[0].a[0] == 4
    learn(shelf, 2, 1)
    shelf.wait(70.0)
    assert shelf.learned[-1].policy == 2 and shelf.sums("cola-ad") == (2, 1)


def test_the_same_policy_again_changes_nothing() -> None:
    shelf = Strip(ADS, [HELD])
    learn(shelf, 3, 2)
    shelf.restart()
    shelf.policy(1)
    learn(shelf, 1, 1)
    shelf.wait(70.0)
    assert shelf.sums("cola-ad") == (4, 3)


def test_a_policy_that_returns_finds_its_sums_as_they_were() -> None:
    shelf = Strip(ADS, [HELD])
    learn(shelf, 3, 2)
    shelf.policy(2)
    learn(shelf, 2, 2)
    shelf.policy(1)  # 2 did harm
    learn(shelf, 1, 1)
    shelf.wait(70.0)
    assert shelf.learned[-1].policy == 1 and shelf.sums("cola-ad") == (4, 3)


# -- what is known -----------------------------------------------------------------------------------------------------


def sums_of(shows: int, picks: int) -> Sums:
    sums = Sums()
    for i in range(shows):
        sums = sums.after((0,), i < picks)
    return sums


def arm(content: str, sums: Sums) -> Arm:
    return Arm(content=content, a=sums.a, b=sums.b)


def mean(known: Knowledge, content: str) -> float:
    return round(known.posterior(content).worth((0,))[0], 6)


def test_an_arm_of_a_policy_says_all_and_without_one_what_was_known_stays() -> None:
    known = Knowledge()
    known.policy(Policy(arms=(arm("cola-ad", sums_of(9, 5)),)), 1, ["cola-ad", "tea-ad"], 0.0)
    for content in ("cola-ad", "tea-ad"):
        known.learn(content, (0,), True)
    assert (mean(known, "cola-ad"), mean(known, "tea-ad")) == (round(6 / 11, 6), 0.5)
    known.policy(Policy(arms=(arm("cola-ad", sums_of(19, 5)),)), 2, ["cola-ad", "tea-ad"], 0.0)
    assert (mean(known, "cola-ad"), mean(known, "tea-ad")) == (0.25, 0.5)
    known.learn("tea-ad", (0,), True)
    learned = known.due(1e6)
    assert learned is not None and [(a.content, a.a[0]) for a in learned.arms] == [("tea-ad", 1)]


def test_a_policy_without_a_version_is_one_too() -> None:
    known = Knowledge()
    known.policy(Policy(arms=(arm("cola-ad", sums_of(9, 5)),)), None, [], 0.0)
    assert mean(known, "cola-ad") == 0.5


def test_sums_of_other_features_are_not_used() -> None:
    known = Knowledge()
    known.policy(Policy(arms=(Arm(content="cola-ad", a=(14, 9, 9, 3, 2, 3), b=(5, 4, 1)),)), 1, [], 0.0)
    assert mean(known, "cola-ad") == 0.0


def test_sums_that_no_showings_can_give_count_as_unknown() -> None:
    known = Knowledge()
    impossible = Arm(content="cola-ad", a=(1, *([1_000_000] * (TRIANGLE - 1))), b=(0,) * SIZE)
    known.policy(Policy(arms=(impossible,)), 1, [], 0.0)
    assert mean(known, "cola-ad") == 0.0


def test_contents_that_are_no_more_are_forgotten() -> None:
    shelf = Strip(ADS, [HELD])
    learn(shelf, 2, 1)
    shelf.contents(*ADS[1:])
    assert shelf.answers.snapshot()["knowledge"]["now"][2]  # a rule still names it
    shelf.rules = (rule("held", "hesitation", "tea-ad"),)
    shelf.policy(2)
    assert shelf.answers.snapshot()["knowledge"]["now"][1:] == [[], []]


def test_what_is_told_fits_into_one_message_whatever_was_learned() -> None:
    known = Knowledge()
    names = [f"{i:02}" + "茶" * 62 for i in range(MOST_OWN + 20)]
    for name in names:
        known.learn(name, tuple(range(SIZE)), True)
    (told,) = [known.due(1e6)]
    assert told is not None and len(told.arms) == MOST_OWN
    many = msgspec.structs.replace(
        told, arms=tuple(Arm(content=a.content, a=(9_999_999,) * TRIANGLE, b=(9_999_999,) * SIZE) for a in told.arms)
    )
    assert len(msgspec.json.encode(many)) < MAX_BYTES
