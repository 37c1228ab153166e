"""One thing over time, in pixels: where it is, how fast it moves, how sure that is, how long ago it was seen.

A Kalman filter of constant velocity, written out; both directions share one variance, told in sizes of the thing, for
people move by bodies and hands by hands. Not here: which detection is whose (association.py).
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, replace

from agent.messages import Detection, Snapshot

# Looked for with tools/tracking: on TUD-Campus, and on draws other than those in docs/tracking.md.
SEEN_SIGMA = 0.08  # of its size: how far off a detector's box is
SPEED_SIGMA = {"person": 1.0, "hand": 10.0}  # sizes a second: of one that has just been seen for the first time
TURN = {"person": 0.2, "hand": 400.0}  # sizes^2 / s^3: how soon its speed is another; a reach takes 0.5 s, to its end
COAST_S = {"person": 1.5, "hand": 0.2}  # unseen for longer, expected where it was then: hands reach a place and stay
KEPT_SIZE = 0.6  # of the size as it was; one box is off by a tenth, and who turns has another within a step
MOST_SIZES_S = 12.0  # of its own size a second: faster is a jump of the detector, not a hand
BORN_HITS, BORN_SCORE = 2, 1.0  # pictures, and sum of their scores: one may be noise, and so may two that are unsure

Box = tuple[float, float, float, float]  # left, top, width, height


@dataclass(frozen=True, slots=True)
class Track:
    """`number` counts from 1 in each boot. `hits` pictures with it, the last at `seen`, their scores summed in `sure`;
    `missed`: the first picture since in which it was looked for and not found. Centre, size and velocity in pixels (per
    second); variances of place, place and speed, speed in pixels squared."""

    number: int
    kind: str
    began: float
    seen: float
    hits: int
    x: float
    y: float
    width: float
    height: float
    vx: float
    vy: float
    score: float
    sure: float
    var_x: float
    cov_xv: float
    var_v: float
    missed: float | None = None

    @classmethod
    def of(cls, number: int, t: float, d: Detection) -> Track:
        """A new one."""
        x, y, width, height = measures(d)
        size = math.sqrt(width * height)
        var_x, var_v = (SEEN_SIGMA * size) ** 2, (SPEED_SIGMA[d.kind] * size) ** 2
        return cls(number, d.kind, t, t, 1, x, y, width, height, 0.0, 0.0, d.score, d.score, var_x, 0.0, var_v)

    @property
    def born(self) -> bool:
        """Seen often enough to be somebody."""
        return self.hits >= BORN_HITS and self.sure >= BORN_SCORE

    @property
    def size(self) -> float:
        """Side of a square as large as its box."""
        return math.sqrt(self.width * self.height)

    @property
    def seen_var(self) -> float:
        """Variance of one box's place."""
        return (SEEN_SIGMA * self.size) ** 2

    def box(self, t: float) -> Box:
        """Where it is expected."""
        x, y = self.at(t)
        return x - 0.5 * self.width, y - 0.5 * self.height, self.width, self.height

    def at(self, t: float) -> tuple[float, float]:
        """Where its centre is expected."""
        ahead = min(max(t - self.seen, 0.0), COAST_S[self.kind])
        return self.x + self.vx * ahead, self.y + self.vy * ahead

    def variances(self, t: float) -> tuple[float, float, float]:
        """Of place, place and speed, speed, at `t`."""
        ahead = max(t - self.seen, 0.0)
        turn = TURN[self.kind] * self.size * self.size
        var_x = self.var_x + ahead * (2.0 * self.cov_xv + ahead * (self.var_v + turn * ahead / 3.0))
        cov_xv = self.cov_xv + ahead * (self.var_v + turn * ahead / 2.0)
        return var_x, cov_xv, self.var_v + turn * ahead

    def met(self, t: float, d: Detection) -> Track:
        """The same, seen again at `t`."""
        x, y, width, height = measures(d)
        expected_x, expected_y = self.at(t)
        var_x, cov_xv, var_v = self.variances(t)
        all_var = var_x + self.seen_var
        gain, gain_v = var_x / all_var, cov_xv / all_var
        off_x, off_y = x - expected_x, y - expected_y
        fastest = MOST_SIZES_S * self.size
        return replace(
            self,
            seen=t,
            missed=None,
            hits=self.hits + 1,
            x=expected_x + gain * off_x,
            y=expected_y + gain * off_y,
            width=width + KEPT_SIZE * (self.width - width),
            height=height + KEPT_SIZE * (self.height - height),
            vx=_within(self.vx + gain_v * off_x, fastest),
            vy=_within(self.vy + gain_v * off_y, fastest),
            score=d.score,
            sure=min(self.sure + d.score, BORN_SCORE),
            var_x=(1.0 - gain) * var_x,
            cov_xv=(1.0 - gain) * cov_xv,
            var_v=max(var_v - gain_v * cov_xv, 0.0),
        )

    def unmet(self, t: float) -> Track:
        """The same, looked for and not found at `t`."""
        return self if self.missed is not None else replace(self, missed=t)

    def missed_s(self, t: float) -> float:
        """For how long; below 0 where it was not missed since it was seen."""
        return -1.0 if self.missed is None else t - self.missed

    def snapshot(self) -> Snapshot:
        """Plain values."""
        return asdict(self)


def measures(d: Detection) -> tuple[float, float, float, float]:
    """Centre, width and height of a box."""
    width, height = d.right_px - d.left_px, d.bottom_px - d.top_px
    return d.left_px + 0.5 * width, d.top_px + 0.5 * height, max(width, 1.0), max(height, 1.0)


def _within(value: float, limit: float) -> float:
    return min(max(value, -limit), limit)
