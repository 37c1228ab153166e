"""Turns that are nobody's doing: a lane runs low or empty, staff comes to work.

Found by comparing with what was known before; what is seen for the first time has not turned.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from agent.messages import Snapshot
from agent.triggers.candidates import RANK
from agent.triggers.features import Trigger
from wire.state import LaneStock


class Turns:
    """Mode and levels as they were."""

    def __init__(self) -> None:
        self._mode: str | None = None
        self._levels: dict[tuple[str, str], str] = {}  # lane and product -> level

    def see(self, mode: str, lanes: Iterable[LaneStock], t: float) -> Iterator[Trigger]:
        """How it is now, and what turned."""
        levels = {(lane.lane, lane.gtin): lane.level for lane in lanes if lane.gtin is not None}
        before, self._levels = self._levels, dict(levels)
        was, self._mode = self._mode, mode
        for key, level in levels.items():
            old = before.get(key)
            if old in RANK and level in RANK and RANK[level] < RANK[old]:
                yield Trigger("low_stock", t, lane=key[0], gtin=key[1], lanes=key[:1], goods=key[1:])
        if mode == "staff" and was not in (None, "staff"):
            yield Trigger("staff", t)

    def snapshot(self) -> Snapshot:
        """Plain values."""
        return {"mode": self._mode, "levels": [[*key, level] for key, level in self._levels.items()]}

    def restore(self, state: Snapshot) -> None:
        """What `snapshot` gave."""
        self._mode = state["mode"]
        self._levels = {(lane, gtin): level for lane, gtin, level in state["levels"]}
