"""What the strip answers, to whom, and what it leaves unanswered."""

from __future__ import annotations

import pytest
from answers_scene import CLOCK, COLA, SOAP, TEA, Strip, ad, rule

from agent.messages import Shown as OnScreen
from agent.triggers.outcome import MOST_WAITING, UNSHOWN_S
from wire.documents import Coupon, Daypart

ADS = (ad("cola-ad", COLA), ad("tea-ad", TEA), ad("soap-ad", SOAP))
HELD = rule("held", "hesitation", "cola-ad", reason="held")


def strip(*rules: object, **policy: object) -> Strip:
    return Strip(ADS, rules or [HELD], **policy)  # type: ignore[arg-type]


# -- rules -------------------------------------------------------------------------------------------------------------


def test_the_first_rule_that_fits_answers() -> None:
    shelf = strip(rule("tea", "hesitation", "tea-ad", lanes=("tea",)), rule("else", "hesitation", "cola-ad"))
    shelf.hesitates("ann", "tea")
    shelf.hesitates("bob", "soap")
    assert shelf.played == ["tea-ad", "cola-ad"]
    assert [play.trigger for play in shelf.plays] == ["hesitation", "hesitation"]


def test_a_rule_whose_contents_may_not_be_shown_leaves_it_to_the_next() -> None:
    shelf = strip(rule("tea", "hesitation", "tea-ad"), rule("else", "hesitation", "cola-ad"))
    shelf.holds(tea=0)
    shelf.hesitates("ann", "tea")
    assert shelf.played == ["cola-ad"]


def test_a_rule_for_what_is_held_does_not_answer_lingering() -> None:
    shelf = strip()
    shelf.hesitates("ann", "cola", "lingering")
    assert shelf.played == []
    shelf.hesitates("ann", "cola", "held")
    assert shelf.played == ["cola-ad"]


def test_where_nobody_knows_which_lane_those_in_front_count() -> None:
    shelf = strip(rule("tea", "hesitation", "tea-ad", lanes=("tea",)), rule("soap", "hesitation", "soap-ad"))
    shelf.hesitates("ann", None, "lingering", before=("cola", "tea"))
    shelf.hesitates("bob", None, "lingering", before=("cola", "soap"))
    assert shelf.played == ["tea-ad", "soap-ad"]


def test_where_nobody_knows_which_goods_those_of_the_lanes_count() -> None:
    shelf = strip(rule("tea", "hesitation", "tea-ad", gtins=(TEA,)))
    shelf.hesitates("ann", None, "lingering", before=("cola", "soap"))
    assert shelf.played == []
    shelf.hesitates("ann", None, "lingering", before=("cola", "tea"))
    assert shelf.played == ["tea-ad"]


def test_a_dwell_that_was_too_short_is_not_answered_nor_one_of_who_has_left() -> None:
    shelf = strip(rule("dwell", "dwell", "tea-ad", least_s=10.0))
    shelf.dwells("ann", "tea", 9.0)
    assert shelf.played == []
    shelf.dwells("ann", "tea", 11.0)
    assert shelf.played == ["tea-ad"]


def test_picks_and_puts_are_answered() -> None:
    shelf = strip(rule("pick", "pick", "tea-ad", gtins=(COLA,)), rule("put", "put", "soap-ad"))
    shelf.picks("ann", "cola")
    shelf.picks("ann", "soap")
    shelf.puts("ann", "cola")
    assert shelf.played == ["tea-ad", "soap-ad"]


def test_a_lane_that_runs_low_is_answered_once_and_not_when_it_is_filled() -> None:
    shelf = strip(rule("low", "low_stock", "cola-ad", lanes=("cola",)))
    shelf.holds(cola=None)
    shelf.holds(cola=1)  # counted for the first time
    assert shelf.played == []
    shelf.holds(cola=6)
    shelf.holds(cola=1)
    shelf.holds(cola=1, tea=1)
    assert shelf.played == ["cola-ad"]
    assert shelf.plays[-1].trigger == "low_stock"


def test_one_observation_has_one_answer_and_people_come_first() -> None:
    shelf = strip(rule("low", "low_stock", "soap-ad"), rule("pick", "pick", "tea-ad"))
    shelf.holds(cola=2)
    shelf.picks("ann", "cola")
    assert shelf.played == ["tea-ad"]


def test_staff_is_answered_as_it_comes_and_nobody_else_while_it_works() -> None:
    shelf = strip(HELD, rule("staff", "staff", "soap-ad"))
    shelf.turns("open")
    shelf.turns("staff")
    shelf.turns("staff")
    shelf.hesitates("ann", "cola")
    assert shelf.played == ["soap-ad"]
    shelf.turns("maintenance")
    shelf.hesitates("ann", "cola")
    shelf.turns("open")
    shelf.hesitates("ann", "cola")
    assert shelf.played == ["soap-ad", "cola-ad"]


