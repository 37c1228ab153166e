"""Persons and hands over time: detections of one picture in, named heads and hands on the shelf plane out.

Names count from v1 in each boot, so that nobody can be known again after a restart. A kind that was not looked for in
a picture is not missed in it. Not here: the filter (track.py), pairing (association.py), whose hand it is (people.py),
containers (goods.py).
"""

from __future__ import annotations

from agent.config.schema import Config
from agent.messages import Detection, Detections, Part, Snapshot, Tracks
from agent.tracking.association import MOST, assign
from agent.tracking.people import People
from agent.tracking.plane import Plane
from agent.tracking.track import Track

KINDS = ("person", "hand")
SURE = 0.5  # score: those that are somebody choose among such detections first, as ByteTrack does
YOUNG_S = 0.6  # missed for longer, a track not yet born was noise
HIDDEN_S = {"person": 2.5, "hand": 0.6}  # behind a shelf, behind goods: missed for longer, a track has ended
SHOWN_S = 0.15  # missed for so long, a person is still told where expected; hands are told only where they were seen
UNKNOWN_S = 6.0  # not looked for that long: nobody knows (agent/vision/schedule.py looks at least every 5 s)
HEAD_D_M = 0.5  # one camera knows no depth: a person who fills the picture stands an arm's length away
HEAD_SHARE = 0.12  # of a person's box, from its top: the middle of the head
DIGITS = 3  # millimetres


class Tracker:
    """State of one camera."""

    def __init__(self, config: Config) -> None:
        self._plane = Plane.of(config.camera)
        self._tracks: dict[str, list[Track]] = {kind: [] for kind in KINDS}
        self._people = People()
        self._next = 1

    def see(self, seen: Detections) -> Tracks:
        """One picture."""
        shown = self.follow(seen)
        persons, hands = ([x for x in self._tracks[kind] if x.born] for kind in KINDS)
        owners = self._people.owners(seen.t, persons, hands)
        return Tracks(seen.t, self._parts(shown, owners, seen.t))

    def follow(self, seen: Detections) -> list[Track]:
        """One picture, in pixels: who is in it. Hands that were found; persons also where they are expected, until they
        are missed."""
        for kind in KINDS:
            self._tracks[kind] = [track for track in self._tracks[kind] if _lives(track, seen.t)]
            if kind in seen.looked:
                self._follow(kind, [d for d in seen.found if d.kind == kind], seen.t)
        return [track for kind in KINDS for track in self._tracks[kind] if track.born and _shown(track, seen.t)]

    def forget(self, t: float) -> None:
        """A new process: nobody is known, and names begin anew."""
        self._tracks = {kind: [] for kind in KINDS}
        self._people = People()
        self._next = 1

    def _follow(self, kind: str, found: list[Detection], t: float) -> None:
        """Who is somebody chooses first, among the sure detections and then among all; then who may be noise."""
        left = sorted(found, key=lambda d: -d.score)[:MOST]
        born = [track for track in self._tracks[kind] if track.born]
        young = [track for track in self._tracks[kind] if not track.born]
        met: list[Track] = []
        for lowest in (SURE, 0.0):
            born, left = _met(born, left, lowest, t, met)
        young, left = _met(young, left, 0.0, t, met)
        missed = [track.unmet(t) for track in (*born, *young)]
        fresh = [Track.of(number, t, d) for number, d in enumerate(left, self._next)]
        self._next += len(fresh)
        self._tracks[kind] = (met + missed + fresh)[:MOST]

    def _parts(self, shown: list[Track], owners: dict[int, str], t: float) -> tuple[Part, ...]:
        """Of this picture's tracks; none in metres where the camera has no marks."""
        return () if self._plane is None else tuple(_part(self._plane, owners[x.number], x, t) for x in shown)

    # -- restart ------------------------------------------------------------------------------------------------------

    def snapshot(self) -> Snapshot:
        """Plain values."""
        tracks = {kind: [track.snapshot() for track in kept] for kind, kept in self._tracks.items()}
        return {"tracks": tracks, "people": self._people.snapshot(), "next": self._next}

    def restore(self, state: Snapshot) -> None:
        """What `snapshot` gave."""
        self._tracks = {kind: [Track(**track) for track in state["tracks"][kind]] for kind in KINDS}
        self._people.restore(state["people"])
        self._next = state["next"]

    def rename(self, state: Snapshot) -> None:
        """After what `snapshot` gave of another camera: names go on counting."""
        self._next = state["next"]


def _met(
    waiting: list[Track], found: list[Detection], lowest: float, t: float, met: list[Track]
) -> tuple[list[Track], list[Detection]]:
    """Pairs `waiting` with those found that score `lowest` at least, adds them to `met`; what is left of both."""
    here = [j for j, d in enumerate(found) if d.score >= lowest]
    pairs = {i: here[j] for i, j in assign(waiting, [found[j] for j in here], t).items()}
    met += [waiting[i].met(t, found[pairs[i]]) for i in sorted(pairs)]
    taken = set(pairs.values())
    return (
        [track for i, track in enumerate(waiting) if i not in pairs],
        [d for j, d in enumerate(found) if j not in taken],
    )


def _lives(track: Track, t: float) -> bool:
    longest_s = HIDDEN_S[track.kind] if track.born else YOUNG_S
    return track.missed_s(t) <= longest_s and 0.0 <= t - track.seen <= UNKNOWN_S + longest_s


def _shown(track: Track, t: float) -> bool:
    return track.seen == t or (track.kind == "person" and track.missed_s(t) <= SHOWN_S)


def _part(plane: Plane, visitor: str, track: Track, t: float) -> Part:
    x, y = track.at(t)
    if track.kind == "hand":
        u_m, v_m = plane.to_m(x, y)
        return Part(visitor, "hand", round(u_m, DIGITS), round(v_m, DIGITS), 0.0, track.score)
    u_m, v_m = plane.to_m(x, y + (HEAD_SHARE - 0.5) * track.height)
    return Part(visitor, "head", round(u_m, DIGITS), round(v_m, DIGITS), HEAD_D_M, track.score)
