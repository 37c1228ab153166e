"""Whose hand was there: the last seconds of every visitor's hands, and how well they fit a change of weight.

Not here: tracking itself (tracks arrive as they are), what was taken (explain.py).
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator, Mapping, Reversible, Sequence
from dataclasses import dataclass

from agent.fusion.grip import Grips
from agent.messages import Snapshot, Tracks
from agent.shelf.planogram import Box, Stretch

MEMORY_S = 7.0  # longer than the longest step from the first touch to its verdict
VISITOR_GONE_S = 60.0  # unseen this long, a visitor's goods are no longer expected back
PRESENT_S = 2.0  # seen this recently is here; tracks come at 10-30 Hz
HIDDEN_S = 0.6  # hands hide behind goods and arms for up to half a second
LONG_BEFORE_S = 1.0  # a hand that takes is there for 0.9 s in all (a real store)
BESIDE_M = 0.08  # a hand is seen within 3 cm, and is 8 cm wide
ALONG_SIGMA_M = 0.08  # hand against the middle of the weight: plates are 0.1 m wide, hands are seen within 3 cm
SEEN_SIGMA_M = 0.03  # hand against the lane's ends
UP_SIGMA_M = 0.05
OUT_SIGMA_M = 0.06  # all 17 recorded hands that took were within the box; an idle hand hangs 0.4 m out
INSIDE_M = 0.10  # a hand this close to the plane is in the shelf (in a real store <= 3 cm for about 0.9 s)
AWAY_M = 0.15  # a hand this far out lets go of the shelf
UNSEEN_LIKELIHOOD = math.exp(-0.5 * 3.0**2)  # somebody the tracker missed is as likely as a hand 3 sigma off
HIDDEN_FROM_CAMERA_S = 0.35  # hands leave the picture of a camera that sees the lanes alone, and do so quickly
UNSEEN_BY_CAMERA = 0.03  # a palm model misses 13 % of hands in a picture (docs/models.md); beside one that it sees, few
FEWEST_FRAMES = 2  # of a stay: one may be noise
MAX_VISITORS = 64  # a tracker that renames people: the one unseen longest makes room
MAX_POSITIONS = 512

Position = tuple[float, float, float, float]  # t, u, v, d
Frames = Mapping[str, Sequence[float]]  # visitor -> likelihood of its nearer hand in each frame, at least one


@dataclass(frozen=True, slots=True)
class Eyes:
    """How well somebody sees. `unseen`: likelihood of a hand that they missed, against one right there; `hidden_s`: for
    so long a hand that vanished over a lane is thought to be in it; `all_hands`: where they see none, there is none."""

    unseen: float
    hidden_s: float
    all_hands: bool


TRACKER = Eyes(UNSEEN_LIKELIHOOD, HIDDEN_S, all_hands=True)
CAMERA = Eyes(UNSEEN_BY_CAMERA, HIDDEN_FROM_CAMERA_S, all_hands=False)


class Hands:
    """Positions of all hands, by visitor, as these eyes see them."""

    def __init__(self, eyes: Eyes = TRACKER) -> None:
        self.eyes = eyes
        self._hands: dict[str, deque[Position]] = {}
        self._seen: dict[str, float] = {}
        self._last = -math.inf
        self.grips = Grips()

    def see(self, tracks: Tracks) -> list[str]:
        """One frame; gives the visitors that have now been gone too long to be remembered."""
        self._last = tracks.t
        gone: list[str] = []
        for part in tracks.parts:
            if part.visitor not in self._seen and len(self._seen) >= MAX_VISITORS:
                longest = min(self._seen, key=lambda v: self._seen[v])
                if self._seen[longest] >= tracks.t:
                    continue
                gone.append(longest)
                self._forget(longest)
            self._seen[part.visitor] = tracks.t
            if part.part == "hand" and math.isfinite(part.u_m + part.v_m + part.d_m):
                kept = self._hands.setdefault(part.visitor, deque(maxlen=MAX_POSITIONS))
                kept.append((tracks.t, part.u_m, part.v_m, part.d_m))
        self.grips.see(tracks.t, [part for part in tracks.parts if part.visitor in self._seen])
        for kept in self._hands.values():
            while kept and kept[0][0] < tracks.t - MEMORY_S:
                kept.popleft()
        for visitor in [v for v, t in self._seen.items() if t < tracks.t - VISITOR_GONE_S]:
            gone.append(visitor)
            self._forget(visitor)
        return gone

    def _forget(self, visitor: str) -> None:
        del self._seen[visitor]
        self._hands.pop(visitor, None)
        self.grips.drop(visitor)

    @property
    def watched(self) -> bool:
        """Does a tracker tell us who is there? It is silent while nobody is; only `blind` says that it is gone."""
        return self._last > -math.inf

    def blind(self) -> None:
        """The tracker is lost: nothing is known about hands until it speaks again."""
        self._last = -math.inf
        self._hands.clear()

    def forget(self) -> None:
        """Nobody who was here is known any more."""
        self._hands.clear()
        self._seen.clear()
        self.grips.forget()

    def forget_positions(self, t: float) -> None:
        """A new process at `t`: where hands were is past, who was here may still be."""
        self._hands.clear()
        self.grips.forget()
        self._seen = dict.fromkeys(self._seen, t)
        self._last = t if self.watched else self._last

    def present(self, t: float, within_s: float = PRESENT_S) -> list[str]:
        """Visitors seen in the last `within_s` before `t`."""
        return [v for v, seen in self._seen.items() if t - seen <= within_s]

    def at(self, stretch: Stretch, position: float, since: float, until: float) -> Frames:
        """How well each visitor's nearer hand fits a change at `position` (in cells) of the stretch, frame by frame
        between `since` and `until`: 1 for a hand right there, falling with distance. Without a box everybody present
        fits alike."""
        return self._fits(stretch, stretch.cell_u_m(position), since, until)

    def inside_of(self, stretch: Stretch, since: float, until: float) -> Frames:
        """The same for a hand anywhere in the stretch."""
        return self._fits(stretch, None, since, until)

    def _fits(self, stretch: Stretch, u_m: float | None, since: float, until: float) -> Frames:
        if stretch.box is None:
            return {v: [UNSEEN_LIKELIHOOD * 10.0] for v in self.present(until)}
        fits: dict[str, list[float]] = {}
        for visitor, kept in self._hands.items():
            frames: dict[float, float] = {}  # its nearer hand in each
            for p in _between(kept, since, until):
                frames[p[0]] = min(_distance2(p, stretch.box, u_m), frames.get(p[0], math.inf))
            if frames:
                fits[visitor] = [math.exp(-0.5 * d2) for d2 in frames.values()]
        return fits

    def lingers(self, stretch: Stretch, visitor: str, moment: float, t: float) -> bool:
        """Was this visitor's hand in the box long before `moment`, or is it still at `t`? Who takes comes and goes."""
        kept = self._hands.get(visitor)
        if stretch.box is None or not kept:
            return False
        before = moment - LONG_BEFORE_S
        hidden_s = self.eyes.hidden_s
        return _is_inside(kept, stretch.box, before, hidden_s) or _is_inside(kept, stretch.box, t, hidden_s)

    def nearest(self, stretch: Stretch, visitor: str | None, since: float, until: float) -> Position | None:
        """Where and when this visitor's hand was nearest to the stretch; None when it was not seen."""
        box = stretch.box
        if box is None or visitor is None:
            return None
        seen = [(_distance2(p, box, None), p) for p in _between(self._hands.get(visitor, ()), since, until)]
        return min(seen)[1] if seen else None

    def visits(self, stretch: Stretch, visitor: str | None, since: float, until: float) -> list[float]:
        """When this visitor's hands were in the stretch's box: the middle of each stay between `since` and `until`."""
        box = stretch.box
        if box is None or visitor is None:
            return []
        positions = reversed(list(_between(self._hands.get(visitor, ()), since, until)))
        inside = [p[0] for p in positions if _within(p, box)]
        stays: list[list[float]] = []
        for t in inside:
            if stays and t - stays[-1][-1] <= HIDDEN_S:
                stays[-1].append(t)
            else:
                stays.append([t])
        return [0.5 * (stay[0] + stay[-1]) for stay in stays if len(stay) >= FEWEST_FRAMES]

    def inside(self, stretch: Stretch, t: float) -> set[str]:
        """Whose hands are in the stretch's box right now? A hand that was there a moment ago and is hidden since
        counts; one that is seen elsewhere does not."""
        box = stretch.box
        if box is None:
            return set()
        return {visitor for visitor, kept in self._hands.items() if _is_inside(kept, box, t, self.eyes.hidden_s)}

    def snapshot(self) -> Snapshot:
        """Plain values."""
        hands = {v: list(p) for v, p in self._hands.items()}
        return {"hands": hands, "seen": dict(self._seen), "last": self._last, "grips": self.grips.snapshot()}

    def restore(self, state: Snapshot) -> None:
        """What `snapshot` gave."""
        self._hands = {v: deque((tuple(x) for x in p), maxlen=MAX_POSITIONS) for v, p in state["hands"].items()}
        self._seen, self._last = dict(state["seen"]), state["last"]
        self.grips.restore(state["grips"])