# -- candidates --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("units", "plays"), [(0, []), (1, ["cola-ad"]), (None, ["cola-ad"])])
def test_what_the_shelf_has_not_got_is_never_advertised(units: int | None, plays: list[str]) -> None:
    shelf = strip()
    shelf.holds(cola=units)
    shelf.hesitates("ann", "cola")
    assert shelf.played == plays


def test_goods_without_a_lane_are_not_here() -> None:
    shelf = Strip([ad("cola-ad", "04006381333931")], [HELD])
    shelf.hesitates("ann", "cola")
    assert shelf.played == []


def test_of_several_goods_one_that_is_there_suffices() -> None:
    shelf = Strip([ad("cola-ad", COLA, TEA)], [HELD])
    shelf.holds(cola=0)
    shelf.hesitates("ann", "cola")
    shelf.holds(tea=0)
    shelf.hesitates("ann", "cola")
    assert shelf.played == ["cola-ad"]


def test_an_item_that_is_not_on_the_device_is_no_candidate() -> None:
    shelf = strip(rule("held", "hesitation", "nowhere", "cola-ad"))
    shelf.hesitates("ann", "cola")
    shelf.shows()
    assert shelf.told[-1].candidates == ("cola-ad",)


def test_dayparts_go_by_the_clocks_of_the_store() -> None:
    shelf = Strip([ad("cola-ad", COLA, dayparts=(Daypart(begins="16:00", ends="18:00"),))], [HELD])
    shelf.hesitates("ann", "cola")  # 08:00 UTC
    assert shelf.played == []
    shelf.offset_s = 8 * 3600
    shelf.hesitates("ann", "cola")
    assert shelf.played == ["cola-ad"]


def test_a_segment_is_for_who_was_introduced_until_they_leave() -> None:
    shelf = Strip([ad("cola-ad", COLA, segments=("club",))], [HELD])
    shelf.hesitates("ann", "cola")
    assert shelf.answers.audience.introduce("ann", ("club", "tea")) == (
        True,
        "visitor 'ann' is introduced: club, tea",
    )
    shelf.hesitates("bob", "cola")
    assert shelf.played == []
    shelf.hesitates("ann", "cola")
    assert shelf.played == ["cola-ad"]
    shelf.leaves("ann")
    shelf.hesitates("ann", "cola")  # the name is somebody else's now
    assert shelf.played == ["cola-ad"]


def test_who_is_not_there_is_not_introduced() -> None:
    shelf = strip()
    done, why = shelf.answers.audience.introduce("ann", ("club",))
    assert not done and "not in front" in why


def test_each_visitor_gets_one_coupon() -> None:
    coupon = Coupon(campaign="spring", says="1.00 off", valid_s=600)
    shelf = Strip([ad("cola-ad", COLA, coupon=coupon)], [HELD])
    for visitor in ("ann", "ann", "bob"):
        shelf.hesitates(visitor, "cola")
    claims = [play.coupon for play in shelf.plays]
    assert len(claims) == 2 and None not in claims
    assert len({claim.number for claim in claims if claim}) == 2
    shelf.shows()
    assert shelf.told[-1].coupon == claims[-1].number  # type: ignore[union-attr]


def test_without_a_clock_there_is_no_coupon_and_no_daypart() -> None:
    coupon = Coupon(campaign="spring", says="1.00 off", valid_s=600)
    shelf = Strip(
        [ad("cola-ad", COLA, coupon=coupon), ad("tea-ad", TEA)], [rule("r", "hesitation", "cola-ad", "tea-ad")]
    )
    shelf.wall = False
    shelf.hesitates("ann", "cola")
    shelf.shows()
    assert shelf.told[-1].candidates == ("tea-ad",)


# -- how often ---------------------------------------------------------------------------------------------------------


def test_a_visitor_is_left_in_peace_between_two_answers_and_after_some() -> None:
    shelf = strip(cooldown_s=20.0, visitor_most=2)
    for _ in range(6):
        shelf.hesitates("ann", "cola")
        shelf.wait(10.5)
    assert len(shelf.plays) == 2
    shelf.hesitates("bob", "cola")
    assert len(shelf.plays) == 3


def test_where_nobody_is_seen_the_lane_rests() -> None:
    shelf = strip(rule("pick", "pick", "cola-ad"), cooldown_s=20.0, visitor_most=1)
    shelf.picks(None, "cola")
    shelf.picks(None, "cola")
    shelf.picks(None, "tea")
    shelf.wait(20.0)
    shelf.picks(None, "cola")
    assert len(shelf.plays) == 3


