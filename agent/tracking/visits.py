"""Who is in front of the shelf: when they came, where they stood, what they reached for, and that they have left.

Told by frames of heads and hands, by what the attendant says was taken and put, and by time passing. Gives back stays
that are over and visits that are over. Not here: what is told of a stay (triggers/), how hands get names (tracker.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field

from agent.config import schema
from agent.messages import Part, Snapshot, Tracks
from agent.tracking.reach import Front, Reaches
from agent.tracking.stance import ROOM_M, UNSEEN_S, Stance, Stay, place
from wire.events import Clock, Pick, Place, Put, Reached, Visit

MAX_VISITORS = 64  # a tracker that renames people: the one unseen longest makes room
PATH_S = 0.2  # between two places of a path
MAX_PLACES = 240  # of a path: 48 s at 5 Hz; with 64 lanes the largest visit stays below half of what a message may hold
MAX_LANES = 64  # reached for, in one visit
STOOD_S = 1.0  # in one place: who walks by (0.7 m/s, recorded) is out of it after 0.5 s
AWAY_S = 30.0  # seen, and not in front of the shelf for so long: that visit is over
FARTHEST_M = 100.0  # no such place is in a shop; the door for trackers says the same


@dataclass(slots=True)
class Record:
    """One visit as far as it has come. `path`: t, u, v (None of a head), d; `every_s`: between two of them."""

    arrived_s: float
    left_s: float
    dwell_s: float = 0.0
    stood_s: float = 0.0  # the longest stay
    every_s: float = PATH_S
    path: list[list[float | None]] = field(default_factory=list)
    moves: dict[str, list[int]] = field(default_factory=dict)  # lane -> picks, puts

    def walk(self, t: float, u_m: float, v_m: float | None, d_m: float) -> None:
        """A place of the path, when the last is long enough ago. A full path is thinned to every other place."""
        if self.path and t - (self.path[-1][0] or 0.0) < self.every_s - 1e-6:
            return
        self.path.append([round(t, 3), round(u_m, 3), None if v_m is None else round(v_m, 3), round(d_m, 3)])
        if len(self.path) > MAX_PLACES:
            del self.path[1::2]
            self.every_s *= 2.0


@dataclass(slots=True)
class Person:
    """One visitor while the tracker names them."""

    seen_s: float
    stance: Stance
    reaches: Reaches = field(default_factory=Reaches)
    stay: Stay | None = None
    record: Record | None = None


@dataclass(frozen=True, slots=True)
class Stayed:
    """A stay is over."""

    visitor: str
    stay: Stay


@dataclass(frozen=True, slots=True)
class Left:
    """A visitor is gone, or not in front any more. `record` None: it was no visit."""

    visitor: str
    record: Record | None
    reaches: Reaches


Change = Stayed | Left


class Visits:
    """Everybody in front of one shelf."""

    def __init__(self, front: Front, config: schema.Visits) -> None:
        self.front, self._config = front, config
        self.people: dict[str, Person] = {}

    # -- frames -----------------------------------------------------------------------------------------------------

    def see(self, tracks: Tracks) -> list[Change]:
        """One frame of heads and hands."""
        changes: list[Change] = []
        seen: dict[str, list[Part]] = {}
        for part in tracks.parts:
            if part.part in ("head", "hand") and _somewhere(part):
                seen.setdefault(part.visitor, []).append(part)
        for visitor, parts in seen.items():
            person = self.people.get(visitor)
            if person is None:
                if not self._room(tracks.t, changes):
                    continue
                u_m, _, d_m, of_head = place(parts)
                person = self.people[visitor] = Person(tracks.t, Stance.at(tracks.t, u_m, d_m, of_head))
            self._watch(visitor, person, tracks.t, parts, changes)
        return changes + self.pass_time(tracks.t)

    def pass_time(self, t: float) -> list[Change]:
        """Who is unseen for long no longer stands there, and then has left."""
        changes: list[Change] = []
        for visitor, person in list(self.people.items()):
            if t - person.seen_s > UNSEEN_S:
                self._end_stay(visitor, person, changes)
            if t - person.seen_s > self._config.gone_s:
                self._gone(visitor, changes)
            elif person.record is not None and t - person.record.left_s > AWAY_S:
                self._end_stay(visitor, person, changes)
                changes.append(self._left(visitor, person))
        return changes

    def _watch(self, visitor: str, person: Person, t: float, parts: Sequence[Part], changes: list[Change]) -> None:
        passed_s = t - person.seen_s
        person.seen_s = t
        u_m, v_m, d_m, of_head = place(parts)
        fresh = person.stance.see(t, u_m, d_m, of_head)
        lanes = self._reached(person, t, parts)
        near = person.stance.d_m <= self._config.near_m and self.front.covers(person.stance.u_m)
        if not near and not lanes:
            self._end_stay(visitor, person, changes)
            return
        record = person.record = person.record or Record(t, t)
        if passed_s <= UNSEEN_S:
            record.dwell_s += max(0.0, passed_s)
        record.left_s = t
        if fresh:
            record.walk(t, person.stance.u_m, None if of_head else v_m, person.stance.d_m)
        self._stand(visitor, person, t, changes)
        if person.stay is not None and passed_s <= UNSEEN_S:
            for lane in lanes:
                person.stay.hand_s[lane] = person.stay.hand_s.get(lane, 0.0) + max(0.0, passed_s)

    def _reached(self, person: Person, t: float, parts: Sequence[Part]) -> list[str]:
        """The lanes that this visitor's hands are in now."""
        last = tuple(person.reaches.going)
        found = (self.front.lane_of(part, last) for part in parts if part.part == "hand")
        lanes = list(dict.fromkeys(lane for lane in found if lane is not None))
        if lanes or last:
            person.reaches.see(t, lanes)
        return lanes

    def _stand(self, visitor: str, person: Person, t: float, changes: list[Change]) -> None:
        stance, stay = person.stance, person.stay
        if stay is not None and abs(stance.u_m - stay.u_m) > ROOM_M:
            self._end_stay(visitor, person, changes)
            stay = None
        if stance.going:
            return
        if stay is None:
            person.stay = Stay(t, t, stance.u_m, t)
        else:
            stay.rest(t, stance)

    def _end_stay(self, visitor: str, person: Person, changes: list[Change]) -> None:
        if person.stay is not None:
            changes.append(Stayed(visitor, person.stay))
            if person.record is not None:
                person.record.stood_s = max(person.record.stood_s, person.stay.lasted_s)
            person.stay = None

    # -- goods ------------------------------------------------------------------------------------------------------

    def moved(self, move: Pick | Put) -> None:
        """The attendant says that goods were taken or put."""
        person = self.people.get(move.visitor or "")
        if person is None or person.record is None or move.visitor is None:
            return
        took = isinstance(move, Pick)
        person.record.moves.setdefault(move.lane, [0, 0])[0 if took else 1] += 1
        if person.stay is not None:
            person.stay.holds = max(0, person.stay.holds + (1 if took else -1))
            person.stay.since_s = max(person.stay.since_s, move.ended_s)

    # -- leaving ----------------------------------------------------------------------------------------------------

    def _room(self, t: float, changes: list[Change]) -> bool:
        """For one more: who was unseen longest is taken for gone. False where everybody is seen right now."""
        if len(self.people) < MAX_VISITORS:
            return True
        longest = min(self.people, key=lambda visitor: self.people[visitor].seen_s)
        if self.people[longest].seen_s >= t:
            return False
        self._gone(longest, changes)
        return True

    def _gone(self, visitor: str, changes: list[Change]) -> None:
        person = self.people[visitor]
        self._end_stay(visitor, person, changes)
        changes.append(self._left(visitor, person))
        del self.people[visitor]

    def _left(self, visitor: str, person: Person) -> Left:
        """Ends the visit; what was no visit has no record: nobody stood there, reached in, took or put."""
        person.reaches.finish()
        record, reaches = person.record, person.reaches
        person.record, person.reaches = None, Reaches()
        told = record is not None and (record.stood_s >= STOOD_S or reaches.times or record.moves)
        return Left(visitor, record if told else None, reaches)

    def forget(self) -> None:
        """Everybody, without a word."""
        self.people.clear()

    # -- restart ----------------------------------------------------------------------------------------------------

    def snapshot(self) -> Snapshot:
        """Plain values."""
        return {"people": [[visitor, _plain(person)] for visitor, person in self.people.items()]}

    def restore(self, state: Snapshot) -> None:
        """What `snapshot` gave."""
        self.people = {visitor: _person(values) for visitor, values in state["people"]}


