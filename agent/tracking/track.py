"""One thing over time, in pixels: where it is, how fast it moves, how long ago it was seen.

A filter of constant velocity whose gains follow from how long the track is known (an alpha-beta filter, which a Kalman
filter of constant noise settles to). Not here: which detection is whose (association.py).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace

from agent.messages import Detection, Snapshot

ALPHA, BETA = 0.75, 0.25  # of the difference to where it was expected: position and size; velocity
YOUNG_HITS = 4  # until then the mean of what was seen is trusted more than the velocity
COAST_S = 1.0  # unseen for longer, a thing is expected where it was then: nobody walks straight on for ever
MOST_SIZES_S = 6.0  # of its own size a second: faster is a jump of the detector, not a hand


@dataclass(frozen=True, slots=True)
class Track:
    """`number` counts from 1 in each boot. `hits` pictures with it, the last at `seen`; centre, size and velocity in
    pixels (per second)."""

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

    @classmethod
    def of(cls, number: int, t: float, d: Detection) -> Track:
        """A new one."""
        x, y, width, height = measures(d)
        return cls(number, d.kind, t, t, 1, x, y, width, height, 0.0, 0.0, d.score)

    @property
    def size(self) -> float:
        return max(self.width, self.height, 1.0)

    def at(self, t: float) -> tuple[float, float]:
        """Where its centre is expected."""
        ahead = min(max(t - self.seen, 0.0), COAST_S)
        return self.x + self.vx * ahead, self.y + self.vy * ahead

    def met(self, t: float, d: Detection) -> Track:
        """The same, seen again at `t`."""
        x, y, width, height = measures(d)
        since = t - self.seen
        expected_x, expected_y = self.at(t)
        alpha = max(ALPHA, 1.0 / (self.hits + 1.0)) if self.hits >= YOUNG_HITS else 1.0
        beta = BETA if self.hits >= YOUNG_HITS else 1.0 / (self.hits + 1.0)
        off_x, off_y = x - expected_x, y - expected_y
        fastest = MOST_SIZES_S * self.size
        vx = _within(self.vx + beta * off_x / since, fastest) if since > 0.0 else self.vx
        vy = _within(self.vy + beta * off_y / since, fastest) if since > 0.0 else self.vy
        return replace(
            self,
            seen=t,
            hits=self.hits + 1,
            x=expected_x + alpha * off_x,
            y=expected_y + alpha * off_y,
            width=self.width + ALPHA * (width - self.width),
            height=self.height + ALPHA * (height - self.height),
            vx=vx,
            vy=vy,
            score=d.score,
        )

    def snapshot(self) -> Snapshot:
        """Plain values."""
        return asdict(self)


def measures(d: Detection) -> tuple[float, float, float, float]:
    """Centre, width and height of a box."""
    width, height = d.right_px - d.left_px, d.bottom_px - d.top_px
    return d.left_px + 0.5 * width, d.top_px + 0.5 * height, max(width, 1.0), max(height, 1.0)


def _within(value: float, limit: float) -> float:
    return min(max(value, -limit), limit)
