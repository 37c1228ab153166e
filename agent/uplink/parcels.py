"""One message on its way, and what every lane of messages must be able to do with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from agent.uplink.protocol import Message

PACKET_OVERHEAD_BYTES = 64  # fixed header, lengths, packet number, properties: an upper bound for our messages


@dataclass(frozen=True, slots=True)
class Parcel:
    """`key` names it within its lane: an event's number, a state's kind, an answer's number."""

    lane: str
    key: int | str
    message: Message

    @property
    def packet_bytes(self) -> int:
        """An upper bound of its size on the wire."""
        return len(self.message.topic.encode()) + len(self.message.body) + PACKET_OVERHEAD_BYTES


class Lane(Protocol):
    """Messages of one kind: what is due, and what became of it. Times are monotonic seconds, given by the caller."""

    def due(self, room: int, now_s: float) -> list[Parcel]:
        """At most `room` parcels that may go now; they count as on their way from here on."""
        ...

    def accepted(self, parcel: Parcel, now_s: float) -> None:
        """The broker has it."""
        ...

    def held(self, parcel: Parcel, code: int, now_s: float) -> None:
        """The broker takes nothing of ours just now."""
        ...

    def unfit(self, parcel: Parcel, why: str, now_s: float, *, final: bool = False) -> None:
        """The broker cannot take this one; `final`: asking again would bring the same answer."""
        ...

    def disconnected(self) -> None:
        """Whatever was on its way has to be sent again."""
        ...

    def wake_s(self) -> float | None:
        """When something that is held back becomes due; None: nothing is."""
        ...
