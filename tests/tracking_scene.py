"""A camera before a shelf for the tests of tracking: people and hands put into pictures, and what is made of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from agent.config.schema import Camera, Config, Device, Mark
from agent.messages import Detection, Detections, Part, Tracks
from agent.tracking.tracker import Tracker

HZ = 15.0
LOOKED = ("hand", "person", "container")
MARKS = ((0, 360, 0.0, 0.0), (640, 360, 1.0, 0.0), (640, 0, 1.0, 0.5625), (0, 0, 0.0, 0.5625))
CONFIG = Config(
    device=Device(store="s1", id="d1"),
    camera=Camera(driver="file", marks=tuple(Mark(x_px=x, y_px=y, u_m=u, v_m=v) for x, y, u, v in MARKS)),
)
PX_PER_M = 640.0


def person(x: float, foot: float = 350.0, height: float = 260.0, score: float = 0.8) -> Detection:
    return Detection("person", score, x - 0.19 * height, foot - height, x + 0.19 * height, foot)


def hand(x: float, y: float, size: float = 60.0, score: float = 0.9) -> Detection:
    return Detection("hand", score, x - 0.5 * size, y - 0.5 * size, x + 0.5 * size, y + 0.5 * size)


class Watch:
    """Fifteen pictures a second, in each of which everything is looked for, if nothing else is said."""

    def __init__(self) -> None:
        self.tracker, self.t = Tracker(CONFIG), 0.0
        self.told: list[Tracks] = []

    def look(self, *found: Detection, seconds: float = 1 / HZ, looked: Iterable[str] = LOOKED) -> Tracks:
        """The same in each picture; gives the last one's tracks."""
        return self.play(lambda _: found, seconds, looked)

    def play(
        self, found: Callable[[float], Iterable[Detection]], seconds: float, looked: Iterable[str] = LOOKED
    ) -> Tracks:
        """What is found, by the seconds since this began."""
        kinds = tuple(looked)
        for i in range(1, max(round(seconds * HZ), 1) + 1):
            self.t = round(self.t + 1 / HZ, 6)
            here = tuple(d for d in found(i / HZ) if d.kind in kinds)
            self.told.append(self.tracker.see(Detections(self.t, "camera", kinds, here)))
        return self.told[-1]

    def rest(self, seconds: float) -> None:
        """Nobody there, and pictures of that once a second."""
        for _ in range(round(seconds)):
            self.t += 1.0
            self.told.append(self.tracker.see(Detections(self.t, "camera", (), ())))


def parts(tracks: Tracks, part: str) -> list[Part]:
    return [x for x in tracks.parts if x.part == part]


def names(tracks: Tracks, part: str = "hand") -> list[str]:
    """Of all such parts, from left to right."""
    return [x.visitor for x in sorted(parts(tracks, part), key=lambda x: x.u_m)]


def everybody(watch: Watch) -> set[str]:
    return {x.visitor for tracks in watch.told for x in tracks.parts}
