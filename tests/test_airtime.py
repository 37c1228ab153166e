"""When an item may play."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.shelf.airtime import in_dayparts, playable, unix_s
from wire.documents import Daypart, Item

SHANGHAI_S = 8 * 3600
ALWAYS = Item(name="always", plays="loop", headline="Hello")


def at(text: str, offset_s: int = SHANGHAI_S) -> float:
    """Unix time of what the store's clock shows."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() - offset_s


def breakfast(days: tuple[int, ...] = (1, 2, 3, 4, 5, 6, 7), begins: str = "06:00", ends: str = "10:30") -> Item:
    daypart = Daypart(begins=begins, ends=ends, days=days)
    return Item(name="breakfast", plays="loop", headline="Milk", dayparts=(daypart,))


@pytest.mark.parametrize(
    ("local", "plays"),
    [
        ("2026-03-14T05:59:59", False),
        ("2026-03-14T06:00:00", True),
        ("2026-03-14T10:29:59", True),
        ("2026-03-14T10:30:00", False),
    ],
)
def test_a_daypart_is_of_the_stores_clock_and_its_end_is_not_in_it(local: str, plays: bool) -> None:
    assert playable(breakfast(), at(local), SHANGHAI_S) is plays


def test_a_daypart_over_midnight_belongs_to_the_day_on_which_it_begins() -> None:
    friday_night = breakfast(days=(5,), begins="22:00", ends="02:00")
    nights = {
        "2026-03-13T21:59:59": False,  # Friday
        "2026-03-13T22:00:00": True,
        "2026-03-14T01:59:59": True,
        "2026-03-14T02:00:00": False,
        "2026-03-14T23:00:00": False,
        "2026-03-13T01:00:00": False,  # Thursday's night
    }
    assert {t: playable(friday_night, at(t), SHANGHAI_S) for t in nights} == nights


def test_a_day_may_be_whole() -> None:
    for begins, ends in (("00:00", "24:00"), ("00:00", "00:00"), ("09:00", "09:00")):
        item = breakfast(begins=begins, ends=ends)
        assert all(playable(item, at(f"2026-03-14T{hour:02}:30:00"), SHANGHAI_S) for hour in range(24))


def test_while_the_clock_is_unknown_only_what_names_no_time_plays() -> None:
    dated = Item(name="dated", plays="loop", headline="x", valid_until="2026-04-01T00:00:00Z")
    assert playable(ALWAYS, None, None)
    assert not playable(dated, None, None) and not playable(breakfast(), None, None)


def test_without_the_stores_time_zone_dates_hold_and_dayparts_do_not_play() -> None:
    dated = Item(name="dated", plays="loop", headline="x", valid_until="2026-04-01T00:00:00Z")
    assert playable(dated, at("2026-03-14T12:00:00"), None)
    assert not playable(breakfast(), at("2026-03-14T07:00:00"), None)


def test_validity_begins_with_its_first_moment_and_ends_before_its_last() -> None:
    item = Item(
        name="spring", plays="loop", headline="x",
        valid_from="2026-03-01T00:00:00Z", valid_until="2026-03-02T00:00:00-05:00",
    )  # fmt: skip
    begins, ends = at("2026-03-01T00:00:00", 0), at("2026-03-02T05:00:00", 0)
    moments = (begins - 1, begins, ends - 0.001, ends)
    assert [playable(item, t, None) for t in moments] == [False, True, True, False]


def test_a_time_that_cannot_be_read_never_comes() -> None:
    for text in ("2026-02-30T00:00:00Z", "2026-13-01T00:00:00Z", "2026-01-01", "Z", "0000-01-01T00:00:00Z"):
        assert unix_s(text) is None
        item = Item(name="x", plays="loop", headline="x", valid_from=text)
        assert not playable(item, at("2030-01-01T00:00:00"), 0)


@settings(derandomize=True, max_examples=60)
@given(
    st.datetimes(datetime(1970, 1, 2), datetime(2400, 1, 1)),
    st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes))),
)
def test_moments_are_those_of_the_calendar(moment: datetime, zone: timezone) -> None:
    told = moment.replace(tzinfo=zone)
    read = unix_s(told.isoformat())
    assert read is not None and abs(read - told.timestamp()) < 1e-5


@settings(derandomize=True, max_examples=60)
@given(st.integers(0, 4_000_000_000), st.integers(0, 1439), st.integers(0, 1439), st.sets(st.integers(1, 7)))
def test_dayparts_agree_with_the_calendars_own_arithmetic(wall_s: int, begins: int, ends: int, days: set[int]) -> None:
    now = datetime.fromtimestamp(wall_s, UTC)
    daypart = Daypart(begins=_clock(begins), ends=_clock(ends), days=tuple(days))
    expected = False
    for start_day in (now - timedelta(days=1), now):
        start = start_day.replace(hour=begins // 60, minute=begins % 60, second=0, microsecond=0)
        stretch = timedelta(minutes=(ends - begins) % 1440 or 1440)
        expected |= start.isoweekday() in days and start <= now < start + stretch
    assert in_dayparts((daypart,), wall_s, 0) is expected


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"
