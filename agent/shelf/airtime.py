"""When an item may play: its validity and its dayparts, held against the wall clock and the store's local time.

Pure, and one rule for both who ask: the core's candidates (triggers/) and the screen's loop (screen/playlist.py).
While the clock is unknown only items that name no time may play; where only the store's time zone is unknown, only
those without dayparts. Not here: stock, segments and caps (triggers/), priority and share of voice (playlist.py).
"""

from __future__ import annotations

import re
from functools import lru_cache

from wire.documents import Daypart, Item

DAY_S = 86_400
_TIME = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(\.\d{1,9})?(?:Z|([+-])(\d\d):(\d\d))", re.ASCII | re.IGNORECASE
)
_MONTH_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def playable(item: Item, wall_s: float | None, utc_offset_s: int | None) -> bool:
    """May it play at this moment? `wall_s` is unix time, `utc_offset_s` what the store's clocks add to it; None: not
    known. A time that cannot be read never comes."""
    return valid(item, wall_s) and in_dayparts(item.dayparts, wall_s, utc_offset_s)


def valid(item: Item, wall_s: float | None) -> bool:
    """Within `valid_from` and `valid_until` (exclusive), where it has them."""
    if item.valid_from is None and item.valid_until is None:
        return True
    if wall_s is None:
        return False
    begins = -float("inf") if item.valid_from is None else unix_s(item.valid_from)
    ends = float("inf") if item.valid_until is None else unix_s(item.valid_until)
    return begins is not None and ends is not None and begins <= wall_s < ends


def in_dayparts(dayparts: tuple[Daypart, ...], wall_s: float | None, utc_offset_s: int | None) -> bool:
    """Within one of them; none at all is always."""
    if not dayparts:
        return True
    if wall_s is None or utc_offset_s is None:
        return False
    day, second = divmod(wall_s + utc_offset_s, DAY_S)
    weekday = (int(day) + 3) % 7  # 0: Monday; 1970-01-01 was a Thursday
    return any(_covers(daypart, weekday, second) for daypart in dayparts)


def _covers(daypart: Daypart, weekday: int, second: float) -> bool:
    begins_s, ends_s = time_of_day_s(daypart.begins), time_of_day_s(daypart.ends)
    today, yesterday = weekday + 1 in daypart.days, (weekday - 1) % 7 + 1 in daypart.days
    if begins_s < ends_s:
        return today and begins_s <= second < ends_s
    return (today and second >= begins_s) or (yesterday and second < ends_s)  # over midnight; both equal: 24 hours


def time_of_day_s(text: str) -> int:
    """ "08:30" -> seconds since midnight; wire/documents.py has seen to its form."""
    return 3600 * int(text[:2]) + 60 * int(text[3:])


@lru_cache(maxsize=1024)
def unix_s(text: str) -> float | None:
    """RFC 3339 -> unix time; None where it is no such moment."""
    found = _TIME.fullmatch(text)
    if found is None:
        return None
    year, month, day, hour, minute, second = (int(part) for part in found.group(1, 2, 3, 4, 5, 6))
    zone_h, zone_min = int(found.group(9) or 0), int(found.group(10) or 0)
    if not (1 <= month <= 12 and 1 <= day <= _days_in(year, month) and year >= 1970):
        return None
    if hour > 23 or minute > 59 or second > 60 or zone_h > 23 or zone_min > 59:  # 60: a leap second
        return None
    zone_s = (3600 * zone_h + 60 * zone_min) * (-1 if found.group(8) == "-" else 1)
    since_s = DAY_S * _days_before(year, month, day) + 3600 * hour + 60 * minute + second
    return since_s + float(found.group(7) or 0) - zone_s


def _days_in(year: int, month: int) -> int:
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return _MONTH_DAYS[month - 1] + (month == 2 and leap)


def _days_before(year: int, month: int, day: int) -> int:
    """Days from 1970-01-01, in the Gregorian calendar."""
    past = year - 1
    leaps = past // 4 - past // 100 + past // 400 - 477  # 477 up to 1969
    return 365 * (year - 1970) + leaps + sum(_days_in(year, m) for m in range(1, month)) + day - 1