def visit(left: Left, clock: Clock) -> Visit | None:
    """The event; None for what was no visit."""
    record, reaches = left.record, left.reaches
    if record is None:
        return None
    names = dict.fromkeys([*sorted(reaches.times, key=lambda lane: -reaches.hand_s[lane]), *record.moves])
    lanes = [_reached(lane, reaches, record.moves.get(lane, [0, 0])) for lane in names]
    return Visit(
        visitor=left.visitor,
        arrived_s=round(record.arrived_s, 3),
        left_s=round(record.left_s, 3),
        dwell_s=round(record.dwell_s, 3),
        picks=sum(picks for picks, _ in record.moves.values()),
        puts=sum(puts for _, puts in record.moves.values()),
        lanes=tuple(lanes[:MAX_LANES]),
        path=tuple(_places(record.path)),
        clock=clock,
    )


def _reached(lane: str, reaches: Reaches, moves: Sequence[int]) -> Reached:
    times = reaches.times.get(lane, 0)
    return Reached(
        lane=lane,
        hand_s=round(reaches.hand_s.get(lane, 0.0), 3),
        reaches=times,
        picks=moves[0],
        puts=moves[1],
        touched_only=times > 0 and not any(moves),
    )


def _places(path: Iterable[Sequence[float | None]]) -> Iterable[Place]:
    for t, u_m, v_m, d_m in path:
        assert t is not None and u_m is not None and d_m is not None
        yield Place(t_s=t, u_m=u_m, v_m=v_m, d_m=d_m)


def _somewhere(part: Part) -> bool:
    """A place that can be; NaN is none."""
    return abs(part.u_m) <= FARTHEST_M and abs(part.v_m) <= FARTHEST_M and abs(part.d_m) <= FARTHEST_M


def _plain(person: Person) -> Snapshot:
    return {
        "seen_s": person.seen_s,
        "stance": asdict(person.stance),
        "reaches": person.reaches.snapshot(),
        "stay": None if person.stay is None else asdict(person.stay),
        "record": None if person.record is None else asdict(person.record),
    }


def _person(values: Snapshot) -> Person:
    stay, record = values["stay"], values["record"]
    return Person(
        values["seen_s"],
        Stance(**values["stance"]),
        Reaches.restore(values["reaches"]),
        None if stay is None else Stay(**stay),
        None if record is None else Record(**record),
    )
