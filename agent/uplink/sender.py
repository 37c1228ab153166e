"""What is sent when: retained state first, then answers, then events in order; never more at once than agreed.

And whose fault it is when a connection ends: a broker that hangs up on a message must not make us send that message
for ever. While nobody is suspected, `inflight` messages are on their way at once. After a connection that ended with
the broker blaming a message, or twice in a row without any progress, everything that was on its way goes alone, one
by one, until all of it is through; whatever is then on its way when the broker hangs up is to blame.

A broker that forgot our session has perhaps forgotten the hub's, and would take events for nobody until the hub has
subscribed again. So for NOBODY_S after such a connect an event that nobody was subscribed to is sent again.

Pure but for the connection it is given: no clock, no thread. Not here: connecting (courier.py).
"""

from __future__ import annotations

from dataclasses import dataclass

from agent.uplink.answers import AnswerLane
from agent.uplink.events import EventLane
from agent.uplink.parcels import Lane, Parcel
from agent.uplink.protocol import Acknowledged, Box, Connected, FaultBook, Lost, Uplink
from agent.uplink.refusals import NOBODY_SUBSCRIBED, TOO_LARGE, Verdict, judge, why_unfit
from agent.uplink.retained import StateLane
from wire.state import Online
from wire.topics import Topics

BARREN_MOST = 2  # connections in a row that ended before a single event got through
SUDDEN_S = 5.0  # a broker that hangs up over a message does so at once
NOBODY_S = 10.0
HUNG_UP = "the broker hangs up whenever it is sent"


@dataclass(frozen=True, slots=True)
class Flight:
    """A parcel that the broker has not answered for, and when it went."""

    parcel: Parcel
    sent_s: float


class Sender:
    """One per agent; outlives connections. Used by one thread."""

    def __init__(
        self, link: Uplink, box: Box, topics: Topics, us: Online, faults: FaultBook, *, inflight: int, park_after: int
    ) -> None:
        self._link = link
        self._inflight_most = inflight
        self._park_after = park_after
        self._states = StateLane(box, topics, us, faults)
        self._events = EventLane(box, topics, faults, park_after)
        self._lanes: dict[str, Lane] = {
            "state": self._states,
            "answer": AnswerLane(box, topics, faults),
            "event": self._events,
        }
        self._limits: Connected | None = None
        self._flights: dict[int, Flight] = {}
        self._alone: set[tuple[str, int | str]] = set()  # suspects, still to go one by one
        self._blamed: dict[tuple[str, int | str], int] = {}
        self._barren = 0
        self._nobody_until_s = 0.0
        self.useful = False  # this connection has carried something
        self.accepted = False  # and the broker was content with something of it

    def connected(self, limits: Connected, now_s: float) -> None:
        self._limits = limits
        self._nobody_until_s = now_s if limits.remembered else now_s + NOBODY_S
        self.useful = self.accepted = False
        self._states.connected()

    def acknowledged(self, answer: Acknowledged, now_s: float) -> None:
        flight = self._flights.pop(answer.packet, None)
        if flight is None:
            return
        self.useful = True
        parcel = flight.parcel
        self._clear_of_suspicion(parcel)
        lane = self._lanes[parcel.lane]
        if parcel.lane == "event" and answer.code == NOBODY_SUBSCRIBED and now_s < self._nobody_until_s:
            self._events.went_to_nobody(parcel, now_s)
            return
        match judge(answer.code):
            case Verdict.ACCEPTED:
                self.accepted = True
                self._barren = 0 if parcel.lane == "event" else self._barren
                self._blamed.pop((parcel.lane, parcel.key), None)
                lane.accepted(parcel, now_s)
            case Verdict.HOLD:
                lane.held(parcel, answer.code, now_s)
            case Verdict.UNFIT:
                lane.unfit(parcel, why_unfit(answer.code), now_s)

    def disconnected(self, loss: Lost, now_s: float) -> None:
        """Everything on its way is to be sent again; who is to blame?"""
        flights = list(self._flights.values())
        self._flights.clear()
        accused = loss.code is not None and judge(loss.code) is Verdict.UNFIT
        for lane in self._lanes.values():
            lane.disconnected()
        self._limits = None
        if not flights:
            return
        self._barren += 1
        if len(flights) == 1 and (accused or (self.useful and now_s - flights[0].sent_s <= SUDDEN_S)):
            self._blame(flights[0].parcel, HUNG_UP if loss.code is None else why_unfit(loss.code), now_s)
        if accused or self._barren >= BARREN_MOST:
            self._alone.update((flight.parcel.lane, flight.parcel.key) for flight in flights)

    def fill(self, now_s: float) -> None:
        """Sends what may go now."""
        if self._limits is None:
            return
        for lane in self._lanes.values():
            while room := self._room():
                parcels = lane.due(room, now_s)
                for parcel in parcels:
                    self._send(lane, parcel, now_s)
                if not parcels:
                    break
        if not self._flights:  # nothing left to suspect
            self._alone.clear()

    def wake_s(self, now_s: float) -> float | None:
        """When `fill` should be called again though nothing has happened."""
        times = [time_s for lane in self._lanes.values() if (time_s := lane.wake_s()) is not None and time_s > now_s]
        return min(times, default=None)

    @property
    def in_flight(self) -> int:
        """Messages sent and not yet answered for."""
        return len(self._flights)

    def _room(self) -> int:
        if self._limits is None:
            return 0
        most = 1 if self._alone else min(self._inflight_most, self._limits.inflight)
        return max(0, most - len(self._flights))

    def _send(self, lane: Lane, parcel: Parcel, now_s: float) -> None:
        limit = None if self._limits is None else self._limits.packet_bytes
        if limit is not None and parcel.packet_bytes > limit:
            lane.unfit(parcel, why_unfit(TOO_LARGE), now_s, final=True)
            return
        self._flights[self._link.publish(parcel.message)] = Flight(parcel, now_s)

    def _clear_of_suspicion(self, parcel: Parcel) -> None:
        """Answered for, and so are the events before it: what is left of them the outbox has dropped."""
        self._alone = {
            (lane, key)
            for lane, key in self._alone
            if lane != parcel.lane or (key != parcel.key and not (lane == "event" and int(key) < int(parcel.key)))
        }

    def _blame(self, parcel: Parcel, why: str, now_s: float) -> None:
        name = (parcel.lane, parcel.key)
        self._blamed[name] = self._blamed.get(name, 0) + 1
        if self._blamed[name] >= self._park_after:
            del self._blamed[name]
            self._alone.discard(name)
            self._lanes[parcel.lane].unfit(parcel, why, now_s, final=True)
