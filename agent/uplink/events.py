"""The order of events: which may go now, and what a refusal does to the ones behind it.

In order, `inflight` at once. A refused event stops the lane; when the broker has answered for all that are on their
way, sending goes on at the refused one, one at a time, so that none overtakes it. Held: pauses grow from HOLD_S to
HOLD_MOST_S until it goes through. Unfit: after `park_after` tries it is passed over, but parked only once the broker
has accepted a later event, which proves that it was the message and not the broker. When PASSED_MOST in a row would
have to be passed over, none of them is: then it is the broker, and the lane is held.

Pure: no clock, no socket. Not here: the connection, other kinds of messages (sender.py).
"""

from __future__ import annotations

from agent.outbox.protocol import Row
from agent.uplink.parcels import Parcel
from agent.uplink.protocol import Box, FaultBook, Message
from agent.uplink.refusals import publish_fault
from wire.envelope import CONTENT_TYPE
from wire.topics import Topics

HOLD_S = 5.0
HOLD_MOST_S = 60.0
RETRY_S = 1.0  # between tries of an unfit event
PASSED_MOST = 8  # a slip in a broker's limits must not park the whole queue
HOLD_CODES = ("not_authorised", "quota_exceeded", "refused", "refuses_all")


class EventLane:
    """Events on their way to the broker. Implements Lane."""

    def __init__(self, box: Box, topics: Topics, faults: FaultBook, park_after: int) -> None:
        self._box = box
        self._topics = topics
        self._faults = faults
        self._park_after = park_after
        self._cursor = 0  # newest number offered on this connection
        self._flying: set[int] = set()
        self._again_from: int | None = None  # lowest refused number: sending goes on there
        self._not_before_s = 0.0
        self._held: int | None = None  # the event whose acceptance ends the hold
        self._hold_s = HOLD_S
        self._tries: dict[int, int] = {}
        self._passed: dict[int, str] = {}
        self._parked = 0

    def due(self, room: int, now_s: float) -> list[Parcel]:
        if now_s < self._not_before_s:
            return []
        if self._again_from is not None:
            if self._flying:
                return []
            self._cursor, self._again_from = self._again_from - 1, None
        self._forget_dropped()
        if self._held is not None or self._tries:
            room = min(room, 1 - len(self._flying))
        return [self._send(row) for row in self._next_rows(room)]

    def accepted(self, parcel: Parcel, now_s: float) -> None:
        sequence = self._land(parcel)
        self._tries.pop(sequence, None)
        self._box.accepted(sequence)
        if self._held is not None and (sequence == self._held or self._again_from is None):
            self._held, self._hold_s = None, HOLD_S  # it went through, or it is gone and the next one did
        if self._held is None:
            self._faults.clear("uplink", *HOLD_CODES)
        self._park(sequence)
        if not (self._parked or self._passed or self._tries):
            self._faults.clear("uplink", "parked")

    def held(self, parcel: Parcel, code: int, now_s: float) -> None:
        self._hold(self._land(parcel), now_s)
        fault, sentence = publish_fault(code)
        self._faults.raise_fault("uplink", fault, f"{sentence} (topic {parcel.message.topic}); no event is lost")

    def went_to_nobody(self, parcel: Parcel, now_s: float) -> None:
        """The broker took it but had no subscriber: once more, a little later."""
        self._again(self._land(parcel))
        self._not_before_s = max(self._not_before_s, now_s + RETRY_S)

    def unfit(self, parcel: Parcel, why: str, now_s: float, *, final: bool = False) -> None:
        sequence = self._land(parcel)
        if self._held is not None:
            self._hold(sequence, now_s)
            return
        self._tries[sequence] = self._park_after if final else self._tries.get(sequence, 0) + 1
        if self._tries[sequence] < self._park_after:
            self._again(sequence)
            self._not_before_s = now_s + RETRY_S
        else:
            self._pass_over(sequence, why, now_s)

    def disconnected(self) -> None:
        self._flying.clear()
        self._cursor, self._again_from = 0, None

    def wake_s(self) -> float | None:
        return self._not_before_s or None

    def _forget_dropped(self) -> None:
        """An event that the outbox had to drop meanwhile needs no more tries."""
        if self._tries and not self._flying:
            rows = self._next_rows(1)
            first = rows[0].sequence if rows else self._cursor + 1
            self._tries = {sequence: n for sequence, n in self._tries.items() if sequence >= first}

    def _next_rows(self, room: int) -> list[Row]:
        if room <= 0:
            return []
        rows = self._box.after(self._cursor, room + len(self._passed))
        return [row for row in rows if row.sequence not in self._passed][:room]

    def _send(self, row: Row) -> Parcel:
        self._cursor = row.sequence
        self._flying.add(row.sequence)
        message = Message(self._topics.event(row.kind), row.body, content_type=CONTENT_TYPE)
        return Parcel("event", row.sequence, message)

    def _land(self, parcel: Parcel) -> int:
        sequence = int(parcel.key)
        self._flying.discard(sequence)
        return sequence

    def _again(self, sequence: int) -> None:
        self._again_from = sequence if self._again_from is None else min(self._again_from, sequence)

    def _hold(self, sequence: int, now_s: float) -> None:
        self._again(sequence)
        if self._held is None or sequence <= self._held:
            self._held = sequence
            self._not_before_s = now_s + self._hold_s
            self._hold_s = min(HOLD_MOST_S, self._hold_s * 2)

    def _pass_over(self, sequence: int, why: str, now_s: float) -> None:
        del self._tries[sequence]
        self._passed[sequence] = why
        if len(self._passed) < PASSED_MOST:
            sentence = f"event {sequence} is set aside until the next start, the others go on: {why}"
            self._faults.raise_fault("uplink", "parked", sentence, again=True)
            return
        first = min(self._passed)
        self._passed.clear()
        self._tries.clear()
        self._hold(first, now_s)
        sentence = f"the broker refused {PASSED_MOST} events in a row, the last because {why}; no event is lost"
        self._faults.raise_fault("uplink", "refuses_all", sentence)

    def _park(self, accepted: int) -> None:
        """What was passed over before an event that the broker took."""
        for sequence in [x for x in self._passed if x < accepted]:
            self._box.parked(sequence, self._passed.pop(sequence))
            self._parked += 1