def test_a_content_is_shown_so_often_in_an_hour() -> None:
    shelf = strip(hour_most=3)
    for _ in range(5):
        shelf.hesitates("ann", "cola")
    assert len(shelf.plays) == 3
    shelf.t += 3700.0
    shelf.hesitates("ann", "cola")
    assert len(shelf.plays) == 4


# -- holdout -----------------------------------------------------------------------------------------------------------


def test_a_share_of_visitors_gets_nothing_and_stays_so() -> None:
    shelf = strip(holdout=0.3, hour_most=3600)
    for _ in range(4):
        for i in range(100):
            shelf.hesitates(f"v{i}", "cola")
    out = {shown.visitor for shown in shelf.told}
    assert all(s.holdout and s.content is None and s.propensity == 0.3 for s in shelf.told)
    assert len(shelf.told) == 4 * len(out)  # every time
    assert 16 <= len(out) <= 44  # 30 are meant, sigma 4.6
    assert len(shelf.plays) == 4 * (100 - len(out))


def test_what_staff_is_told_is_no_experiment() -> None:
    shelf = strip(rule("staff", "staff", "soap-ad"), holdout=1.0)
    shelf.turns("open")
    shelf.turns("staff")
    assert shelf.played == ["soap-ad"]


# -- proof of play -----------------------------------------------------------------------------------------------------


def test_the_screen_tells_and_everything_known_is_told_with_it() -> None:
    shelf = strip(rule("held", "hesitation", "tea-ad", "cola-ad"))
    shelf.comes("ann", dwell_s=30.0)
    shelf.picks("ann", "cola")
    shelf.hesitates("ann", "cola")
    shelf.shows(visible_s=5.0)
    (shown,) = shelf.told
    assert (shown.decision, shown.rule, shown.policy) == ("d1-1", "held", 1)
    assert (shown.visitor, shown.lane, shown.gtin) == ("ann", "cola", COLA)
    assert shown.candidates == ("tea-ad", "cola-ad") and shown.content == shelf.played[0]
    assert shown.propensity == 0.5  # nothing is known of either
    about_cola = {"same_goods", "same_lane"} if shown.content == "cola-ad" else set()
    assert set(shown.features) == {"held", "long_dwell", "morning", "picked_one"} | about_cola
    assert (shown.visible_s, shown.plays) == (5.0, 1)


def test_what_plays_in_the_loop_is_told_summed_up() -> None:
    shelf = strip()
    (shown,) = shelf.answers.hear(OnScreen(200.0, "tea-ad", 100.0, 190.0, 80.0, None, 10), CLOCK)
    assert (shown.content, shown.trigger, shown.plays, shown.decision) == ("tea-ad", "loop", 10, None)  # type: ignore[union-attr]


def test_an_answer_of_which_the_screen_never_tells_is_forgotten() -> None:
    shelf = strip()
    shelf.hesitates("ann", "cola")
    shelf.wait(UNSHOWN_S + 2.0)
    shelf.shows()
    assert shelf.told == []


def test_waiting_decisions_are_bounded() -> None:
    shelf = strip(hour_most=3600)
    for i in range(3 * MOST_WAITING):
        shelf.hesitates(f"v{i}", "cola")
    assert len(shelf.answers.snapshot()["outcomes"]["watches"]) == MOST_WAITING


# -- the same again ----------------------------------------------------------------------------------------------------


def test_the_same_gives_the_same_and_a_snapshot_in_the_middle_changes_nothing() -> None:
    def play(*, restarts: bool) -> Strip:
        shelf = strip(rule("held", ("hesitation", "pick"), "cola-ad", "tea-ad", "soap-ad"), holdout=0.2)
        for i in range(60):
            shelf.hesitates(f"v{i % 17}", ("cola", "tea", "soap")[i % 3])
            shelf.picks(f"v{i % 17}", ("tea", "cola")[i % 2])
            shelf.units = dict.fromkeys(shelf.units, 6)
            if shelf.plays:
                shelf.shows()
            shelf.wait(7.0)
            if restarts:
                shelf.restart()
        return shelf

    first, second, restarted = play(restarts=False), play(restarts=False), play(restarts=True)
    assert first.plays == second.plays == restarted.plays
    assert first.told == second.told == restarted.told
    assert first.learned == second.learned == restarted.learned
    assert first.learned and len(set(first.played)) == 3


def test_decisions_have_names_that_go_on_after_a_restart() -> None:
    shelf = strip()
    shelf.hesitates("ann", "cola")
    shelf.restart()
    shelf.hesitates("ann", "cola")
    assert [play.decision for play in shelf.plays] == ["d1-1", "d1-2"]
