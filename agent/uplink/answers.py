"""Answers to commands on their way to the broker. One that is refused never stands in the way of another."""

from __future__ import annotations

from agent.uplink.parcels import Parcel
from agent.uplink.protocol import Box, FaultBook, Message
from wire.topics import Topics

AGAIN_S = 60.0


class AnswerLane:
    """Implements Lane."""

    def __init__(self, box: Box, topics: Topics, faults: FaultBook) -> None:
        self._box = box
        self._topics = topics
        self._faults = faults
        self._flying: set[int] = set()
        self._again_s: dict[int, float] = {}

    def due(self, room: int, now_s: float) -> list[Parcel]:
        rows = [
            row
            for row in self._box.results()
            if row.number not in self._flying and now_s >= self._again_s.get(row.number, now_s)
        ][: max(0, room)]
        self._flying.update(row.number for row in rows)
        return [Parcel("answer", row.number, Message(self._topics.result(row.id), row.body)) for row in rows]

    def accepted(self, parcel: Parcel, now_s: float) -> None:
        self._done(int(parcel.key))
        if not self._again_s:
            self._faults.clear("uplink", "answer_refused")

    def held(self, parcel: Parcel, code: int, now_s: float) -> None:
        self._flying.discard(int(parcel.key))
        self._again_s[int(parcel.key)] = now_s + AGAIN_S
        sentence = f"the broker refuses {parcel.message.topic} (reason 0x{code:02X}): mend its access list"
        self._faults.raise_fault("uplink", "answer_refused", sentence)

    def unfit(self, parcel: Parcel, why: str, now_s: float, *, final: bool = False) -> None:
        """An answer is no event: it is dropped, and the fault says so. Its asker asks again."""
        self._done(int(parcel.key))
        sentence = f"the answer {parcel.message.topic} is dropped: {why}"
        self._faults.raise_fault("uplink", "answer_dropped", sentence, again=True)
        self._faults.clear("uplink", "answer_dropped")

    def disconnected(self) -> None:
        self._flying.clear()
        self._again_s.clear()

    def wake_s(self) -> float | None:
        return min(self._again_s.values(), default=None)

    def _done(self, number: int) -> None:
        self._flying.discard(number)
        self._again_s.pop(number, None)
        self._box.answered(number)
