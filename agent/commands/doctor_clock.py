"""What `shelfd doctor` finds out about time: does the device know it, and the zone of the store?

Dayparts of content and the days of coupons follow the store's clocks. Not here: the clock itself (agent/clock.py).
"""

from __future__ import annotations

import time

from agent.clock import utc_offset_s
from agent.commands.doctor_part import Part
from agent.config.schema import Store
from agent.messages import Tick
from agent.weighing.diagnose import Finding

UTC_NAMES = ("UTC", "UCT", "Universal", "Zulu", "GMT")  # what images are set to when nobody has set them


def examine_clock(store: Store, tick: Tick, now_s: float | None = None, device_zone: str | None = None) -> Part:
    """`tick` as the core is told it; `device_zone`: what the device calls its own zone."""
    zone = time.tzname[0] if device_zone is None else device_zone
    now_s = time.time() if now_s is None else now_s
    offset_s = utc_offset_s(now_s, store.timezone)
    named = store.timezone or f"{zone}, as the device is set"
    shown = "unknown" if offset_s is None else _written(offset_s)
    lines = (f"clock: {_quality(tick)}", f"  the store's clocks: {shown} ({named})")
    facts = {"synced": tick.synced, "known": tick.wall_s is not None, "timezone": store.timezone, "offset_s": offset_s}
    return Part("clock", lines, tuple(_judged(store, tick, offset_s, zone)), facts)


def _quality(tick: Tick) -> str:
    if tick.wall_s is None:
        return "not known in this boot"
    error = "" if tick.uncertainty_ms is None else f", at most {tick.uncertainty_ms:g} ms off"
    return ("synchronised" if tick.synced else "known, nobody steers it now") + error


def _written(offset_s: int) -> str:
    minutes = abs(offset_s) // 60
    return f"UTC{'-' if offset_s < 0 else '+'}{minutes // 60:02}:{minutes % 60:02}"


def _judged(store: Store, tick: Tick, offset_s: int | None, zone: str) -> list[Finding]:
    found = []
    if tick.wall_s is None:
        sentence = "no time server has answered since the boot: events have no date, content of a daypart does not play"
        found.append(Finding("note", "clock", "unknown", f"{sentence}; `timedatectl` says more"))
    elif not tick.synced:
        sentence = "nobody steers it now, it drifts by a second in half a day: `timedatectl` says more"
        found.append(Finding("note", "clock", "unsynced", sentence))
    if offset_s is None:
        sentence = f"{store.timezone} is not known here: correct store.timezone, or sudo apt install tzdata"
        found.append(Finding("wrong", "clock", "unknown_zone", sentence))
    elif not store.timezone and zone in UTC_NAMES:
        sentence = f"the device is set to {zone}, as new ones are: write store.timezone, dayparts follow it"
        found.append(Finding("note", "clock", "no_zone", sentence))
    return found
