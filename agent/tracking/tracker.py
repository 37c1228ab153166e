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
BORN_HITS = 2  # pictures: one may be noise
YOUNG_S = 0.6  # a track not yet born that is not seen again so soon was noise
HIDDEN_S = {"person": 2.0, "hand": 0.6}  # behind a shelf, behind goods: unseen for longer, a track has ended
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
        for kind in KINDS:
            if kind in seen.looked:
                self._follow(kind, [d for d in seen.found if d.kind == kind], seen.t)
            self._tracks[kind] = [track for track in self._tracks[kind] if _lives(track, seen.t)]
        persons, hands = ([x for x in self._tracks[kind] if x.hits >= BORN_HITS] for kind in KINDS)
        owners = self._people.owners(seen.t, persons, hands)
        return Tracks(seen.t, self._parts(persons, hands, owners, seen.t))

    def forget(self, t: float) -> None:
        """A new process: nobody is known, and names begin anew."""
        self._tracks = {kind: [] for kind in KINDS}
        self._people = People()
        self._next = 1

    def _follow(self, kind: str, found: list[Detection], t: float) -> None:
        found = sorted(found, key=lambda d: -d.score)[:MOST]
        known = self._tracks[kind]
        pairs = assign(known, found, t)
        met = [known[i].met(t, found[j]) for i, j in sorted(pairs.items())]
        unmet = [track for i, track in enumerate(known) if i not in pairs]
        fresh = []
        for j in sorted(set(range(len(found))) - set(pairs.values())):
            fresh.append(Track.of(self._next, t, found[j]))
            self._next += 1
        self._tracks[kind] = (met + unmet + fresh)[:MOST]

    def _parts(self, persons: list[Track], hands: list[Track], owners: dict[int, str], t: float) -> tuple[Part, ...]:
        """Of this picture's tracks; none in metres where the camera has no marks."""
        plane = self._plane
        if plane is None:
            return ()
        parts = [
            _part(plane, owners[person.number], "head", person, person.y + (HEAD_SHARE - 0.5) * person.height, HEAD_D_M)
            for person in persons
            if person.seen == t
        ]
        parts += [_part(plane, owners[hand.number], "hand", hand, hand.y, 0.0) for hand in hands if hand.seen == t]
        return tuple(parts)

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


def _lives(track: Track, t: float) -> bool:
    unseen_s = t - track.seen
    return unseen_s <= (HIDDEN_S[track.kind] if track.hits >= BORN_HITS else YOUNG_S)


def _part(plane: Plane, visitor: str, part: str, track: Track, y_px: float, d_m: float) -> Part:
    u_m, v_m = plane.to_m(track.x, y_px)
    return Part(visitor, part, round(u_m, DIGITS), round(v_m, DIGITS), d_m, track.score)
