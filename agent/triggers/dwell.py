"""A stay that was long enough to be told: somebody stood before these lanes for so many seconds.

Told when it is over, so that its length is known; who wants to react while it lasts takes the hesitation.
Not here: what a stay is (tracking/stance.py).
"""

from __future__ import annotations

from agent.tracking.reach import Front
from agent.tracking.stance import Stay
from wire.events import Clock, Dwell


def dwell(visitor: str, stay: Stay, least_s: float, front: Front, clock: Clock) -> Dwell | None:
    """The event; None for a stay shorter than `least_s`."""
    if stay.lasted_s < least_s:
        return None
    return Dwell(
        visitor=visitor,
        lane=lane_of(stay, front),
        before=front.before(stay.u_m),
        began_s=round(stay.began_s, 3),
        ended_s=round(stay.still_s, 3),
        dwell_s=round(stay.lasted_s, 3),
        clock=clock,
    )


def lane_of(stay: Stay, front: Front) -> str | None:
    """Where the hands were longest; without hands the only lane there; eyes on one board of several tell nothing."""
    if stay.hand_s:
        return max(stay.hand_s, key=lambda lane: stay.hand_s[lane])
    return front.single(stay.u_m)