def _between(kept: Reversible[Position], since: float, until: float) -> Iterator[Position]:
    """The newest first: what is asked for is mostly recent."""
    for position in reversed(kept):
        if position[0] < since:
            return
        if position[0] <= until:
            yield position


def _is_inside(kept: deque[Position], box: Box, t: float, hidden_s: float) -> bool:
    """At `t`, as far as was known then: frame by frame, newest first, for as long as fewer hands are seen than the
    visitor has shown before."""
    frames: dict[float, list[bool]] = {}
    for at, u, v, d in _between(kept, -math.inf, t):
        if t - at > hidden_s and at not in frames:
            break
        frames.setdefault(at, []).append(_within((at, u, v, d), box))
    most = max((len(hands) for hands in frames.values()), default=0)
    for hands in frames.values():
        if any(hands):
            return True
        if len(hands) == most:
            return False
    return False


def _within(position: Position, box: Box) -> bool:
    _, u, v, d = position
    near = box.left - BESIDE_M < u < box.right + BESIDE_M and box.bottom - BESIDE_M < v < box.top + BESIDE_M
    return near and d < AWAY_M


def _distance2(position: Position, box: Box, u_m: float | None) -> float:
    """Squared distance in sigmas between a hand and a place in the box; `u_m` None: any place along it."""
    _, u, v, d = position
    outside_m = max(box.left - u, u - box.right, 0.0)
    along = outside_m / SEEN_SIGMA_M if u_m is None else (u - u_m) / ALONG_SIGMA_M
    up = max(box.bottom - v, v - box.top, 0.0) / UP_SIGMA_M
    out = max(d - INSIDE_M, 0.0) / OUT_SIGMA_M
    return along * along + up * up + out * out
