"""The loop in the trade's words: order, shares of voice, dayparts, priority, validity."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.screen.playlist import Playlist, never, shares
from wire.documents import Daypart, Item


def item(name: str, seconds: float = 8.0, share: float | None = None, priority: int = 0, **more: object) -> Item:
    return Item(name=name, plays="loop", headline=name, seconds=seconds, share=share, priority=priority, **more)  # type: ignore[arg-type]


def run(playlist: Playlist, plays: int, wall_s: float | None = None, offset_s: int | None = None) -> list[str]:
    """What plays, one after the other, each to its end."""
    order = []
    for _ in range(plays):
        among = playlist.eligible(wall_s, offset_s)
        chosen = playlist.next(wall_s, offset_s)
        assert chosen is not None
        playlist.played(chosen.name, chosen.seconds, among)
        order.append(chosen.name)
    return order


def test_without_shares_each_plays_once_a_round_in_the_documents_order() -> None:
    playlist = Playlist((item("milk"), item("tea", 20.0), item("cola", 3.5)))
    assert run(playlist, 300) == ["milk", "tea", "cola"] * 100


def test_answers_are_not_of_the_loop() -> None:
    playlist = Playlist((Item(name="answer", plays="answer", headline="x"), item("milk")))
    assert run(playlist, 2) == ["milk", "milk"]


def test_a_share_of_voice_is_of_time_not_of_plays() -> None:
    playlist = Playlist((item("long", 20.0, share=0.5), item("short", 5.0, share=0.5)))
    assert Counter(run(playlist, 500)) == {"long": 100, "short": 400}


def test_plays_of_a_loud_voice_spread() -> None:
    playlist = Playlist((item("half", share=0.5), item("tea"), item("milk")))
    assert run(playlist, 8) == ["half", "tea", "milk", "half"] * 2
    playlist = Playlist((item("loud", share=0.8), item("tea"), item("milk")))
    assert run(playlist, 10) == ["loud"] * 3 + ["tea"] + ["loud"] * 2 + ["milk"] + ["loud"] * 3


def test_what_was_cut_short_is_owed() -> None:
    playlist = Playlist((item("milk"), item("tea")))
    playlist.played("milk", 1.0, playlist.items)  # an answer came
    assert run(playlist, 4) == ["tea", "milk", "tea", "milk"]


def test_only_the_highest_priority_plays_and_gives_way_again() -> None:
    lunch = item("lunch", priority=5, dayparts=(Daypart(begins="11:00", ends="14:00"),))
    playlist = Playlist((item("milk"), lunch, item("tea")))
    noon = datetime(2026, 3, 14, 12, tzinfo=UTC).timestamp()
    assert run(playlist, 3, noon, 0) == ["lunch"] * 3
    assert run(playlist, 4, noon + 3 * 3600, 0) == ["milk", "tea"] * 2


def test_with_an_unknown_clock_only_what_names_no_time_plays() -> None:
    dated = item("dated", priority=9, valid_until="2030-01-01T00:00:00Z")
    playlist = Playlist((dated, item("milk")))
    assert run(playlist, 2) == ["milk", "milk"]
    assert Playlist((dated,)).next(None, None) is None


def test_what_is_broken_leaves_its_time_to_the_others() -> None:
    playlist = Playlist((item("milk"), item("tea")))
    assert playlist.next(None, None, broken={"milk"}) == playlist.items[1]
    assert playlist.next(None, None, broken={"milk", "tea"}) is None


def test_shares_that_fill_the_time_leave_nothing_and_that_is_said() -> None:
    items = (item("a", share=0.6), item("b", share=0.5), item("c"))
    assert shares(items) == pytest.approx({"a": 0.6 / 1.1, "b": 0.5 / 1.1, "c": 0.0})
    assert never(items) == ["c"]
    assert "c" not in run(Playlist(items), 50)
    assert shares(items[:1]) == {"a": 1.0}


def test_a_new_list_goes_on_where_the_old_one_stood() -> None:
    before = Playlist((item("milk"), item("tea"), item("cola")))
    assert run(before, 1) == ["milk"]
    after = Playlist((item("milk"), item("tea"), item("juice")))
    after.follow(before)
    assert run(after, 2) == ["tea", "juice"]


@settings(derandomize=True, max_examples=50, deadline=None)
@given(
    st.lists(st.tuples(st.floats(1, 120), st.one_of(st.none(), st.floats(0.05, 1))), min_size=1, max_size=8),
    st.data(),
)
def test_shares_hold_over_time_whatever_cuts_the_plays(
    loop: list[tuple[float, float | None]], data: st.DataObject
) -> None:
    playlist = Playlist(tuple(item(str(n), seconds, share) for n, (seconds, share) in enumerate(loop)))
    played_s = dict.fromkeys(map(str, range(len(loop))), 0.0)
    cuts = data.draw(st.lists(st.floats(0.05, 1), min_size=1, max_size=20))
    for n in range(200):
        chosen = playlist.next(None, None)
        assert chosen is not None
        seconds = chosen.seconds * cuts[n % len(cuts)]
        playlist.played(chosen.name, seconds, playlist.eligible(None, None))
        played_s[chosen.name] += seconds
    all_s = sum(played_s.values())
    for name, share in shares(playlist.items).items():
        assert abs(played_s[name] - share * all_s) <= len(loop) * 120, "no further off than a round of long plays"
    assert abs(sum(playlist.credits_s.values())) < 1e-6
